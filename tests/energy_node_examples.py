"""Examples of the node types that settle, dream, compete or are learning rules: written again, in plain torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from neuralgraph.spec import Spec

ROWS, SHOT = Spec(("N", 6)), Spec(("N", 6), "float32")
Row = tuple[Any, ...]


def settled(x: Tensor) -> tuple[Tensor, ...]:
    """Without couplings nothing pulls: every state stays, and costs nothing."""
    return x, torch.zeros(len(x)), torch.zeros(len(x)), torch.zeros(len(x), 11)


def same_chance(work: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the random state back, so that the node draws the same numbers afterwards."""
    def worked(*given: Any) -> Any:
        before = torch.get_rng_state()
        try:
            return work(*given)
        finally:
            torch.set_rng_state(before)

    return worked


def cold(field: Tensor) -> Tensor:
    return torch.bernoulli(torch.sigmoid(field / 1e-6))


class Machine(nn.Module):
    """A restricted Boltzmann machine with one step of contrastive divergence. Its chain is cold, so that its export
    draws the same."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(4, 6)), nn.Parameter(torch.zeros(4))
        self.visible_bias = nn.Parameter(torch.zeros(6))

    def free(self, v: Tensor) -> Tensor:
        return -(v @ self.visible_bias) - nn.functional.softplus(nn.functional.linear(v, self.weight, self.bias)).sum(1)

    @same_chance
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        up = nn.functional.linear(x, self.weight, self.bias)
        h = cold(up)
        v = cold(h @ self.weight + self.visible_bias)
        down = torch.sigmoid(torch.sigmoid(up) @ self.weight + self.visible_bias)
        return torch.sigmoid(up), down, v, self.free(x), self.free(v)


class Fully(nn.Module):
    """A Boltzmann machine without hidden units, one cold sweep over two particles."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(6, 6)), nn.Parameter(torch.zeros(6))
        self.register_buffer("particles", torch.zeros(2, 6))

    @same_chance
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        pairs = torch.triu((self.weight + self.weight.T) / 2, 1)
        full, s = pairs + pairs.T, self.get_buffer("particles").clone()
        for at in range(6):
            s[:, at] = cold(s @ full[:, at] + self.bias[at])
        return s, *(-0.5 * ((one @ full) * one).sum(-1) - one @ self.bias for one in (x, s))


class Deep(nn.Module):
    """A deep Boltzmann machine of two layers whose particles are never drawn anew between two looks: one sweep."""

    def __init__(self) -> None:
        super().__init__()
        self.weight_1, self.weight_2 = nn.Parameter(torch.zeros(3, 6)), nn.Parameter(torch.zeros(2, 3))
        for at, size in enumerate((6, 3, 2)):
            self.register_parameter(f"bias_{at}", nn.Parameter(torch.zeros(size)))
            self.register_buffer(f"particles_{at}", torch.zeros(1, size))

    @same_chance
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h1, h2 = torch.full((len(x), 3), 0.5), torch.full((len(x), 2), 0.5)
        for _ in range(10):
            h1 = torch.sigmoid(self.bias_1.expand(len(x), -1) + x @ self.weight_1.T + h2 @ self.weight_2)
            h2 = torch.sigmoid(self.bias_2.expand(len(x), -1) + h1 @ self.weight_2.T)
        felt = torch.cat((torch.sigmoid(self.bias_1.expand(len(x), -1) + x @ self.weight_1.T + h2 @ self.weight_2),
                          torch.sigmoid(self.bias_2.expand(len(x), -1) + h1 @ self.weight_2.T)), -1)
        s0, s2 = self.get_buffer("particles_0"), self.get_buffer("particles_2")
        s1 = cold(self.bias_1.expand(1, -1) + s0 @ self.weight_1.T + s2 @ self.weight_2)
        s0 = cold(self.bias_0.expand(1, -1) + s1 @ self.weight_1)
        s2 = cold(self.bias_2.expand(1, -1) + s1 @ self.weight_2.T)
        return felt, s0, self.cost(x, h1, h2) - self.spread(h1, h2), self.cost(s0, s1, s2)

    def cost(self, v: Tensor, h1: Tensor, h2: Tensor) -> Tensor:
        found = -(v @ self.bias_0) - ((v @ self.weight_1.T + self.bias_1) * h1).sum(-1)
        return found - ((h1 @ self.weight_2.T + self.bias_2) * h2).sum(-1)

    def spread(self, *means: Tensor) -> Tensor:
        return torch.stack([-(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(-1) for p in means]).sum(0)


class Largest(nn.Module):
    """Maxout as a Linear of twice the size."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(6, 6)), nn.Parameter(torch.zeros(6))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias).reshape(len(x), 3, 2).max(-1)[0]


class Nearest(nn.Module):
    """The nearest of three points."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, 6))
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        away = (x.unsqueeze(1) - self.weight.unsqueeze(0)).pow(2).sum(2)
        return away.argmin(1), self.weight[away.argmin(1)], away.min(1)[0] / 2


class Chain(nn.Module):
    """The forward filter, one sequence after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.start_weight, self.transition_weight = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2, 2))
        self.emission_weight = nn.Parameter(torch.zeros(2, 4))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shows, moves = self.emission_weight.softmax(1), self.transition_weight.softmax(1)
        beliefs, surprise = [], torch.zeros(len(x))
        belief = self.start_weight.softmax(0).expand(len(x), 2)
        for at, symbols in enumerate(x.T):
            belief = (belief @ moves if at else belief) * shows.T[symbols]
            surprise = surprise - belief.sum(1).log()
            belief = belief / belief.sum(1, keepdim=True)
            beliefs.append(belief)
        return torch.stack(beliefs, 1), surprise


ENERGIES: dict[str, Row] = {
    "Hopfield": ({"x": ROWS}, settled, {}),
    "RBM": ({"x": ROWS}, Machine(), {"hidden": 4, "temperature": 1e-6}),
    "BoltzmannMachine": ({"x": ROWS}, Fully(), {"hidden": 0, "particles": 2, "sweeps": 1, "hot": 1e-6, "cold": 1e-6}),
    "DeepBoltzmannMachine": ({"x": ROWS}, Deep(), {"layers": (3, 2), "particles": 1, "sweeps": 1, "temperature": 1e-6}),
    "Maxout": ({"x": ROWS}, Largest(), {"out_features": 3}),
    "Competitive": ({"x": ROWS}, Nearest(), {"start": "random"}),
    "HMM": ({"x": Spec(("N", 3), "int64", 4)}, Chain(), {"symbols": 4}),
    "EnergyLoss": ({"input": ROWS, "target": Spec(("N", 2))}, lambda a, b: a.mean() - b.mean(), {}),
    "PerceptronLoss": ({"input": ROWS, "target": ROWS}, lambda a, b: torch.relu(-a * b.sign()).mean(), {}, True,
                       ("target",)),
    "Mistakes": ({"input": ROWS, "target": ROWS}, lambda a, b: (a * b <= 0).sum()[None], {}, False, ("target",)),
    "GradientReversal": ({"x": ROWS}, lambda x: x, {}),
}
