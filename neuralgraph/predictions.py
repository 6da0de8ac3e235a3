"""A trained graph says what it thinks of new things, and writes text: part of the public API, and of the commands."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from neuralgraph.errors import RunError
from neuralgraph.session import Session

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.explain.predicting import Answer
    from neuralgraph.explain.trying import Way
    from neuralgraph.training.kept import Kept
    from neuralgraph.training.run import Run


class Graph(Protocol):
    """A handle on a session, as `neuralgraph.Graph` is."""

    session: Session


@dataclass(frozen=True, eq=False)
class Predictions:
    """`answers` has one entry for each output of the network, `inputs` one name for each row.

    An answer has `kind`, `values` and `names`: "classes" (N × classes, probabilities), "yes" (N × questions, the
    probability of yes), "numbers" (N × k, in the unit of the target) or "array". `truth` is what a table itself says
    in the column to predict, if it has it; `notes` say what was done by itself.
    """

    inputs: tuple[str, ...]
    answers: tuple[Answer, ...]
    truth: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def best(self) -> tuple[str, ...]:
        """The answer of the first output to every row: the name of a class, or a number."""
        return tuple(self.answers[0].best(row) for row in range(len(self)))

    @property
    def right(self) -> int | None:
        """How many classes are those that the table says; None where it does not."""
        if not self.truth or self.answers[0].kind != "classes":
            return None
        return sum(one == other for one, other in zip(self.best, self.truth, strict=True))

    def rows(self) -> list[dict[str, Any]]:
        """Every row as plain values: input, answer, and probabilities by class or numbers by name."""
        found = []
        for row, name in enumerate(self.inputs):
            parts = {one.output: _plain(one, row) for one in self.answers}
            said = next(iter(parts.values())) if len(parts) == 1 else {"outputs": parts}
            found.append({"input": name, **said, **({"truth": self.truth[row]} if self.truth else {})})
        return found

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and cells: input, then for each output the answer and its numbers."""
        heads, several = ["input"], len(self.answers) > 1
        for one in self.answers:
            before = f"{one.output}." if several else ""
            heads += [before + name for name in _heads(one)]
        heads += ["truth"] if self.truth else []
        cells = [[name, *(cell for one in self.answers for cell in _cells(one, row)),
                  *([self.truth[row]] if self.truth else [])] for row, name in enumerate(self.inputs)]
        return heads, cells

    def csv(self) -> str:
        """The table as CSV."""
        out = io.StringIO()
        heads, cells = self.table()
        csv.writer(out, lineterminator="\n").writerows([heads, *cells])
        return out.getvalue()


def predict(
    model: str | Path | Graph, what: Any = None, *, text: str | Sequence[str] | None = None,
    run: Run | int | None = None, weights: str | Path | None = None,
) -> Predictions:
    """What a trained network says of new things, prepared exactly as its data were. Changes nothing.

    `model` is a `.ngz` file, a `.ngraph` with kept runs or `weights`, or a graph. `what` is a file or several (a CSV
    with the columns of the data, images or folders of them, texts line by line, an .npz), a dictionary of values by
    column or a list of such, or an array with rows along axis 0; of a network that looks at several sources a
    dictionary of what each is given, by node. `text` gives texts themselves. `run` says whose
    weights: a run, or its number in the run store. `DataError` says what cannot be used and what is expected.
    """
    session, program = ready(model, run, weights)
    way, given = _way(what, text)
    found = session.attempt(way, given, program)
    return Predictions(found.prepared.names, found.answers, found.prepared.truth, found.prepared.notes)


def generate(
    model: str | Path | Graph, n: int = 200, *, prompt: str = "", temperature: float = 1.0, seed: int = 0,
    run: Run | int | None = None, weights: str | Path | None = None,
) -> str:
    """`n` tokens that follow the prompt, by a network taught to tell the next one (TextFile, task = next).

    `temperature` 0 takes the likeliest each time, 1 draws as the network expects, more is bolder; the same seed draws
    the same. `model`, `run` and `weights` as in `predict`.
    """
    session, program = ready(model, run, weights)
    return "".join(session.writer(prompt, temperature=temperature, seed=seed, program=program).write(n))


def save_model(graph: Graph, path: str | Path) -> Path:
    """Write document, weights with fitted numbers, where training stands and small data into one `.ngz` file.

    `RunError` where nothing was trained; the old file is untouched where it cannot be written.
    """
    return graph.session.save_model(path)


def ready(
    model: str | Path | Graph, run: Run | int | None = None, weights: str | Path | None = None, *,
    guarded: bool = False, anyway: bool = False,
) -> tuple[Session, Program | None]:
    """The session of a model with its trained weights, and the program to ask where it is not the present one.

    `anyway`: a network that has not learned anything yet will do.
    """
    session = Session.open(model, guarded=guarded) if isinstance(model, (str, Path)) else model.session
    if run is not None and weights is not None:
        raise RunError("Give the weights of a run, or those of a file, not both.")
    if weights is not None:
        session.load_weights(weights)
    elif isinstance(run, int):
        _take(session, _kept(run))
    elif run is not None:
        program: Program = run.program
        return session, program
    elif not session.trained:
        newest = _newest(session)
        if newest is None and not anyway:
            raise RunError(f"{session.title} has no trained weights here. Train it first, or give a weights file, a "
                           "run or a .ngz.")
        if newest is not None:
            _take(session, newest)
    session.unpack()
    return session, None


def _take(session: Session, kept: Kept) -> None:
    """The weights of a kept run, and where it stood, to go on from."""
    from neuralgraph.training.checkpoint_file import read_checkpoint
    from neuralgraph.training.run import Run

    files = kept.files
    session.load_weights(files["last"] if "last" in files else files["checkpoint"])
    session.run = Run(session.program, id=kept.id)
    if "checkpoint" in files:
        session.run.checkpoint = read_checkpoint(files["checkpoint"])[0]


def _kept(id: int) -> Kept:
    """A run in the run store that has weights."""
    from neuralgraph.training.store import Store

    found = Store().get(id)
    if not {"last", "checkpoint"} & found.files.keys():
        raise RunError(f"Run {id} has no weights any more. Its curves are still there; train afresh.")
    return found


def _newest(session: Session) -> Kept | None:
    """The last run of this document that has weights; None where there is none."""
    from neuralgraph.training.store import Store

    path = session.path
    for one in Store().runs(str(path.resolve())) if path is not None else ():
        if "last" in one.files:
            return one
    return None


def _way(what: Any, text: str | Sequence[str] | None) -> tuple[Way, Any]:
    if text is not None:
        return "text", text
    if isinstance(what, (str, Path)):
        return "files", [what]
    if isinstance(what, Mapping):
        return "values", what
    if isinstance(what, Sequence) and what and all(isinstance(one, Mapping) for one in what):
        return "values", what
    if what is None or (isinstance(what, Sequence) and all(isinstance(one, (str, Path)) for one in what)):
        return "files", what or []
    return "array", what


def _plain(answer: Answer, row: int) -> dict[str, Any]:
    values = answer.values[row]
    match answer.kind:
        case "classes":
            chances = {name: float(one) for name, one in zip(answer.names, values, strict=True)}
            return {"answer": answer.best(row), "probabilities": chances}
        case "yes":
            chances = {name: float(one) for name, one in zip(answer.names, values, strict=True)}
            return {"answer": [name for name, one in chances.items() if one >= 0.5], "probabilities": chances}
        case "numbers":
            numbers = {name: float(one) for name, one in zip(answer.names, values, strict=True)}
            return {"answer": next(iter(numbers.values())) if len(numbers) == 1 else list(numbers.values()),
                    "numbers": numbers}
        case _:
            return {"answer": values.tolist()}


def _heads(answer: Answer) -> list[str]:
    match answer.kind:
        case "classes" | "yes":
            return ["answer", *(f"p({name})" for name in answer.names)]
        case "numbers":
            return list(answer.names)
        case _:
            return [f"{answer.output}[{n}]" for n in range(answer.values[0].size if len(answer.values) else 0)]


def _cells(answer: Answer, row: int) -> list[str]:
    numbers = [f"{float(one):.6g}" for one in answer.values[row].reshape(-1)]
    return [answer.best(row), *numbers] if answer.kind in ("classes", "yes") else numbers
