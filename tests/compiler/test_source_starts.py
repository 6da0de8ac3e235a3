"""Exported Python starts its weights as the document says: filled by torch, typed in, or with a word about a file."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exporting import block, blocks, change, classes, exported, lstm_cell, namespace, over_time, tail
from hypothesis import given, settings
from hypothesis import strategies as st
from test_source_walks import VERBS, walked
from torch import nn

import neuralgraph as ng
from neuralgraph.compiler.initial import fills
from neuralgraph.compiler.writing.starts import MOST
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import Within
from neuralgraph.spec.initial import METHODS, OWN, PLAIN

EYE = tuple(tuple(float(row == column) / 3 for column in range(6)) for row in range(6))
NORMAL = {"weight": "normal", "weight.std": 0.02, "bias": "constant", "bias.value": 0.25}


def linear(out: int = 3, width: int = 2) -> ng.Graph:
    g = ng.Graph()
    g.add("Output", g.add("Linear", g.add("Input", id="x", shape=(width,)), out_features=out, id="it"), id="out")
    return g


def within(g: ng.Graph, definition: str, id: str, **fields: Any) -> None:
    placed = g.session.graph.modules[definition].nodes[id]
    made = {key: FrozenDict(value) if isinstance(value, dict) else value for key, value in fields.items()}
    g.session.edit(Within(definition, ChangeNode(replace(placed, **made))))


def made(text: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    network = namespace(text)["Network"]()
    assert isinstance(network, nn.Module)
    return network


def same(text: str, program: Any, *names: str) -> None:
    """The exported network starts with the same bits as the compiled one."""
    own, wanted = made(text).state_dict(), program.state_dict()
    for name in names or tuple(wanted):
        assert torch.equal(own[name], wanted[name]), name


# -- filled by torch ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [one for one in METHODS if one != OWN])
def test_a_layer_is_filled_as_the_compiled_one(method: str) -> None:
    g = linear(30, 40)
    initial = {"weight": method, "bias": method if method in PLAIN else "zeros"}
    change(g, "it", initialiser=FrozenDict(initial))
    own = made(exported(g), seed=7)
    torch.manual_seed(7)
    layer = nn.Linear(40, 30)
    for name, function, words in fills(initial, dict(layer.named_parameters())):
        getattr(nn.init, function)(layer.get_parameter(name), **words)
    compiled = ng.compile(g).root.it
    for name, one in own.it.named_parameters():
        assert torch.equal(one, layer.get_parameter(name)), "the same numbers as torch's own of that seed"
        like = compiled.get_parameter(name)
        assert one.std().item() == pytest.approx(like.std().item(), rel=0.5, abs=1e-6)
        assert one.mean().item() == pytest.approx(like.mean().item(), abs=0.05)


def test_it_reads_as_torch_is_written_and_draws_what_torch_draws() -> None:
    g = linear(30, 40)
    g.set_initial("it", weight="normal", weight_std=0.02, bias="uniform", bias_low=-0.5, bias_high=0.25)
    text = exported(g)
    assert ("        self.it = nn.Linear(in_features=40, out_features=30, bias=True)\n"
            "        nn.init.normal_(self.it.weight, mean=0.0, std=0.02)\n"
            "        nn.init.uniform_(self.it.bias, a=-0.5, b=0.25)\n") in text
    own = made(text, seed=3)
    torch.manual_seed(3)
    layer = nn.Linear(40, 30)
    nn.init.normal_(layer.weight, 0.0, 0.02)
    nn.init.uniform_(layer.bias, -0.5, 0.25)
    assert torch.equal(own.it.weight, layer.weight) and torch.equal(own.it.bias, layer.bias)
    assert own.it.weight.requires_grad and own.it.weight.is_leaf


def test_only_those_that_the_compiled_module_fills() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(4, 6))
    h = g.add("LSTM", g.add("LayerNorm", x, id="norm"), hidden_size=5, id="run")
    g.add("Output", h[g.session.ports_of("run")[1][0]], id="out")
    g.set_initial("norm", weight="xavier_uniform")
    g.set_initial("run", weight="orthogonal", bias="zeros")
    text = exported(g)
    assert "self.norm.weight" not in text, "a factor of a norm keeps its 1"
    assert "nn.init.orthogonal_(self.run.weight_hh_l0, gain=1.0)" in text
    same(text, ng.compile(g), "run.bias_ih_l0", "run.bias_hh_l0", "norm.weight")


def test_every_turn_of_a_repeat_and_a_tied_one_once() -> None:
    for tied in (False, True):
        g = blocks(repeat=3, tied=tied)
        within(g, "Block", "inner", initialiser=NORMAL, frozen=tied)
        text = exported(g)
        assert text.count("nn.init.") == 2
        assert "nn.init.constant_(self.inner.bias, val=0.25)" in tail(text, "Block")
        own = made(text).state_dict()
        found = [one for name, one in own.items() if name.endswith("inner.weight")]
        assert len(found) == (1 if tied else 3)
        assert all(one.abs().max() < 0.1 for one in found), "torch's own would go to 0.4"
        assert tied or not torch.equal(found[0], found[1])


def test_shared_copies_and_nodes_start_once() -> None:
    g = blocks()
    g.add("Output", g.add("Module", g["b"], definition="Block", id="c"), id="again")
    g.add("Output", g.add("Linear", g["b"], out_features=3, id="other"), id="more")
    change(g, "c", shares="b")
    change(g, "other", shares="head", initialiser=FrozenDict(NORMAL))
    within(g, "Block", "inner", initialiser=NORMAL)
    change(g, "head", initialiser=FrozenDict(NORMAL))
    text = exported(g)
    assert text.count("nn.init.normal_") == 2
    assert "self.c" not in text and "self.other" not in text


def test_copies_of_other_widths_and_one_without_offsets() -> None:
    inside = ng.Graph()
    inside.add("Output", inside.add("Linear", inside.add("Input", id="x", shape=(6,)), id="a"), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Layer", inside, expose={"width": "a.out_features", "offset": "a.bias"})
    for at, (width, offset) in enumerate([(5, True), (7, True), (5, False)]):
        layer = g.add("Module", x, definition="Layer", width=width, offset=offset, id=f"layer_{at}")
        g.add("Output", layer, id=f"out_{at}")
    within(g, "Layer", "a", initialiser=NORMAL)
    text = exported(g)
    assert classes(text) == ["Layer", "Layer2", "Network"]
    assert "self.a = nn.Linear(in_features=6, out_features=width, bias=True)" in tail(text, "Layer")
    assert "self.a.bias" not in tail(text, "Layer2")
    assert torch.equal(made(text).layer_1.a.bias, torch.full((7,), 0.25))


# -- cells ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_inside_a_cell_and_over_all_of_it(direction: str) -> None:
    g = over_time(lstm_cell("learned"), "Cell", direction=direction)
    typed = tuple(1 + at / 7 for at in range(4))
    within(g, "Cell", "f", initialiser=NORMAL, weights={"bias": typed})
    within(g, "Cell", "i", initialiser={"bias": "ones"})
    text = exported(g)
    assert "nn.init.normal_(self.f.weight, mean=0.0, std=0.02)" in tail(text, "Cell")
    assert "self.f.bias, " not in text, "what is typed in needs no filling"
    program = ng.compile(g)
    same(text, program, *(name for name in program.state_dict() if name.endswith(("f.bias", ".i.bias"))))
    g.set_initial("run", bias="constant", bias_value=0.5)
    text = exported(g)
    assert "nn.init.constant_(self.run.cell.f.bias, val=0.5)" in tail(text)
    same(text, ng.compile(g), *(name for name in program.state_dict() if name.endswith("bias")))


def test_modules_in_a_cell_and_a_cell_in_a_module() -> None:
    cell = ng.Graph()
    x, h = cell.add("Input", id="x", shape=(6,)), cell.add("State", state="h", shape=(6,), id="h")
    cell.define("Block", block())
    y = cell.add("Module", cell.add("Add", x, h), definition="Block", repeat=2, id="deep")
    cell.add("Output", y, id="y")
    cell.add("NextState", y, state="h", id="n")
    stage = ng.Graph()
    stage.define("Cell", cell)
    run = stage.add("Recurrent", stage.add("Input", id="x", shape=(5, 6)), definition="Cell", id="run")
    stage.add("Output", run["y"], id="y")
    g = ng.Graph()
    g.define("Stage", stage)
    last = g.add("Module", g.add("Input", shape=(5, 6), id="x"), definition="Stage", repeat=2, id="s")
    g.add("Output", last, id="out")
    within(g, "Block", "inner", weights={"weight": EYE})
    within(g, "Stage", "run", initialiser={"bias": "zeros"})
    text = exported(g)
    assert "nn.init.zeros_(self.run.cell.deep[1].inner.bias)" in tail(text, "Stage")
    same(text, ng.compile(g))


# -- typed in -------------------------------------------------------------------------------------------------------

AWKWARD = (0.1, -0.0, 1e-45, 3.4028234e38, 16777217, 2**60 + 1, 1 / 3, -7)


def test_typed_in_numbers_are_the_same_bit_for_bit() -> None:
    g = linear(4, 2)
    g.set_weights("it", weight=[AWKWARD[at : at + 2] for at in range(0, 8, 2)], bias=[1, 2, 3, 4])
    text = exported(g)
    assert "        with torch.no_grad():  # typed-in weights\n            self.it.weight.copy_(torch.tensor([" in text
    program = ng.compile(g)
    same(text, program)
    own = made(text)
    assert torch.equal(own.it.weight.view(torch.int32), program.state_dict()["it.weight"].view(torch.int32))
    assert own.it.weight.requires_grad and own.it.weight.is_leaf


def test_a_single_number_and_numbers_in_many_axes() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3, 8, 8))
    h = g.add("PReLU", g.add("Conv2d", x, out_channels=4, kernel_size=3, id="conv"), id="bend")
    g.add("Output", h, id="out")
    numbers = torch.arange(108).reshape(4, 3, 3, 3) / 7
    g.set_weights("conv", weight=numbers.tolist())
    g.set_weights("bend", weight=[0.125])
    text = exported(g)
    assert "self.bend.weight.copy_(torch.tensor([0.125]))" in text
    same(text, ng.compile(g), "conv.weight", "bend.weight")


def test_in_every_turn_of_a_repeat_and_where_a_module_is_laid_out() -> None:
    g = blocks(repeat=3)
    within(g, "Block", "inner", weights={"weight": EYE, "bias": (1, 2, 3, 4, 5, 6)}, frozen=True)
    text = exported(g)
    assert text.count("torch.tensor(") == 2
    same(text, ng.compile(g), *(f"b.{turn}.inner.{name}" for turn in range(3) for name in ("weight", "bias")))
    inside = block()
    inside.add("Tanh", inside["inner"], id="end")
    g = ng.Graph()
    g.define("Open", inside)
    g.add("Module", g.add("Input", shape=(6,), id="x"), definition="Open", repeat=2, id="b")
    within(g, "Open", "inner", weights={"weight": EYE}, initialiser={"bias": "ones"})
    text = exported(g)
    assert "nn.init.ones_(self.b[1].inner.bias)" in text
    assert "self.b[1].inner.weight.copy_(torch.tensor([" in text
    same(text, ng.compile(g))


@pytest.mark.parametrize(("out", "shown"), [(MOST // 4, True), (MOST // 4 + 1, False)])
def test_many_numbers_are_broken_into_lines_and_very_many_left_out(out: int, shown: bool) -> None:
    g = linear(out, 4)
    g.set_weights("it", weight=np.random.default_rng(0).normal(size=(out, 4)).tolist())
    g.set_initial("it", weight="zeros")
    text = exported(g)
    assert ("torch.tensor" in text) == shown
    assert "zeros_" not in text
    if shown:
        same(text, ng.compile(g), "it.weight")
    else:
        assert f"# self.it.weight has {4 * out:,} typed-in numbers, too many to show: they are in the weights" in text


def test_long_rows_are_folded_under_their_bracket() -> None:
    g = linear(2, 40)
    g.set_weights("it", weight=(np.arange(80).reshape(2, 40) / 7).tolist())
    lines = exported(g).splitlines()
    at = next(at for at, line in enumerate(lines) if "copy_" in line)
    assert lines[at] == "            self.it.weight.copy_(torch.tensor(["
    assert lines[at + 1].startswith("                [0.0, 0.14285714285714285, ")
    assert lines[at + 2].startswith("                 ")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 10**6)), max_size=8))
def test_whatever_is_grouped_starts_with_the_same_numbers(walk: list[tuple[str, int]]) -> None:
    g = walked(walk)
    starts: dict[str, dict[str, FrozenDict[Any]]] = {
        "a": {"weights": FrozenDict({"weight": EYE}), "initialiser": FrozenDict({"bias": "ones"})},
        "c": {"initialiser": FrozenDict({"weight": "constant", "weight.value": 0.75, "bias": "zeros"})},
        "e": {"weights": FrozenDict({"weight": EYE, "bias": (1, 2, 3, 4, 5, 6)})},
    }
    for id in set(starts) & set(g.session.graph.nodes):
        change(g, id, **starts[id])
    for name, room in sorted(g.session.graph.modules.items()):
        for id in set(starts) & set(room.nodes):
            within(g, name, id, **starts[id])
    same(ng.to_python(g), ng.compile(g))


# -- files and hostile words ----------------------------------------------------------------------------------------


def test_a_file_is_named_and_what_it_holds_is_left_to_the_weights(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.ones((3, 2), dtype="float32"))
    ng.save(linear(), tmp_path / "it.ngraph")
    g = ng.load(tmp_path / "it.ngraph")
    g.set_initial("it", weight="file", weight_path="w.npy", bias="ones")
    text = exported(g)
    assert "        # self.it.weight starts from the file 'w.npy': load that, or the saved weights.\n" in text
    assert "nn.init.ones_(self.it.bias)" in text
    g.set_weights("it", weight=[[1, 2], [3, 4], [5, 6]])
    assert "w.npy" not in exported(g)


HOSTILE = {
    "a\nimport os": "'a import os'", "/etc/secret/w.npy": "'w.npy'", "../../home/w.npy": "'w.npy'",
    "C:\\Users\\secret\\w.npy": "'w.npy'", "\\\\server\\secret\\w.npy": "'w.npy'", "https://secret/w.npy": "'w.npy'",
    "in/../../secret/w.npy": "'w.npy'", "\u202ew.npy": "'w.npy'", "w" * 4000: f"'…{'w' * 99}'",
    '"""\nimport os\n"""': "'''' import os ''''", "in/side.npy": "'in/side.npy'",
}
"""Paths, and what code shows of them."""


@pytest.mark.parametrize(("path", "shown"), HOSTILE.items(), ids=lambda path: path[:12])
def test_paths_stay_inert_and_show_no_folders_elsewhere(path: str, shown: str) -> None:
    g = over_time(lstm_cell(), "Cell")
    kinds = {type(node).__name__ for node in ast.walk(ast.parse(exported(g)))}
    within(g, "Cell", "f", initialiser={"weight": "file", "weight.path": path})
    text = exported(g)
    remarks = " ".join(line.strip("# ") for line in text.splitlines() if line.strip().startswith("#"))
    assert remarks == f"self.f.weight starts from the file {shown}: load that, or the saved weights."
    assert {type(node).__name__ for node in ast.walk(ast.parse(text))} == kinds
