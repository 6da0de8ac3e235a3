"""Networks with an energy: what their couplings are, how their units settle, and what all their states come to."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def coupling(weight: Tensor) -> Tensor:
    """Symmetric couplings without a diagonal, n × n, of a square of numbers.

    A connection is one number that stands in two places, (i, j) and (j, i): its slope is that of both together, as in
    ΔW = s sᵀ of the books.
    """
    both = weight + weight.mT
    return (both - both.detach() / 2) * (1 - torch.eye(len(weight), dtype=weight.dtype, device=weight.device))


def energy(states: Tensor, couplings: Tensor, bias: Tensor | None) -> Tensor:
    """−½ s W sᵀ − b sᵀ of every row."""
    pairs = -0.5 * ((states @ couplings) * states).sum(-1)
    return pairs if bias is None else pairs - states @ bias


def all_states(units: int, like: Tensor) -> Tensor:
    """Every state of so many units that are 0 or 1: 2ⁿ × n."""
    numbers = torch.arange(2**units, device=like.device)
    return ((numbers[:, None] >> torch.arange(units, device=like.device)) & 1).to(like.dtype)


def entropy(p: Tensor) -> Tensor:
    """Of independent units that are 1 with these probabilities, along the last axis."""
    return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(-1)


class Hopfield(nn.Module):
    """Units that are `low` or 1, all coupled to all; settles for so many sweeps, and tells the energy on the way.

    `order` is random (drawn from `seed`, the same each time), given (first to last) or together (all at once).
    """

    bias: Tensor | None

    def __init__(self, units: int, sweeps: int, order: str, seed: int, low: float, bias: bool) -> None:
        super().__init__()
        self.sweeps, self.order, self.seed, self.low = sweeps, order, seed, low
        self.weight = nn.Parameter(torch.zeros(units, units))
        self.register_parameter("bias", nn.Parameter(torch.zeros(units)) if bias else None)

    def forward(self, x: Tensor, clamped: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The settled state, its energy, that of x, and those after 0, 1, 2 … sweeps."""
        couplings = coupling(self.weight)
        with torch.no_grad():
            state, curve = self.settle(x, couplings, clamped)
        return state, energy(state, couplings, self.bias), energy(x, couplings, self.bias), curve

    def settle(self, x: Tensor, couplings: Tensor, clamped: Tensor | None) -> tuple[Tensor, Tensor]:
        """The state after all sweeps, and the energies N × (sweeps + 1)."""
        state, found = x.clone(), [energy(x, couplings, self.bias)]
        draw = torch.Generator(device="cpu").manual_seed(self.seed)
        for _ in range(0 if x.is_meta else self.sweeps):  # shapes are known without settling
            before = state.clone()
            if self.order == "together":
                state = self.turned(state, state @ couplings, slice(None), clamped)
            else:
                units = torch.randperm(len(couplings), generator=draw, device="cpu") if self.order == "random" else (
                    torch.arange(len(couplings), device="cpu"))
                for at in units.tolist():
                    state[:, at] = self.turned(state, state @ couplings[:, at], at, clamped)
            found.append(energy(state, couplings, self.bias))
            if torch.equal(before, state):
                break
        found += [found[-1]] * (self.sweeps + 1 - len(found))
        return state, torch.stack(found, dim=-1)

    def turned(self, state: Tensor, field: Tensor, at: int | slice, clamped: Tensor | None) -> Tensor:
        """What those units become; one that nothing pulls stays as it is."""
        own = state[:, at]
        if self.bias is not None:
            field = field + self.bias[at]
        new = torch.where(field > 0, 1.0, torch.where(field < 0, self.low, own)).to(own.dtype)
        return new if clamped is None else torch.where(clamped[..., at], own, new)
