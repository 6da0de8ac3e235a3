"""Graphs of more than one line: several tasks, twins with shared weights, encoder and decoder; as torch by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import neuralgraph as ng
from neuralgraph.errors import DataError
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.nodes import CATALOG
from neuralgraph.nodes.losses import REDUCTIONS
from neuralgraph.training.run import Run

LOSSES = [kind for kind in CATALOG.values() if kind.role == "loss"]
Objective = Callable[..., Tensor]


def by_hand(graph: ng.Graph, objective: Objective, tensors: Sequence[Tensor], epochs: int = 3) -> dict[str, Tensor]:
    """The weights after the textbook loop: SGD, batches of 8 in the order of the rows."""
    root = graph.session.compile().root
    optimizer = torch.optim.SGD(root.parameters(), lr=0.05)
    for _ in range(epochs):
        for first in range(0, len(tensors[0]), 8):
            optimizer.zero_grad()
            objective(root, *(one[first:first + 8] for one in tensors)).backward()
            optimizer.step()
    return dict(root.state_dict())


def learn(graph: ng.Graph, data: dict[str, Any] | None = None) -> Run:
    return ng.train(graph, data=data, epochs=3, batch_size=8, shuffle=False, validation=0, optimizer="SGD", lr=0.05)


def close(run: Run, weights: dict[str, Tensor]) -> None:
    mine = run.program.state_dict()
    assert mine.keys() == weights.keys() and mine
    for name, one in mine.items():
        assert torch.allclose(one, weights[name], atol=1e-6), name


def numbers(*shapes: tuple[int, ...]) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_every_loss_has_a_share_and_a_reduction(kind: Any) -> None:
    assert kind.params["weight"].default == 1.0 and kind.params["weight"].kind == "float"
    assert kind.params["reduction"].choices == REDUCTIONS == ("mean", "sum", "per sample")


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [0.25, 0.0, -0.01])
def test_two_tasks_share_a_trunk_and_count_by_their_weights(weight: float, reduction: str) -> None:
    graph = ng.Graph()
    x, y = graph.add("Input", id="x", shape=(4,)), graph.add("Input", id="y", shape=(2,))
    label = graph.add("Input", id="label", shape=(), dtype="int64", classes=3)
    trunk = graph.add("Tanh", graph.add("Linear", x, out_features=6, id="trunk"))
    graph.add("CrossEntropyLoss", graph.add("Linear", trunk, out_features=3, id="which"), label, id="choice")
    graph.add("MSELoss", graph.add("Linear", trunk, out_features=2, id="much"), y, id="amount", weight=weight,
              reduction=reduction)
    rows, amounts = numbers((32, 4), (32, 2))
    labels = np.arange(32) % 3
    run = learn(graph, {"x": rows, "y": amounts, "label": labels})

    def objective(root: Any, x: Tensor, y: Tensor, label: Tensor) -> Tensor:
        trunk = torch.tanh(root.trunk(x))
        whole = reduction if reduction != "per sample" else "sum"
        much = functional.mse_loss(root.much(trunk), y, reduction=whole)
        much = much / len(y) if reduction == "per sample" else much
        return functional.cross_entropy(root.which(trunk), label) + weight * much

    close(run, by_hand(graph, objective, (torch.tensor(rows), torch.tensor(amounts), torch.tensor(labels))))
    last = {name: values[-1] for name, values in run.history.items()}
    assert last["loss"] == pytest.approx(last["choice"] + weight * last["amount"], rel=1e-6)


def test_two_data_nodes_are_read_row_by_row_through_one_set_of_weights() -> None:
    graph = ng.Graph()
    a = graph.add("Dataset", name="gauss", samples=40, seed=1, target="number", id="a")
    b = graph.add("Dataset", name="circle", samples=40, seed=2, target="number", id="b")
    left, right = graph.add("Linear", a["x"], out_features=3, id="left"), graph.add("Linear", b["x"], out_features=3)
    twin = graph.session.graph.nodes[right.id]
    graph.session.edit(ChangeNode(replace(twin, shares="left")))
    apart = graph.add("Linear", graph.add("Abs", graph.add("Sub", left, right)), out_features=1, id="apart")
    graph.add("BCEWithLogitsLoss", apart, a["y"], id="loss")
    run = learn(graph)
    assert set(run.program.state_dict()) == {"left.weight", "left.bias", "apart.weight", "apart.bias"}
    rows = graph.session.rows(run.program)
    assert not torch.equal(rows["a.x"], rows["b.x"])

    def objective(root: Any, one: Tensor, other: Tensor, y: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(root.apart((root.left(one) - root.left(other)).abs()), y)

    plan = replace(graph.session.graph.plan, validation=0.0)
    order = graph.session.feed(run.program, plan).split.train
    close(run, by_hand(graph, objective, [rows[key][order] for key in ("a.x", "b.x", "a.y")]))


def test_data_nodes_of_different_lengths_cannot_be_read_together() -> None:
    graph = ng.Graph()
    a, b = (graph.add("Dataset", name="gauss", samples=n, target="number", id=id) for n, id in ((40, "a"), (50, "b")))
    graph.add("MSELoss", graph.add("Linear", graph.add("Sub", a["x"], b["x"]), out_features=1), a["y"])
    with pytest.raises(DataError, match="different numbers of rows"):
        learn(graph)


def test_an_autoencoder_learns_its_own_input() -> None:
    graph = ng.Graph()
    x = graph.add("Input", id="x", shape=(1, 6, 6))
    code = graph.add("Tanh", graph.add("Conv2d", x, out_channels=3, kernel_size=2, stride=2, id="encoder"))
    back = graph.add("ConvTranspose2d", code, out_channels=1, kernel_size=2, stride=2, id="decoder")
    graph.add("MSELoss", back, x, id="loss", reduction="sum", weight=0.1)
    (pictures,) = numbers((24, 1, 6, 6))
    run = learn(graph, {"x": pictures})

    def objective(root: Any, x: Tensor) -> Tensor:
        return 0.1 * functional.mse_loss(root.decoder(torch.tanh(root.encoder(x))), x, reduction="sum")

    close(run, by_hand(graph, objective, [torch.tensor(pictures)]))


def test_a_sequence_is_encoded_into_one_row_and_decoded_again() -> None:
    graph = ng.Graph()
    x, steps = graph.add("Input", id="x", shape=(5, 2)), graph.add("Input", id="steps", shape=(4, 1))
    y = graph.add("Input", id="y", shape=(4, 2))
    encoder = graph.add("GRU", x, hidden_size=6, id="encoder")
    code = graph.add("Slice", encoder["output"], index=":, -1:")
    decoder = graph.add("GRU", graph.add("Mul", code, steps), hidden_size=7, id="decoder")
    graph.add("MSELoss", graph.add("Linear", decoder["output"], out_features=2, id="head"), y, id="loss")
    given, place, wanted = numbers((24, 5, 2), (24, 4, 1), (24, 4, 2))
    run = learn(graph, {"x": given, "steps": place, "y": wanted})

    def objective(root: Any, x: Tensor, steps: Tensor, y: Tensor) -> Tensor:
        encoder: nn.GRU = root.encoder
        return functional.mse_loss(root.head(root.decoder(encoder(x)[0][:, -1:] * steps)[0]), y)

    close(run, by_hand(graph, objective, [torch.tensor(one) for one in (given, place, wanted)]))
