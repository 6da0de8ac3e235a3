"""Random edits of a document, for property tests."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.edits import (
    AddNode,
    ChangeNode,
    Connect,
    Describe,
    Disconnect,
    Edit,
    Group,
    Move,
    PutFrame,
    PutNote,
    RemoveFrame,
    RemoveNode,
    RemoveNote,
    RenameNode,
    SetPlan,
)
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh

NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TYPES = st.sampled_from(["Linear", "ReLU", "Concat", "Dataset", "FromTheFuture"])
VALUES = st.one_of(
    st.integers(-9, 9), NUMBERS, st.booleans(), st.none(), TEXTS, st.tuples(st.integers(1, 9), st.integers(1, 9))
)


@st.composite
def an_edit(draw: st.DrawFn, graph: Graph, depth: int = 0) -> Edit:
    """An edit that fits `graph`."""
    kinds = ["add", "note", "frame", "plan", "describe"]
    if graph.nodes:
        kinds += ["remove", "change", "move", "rename", "connect"]
    kinds += ["cut"] if graph.edges else []
    kinds += ["unnote"] if graph.notes else []
    kinds += ["unframe"] if graph.frames else []
    kinds += ["group"] if depth == 0 else []
    match draw(st.sampled_from(kinds)):
        case "add":
            return _add(draw, graph)
        case "note":
            return PutNote(Note(fresh(graph, "note"), draw(TEXTS), draw(NUMBERS), draw(NUMBERS)))
        case "frame":
            return PutFrame(Frame(fresh(graph, "frame"), draw(TEXTS), draw(NUMBERS), draw(NUMBERS)))
        case "plan":
            return SetPlan(replace(graph.plan, batch_size=draw(st.integers(1, 512)), seed=draw(st.integers(0, 99))))
        case "describe":
            return Describe(draw(TEXTS), draw(TEXTS))
        case "group":
            first = draw(an_edit(graph, 1))
            return Group("Both", (first, draw(an_edit(first.apply(graph)[0], 1))))
        case "cut":
            return Disconnect(*draw(st.sampled_from(sorted(graph.edges))))
        case "unnote":
            return RemoveNote(draw(st.sampled_from(sorted(graph.notes))))
        case "unframe":
            return RemoveFrame(draw(st.sampled_from(sorted(graph.frames))))
        case kind:
            return _on_node(draw, graph, kind)


def _add(draw: st.DrawFn, graph: Graph) -> Edit:
    kind = draw(TYPES)
    params = draw(st.dictionaries(st.sampled_from(["out_features", "bias", "dim", "odd"]), VALUES, max_size=3))
    return AddNode(Placed(fresh(graph, kind), kind, FrozenDict(params), draw(NUMBERS), draw(NUMBERS), draw(TEXTS)))


def _on_node(draw: st.DrawFn, graph: Graph, kind: str) -> Edit:
    ids = st.sampled_from(sorted(graph.nodes))
    id = draw(ids)
    match kind:
        case "remove":
            return RemoveNode(id)
        case "change":
            node = graph.nodes[id]
            params = node.params.having(out_features=draw(st.integers(1, 99)))
            return ChangeNode(replace(node, params=params, frozen=draw(st.booleans()), title=draw(TEXTS)))
        case "rename":
            return RenameNode(id, fresh(graph, draw(st.sampled_from(["renamed", "other"]))))
        case "connect":
            return Connect(Edge(id, "out", draw(ids), draw(st.sampled_from(["x", "a", "b", "xs_0"]))))
        case _:
            movable = sorted({*graph.nodes, *graph.notes, *graph.frames})
            chosen = draw(st.lists(st.sampled_from(movable), min_size=1, max_size=4, unique=True))
            return Move(tuple((one, draw(NUMBERS), draw(NUMBERS)) for one in chosen))
