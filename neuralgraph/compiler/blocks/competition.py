"""Units that compete: the nearest one wins, or the largest piece speaks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from neuralgraph.compiler.blocks.fitted import Fitted, Parts, exact


class Maxout(nn.Module):
    """The largest of several weighted sums: `weight` is (outputs · pieces) × inputs, those of an output in a row."""

    bias: Tensor | None

    def __init__(self, in_features: int, out_features: int, pieces: int, bias: bool) -> None:
        super().__init__()
        self.pieces = pieces
        made = nn.Linear(in_features, out_features * pieces, bias)
        self.weight = made.weight
        self.register_parameter("bias", made.bias)

    def forward(self, x: Tensor) -> Tensor:
        sums = functional.linear(x, self.weight, self.bias)
        return sums.reshape(*sums.shape[:-1], -1, self.pieces).amax(-1)


class Competitive(nn.Module):
    """Prototypes `weight`, units × features; `places` are where the units of a map stand, units × axes.

    `steps` counts the batches that it learnt from: the neighbourhood shrinks with them.
    """

    steps: Tensor

    def __init__(self, features: int, places: tuple[tuple[float, ...], ...], radius: float, fading: float) -> None:
        super().__init__()
        self.radius, self.fading = radius, fading
        self.weight = nn.Parameter(torch.randn(len(places), features))
        self.register_buffer("places", torch.tensor(places), persistent=False)
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The number of the nearest unit, its prototype, and half the squared distances, by neighbourhood."""
        squares = (x[:, None] - self.weight).square().sum(-1)
        winner = squares.detach().argmin(1)
        if self.radius:
            error = (self.near(winner) * squares).sum(1) / 2
            if self.training:
                self.steps.add_(1)
        else:
            error = squares.gather(1, winner[:, None])[:, 0] / 2
        return winner, self.weight[winner], error

    def near(self, winner: Tensor) -> Tensor:
        """How much each unit learns with each winner, N × units: 1 for itself, less for those that stand farther."""
        radius = self.radius * (torch.exp(-self.steps / self.fading) if self.fading else 1.0)
        places = self.get_buffer("places")
        away = (places[winner][:, None] - places).square().sum(-1)
        return torch.exp(-away / (2 * radius**2 + 1e-12))


class StartedOnData(Competitive, Fitted):
    """The same, with prototypes that are rows of the training part at the start: each far from those before it."""

    @torch.no_grad()
    def measure(self, parts: Parts) -> None:
        """Take the first row, then again and again the one that is farthest from all that were taken."""
        rows = torch.cat([exact(one) for one in parts()])
        taken = [(rows - rows.mean(0)).square().sum(1).argmin()]
        away = (rows - rows[taken[0]]).square().sum(1)
        while len(taken) < len(self.weight):
            taken.append(away.argmax())
            away = torch.minimum(away, (rows - rows[taken[-1]]).square().sum(1))
        self.weight.copy_(rows[torch.stack(taken)])

    @torch.no_grad()
    def reset_fit(self) -> None:
        """Forget the rows."""
        self.weight.normal_()
