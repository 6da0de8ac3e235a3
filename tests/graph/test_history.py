"""Undo is exact: undo everything is the start, redo everything is the end, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walks import an_edit

from neuralgraph.errors import EditError
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Move, RemoveNode, RenameNode
from neuralgraph.graph.file import canonical, dumps, loads
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.history import Change, History
from neuralgraph.graph.ids import fresh, refusal, stem
from tests.conftest import SCALE


@settings(max_examples=60 * SCALE)
@given(st.data())
def test_undo_and_redo_are_exact(data: st.DataObject) -> None:
    history = History()
    start = canonical(history.graph)
    for number in range(data.draw(st.integers(1, 40))):
        history.do(data.draw(an_edit(history.graph)), merge=data.draw(st.sampled_from([None, "a", number])))
    end = canonical(history.graph)
    done = history.position
    while history.undo() is not None:
        pass
    assert canonical(history.graph) == start
    while history.redo() is not None:
        pass
    assert canonical(history.graph) == end
    history.jump(done // 2)
    assert history.position == done // 2
    history.jump(done)
    assert canonical(history.graph) == end


@settings(max_examples=60 * SCALE)
@given(st.data())
def test_load_after_save_is_the_identity(data: st.DataObject) -> None:
    graph = Graph()
    for _ in range(data.draw(st.integers(0, 30))):
        graph, _ = data.draw(an_edit(graph)).apply(graph)
    text = dumps(graph)
    again = loads(text).graph
    assert again == graph
    assert again.counters == graph.counters
    assert dumps(again) == text


def test_ids_are_never_used_twice_not_even_after_undo() -> None:
    history = History()
    history.do(AddNode(Placed(fresh(history.graph, "Linear"), "Linear")))
    history.undo()
    assert fresh(history.graph, "Linear") == "linear_2"


def test_merged_edits_are_one_step_and_one_move() -> None:
    history = History()
    history.do(AddNode(Placed("linear_1", "Linear")))
    for x in range(1, 1001):
        history.do(Move((("linear_1", float(x), 0.0),)), merge="drag")
    assert history.labels == ("Add Linear", "Move linear_1")
    assert history.undo() == "Move linear_1"
    assert history.graph.nodes["linear_1"].x == 0.0
    history.redo()
    assert history.graph.nodes["linear_1"].x == 1000.0
    history.seal()
    history.do(Move((("linear_1", 5.0, 0.0),)), merge="drag")
    assert history.position == 3


def test_a_listener_hears_and_must_not_edit() -> None:
    history = History()
    heard: list[Change] = []
    stop = history.subscribe(heard.append)
    history.do(AddNode(Placed("relu_1", "ReLU")))
    assert (heard[0].kind, heard[0].label, list(heard[0].after.nodes)) == ("do", "Add ReLU", ["relu_1"])
    stop()
    history.subscribe(lambda change: history.do(RemoveNode("relu_1")))
    with pytest.raises(EditError, match="Listeners only look"):
        history.do(ChangeNode(Placed("relu_1", "ReLU", FrozenDict(x=1))))
    assert len(heard) == 1


def test_renaming_takes_wires_along_and_refuses_bad_names() -> None:
    graph, _ = AddNode(Placed("a", "ReLU")).apply(Graph())
    graph, _ = AddNode(Placed("b", "ReLU")).apply(graph)
    graph, _ = Connect(Edge("a", "out", "b", "x")).apply(graph)
    after, back = RenameNode("a", "first").apply(graph)
    assert after.edges["b", "x"].source == "first"
    assert back.apply(after)[0] == graph
    for name in ("b", "class", "forward", "val_loss", "1a", "a b", "_a", "x" * 65):
        with pytest.raises(EditError):
            RenameNode("a", name).apply(graph)


def test_an_edit_that_does_not_fit_changes_nothing() -> None:
    history = History()
    with pytest.raises(EditError, match="no node 'ghost'"):
        history.do(RemoveNode("ghost"))
    assert history.position == 0


@pytest.mark.parametrize(
    ("type_name", "word"),
    [
        ("Conv2d", "conv2d"),
        ("CrossEntropyLoss", "cross_entropy_loss"),
        ("ReLU", "relu"),
        ("LSTM", "lstm"),
        ("BatchNorm1d", "batch_norm1d"),
    ],
)
def test_ids_come_from_the_type(type_name: str, word: str) -> None:
    assert stem(type_name) == word
    assert refusal(f"{word}_1") == ""
