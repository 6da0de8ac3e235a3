"""The part of a session in which somebody tries things on the network by hand. What was learnt stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.explain.viewing import Viewing
from neuralgraph.graph.touches import Spot, Touches, named

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program


@dataclass(frozen=True, eq=False)
class Outcome:
    """What touching comes to. Figures are those of `rows` rows of a `part`: `loss`, every loss and every metric.

    `said_before` and `said_after` are the answer to the sample in sight by class (probabilities) or number. `lost`
    says in sentences what could not be touched any more. `program` is the network as it would be.
    """

    touches: Touches
    program: Program
    rows: int = 0
    part: str = ""
    before: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)
    said_before: Mapping[str, float] = field(default_factory=dict)
    said_after: Mapping[str, float] = field(default_factory=dict)
    truth: str = ""
    lost: tuple[str, ...] = ()

    def change(self, name: str = "loss") -> float:
        """How much a figure rises."""
        return self.after[name] - self.before[name]


class Touching(Viewing):
    """While something is touched, every view shows the network as it would be."""

    def __init__(self) -> None:
        super().__init__()
        self.touches = Touches()
        """What is touched now. Set it, and every view shows the outcome."""
        self._made: tuple[Any, Program] | None = None
        self._before_keeping: list[tuple[Program | None, Program, Touches]] = []

    # -- the touched world ------------------------------------------------------------------------------------------

    def _world(self, program: Program | None = None) -> Program | None:
        base = super()._world(program)
        if base is None or not self.touches:
            self._made = None
            return base
        return self._touched(base, self.touches)

    def _touched(self, base: Program, touches: Touches) -> Program:
        from neuralgraph.explain.hands import fitting, state_of, touched

        known = (id(base), state_of(base), touches.key)
        if self._made is None or self._made[0] != known:
            self._ready(base)
            self._made = known, touched(base, fitting(base, touches)[0], self._rows(base))
        return self._made[1]

    def _ready(self, base: Program) -> None:
        """What is fitted on the training part has been fitted, also before any run."""
        rows = self._rows(base)
        if base is self._fresh and base is not self._measured and rows is not None:
            self._measure(base, rows)

    def looked_at(self) -> Program | None:
        """The present network as it was learnt, whatever is touched; None where the document has errors."""
        return super()._world()

    # -- asking -----------------------------------------------------------------------------------------------------

    def touch(self, touches: Touches | None = None, program: Program | None = None, *, part: str = "all",
              place: int = 0) -> Outcome | None:
        """What touching comes to, by default what is touched now; None where the document has errors.

        `program` is that of a run under way that stands still. Changes nothing.
        """
        from neuralgraph.explain.hands import figures_of, fitting, said, truth_of

        base = super()._world(program)
        if base is None:
            return None
        wanted, lost = fitting(base, self.touches if touches is None else touches)
        after, rows = self._touched(base, wanted), self._rows(base)
        if rows is None:
            return Outcome(wanted, after, lost=lost)
        before = figures_of(base, rows)
        found = figures_of(after, rows) if wanted else before
        return Outcome(wanted, after, before.rows, before.part, before.figures, found.figures,
                       said(base, rows, part, place), said(after, rows, part, place), truth_of(rows, part, place), lost)

    def spots(self, wanted: Mapping[str, Mapping[str, float]], program: Program | None = None) -> Touches:
        """Touches from plain values: `{"linear_1": {"weight[3, 2]": 0.5}, "relu_1": {"[3]": 0.0}}`.

        A name of a parameter changes it, the name of an output, or none, holds that.
        """
        from neuralgraph.explain.hands import spot_of

        base = super()._world(program)
        if base is None:
            raise ParameterError("The drawing has errors, so there is nothing to touch. Mend them first.")
        found = Touches()
        for node, places in wanted.items():
            for text, value in places.items():
                name, at = named(text)
                spot, learns = spot_of(base, node, name, at)
                found = found.number(spot, value) if learns else found.hold(spot, value)
        return found

    def unit_at(self, node: str, output: str, place: tuple[int, ...], program: Program | None = None) -> Spot:
        """The whole unit, a neuron or a map, that a place of an output belongs to; `ParameterError` says why none can
        be held there."""
        from neuralgraph.explain.hands import unit_of

        base = super()._world(program)
        if base is None:
            raise ParameterError("The drawing has errors, so there is nothing to hold. Mend them first.")
        return unit_of(base, node, output, place)

    def skippable(self, node: str, program: Program | None = None) -> str:
        """Why a node cannot hand on what it gets; "" where it can."""
        from neuralgraph.compiler.touched import cannot_skip

        base = super()._world(program)
        return "The drawing has errors. Mend them first." if base is None else cannot_skip(base, node)

    # -- keeping ----------------------------------------------------------------------------------------------------

    def keep_touches(self) -> int:
        """The changed numbers become the weights: a new set made from the old one, which `take_back` brings again.

        How many were kept. What is held or skipped is no weight and is let go. `RunError` where nothing was changed,
        and while an earlier moment is shown: its weights would take the place of all that was learnt since.
        """
        from neuralgraph.explain.hands import fitting, with_numbers

        if self.shown is not None:
            step = f"{self.shown.step:,}"
            raise RunError(f"Step {step} is shown, and its weights would take the place of those of now, so nothing "
                           f"was kept. Go back to now, then keep; or train on from step {step}: what you touched "
                           "waits until that run stands still.")
        base = super()._world()
        if base is None:
            raise RunError("The drawing has errors, so there are no weights to change. Mend them first.")
        touches = fitting(base, self.touches)[0]
        if not touches.numbers:
            raise RunError("No weight was changed: what is held or skipped cannot be kept as weights.")
        self._ready(base)
        new = with_numbers(base, touches)
        self._before_keeping.append((self.program, new, self.touches))
        self.program, self.touches, self._made = new, Touches(), None
        return len(touches.numbers)

    @property
    def can_take_back(self) -> bool:
        """The present weights are those that were kept last."""
        return bool(self._before_keeping) and self._before_keeping[-1][1] is self.program

    def take_back(self) -> None:
        """The weights before the last keeping again, with the touches that were kept."""
        if not self.can_take_back:
            raise RunError("There is nothing to take back: other weights have come since.")
        self.program, _, self.touches = self._before_keeping.pop()
        self._made = None
