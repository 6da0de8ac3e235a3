"""Copy and paste: the same piece again, with ids of its own, or one sentence why not."""

from __future__ import annotations

import json

import pytest

import neuralgraph as ng
from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Edge, Graph, Note, Placed
from neuralgraph.graph.edits import PutNote
from neuralgraph.graph.fragment import copy, paste
from neuralgraph.graph.frozen import FrozenDict


def drawn() -> Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(4,), id="x")
    h = g.add("Linear", x, out_features=3, id="hidden")
    g.add("Output", g.add("ReLU", h, id="relu"), id="result")
    g.session.edit(PutNote(Note("note_1", "look here", 8.0, 8.0)))
    return g.session.graph


def test_a_pasted_piece_is_the_same_with_fresh_ids_and_keeps_what_feeds_it() -> None:
    graph = drawn()
    after, inverse = paste(copy(graph, {"hidden", "relu", "note_1"}), graph).apply(graph)
    fresh = after.nodes.keys() - graph.nodes.keys()
    assert fresh == {"linear_1", "relu_1"}
    assert after.nodes["linear_1"].params == graph.nodes["hidden"].params
    assert after.edges["relu_1", "x"].source == "linear_1"
    assert after.edges["linear_1", "x"].source == "x"
    assert after.notes.keys() == {"note_1", "note_2"}
    assert inverse.apply(after)[0] == graph


def test_into_another_document_wires_from_outside_are_left_out() -> None:
    edit = paste(copy(drawn(), {"hidden", "relu"}), Graph(), at=(100.0, 50.0))
    after, _ = edit.apply(Graph())
    assert set(after.edges) == {("relu_1", "x")}
    assert (min(one.x for one in after.nodes.values()), min(one.y for one in after.nodes.values())) == (100.0, 50.0)


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", '{"fragment": 1}', '{"fragment": 2}', '{"fragment": 1, "nodes": [3]}']
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        paste(text, Graph())


def test_the_text_is_readable_json() -> None:
    assert json.loads(copy(drawn(), {"hidden"}))["nodes"][0]["id"] == "hidden"


def with_modules() -> Graph:
    inner = Graph(nodes={"input_1": Placed("input_1", "Input"), "output_1": Placed("output_1", "Output")},
                  edges={("output_1", "x"): Edge("input_1", "out", "output_1", "x")}, title="Inner")
    outer = Graph(nodes={"a": Placed("a", "Module", FrozenDict(definition="Inner"))}, title="Outer")
    return Graph(nodes={"m": Placed("m", "Module", FrozenDict(definition="Outer", repeat=2))},
                 modules={"Inner": inner, "Outer": outer, "Unused": Graph(title="Unused")})


def test_definitions_come_along_and_are_not_doubled() -> None:
    graph = with_modules()
    text = copy(graph, {"m"})
    after, inverse = paste(text, Graph()).apply(Graph())
    assert set(after.modules) == {"Inner", "Outer"}
    assert after.nodes["module_1"].params == graph.nodes["m"].params
    assert inverse.apply(after)[0] == Graph()
    again, _ = paste(text, after).apply(after)
    assert set(again.modules) == {"Inner", "Outer"}, "a linked copy"
    other = Graph(modules={"Inner": Graph(nodes={"r": Placed("r", "ReLU")}, title="Inner")})
    third, _ = paste(text, other).apply(other)
    assert set(third.modules) == {"Inner", "Inner 2", "Outer"}
    assert third.modules["Outer"].nodes["a"].params["definition"] == "Inner 2"
    assert third.nodes["module_1"].params["definition"] == "Outer"
