"""Networks laid out in another way compute the same, trained or not; and every step can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode, SetPlan
from neuralgraph.graph.file import canonical
from neuralgraph.graph.plan import Plan, Stage, Step
from neuralgraph.graph.wiring import Refusal
from neuralgraph.transforms import EXPANDED, collapse, expand, to_convolutions

RNG = np.random.default_rng(0)
PICTURES = RNG.random((40, 1, 8, 8)).astype(np.float32)
KINDS = RNG.integers(0, 3, 40)


def seen(graph: ng.Graph, *inputs: Any) -> Tensor:
    """What the drawing computes now, with what was learnt."""
    program = graph.session._present()
    assert program is not None
    with program.quiet(), torch.no_grad():
        found = program.module(*map(torch.as_tensor, inputs))
    return next(iter(found.values()))  # type: ignore[no-any-return]


def made(graph: ng.Graph, found: Any) -> tuple[str, ...]:
    assert not isinstance(found, Refusal), found
    graph.session.edit(found[0])
    assert not [one for one in ng.check(graph) if one.severity == "error"]
    return tuple(found[1])


def weights(graph: ng.Graph) -> Any:
    def of(id: str) -> Any:
        present = graph.session.weights(id)
        return present.arrays if present is not None else None

    return of


# -- fully connected as convolutions ---------------------------------------------------------------------------------


def images(size: int = 8) -> ng.Graph:
    graph = ng.Graph()
    x = graph.add("Input", id="x", shape=(1, size, size))
    x = graph.add("MaxPool2d", graph.add("ReLU", graph.add("Conv2d", x, out_channels=4, id="conv")))
    x = graph.add("Dropout", graph.add("Flatten", x, id="flat"))
    x = graph.add("ReLU", graph.add("Linear", x, out_features=6, id="first"))
    logits = graph.add("Linear", x, out_features=3, id="second")
    graph.add("Output", logits, id="scores")
    graph.add("CrossEntropyLoss", logits, graph.add("Input", id="y", shape=(), dtype="int64", classes=3), id="loss")
    return graph


def train(graph: ng.Graph, **more: Any) -> None:
    for _ in graph.session.train(data={"x": PICTURES, "y": KINDS}, plan=Plan((Stage(2),), validation=0.0), **more):
        pass


def convolved(graph: ng.Graph, id: str = "flat") -> Any:
    session = graph.session
    return to_convolutions(session.graph, session.catalog, id, session.analyse().inputs)


@pytest.mark.parametrize("id", ["flat", "first"])
@pytest.mark.parametrize("trained", [True, False])
def test_convolutions_compute_the_same_as_the_layers(id: str, trained: bool) -> None:
    graph = images()
    if id == "first":
        session = graph.session
        dropout = next(one for one in session.graph.nodes.values() if one.type == "Dropout")
        from neuralgraph.graph.wiring import heal

        session.edit(heal(session.graph, session.catalog, [dropout.id]))  # type: ignore[arg-type]
    if trained:
        train(graph)
    wanted, before = seen(graph, PICTURES), canonical(graph.session.graph)
    new = made(graph, convolved(graph, id))
    nodes = graph.session.graph.nodes
    assert [nodes[one].params["kernel_size"] for one in new] == [(3, 3), (1, 1)]
    if trained:
        assert torch.allclose(seen(graph, PICTURES), wanted, atol=1e-6)
        names = set(graph.session._present().state_dict())  # type: ignore[union-attr]
        assert {f"{one}.weight" for one in new} <= names and "first.weight" not in names
    graph.session.undo()
    assert canonical(graph.session.graph) == before
    assert torch.equal(seen(graph, PICTURES), wanted)
    graph.session.redo()
    assert not trained or torch.allclose(seen(graph, PICTURES), wanted, atol=1e-6)


def test_learning_goes_on_from_there_and_can_still_be_undone() -> None:
    graph = images()
    train(graph)
    made(graph, convolved(graph))
    train(graph, fresh=False)
    wanted = seen(graph, PICTURES)
    graph.session.undo()
    assert torch.allclose(seen(graph, PICTURES), wanted, atol=1e-6)


def test_a_larger_image_gives_a_map_of_the_scores_of_its_crops() -> None:
    graph = images()
    train(graph)
    last = made(graph, convolved(graph))[-1]
    session = graph.session
    wide = session.graph.nodes["x"]
    large = torch.as_tensor(RNG.random((2, 1, 14, 12)).astype(np.float32))
    crops = {(i, j): seen(graph, large[:, :, 2 * i:2 * i + 8, 2 * j:2 * j + 8]) for i in range(4) for j in range(3)}
    session.edit(ChangeNode(replace(wide, params=wide.params.having(shape=(1, 14, 12)))))
    program = session._present()
    assert program is not None
    with program.quiet():
        scores = program.trace({"x": large}, [last])[last]
    assert scores.shape == (2, 3, 4, 3)
    for (i, j), one in crops.items():
        assert torch.allclose(scores[:, :, i, j], one, atol=1e-5)


def test_the_plan_follows() -> None:
    graph = images()
    graph.session.edit(SetPlan(Plan((Stage(1, (Step(nodes=("first", "conv")),)),))))
    new = made(graph, convolved(graph))
    assert graph.session.graph.plan.stages[0].steps[0].nodes == (new[0], "conv")


def test_what_cannot_be_convolved_says_why() -> None:
    graph = images()
    assert "Select the Flatten" in convolved(graph, "conv").message
    graph.set_weights("second", bias=[0.0, 0.0, 0.0])
    assert "typed-in" in convolved(graph).message
    flat = ng.Graph()
    flat.add("Linear", flat.add("Flatten", flat.add("Input", shape=(4, 4), id="x"), id="flat"), out_features=2)
    assert "N × C × H × W" in convolved(flat).message


# -- a chain of linear layers ----------------------------------------------------------------------------------------


def chain(*biases: bool) -> ng.Graph:
    graph = ng.Graph()
    x = graph.add("Input", id="x", shape=(5,))
    for at, bias in enumerate(biases):
        x = graph.add("Linear", x, out_features=4 + at, bias=bias, id=f"layer_{at}")
        x = graph.add("Identity", x) if at + 1 < len(biases) else x
    graph.add("Output", x, id="seen")
    graph.add("MSELoss", x, graph.add("Input", id="y", shape=(3 + len(biases),)), id="loss")
    return graph


@pytest.mark.parametrize("biases", [(True, True), (True, False, True), (False, False), (False, True, False)])
def test_a_stack_without_activations_is_one_matrix(biases: tuple[bool, ...]) -> None:
    graph = chain(*biases)
    rows = RNG.random((30, 5)).astype(np.float32)
    data = {"x": rows, "y": RNG.random((30, 3 + len(biases))).astype(np.float32)}
    for _ in graph.session.train(data=data, plan=Plan((Stage(2),), validation=0.0)):
        pass
    wanted, before = seen(graph, rows), canonical(graph.session.graph)
    new, = made(graph, collapse(graph.session.graph, graph.session.catalog, "layer_1", weights(graph)))
    layers = [one for one in graph.session.graph.nodes.values() if one.type in ("Linear", "Identity")]
    assert [one.id for one in layers] == [new]
    assert torch.allclose(seen(graph, rows), wanted, atol=1e-5)
    graph.session.undo()
    assert canonical(graph.session.graph) == before
    assert torch.equal(seen(graph, rows), wanted)


def test_an_activation_or_another_reader_keeps_layers_apart() -> None:
    graph = ng.Graph()
    one = graph.add("Linear", graph.add("Input", id="x", shape=(3,)), id="one")
    two = graph.add("Linear", graph.add("Tanh", one), id="two")
    graph.add("Linear", two, id="three")
    graph.add("Output", two)
    for id in ("one", "two", "three"):
        found = collapse(graph.session.graph, graph.session.catalog, id, weights(graph))
        assert isinstance(found, Refusal) and "stands alone" in found.message


# -- a layer as elementary nodes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EXPANDED)
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_is_made_of_elementary_nodes(kind: str, bias: bool) -> None:
    params = {"out_features": 4, "bias": bias} if kind == "Linear" else {}
    graph = ng.Graph()
    it = graph.add(kind, graph.add("Input", id="x", shape=(5,)), id="it", **params)
    end = graph.add("Linear", it, out_features=2, id="end")
    graph.add("Output", end, id="seen")
    graph.add("MSELoss", end, graph.add("Input", id="y", shape=(2,)), id="loss")
    rows = RNG.standard_normal((30, 5)).astype(np.float32)
    data = {"x": rows, "y": RNG.random((30, 2)).astype(np.float32)}
    plan = Plan((Stage(2),), validation=0.0)
    for _ in graph.session.train(data=data, plan=plan):
        pass
    wanted, before = seen(graph, rows), canonical(graph.session.graph)
    new = made(graph, expand(graph.session.graph, "it", weights(graph)))
    assert "it" not in graph.session.graph.nodes
    assert all(one in graph.session.graph.nodes for one in new)
    assert torch.allclose(seen(graph, rows), wanted, atol=1e-5)
    for _ in graph.session.train(data=data, plan=plan, fresh=False):
        pass
    assert not torch.allclose(seen(graph, rows), wanted, atol=1e-4), "what it is made of learns"
    graph.session.undo()
    assert canonical(graph.session.graph) == before


def test_what_cannot_be_expanded_says_so() -> None:
    graph = ng.Graph()
    graph.add("Conv2d", graph.add("Input", id="x", shape=(1, 8, 8)), id="it")
    found = expand(graph.session.graph, "it", weights(graph))
    assert isinstance(found, Refusal) and "Linear" in found.message
