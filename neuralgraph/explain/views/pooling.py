"""Which cell of each window won in a max pooling: the switches that its gradient goes back through."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.resolve import resolve, value
from neuralgraph.explain.views.inside import inputs, kind_of, many, size_of, without_values
from neuralgraph.explain.views.laid import joined, tone
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Grid, Shown
from neuralgraph.spec import param

Array = NDArray[Any]
FRAMED = 1024
"""Of larger pictures the winners are drawn as dots of a picture of their own."""


class Switches(View):
    """Which cell of every window of a max pooling won: it alone is passed on, and alone gets the gradient.

    Left the input with a frame around every winner, right what comes out. A cell that wins in several windows, where
    these overlap, has one frame; where all cells of a window are equal, the first one wins.
    """

    title = "Pooling switches"
    group = "Activations"
    icon = "vector-square-plus"
    channel: int = param(0, "Which channel of a picture or volume.", min=0, max=10**6)
    depth: int = param(0, "Which slice of a volume.", min=0, max=10**6)

    @classmethod
    def fits(cls, at: At) -> str:
        node = kind_of(at)
        if node is None or not node.type.startswith(("MaxPool", "AdaptiveMaxPool")):
            return "Only a max pooling has cells that win."
        return without_values(at)

    def look(self, at: At) -> Shown:
        given, won, out = switches(at)
        channel, note = min(self.channel, len(given) - 1), ""
        if given.ndim == 2:  # sequences: all channels are rows
            shown, marks, after = given, [(row, int(cell)) for row in range(len(given)) for cell in won[row]], out
            what = "all channels"
        else:
            shown, after, what = given[channel], out[channel], f"channel {channel}"
            cells = np.unique(won[channel].ravel())
            if given.ndim == 4:
                depth = min(self.depth, shown.shape[0] - 1)
                plane = shown.shape[1] * shown.shape[2]
                cells, shown = cells[cells // plane == depth] % plane, shown[depth]
                after, what = after[min(depth * len(after) // given.shape[1], len(after) - 1)], f"{what}, slice {depth}"
            marks = [(int(one) // shown.shape[1], int(one) % shown.shape[1]) for one in cells]
        if self.channel > channel and given.ndim > 2:
            note = f"There are {len(given)} channels only."
        limits = _limits(shown, after)
        count = f"{many(len(marks), 'cell')} of {shown.size:,} won: those in frames."
        if shown.size > FRAMED:
            wins = np.zeros(shown.shape)
            for mark in marks:
                wins[mark] = 1
            count = f"{many(len(marks), 'cell')} of {shown.size:,} won."
            left = Grid(np.where(wins > 0, shown, 0.0), tone(shown), limits, title=f"winners of {what}",
                        note="All other cells are drawn as 0.")
        else:
            left = Grid(shown, tone(shown), limits, title=f"what went in: {what}", marked=tuple(marks))
        right = Grid(after, tone(shown), limits, title=f"what came out: {size_of(after.shape)}")
        return Board((left, right), across=2, note=joined(count, note))


def switches(at: At) -> tuple[Array, Array, Array]:
    """The input of the sample, the number of the winning cell of each window within its channel, and the output."""
    call = at.program.inference.calls[at.node]
    x = next(iter(inputs(at, at.sample).values()))
    kwargs = {name: value(raw) for name, raw in call.kwargs} | {"return_indices": True}
    with torch.no_grad():
        out, won = resolve(call.target)(torch.tensor(x), **kwargs)
    return x[0], won[0].numpy(), out[0].numpy()


def _limits(*parts: Array) -> tuple[float, float]:
    low = min(float(np.nanmin(one)) for one in parts)
    high = max(float(np.nanmax(one)) for one in parts)
    if low < 0:
        reach = max(-low, high)
        return -reach, reach
    return low, high if high > low else low + 1.0
