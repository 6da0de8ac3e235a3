"""The part of a session that tries a network on new things: files, drawings, texts, values, and text that goes on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from neuralgraph.errors import RunError
from neuralgraph.graph.document import Graph

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.data.cards import Card
    from neuralgraph.data.preparing import Prepared
    from neuralgraph.data.reach import Reach
    from neuralgraph.explain.generating import Writer
    from neuralgraph.explain.predicting import Answer
    from neuralgraph.training.rewinding import Shown

Way = Literal["files", "drawing", "image", "text", "values", "sample", "array"]


@dataclass(frozen=True, eq=False)
class Tried:
    """What went in, prepared, and what the network says of it."""

    prepared: Prepared
    answers: tuple[Answer, ...]


class Trying:
    """It asks the program of a run under way, else the present one. Nothing is changed."""

    program: Program | None
    shown: Shown | None
    """The moment that is shown, where a run was wound back."""
    _carded: tuple[Any, Card] | None = None

    @property
    @abstractmethod
    def reach(self) -> Reach:
        """Where relative data paths start, and what may be read."""

    @property
    @abstractmethod
    def trained(self) -> bool:
        """There are weights that were learnt."""

    @property
    @abstractmethod
    def brought(self) -> bool:
        """A model file brought weights that nobody has taken yet."""

    @abstractmethod
    def _present(self, graph: Graph | None = None, *, most: int | None = None) -> Program | None:
        """The program with the present weights."""

    @abstractmethod
    def _world(self, program: Program | None = None) -> Program | None:
        """That, or the present one, with what somebody tries on it by hand."""

    def card(self, program: Program | None = None) -> Card:
        """What the network takes in; `RunError` or `DataError` where that is not one thing, or not known."""
        from neuralgraph.explain.predicting import main_key

        program = self._asked(program)
        if self._carded is not None and self._carded[0] is program:
            return self._carded[1]
        found = self._card_of(program, main_key(program))
        self._carded = (program, found)
        return found

    def _card_of(self, program: Program, key: str) -> Card:
        from neuralgraph.data.cards import blank
        from neuralgraph.data.sources import card

        id, output, node = program.sources[key]
        if output not in ("x", id, "out") and node.type != "Input":
            raise RunError(f"This network looks at «{output}» of {id}, which is an answer and not an input.")
        return blank(program.inference.specs[id][output]) if node.type == "Input" else card(node, self.reach)

    def attempt(self, way: Way, what: Any, program: Program | None = None) -> Tried:
        """What the network says of `what`. `DataError` says what cannot be used, `RunError` why nobody can answer.

        `files`: paths; `drawing`: H × W, 0 paper … 1 ink; `image`: its bytes and its name; `text`: one, or several;
        `values`: one table by column, or several; `sample`: the number of one of the card's; `array`: rows as numbers.
        Of a network that looks at several sources `values` has what each of them is given, by its node: files, values,
        texts or an array, with equally many rows.
        """
        from neuralgraph.explain.predicting import answers_to, keys_of

        program = self._asked(program)
        if way == "values" and isinstance(what, Mapping) and len(keys_of(program)) > 1:
            return self._attempt_several(program, what)
        card = self.card(program)
        prepared = self._prepared(card, way, what)
        return Tried(prepared, answers_to(program, card, prepared.x, self.reach))

    def _attempt_several(self, program: Program, what: Mapping[str, Any]) -> Tried:
        from neuralgraph.data.preparing import side_by_side
        from neuralgraph.explain.predicting import answering, answers_of, keys_of

        keys = keys_of(program)
        if set(what) != set(keys):
            stray = sorted(set(what) - set(keys))
            lost = ", ".join(sorted(set(keys) - set(what)))
            raise RunError(f"This network looks at {', '.join(sorted(keys))}, and each needs to be given what it looks "
                           f"at; {f'there is no {stray[0]!r}' if stray else f'{lost} got nothing'}.")
        cards = {id: self._card_of(program, key) for id, key in keys.items()}
        parts = {id: self._prepared(card, *_kind(card, what[id])) for id, card in cards.items()}
        told = answering(program)
        told = told if told in cards else next((id for id, one in cards.items() if one.classes), next(iter(cards)))
        given = {keys[id]: one.x for id, one in parts.items()}
        return Tried(side_by_side(parts, told), answers_of(program, cards[told], given, self.reach))

    def writer(self, prompt: str = "", *, temperature: float = 1.0, seed: int = 0, program: Program | None = None
               ) -> Writer:
        """A text that goes on: `writer(…).write(100)`."""
        from neuralgraph.explain.generating import Writer

        program = self._asked(program)
        return Writer(program, self.card(program), prompt, temperature=temperature, seed=seed)

    def _asked(self, program: Program | None) -> Program:
        program = program or self._learnt_program()
        return self._world(program) or program

    def _learnt_program(self) -> Program:
        if not self.trained and self.shown is None:
            raise RunError("There are no trained weights yet. Train first, or load weights.")
        if self.brought:  # whoever opened it takes them: this may be any thread
            raise RunError("The weights of this model have not been taken yet. One moment, or see the log.")
        program = self._present()
        if program is None:
            raise RunError("The drawing has errors, so that the network cannot answer. Mend them first.")
        return program

    @staticmethod
    def _prepared(card: Card, way: Way, what: Any) -> Prepared:
        from neuralgraph.data import preparing

        expected = {"drawing": ("picture",), "image": ("picture",), "text": ("text",), "values": ("table",)}
        if card.form not in expected.get(way, (card.form,)):
            raise RunError(f"This network cannot be given a {way.rstrip('s')}. {preparing.expects(card)}")
        match way:
            case "files":
                return preparing.from_files(card, [Path(one) for one in what])
            case "drawing":
                return preparing.Prepared(preparing.drawing(card, what), ("drawing",))
            case "image":
                return preparing.Prepared(preparing.picture(card, *what), (what[1],))
            case "text":
                return preparing.from_texts(card, [what] if isinstance(what, str) else list(what))
            case "values":
                rows: Sequence[Mapping[str, Any]] = [what] if isinstance(what, Mapping) else list(what)
                return preparing.from_values(card, rows)
            case "sample":
                at = int(what) % max(1, len(card.samples))
                return preparing.Prepared(card.samples[at:at + 1], (f"sample {at + 1}",))
            case _:
                return preparing.from_array(card, what)


def _kind(card: Card, given: Any) -> tuple[Way, Any]:
    """How one of several sources is given what it looks at."""
    several = isinstance(given, Sequence) and not isinstance(given, str) and len(given) > 0
    if isinstance(given, Path) or (several and all(isinstance(one, Path) for one in given)):
        return "files", [given] if isinstance(given, Path) else given
    if isinstance(given, str) or (several and all(isinstance(one, str) for one in given)):
        texts = [given] if isinstance(given, str) else list(given)
        return ("text", texts) if card.form == "text" and not Path(texts[0]).exists() else ("files", texts)
    if isinstance(given, Mapping) or (several and all(isinstance(one, Mapping) for one in given)):
        return "values", given
    return "array", given
