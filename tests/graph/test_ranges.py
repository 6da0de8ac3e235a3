"""What a search may try: written in a line, kept in the document, taken back like any edit."""

from __future__ import annotations

import pytest

import neuralgraph as ng
from neuralgraph.errors import ParameterError
from neuralgraph.graph.difference import difference
from neuralgraph.graph.edits import RenameNode
from neuralgraph.graph.file import dumps, loads
from neuralgraph.graph.ranges import Range, applied, checked, marked, marking, parse
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session

MARKS = {"linear_1.out_features": "16..256:log", "plan.lr": "1e-4..1e-1:log", "plan.optimizer": "Adam|SGD"}


def session() -> Session:
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris")
    x = graph.add("ReLU", graph.add("Linear", data["x"], out_features=8))
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=3), data["y"], id="loss")
    return graph.session


@pytest.mark.parametrize(("text", "meant"), [
    ("16..256:log", Range(16, 256, log=True, whole=True)), ("16..256:16", Range(16, 256, step=16, whole=True)),
    ("1e-4..1e-1:log", Range(1e-4, 0.1, log=True)), ("-1.5 .. 2", Range(-1.5, 2.0)),
    ("0..1:0.25", Range(0, 1, step=0.25)),
    ("Adam|SGD", Range(choices=("Adam", "SGD"))), ("8|16|true|null", Range(choices=(8, 16, True, None))),
])  # fmt: skip
def test_a_range_is_read_as_it_is_written(text: str, meant: Range) -> None:
    assert parse(text) == meant
    assert parse(str(meant)) == meant


@pytest.mark.parametrize("text", [
    "", "5", "9..3", "3..3", "0..1:log", "-1..1:log", "1..2:9", "1..2:-1", "a..b", "1..inf", "1..nan", "x|x", "1|",
    "1..1e999", "1..2:log:log", "9" * 200 + "..1", "1..2:e",
])  # fmt: skip
def test_what_is_no_range_says_so(text: str) -> None:
    with pytest.raises(ParameterError, match="«"):
        parse(text)


def test_marks_are_one_edit_and_a_readable_part_of_the_file() -> None:
    one = session()
    before = dumps(one.graph)
    assert "search" not in before
    one.edit(marking(one.graph, MARKS))
    text = dumps(one.graph)
    assert marked(one.graph) == MARKS and marked(loads(text).graph) == MARKS
    assert '"search": {"out_features": "16..256:log"}' in text and dumps(loads(text).graph) == text
    assert loads(before).graph.computes(one.graph)
    assert any("searches" in sentence for sentence in difference(loads(before).graph, one.graph))
    one.undo()
    assert dumps(one.graph) == before
    one.redo()
    one.edit(marking(one.graph, {}))
    assert marked(one.graph) == {} and dumps(one.graph) == before


def test_marks_follow_their_node() -> None:
    one = session()
    one.edit(marking(one.graph, MARKS))
    one.edit(RenameNode("linear_1", "hidden"))
    assert "hidden.out_features" in marked(one.graph)


def test_values_go_into_nodes_and_plan() -> None:
    one = session()
    edit = applied(one.graph, CATALOG, {"linear_1.out_features": 21, "plan.lr": 0.02, "plan.optimizer": "SGD"})
    graph, back = edit.apply(one.graph)
    assert graph.nodes["linear_1"].params["out_features"] == 21
    assert (graph.plan.optimizer.name, graph.plan.optimizer.lr) == ("SGD", 0.02)
    assert back.apply(graph)[0] == one.graph


@pytest.mark.parametrize(("target", "text", "words"), [
    ("linear_9.out_features", "1..4", "no node 'linear_9'"), ("linear_1.width", "1..4", "has no parameter 'width'"),
    ("linear_1.out_features", "0.5..4", "whole numbers"), ("linear_1.out_features", "0..4", "expects"),
    ("linear_1.out_features", "wide|narrow", "expects"), ("plan.speed", "1..4", "no training setting"),
    ("plan.optimizer", "Adam|Magic", "expects one of"), ("plan.batch_size", "1.5..4", "whole numbers"),
    ("linear_1.bias", "true|perhaps", "expects yes or no"),
])  # fmt: skip
def test_what_does_not_fit_is_named(target: str, text: str, words: str) -> None:
    one = session()
    with pytest.raises(ParameterError, match=words) as caught:
        checked(one.graph, CATALOG, {target: text})
    assert target.partition(".")[0] in str(caught.value) or "whole" in words
