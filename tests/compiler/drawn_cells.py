"""Recurrent cells drawn from their gates, and a document that runs one of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import neuralgraph as ng
from neuralgraph.api import Handle
from neuralgraph.validation.problem import Problem

F, H, L, N = 3, 5, 7, 4


def rnn(hidden: int = H, **start: object) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(F,))
    h = g.add("State", id="h", state="h", shape=(hidden,), **start)
    total = g.add("Add", g.add("Linear", x, out_features=hidden, id="ih"),
                  g.add("Linear", h, out_features=hidden, id="hh"))
    after = g.add("Tanh", total, id="after")
    g.add("NextState", after, state="h", id="h_next")
    g.add("Output", after, id="y")
    return g


def lstm(**start: object) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(F,))
    h, c = (g.add("State", id=name, state=name, shape=(H,), **start) for name in "hc")
    gates = g.add("Split", g.add("Add", g.add("Linear", x, out_features=4 * H, id="ih"),
                                 g.add("Linear", h, out_features=4 * H, id="hh")), sections=4)
    i, f, o = (g.add("Sigmoid", gates[f"out_{at}"]) for at in (0, 1, 3))
    new = g.add("Mul", i, g.add("Tanh", gates["out_2"]))
    c_next = g.add("Add", g.add("Mul", f, c), new)
    h_next = g.add("Mul", o, g.add("Tanh", c_next))
    g.add("NextState", h_next, state="h")
    g.add("NextState", c_next, state="c")
    g.add("Output", h_next, id="y")
    return g


def gru(**start: object) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(F,))
    h = g.add("State", id="h", state="h", shape=(H,), **start)
    a = g.add("Split", g.add("Linear", x, out_features=3 * H, id="ih"), sections=3)
    b = g.add("Split", g.add("Linear", h, out_features=3 * H, id="hh"), sections=3)
    r, z = (g.add("Sigmoid", g.add("Add", a[f"out_{at}"], b[f"out_{at}"])) for at in (0, 1))
    n = g.add("Tanh", g.add("Add", a["out_2"], g.add("Mul", r, b["out_2"])))
    after = g.add("Add", n, g.add("Mul", z, g.add("Sub", h, n)))
    g.add("NextState", after, state="h")
    g.add("Output", after, id="y")
    return g


def net(cell: ng.Graph, shape: tuple[int, ...] = (L, F), dtype: str = "float32", **params: object) -> ng.Graph:
    """A Recurrent `r` of this cell; inputs besides the sequence `s` are made for handles that are asked for."""
    g = ng.Graph()
    x = g.add("Input", id="s", shape=shape, dtype=dtype)
    g.define("Cell", cell)
    made = {name: one(g) if callable(one) else one for name, one in params.items()}
    g.add("Recurrent", x, definition="Cell", id="r", **made)
    return g


def masked(g: ng.Graph) -> Handle:
    return g.add("Greater", g.add("Input", shape=(L,), id="m"), g.add("Constant", value=0.5))


def first(name: str, size: int = H) -> Callable[[ng.Graph], Handle]:
    return lambda g: g.add("Input", shape=(size,), id=f"{name}0")


def errors(g: ng.Graph) -> list[Problem]:
    return [one for one in ng.check(g) if one.severity == "error"]


def sequences(seed: int = 0) -> Tensor:
    return torch.randn(N, L, F, generator=torch.Generator().manual_seed(seed))
