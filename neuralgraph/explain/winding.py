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
    from neuralgraph.explain.rows import Rows
    from neuralgraph.graph.document import Graph
    from neuralgraph.graph.plan import Plan
    from neuralgraph.training.moments import Moments, Stretch
    from neuralgraph.training.rewinding import Rewind, Shown
    from neuralgraph.training.run import Run
    from neuralgraph.training.store import Store

MOST_PARENTS = 64
"""So many runs, each gone on from the one before, are known together."""


class Winding:
    """While a moment is shown, every view asks its program in place of the present one. Training goes on meanwhile."""

    program: Program | None
    run: Run | None
    shown: Shown | None = None
    """The moment that is shown; None: what is now."""
    past: Moments | None = None
    """Those of a kept run that was opened, or that another process makes."""
    past_id: int | None = None
    """Its number in the run store."""
    _rewind: Rewind | None = None

    if TYPE_CHECKING:  # what the other parts of a session bring

        def compile(self, *, seed: int | None = None, device: str = "cpu", graph: Graph | None = None) -> Program: ...

        def feed(self, program: Program, plan: Plan, data: Mapping[str, Any] | None = None) -> Feed: ...

        def _rows(self, program: Program) -> Rows | None: ...

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
        program: Program = self.rewind().exactly(step)
        return program

    def mistakes(self, program: Program) -> dict[str, str]:
        """What the cards that count say of a network: «17 wrong», by node."""
        from neuralgraph.explain.mistakes import counts, mistakes

        rows = self._rows(program) if counts(program) else None
        return mistakes(program, rows) if rows is not None else {}

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
        before = self.run if self.past is None else None
        run = Run(shown.program, seed=before.seed if before is not None else 0, apart=True)
        run.checkpoint, run.moments = shown.checkpoint, self.moments
        run.id, run.device = (before.id, before.device) if before is not None else (self.past_id, shown.program.device)
        return run

    def recall(self, id: int) -> tuple[str, ...]:
        """Take the steps of a kept run as those of this document, which it learned; what of them is damaged, in words.

        Those of the runs that it went on from come along. `RunError` where there is no such run, or nothing of it.
        """
        from neuralgraph.training.moments import Moments
        from neuralgraph.training.store import Store

        store, troubles = Store(), []
        found: list[tuple[Stretch, int]] = []
        number: int | None = id
        while number is not None and len(found) < MOST_PARENTS:
            stretch, more, parent = self._kept_stretch(store, number)
            troubles += more
            found.append((stretch, stretch.start))
            number = parent if stretch.start else None
        moments = Moments()
        for stretch, start in reversed(found):
            moments = moments.and_then(stretch, start)
        if not moments:
            raise RunError(f"No steps of run {id} were kept. Train it once more.")
        if self.past_id != id:
            self.shown = None
        self.past, self.past_id = moments, id
        return tuple(troubles)

    def _kept_stretch(self, store: Store, id: int) -> tuple[Stretch, list[str], int | None]:
        from neuralgraph.training.events import Changed
        from neuralgraph.training.moment_files import read_into
        from neuralgraph.training.moments import Stretch

        kept, graph = store.get(id), store.graph(id)
        stretch = Stretch(
            graph, graph.plan, kept.device, rows=lambda other: self.feed(other, graph.plan),
            make=lambda place: self.compile(device=place, seed=kept.seed, graph=graph), fresh=kept.parent is None)
        stretch.end, stretch.seconds = kept.step, kept.seconds
        stretch.facts = {"seed": kept.seed, "device": kept.device, "threads": kept.threads, "data": kept.data}
        stretch.changes = [Changed(one["step"], one["epoch"], one["name"], one["old"], one["new"])
                           for one in store.events(id) if one["kind"] == "changed"]
        return stretch, read_into(stretch, kept.folder), kept.parent

    def _remember(self, run: Run, graph: Graph, feed: Feed, data: Mapping[str, Any] | None, resume: Run | None, *,
                  fresh: bool) -> Stretch:
        """What keeps the moments of a run to come. It is shown as it is now, and knows the past that it goes on from.
        """
        from neuralgraph.training.moments import Moments

        self.shown = self.past = self.past_id = None
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
