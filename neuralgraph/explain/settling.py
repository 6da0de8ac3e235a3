"""How the units of a network with an energy settle from a state, step by step, on weights of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neuralgraph.compiler.blocks.boltzmann import RBM, BoltzmannMachine, DeepBoltzmannMachine
from neuralgraph.compiler.blocks.energy import Hopfield, coupling, energy

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Settled:
    """States of the visible units, steps + 1 × units, and the energy of each; `turned` says how many units changed.

    A step is a unit that was asked, or, where all are asked together, a sweep.
    """

    states: Array
    energies: Array
    turned: tuple[int, ...]
    step: str


def hopfield(weights: Hopfield, like: Hopfield, start: Tensor, clamped: Tensor | None) -> Settled:
    """One row (1 × units) settles with these weights in the manner of `like`: its order, seed and number of sweeps.

    It goes the way of the block itself, and is watched after every unit.
    """
    couplings = coupling(weights.weight)
    states, turned = [start.clone()], [0]
    for asked in _asked(like, len(couplings)):
        before, state = states[-1], states[-1].clone()
        new = like.turned(state, state @ couplings[:, asked], asked, clamped)
        state[:, asked] = new
        states.append(state)
        turned.append(int((state != before).sum()))
        if _rests(turned, 1 if like.order == "together" else len(couplings)):
            break
    every = torch.cat(states)
    found = energy(every, couplings, weights.bias)
    return Settled(_plain(every), _plain(found), tuple(turned), "sweep" if like.order == "together" else "unit asked")


def _asked(like: Hopfield, units: int) -> Iterator[int | slice]:
    """The units in the order in which they are asked: as the block draws it."""
    draw = torch.Generator(device="cpu").manual_seed(like.seed)
    for _ in range(like.sweeps):
        if like.order == "together":
            yield slice(None)
        else:
            yield from (torch.randperm(units, generator=draw) if like.order == "random" else torch.arange(units)
                        ).tolist()


def _rests(turned: list[int], each: int) -> bool:
    """A whole sweep went by without any unit turning."""
    asked = len(turned) - 1
    return asked > 0 and asked % each == 0 and not any(turned[-each:])


def machine(block: nn.Module, start: Tensor, steps: int, temperature: float) -> Settled:
    """One row (1 × visible) is let go: so many steps of Gibbs sampling, with the energy after each.

    Of an RBM it is the free energy of the visible units, else that of all units, hidden ones among them. Draws from
    the random state of torch: seed it.
    """
    match block:
        case RBM():
            states, found = _rbm(block, start, steps, temperature)
        case BoltzmannMachine():
            states, found = _general(block, start, steps, temperature)
        case DeepBoltzmannMachine():
            states, found = _deep(block, start, steps, temperature)
        case _:
            raise TypeError(type(block).__name__)
    every = _plain(torch.cat(states))
    changed = (np.abs(np.diff(every, axis=0)) > 0.5).sum(axis=1)
    return Settled(every, _plain(torch.cat(found)), (0, *changed.tolist()), "step")


def _rbm(block: RBM, start: Tensor, steps: int, temperature: float) -> tuple[list[Tensor], list[Tensor]]:
    states, found = [start], [block.free_energy(start)]
    for _ in range(steps):
        hidden = torch.bernoulli(torch.sigmoid((states[-1] @ block.weight.T + block.bias) / temperature))
        visible = torch.sigmoid((hidden @ block.weight + block.visible_bias) / temperature)
        states.append(torch.bernoulli(visible) if block.draw == "both" else visible)
        found.append(block.free_energy(states[-1]))
    return states, found


def _general(block: BoltzmannMachine, start: Tensor, steps: int, temperature: float
             ) -> tuple[list[Tensor], list[Tensor]]:
    couplings = coupling(block.weight)
    hidden = torch.bernoulli(block.settled(start, couplings)) if len(couplings) > block.visible else start[:, :0]
    state = torch.cat((start, hidden), 1)
    states, found = [start], [energy(state, couplings, block.bias)]
    for _ in range(steps):
        for at in range(len(couplings)):
            felt = state @ couplings[:, at] + block.bias[at]
            state[:, at] = torch.bernoulli(torch.sigmoid(felt / temperature))
        states.append(state[:, :block.visible].clone())
        found.append(energy(state, couplings, block.bias))
    return states, found


def _deep(block: DeepBoltzmannMachine, start: Tensor, steps: int, temperature: float
          ) -> tuple[list[Tensor], list[Tensor]]:
    layers = [start, *(torch.bernoulli(one) for one in block.settled(start)[1:])]
    states, found = [start], [block.energy(layers)]
    for _ in range(steps):
        for at in (*range(0, block.layers, 2), *range(1, block.layers, 2)):
            layers[at] = torch.bernoulli(torch.sigmoid(block.field(layers, at) / temperature))
        states.append(layers[0])
        found.append(block.energy(layers))
    return states, found


def overlaps(state: Array, patterns: Array, low: float) -> Array:
    """How alike a state is to each pattern: 1 the same, 0 as by chance, −1 the negative. Units are `low` or 1."""
    middle, half = (1 + low) / 2, (1 - low) / 2
    return np.asarray(((patterns - middle) / half) @ ((state - middle) / half) / max(len(state), 1))


def _plain(value: Tensor) -> Array:
    return value.detach().double().cpu().numpy()
