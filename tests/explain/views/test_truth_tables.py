"""Truth tables of any node against numpy, and networks of minterms against every function there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import GraphError, ParameterError
from neuralgraph.explain.logic import separable
from neuralgraph.figures.painting import painted, pen_of
from neuralgraph.figures.shown import Table
from neuralgraph.graph.wiring import Refusal
from neuralgraph.minterm_nets import minterms as transform
from neuralgraph.resources import examples


def rows(low: float, inputs: int) -> list[list[float]]:
    return [list(one) for one in product((low, 1.0), repeat=inputs)]


def bare(low: float, inputs: int, table: list[list[float]] | None = None) -> ng.Graph:
    """A constant of all combinations, and an identity that looks at it."""
    graph = ng.Graph()
    graph.add("Output", graph.add("Constant", id="given", value=table or rows(low, inputs)), id="seen")
    return graph


def signs(graph: ng.Graph, node: str) -> list[float]:
    found = ng.evaluate(graph)[node]
    return [float(one) for one in np.ravel(found)]


@pytest.mark.parametrize("low", [-1.0, 0.0])
@pytest.mark.parametrize(("inputs", "functions"), [(2, 16), (3, 256)])
def test_every_function_of_yes_and_no_is_a_network_with_one_hidden_layer(
    low: float, inputs: int, functions: int
) -> None:
    """L05 of the reference: 16 of 16 functions of two inputs, 256 of 256 of three, computed from the typed weights."""
    graph, right, most = bare(low, inputs).session.graph, 0, 0
    table = np.array(rows(low, inputs))
    for wanted in product((False, True), repeat=2**inputs):
        found = transform(graph, ("given", "out"), inputs, low, wanted)
        assert not isinstance(found, Refusal)
        after = found[0].apply(graph)[0]
        hidden, _, either, _, _ = (after.nodes[one] for one in found[1])
        assert hidden.frozen and either.frozen
        h = np.sign(table @ np.array(hidden.weights["weight"]).T + np.array(hidden.weights["bias"]))
        y = np.sign(h @ np.array(either.weights["weight"]).T + np.array(either.weights["bias"]))[:, 0]
        right += bool(np.array_equal(y, np.where(wanted, 1.0, -1.0)))
        most = max(most, len(h[0]))
    assert right == functions
    assert most == 2**inputs


@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_a_single_unit_cannot_do_every_function(low: float) -> None:
    """L06 of the reference: 14 of 16, and 104 of 256."""
    for inputs, alone in ((2, 14), (3, 104)):
        table = np.array(rows(low, inputs))
        assert sum(bool(separable(table, np.array(one))) for one in product((0, 1), repeat=2**inputs)) == alone
    assert separable(np.array(rows(low, 5)), np.zeros(32)) is None


@pytest.mark.parametrize("wanted", ["0110", "0000", "1111", "1001"])
def test_the_net_runs_as_one_undoable_step(wanted: str) -> None:
    graph = ng.load(examples() / "07-logic.ngraph")
    before = graph.session.graph
    ids = ng.minterms(graph, wanted)
    assert [graph.session.graph.nodes[one].type for one in ids] == ["Linear", "Sign", "Linear", "Sign", "Output"]
    assert not ng.check(graph)
    assert signs(graph, ids[-1]) == [1.0 if one == "1" else -1.0 for one in wanted]
    shown = ng.inspect(graph, "truth-table", ids[-1], wanted=wanted)
    assert isinstance(shown, Table) and not shown.marked and "4 of 4 are right." in shown.note
    assert ("No single unit" in shown.note) == (wanted in ("0110", "1001"))
    assert graph.session.undo() == "Build the minterm net"
    assert graph.session.graph.computes(before) and set(graph.session.graph.nodes) == set(before.nodes)


def test_it_runs_behind_data_of_zeros_and_ones() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="xor_table", id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", data["x"], out_features=2), data["y"], id="loss")
    ids = ng.minterms(graph, [False, True, True, False])
    found = ng.inspect(graph, "truth-table", answer=ids[-1], wanted="0110")
    assert isinstance(found, Table)
    assert [row[2] for row in found.rows] == ["−1", "1", "1", "−1"]
    assert not found.marked


def test_what_does_not_fit_is_said() -> None:
    graph = ng.load(examples() / "07-logic.ngraph")
    with pytest.raises(ParameterError, match="4 combinations; the wanted column has 3"):
        ng.minterms(graph, "011")
    with pytest.raises(ParameterError, match="0 for no or 1 for yes"):
        ng.minterms(graph, "0x10")
    with pytest.raises(ParameterError, match="0 for no or 1 for yes"):
        ng.inspect(graph, "truth-table", wanted="yes!")
    empty = ng.Graph()
    empty.add("Constant", id="given", value=[[0.5, 2.0]])
    with pytest.raises(GraphError, match="no inputs that are yes or no"):
        ng.minterms(empty, "01")


def test_the_answer_of_any_node_also_of_hidden_units() -> None:
    graph = ng.load(examples() / "07-logic.ngraph")
    x = np.array(rows(-1.0, 2))
    half = np.sign(x @ np.array([[1.0, -1.0], [-1.0, 1.0]]).T - 1.5)
    shown = ng.inspect(graph, "truth-table", answer="wedges", unit=1, wanted="0100")
    assert isinstance(shown, Table)
    assert shown.columns == ("x1", "x2", "wedges 0", "wedges 1", "wanted", "")
    assert [row[2:4] for row in shown.rows] == [
        tuple(f"{one:.0f}".replace("-", "−") for one in row) for row in half]
    assert [row[5] for row in shown.rows] == ["right"] * 4
    other = ng.inspect(graph, "truth-table", answer="wedges", unit=0, wanted="0100")
    assert isinstance(other, Table) and other.marked == {1, 2}
    assert "2 of 4 are right." in other.note
    shorter = ng.inspect(graph, "truth-table", answer="wedges", wanted="01")
    assert "for 2 rows, but here are 4" in shorter.note


def test_a_constant_answers_for_combinations_that_it_does_not_hold() -> None:
    """Three rows of eight are typed in; the other five are asked all the same, and the constant is left as it was."""
    graph = bare(-1.0, 3, [[-1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [1.0, -1.0, -1.0]])
    ids = ng.minterms(graph, "01101001")
    shown = ng.inspect(graph, "truth-table", ids[-1], wanted="01101001")
    assert isinstance(shown, Table) and len(shown.rows) == 8 and not shown.marked
    assert len(signs(graph, ids[-1])) == 3


def test_a_table_is_painted_row_by_row() -> None:
    graph = ng.load(examples() / "07-logic.ngraph")
    shown = ng.inspect(graph, "truth-table")
    pen = pen_of(shown)
    assert isinstance(shown, Table) and pen is not None and pen.text == "????"
    assert [row[3] for row in shown.rows] == ["?"] * 4
    assert pen.next(2) == "1"
    once = painted(shown, pen.having(2, "1"))
    assert isinstance(once, Table) and [row[3] for row in once.rows] == ["−1", "−1", "1", "−1"]
    again = pen_of(once)
    assert again is not None and again.text == "0010" and again.next(2) == "0" and again.next(0) == "1"


def test_the_wanted_column_starts_as_the_data_say() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="xor_table", id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", data["x"], out_features=2, id="logits"), data["y"], id="loss")
    shown = ng.inspect(graph, "truth-table")
    pen = pen_of(shown)
    assert pen is not None and pen.text == "0110" and pen.names == ("0", "1")
    other = ng.inspect(graph, "truth-table", wanted="1111")
    assert isinstance(other, Table)
    assert [row[4] for row in other.rows] == ["1"] * 4
    said = ng.compile(graph).predict(x=np.array(rows(0.0, 2), np.float32)).argmax(dim=1).tolist()
    assert other.marked == {n for n, one in enumerate(said) if one != 1}
