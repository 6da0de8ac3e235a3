"""Copy and paste: the same piece again, with ids of its own, or one sentence why not."""

from __future__ import annotations

import json

import pytest

import neuralgraph as ng
from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph, Note
from neuralgraph.graph.edits import PutNote
from neuralgraph.graph.fragment import copy, paste


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
