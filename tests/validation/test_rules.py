"""Every rule finds its problem, and its fix mends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import neuralgraph as ng
from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, Connect
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.validation import Problem


def chain(*types: tuple[str, dict[str, object]], shape: tuple[int, ...] = (4,), classes: int = 3) -> ng.Graph:
    """Input → types… → CrossEntropyLoss."""
    g = ng.Graph()
    x = g.add("Input", shape=shape, id="x")
    y = g.add("Input", shape=(), dtype="int64", classes=classes, id="y")
    for kind, params in types:
        x = g.add(kind, x, **params)
    g.add("CrossEntropyLoss", x, y, id="objective")
    return g


def raw(g: ng.Graph, id: str, type: str, **params: object) -> None:
    g.session.edit(AddNode(Placed(id, type, FrozenDict(params))))


def wire(g: ng.Graph, source: str, output: str, target: str, input: str) -> None:
    g.session.edit(Connect(Edge(source, output, target, input)))


def good() -> ng.Graph:
    return chain(("Linear", {"out_features": 3}))


def unknown_type() -> ng.Graph:
    g = good()
    raw(g, "strange", "Quantum", spin=2)
    return g


def bad_parameter() -> ng.Graph:
    g = good()
    raw(g, "wide", "Linear", out_features=-3)
    return g


def no_such_port() -> ng.Graph:
    g = good()
    wire(g, "linear_1", "sideways", "objective", "input")
    return g


def cycle() -> ng.Graph:
    g = good()
    raw(g, "a", "ReLU")
    raw(g, "b", "ReLU")
    port = g.session.catalog["ReLU"].ports[0].name
    wire(g, "a", "out", "b", port)
    wire(g, "b", "out", "a", port)
    return g


def open_input() -> ng.Graph:
    g = good()
    g.add("ReLU", id="lonely")
    return g


def unreachable() -> ng.Graph:
    g = good()
    g.add("ReLU", g["linear_1"], id="dead_end")
    return g


def no_loss() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Dataset", name="iris")
    g.add("Linear", x["x"], out_features=3)
    return g


def softmax_before_loss() -> ng.Graph:
    return chain(("Linear", {"out_features": 3}), ("Softmax", {}))


def labels_out_of_range() -> ng.Graph:
    return chain(("Linear", {"out_features": 2}))


def class_count() -> ng.Graph:
    return chain(("Linear", {"out_features": 5}))


def mixed_batches() -> ng.Graph:
    folded = ("Reshape", {"shape": (2, 3)})
    return chain(("Linear", {"out_features": 6}), folded, ("Flatten", {"start_dim": 0, "end_dim": 1}))


def shape_mismatch() -> ng.Graph:
    return chain(("Linear", {"out_features": 3}), shape=(1, 8, 8))


def budget_exceeded() -> ng.Graph:
    return chain(
        ("Linear", {"out_features": 10**9}), ("Linear", {"out_features": 10**9}), ("Linear", {"out_features": 3})
    )


CASES: tuple[tuple[Callable[[], ng.Graph], str, bool], ...] = (
    (unknown_type, "error", True),
    (bad_parameter, "error", True),
    (no_such_port, "error", True),
    (cycle, "error", True),
    (open_input, "error", False),
    (unreachable, "warning", True),
    (no_loss, "warning", True),
    (softmax_before_loss, "warning", True),
    (labels_out_of_range, "error", True),
    (class_count, "warning", True),
    (mixed_batches, "error", False),
    (shape_mismatch, "error", True),
    (budget_exceeded, "error", False),
)


def found(g: ng.Graph, code: str) -> list[Problem]:
    return [one for one in ng.check(g) if one.code == code]


def test_a_good_graph_has_no_problem() -> None:
    assert ng.check(good()) == ()


@pytest.mark.parametrize(("make", "severity", "mendable"), CASES, ids=[case[0].__name__ for case in CASES])
def test_the_rule_finds_it_and_its_fix_mends_it(make: Callable[[], ng.Graph], severity: str, mendable: bool) -> None:
    g = make()
    problems = found(g, make.__name__)
    assert [one.severity for one in problems] == [severity]
    problem = problems[0]
    assert problem.message.endswith(".")
    assert problem.title
    assert problem.hint
    assert make is no_loss or problem.node in g.session.graph.nodes
    assert bool(problem.fixes) == mendable
    if mendable:
        before = g.session.graph
        g.session.edit(problem.fixes[0].edit)
        assert found(g, make.__name__) == []
        g.session.undo()
        assert g.session.graph == before


def test_all_problems_come_at_once_and_consequences_fold_under_their_cause() -> None:
    g = shape_mismatch()
    g.add("ReLU", id="lonely")
    codes = {one.code for one in ng.check(g)}
    assert {"shape_mismatch", "open_input"} <= codes
    assert found(g, "shape_mismatch")[0].waiting == ("objective",)
    assert [one for one in ng.check(g) if one.node == "objective"] == []


def test_the_flat_input_sentence_names_node_shape_and_remedy() -> None:
    problem = found(shape_mismatch(), "shape_mismatch")[0]
    assert problem.message == "linear_1 expects a flat input, but gets N × 1 × 8 × 8."
    assert problem.fixes[0].label == "Insert Flatten"
    assert problem.received == "N × 1 × 8 × 8"


def test_absurd_sizes_are_refused_without_allocating() -> None:
    problem = found(budget_exceeded(), "budget_exceeded")[0]
    assert problem.node == "linear_2"
    assert "parameters" in problem.message
