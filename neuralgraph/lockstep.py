"""Twins: two networks, or one with another setting, that learn the same batches in lock-step. One run of two."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from neuralgraph.errors import ParameterError
from neuralgraph.graph.document import Graph as Document
from neuralgraph.graph.edits import ChangeNode, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.planning import planned
from neuralgraph.graph.ranges import applied
from neuralgraph.session import Session
from neuralgraph.training.events import Beside, Event, Finished, Note, Paused, Started
from neuralgraph.tuning import copied

if TYPE_CHECKING:
    from neuralgraph.graph.plan import Plan
    from neuralgraph.training.control import Control
    from neuralgraph.training.run import Run

ALIKE = ("batch_size", "full_batch", "shuffle", "seed", "validation", "test", "split")
"""Settings of the plan without which the batches would be others."""
START = "weights.seed"
"""Initial weights of another seed, while the batches stay those of the plan."""


class Graph(Protocol):
    """A handle on a session, as `neuralgraph.Graph` is."""

    session: Session


@dataclass(frozen=True, slots=True)
class Pair:
    """What both told between two words of the left one: `Step`, `EpochEnded`, … as of a single run."""

    left: tuple[Event, ...]
    right: tuple[Event, ...]


class Twins:
    """Both sessions, ready to learn. Going over it trains them: it gives `Pair`s."""

    def __init__(self, left: Session, right: Session, *, called: str = "", start: int | None = None,
                 plan: Plan | None = None, control: Control | None = None, **settings: Any) -> None:
        self.left, self.right, self.called, self.start, self.plan = left, right, called, start, plan
        self.control: Control = control or left.control()
        self.beside: Control = right.control()
        self._settings = settings
        self._waiting: deque[Event] = deque()
        self._over = False

    @property
    def runs(self) -> tuple[Run | None, Run | None]:
        """Of both."""
        return self.left.run, self.right.run

    def __iter__(self) -> Iterator[Pair]:
        left: list[Event] = []
        right: list[Event] = []
        for event in self.events():
            if isinstance(event, Beside):
                right.append(event.event)
                continue
            if left:
                yield Pair(tuple(left), tuple(right))
                left, right = [], []
            left.append(event)
        if left or right:
            yield Pair(tuple(left), tuple(right))

    def events(self) -> Iterator[Event | Beside]:
        """The events of the left one, those of the right one among them as they come.

        The right one learns a batch after each that the left one has learned, and stands still where that does.
        """
        if self.start is not None:
            self.right.program = self.right.compile(seed=self.start, device=self._settings.get("device", "cpu"))
        self.beside.led = True
        self.beside.pause()
        right = self.right.train(control=self.beside, fresh=self.start is None, **self._settings)
        self._pump(right)
        polite = self.control.courtesy
        self.control.courtesy = lambda: self._follow(right, polite)
        left = self.left.train(control=self.control, plan=self.plan, **self._settings)
        try:
            for event in left:
                yield event
                if isinstance(event, Started):
                    yield from self._compared(event)
                yield from self._told()
            plan = self.plan or self.left.graph.plan
            if isinstance(event, Finished) and event.epoch >= plan.epochs:
                self.beside.resume()  # it stands at its own end
            else:
                self.beside.stop("its twin has ended")
            self._pump(right)
            self._name()
            yield from self._told()
        finally:
            left.close()  # type: ignore[attr-defined]
            right.close()  # type: ignore[attr-defined]
            self.control.courtesy = polite

    def _follow(self, right: Iterator[Event], polite: Callable[[], object] | None) -> None:
        if polite is not None:
            polite()
        self.beside.one_batch()
        self._pump(right)

    def _pump(self, right: Iterator[Event]) -> None:
        """Let the right one go on until it stands still."""
        if self._over:
            return
        for event in right:
            if isinstance(event, Paused):
                return
            self._waiting.append(event)
        self._over = True

    def _told(self) -> Iterator[Beside]:
        while self._waiting:
            yield Beside(self._waiting.popleft())

    def _compared(self, begun: Started) -> Iterator[Event]:
        """What is not the same for both, in words."""
        from neuralgraph.training.checkpoint import differences

        left, right = self.runs
        facts = [run.moments.now.facts if run is not None and run.moments.now is not None else {}
                 for run in (left, right)]
        found = differences(facts[0], facts[1]) if all(facts) else ()
        if found:
            yield Note(begun.start_step, f"The twins do not learn the same batches: {'; '.join(found)}.")

    def _name(self) -> None:
        """In the run store they know each other."""
        from neuralgraph.training.store import Store

        left, right = self.runs
        if left is not None and right is not None and left.id is not None and right.id is not None:
            for one, other in ((left.id, right.id), (right.id, left.id)):
                Store().change(one, name=f"twin of run {other}")


def paired(left: Session, other: Session | Mapping[str, Any], **keywords: Any) -> Twins:
    """`left` itself, and a copy of `other`, or of `left` with something changed, that learn the same batches.

    `other` as a table: `{"plan.lr": 0.1}`, `{"linear_1.out_features": 8}`, `{"tanh_1": "ReLU"}` puts another type in
    a node's place, `{"weights.seed": 1}` begins with other random weights. `ParameterError` says what cannot be.
    """
    plan: Plan = keywords.get("plan") or left.graph.plan
    if isinstance(other, Session):
        return Twins(left, copied(other, _alike(other.graph, plan)), called=other.title, **keywords)
    start = other.get(START)
    graph = changed(left, left.graph.having(plan=plan), other)
    return Twins(left, copied(left, graph), called=_words(other), start=None if start is None else int(start),
                 **keywords)


def changed(session: Session, graph: Document, values: Mapping[str, Any]) -> Document:
    """The document with these settings otherwise."""
    swaps = {id: kind for id, kind in values.items() if "." not in id}
    edits = []
    for id, kind in swaps.items():
        placed = graph.nodes.get(id)
        if placed is None or kind not in session.catalog:
            raise ParameterError(f"{id!r} is no node of this document." if placed is None else
                                 f"There is no node type {kind!r}.", parameter=id)
        edits.append(ChangeNode(replace(placed, type=kind, params=FrozenDict({})), f"Make {id} a {kind}"))
    graph = Group("Change types", tuple(edits)).apply(graph)[0]
    rest = {id: one for id, one in values.items() if id not in swaps and id != START}
    for id in rest:
        if id.rpartition(".")[0] not in {"plan", *graph.nodes}:
            raise ParameterError(f"{id!r} is no setting of the plan, and of no node of this document.", parameter=id)
    return applied(graph, session.catalog, rest).apply(graph)[0]


def _alike(graph: Document, plan: Plan) -> Document:
    """With a plan by which it sees the same rows in the same batches."""
    same = {name: getattr(plan, name) for name in ALIKE}
    return graph.having(plan=replace(planned(graph.plan, epochs=plan.epochs), **same))


def _words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.removeprefix('plan.')} {one}" for name, one in values.items())


def twins(graph: Graph, other: Graph | Mapping[str, Any], *, data: Mapping[str, Any] | None = None,
          device: str = "cpu", store: bool = False, threads: int | None = None, **overrides: Any) -> Twins:
    """Two that learn the same batches in lock-step: `for pair in ng.twins(g, {"plan.lr": 0.1}): …`.

    `other` is another graph, or what is otherwise in the same one: settings of the plan (`plan.optimizer`), parameters
    of nodes (`linear_1.out_features`), a node's type (`{"tanh_1": "ReLU"}`), `weights.seed`. Seed, batches, epochs and
    the split are those of `graph`; `overrides` as in `train` hold for both. Afterwards `.runs` has both runs.
    """
    found = other if isinstance(other, Mapping) else other.session
    return paired(graph.session, found, data=data, device=device, store=store, threads=threads,
                  plan=planned(graph.session.graph.plan, **overrides))


