"""Exported Python: drawn modules are classes and loops, and it computes bit by bit what the compiled document does."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import concrete
from neuralgraph.errors import GraphError, NeuralGraphError
from neuralgraph.graph.document import Edge
from neuralgraph.graph.edits import ChangeNode, Connect, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import Expose, RenameModule, Within
from neuralgraph.session import Session


def values(program: Program, keys: tuple[str, ...], rows: int = 3) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    found = []
    for key in keys:
        id, output, _ = program.sources[key]
        spec = program.inference.specs[id][output]
        shape = [concrete(size, rows) for size in spec.shape]
        found.append(torch.randn(shape, generator=draw) if spec.dtype == "float32"
                     else torch.randint(spec.classes or 2, shape, generator=draw))
    return found


def exported(g: ng.Graph, width: int = 120) -> str:
    """The text, after everything was compared that it promises."""
    program, text = ng.compile(g, seed=3), ng.to_python(g)
    assert all(len(line) <= width for line in text.splitlines()), max(text.splitlines(), key=len)
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "exported", "exec"), space)  # our own code, written a line ago
    network = space["Network"]()
    own, wanted = network.state_dict(), program.state_dict()
    assert {name: one.shape for name, one in own.items()} == {name: one.shape for name, one in wanted.items()}
    learns = {name: one.requires_grad for name, one in program.root.named_parameters()}
    assert {name: one.requires_grad for name, one in network.named_parameters()} == learns
    program.load_state_dict(own)
    network.load_state_dict(wanted)
    program.load_state_dict(wanted)
    network.eval()
    rows = values(program, program.module_inputs)
    with program.quiet(), torch.no_grad():
        expected, made = program.module(*rows), network(*rows)
        if len(expected) == 1:
            made = {next(iter(expected)): made}
        assert list(made) == list(expected)
        for name, one in expected.items():
            assert torch.equal(made[name], one), name
        if program.losses:
            keys = program.needed(program.losses)
            tensors = dict(zip(program.training_inputs, values(program, program.training_inputs), strict=True))
            total = getattr(network, "total_loss" if "def total_loss" in text else "objective")
            assert torch.equal(total(*(tensors[key] for key in keys)), program.training(*tensors.values())[0])
    return text


def classes(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]


def tail(text: str, name: str = "Network") -> str:
    """The source of one class."""
    node = next(one for one in ast.parse(text).body if isinstance(one, ast.ClassDef) and one.name == name)
    return ast.get_source_segment(text, node) or ""


def block(width: int = 6) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(width,))
    h = g.add("ReLU", g.add("Linear", x, out_features=width, id="inner"))
    g.add("Output", g.add("Add", x, h), id="y")
    return g


def blocks(repeat: int = 1, **params: Any) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Block", block())
    h = g.add("Module", x, definition="Block", repeat=repeat, id="b", **params)
    g.add("Output", g.add("Linear", h, out_features=3, id="head"), id="out")
    return g


def change(g: ng.Graph, id: str, **fields: Any) -> None:
    g.session.edit(ChangeNode(replace(g.session.graph.nodes[id], **fields)))


# -- copies ---------------------------------------------------------------------------------------------------------


def test_a_copy_is_an_attribute() -> None:
    text = exported(blocks())
    assert classes(text) == ["Block", "Network"]
    assert "self.b = Block()" in text
    assert "        b = self.b(x)\n        head = self.head(b)\n        return head" in text
    assert "def forward(self, x):\n        inner = self.inner(x)" in text
    assert "__name" in text or "__" not in text.replace("__init__", "")


def test_a_repeat_is_a_loop() -> None:
    text = exported(blocks(repeat=12))
    assert "self.b = nn.ModuleList(Block() for _ in range(12))" in text
    assert "        b = x\n        for block in self.b:\n            b = block(b)\n" in text


def test_tied_turns_call_the_first() -> None:
    text = exported(blocks(repeat=3, tied=True))
    assert "self.b = nn.ModuleList([Block()])" in text
    assert "        for _ in range(3):\n            b = self.b[0](b)\n" in text


def test_nested_modules_are_nested_classes() -> None:
    outer = ng.Graph()
    x = outer.add("Input", id="x", shape=(6,))
    outer.define("Block", block())
    outer.add("Output", outer.add("Module", x, definition="Block", repeat=2, id="pair"), id="y")
    g = ng.Graph()
    entry = g.add("Input", shape=(6,), id="x")
    g.define("Stage", outer)
    g.add("Output", g.add("Module", entry, definition="Stage", repeat=2, id="s"), id="out")
    text = exported(g)
    assert classes(text) == ["Block", "Stage", "Network"]
    assert "self.pair = nn.ModuleList(Block() for _ in range(2))" in tail(text, "Stage")


def test_copies_of_other_widths_are_given_theirs() -> None:
    inside = ng.Graph()
    x = inside.add("Input", id="x")
    inside.add("Output", inside.add("Linear", inside.add("Linear", x, out_features=8, id="a"), id="c"), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("pair of layers", inside)
    first = g.add("Module", x, definition="pair of layers", id="p")
    g.add("Output", g.add("Module", first, definition="pair of layers", id="q"), id="out")
    text = exported(g)
    assert "class PairOfLayers(nn.Module):\n    \"\"\"pair of layers\"\"\"" in text
    assert "def __init__(self, in_features: int) -> None:" in text
    assert "self.p = PairOfLayers(in_features=6)" in text
    assert "self.q = PairOfLayers(in_features=64)" in text
    assert "nn.Linear(in_features=in_features, out_features=8, bias=True)" in text


def test_exposed_parameters_are_arguments_under_their_names() -> None:
    inside = ng.Graph()
    entry = inside.add("Input", id="x", shape=(6,))
    dropped = inside.add("Dropout", inside.add("Linear", entry, id="a"), id="d")
    inside.add("Output", inside.add("Flatten", inside.add("Linear", dropped, id="b"), id="f"), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Pair", inside, expose={"width": ["a.out_features", "b.out_features"], "offset": "b.bias", "rate": "d.p"})
    p = g.add("Module", x, definition="Pair", width=5, offset=False, rate=0.25, id="p")
    g.add("Output", g.add("Add", p, g.add("Module", x, definition="Pair", width=5, id="q")), id="out")
    g.add("Output", g.add("Module", x, definition="Pair", width=7, id="r"), id="other")
    text = exported(g)
    assert classes(text) == ["Pair", "Network"]
    assert "def __init__(self, width: int, rate: float, offset: bool) -> None:" in text
    assert "self.p = Pair(width=5, rate=0.25, offset=False)" in text
    assert "in_features=width" in text, "what always is the same number is one argument"


def test_an_exposed_repeat_and_values_of_functions() -> None:
    outer = ng.Graph()
    x = outer.add("Input", id="x", shape=(6,))
    outer.define("Block", block())
    h = outer.add("Module", x, definition="Block", repeat=2, id="pair")
    outer.add("Output", outer.add("LeakyReLU", outer.add("Softmax", h, dim=1, id="s"), id="leak"), id="y")
    g = ng.Graph()
    entry = g.add("Input", shape=(6,), id="x")
    g.define("Stage", outer, expose={"depth": "pair.repeat", "slope": "leak.negative_slope", "axis": "s.dim"})
    first = g.add("Module", entry, definition="Stage", depth=3, slope=0.5, id="s")
    g.add("Output", g.add("Module", first, definition="Stage", axis=0, id="t"), id="out")
    text = exported(g)
    assert classes(text) == ["Block", "Stage", "Network"]
    assert "nn.ModuleList(Block() for _ in range(depth))" in text
    assert "self.s = Stage(depth=3" in text


def test_settings_that_change_the_structure_make_two_classes() -> None:
    inside = ng.Graph()
    x = inside.add("Input", id="x", shape=(6,))
    parts = inside.add("Split", x, sections=2, dim=1, id="split")
    inside.add("Output", parts[next(iter(inside.session.ports_of("split")[1]))], id="y")
    outer = ng.Graph()
    entry = outer.add("Input", id="x", shape=(6,))
    outer.define("Half", inside, expose={"pieces": "split.sections"})
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Half", inside, expose={"pieces": "split.sections"})
    g.add("Output", g.add("Module", x, definition="Half", id="a"), id="one")
    g.add("Output", g.add("Module", x, definition="Half", pieces=3, id="b"), id="two")
    assert entry
    assert classes(exported(g)) == ["Half", "Half2", "Network"]


def test_shared_copies_are_one_attribute() -> None:
    g = blocks()
    second = g.add("Module", g["b"], definition="Block", id="c")
    g.add("Output", second, id="again")
    change(g, "c", shares="b")
    text = exported(g)
    assert "c = self.b(b)" in text
    assert "self.c" not in text


@pytest.mark.parametrize("tied", [False, True])
def test_shared_repeats_run_the_same_list(tied: bool) -> None:
    g = blocks(repeat=3)
    second = g.add("Module", g["b"], definition="Block", repeat=3, tied=tied, id="c")
    g.add("Output", second, id="again")
    change(g, "c", shares="b")
    text = exported(g)
    assert "self.c" not in text
    assert ("self.b[0](c)" if tied else "            c = block(c)") in text


def test_a_copy_that_shares_only_some_turns_runs_them_one_by_one() -> None:
    g = blocks(repeat=3)
    g.add("Output", g.add("Module", g["b"], definition="Block", repeat=2, id="c"), id="again")
    change(g, "c", shares="b")
    text = exported(g)
    assert "c = self.b[0](b)\n        c = self.b[1](c)" in text


def test_nested_sharing_and_ties() -> None:
    outer = ng.Graph()
    x = outer.add("Input", id="x", shape=(6,))
    outer.define("Block", block())
    h = outer.add("Module", x, definition="Block", repeat=2, tied=True, id="pair")
    h = outer.add("Linear", outer.add("Linear", h, out_features=6, id="a"), out_features=6, id="same")
    outer.add("Output", outer.add("Module", h, definition="Block", id="last"), id="y")
    change(outer, "same", shares="a")
    g = ng.Graph()
    entry = g.add("Input", shape=(6,), id="x")
    g.define("Stage", outer)
    first = g.add("Module", entry, definition="Stage", id="s")
    g.add("Output", g.add("Module", first, definition="Stage", id="t"), id="out")
    change(g, "t", shares="s")
    text = exported(g)
    assert classes(text) == ["Block", "Stage", "Network"]
    assert "same = self.a(a)" in text
    assert "t = self.s(s)" in text


def test_many_inputs_and_outputs() -> None:
    inside = ng.Graph()
    a = inside.add("Input", id="a", shape=(4,))
    b = inside.add("Input", id="b", shape=(4,))
    c = inside.add("Input", id="c", shape=(4,))
    s = inside.add("Add", inside.add("Linear", a, out_features=4, id="l"), b, id="s")
    inside.add("Output", s, id="first")
    inside.add("Output", inside.add("Mul", s, c, id="m"), id="second")
    g = ng.Graph()
    x, y, z = (g.add("Input", shape=(4,), id=id) for id in "xyz")
    g.define("Mix", inside)
    g.add("Module", x, y, z, definition="Mix", repeat=3, id="mix")
    one = g.add("Module", g["mix"]["first"], g["mix"]["second"], z, definition="Mix", id="one")
    g.add("Output", one["second"], id="out")
    g.add("Output", g["mix"]["first"], id="other")
    text = exported(g)
    assert "def forward(self, a, b, c):" in text
    assert "return s, m" in text
    assert "mix_first, mix_second = x, y" in text
    assert "    mix_first, mix_second = block(mix_first, mix_second, z)" in text
    assert "one_first, one_second = self.one(mix_first, mix_second, z)" in text


def test_extra_outputs_come_from_the_last_turn() -> None:
    inside = ng.Graph()
    h = inside.add("Linear", inside.add("Input", id="x", shape=(4,)), out_features=4, id="l")
    inside.add("Output", h, id="y")
    inside.add("Output", inside.add("Tanh", h), id="view")
    g = ng.Graph()
    g.define("Look", inside)
    g.add("Module", g.add("Input", shape=(4,), id="x"), definition="Look", repeat=2, id="m")
    g.add("Output", g["m"]["view"], id="out")
    text = exported(g)
    assert "m_y = x\n        for block in self.m:\n            m_y, m_view = block(m_y)" in text


def test_frozen_and_bypassed() -> None:
    g = blocks(repeat=2)
    change(g, "b", frozen=True)
    text = exported(g)
    assert "self.b.requires_grad_(False)" in text
    assert "requires_grad_" not in tail(text, "Block")
    inner = g.session.graph.modules["Block"].nodes["inner"]
    g.session.edit(Within("Block", ChangeNode(replace(inner, frozen=True))))
    change(g, "b", frozen=False)
    assert "self.inner.requires_grad_(False)" in tail(exported(g), "Block")
    relu = g.session.graph.modules["Block"].nodes["relu_1"]
    g.session.edit(Within("Block", ChangeNode(replace(relu, bypassed=True))))
    exported(g)
    change(g, "b", bypassed=True)
    assert classes(exported(g)) == ["Network"]


# -- what no class can stand for ------------------------------------------------------------------------------------


def test_a_loss_outside() -> None:
    g = blocks(repeat=2)
    g.add("MSELoss", g["head"], g.add("Input", shape=(3,), id="loss"), id="objective_1", weight=0.5)
    text = exported(g)
    assert "def objective(self, loss, x):" in text
    assert "def train(network, loss_2, x, *" in text, "the loop has a loss of its own"


def test_a_loss_inside_is_laid_out() -> None:
    inside = ng.Graph()
    x = inside.add("Input", id="x", shape=(6,))
    h = inside.add("Linear", x, out_features=6, id="l")
    inside.define("Block", block())
    h = inside.add("Module", h, definition="Block", repeat=2, id="deep")
    inside.add("MSELoss", h, x, id="loss")
    inside.add("MeanAbsoluteError", h, x, id="error")
    inside.add("Output", h, id="y")
    g = ng.Graph()
    g.define("Judge", inside)
    x = g.add("Input", shape=(6,), id="x")
    g.add("Output", g.add("Module", x, definition="Judge", repeat=2, id="j"), id="out")
    text = exported(g)
    assert classes(text) == ["Block", "Network"]
    assert "self.j = nn.ModuleList(nn.Module() for _ in range(2))" in text
    assert "self.j[0].l = nn.Linear(" in text
    assert "self.j[1].deep = nn.ModuleList(Block() for _ in range(2))" in text


def test_values_that_are_seen_from_outside_are_laid_out() -> None:
    g = ng.Graph()
    inside = block()
    inside.add("Tanh", inside["inner"], id="end")
    g.define("Open", inside)
    g.add("Module", g.add("Input", shape=(6,), id="x"), definition="Open", repeat=2, id="b")
    text = exported(g)
    assert '"b/0/end": b_0_end' in text


def test_data_inside_is_laid_out() -> None:
    inside = ng.Graph()
    data = inside.add("Dataset", name="xor", id="data")
    inside.add("Output", inside.add("Linear", data["x"], id="l"), id="y")
    g = ng.Graph()
    g.define("Given", inside)
    g.add("Output", g.add("Module", definition="Given", id="m"), id="out")
    text = exported(g)
    assert "self.m.l = nn.Linear(" in text


def test_an_output_that_needs_what_is_not_given_is_laid_out() -> None:
    inside = ng.Graph()
    a, b = inside.add("Input", id="a", shape=(4,)), inside.add("Input", id="b", shape=(4,))
    h = inside.add("Linear", a, out_features=4, id="l")
    inside.add("Output", h, id="y")
    inside.add("Output", inside.add("Sub", h, b, id="d"), id="difference")
    g = ng.Graph()
    x, t = g.add("Input", shape=(4,), id="x"), g.add("Input", shape=(4,), id="t")
    g.define("Compare", inside)
    m = g.add("Module", x, t, definition="Compare", id="m")
    g.add("Output", m["y"], id="out")
    g.add("MSELoss", m["difference"], x, id="loss")
    text = exported(g)
    assert "def forward(self, x):" in text
    assert "self.m.l = nn.Linear(" in text


def test_a_copy_that_waits_for_itself_only_as_a_whole() -> None:
    inside = ng.Graph()
    a, b = inside.add("Input", id="a", shape=(4,)), inside.add("Input", id="b", shape=(4,))
    inside.add("Output", inside.add("Linear", a, out_features=4, id="k"), id="p")
    inside.add("Output", inside.add("Linear", b, out_features=4, id="l"), id="q")
    g = ng.Graph()
    g.define("Two", inside)
    x = g.add("Input", shape=(4,), id="x")
    m = g.add("Module", x, x, definition="Two", id="m")
    g.add("Output", m["q"], id="out")
    t = g.add("Tanh", m["p"], id="t")
    g.session.edit(Connect(Edge(t.id, "out", "m", "b")))
    with pytest.raises(GraphError, match="wait for each other"):
        ng.compile(g)


def test_inputs_that_nothing_uses_and_values_that_pass() -> None:
    inside = ng.Graph()
    inside.add("Input", id="unused", shape=(4,))
    passing = inside.add("Input", id="passing", shape=(4,))
    inside.add("Output", inside.add("Linear", passing, out_features=4, id="l"), id="first")
    inside.add("Output", inside.add("Dot", passing), id="second")
    g = ng.Graph()
    x, y = g.add("Input", shape=(4,), id="x"), g.add("Input", shape=(4,), id="y")
    g.define("Odd", inside)
    odd = g.add("Module", x, y, definition="Odd", repeat=3, id="odd")
    g.add("Output", odd["first"], id="one")
    g.add("Output", odd["second"], id="two")
    text = exported(g)
    assert "def forward(self, passing):" in text
    assert "return l, passing" in text


def test_numbers_that_are_there_and_weights_of_a_node_elsewhere() -> None:
    inside = ng.Graph()
    x = inside.add("Input", id="x", shape=(6,))
    h = inside.add("Add", inside.add("Linear", x, out_features=6, id="l"), inside.add("Parameter", shape=(6,), id="p"))
    inside.add("Output", inside.add("Mul", h, inside.add("Constant", value=2.0, id="c")), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Some", inside)
    h = g.add("Module", x, definition="Some", id="m")
    g.add("Output", g.add("Linear", h, out_features=6, id="other"), id="out")
    assert classes(exported(g)) == ["Constant", "Parameter", "Some", "Network"]
    change(g, "other", shares="m/l")
    assert "other = self.m.l(m)" in exported(g)


# -- time -----------------------------------------------------------------------------------------------------------


def lstm_cell(initial: str = "zero") -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3,))
    h = g.add("State", state="h", shape=(4,), initial=initial, id="h")
    c = g.add("State", state="c", shape=(4,), initial=initial, id="c")
    both = g.add("Concat", x, h, id="both")
    gates = {id: g.add("Linear", both, out_features=4, id=id) for id in ("i", "f", "g", "o")}
    kept = g.add("Mul", g.add("Sigmoid", gates["f"]), c, id="kept")
    new = g.add("Mul", g.add("Sigmoid", gates["i"]), g.add("Tanh", gates["g"]), id="new")
    memory = g.add("Add", kept, new, id="memory")
    y = g.add("Mul", g.add("Sigmoid", gates["o"]), g.add("Tanh", memory), id="hidden")
    g.add("Output", y, id="y")
    g.add("NextState", y, state="h", id="next_h")
    g.add("NextState", memory, state="c", id="next_c")
    return g


def gru_cell(initial: str = "zero") -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3,))
    h = g.add("State", state="h", shape=(4,), initial=initial, id="h")
    both = g.add("Concat", x, h)
    z = g.add("Sigmoid", g.add("Linear", both, out_features=4, id="update"), id="z")
    r = g.add("Sigmoid", g.add("Linear", both, out_features=4, id="reset"), id="r")
    new = g.add("Tanh", g.add("Linear", g.add("Concat", x, g.add("Mul", r, h)), out_features=4, id="fresh"), id="n")
    y = g.add("Add", new, g.add("Mul", z, g.add("Sub", h, new)), id="mixed")
    g.add("Output", y, id="y")
    g.add("NextState", y, state="h", id="next_h")
    return g


def over_time(cell: ng.Graph, name: str, wired: tuple[str, ...] = (), **params: Any) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(5, 3), id="x")
    g.define(name, cell)
    firsts = [g.add("Input", shape=(4,), id=f"first_{state}") for state in wired]
    run = g.add("Recurrent", x, *firsts, definition=name, id="run", **params)
    for output in g.session.ports_of("run")[1]:
        g.add("Output", run[output], id=f"out_{output}")
    return g


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


# -- anything -------------------------------------------------------------------------------------------------------

VERBS = ["group", "group", "group", "repeat", "inner repeat", "tie", "inner tie", "copy", "share", "freeze", "open",
         "dissolve"]


def net() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    a = g.add("Linear", x, out_features=6, id="a")
    b = g.add("Tanh", a, id="b")
    c = g.add("Linear", b, out_features=6, id="c")
    d = g.add("Add", a, c, id="d")
    e = g.add("Linear", d, out_features=6, id="e")
    g.add("Output", g.add("Mul", e, b, id="f"), id="out")
    return g


def walked(walk: list[tuple[str, int]]) -> ng.Graph:
    """A net after some changes; those that would break it are taken back."""
    g = net()
    for verb, number in walk:
        before = g.session.history.position
        try:
            _changed(g, verb, number)
            ng.compile(g)
        except NeuralGraphError:
            g.session.history.jump(before)
    return g


def _changed(g: ng.Graph, verb: str, number: int) -> None:
    nodes = g.session.graph.nodes
    order = [id for id in ng.compile(g).inference.order if id in nodes] + [
        id for id, one in nodes.items() if one.type == "Module"]
    plain = [id for id in order if nodes[id].type not in ("Input", "Output")]
    modules = [id for id in plain if nodes[id].type == "Module"]
    one = modules[number % len(modules)] if modules else ""
    if verb == "group":
        start = number % len(plain)
        g.group([*plain[start : start + 1 + number // 7 % 4], *modules[: number // 31 % 3]], "Part")
    elif verb.startswith("inner"):
        rooms = [(name, placed) for name, room in sorted(g.session.graph.modules.items())
                 for placed in room.nodes.values() if placed.type == "Module"]
        name, placed = rooms[number % len(rooms)] if rooms else ("", None)
        more = {"repeat": 1 + number // 7 % 3} if verb == "inner repeat" else {"tied": True}
        if placed is not None:
            g.session.edit(Within(name, ChangeNode(replace(placed, params=FrozenDict(placed.params.having(**more))))))
    elif verb == "copy" and one:
        ports = g.session.ports_of(one)[0]
        sources = [g[id][output] for id in sorted(nodes) if id != "out" for output in g.session.ports_of(id)[1]]
        new = g.add("Module", *(sources[(number >> 3 * at) % len(sources)] for at, _ in enumerate(ports)),
                    definition=nodes[one].params["definition"], repeat=1 + number % 3)
        g.add("Output", new[sorted(g.session.ports_of(new.id)[1])[0]])
    elif verb == "dissolve" and one:
        g.dissolve(one)
    elif one:
        fields = {
            "repeat": {"params": FrozenDict(nodes[one].params.having(repeat=1 + number // 7 % 3))},
            "tie": {"params": FrozenDict(nodes[one].params.having(tied=True))},
            "share": {"shares": modules[number // 7 % len(modules)]},
            "freeze": {"frozen": True},
            "open": {},
        }[verb]
        change(g, one, **fields)
        if verb == "open":
            g.session.edit(RemoveNode("out"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 10**6)), max_size=8))
def test_whatever_is_grouped_computes_the_same(walk: list[tuple[str, int]]) -> None:
    exported(walked(walk), width=1000)  # deep paths make names that no line holds


# -- names ----------------------------------------------------------------------------------------------------------


def test_ids_that_code_uses_for_something_else() -> None:
    inside = ng.Graph()
    h = inside.add("Input", id="nn", shape=(6,))
    for id, type in (("F", "LeakyReLU"), ("operator", "Linear"), ("part", "Tanh"), ("range", "GELU"), ("super", "ReLU"),
                     ("slice", "Slice"), ("tuple", "Softmax")):
        h = inside.add(type, h, id=id)
    inside.add("Output", h, id="Block")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="block")
    g.define("Block", inside)
    last = g.add("Module", x, definition="Block", id="turn")
    g.define("Plain", block(last.graph.session.analyse().specs["turn"]["Block"].shape[1]))
    last = g.add("Module", last, definition="Plain", repeat=2, id="Network")
    last = g.add("Linear", last, id="objective")
    g.add("Output", last, id="F")
    g.add("MSELoss", last, last, id="loss")
    text = exported(g)
    assert "def total_loss(self, block):" in text
    assert "for layer in self.Network:" in text


@pytest.mark.parametrize("name", ["lambda", "super", "nn", "forward", "Модуль", "a", "torch", "training"])
def test_exposed_names_that_code_cannot_use(name: str) -> None:
    inside = ng.Graph()
    h = inside.add("Linear", inside.add("Input", id="x", shape=(6,)), id="a")
    inside.add("Output", inside.add("Softmax", h, id="s"), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Layer", inside)
    shown = ((name, ("a.out_features",)), (f"{name}2", ("s.dim",)))
    g.session.edit(Within("Layer", Expose(shown)))
    values = [{name: 5, f"{name}2": 1}, {name: 7, f"{name}2": 0}]
    for at, params in enumerate(values):
        g.add("Output", g.add("Module", x, definition="Layer"), id=f"out_{at}")
        placed = g.session.graph.nodes[f"module_{at + 1}"]
        change(g, placed.id, params=FrozenDict({**placed.params, **params}))
    assert classes(exported(g))[-1] == "Network"


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


HOSTILE = ['"""\nimport os', "'; import os #", "\u202ecell", "class", "None", "Network", "Recurrence", "torch", "3 x 3",
           "__import__('os')", "\\", "é", "", "Tensor", "x" * 180, "self", "nn", "F", "choose", "Block", "block"]


@pytest.mark.parametrize("word", [one for one in HOSTILE if one])
def test_names_and_titles_stay_inert(word: str) -> None:
    plain = _hostile("plain")
    kinds = {type(node).__name__ for node in ast.walk(ast.parse(exported(plain)))}
    text = exported(_hostile(word))
    assert {type(node).__name__ for node in ast.walk(ast.parse(text))} <= kinds
    assert not re.search(r"^\s*import os|\u202e", text, re.M)
    assert len(set(classes(text))) == len(classes(text))


def _hostile(word: str) -> ng.Graph:
    g = over_time(gru_cell(), word)
    graph = g.session.graph
    table = {name: one.having(title=word, about=f"{word}\n{word}") for name, one in graph.modules.items()}
    nodes = {id: replace(one, title=word, note=word) for id, one in graph.nodes.items()}
    return ng.Graph(Session(graph.having(title=word, about=word, modules=table, nodes=nodes)))
