"""What a module begins as that somebody puts down without saying which: something that runs, to be changed."""

from __future__ import annotations

from dataclasses import replace

from neuralgraph.graph.definitions import type_of
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Edit, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import counted, fresh_name
from neuralgraph.graph.module_edits import PutModule
from neuralgraph.spec import Catalog, Drawn

WIDTH = 32
COLUMN, ROW = 240.0, 144.0


def adding(graph: Graph, catalog: Catalog, placed: Placed) -> Edit:
    """The edit that puts a node into a graph; a module that stands for none yet gets an inside."""
    kind = type_of(placed, catalog)
    if kind is None or not issubclass(kind, Drawn) or placed.params.get("definition"):
        return AddNode(placed)
    name = fresh_name("Cell" if kind.runs else "Module", graph.modules, " ")
    definition = _cell(name) if kind.runs else _through(name)
    made = replace(placed, params=FrozenDict(placed.params.having(definition=name)))
    return Group(f"Add {placed.type}", (PutModule(name, definition), AddNode(made)))


def _graph(name: str, nodes: tuple[Placed, ...], wires: tuple[tuple[str, str, str], ...]) -> Graph:
    counters: dict[str, int] = {}
    for one in nodes:
        counters = dict(counted(counters, one.id))
    edges = (Edge(source, "out", target, port) for source, target, port in wires)
    return Graph(nodes={one.id: one for one in nodes}, edges={edge.end: edge for edge in edges}, title=name,
                 counters=counters)


def _through(name: str) -> Graph:
    """A value comes in, passes ReLU, and goes out."""
    return _graph(name, (
        Placed("input_1", "Input"), Placed("relu_1", "ReLU", x=COLUMN), Placed("output_1", "Output", x=2 * COLUMN)),
        (("input_1", "relu_1", "x"), ("relu_1", "output_1", "x")))


def _cell(name: str) -> Graph:
    """A plain recurrent cell: h = tanh(W x + U h)."""
    width = FrozenDict(out_features=WIDTH)
    return _graph(name, (
        Placed("input_1", "Input"),
        Placed("state_1", "State", FrozenDict(state="h", shape=(WIDTH,)), y=ROW),
        Placed("linear_1", "Linear", width, x=COLUMN),
        Placed("linear_2", "Linear", width, x=COLUMN, y=ROW),
        Placed("add_1", "Add", x=2 * COLUMN, y=ROW / 2),
        Placed("tanh_1", "Tanh", x=3 * COLUMN, y=ROW / 2),
        Placed("output_1", "Output", x=4 * COLUMN),
        Placed("next_state_1", "NextState", FrozenDict(state="h"), x=4 * COLUMN, y=ROW)),
        (("input_1", "linear_1", "x"), ("state_1", "linear_2", "x"), ("linear_1", "add_1", "a"),
         ("linear_2", "add_1", "b"), ("add_1", "tanh_1", "x"), ("tanh_1", "output_1", "x"),
         ("tanh_1", "next_state_1", "x")))
