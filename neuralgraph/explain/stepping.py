"""The part of a session that takes things apart: one step, one number, one derivative. It loads torch when asked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import DataError, NeuralGraphError, RunError, UnknownNodeError
from neuralgraph.graph.document import Graph

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.data.reach import Reach
    from neuralgraph.explain.apart.moment import Apart, Mode, Moment
    from neuralgraph.explain.apart.terms import Terms
    from neuralgraph.explain.apart.typed import Typed
    from neuralgraph.explain.rows import Rows
    from neuralgraph.training.checkpoint import Checkpoint
    from neuralgraph.training.moments import Moments
    from neuralgraph.training.rewinding import Shown
    from neuralgraph.training.run import Run

PATIENCE = 1.5
"""Seconds that may be spent to know where the optimiser stood at an earlier moment."""
_DECIMAL = ("float32", "float64")
MOST_ROWS = 64
"""So many samples are taken apart at once, at most."""


class Stepping:
    """It looks at the program of a run under way, else the last one, else a fresh one. Nothing is changed."""

    _fresh: Program | None
    _measured: Program | None
    program: Program | None
    run: Run | None
    shown: Shown | None
    _stood: tuple[Shown, Checkpoint | None] | None = None
    """Where the optimiser stood at the moment that was shown last."""

    @property
    @abstractmethod
    def moments(self) -> Moments:
        """The moments of the present run."""

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The document as it is now."""

    @property
    @abstractmethod
    def reach(self) -> Reach:
        """Where relative data paths start, and what may be read."""

    @abstractmethod
    def _present(self, graph: Graph | None = None, *, most: int | None = None) -> Program | None:
        """The program with the present weights."""

    @abstractmethod
    def _world(self, program: Program | None = None) -> Program | None:
        """That, or the present one, with what somebody tries on it by hand."""

    @abstractmethod
    def _rows(self, program: Program) -> Rows | None:
        """The rows of its data nodes."""

    @abstractmethod
    def _measure(self, program: Program, rows: Rows) -> None:
        """Fit what is fitted before any run."""

    def step_apart(
        self, program: Program | None = None, *, part: str = "train", places: Sequence[int] = (0,),
        given: Mapping[str, Any] | None = None, checkpoint: Checkpoint | None = None, step: int = 0,
        double: bool = False, made_up: bool = False, inside: bool | str | Sequence[str] = False,
        typed: Typed | None = None,
    ) -> Apart:
        """One training step on these samples of a part of the data, or on arrays `given` by source, moment by moment.

        `made_up` draws numbers by chance where only Input nodes wait for some, and says so. With `checkpoint` the
        optimiser goes on from where that run stood. `inside` names the Recurrents to go through step by step of time,
        or says all. `typed` puts other numbers into samples, by row and spot of a source. `RunError` and `DataError`
        say why not.
        """
        from neuralgraph.explain.apart.optimising import Stand
        from neuralgraph.explain.apart.step import step_apart
        from neuralgraph.explain.apart.typed import changed

        plan = self.graph.plan if program is None else None  # a program outlives changes of the plan
        program = self._to_look_at(program)
        given, note = _invented(program, len(places), given) if made_up else (given, "")
        arrays, rows, batches = self._samples(program, part, places, given)
        arrays = changed(program, arrays, rows, typed or {})
        stand = Stand(checkpoint, batches, plan)
        found = step_apart(program, arrays, stand=stand, rows=rows, step=step, double=double,
                           inside=self.over_time(program, inside))
        return _noted(found, note, _left_out(program))

    def cell(
        self, node: str, index: Sequence[int], *, output: str = "", moment: Moment | None = None,
        program: Program | None = None, part: str = "all", places: Sequence[int] = (0,),
        given: Mapping[str, Any] | None = None, training: bool = True, made_up: bool = False,
    ) -> Terms:
        """What made the number at `index` of a node's output, on these samples, or in a moment (of `training` or not).

        `made_up` as in `step_apart`.         `UnknownNodeError`, `RunError` and `DataError` say why it cannot be told.
        """
        from neuralgraph.explain.apart.cell import cell

        program = self._to_look_at(program)
        if moment is not None:
            output = output or next(iter(moment.outputs), "")
            shown = moment.outputs[output]
            inside = len(index) == shown.ndim and all(-size <= at < size for at, size in zip(
                index, shown.shape, strict=True))
            return cell(program, node, moment.inputs, output, tuple(index), weights=moment.weights, training=training,
                        shown=float(shown[tuple(index)]) if inside else None)
        from neuralgraph.explain.apart.cell import inputs_of

        given = _invented(program, len(places), given)[0] if made_up else given
        arrays, _, _ = self._samples(program, part, places, given)
        return cell(program, node, inputs_of(program, node, arrays), output, tuple(index))

    def walk(
        self, mode: Mode, *, program: Program | None = None, of: str = "", by: str = "",
        cell: Sequence[int] | None = None, part: str = "all", places: Sequence[int] = (0,),
        given: Mapping[str, Any] | None = None, double: bool = False, made_up: bool = False,
        inside: bool | str | Sequence[str] = False, typed: Typed | None = None,
    ) -> Apart:
        """The graph in use: a "forward" or "reverse" sweep, or the order of "static" or "dynamic" evaluation.

        `of` is what is derived, `by` what it is derived by, `cell` one number of it. It needs no loss. `made_up`,
        `inside` and `typed` as in `step_apart`.
        """
        from neuralgraph.explain.apart.typed import changed
        from neuralgraph.explain.apart.walks import walk

        program = self._to_look_at(program)
        given, note = _invented(program, len(places), given) if made_up else (given, "")
        arrays, rows, _ = self._samples(program, part, places, given)
        arrays = changed(program, arrays, rows, typed or {})
        found = walk(program, arrays, mode, of=of, by=by, cell=None if cell is None else tuple(cell), double=double,
                     rows=rows, inside=self.over_time(program, inside))
        return _noted(found, note, _left_out(program))

    def over_time(self, program: Program | None = None, wanted: bool | str | Sequence[str] = True) -> tuple[str, ...]:
        """The Recurrents that can be gone through step by step: all there are, or those wanted. `UnknownNodeError` for
        another."""
        from neuralgraph.explain.apart.seats import recurrents

        known = recurrents(self._to_look_at(program))
        if isinstance(wanted, bool):
            return known if wanted else ()
        chosen = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        for one in chosen:
            if one not in known:
                there = f"These do: {', '.join(known)}." if known else "There is no Recurrent."
                raise UnknownNodeError(f"«{one}» runs nothing over time. {there}")
        return tuple(one for one in known if any(each == one or each.startswith(f"{one}/") for each in chosen))

    def derivable(self, mode: Mode, program: Program | None = None) -> tuple[str, ...]:
        """What a forward sweep can be by, or a reverse sweep of: the names of nodes, the usual one first."""
        program = self._to_look_at(program)
        names = {(id, output): program.output_name(id, output) for id, outputs in program.inference.specs.items()
                 for output, spec in outputs.items() if id in program.inference.nodes and spec.dtype in _DECIMAL}
        if mode == "forward":
            return tuple(name for (id, _), name in names.items() if not program.inference.wires.get(id))
        if mode != "reverse":
            return ()
        ends = [(id, "loss") for id in program.losses] + list(program.outputs.values())
        rest = [place for place in reversed(names) if program.inference.wires.get(place[0])]
        return tuple(dict.fromkeys(names[place] for place in (*ends, *rest) if place in names))

    def _to_look_at(self, program: Program | None) -> Program:
        program = self._world(program)
        if program is None:
            raise RunError("The drawing has errors, so nothing can be computed. Mend them first: see Problems.")
        return program

    def standing(self) -> tuple[Checkpoint | None, str]:
        """Where the optimiser of the network that is looked at stands, while no run is under way; and a note.

        For an earlier moment that is shown its batches are learned once more; the note says where that takes too long.
        """
        from neuralgraph.training.rewinding import Rewind

        shown, present = self.shown, self._present()
        if shown is None:
            known = self.run is not None and self.run.program is self.program is present
            return (self.run.checkpoint if known and self.run is not None else None), ""
        if present is not shown.program:  # it is drawn otherwise now
            return None, ""
        if self._stood is None or self._stood[0] is not shown:
            until, found = monotonic() + PATIENCE, shown.checkpoint
            with suppress(NeuralGraphError):
                found = found or Rewind(self.moments).at(
                    shown.step, going=lambda: monotonic() < until, go_on=True).checkpoint
            self._stood = shown, found
        stood = self._stood[1]
        return stood, "" if stood is not None else (
            f"What the optimiser remembered at step {shown.step:,} cannot be found out quickly: here it begins anew.")

    def _samples(self, program: Program, part: str, places: Sequence[int], given: Mapping[str, Any] | None
                 ) -> tuple[dict[str, Any], tuple[int, ...], int]:
        """The arrays of some samples by source key, their rows, and how many batches an epoch has."""
        from neuralgraph.data.gather import rows as gathered
        from neuralgraph.explain.seeing import part_of

        if not program.sources:
            return {}, (), 1
        if given:
            found = gathered(program.sources, folder=self.reach, arrays=given)[0]
            return {key: _exact(key, array, program, given) for key, array in found.items()}, (), 1
        rows = self._rows(program)
        if rows is None:
            waiting = next((id for id, _, node in program.sources.values() if node.type == "Input"), "")
            raise DataError(f"{waiting} waits for numbers: there are no rows to take a step on. Give them, or put a "
                            "data node in its place." if waiting else "The data cannot be read: see Problems.")
        if program is self._fresh and program is not self._measured:
            self._measure(program, rows)
        numbers = part_of(rows, part)
        if not len(numbers):
            raise DataError(f"The {part} part of the data has no rows.")
        if len(places) > MOST_ROWS:
            raise RunError(f"At most {MOST_ROWS} samples are taken apart at once, not {len(places):,}.")
        chosen = tuple(int(numbers[at % len(numbers)]) for at in places)
        plan = program.document.plan
        size = len(rows.split.train) if plan.full_batch else plan.batch_size
        return ({key: array[list(chosen)] for key, array in rows.arrays.items()}, chosen,
                -(-len(rows.split.train) // max(size, 1)))


def _noted(found: Apart, *notes: str) -> Apart:
    said = tuple(one for one in notes if one)
    return replace(found, notes=(*said, *found.notes)) if said else found


def _left_out(program: Program) -> str:
    """What somebody tries by hand and a walk from node to node does not show."""
    touches: Any = getattr(program, "touches", None)
    given = {id for id, _, _ in program.sources.values()}
    left = touches is not None and (touches.skipped or any(one.node not in given for one in touches.held))
    return ("What is held or skipped by hand is left out here: every node gives what it computes. Numbers held at the "
            "data are there." if left else "")


def _invented(program: Program, count: int, given: Mapping[str, Any] | None
              ) -> tuple[Mapping[str, Any] | None, str]:
    """Numbers drawn by chance for Input nodes, always the same ones, where nothing else feeds the network; and a note.
    """
    import numpy as np

    inputs = {key: (id, output) for key, (id, output, node) in program.sources.items() if node.type == "Input"}
    if given or not inputs or len(inputs) < len(program.sources):
        return given, ""
    chance, found = np.random.default_rng(program.seed), {}
    for key, (id, output) in inputs.items():
        spec = program.inference.specs[id][output]
        shape = (count, *(size for size in spec.shape[1:] if isinstance(size, int)))
        drawn = chance.normal(size=shape) if spec.dtype in _DECIMAL else chance.integers(spec.classes or 2, size=shape)
        found[key] = drawn.astype("float32" if spec.dtype in _DECIMAL else spec.dtype)
    return found, f"{', '.join(inputs)} wait{'s' if len(inputs) == 1 else ''} for data: these numbers are made up."


def _exact(key: str, array: Any, program: Program, given: Mapping[str, Any]) -> Any:
    """The numbers as they were given, where checking them rounded to float32: a look may be in float64."""
    import numpy as np

    id, output, _ = program.sources[key]
    raw = next((given[name] for name in (key, key.replace(".", "_"), id, output) if name in given), None)
    if raw is None or array.dtype.kind != "f":
        return array
    exact = np.asarray(raw, dtype=np.float64)
    return exact if exact.shape == array.shape else array
