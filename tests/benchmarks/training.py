"""Our loop against the textbook PyTorch loop: same weights, same batches; the losses are compared first."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.data.feed import Feed
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.training.batches import Order
from neuralgraph.training.events import Step as Steps
from neuralgraph.training.loop import fit

torch.set_num_threads(1)
ROUNDS = 7


@dataclass(frozen=True)
class Case:
    """A drawing, the same by hand, data, batch size and epochs."""

    graph: ng.Graph
    hand: nn.Sequential
    x: Any
    y: Any
    batch: int
    epochs: int


def _drawn(shape: tuple[int, ...], classes: int, layers: list[tuple[str, dict[str, Any]]]) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=shape, id="x")
    y = g.add("Input", shape=(), dtype="int64", classes=classes, id="y")
    for kind, params in layers:
        x = g.add(kind, x, **params)
    g.add("CrossEntropyLoss", x, y, id="objective")
    return g


def _data(rows: int, shape: tuple[int, ...], classes: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, *shape)).astype(np.float32), rng.integers(0, classes, rows)


def _tiny() -> Case:
    layers = [("Linear", {"out_features": 8}), ("Tanh", {}), ("Linear", {"out_features": 8}), ("Tanh", {}),
              ("Linear", {"out_features": 2})]
    hand = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 2))
    return Case(_drawn((2,), 2, layers), hand, *_data(500, (2,), 2), 10, 6)


def _digits() -> Case:
    layers = [("Linear", {"out_features": 128}), ("ReLU", {}), ("Linear", {"out_features": 64}), ("ReLU", {}),
              ("Linear", {"out_features": 10})]
    hand = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    return Case(_drawn((64,), 10, layers), hand, *_data(1797, (64,), 10), 64, 10)


def _cnn() -> Case:
    layers = [("Conv2d", {"out_channels": 16, "kernel_size": 3, "padding": 1}), ("ReLU", {}),
              ("MaxPool2d", {"kernel_size": 2}), ("Conv2d", {"out_channels": 32, "kernel_size": 3, "padding": 1}),
              ("ReLU", {}), ("MaxPool2d", {"kernel_size": 2}), ("Flatten", {}), ("Linear", {"out_features": 10})]
    hand = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 49, 10))
    return Case(_drawn((1, 28, 28), 10, layers), hand, *_data(1280, (1, 28, 28), 10), 64, 4)


def _copy(program: Program, hand: nn.Sequential) -> None:
    """The drawing's initial weights, in order, into the network by hand."""
    own = [one for module in program.root.children() for one in module.parameters()]
    with torch.no_grad():
        for mine, theirs in zip(hand.parameters(), own, strict=True):
            mine.copy_(theirs)


class _Same(torch.utils.data.Sampler[int]):
    """The permutations our loop draws."""

    def __init__(self, rows: int) -> None:
        self._order, self._rows = Order(rows, 0), rows

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Any:
        order = self._order.draw()
        assert order is not None
        return iter(order.tolist())


def textbook(case: Case) -> tuple[list[float], float]:
    """DataLoader, zero_grad, backward, step, item: the loop of every tutorial; losses and CPU seconds."""
    hand, x, y = case.hand, torch.from_numpy(case.x), torch.from_numpy(case.y)
    loader = DataLoader(TensorDataset(x, y), case.batch, sampler=_Same(len(x)))
    optimizer = torch.optim.Adam(hand.parameters(), lr=1e-3)
    objective, losses = nn.CrossEntropyLoss(), []
    begun = time.process_time()
    for _ in range(case.epochs):
        for bx, by in loader:
            optimizer.zero_grad()
            loss = objective(hand(bx), by)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses, time.process_time() - begun


def ours(case: Case, program: Program, feed: Feed, **settings: Any) -> tuple[list[float], float]:
    """The same by the engine; every event is heard."""
    stages = (Stage(case.epochs, (Step(optimizer=Optimizer("Adam", 1e-3)),)),)
    plan = Plan(stages, case.batch, validation=0.0, **settings)
    losses: list[float] = []
    begun = time.process_time()
    for event in fit(program, feed, plan):
        if isinstance(event, Steps):
            losses.extend(event.losses.tolist())
    return losses, time.process_time() - begun


def _measure(name: str, make: Callable[[], Case], floor: float, **settings: Any) -> dict[str, Any]:
    pairs, worst = [], 0.0
    for _ in range(ROUNDS + 1):
        case = make()
        program = case.graph.session.compile(seed=0)
        feed = case.graph.session.feed(program, Plan(validation=0.0), {"x": case.x, "y": case.y})
        _copy(program, case.hand)
        mine, fast = ours(case, program, feed, **settings)
        theirs, slow = textbook(case)
        worst = max(worst, float(np.abs(np.array(mine[:50]) - np.array(theirs[:50])).max()))
        assert len(mine) == len(theirs)
        pairs.append(slow / fast)
    assert worst < 2e-4, f"the losses differ by {worst}"
    return {"benchmark": name, "ratio": round(statistics.median(pairs[1:]), 2), "floor": floor,
            "min": round(min(pairs[1:]), 2), "max": round(max(pairs[1:]), 2), "largest_difference_in_50_losses": worst}


def tiny() -> dict[str, Any]:
    """2-8-8-2, batch 10."""
    return _measure("tiny", _tiny, 1.0)


def digits() -> dict[str, Any]:
    """64-128-64-10, batch 64."""
    return _measure("digits", _digits, 1.7)


def cnn() -> dict[str, Any]:
    """Two convolutions on 28 × 28, batch 64."""
    return _measure("cnn", _cnn, 0.95)


def cnn_channels_last() -> dict[str, Any]:
    """The same with images channels last, against the plain textbook loop; the losses differ in their last bits."""
    return _measure("cnn, channels last", _cnn, 1.3, memory_format="channels_last")


def compiled(steps: int = 300) -> dict[str, Any]:
    """Forward and backward of the compiled graph against the network by hand: CPU time, ours ÷ theirs."""
    case = _digits()
    program = case.graph.session.compile(seed=0)
    _copy(program, case.hand)
    x, y = torch.from_numpy(case.x[:64]), torch.from_numpy(case.y[:64])
    module, objective = program.training.forward, nn.functional.cross_entropy

    def drawn() -> None:
        module(x, y)[0].backward()

    def written() -> None:
        objective(case.hand(x), y).backward()

    assert torch.equal(module(x, y)[0], objective(case.hand(x), y))
    ratios = []
    for _ in range(ROUNDS + 1):
        taken = []
        for run in (drawn, written):
            begun = time.process_time()
            for _ in range(steps):
                run()
            taken.append(time.process_time() - begun)
        ratios.append(taken[0] / taken[1])
    return {"benchmark": "compiled", "ratio": round(statistics.median(ratios[1:]), 3), "ceiling": 1.05}
