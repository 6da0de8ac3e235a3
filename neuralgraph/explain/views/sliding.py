"""A window that slides over a picture or a sequence: what lies under it, what it is multiplied with, what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.resolve import value
from neuralgraph.explain.views.inside import inputs, kind_of, without_values
from neuralgraph.explain.views.laid import joined, tone
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Grid, Pen, Shown
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param

Array = NDArray[Any]
CONVOLUTIONS, POOLS = ("Conv1d", "Conv2d"), ("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d")
FRAMED = 4096
"""Of larger maps single cells cannot be told apart."""


@dataclass(frozen=True)
class Window:
    """Rows and columns of a window, of its steps, of the rim, and of the gaps between its cells."""

    size: tuple[int, int]
    stride: tuple[int, int]
    rim: tuple[int, int]
    gap: tuple[int, int]


class SlidingWindow(View):
    """One step of a convolution or a pooling: the window on what comes in, the products, and the cell that they make.

    Click a cell of what comes out, and the window moves there; drag along a row to see it slide. A convolution
    multiplies what lies under the window with its filter, place by place, and adds up: over all channels that come in,
    with the offset of the filter. A pooling takes the largest, or the mean. The rim is filled with zeros.
    """

    group = "Activations"
    icon = "crop-free"
    place: int = param(0, "Which cell of what comes out, counted row by row.", min=0)
    channel: int = param(0, "Which channel comes out: which filter.", min=0)
    seen: int = param(0, "Which of the channels that come in is drawn.", min=0)

    @classmethod
    def fits(cls, at: At) -> str:
        node = kind_of(at)
        if node is None or node.type not in (*CONVOLUTIONS, *POOLS):
            return "Only a convolution or a pooling of pictures or sequences slides a window."
        if node.type in CONVOLUTIONS and (node.values["padding_mode"] != "zeros" or node.values["groups"] != 1):
            return "The window is drawn for one group of channels and a rim of zeros."
        return without_values(at)

    def look(self, at: At) -> Shown:
        given = _flat(np.asarray(next(iter(inputs(at, at.sample).values())), float), at)
        found = _flat(np.asarray(next(iter(at.values(at.sample)[at.node].values())), float), at)
        window = geometry(at)
        channel, rows, columns = min(self.channel, len(found) - 1), *found.shape[1:]
        place = min(self.place, rows * columns - 1)
        row, column = divmod(place, columns)
        pooling = at.kind.type in POOLS
        seen = channel if pooling else min(self.seen, len(given) - 1)
        padded = _padded(given, window, -np.inf if at.kind.type.startswith("Max") else 0.0)
        shown = padded[seen, : given.shape[1] + 2 * window.rim[0], : given.shape[2] + 2 * window.rim[1]]
        shown = np.where(np.isfinite(shown), shown, 0.0)
        corner = (row * window.stride[0], column * window.stride[1])
        reach = tuple((size - 1) * gap + 1 for size, gap in zip(window.size, window.gap, strict=True))
        what = "Comes in, with its rim" if any(window.rim) else "Comes in"
        left = Grid(shown, tone(shown), title=_of(what, seen, len(given)), boxes=((*corner, *reach),), scale=False)
        middle, told = self._inside(at, _under(padded, window, row, column), channel, seen, found[channel, row, column])
        pen = Pen("place", str(place), picks=True) if rows * columns <= FRAMED else None
        right = Grid(found[channel], tone(found[channel]), title=_of("Comes out", channel, len(found)),
                     marked=((row, column),), pen=pen, scale=False)
        return Board((left, middle, right), across=3,
                     note=joined(told, "Click a cell of what comes out." if pen is not None else ""))

    def _inside(self, at: At, under: Array, channel: int, seen: int, out: float) -> tuple[Shown, str]:
        """What lies under the window, times the filter; and how that becomes the number that comes out."""
        if at.kind.type in POOLS:
            shown = np.where(np.isfinite(under[channel]), under[channel], 0.0)
            what = "The largest" if at.kind.type.startswith("Max") else "The mean"
            return Grid(shown, tone(shown), title="Under the window", scale=False), f"{what} is {_plain(out)}."
        weight = at.weights["weight"].astype(float)
        weight = weight[:, :, None] if weight.ndim == 3 else weight
        offset = float(at.weights["bias"][channel]) if "bias" in at.weights else 0.0
        products = under * weight[channel] + 0.0  # no minus zero
        own, others = float(products[seen].sum()), float(np.delete(products, seen, axis=0).sum())
        tiles = np.stack([under[seen], weight[channel, seen], products[seen]])
        terms = [_plain(own), *([f"{_plain(others)} of the other channels"] if len(products) > 1 else []),
                 *([f"{_plain(offset)} offset"] if "bias" in at.weights else [])]
        told = " + ".join(terms).replace("+ −", "− ") + (f" = {_plain(out)}." if len(terms) > 1 else " comes out.")
        return Grid(tiles, tone(tiles), tile_names=("under it", "× filter", "= products"), scale=False,
                    title="Place by place", across=int(under.shape[1] == 1)), told


def geometry(at: At) -> Window:
    """The window of the node in sight, a sequence as a picture of one row."""
    call = at.program.inference.calls[at.node]
    given = {name: value(raw) for name, raw in call.kwargs}
    flat = at.kind.type.endswith("1d")

    def pair(name: str, usual: int) -> tuple[int, int]:
        one = given.get(name)
        one = usual if one is None else one
        both = tuple(one) if isinstance(one, (tuple, list)) else (one, one)
        still = 0 if name == "padding" else 1
        return (still, int(both[-1])) if flat else (int(both[0]), int(both[-1]))

    size = pair("kernel_size", 1)
    steps = size if given.get("stride") is None else pair("stride", 1)
    return Window(size, steps, pair("padding", 0), pair("dilation", 1))


def _padded(given: Array, window: Window, rim: float) -> Array:
    """With its rim, and enough behind it for a window that reaches over the end."""
    edges = tuple((one, one + size) for one, size in zip(window.rim, window.size, strict=True))
    return np.pad(given, ((0, 0), *edges), constant_values=rim)


def _under(padded: Array, window: Window, row: int, column: int) -> Array:
    """channels × rows × columns of what lies under the window."""
    (tall, wide), (down, across), (low, right) = window.size, window.stride, window.gap
    first, left = row * down, column * across
    return padded[:, first : first + (tall - 1) * low + 1 : low, left : left + (wide - 1) * right + 1 : right]


def _flat(values: Array, at: At) -> Array:
    """The sample's channels × rows × columns; a sequence is a row."""
    one = values[0] if values.ndim == (3 if at.kind.type.endswith("1d") else 4) else values
    return one[:, None] if at.kind.type.endswith("1d") else one


def _of(what: str, channel: int, count: int) -> str:
    return f"{what}: channel {channel} of {count}" if count > 1 else what


def _plain(number: float) -> str:
    """A whole number as such: 4, not 4.00."""
    return spelled(int(number) if float(number).is_integer() else float(number))


SLIDING: tuple[type[View], ...] = (SlidingWindow,)
