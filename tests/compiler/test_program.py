"""Compiled programs: equal to the network written by hand, quiet, repeatable."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.errors import GraphError, RunError
from neuralgraph.graph.edits import ChangeNode, Group, RemoveNode


def mlp(bias: bool = True) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(4,), id="features")
    y = g.add("Input", shape=(), dtype="int64", classes=3, id="target")
    h = g.add("Linear", x, out_features=5, bias=bias, id="hidden")
    h = g.add("BatchNorm1d", h, id="norm")
    h = g.add("ReLU", h)
    h = g.add("Dropout", h, p=0.25)
    logits = g.add("Linear", h, out_features=3, id="logits")
    g.add("CrossEntropyLoss", logits, y, id="objective")
    g.add("Accuracy", logits, y, id="accuracy")
    return g


def by_hand() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.25), nn.Linear(5, 3))


def batch(rows: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(rows, 4, generator=generator), torch.randint(0, 3, (rows,), generator=generator)


def copy_into(program: Program, hand: nn.Sequential) -> None:
    state = program.state_dict()
    names = {"0": "hidden", "1": "norm", "4": "logits"}
    own = hand.state_dict()
    hand.load_state_dict({key: state[f"{names[key.split('.')[0]]}.{key.split('.')[1]}"].clone() for key in own})


def test_forward_and_gradient_equal_the_network_by_hand() -> None:
    program = ng.compile(mlp(), seed=3)
    hand = by_hand()
    copy_into(program, hand)
    x, y = batch()
    torch.manual_seed(5)
    total, losses, watched = program.training(x, y)
    total.backward()
    torch.manual_seed(5)
    expected = nn.functional.cross_entropy(hand(x), y)
    expected.backward()
    assert torch.equal(total, expected)
    assert torch.equal(losses[0], expected)
    assert torch.equal(watched[0][1], y)
    assert torch.equal(program.root.get_submodule("hidden").weight.grad, hand[0].weight.grad)


def test_predicting_changes_nothing() -> None:
    program = ng.compile(mlp())
    before = {name: one.clone() for name, one in program.state_dict().items()}
    state = torch.get_rng_state()
    first = program.predict(features=batch()[0])
    assert torch.equal(first, program.predict(features=batch()[0].numpy()))
    assert all(torch.equal(one, before[name]) for name, one in program.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert program.root.training


def test_the_same_seed_gives_the_same_weights_and_an_edit_elsewhere_keeps_them() -> None:
    g = mlp()
    first, again, other = ng.compile(g, seed=1), ng.compile(g, seed=1), ng.compile(g, seed=2)
    key = "logits.weight"
    assert torch.equal(first.state_dict()[key], again.state_dict()[key])
    assert not torch.equal(first.state_dict()[key], other.state_dict()[key])
    norm_in, norm_out = next(g.session.graph.into("norm")), next(g.session.graph.out_of("norm"))
    from neuralgraph.graph.document import Edge
    from neuralgraph.graph.edits import Connect

    wire = Connect(Edge(norm_in.source, norm_in.output, norm_out.target, norm_out.input))
    g.session.edit(Group("Take the norm out", (RemoveNode("norm"), wire)))
    assert torch.equal(ng.compile(g, seed=1).state_dict()[key], first.state_dict()[key])


def test_reset_returns_to_the_initial_weights() -> None:
    program = ng.compile(mlp(), seed=4)
    before = {name: one.clone() for name, one in program.state_dict().items()}
    with torch.no_grad():
        for one in program.root.parameters():
            one.add_(1.0)
    program.reset()
    assert all(torch.equal(one, before[name]) for name, one in program.state_dict().items())


def test_typed_weights_and_frozen_nodes() -> None:
    from dataclasses import replace

    g = mlp()
    g.set_weights("logits", bias=[1.0, 2.0, 3.0])
    g.session.edit(ChangeNode(replace(g.session.graph.nodes["hidden"], frozen=True)))
    program = ng.compile(g)
    assert program.state_dict()["logits.bias"].tolist() == [1.0, 2.0, 3.0]
    assert not program.root.get_submodule("hidden").weight.requires_grad
    g.set_weights("logits", bias=[1.0])
    with pytest.raises(GraphError, match=r"typed-in bias has shape \(1,\), not \(3,\)"):
        ng.compile(g)


def test_weights_that_do_not_fit_are_named() -> None:
    program = ng.compile(mlp())
    state = program.state_dict()
    with pytest.raises(RunError, match=r"logits\.bias"):
        program.load_state_dict({name: one for name, one in state.items() if name != "logits.bias"})
    with pytest.raises(RunError, match="surplus"):
        program.load_state_dict({**state, "surplus": torch.zeros(1)})
    with pytest.raises(RunError, match=r"hidden\.weight has shape \(2, 2\)"):
        program.load_state_dict({**state, "hidden.weight": torch.zeros(2, 2)})


def test_a_runtime_error_can_name_its_node() -> None:
    program = ng.compile(mlp())
    ids = {node.name: node.meta.get("id") for node in program.training.graph.nodes}
    assert set(ids.values()) >= {"hidden", "norm", "logits", "objective"}


@pytest.mark.parametrize("bias", [True, False])
def test_exported_python_runs_alone_and_is_bit_equal(tmp_path: Path, bias: bool) -> None:
    g = mlp(bias)
    program = ng.compile(g)
    file = tmp_path / "exported.py"
    file.write_text(ng.to_python(g), encoding="utf-8")
    assert "neuralgraph" not in file.read_text(encoding="utf-8")
    names = runpy.run_path(str(file))
    network = names["Network"]()
    network.load_state_dict(program.state_dict())
    network.eval()
    x, y = batch()
    assert torch.equal(network(x), program.predict(features=x))
    with program.quiet():
        assert torch.equal(network.objective(x, y), program.training(x, y)[0])
    assert not any(name.startswith("exported") for name in sys.modules)


def test_several_losses_are_summed_by_weight() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(2,), id="x")
    h = g.add("Linear", x, out_features=2, id="h")
    g.add("MSELoss", h, x, id="a", weight=0.5)
    g.add("L1Loss", h, x, id="b")
    program = ng.compile(g)
    total, (a, b), _ = program.training(torch.ones(3, 2))
    assert torch.equal(total, a * 0.5 + b)
    only_b, parts, _ = program.training_for(("b",))(torch.ones(3, 2))
    assert torch.equal(only_b, b)
    assert len(parts) == 1


def test_recurrent_outputs_are_picked() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(7, 3), id="x")
    lstm = g.add("LSTM", x, hidden_size=4, id="lstm")
    g.add("Output", lstm["output"], id="sequence")
    g.add("Output", lstm["h_n"], id="last")
    result = ng.compile(g).predict(x=torch.zeros(2, 7, 3))
    assert result["sequence"].shape == (2, 7, 4)
    assert result["last"].shape == (1, 2, 4)
    assert ng.shapes(g)["lstm"]["h_n"].shape == (1, "N", 4)
