"""The views that a session offers, and their answers."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import RunError, UnknownNodeError
from neuralgraph.explain.looking import Looking
from neuralgraph.figures.offer import Offer

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.explain.logic import Bits
    from neuralgraph.explain.seeing import Chosen
    from neuralgraph.explain.views.view import At, Hear
    from neuralgraph.figures.shown import Shown
    from neuralgraph.figures.sofar import SoFar
    from neuralgraph.training.moments import Moments
    from neuralgraph.training.seeds import Sown


PAST = 24
"""So many earlier moments of a run a view is offered, at most."""
PAUSE = 0.25
"""Seconds between two figures on the way to an answer, at least."""


class Viewing(Looking):
    """The part of a session that shows: every view is asked here, by its name."""

    @property
    @abstractmethod
    def moments(self) -> Moments:
        """The moments of the present run."""

    @property
    @abstractmethod
    def stored_as(self) -> str:
        """The path of the document in the run store; "" where it was never saved."""

    def offers(self, node: str = "", program: Program | None = None) -> list[Offer]:
        """The views there are, with why those cannot be shown that cannot. Computes no figure."""
        from neuralgraph.explain.views.every import VIEWS

        at = self._at(node, program)
        return [] if at is None else [
            Offer(one.name(), one.title, one.scope, one.group, one.icon, inspect.getdoc(one) or "",
                  one.fits(at) if node or one.scope == "network" else "It is one of a node: choose one.",
                  one.costly, one.params,
                  {name: one.choices(at, name) for name, param in one.params.items() if param.kind == "text"}
                  if node or one.scope == "network" else {}, one.act)
            for one in VIEWS]

    def view(
        self, name: str, node: str = "", options: Mapping[str, Any] | None = None, *, part: str = "all", place: int = 0,
        program: Program | None = None, stop: Callable[[], bool] | None = None,
        so_far: Callable[[SoFar], None] | None = None,
    ) -> Shown | None:
        """A figure of a node or of the network; None where the document has errors and nothing was learned yet.

        A view that takes long hands figures to `so_far` on its way, in the thread that asks: the first as soon as it
        is true, then finer ones a few times a second, until the answer. Once `stop` says so, the answer is whatever
        was reached.

        `ParameterError` for a view or an option that is not there, `RunError` where it cannot be shown, with the
        reason.
        """
        from neuralgraph.explain.views.every import named

        kind = named(name)
        one, at = kind(**dict(options or {})), self._at(node, program, part, place, stop, so_far)
        if at is None:
            return None
        if kind.scope == "node" and not node:
            raise RunError(f"The view «{kind.title}» is one of a node. Say which.")
        why = kind.fits(at)
        if why:
            raise RunError(f"«{kind.title}» cannot be shown{f' for {node}' if kind.scope == 'node' else ''}: {why}")
        return one.look(at)

    def bits(self, options: Mapping[str, Any] | None = None, node: str = "", program: Program | None = None
             ) -> Bits | None:
        """The inputs of yes and no that the truth table of these options is about; None where there is none."""
        from neuralgraph.explain.views.truth import TruthTable

        at = self._at(node if self.shows(node, program) else "", program)
        return TruthTable(**dict(options or {})).bits(at) if at is not None else None

    def shows(self, node: str, program: Program | None = None) -> bool:
        """The node is one of what is computed now, so that views of it can be asked for."""
        program = program or self._present()
        return bool(node) and program is not None and program.holds(node)

    def sampled(self, part: str = "all", place: int = 0, program: Program | None = None, *, wrong: bool = False
               ) -> Chosen | None:
        """Sample `place` of a part of the data and what the network says of it; `wrong`: the next wrong one."""
        from neuralgraph.explain.seeing import choose

        program = self._world(program)
        rows = self._rows(program) if program is not None else None
        return choose(program, rows, part, place, wrong=wrong) if program is not None and rows is not None else None

    def _at(self, node: str, program: Program | None, part: str = "all", place: int = 0,
            stop: Callable[[], bool] | None = None, so_far: Callable[[SoFar], None] | None = None) -> At | None:
        from neuralgraph.explain.views.view import At

        program = self._world(program)
        if program is None:
            return None
        if node and not program.holds(node):
            raise UnknownNodeError(f"There is no node {node!r} in what is computed. There are: "
                                   f"{', '.join(list(program.inference.order)[:12])}.")
        rows = self._rows(program)
        if program is self._fresh and program is not self._measured and rows is not None:
            self._measure(program, rows)
        return At(program, rows, node, part, place, self._earlier(program), stop or _never,
                  _paced(so_far) if so_far is not None else None, self._sown())

    def _sown(self) -> Sown:
        """The runs of this drawing with several seeds: the last series of this session, or those that were kept."""
        from neuralgraph.training.seeds import Sown

        series = self.series[1] if self.series is not None and self.series[0].computes(self.graph) else None
        return Sown(self.graph, self.stored_as, series)

    def _earlier(self, program: Program) -> tuple[tuple[int, Callable[[], Program]], ...]:
        """Some of the moments that were kept of the run that made a program, evenly among them, oldest first."""
        moments, shown = self.moments, self.shown
        if not moments or not moments.steps or program is self._fresh:
            return ()
        from neuralgraph.training.rewinding import Rewind

        steps, rewind = moments.steps, Rewind(moments, several=True)
        every = sorted({steps[round(n * (len(steps) - 1) / (PAST - 1))] for n in range(PAST)})
        return tuple((step, lambda step=step: rewind.nearest(step).program) for step in every
                     if shown is None or step <= shown.step)


def _never() -> bool:
    return False


def _paced(listener: Callable[[SoFar], None]) -> Hear:
    """Hands over the first figure, those that come `PAUSE` after the one before, and the last."""
    due = 0.0

    def hear(done: int, of: int, make: Callable[[], Shown]) -> None:
        nonlocal due
        if done >= of or perf_counter() >= due:
            from neuralgraph.figures.sofar import SoFar

            listener(SoFar(make(), done, of))
            due = perf_counter() + PAUSE

    return hear
