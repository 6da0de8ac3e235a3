"""Boltzmann machines: units that are 1 by chance, and learn the probabilities of what they are shown."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from neuralgraph.compiler.blocks.energy import all_states, coupling, energy, entropy


class RBM(nn.Module):
    """Visible and hidden units, coupled from layer to layer alone; `weight` is hidden × visible.

    `phase` says where the negative phase takes its rows: data (contrastive divergence), particles (they live on from
    step to step, in a buffer) or exact (all states). `draw` is both or hidden: what is drawn in a step of the chain.
    """

    particles: Tensor

    def __init__(self, visible: int, hidden: int, k: int, phase: str, particles: int, draw: str, temperature: float,
                 dream: int) -> None:
        super().__init__()
        self.k, self.phase, self.draw, self.temperature, self.dream = k, phase, draw, temperature, dream
        self.weight = nn.Parameter(0.01 * torch.randn(hidden, visible))
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        if phase == "particles":
            self.register_buffer("particles", torch.bernoulli(torch.full((particles, visible), 0.5)))

    def forward(self, x: Tensor, down: Tensor | None = None) -> tuple[Tensor, ...]:
        """P(hidden | x), P(visible | hidden or down), the dreamt rows, the free energy of x, and of what it dreams."""
        hidden = torch.sigmoid(functional.linear(x, self.weight, self.bias))
        visible = torch.sigmoid((hidden if down is None else down) @ self.weight + self.visible_bias)
        with torch.no_grad():
            sample = self.chain(x)
        negative = -self.log_z() if self.phase == "exact" else self.free_energy(sample)
        return hidden, visible, sample, self.free_energy(x), negative

    def free_energy(self, v: Tensor) -> Tensor:
        """−log of the sum over all hidden states, of every row."""
        return -(v @ self.visible_bias) - functional.softplus(functional.linear(v, self.weight, self.bias)).sum(-1)

    def chain(self, x: Tensor) -> Tensor:
        """Rows after the steps of Gibbs sampling; particles go on from there next time, while training."""
        v = self.particles if self.phase == "particles" else x
        for _ in range(self.k if self.training or not self.dream else self.dream):
            h = torch.bernoulli(torch.sigmoid(functional.linear(v, self.weight, self.bias) / self.temperature))
            v = torch.sigmoid((h @ self.weight + self.visible_bias) / self.temperature)
            if self.draw == "both":
                v = torch.bernoulli(v)
        if self.phase == "particles" and self.training:
            self.particles.copy_(v)
        return v

    def log_z(self) -> Tensor:
        """The logarithm of the sum over all states, from every state of the smaller layer."""
        hidden, visible = self.weight.shape
        if visible <= hidden:
            return torch.logsumexp(-self.free_energy(all_states(visible, self.weight)), 0)
        h = all_states(hidden, self.weight)
        inside = functional.softplus(h @ self.weight + self.visible_bias).sum(-1)
        return torch.logsumexp(h @ self.bias + inside, 0)


class BoltzmannMachine(nn.Module):
    """All units coupled to all, the first ones visible; `weight` is n × n, `bias` n, of visible and hidden together.

    `phase` is particles or exact. Every step makes so many `sweeps` of Gibbs sampling, from the temperature `hot` down
    to `cold` in equal ratios.
    """

    particles: Tensor

    def __init__(self, visible: int, hidden: int, phase: str, particles: int, sweeps: int, mean_field: int, hot: float,
                 cold: float) -> None:
        super().__init__()
        self.visible, self.phase, self.sweeps, self.mean_field = visible, phase, sweeps, mean_field
        self.hot, self.cold = hot, cold
        self.weight = nn.Parameter(0.1 * torch.randn(visible + hidden, visible + hidden))
        self.bias = nn.Parameter(torch.zeros(visible + hidden))
        if phase == "particles":
            self.register_buffer("particles", torch.bernoulli(torch.full((particles, visible + hidden), 0.5)))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Hidden probabilities (where there are hidden units), dreamt rows, energy of x, energy of what it dreams."""
        couplings, n = coupling(self.weight), len(self.weight)
        with torch.no_grad():
            sample = self.anneal(couplings, x)
            settled = self.settled(x, couplings)
        negative = self.exact(x[:1, :0], couplings) if self.phase == "exact" else energy(sample, couplings, self.bias)
        dreamt = sample[:, :self.visible]
        if n == self.visible:
            return dreamt, energy(x, couplings, self.bias), negative
        felt = torch.cat((x, settled), 1) @ couplings[:, self.visible:] + self.bias[self.visible:]
        positive = self.exact(x, couplings) if self.phase == "exact" else (
            energy(torch.cat((x, settled), 1), couplings, self.bias) - entropy(settled))
        return torch.sigmoid(felt), dreamt, positive, negative[0] if self.phase == "exact" else negative

    def settled(self, x: Tensor, couplings: Tensor) -> Tensor:
        """Mean field: hidden probabilities from 0.5 on, one after the other, for so many rounds."""
        hidden = len(couplings) - self.visible
        state = torch.cat((x, torch.full((len(x), hidden), 0.5, dtype=x.dtype, device=x.device)), 1)
        for _ in range(0 if x.is_meta else self.mean_field):
            for at in range(self.visible, len(couplings)):
                state[:, at] = torch.sigmoid(state @ couplings[:, at] + self.bias[at])
        return state[:, self.visible:]

    def anneal(self, couplings: Tensor, x: Tensor) -> Tensor:
        """States after the sweeps, visible and hidden; particles go on from there next time, while training."""
        if self.phase == "particles":
            state = self.particles.clone()
        else:
            state = torch.bernoulli(torch.full((len(x), len(couplings)), 0.5, dtype=x.dtype, device=x.device))
        for sweep in range(0 if x.is_meta else self.sweeps):
            share = sweep / max(self.sweeps - 1, 1)
            temperature = self.hot ** (1 - share) * self.cold**share
            for at in range(len(couplings)):
                felt = state @ couplings[:, at] + self.bias[at]
                state[:, at] = torch.bernoulli(torch.sigmoid(felt / temperature))
        if self.phase == "particles" and self.training:
            self.particles.copy_(state)
        return state

    def exact(self, known: Tensor, couplings: Tensor) -> Tensor:
        """−log of the sum over all states in which the first units are as known, of every row."""
        rest = all_states(len(couplings) - known.shape[1], self.weight)
        states = torch.cat((known[:, None].expand(-1, len(rest), -1), rest.expand(len(known), -1, -1)), -1)
        return -torch.logsumexp(-energy(states, couplings, self.bias), -1)


class DeepBoltzmannMachine(nn.Module):
    """Layers of units, each coupled to the next: `weight_1` is first hidden × visible, `weight_2` second × first, …"""

    def __init__(self, sizes: Sequence[int], particles: int, sweeps: int, mean_field: int, temperature: float) -> None:
        super().__init__()
        self.sweeps, self.mean_field, self.temperature = sweeps, mean_field, temperature
        for at, size in enumerate(sizes):
            self.register_parameter(f"bias_{at}", nn.Parameter(torch.zeros(size)))
            if at:
                self.register_parameter(f"weight_{at}", nn.Parameter(0.01 * torch.randn(size, sizes[at - 1])))
            self.register_buffer(f"particles_{at}", torch.bernoulli(torch.full((particles, size), 0.5)))
        self.layers = len(sizes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Hidden probabilities of all layers side by side, dreamt rows, energy of x, energy of what it dreams."""
        with torch.no_grad():
            means = self.settled(x)
            dreamt = self.dream()
        felt = torch.cat([torch.sigmoid(self.field(means, at)) for at in range(1, self.layers)], -1)
        spread = torch.stack([entropy(one) for one in means[1:]]).sum(0)
        return felt, dreamt[0], self.energy(means) - spread, self.energy(dreamt)

    def field(self, states: Sequence[Tensor], at: int) -> Tensor:
        """What pulls the units of a layer: its neighbours above and below."""
        found = self._of(f"bias_{at}").expand(len(states[at]), -1)
        if at:
            found = found + states[at - 1] @ self._of(f"weight_{at}").mT
        if at + 1 < self.layers:
            found = found + states[at + 1] @ self._of(f"weight_{at + 1}")
        return found

    def energy(self, states: Sequence[Tensor]) -> Tensor:
        """Of every row, negative where neighbouring layers agree."""
        found = -(states[0] @ self._of("bias_0"))
        for at in range(1, self.layers):
            pulled = states[at - 1] @ self._of(f"weight_{at}").mT + self._of(f"bias_{at}")
            found = found - (pulled * states[at]).sum(-1)
        return found

    def _of(self, name: str) -> Tensor:
        """A weight by its name; not `get_parameter`, since whoever derives it may have put a plain tensor there."""
        found: Tensor = getattr(self, name)
        return found

    def settled(self, x: Tensor) -> list[Tensor]:
        """Mean field from 0.5 on: all odd layers at once, then all even ones, for so many rounds."""
        sizes = [len(self._of(f"bias_{at}")) for at in range(self.layers)]
        means = [x, *(torch.full((len(x), size), 0.5, dtype=x.dtype, device=x.device) for size in sizes[1:])]
        for _ in range(0 if x.is_meta else self.mean_field):
            for at in (*range(1, self.layers, 2), *range(2, self.layers, 2)):
                means[at] = torch.sigmoid(self.field(means, at))
        return means

    def dream(self) -> list[Tensor]:
        """The particles after the sweeps: odd layers at once, then even ones; they live on while training."""
        states = [self.get_buffer(f"particles_{at}").clone() for at in range(self.layers)]
        for _ in range(self.sweeps):
            for at in (*range(1, self.layers, 2), *range(0, self.layers, 2)):
                states[at] = torch.bernoulli(torch.sigmoid(self.field(states, at) / self.temperature))
        if self.training:
            for at, one in enumerate(states):
                self.get_buffer(f"particles_{at}").copy_(one)
        return states
