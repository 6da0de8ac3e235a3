"""Gates that start open: what an LSTM or a GRU remembers over a long time before it has learnt anything."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.compiler.source import to_python
from neuralgraph.errors import ParameterError
from neuralgraph.ui.panels.initial_form import InitialForm
from neuralgraph.ui.theme import Theme

SIZE = 8


def net(kind: str, **initial: Any) -> ng.Graph:
    graph = ng.Graph()
    layer = graph.add(kind, graph.add("Input", id="x", shape=(20, 1)), hidden_size=SIZE, id="net")
    graph.add("Output", layer["output"], id="seen")
    if initial:
        graph.set_initial("net", **initial)
    return graph


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_only_the_gate_that_keeps_starts_open(kind: str, gates: int) -> None:
    usual = ng.compile(net(kind)).state_dict()
    opened = ng.compile(net(kind, bias="keep gate", bias_value=2.0)).state_dict()
    bias = opened["net.bias_ih_l0"]
    assert len(bias) == gates * SIZE
    assert (bias[SIZE:2 * SIZE] == 2.0).all()
    for name, one in usual.items():
        rest = torch.ones(len(one), dtype=torch.bool)
        if name == "net.bias_ih_l0":
            rest[SIZE:2 * SIZE] = False
        assert torch.equal(one[rest], opened[name][rest]), name


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_it_remembers_over_twenty_steps(kind: str) -> None:
    """How much the last state changes with the first term, against the last term."""
    shares = []
    for initial in ({}, {"bias": "keep gate"}):
        x = torch.zeros(1, 20, 1, requires_grad=True)
        ng.compile(net(kind, **initial)).module(x)["seen"][:, -1].sum().backward()
        assert x.grad is not None
        shares.append(float(x.grad[0, 0, 0].abs() / x.grad[0, -1, 0].abs()))
    assert shares[0] < 1e-3
    assert shares[1] > 0.05


def test_its_python_starts_the_same_way() -> None:
    text = to_python(ng.compile(net("LSTM", bias="keep gate")))
    assert "nn.init.constant_(self.net.bias_ih_l0[8:16], val=3.0)" in text
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "exported.py", "exec"), space)
    assert (space["Network"]().net.bias_ih_l0[8:16] == 3.0).all()


def test_a_layer_without_such_a_gate_says_so() -> None:
    graph = ng.Graph()
    graph.add("Output", graph.add("Linear", graph.add("Input", id="x", shape=(3,)), id="it"))
    graph.set_initial("it", bias="keep gate")
    problem = next(one for one in ng.check(graph) if one.severity == "error")
    assert problem.node == "it" and "no gate that keeps" in problem.message
    with pytest.raises(ParameterError):
        graph.set_initial("it", weight="keep gate")


def test_the_form_offers_it_to_gates_alone(qtbot: Any) -> None:
    from neuralgraph.ui.controls import Choice

    form = InitialForm(Theme())
    qtbot.addWidget(form)
    for gated in (False, True):
        form.show_values({}, gated=gated)
        offset = [one for one in form.findChildren(Choice) if not one.isHidden()][-1]
        assert ("keep gate" in [offset.itemText(at) for at in range(offset.count())]) is gated
