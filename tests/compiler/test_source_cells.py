"""Exported Python of networks that run a drawn module over time."""

from __future__ import annotations

from typing import Any

import pytest
from exporting import block, change, classes, exported, gru_cell, lstm_cell, over_time

import neuralgraph as ng
from neuralgraph.graph.document import Edge
from neuralgraph.graph.edits import Connect
from neuralgraph.graph.module_edits import RenameModule

WAYS = [{}, {"direction": "backward"}, {"direction": "both"}, {"output": "last"}, {"truncate": 2},
        {"direction": "both", "output": "last"}]


@pytest.mark.parametrize("params", WAYS, ids=str)
@pytest.mark.parametrize(("cell", "name", "states"), [(lstm_cell, "LSTM cell", "hc"), (gru_cell, "my GRU", "h")])
def test_cells_drawn_from_gates(cell: Any, name: str, states: str, params: dict[str, Any]) -> None:
    text = exported(over_time(cell(), name, **params))
    made = {"LSTM cell": "LSTMCell", "my GRU": "MyGRU"}[name]
    assert classes(text) == ["Recurrence", made, "Network"]
    back = f"{made}()" if params.get("direction") == "both" else "None"
    assert f"cell={made}(), back={back}" in text
    assert f"def forward(self, {', '.join(('x', *states))}):" in text
    exported(over_time(cell("learned"), name, **params))
    exported(over_time(cell("wired"), name, tuple(states), **params))


def test_a_mask_and_a_loss_over_time() -> None:
    g = over_time(gru_cell(), "GRU", direction="both")
    mask = g.add("Greater", g.add("Input", shape=(5,), id="numbers"), g.add("Constant", value=0.0), id="mask")
    g.session.edit(Connect(Edge(mask.id, "out", "run", "mask")))
    g.add("MSELoss", g["run"]["y"], g.add("Input", shape=(5, 8), id="target"), id="judged")
    text = exported(g)
    assert "mask=mask" in text
    change(g, "run", frozen=True)
    exported(g)


def test_shared_loops_are_one_attribute() -> None:
    g = over_time(gru_cell("learned"), "GRU")
    g.add("Output", g.add("Recurrent", g["x"], definition="GRU", id="again")["y"], id="other")
    change(g, "again", shares="run")
    text = exported(g)
    assert "again_y, again_h_n = self.run(x)" in text
    assert "self.again" not in text


def test_cells_of_other_widths_and_cells_in_modules() -> None:
    cell = gru_cell()
    stage = ng.Graph()
    entry = stage.add("Input", id="x", shape=(5, 3))
    stage.define("GRU", cell)
    stage.add("Output", stage.add("Recurrent", entry, definition="GRU", id="run")["y"], id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(5, 3), id="x")
    g.define("Stage", stage)
    first = g.add("Module", x, definition="Stage", id="s")
    second = g.add("Module", first, definition="Stage", id="t")
    third = g.add("Recurrent", second, definition="GRU", id="u")
    g.add("Output", third["y"], id="out")
    text = exported(g)
    assert classes(text) == ["Recurrence", "GRU", "Stage", "Network"]
    assert "self.s = Stage(in_features=7)" in text
    assert "cell=GRU(in_features=in_features)" in text
    assert "cell=GRU(in_features=8)" in text


def test_modules_inside_a_cell_and_a_cell_that_is_also_a_module() -> None:
    cell = ng.Graph()
    x, h = cell.add("Input", id="x", shape=(6,)), cell.add("State", state="h", shape=(6,), id="h")
    cell.define("Block", block())
    y = cell.add("Module", cell.add("Add", x, h), definition="Block", repeat=2, id="deep")
    cell.add("Output", y, id="y")
    cell.add("NextState", y, state="h", id="n")
    g = ng.Graph()
    x = g.add("Input", shape=(5, 6), id="x")
    g.define("Cell", cell)
    run = g.add("Recurrent", x, definition="Cell", id="run", output="last")
    once = g.add("Module", g["run"]["h_n"], run["y"], definition="Cell", id="once")
    g.add("Output", g.add("Module", once["y"], definition="Block", id="b"), id="out")
    text = exported(g)
    assert classes(text) == ["Recurrence", "Block", "Cell", "Network"]


def test_a_loop_in_a_loop() -> None:
    cell = ng.Graph()
    x, h = cell.add("Input", id="x", shape=(5, 3)), cell.add("State", state="s", shape=(4,), id="s")
    cell.define("GRU", gru_cell())
    y = cell.add("Recurrent", x, definition="GRU", id="inner", output="last")
    total = cell.add("Add", h, y["y"], id="total")
    cell.add("Output", total, id="y")
    cell.add("NextState", total, state="s", id="n")
    g = ng.Graph()
    g.define("Outer", cell)
    run = g.add("Recurrent", g.add("Input", shape=(2, 5, 3), id="x"), definition="Outer", id="run", direction="both")
    g.add("Output", run["y"], id="out")
    text = exported(g)
    assert classes(text) == ["Recurrence", "GRU", "Outer", "Network"]
    assert "cell=Outer(), back=Outer()" in text


def test_a_cell_that_gives_one_value_gives_a_tuple() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(5, 6), id="x")
    g.define("Block", block())
    run = g.add("Recurrent", x, definition="Block", id="run", output="last")
    g.add("Output", g.add("Module", run, definition="Block", id="b"), id="out")
    text = exported(g)
    assert classes(text) == ["Recurrence", "Block", "Block2", "Network"]
    assert "return add_1\n" in text
    assert "return (add_1,)\n" in text


def test_a_definition_inside_a_cell_that_was_renamed() -> None:
    cell = ng.Graph()
    x, h = cell.add("Input", id="x", shape=(6,)), cell.add("State", state="h", shape=(6,), id="h")
    cell.define("Block", block())
    y = cell.add("Module", cell.add("Add", x, h), definition="Block", id="deep")
    cell.add("Output", y, id="y")
    cell.add("NextState", y, state="h", id="n")
    change(cell, "deep", frozen=True)
    g = ng.Graph()
    x = g.add("Input", shape=(5, 6), id="x")
    g.define("Cell", cell)
    g.add("Output", g.add("Recurrent", x, definition="Cell", id="run")["y"], id="out")
    assert classes(exported(g)) == ["Recurrence", "Block", "Cell", "Network"]
    g.session.edit(RenameModule("Block", "Brick"))
    assert classes(exported(g)) == ["Recurrence", "Brick", "Cell", "Network"]
