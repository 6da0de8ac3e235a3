"""The part of a session that winds a run back: which steps it knows, the network at any of them, going on from one."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import RunError

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.data.feed import Feed
    from neuralgraph.graph.document import Graph
    from neuralgraph.graph.plan import Plan
    from neuralgraph.training.moments import Moments, Stretch
    from neuralgraph.training.rewinding import Rewind, Shown
    from neuralgraph.training.run import Run


class Winding:
    """While a moment is shown, every view asks its program in place of the present one. Training goes on meanwhile."""

    program: Program | None
    run: Run | None
    shown: Shown | None = None
    """The moment that is shown; None: what is now."""
    past: Moments | None = None
    """Those of a kept run that was opened, or that another process makes."""
    _rewind: Rewind | None = None

    if TYPE_CHECKING:  # what the other parts of a session bring

        def compile(self, *, seed: int | None = None, device: str = "cpu", graph: Graph | None = None) -> Program: ...

        def feed(self, program: Program, plan: Plan, data: Mapping[str, Any] | None = None) -> Feed: ...

    @property
    def moments(self) -> Moments:
        """The steps that there are: `first` to `last`, of which `steps` are kept; false where there are none."""
        from neuralgraph.training.moments import Moments

        if self.past is not None:
            return self.past
        return self.run.moments if self.run is not None and self.run.program is self.program else Moments()

    @property
    def moment(self) -> int | None:
        """The step that is shown; None: what is now. Set, every view shows that moment."""
        return self.shown.step if self.shown is not None else None

    @moment.setter
    def moment(self, step: int | None) -> None:
        self.shown = self.rewind().at(step) if step is not None else None

    def rewind(self) -> Rewind:
        """What winds the present run back; it keeps what it needs from one question to the next."""
        from neuralgraph.training.rewinding import Rewind

        moments = self.moments
        if self._rewind is None or self._rewind.moments is not moments:
            self._rewind = Rewind(moments)
        return self._rewind

    def at(self, step: int) -> Program:
        """The network as it was after so many batches, bit for bit. `RunError` where that cannot be; it says why."""
        shown = self.rewind().at(step)
        if not shown.exact:
            raise RunError(f"{shown.note} Ask for that one.")
        program: Program = shown.program
        return program

    def save_moment(self, path: Path) -> None:
        """Write the weights of the moment that is shown as `.safetensors`; `RunError` where that fails."""
        from neuralgraph.compiler.weights import write_weights

        if self.shown is None:
            raise RunError("No earlier step is shown.")
        write_weights(path, self.shown.program.state_dict())

    def branch(self, shown: Shown) -> Run:
        """Where a moment stood, as a run to go on with: `train(resume=…)` makes a run of its own, with this as parent.

        `shown` came with its checkpoint.
        """
        from neuralgraph.training.run import Run

        if shown.checkpoint is None:
            raise RunError(f"Step {shown.step:,} cannot be gone on from: only its weights were kept.")
        before = self.run
        run = Run(shown.program, seed=before.seed if before is not None else 0, apart=True)
        run.checkpoint, run.moments = shown.checkpoint, self.moments
        if before is not None:
            run.id, run.device = before.id, before.device
        return run

    def _remember(self, run: Run, graph: Graph, feed: Feed, data: Mapping[str, Any] | None, resume: Run | None, *,
                  fresh: bool) -> Stretch:
        """What keeps the moments of a run to come. It is shown as it is now, and knows the past that it goes on from.
        """
        from neuralgraph.training.moments import Moments

        self.shown = self.past = None
        kept = self._stretch(graph, run.program, feed, data, fresh=fresh and resume is None)
        if resume is None or resume.checkpoint is None:
            run.moments = Moments((kept,))
        else:
            kept.start = kept.end = resume.checkpoint.step
            run.moments = resume.moments.and_then(kept, kept.start)
        return kept

    def _stretch(self, graph: Graph, program: Program, feed: Feed, data: Mapping[str, Any] | None, *, fresh: bool
                 ) -> Stretch:
        """A run to come: it is learned by the plan of `graph`. Its rows are taken again if they are gone by then."""
        from neuralgraph.training.moments import Stretch

        plan, rows, device = graph.plan, weakref.ref(feed), program.device

        def fed(other: Program) -> Feed:
            known = rows()
            return known if known is not None and other.device == device else self.feed(other, plan, data)

        return Stretch(graph, plan, device, make=lambda place: self.compile(device=place, seed=plan.seed, graph=graph),
                       rows=fed, fresh=fresh and not program.inference.starts, budget=None)
