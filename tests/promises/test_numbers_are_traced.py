"""NaN and infinity put into any node of any kind of network, forwards or backwards: the right node is named."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.training.events import Failed, Finished, Started
from neuralgraph.training.loop import fit
from tests.conftest import SCALE

SEEDS, ROWS, BATCH, MARK = 50 * SCALE, 120, 12, 7.0
Shape = tuple[int, ...]


def convolutions(g: ng.Graph, x: Any) -> Any:
    h = g.add("Conv2d", x, out_channels=3, kernel_size=3, padding=1, id="first")
    h = g.add("ReLU", g.add("BatchNorm2d", h, id="norm"))
    h = g.add("MaxPool2d", g.add("Conv2d", h, out_channels=4, kernel_size=3, id="second"), kernel_size=2)
    return g.add("Linear", g.add("Flatten", h), out_features=2, id="last")


def recurrent(g: ng.Graph, x: Any) -> Any:
    h = g.add("Linear", x, out_features=4, id="first")
    h = g.add("LSTM", h, hidden_size=5, id="memory")["output"]
    h = g.add("GRU", h, hidden_size=3, id="gates")["output"]
    return g.add("Linear", g.add("Flatten", h), out_features=2, id="last")


def shortcut(g: ng.Graph, x: Any) -> Any:
    a = g.add("Linear", x, out_features=6, id="first")
    b = g.add("Linear", g.add("Tanh", a), out_features=6, id="way")
    c = g.add("LayerNorm", g.add("Add", a, b), id="norm")
    d = g.add("Concat", c, g.add("Linear", b, out_features=3, id="side"))
    return g.add("Linear", d, out_features=2, id="last")


def block(g: ng.Graph, x: Any) -> Any:
    h = g.add("Linear", x, out_features=6, id="first")
    h = g.add("Module", h, definition="MLP block", hidden=8, features=6, repeat=2, id="block")
    return g.add("Linear", h, out_features=2, id="last")


def chance(g: ng.Graph, x: Any) -> Any:
    h = g.add("Dropout", g.add("Linear", x, out_features=8, id="first"), p=0.5, id="drop")
    h = g.add("Dropout", g.add("ELU", g.add("Linear", h, out_features=8, id="second")), p=0.3)
    return g.add("Linear", h, out_features=2, id="last")


NETWORKS: dict[str, tuple[Callable[[ng.Graph, Any], Any], Shape]] = {
    "convolutions": (convolutions, (1, 6, 6)), "recurrent": (recurrent, (5, 3)), "shortcut": (shortcut, (4,)),
    "block": (block, (4,)), "chance": (chance, (4,)),
}
NONE = (float("nan"), float("inf"), -float("inf"))


def made(rng: random.Random) -> tuple[ng.Graph, dict[str, Any]]:
    build, shape = NETWORKS[rng.choice(list(NETWORKS))]
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=shape), g.add("Input", id="y", shape=(2,))
    out = build(g, x)
    g.add("MSELoss", out, y, id="loss")
    g.add("MeanAbsoluteError", out, y, id="error")
    numbers = np.random.default_rng(rng.randrange(1000))
    rows = numbers.normal(size=(ROWS, *shape)).astype(np.float32)
    rows[rng.randrange(ROWS)].flat[0] = MARK
    return g, {"x": rows, "y": numbers.normal(size=(ROWS, 2)).astype(np.float32)}


def harm(program: Any, node: str, kind: str, value: float) -> list[Any]:
    """Hooks that spoil a node whenever the marked row is in the batch."""
    present = [False]
    module = program.part(node)

    def look(_module: Any, given: Any) -> None:
        present[0] = bool((given[0] == MARK).any())

    def output(_module: Any, _given: Any, out: Any) -> Any:
        if not present[0]:
            return out
        return (out[0] * value, *out[1:]) if isinstance(out, tuple) else out * value

    def gradient(found: Any) -> Any:
        return found * value if present[0] else found

    hooks = [program.part("first").register_forward_pre_hook(look)]
    if kind == "output":
        return [*hooks, module.register_forward_hook(output)]
    weight = next(one for one in module.parameters() if one.requires_grad)
    return [*hooks, weight.register_hook(gradient)]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_node_is_found_whatever_the_network(seed: int) -> None:
    rng = random.Random(seed)
    graph, data = made(rng)
    session = graph.session
    plan = ng.api.planned(session.graph.plan, epochs=3, batch_size=BATCH, seed=seed, validation=0.0,
                          optimizer=rng.choice(["SGD", "Adam"]), lr=1e-3)
    program = session.compile(seed=seed, graph=session.graph.having(plan=plan))
    nodes = sorted({str(program.owner(name)) for name, _ in program.root.named_parameters()})
    node, kind, value = rng.choice(nodes), rng.choice(["output", "gradient"]), rng.choice(NONE)
    feed = session.feed(program, plan, data)
    marked = int((feed.train["x"] == MARK).reshape(ROWS, -1).any(dim=1).nonzero()[0])
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(seed))
    step = int((order == marked).nonzero()[0]) // BATCH + 1

    hooks = harm(program, node, kind, value)
    failed = list(fit(program, feed, plan))[-1]
    for one in hooks:
        one.remove()
    assert isinstance(failed, Failed), failed
    assert (failed.node, failed.step, failed.tensor) == (node, step, kind), failed.message
    assert f"At step {step} " in failed.message and failed.remedies and failed.hint
    assert all(bool(torch.isfinite(one).all()) for one in program.state_dict().values() if one.is_floating_point())
    saved = program.checkpoint
    again = list(fit(program, feed, plan, resume=saved))
    begun, ended = again[0], again[-1]
    assert isinstance(begun, Started) and begun.start_step == saved.step < step
    assert isinstance(ended, Finished) and ended.step == 3 * ROWS // BATCH
