"""What machines that turn by chance dream of while they learn: their fantasy particles beside the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neuralgraph.compiler.blocks.boltzmann import RBM, BoltzmannMachine, DeepBoltzmannMachine
from neuralgraph.compiler.blocks.energy import coupling, energy
from neuralgraph.explain.views.inside import inputs, many, some_rows, without_values
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.pixels import sides
from neuralgraph.explain.views.settling import block_of
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Grid, Pictures, Shown
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
NONE = "It keeps no particles: its negative phase is {}. Set its phase to particles."


class Particles(View):
    """The fantasy particles of a Boltzmann machine beside rows of the data: what it believes in at this moment.

    Particles live on from step to step of learning and wander while it learns; learning makes what they are less
    likely and the data likelier, until one cannot tell the two rows apart. First the mean of all: grey where the data
    are grey. Below each its energy; of an RBM the free energy. One that learns by contrastive divergence has no
    particles, and shows what its rows have become after its steps (Tieleman, Training restricted Boltzmann machines
    using approximations to the likelihood gradient, 2008).
    """

    title = "Fantasy particles"
    group = "Samples"
    icon = "thought-bubble-outline"
    count: int = param(9, "How many of them are shown.", min=1, max=40)
    width: int = param(0, "Pixels in a line of the pictures; 0 finds out.", min=0, max=512)

    @classmethod
    def fits(cls, at: At) -> str:
        block = block_of(at)
        if not isinstance(block, (RBM, BoltzmannMachine, DeepBoltzmannMachine)):
            return "Only a Boltzmann machine has particles: RBM, BoltzmannMachine or DeepBoltzmannMachine."
        if getattr(block, "phase", "") == "exact":
            return NONE.format("exact")
        return without_values(at)

    def look(self, at: At) -> Shown:
        block = block_of(at)
        assert block is not None, "it fits"
        given = at.given(some_rows(at, 256)) if at.program.needed((at.node,)) else at.sample  # constants are all there
        data = np.asarray(inputs(at, given)["x"], float)
        dreamt, energies = particles(at, block)
        kept = dreamt is not None
        if dreamt is None:
            found = at.values(given)[at.node]
            dreamt, energies = np.asarray(found["sample"], float), np.asarray(found["energy_sample"], float).reshape(-1)
        own = at.values(given)[at.node]["energy"].reshape(-1)
        count = min(self.count, len(data), len(dreamt))
        size = self._size(at, data.shape[1])
        off = float(np.sqrt(np.square(data.mean(axis=0) - dreamt.mean(axis=0)).mean()))
        note = joined(f"{many(len(dreamt), 'particle')}." if kept else "What rows of the data become after its steps.",
                      f"The means differ by {spelled(off)} a pixel.")
        return Board((_row("Data", data, own, count, size),
                      _row("Particles" if kept else "Dreams", dreamt, energies, count, size, note)), across=1)

    def _size(self, at: At, units: int) -> tuple[int, int]:
        if self.width and units % self.width == 0:
            return units // self.width, self.width
        return sides(at, at.node, "sample") or (1, units)


def _row(title: str, rows: Array, energies: Array, count: int, size: tuple[int, int], note: str = "") -> Shown:
    """The mean of all, and the first ones with their energies."""
    shown = np.concatenate([rows.mean(axis=0, keepdims=True), rows[:count]])
    captions = ("mean", *(f"E {spelled(float(one))}" for one in energies[:count]))
    if size[0] == 1:
        return Grid(shown, "grey", (0.0, 1.0), row_names=captions, title=title, note=note, scale=False)
    return Pictures(shown.reshape(-1, *size), captions, across=count + 1, limits=(0.0, 1.0), title=title, note=note)


def particles(at: At, block: nn.Module) -> tuple[Array | None, Array]:
    """The visible units of the particles as they are now, and the energy of each; None where it keeps none."""
    with undisturbed(at.program.device, at.program.seed), torch.no_grad():
        match block:
            case RBM() if block.phase == "particles":
                return _plain(block.particles), _plain(block.free_energy(block.particles))
            case BoltzmannMachine():
                found = energy(block.particles, coupling(block.weight), block.bias)
                return _plain(block.particles[:, :block.visible]), _plain(found)
            case DeepBoltzmannMachine():
                layers = [block.get_buffer(f"particles_{n}") for n in range(block.layers)]
                return _plain(layers[0]), _plain(block.energy(layers))
            case _:
                return None, np.zeros(0)


def _plain(value: Tensor) -> Array:
    return np.asarray(value.detach().double().cpu().numpy())
