"""Exported Python: drawn modules are classes and loops, and it computes bit by bit what the compiled document does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from exporting import block, blocks, change, classes, exported, namespace, tail

import neuralgraph as ng
from neuralgraph.errors import GraphError
from neuralgraph.graph.document import Edge
from neuralgraph.graph.edits import ChangeNode, Connect
from neuralgraph.graph.module_edits import Within

# -- copies ---------------------------------------------------------------------------------------------------------


def test_a_copy_is_an_attribute() -> None:
    text = exported(blocks())
    assert classes(text) == ["Block", "Network"]
    assert "self.b = Block()" in text
    assert "        b = self.b(x)\n        head = self.head(b)\n        return head" in text
    assert "def forward(self, x):\n        inner = self.inner(x)" in text
    assert "__" not in text.replace("__init__", "")


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


def test_it_learns_bit_by_bit_the_same() -> None:
    inside = ng.Graph()
    h = inside.add("BatchNorm1d", inside.add("Linear", inside.add("Input", id="x"), out_features=6, id="l"), id="norm")
    inside.add("Output", inside.add("Tanh", h), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Layer", inside)
    out = g.add("Module", g.add("Module", x, definition="Layer", id="own"), definition="Layer", repeat=3, id="tied",
                tied=True)
    g.add("MSELoss", out, g.add("Input", shape=(6,), id="target"), id="loss")
    program = ng.compile(g)
    network = namespace(exported(g))["Network"]()
    network.load_state_dict(program.state_dict())
    rows, found = torch.randn(2, 8, 6), []
    for module, loss in ((program.root, program.training), (network, network.objective)):
        rate = torch.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(3):
            rate.zero_grad()
            given = loss(*rows)
            (given if isinstance(given, torch.Tensor) else given[0]).backward()
            rate.step()
        found.append(module.state_dict())
    assert all(torch.equal(one, found[1][name]) for name, one in found[0].items())


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
