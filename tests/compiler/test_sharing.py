"""Shared weights: one set of numbers, counted once, learnt from every use; what cannot share is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.session import Session


def siamese() -> ng.Graph:
    """Two inputs through the same layer, and how far they lie apart."""
    g = ng.Graph()
    a, b, y = g.add("Input", id="a", shape=(3,)), g.add("Input", id="b", shape=(3,)), g.add("Input", id="y", shape=(2,))
    left, right = g.add("Linear", a, out_features=2, id="left"), g.add("Linear", b, out_features=2, id="right")
    g.add("MSELoss", g.add("Sub", left, right), y, id="loss")
    return g


def sharing(graph: ng.Graph, id: str, owner: str | None) -> ng.Graph:
    node = graph.session.graph.nodes[id]
    graph.session.edit(ChangeNode(replace(node, shares=owner)))
    return graph


def test_two_nodes_learn_one_set_of_weights_as_torch_does() -> None:
    graph = sharing(siamese(), "right", "left")
    program = graph.session.compile(seed=1)
    assert set(program.state_dict()) == {"left.weight", "left.bias"}
    assert graph.session.analyse().parameters == 8
    rng = np.random.default_rng(0)
    data = {name: rng.normal(size=(16, 3)).astype(np.float32) for name in "ab"} | {"y": np.ones((16, 2), np.float32)}
    run = ng.train(graph, data=data, epochs=3, batch_size=16, shuffle=False, validation=0, optimizer="SGD", lr=0.1,
                   seed=1)
    layer = torch.nn.Linear(3, 2)
    layer.load_state_dict({name: program.state_dict()[f"left.{name}"] for name in ("weight", "bias")})
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    a, b, y = (torch.tensor(data[name]) for name in ("a", "b", "y"))
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(a) - layer(b), y).backward()
        optimizer.step()
    assert torch.allclose(run.program.root.left.weight, layer.weight, atol=1e-7)
    scope: dict[str, Any] = {"__name__": "exported"}
    text = ng.to_python(graph)
    assert text.count("nn.Linear(") == 1
    exec(compile(text, "exported", "exec"), scope)  # our own code, written a line ago


@pytest.mark.parametrize(("change", "words"), [
    (lambda g: sharing(g, "right", "right"), "with itself"),
    (lambda g: sharing(g, "right", "nobody"), "which is not there"),
    (lambda g: sharing(sharing(g, "left", "right"), "right", "left"), "itself uses those of"),
    (lambda g: sharing(g, "right", "sub_1"), "of another kind"),
])  # fmt: skip
def test_what_cannot_share_is_a_problem_with_a_way_out(change: Any, words: str) -> None:
    graph = change(siamese())
    found = [one for one in graph.session.analyse().problems if one.code == "share"]
    assert found and any(words in one.message for one in found)
    for one in found:
        assert one.fixes[0].edit is not None
        graph.session.edit(one.fixes[0].edit)
    assert not [one for one in graph.session.analyse().problems if one.code == "share"]
    graph.session.compile()


def test_other_widths_and_settings_are_named() -> None:
    session = Session()
    for id, params in (("left", {"out_features": 2}), ("right", {"out_features": 3})):
        session.edit(AddNode(Placed(f"in_{id}", "Input", FrozenDict({"shape": (3,)}))))
        session.edit(AddNode(Placed(id, "Linear", FrozenDict(params))))
        session.edit(Connect(Edge(f"in_{id}", "out", id, "x")))
    assert session.cannot_share("right", "left") == (
        "right cannot use the weights of left: out_features is 3 here and 2 there.")
    assert "has no weights" in session.cannot_share("in_left", "left")
    node = session.graph.nodes["right"]
    session.edit(ChangeNode(replace(node, shares="left")))
    problem = next(one for one in session.analyse().problems if one.code == "share")
    assert problem.node == "right" and "out_features is 3 here and 2 there" in problem.message


def test_a_trained_owner_that_is_deleted_leaves_words_not_a_crash() -> None:
    from neuralgraph.graph.edits import RemoveNode

    graph = sharing(siamese(), "right", "left")
    graph.session.edit(RemoveNode("left"))
    assert any("which is not there" in one.message for one in graph.session.analyse().problems)
