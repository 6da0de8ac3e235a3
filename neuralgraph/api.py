"""The public API: what scripts, notebooks and tests use.

import neuralgraph as ng
g = ng.Graph()
data = g.add("Dataset", name="digits")
x = g.add("Flatten", data["x"])
logits = g.add("Linear", x, out_features=10, id="logits")
g.add("CrossEntropyLoss", logits, data["y"], id="loss")
run = ng.train(g, epochs=20)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralgraph import library
from neuralgraph.asking import evaluate, gradients
from neuralgraph.errors import GraphError, ParameterError, UnknownNodeError
from neuralgraph.graph import grouping
from neuralgraph.graph.definitions import interface, kind_of
from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Edit, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.history import Change
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.module_edits import PutModule
from neuralgraph.graph.planning import planned as planned
from neuralgraph.graph.typed import pinned
from neuralgraph.graph.wiring import Refusal
from neuralgraph.predictions import generate, predict, save_model
from neuralgraph.recipes import recipe
from neuralgraph.session import Session
from neuralgraph.spec import Spec
from neuralgraph.validation.problem import Problem

if TYPE_CHECKING:

    from neuralgraph.compiler.program import Program
    from neuralgraph.compiler.summary import Summary
    from neuralgraph.training.events import Event
    from neuralgraph.training.kept import Kept
    from neuralgraph.training.run import Run
    from neuralgraph.training.seeds import Spread
    from neuralgraph.tuning import Found


@dataclass(frozen=True, slots=True)
class Handle:
    """A node in a graph: `handle.id`; `handle["y"]` is one of its outputs. With one output it stands for that."""

    graph: Graph
    id: str
    output: str | None = None

    def __getitem__(self, output: str) -> Handle:
        outputs = self.graph.session.ports_of(self.id)[1]
        if output not in outputs:
            raise UnknownNodeError(f"{self.id} has no output {output!r}. It has: {', '.join(outputs) or 'none'}.")
        return Handle(self.graph, self.id, output)


class Graph:
    """A document to build and run from Python: a handle on a session, with its undo."""

    def __init__(self, session: Session | None = None) -> None:
        self.session = session or Session()

    def __repr__(self) -> str:
        graph = self.session.graph
        return f"<Graph of {len(graph.nodes)} nodes and {len(graph.edges)} wires>"

    def add(self, type: str, *inputs: Handle, id: str | None = None, title: str = "", **params: Any) -> Handle:
        """Add a node of this type. `inputs` fill its ports in order; `port=handle` fills one by name.

        A `definition` is a module of this document; where there is none of that name, a ready one is put into it.
        Raises `UnknownNodeError` for a type, port or output that is not there, `ParameterError` for a wrong value.
        """
        graph = self.session.graph
        wired = {name: value for name, value in params.items() if isinstance(value, Handle)}
        values = {name: value for name, value in params.items() if name not in wired}
        brought: tuple[Edit, ...] = ()
        if (name := values.get("definition")) is not None and name not in graph.modules:
            brought, values["definition"] = self._brought(name)
            graph, _ = Group("Add modules", brought).apply(graph)
        kind = kind_of(Placed("new", type, FrozenDict(values)), self.session.catalog, graph.modules)
        node = kind(**values)
        values = {name: getattr(node, name) for name in values}
        new = id or fresh(graph, kind.__name__)
        x, y = self._place(inputs or tuple(wired.values()))
        edits: list[Edit] = [*brought, AddNode(Placed(new, kind.__name__, FrozenDict(values), x, y, title))]
        for handle in inputs:
            taken = [edit.edge.input for edit in edits if isinstance(edit, Connect)]
            edits.append(Connect(self._edge(handle, new, _next_port(node.ports, taken, new))))
        names = {port.name for port in node.ports}
        for name, handle in wired.items():
            if name not in names and name.rpartition("_")[0] not in names:
                raise UnknownNodeError(
                    f"{kind.__name__} has no input {name!r}. It has: {', '.join(sorted(names)) or 'none'}."
                )
            edits.append(Connect(self._edge(handle, new, name)))
        self.session.edit(Group(f"Add {kind.__name__}", tuple(edits)))
        return Handle(self, new)

    def define(self, name: str, inside: Graph, expose: Mapping[str, str | Sequence[str]] | None = None) -> str:
        """Make a module of another graph, with its Inputs and Outputs as ports: `add("Module", x, definition=name)`.

        `expose` shows parameters outside, each with the `node.parameter`s inside that it sets:
        `{"channels": ["conv2d_1.out_channels", "conv2d_2.out_channels"]}`. Modules that `inside` uses come along.
        `ParameterError` for a parameter that is not there. Returns the name.
        """
        shown = {one: (some,) if isinstance(some, str) else tuple(some) for one, some in (expose or {}).items()}
        definition = inside.session.graph.having(exposed=shown, title=name)
        table = {**definition.modules, name: definition}
        known = {one.name for one in interface(name, definition, self.session.catalog, definition.modules).exposed}
        if missing := [one for one in shown if one not in known]:
            raise ParameterError(f"{name} cannot show {missing[0]!r}: nothing inside has the parameter "
                                 f"{', '.join(shown[missing[0]])}.", parameter=missing[0])
        self.session.edit(Group(f"Define {name}", tuple(PutModule(one, graph) for one, graph in table.items())))
        return name

    def group(self, ids: Iterable[str], name: str = "Module") -> Handle:
        """Make a module of these nodes and put a copy of it in their place; `GraphError` says why it cannot be."""
        found = grouping.make(self.session.graph, self.session.catalog, list(ids), name)
        if isinstance(found, Refusal):
            raise GraphError(found.message)
        self.session.edit(found[0])
        return Handle(self, found[1])

    def dissolve(self, id: str) -> tuple[str, ...]:
        """Lay a module out in its place; the ids of what comes out. `GraphError` says why it cannot be."""
        self[id]
        found = grouping.dissolve(self.session.graph, self.session.catalog, id)
        if isinstance(found, Refusal):
            raise GraphError(found.message)
        self.session.edit(found[0])
        return found[1]

    def set_weights(self, id: str, **weights: Any) -> None:
        """Type weights in: nested lists or arrays by parameter name; they are kept in the document.

        `DocumentError` where it would hold more than 131,072 such numbers.
        """
        import numpy as np

        placed = self.session.graph.nodes.get(id)
        if placed is None:
            raise UnknownNodeError(f"There is no node {id!r}.")
        numbers = {name: np.asarray(value, dtype=float).tolist() for name, value in weights.items()}
        self.session.edit(pinned(self.session.graph, id, numbers))

    def set_initial(self, id: str, **initialiser: Any) -> None:
        """How its weights start: `set_initial("linear_1", weight="normal", weight_std=0.02, bias="zeros")`.

        Ways are torch's: zeros, ones, constant, uniform, normal, trunc_normal, xavier_uniform, xavier_normal,
        kaiming_uniform, kaiming_normal, orthogonal; for the bias of gates "keep gate". `ParameterError` for another.
        """
        from neuralgraph.spec.initial import refusal

        placed = self.session.graph.nodes.get(id)
        if placed is None:
            raise UnknownNodeError(f"There is no node {id!r}.")
        named = {key.replace("_", ".", 1): value for key, value in initialiser.items()}
        if why := refusal(named):
            raise ParameterError(f"{id}: {why}.", parameter=next(iter(initialiser), ""))
        self.session.edit(ChangeNode(replace(placed, initialiser=FrozenDict(named)), f"Start of {id}"))

    def set_learning(self, id: str, **learning: float) -> None:
        """How it learns beside the plan: `set_learning("linear_1", rate=0.1, l2=1e-3)`; replaces what was set before.

        `rate` is times the plan's learning rate (0 … 100; 0 is frozen), `l1` and `l2` (torch's weight_decay) are for
        its weights, not its offsets, on top of the plan's. `ParameterError` for what cannot be.
        """
        from neuralgraph.spec.learning import refusal

        placed = self.session.graph.nodes.get(id)
        if placed is None:
            raise UnknownNodeError(f"There is no node {id!r}.")
        name, why = refusal(learning)
        if why:
            raise ParameterError(f"{id}: {why}.", parameter=name)
        self.session.edit(ChangeNode(replace(placed, learning=FrozenDict(learning)), f"Learning of {id}"))

    def recipe(self, name: str) -> None:
        """Take a learning rule as the plan of this graph, `g.recipe("Hebb")`; `GraphError` says what it lacks.

        `neuralgraph.recipes.RECIPES` has them all. One step of the history.
        """
        self.session.edit(recipe(self.session.analyse(), self.session.catalog, name))

    @property
    def run(self) -> Run | None:
        """What it was trained by last, to go on with: `train(g, resume=g.run)`; also that of an opened `.ngz`."""
        return self.session.run

    def __getitem__(self, id: str) -> Handle:
        if id not in self.session.graph.nodes:
            raise UnknownNodeError(f"There is no node {id!r}.")
        return Handle(self, id)

    def _brought(self, name: str) -> tuple[tuple[Edit, ...], str]:
        """The edits that put a ready module into the document, and what it is called there."""
        if library.find(name) is None:
            ready = ", ".join(one.name for one in library.listed() if not one.trouble)
            raise UnknownNodeError(f"There is no module {name!r}. There are: {', '.join(self.session.graph.modules)}"
                                   f"{'; ' if self.session.graph.modules else ''}ready ones: {ready}.")
        return library.edits(self.session.graph, name)

    def _edge(self, handle: Handle, target: str, port: str) -> Edge:
        if not isinstance(handle, Handle) or handle.graph is not self:
            raise UnknownNodeError("An input is a handle that this graph's add() returned.")
        outputs = self.session.ports_of(handle.id)[1]
        if handle.output is None and len(outputs) != 1:
            raise UnknownNodeError(
                f"{handle.id} has {len(outputs)} outputs ({', '.join(outputs)}); pick one: handle[{outputs[0]!r}]."
                if outputs
                else f"{handle.id} has no outputs."
            )
        return Edge(handle.id, handle.output or outputs[0], target, port)

    def _place(self, inputs: tuple[Handle, ...]) -> tuple[float, float]:
        nodes = self.session.graph.nodes
        if not inputs:
            return 0.0, 120.0 * sum(1 for one in nodes.values() if one.x == 0.0)
        right = max(nodes[handle.id].x for handle in inputs) + 240.0
        first = nodes[inputs[0].id].y
        rows = [one.y for one in nodes.values() if one.x == right]
        return right, first if first not in rows else max(rows) + 168.0


def _next_port(ports: Any, taken: list[str], id: str) -> str:
    for port in ports:
        if port.many:
            return f"{port.name}_{sum(one.startswith(port.name + '_') for one in taken)}"
        if port.name not in taken:
            return str(port.name)
    raise UnknownNodeError(f"{id} takes {len(ports)} input{'s' if len(ports) != 1 else ''}, not more.")


def load(path: str | Path, *, allow_outside: bool = False) -> Graph:
    """Open a `.ngraph` file, or a trained model (`.ngz`) with its weights; `DocumentError` says what is wrong with it.

    It reads data outside its own folder only with `allow_outside`; what you add yourself is your own act.
    """
    session = Session.open(path, guarded=not allow_outside)
    with contextlib.suppress(GraphError):  # a drawing with errors opens too; its weights wait in it
        session.unpack()
    session.history.subscribe(partial(_own_act, session))
    return Graph(session)


def _own_act(session: Session, change: Change) -> None:
    """Paths that code puts into a document may be read: its author chose them."""
    from neuralgraph.data.relocation import paths_of

    for id, placed in change.after.nodes.items():
        if change.before.nodes.get(id) is not placed:
            for path in paths_of(placed, session.catalog):
                session.agree(path)


def save(graph: Graph, path: str | Path) -> None:
    """Write the document, all or nothing; as `.ngz` together with what it has learnt."""
    graph.session.save(path)


def check(graph: Graph) -> tuple[Problem, ...]:
    """Every problem, errors first; empty where there is none."""
    return graph.session.analyse().problems


def shapes(graph: Graph) -> dict[str, dict[str, Spec]]:
    """The spec of every output that is known, by node id."""
    return {id: dict(outputs) for id, outputs in graph.session.analyse().specs.items()}


def summary(graph: Graph) -> Summary:
    """Rows of id, type, output shape, parameters, FLOPs and activation bytes per sample; totals."""
    from neuralgraph.compiler.summary import summarise

    return summarise(graph.session.analyse(), graph.session.catalog)


def compile(graph: Graph, *, seed: int = 0, device: str = "cpu") -> Program:
    """A torch program with fresh weights; `GraphError` carries the problems that stop it."""
    return graph.session.compile(seed=seed, device=device)


def fit(
    graph: Graph,
    *,
    data: Mapping[str, Any] | None = None,
    device: str = "cpu",
    resume: Run | int | None = None,
    store: bool = False,
    threads: int | None = None,
    control: Any = None,
    **overrides: Any,
) -> Iterator[Event]:
    """The events of a run as they happen. Keywords as in `train`."""
    plan = planned(graph.session.graph.plan, **overrides)
    if resume is not None:
        from neuralgraph.training.reopening import plan_on

        plan = plan_on(plan, resume, overrides)
    return graph.session.train(control=control, device=device, plan=plan, data=data, resume=resume, store=store,
                               threads=threads)


def train(
    graph: Graph,
    *,
    data: Mapping[str, Any] | None = None,
    device: str = "cpu",
    resume: Run | int | None = None,
    store: bool = False,
    threads: int | None = None,
    **overrides: Any,
) -> Run:
    """Train to the end of the plan and return the run.

    Keywords override the plan for this run: `epochs, batch_size, full_batch, optimizer, lr` and the optimiser's options
    as torch calls them, `schedule, schedule_options, warmup, by, l1, clip, clip_value, accumulate, ema, precision`,
    `memory_format, seed, validation, test, split, shuffle, figure, better, patience, min_delta, target, seconds, best`.
    `data` gives arrays for Input nodes by id. A run that fails raises `RunError`. `resume` goes on from where that run
    stood, or the one of that number in the run store; `epochs` are so many more then. `store` keeps the run: its number
    is `run.id`, `runs()` lists all. So many `threads` of the processor compute; results repeat bit for bit with the
    same number.
    """
    from neuralgraph.errors import RunError
    from neuralgraph.training.events import Failed

    for event in fit(graph, data=data, device=device, resume=resume, store=store, threads=threads, **overrides):
        if isinstance(event, Failed):
            raise RunError(" ".join(part for part in (event.message, event.hint) if part))
    run = graph.session.run
    assert run is not None
    return run


def runs() -> tuple[Kept, ...]:
    """The runs in the run store, the newest first: id, state, final figures, files with weights. Changes nothing."""
    from neuralgraph.training.store import Store

    return tuple(Store().runs())


def train_seeds(graph: Graph, n: int = 5, *, first: int | None = None, **keywords: Any) -> Spread:
    """Train with `n` seeds from `first` or the plan's on; min, median and max of each final figure. Else as `train`."""
    from neuralgraph.training.seeds import spread

    start = graph.session.graph.plan.seed if first is None else first
    found = spread(lambda seed: train(graph, seed=seed, **keywords), n, start)
    graph.session.series = graph.session.graph, found
    return found


def tune(graph: Graph, search: Mapping[str, str] | None = None, *, trials: int = 20, goal: str = "",
         better: str = "auto", prune: bool = False, timeout: float | None = None, seed: int = 0, name: str = "",
         resume: str = "", data: Mapping[str, Any] | None = None, device: str = "cpu", store: bool = True,
         jobs: int = 1, **overrides: Any) -> Found:
    """Search for better parameters: `tune(g, {"linear_1.out_features": "16..256:log", "plan.lr": "1e-4..1e-1:log"})`.

    Without `search`, what is marked in the document. Every trial is a run like that of `train`, with `overrides`;
    `goal` is a figure of it. `resume` goes on with the search of that name. So many `jobs` at once, each in a process
    of its own; one at a time repeats bit for bit. Needs Optuna: `pip install 'neuralgraph[tune]'`. Returns the best
    values and all trials.
    """
    from neuralgraph.studies import Search
    from neuralgraph.tuning import found

    wanted = Search(search or {}, trials, goal, better, prune, timeout, seed, overrides)
    return found(graph.session, wanted, name=resume or name, resume=bool(resume), device=device, data=data, store=store,
                 jobs=jobs)


def save_weights(run: Run | Program, path: str | Path) -> None:
    """Write the weights of a run as `.safetensors`, with a checksum for every tensor."""
    from neuralgraph.compiler.weights import write_weights

    program: Program = getattr(run, "program", None) or run  # type: ignore[assignment]
    write_weights(Path(path), program.state_dict())


def to_python(graph: Graph) -> str:
    """The graph as a Python file that runs alone."""
    from neuralgraph.compiler.source import to_python as write

    return write(graph.session.compile())


__all__ = [
    "Graph", "GraphError", "Handle", "Problem", "Spec", "check", "compile", "evaluate", "fit", "generate", "gradients",
    "load", "predict", "runs", "save", "save_model", "save_weights", "shapes", "summary", "to_python", "train",
    "train_seeds", "tune",
]
