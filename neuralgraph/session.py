"""One open document with its history, file, analysis and runs: the façade of both front ends.

It composes layers and hands one layer's answer to another. torch is loaded at first need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import DataError, GraphError
from neuralgraph.explain.stepping import Stepping
from neuralgraph.explain.touching import Touching
from neuralgraph.explain.trying import Trying
from neuralgraph.explain.winding import Winding
from neuralgraph.filing import Filing
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Edit
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.history import History
from neuralgraph.graph.outside import seen
from neuralgraph.graph.packed import is_packed
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.reading import instances, node_in, ports_in
from neuralgraph.models import Models
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Catalog, Node, Spec
from neuralgraph.spec.initial import files
from neuralgraph.validation.analysis import Analysis, ranked
from neuralgraph.validation.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor

    from neuralgraph.compiler.infer import Inference
    from neuralgraph.compiler.program import Program
    from neuralgraph.compiler.shapes import Memo
    from neuralgraph.data.feed import Feed
    from neuralgraph.explain.present import Present
    from neuralgraph.graph.lost import Lost
    from neuralgraph.training.control import Control
    from neuralgraph.training.events import Event
    from neuralgraph.training.run import Run


class Session(Models, Filing, Winding, Touching, Trying, Stepping):
    """A document being worked on. Not thread-safe, but `analyse` and the runs only read immutable values."""

    def __init__(self, graph: Graph | None = None, *, path: Path | None = None, catalog: Catalog = CATALOG) -> None:
        Touching.__init__(self)
        Models.__init__(self)
        Filing.__init__(self, path)
        self.catalog = catalog
        self.history = History(graph)
        self._saved = self.history.graph
        self.analysis: Analysis | None = None
        self.run: Run | None = None
        self.taken: Any = None
        """The journal that it was recovered from, open and locked, until somebody keeps it."""
        self.device = "cpu"
        """Where it is meant to learn: chosen for this computer, never saved in the document."""
        self._memo: Memo | None = None
        self.history.subscribe(self._follow)

    # -- document ---------------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls, path: str | Path, *, as_copy: bool = False, guarded: bool = False, catalog: Catalog = CATALOG
    ) -> Session:
        """Read a document. A failure raises `DocumentError` and leaves everything as it was.

        A file or folder of data becomes a new document with a first network on it (`DataError` where none reads it).

        `guarded` keeps it from reading outside its own folder before somebody agrees.

        `as_copy` opens it without its path: the first save asks for a new one (examples).
        """
        from neuralgraph.graph.file import read

        path = Path(path)
        if cls.may_be_data(path):
            from neuralgraph.data.starter import starter

            graph, place = starter(path.absolute(), catalog)
            session = cls.copy_of(graph, path.stem, place.parent, catalog=catalog)
            session.agree(place.name)  # who names the file has agreed to its being read
            session.guarded = guarded
            return session
        loaded = read(path)
        session = cls(loaded.graph, path=None if as_copy else path, catalog=catalog)
        session.notes = loaded.notes
        session._suggested = path.stem if as_copy else ""
        session._home = path.parent
        session._seen = None if as_copy else seen(path)
        if is_packed(path):
            session._bring(path)
        session.guarded = guarded
        return session

    @classmethod
    def recovered(cls, lost: Lost, *, catalog: Catalog = CATALOG) -> Session:
        """What a crash left behind, as a document that is saved nowhere: the author's file is not touched."""
        home = lost.origin.path.parent if lost.origin.path else None
        return cls.copy_of(lost.graph, f"{Path(lost.title).stem} (recovered)", home, catalog=catalog)

    @classmethod
    def copy_of(cls, graph: Graph, name: str, home: Path | None = None, *, catalog: Catalog = CATALOG) -> Session:
        """A document that is saved nowhere yet; `home` is where relative data paths start."""
        session = cls(graph, catalog=catalog)
        session._saved, session._suggested, session._home = Graph(), name, home
        return session

    @property
    def graph(self) -> Graph:
        return self.history.graph

    def edit(self, edit: Edit, *, merge: object = None) -> None:
        """Change the document: one undo step, or part of the last one with the same `merge` key."""
        self.history.do(edit, merge=merge)

    def undo(self) -> str | None:
        return self.history.undo()

    def redo(self) -> str | None:
        return self.history.redo()

    def node(self, id: str) -> Node | None:
        """The node's type with its parameters; None where the type is unknown or a parameter is wrong."""
        return node_in(self.graph, id, self.catalog)

    def ports_of(self, id: str) -> tuple[list[str], list[str]]:
        """The names of its inputs, with the next free one where it takes many, and of its outputs."""
        return ports_in(self.graph, id, self.catalog)

    @property
    def document(self) -> Session:
        """The document: a session is its own outermost room."""
        return self

    def path_of(self, id: str) -> str:
        """What a node is called in the whole document: a session is the outermost room."""
        return id

    # -- analysis ---------------------------------------------------------------------------------------------------

    def analyse(self, graph: Graph | None = None, *, free: int | None = None) -> Analysis:
        """Check a document and find every shape. Slow the first time (it loads torch): call it off the GUI thread.

        `free` bounds the memory a run may take, in bytes; by default what `device` has free now.
        """
        from neuralgraph.compiler.budget import budget, exceeded, free_memory
        from neuralgraph.compiler.cells import unread
        from neuralgraph.compiler.pinned import misfitting
        from neuralgraph.compiler.places import everywhere, rooms
        from neuralgraph.data.findings import tables
        from neuralgraph.validation.levels import check_levels

        graph = graph if graph is not None else self.graph
        sources, troubles = self._sources(graph)
        found = self._infer(graph, sources)
        troubles += self._starts(found, read=False)[1]
        known = everywhere(found)
        wrong = check_levels(graph, self.catalog, rooms(found), found.flat.broken, known.specs)
        free = free_memory(self.device) if free is None else free
        over = exceeded(found.figures, graph.plan, free)
        pinned = (*misfitting(graph, found.flat, found.calls), *unread(found))
        problems = ranked((*troubles, *found.problems, *pinned, *wrong, *over))
        need = budget(found.figures, graph.plan, free)
        return Analysis(graph, problems, known.specs, known.inputs, known.figures, need, rooms(found),
                        tables(graph, self.catalog, self.reach))

    def accept(self, analysis: Analysis) -> None:
        """Keep an analysis as the current one."""
        self.analysis = analysis

    def preview(self, edit: Edit) -> tuple[Problem, ...]:
        """The problems that an edit would bring, without making it. Quick once everything has been analysed."""
        now = {one.message for one in (self.analysis or self.analyse()).problems}
        trial, _ = edit.apply(self.graph)
        return tuple(one for one in self.analyse(trial).problems if one.message not in now)

    def _infer(self, graph: Graph, sources: Mapping[str, Mapping[str, Spec]]) -> Inference:
        from neuralgraph.compiler.infer import infer
        from neuralgraph.compiler.shapes import Memo

        if self._memo is None:
            self._memo = Memo()
        return infer(graph, self.catalog, sources, self._memo)

    def cannot_share(self, id: str, owner: str) -> str:
        """Why a node cannot use the weights of another one; "" where it can."""
        from neuralgraph.compiler.sharing import refusal

        calls = self._infer(self.graph, self._sources(self.graph)[0]).calls
        if id not in calls or calls[id].kind != "module":
            return f"{id} has no weights, or they are not known yet."
        return refusal(self.graph, calls, id, owner)

    def weights(self, id: str, program: Program | None = None) -> Present | None:
        """The present weights of a node: learnt, else initial; None where it has none of its own, or not yet.

        `program` is that of the run that asks; without one, that of the last run.
        """
        from neuralgraph.explain.present import present
        from neuralgraph.graph.limits import LIMITS

        graph = self.graph
        found = self._infer(graph, self._sources(graph)[0])
        call = found.calls.get(id)
        if call is None or call.kind != "module" or found.graph.nodes[id].shares is not None:
            return None
        starts = self._starts(found, read=True)[0].get(id, {})
        return present(found.graph, id, call, program or self.program, LIMITS["weights"].most, starts)

    def _starts(self, found: Inference, *, read: bool) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
        """What weights start from where that is a file, and a problem for each that cannot; unread: only whether."""
        from neuralgraph.data import starts
        from neuralgraph.data.trouble import start_problem

        arrays: dict[str, dict[str, Any]] = {}
        problems: list[Problem] = []
        for id, placed in found.graph.nodes.items():
            for group, path in files(placed.initialiser).items() if id in found.calls and not placed.shares else ():
                from neuralgraph.compiler.initial import belongs
                from neuralgraph.compiler.pinned import shapes_of

                wanted = {name: one for name, one in shapes_of(found.calls[id]).items() if belongs(name, group)}
                try:
                    if read:
                        arrays.setdefault(id, {}).update(starts.read(path, self.reach, id, wanted))
                    else:
                        starts.check(path, self.reach, id, wanted)
                except DataError as error:
                    problems.append(start_problem(id, path, error))
        return arrays, problems

    def _sources(self, graph: Graph) -> tuple[dict[str, Mapping[str, Spec]], list[Problem]]:
        """What every source delivers, and a problem for each that cannot."""
        from neuralgraph.data.findings import notes
        from neuralgraph.data.sources import describe, missing
        from neuralgraph.data.trouble import absent, problem_of

        specs: dict[str, Mapping[str, Spec]] = {}
        problems: list[Problem] = []
        for id, node in instances(flatten(graph, self.catalog).graph, self.catalog).items():
            if not isinstance(node, Node) or node.role != "source":
                continue
            try:
                specs[id] = describe(node, self.reach)
                if self.held and (error := missing(node, self.reach)) is not None:
                    problems.append(absent(id, node, error, rows=self.held[node.key].delivery is not None))
                else:
                    problems += notes(id, node, self.reach)
            except DataError as error:
                problems.append(problem_of(id, node, error))
        return specs, problems

    # -- running ----------------------------------------------------------------------------------------------------

    def compile(self, *, seed: int | None = None, device: str = "cpu", graph: Graph | None = None) -> Program:
        """The document as a torch program with fresh weights; `GraphError` lists what stops it."""
        from neuralgraph.compiler.budget import free_memory
        from neuralgraph.compiler.devices import there
        from neuralgraph.compiler.program import Program

        graph = graph if graph is not None else self.graph
        analysis = self.analyse(graph, free=free_memory(there(device)))
        if analysis.errors:
            first = analysis.errors[0]
            more = f" ({len(analysis.errors) - 1} more)" if len(analysis.errors) > 1 else ""
            raise GraphError(first.message + more, analysis.errors)
        found = self._infer(graph, self._sources(graph)[0])
        starts, troubles = self._starts(found, read=True)
        if troubles:
            raise GraphError(troubles[0].message, tuple(troubles))
        seed = graph.plan.seed if seed is None else seed
        return Program(graph, replace(found, starts=starts) if starts else found, seed=seed, device=device)

    def feed(self, program: Program, plan: Plan, data: Mapping[str, Any] | None = None) -> Feed:
        """What the program learns from, on its device: the data nodes' rows, or arrays given by node id."""
        from neuralgraph.data.gather import gather

        return gather(program.sources, plan, folder=self.reach, arrays=data, device=program.device)

    def rows(self, program: Program, data: Mapping[str, Any] | None = None) -> dict[str, Tensor]:
        """Every row of every source as a tensor by key: those of the data nodes, or arrays that are given."""
        import numpy as np
        import torch

        from neuralgraph.data.gather import rows

        found, _ = rows(program.sources, folder=self.reach, arrays=data)
        return {key: program.tensor(key, torch.tensor(np.asarray(array))) for key, array in found.items()}

    @property
    def stored_as(self) -> str:
        return str(self.path.resolve()) if self.path is not None else ""

    def train(
        self,
        *,
        control: Control | None = None,
        device: str = "cpu",
        plan: Plan | None = None,
        data: Mapping[str, Any] | None = None,
        fresh: bool = True,
        resume: Run | int | None = None,
        store: bool = False,
        threads: int | None = None,
    ) -> Iterator[Event]:
        """Compile, gather the data, learn: the events of one run, which ends up in `self.run`.

        `fresh=False` goes on from the present weights of every node whose weights still have the same shape, and where
        the last run left a checkpoint, as that run would have: to the end of the plan, or all of it once more.
        `resume` goes on with that run, or with that of this number in the run store, and with its plan if none is
        given. `store` keeps the run. `threads` of the processor compute, by default what torch takes. Where `torchrun`
        started several processes, all of them learn it together.
        """
        from neuralgraph.training.company import company, device_of
        from neuralgraph.training.failing import kept_if_failing
        from neuralgraph.training.loop import fit
        from neuralgraph.training.run import Run
        from neuralgraph.training.threads import used

        together = company()
        device = device_of(together, device)
        control = control or self.control()
        if not fresh:
            self.unpack(device=device)
        if isinstance(resume, int):
            resume, plan = self._reopened(resume, plan, control)

        if resume is None and not fresh and self._goes_on:
            resume = self.run
            assert resume is not None and resume.checkpoint is not None
            plan = (plan or self.graph.plan).further(resume.checkpoint.epoch)
        graph = self.graph if plan in (None, self.graph.plan) else self.graph.having(plan=plan)
        with kept_if_failing(graph, self.stored_as, device, keep=store):
            program = self.compile(device=device, graph=graph)
            before = resume.program if resume is not None else self.program
            if before is not None and (resume is not None or not fresh):
                self.carry(before, program)
            feed = self.feed(program, graph.plan, data)
        run = Run(program)
        checkpoint = resume.checkpoint if resume is not None else None
        kept = self._remember(run, graph, feed, data, resume, fresh=fresh or before is None)
        self.program, self.run, self._brought = program, run, {}
        events = fit(program, feed, graph.plan, control, resume=checkpoint, company=together, moments=kept)
        if store and together.leads:
            from neuralgraph.training.recorder import Recorder, Subject, recorded
            from neuralgraph.training.store import Store

            subject = Subject(graph, program, feed, self.stored_as, resume)
            events = recorded(events, Recorder(Store(), subject, control, run))
        with used(threads):
            for event in events:
                run.hear(event)
                yield event

    @staticmethod
    def _reopened(id: int, plan: Plan | None, control: Control) -> tuple[Run, Plan]:
        """A run of the run store, where it stood; what was pulled after that is pulled again."""
        from neuralgraph.training.company import company
        from neuralgraph.training.reopening import reopened_by_all

        run, known, pulled = reopened_by_all(id, company())
        control.repeat(pulled)
        return run, plan or known.further(run.checkpoint.epoch if run.checkpoint is not None else 0)

    @property
    def _goes_on(self) -> bool:
        """The present weights are those at the end of the last run, which left all that it takes to go on."""
        return self.run is not None and self.run.checkpoint is not None and self.run.program is self.program

    @staticmethod
    def control() -> Control:
        """The levers of a run to come, for `train`."""
        from neuralgraph.training.control import Control

        return Control()

    def to_python(self) -> str:
        """The document as a Python file that runs alone; `GraphError` lists what stops it."""
        from neuralgraph.compiler.source import to_python

        return to_python(self.compile())
