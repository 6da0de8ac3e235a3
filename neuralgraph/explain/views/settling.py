"""Networks with an energy, painted and let go: frames of how they settle, and the pictures that they dream of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from neuralgraph.compiler.blocks import energy as blocks
from neuralgraph.compiler.blocks.boltzmann import RBM, BoltzmannMachine, DeepBoltzmannMachine
from neuralgraph.explain.seeing import part_of
from neuralgraph.explain.settling import Settled, hopfield, machine, overlaps
from neuralgraph.explain.views.inside import NO_DATA, Names, inputs, kind_of, many
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.pixels import Size, sides
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Board, Curve, Curves, Grid, Pen, Pictures, Shown
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
MACHINES = (RBM, BoltzmannMachine, DeepBoltzmannMachine)
FRAMES = 7
"""So many pictures stand side by side."""
PATTERNS = 64
"""A state is held against so many rows of the data."""
PAINTED = 1024
"""Of more units nobody paints single ones."""
BARS = 12
SAME = 0.999
LIKE = 0.8
"""From this overlap on a state is called after a pattern, although some units differ."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """What a network was taught: patterns × units, and what each is called."""

    values: Array
    names: Names


def block_of(at: At) -> nn.Module | None:
    """The block with the weights of a node; None where it has no energy."""
    node = kind_of(at)
    if node is None or node.type not in ("Hopfield", "RBM", "BoltzmannMachine", "DeepBoltzmannMachine"):
        return None
    return at.program.part(at.program.graph.nodes[at.node].shares or at.node)


class Settling(View):
    """A network with an energy is shown something and let go: frames of what becomes of it, and the energy of each.

    Paint the start: click or drag its pixels, and it settles anew. A Hopfield network asks one unit after the other;
    its energy falls or stays with every unit that turns, until it lies in a valley. Below, how alike the end is to
    what was learned: 1 is the same, −1 its negative, 0 by chance (Hopfield, Neural networks and physical systems with
    emergent collective computational abilities, 1982). Boltzmann machines turn by chance: their energy rises at times,
    too, and they wander on. Units that are clamped stay.
    """

    group = "Activations"
    icon = "grid-large"
    start: str = param("", "The start, unit by unit: 0 for the lower value, 1 for 1; nothing: what comes in.")
    row: int = param(0, "Which row is the start, where a Constant gives several; 0: that with the number of the "
                     "sample.", min=0, max=1_000_000)
    steps: int = param(20, "Steps of a machine that turns by chance; a Hopfield network makes its sweeps.", min=1,
                       max=500)
    seed: int = param(0, "The same seed turns the same units.", min=0, max=2**31 - 1)
    width: int = param(0, "Pixels in a line of the pictures; 0 finds out.", min=0, max=512)

    @classmethod
    def fits(cls, at: At) -> str:
        if block_of(at) is None:
            return "Only a network with an energy settles: Hopfield, RBM or a Boltzmann machine."
        fed = at.rows is not None and at.rows.count > 0
        return "" if fed or not at.program.needed((at.node,)) else NO_DATA

    def look(self, at: At) -> Shown:
        block = block_of(at)
        given = inputs(at, at.sample)
        rows = np.asarray(given["x"], np.float32)
        row = min(self.row - 1 if self.row else at.place, len(rows) - 1)
        low = 0.0
        if isinstance(block, blocks.Hopfield):
            low = like(at, block).low
        start, told = self._start(rows[row], low)
        found = self._settled(at, block, start, given.get("clamped"), row)
        size = self._size(at, len(start))
        patterns = taught(at)
        pen = Pen("start", "".join("1" if one > (low + 1) / 2 else "0" for one in start), values=(low, 1.0)) \
            if len(start) <= PAINTED else None
        first = Grid(start.reshape(size), "grey", (low, 1.0), title="Paint the start" if pen is not None else "Start",
                     scale=False, pen=pen)
        top = Board((first, _frames(found, size, low)), across=2, shares=(1.0, 2.6))
        end, moved = _end(found, patterns, low, still=isinstance(block, blocks.Hopfield))
        below = _curve(found, joined(moved, _held(given.get("clamped"), row), told, _dead(block)))
        if patterns is None:
            return Board((top, below), across=1, shares=(1.2, 1.0), title=end)
        return Board((top, Board((below, _alike(found, patterns, low)), across=2, shares=(1.7, 1.0))), across=1,
                     shares=(1.2, 1.0), title=end)

    def _start(self, row: Array, low: float) -> tuple[Array, str]:
        if not self.start:
            return row, ""
        if len(self.start) != len(row) or set(self.start) - set("01"):
            return row, f"start expects {len(row)} signs, 0 or 1; it has {len(self.start)}, so what comes in is shown."
        return np.array([1.0 if one == "1" else low for one in self.start], np.float32), ""

    def _settled(self, at: At, block: nn.Module | None, start: Array, clamped: Array | None, row: int) -> Settled:
        program = at.program
        with undisturbed(program.device, self.seed), torch.no_grad():
            given = torch.as_tensor(start, dtype=program.dtype, device=program.device)[None]
            if not isinstance(block, blocks.Hopfield):
                assert block is not None, "it fits"
                temperature = float(getattr(block, "temperature", getattr(block, "cold", 1.0)))
                return machine(block, given, self.steps, temperature)
            held = None
            if clamped is not None:
                one = clamped if clamped.ndim == 1 else clamped[min(row, len(clamped) - 1)]
                held = torch.as_tensor(one, dtype=torch.bool, device=program.device)[None]
            return hopfield(block, like(at, block), given, held)

    def _size(self, at: At, units: int) -> Size:
        if self.width and units % self.width == 0:
            return units // self.width, self.width
        output = {"Hopfield": "state", "RBM": "visible"}.get(at.kind.type, "sample")
        return sides(at, at.node, output) or (1, units)


def like(at: At, weights: blocks.Hopfield) -> blocks.Hopfield:
    """A block that settles in the manner of the node in sight, with the offsets of another one."""
    node = at.kind
    made = blocks.Hopfield(len(weights.weight), int(node.values["sweeps"]), str(node.values["order"]),
                           int(node.values["seed"]), -1.0 if node.values["units"] == "-1 and 1" else 0.0, False)
    made.bias = weights.bias
    return made


def taught(at: At) -> Patterns | None:
    """The rows of the data that come into the node, or into the one whose weights it has; None where there are none."""
    program = at.program
    owner = at.on(program.graph.nodes[at.node].shares or at.node)
    if at.rows is None or not program.needed((owner.node,)):
        return None
    chosen = np.asarray(part_of(at.rows, "train")[: min(PATTERNS, at.rows.quick)])
    if not len(chosen):
        return None
    values = np.asarray(inputs(owner, at.given(chosen))["x"], np.float64)
    classes = at.rows.target
    known = classes is not None and at.rows.names and np.ndim(classes) == 1
    names = tuple(at.rows.names[int(classes[one])] if known and classes is not None else "" for one in chosen)
    if len(set(names)) < len(names):
        names = tuple(f"row {one + 1}" + (f" ({name})" if name else "") for one, name in zip(chosen, names,
                                                                                             strict=True))
    return Patterns(values, names)


def _frames(found: Settled, size: Size, low: float) -> Shown:
    """The start, the end, and what lay between them, where something turned; rows of cells, where they are no
    pictures."""
    moments = [0, *(n for n, count in enumerate(found.turned) if count)]
    chosen = [moments[n] for n in np.unique(np.linspace(0, len(moments) - 1, min(len(moments), FRAMES)).astype(int))]
    captions = tuple(f"E {spelled(float(found.energies[n]))}" for n in chosen)
    title = "On the way: the energy of each"
    if size[0] == 1:
        return Grid(found.states[chosen], "grey", (low, 1.0), row_names=captions, scale=False, title=title)
    return Pictures(found.states[chosen].reshape(-1, *size), captions, across=FRAMES, limits=(low, 1.0), title=title)


def _held(clamped: Array | None, row: int) -> str:
    if clamped is None:
        return ""
    one = clamped if clamped.ndim == 1 else clamped[min(row, len(clamped) - 1)]
    return f"{many(int(one.astype(bool).sum()), 'unit')} held."


def _curve(found: Settled, note: str) -> Curves:
    x = np.arange(len(found.energies), dtype=float)
    turned = np.where(np.array(found.turned) > 0, found.energies, np.nan)
    curves = [Curve("energy", x, found.energies)]
    if found.step == "unit asked":
        curves.append(Curve("a unit turned", x, turned, dots=True))
    return Curves(tuple(curves), x_label={"unit asked": "units asked"}.get(found.step, found.step + "s"),
                  title="Energy while it settles", note=note)


def _alike(found: Settled, patterns: Patterns, low: float) -> Bars:
    alike = overlaps(found.states[-1], patterns.values, low)
    most = np.argsort(-np.abs(alike), kind="stable")[:BARS] if len(alike) > BARS else np.arange(len(alike))
    return Bars(alike[most], tuple(patterns.names[n] for n in most), title="Overlap at the end",
                y_range=(-1.2, 1.2), note=f"The {BARS} most alike of {len(alike)}." if len(alike) > BARS else "")


def _end(found: Settled, patterns: Patterns | None, low: float, *, still: bool) -> tuple[str, str]:
    """Where it ended, and how far that is from the start, in words; what does not stand `still` is only like it."""
    turned = sum(found.turned)
    moved = f"{many(turned, 'unit')} turned." if turned else "No unit turned: it rests where it started."
    if patterns is None:
        return "", moved
    alike = overlaps(found.states[-1], patterns.values, low)
    best = int(np.abs(alike).argmax())
    share, name = float(alike[best]), patterns.names[best]
    if not still:
        return f"At the end most like {name}, overlap {spelled(share)}", moved
    if abs(share) < LIKE:
        return f"Ends in nothing that was learned; the nearest is {name}, overlap {spelled(share)}", moved
    what = name if share > 0 else f"the negative of {name}"
    return (f"Ends in {what}" if abs(share) > SAME else f"Ends near {what}, overlap {spelled(share)}"), moved


def _dead(block: nn.Module | None) -> str:
    weight = getattr(block, "weight", None)
    silent = isinstance(block, blocks.Hopfield) and weight is not None and not bool(weight.any())
    return "All couplings are 0: train it first, one pass of Hebb." if silent else ""


SETTLING: tuple[type[View], ...] = (Settling,)
