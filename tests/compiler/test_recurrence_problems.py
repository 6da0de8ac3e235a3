"""What is wrong with a cell that is run over time, or with what it is given: one problem each, at its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from drawn_cells import F, H, L, errors, first, net, rnn, sequences

import neuralgraph as ng
from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Edit, Group, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import Within
from neuralgraph.validation.problem import Problem


def one_error(g: ng.Graph) -> Problem:
    """The only error; it says where it is and what to do next."""
    found = errors(g)
    assert len(found) == 1, [one.message for one in found]
    assert found[0].hint
    return found[0]


def within(g: ng.Graph, edit: Edit) -> ng.Graph:
    g.session.edit(Within("Cell", edit))
    return g


def inside(g: ng.Graph, id: str, **params: object) -> ng.Graph:
    placed = g.session.graph.modules["Cell"].nodes[id]
    return within(g, ChangeNode(replace(placed, params=placed.params.having(**params))))


def test_a_state_of_the_wrong_size() -> None:
    problem = one_error(inside(net(rnn()), "h", shape=(4,)))
    assert (problem.code, problem.node, problem.expected, problem.received) == (
        "state_size", "r/h_next", "N × 4", "N × 5")
    assert "In Cell" in problem.message


def test_a_state_that_nothing_sets_and_one_that_is_not_there() -> None:
    problem = one_error(within(net(rnn()), RemoveNode("h_next")))
    assert (problem.code, problem.node) == ("lonely_state", "r/h")
    found = errors(within(net(rnn()), RemoveNode("h")))
    assert {(one.code, one.node) for one in found} == {("lonely_state", "r/h_next"), ("open_input", "r/hh")}


def test_an_open_input_inside_is_told_once_where_it_is() -> None:
    problem = one_error(within(net(rnn()), RemoveNode("hh")))
    assert (problem.code, problem.node, problem.port) == ("open_input", "r/add_1", "b")


def test_a_state_at_the_root() -> None:
    g = ng.Graph()
    state = g.add("State", shape=(3,))
    g.add("NextState", g.add("Linear", state, out_features=3))
    found = errors(g)
    assert [(one.code, one.node) for one in found] == [("stray_state", "state_1"), ("stray_state", "next_state_1")]
    assert all(one.hint and one.fixes for one in found)


def test_two_doors_of_one_name() -> None:
    cell = rnn()
    cell.add("NextState", cell["after"], state="h", id="again")
    problem = one_error(net(cell))
    assert (problem.code, problem.node) == ("two_states", "r/again")
    problem = one_error(inside(inside(net(rnn()), "h", state="x"), "h_next", state="x"))
    assert (problem.code, problem.node) == ("two_states", "r/h")


@pytest.mark.parametrize(("shape", "dtype", "node", "fix"), [
    ((F,), "float32", "r/ih", "Insert Unsqueeze"),
    ((L, F), "int64", "r/ih", "Insert Cast"),
    ((L, 2, F), "float32", "r/add_1", "Insert Unsqueeze"),
])
def test_a_cell_that_does_not_fit_its_sequence(
    shape: tuple[int, ...], dtype: str, node: str, fix: str
) -> None:
    g = net(rnn(), shape=shape, dtype=dtype)
    problem = one_error(g)
    assert (problem.code, problem.node) == ("shape_mismatch", node)
    assert problem.message.startswith("In Cell: ")
    assert [one.label for one in problem.fixes] == [fix]
    before = g.session.graph
    g.session.edit(problem.fixes[0].edit)
    assert g.session.graph.nodes == before.nodes
    assert g.session.graph.modules["Cell"] != before.modules["Cell"], "the mend goes where the mistake is"
    assert problem.message not in [one.message for one in errors(g)]


def test_no_time_axis() -> None:
    cell = ng.Graph()
    x = cell.add("Input", id="x")
    cell.add("Output", cell.add("ReLU", x), id="y")
    problem = one_error(net(cell, shape=()))
    assert (problem.node, problem.port, problem.expected) == ("r", "x", "N × L × features")


def test_masks_that_do_not_fit() -> None:
    g = net(rnn(), mask=lambda g: g.add("Input", shape=(L,), id="m"))
    problem = one_error(g)
    assert (problem.node, problem.port, problem.expected) == ("r", "mask", "bool")
    g.session.edit(problem.fixes[0].edit)
    assert errors(g) == []
    problem = one_error(net(rnn(), mask=lambda g: g.add("Input", shape=(L + 1,), id="m")))
    assert (problem.expected, problem.received) == (f"N × {L}", f"N × {L + 1}")


def test_wired_starts_that_do_not_fit() -> None:
    problem = one_error(net(rnn(initial="wired")))
    assert (problem.code, problem.node, problem.port) == ("open_input", "r", "h")
    problem = one_error(net(rnn(initial="wired"), h=first("h", 4)))
    assert (problem.port, problem.expected, problem.received) == ("h", f"N × {H}", "N × 4")
    g = net(rnn(initial="wired"), h=lambda g: g.add("Input", shape=(H,), dtype="int64", id="h0"))
    assert (one_error(g).port, one_error(g).fixes[0].label) == ("h", "Insert Cast")


def test_two_sequences_of_different_length() -> None:
    cell = ng.Graph()
    a, b = cell.add("Input", id="a", shape=(F,)), cell.add("Input", id="b", shape=(F,))
    cell.add("Output", cell.add("Add", a, b), id="y")
    g = net(cell)
    g.add("Input", id="t", shape=(L + 1, F))
    g.session.edit(Connect(Edge("t", "out", "r", "b")))
    problem = one_error(g)
    assert (problem.node, problem.port) == ("r", "b")
    inputs = g.session.graph.nodes["t"]
    g.session.edit(ChangeNode(replace(inputs, params=inputs.params.having(shape=(L, F)))))
    x, y = sequences(), sequences(1)
    assert torch.equal(ng.compile(g).predict(s=x, t=y), x + y)


def test_one_number_a_step_cannot_lie_side_by_side() -> None:
    cell = rnn()
    cell.add("Output", cell.add("Squeeze", cell.add("Linear", cell["after"], out_features=1)), id="z")
    assert errors(net(cell)) == []
    assert ng.shapes(net(cell))["r"]["z"].shape == ("N", L)
    assert one_error(net(cell, direction="both")).node == "r/z"


def test_an_output_that_is_not_a_batch() -> None:
    cell = rnn()
    cell.add("Output", cell.add("Constant", value=1.0), id="k")
    assert one_error(net(cell)).node == "r/k"


def test_a_module_that_runs_itself_ends() -> None:
    again = Placed("again", "Recurrent", FrozenDict(definition="Cell"))
    wires = (Edge("ih", "out", "long", "x"), Edge("long", "out", "again", "x"))
    edit = Group("", (AddNode(again), AddNode(Placed("long", "Unsqueeze")), *map(Connect, wires)))
    problem = one_error(within(net(rnn()), edit))
    assert problem.node == "r"
    assert "itself" in problem.message


@pytest.mark.parametrize("kind", ["Recurrent", "Module"])
def test_a_value_from_outside_that_does_not_fit_everything_inside(kind: str) -> None:
    cell = ng.Graph()
    x = cell.add("Input", id="x", shape=(2, F))
    wide = cell.add("Linear", x, id="wide")
    cell.add("Output", cell.add("MultiheadAttention", wide, wide, wide, id="look")["out"], id="y")
    outer = ng.Graph()
    outer.define("Cell", cell, expose={"size": ["wide.out_features", "look.num_heads"]})
    around = outer.add("Module", outer.add("Input", id="x", shape=(2, F)), definition="Cell", id="inner")
    outer.add("Output", around, id="y")
    g = ng.Graph()
    x = g.add("Input", id="s", shape=(L, 2, F) if kind == "Recurrent" else (2, F))
    g.define("Outer", outer, expose={"size": "inner.size"})
    g.add(kind, x, definition="Outer", id="r", size=5000)
    problem = one_error(g)
    assert (problem.code, problem.node) == ("bad_parameter", "r")
    assert "look, num_heads expects" in problem.message
    g.session.edit(problem.fixes[0].edit)
    assert errors(g) == [] and "size" not in g.session.graph.nodes["r"].params


def test_an_input_called_mask_is_an_input() -> None:
    cell = ng.Graph()
    cell.add("Output", cell.add("ReLU", cell.add("Input", id="mask", shape=(F,))), id="y")
    g = net(cell)
    assert g.session.ports_of("r")[0] == ["mask"]
    assert torch.equal(ng.compile(g).predict(s=sequences()), sequences().relu())


def test_a_start_from_a_file_inside_is_not_passed_over() -> None:
    g = net(rnn())
    layer = next(one for one in g.session.graph.modules["Cell"].nodes.values() if one.type == "Linear")
    starts = FrozenDict({"weight": "file", "weight.path": "weights.npy"})
    within(g, ChangeNode(replace(layer, initialiser=starts)))
    problem = next(one for one in ng.check(g) if one.code == "initial")
    assert (problem.severity, problem.node) == ("warning", f"r/{layer.id}")
