"""What units look for in a picture: filters of a convolution, and the weights of a unit in the shape of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.views.inside import Names, class_names, kind_of, many, size_of
from neuralgraph.explain.views.laid import TILES, coloured_filters, joined
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Grid, Shown
from neuralgraph.spec import Node, param

Array = NDArray[Any]
CHANNELS = 12
"""So many input channels, and filters, stand side by side where all are shown."""
CHOICES = 256
IN_PLACE = ("Flatten", "Standardize", "MinMax", "Dropout", "Identity", "BatchNorm1d", "LayerNorm")
"""Besides activations: what leaves every number in its place."""


class Filters(View):
    """The filters of a convolution as small pictures: what each output channel looks for.

    Where a filter is blue it wants brightness, where it is orange darkness: an edge is blue on one side and orange on
    the other. Of pictures in colour the filters are drawn in colour. Filters that look like noise have learned little.
    """

    group = "Weights"
    icon = "image-filter-center-focus"
    channel: str = param("all", "Which input channel: its number, all, or the mean over all of them.")
    scale: str = param("together", "One scale for all filters, or the largest of each.", choices=("together", "each"))

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        if option != "channel" or cls.fits(at):
            return ()
        count = kernels(at, np.broadcast_to(np.zeros(()), tuple(at.parameters["weight"].shape))).shape[1]
        return ("all", "mean", *map(str, range(min(count, CHOICES))))

    @classmethod
    def fits(cls, at: At) -> str:
        node = kind_of(at)
        known = node is not None and node.type.startswith("Conv") and "weight" in at.parameters
        return "" if known else "Only a convolution has filters."

    def look(self, at: At) -> Shown:
        whole = kernels(at, at.weights["weight"])
        outputs, channels, *size = whole.shape
        title = f"{many(outputs, 'filter')} of {size_of(tuple(size))}" + (f", {channels} channels" if channels > 1 else
                                                                       "")
        names = tuple(map(str, range(outputs)))
        if len(size) == 3:
            return self._volumes(whole, title)
        if channels == 1 or self.channel == "mean" or self.channel.isdecimal():
            chosen, note = self._channel(whole)
            flat = chosen if len(size) == 2 else chosen[:, None]
            return self._tiles(flat, title, names, note)
        if len(size) == 1:
            tiles = whole
            return self._tiles(tiles, title, names, "Of each filter: a row an input channel, a column a step.")
        if channels == 3:
            return coloured_filters(whole[:TILES], names[:TILES], title=title, each=self.scale == "each",
                                    note=_first(outputs))
        kept = whole[:CHANNELS, :CHANNELS]
        tiles = kept.reshape(-1, *size)
        note = joined("A row is a filter, a column an input channel.",
                      f"The first {len(kept)} of {outputs} filters, the first {kept.shape[1]} of {channels} channels."
                      if kept.shape[:2] != whole.shape[:2] else "")
        pairs = tuple(f"{row} ← {column}" for row, column in np.ndindex(kept.shape[:2]))
        return Grid(self._scaled(tiles), title=title, tile_names=pairs, across=kept.shape[1], note=note,
                    limits=(-1.0, 1.0) if self.scale == "each" else None)

    def _channel(self, whole: Array) -> tuple[Array, str]:
        channels = whole.shape[1]
        if self.channel == "mean" and channels > 1:
            return whole.mean(axis=1), f"The mean over all {channels} input channels."
        wanted = int(self.channel) if self.channel.isdecimal() else 0
        kept = min(wanted, channels - 1)
        note = f"Input channel {kept}." if channels > 1 else ""
        return whole[:, kept], joined(note, f"There is no channel {wanted}." if wanted > kept else "")

    def _tiles(self, tiles: Array, title: str, names: Names, note: str) -> Shown:
        return Grid(self._scaled(tiles[:TILES]), title=title, tile_names=names[:TILES],
                    limits=(-1.0, 1.0) if self.scale == "each" else None, note=joined(note, _first(len(tiles))))

    def _volumes(self, whole: Array, title: str) -> Shown:
        chosen, note = self._channel(whole)
        kept = chosen[:CHANNELS]
        names = tuple(f"{n} / {depth}" for n, depth in np.ndindex(kept.shape[:2]))
        more = joined(note, "A row is a filter, a column a slice of it.",
                      f"The first {len(kept)} of {len(whole)}." if len(kept) < len(whole) else "")
        return Grid(self._scaled(kept.reshape(-1, *kept.shape[2:])), title=title, tile_names=names,
                    across=kept.shape[1], note=more, limits=(-1.0, 1.0) if self.scale == "each" else None)

    def _scaled(self, tiles: Array) -> Array:
        if self.scale == "together":
            return tiles
        reach = np.abs(tiles).max(axis=tuple(range(1, tiles.ndim)), keepdims=True)
        return np.asarray(tiles / np.where(reach > 0, reach, 1.0))


def kernels(at: At, weight: Array) -> Array:
    """Filters as (outputs, input channels, …), also of a transposed convolution, whose weights lie otherwise."""
    node = kind_of(at)
    if node is None or not node.type.startswith("ConvTranspose"):
        return weight
    groups = int(getattr(node, "groups", 1)) if len(weight) % int(getattr(node, "groups", 1)) == 0 else 1
    inputs, outputs, *size = weight.shape
    apart = weight.reshape(groups, inputs // groups, outputs, *size)
    return np.swapaxes(apart, 1, 2).reshape(groups * outputs, inputs // groups, *size)


def _first(count: int) -> str:
    return f"The first {TILES} of {count:,}." if count > TILES else ""


UNITS = ("Linear", "RBM", "Competitive")
"""Layers with a row of weights for each unit, one for every input."""


@dataclass(frozen=True)
class Origin:
    """Where the inputs of a layer come from: a picture of `shape`, through the matrices of `layers`, last one first."""

    shape: tuple[int, ...]
    layers: tuple[str, ...]
    bent: bool
    """There are activations in between."""


def origin(at: At) -> Origin | None:
    """The picture that a layer of units looks at, straight or through Linear layers; None where there is none."""
    node = kind_of(at)
    if node is None or node.type not in UNITS:
        return None
    program, id, layers, bent = at.program, at.node, [at.node], False
    while True:
        wires = list(program.inference.wires[id].values())
        if len(wires) != 1:
            return None
        id = wires[0].source
        found = program.inference.nodes.get(id)
        spec = program.inference.specs.get(id, {}).get(wires[0].output)
        if not isinstance(found, Node) or spec is None:
            return None
        if found.role == "source" or (spec.rank > 2 and found.type not in IN_PLACE):
            shape = tuple(int(one) for one in spec.shape[1:])
            picture = len(shape) in (2, 3) and min(shape[-2:]) > 1 and (len(shape) == 2 or shape[0] in (1, 3))
            wide = program.inference.inputs[layers[-1]].get("x")
            fitting = wide is not None and wide.rank == 2 and wide.shape[1] == np.prod(shape)
            return Origin(shape, tuple(layers), bent) if picture and fitting else None
        bends = found.category == "Activations"
        if found.type == "Linear":
            layers.append(id)
        elif not (found.passes or bends or found.type in IN_PLACE):
            return None
        bent = bent or (bends and found.type != "Identity")


class InputImages(View):
    """The weights of every unit in the shape of the picture that it looks at: where ink speaks for it, and against it.

    Blue pixels raise the unit, orange ones lower it. Of a layer that comes after others, the matrices of all of them
    are multiplied, as if the activations in between let everything through.
    """

    title = "Weights as pictures"
    group = "Weights"
    icon = "image-multiple-outline"

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if origin(at) is not None else "Only units whose inputs are the pixels of a picture have weights " \
                                                 "in its shape."

    def look(self, at: At) -> Shown:
        found = origin(at)
        assert found is not None
        matrix = np.asarray(at.weights["weight"], np.float64)
        for id in found.layers[1:]:
            matrix = matrix @ at.on(id).weights["weight"].astype(np.float64)
        units = len(matrix)
        images = matrix[:TILES].reshape(-1, *found.shape)
        names = class_names(at, units) or tuple(map(str, range(units)))
        through = f"Multiplied through {len(found.layers)} layers" + (
            ", as if the activations in between let everything through." if found.bent else ".")
        note = joined(through if len(found.layers) > 1 else "", _first(units))
        title = f"{many(units, 'unit')}, weights of {size_of(found.shape)}"
        if len(found.shape) == 3 and found.shape[0] == 3:
            return coloured_filters(images, names[:TILES], title=title, note=note)
        return Grid(images.reshape(-1, *found.shape[-2:]), title=title, tile_names=names[:TILES], note=note)
