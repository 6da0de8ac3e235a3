"""What a node gives: for the sample in sight, as it flows along a wire, and over many rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.views.inside import (
    NO_DATA,
    Names,
    asked,
    batch_first,
    by_unit,
    class_names,
    kind_of,
    many,
    norm,
    one_value,
    size_of,
    some_rows,
    specs,
    unit_axis,
    without_values,
    words,
)
from neuralgraph.explain.views.laid import BARS, TILES, joined, laid, spread_of
from neuralgraph.explain.views.pixels import sides
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Board, Curve, Curves, Figures, Pictures, Shown
from neuralgraph.spec import param
from neuralgraph.spec.tensor import BATCH

Array = NDArray[Any]


class OfOutput(View):
    """A view of one of the outputs of a node, for the chosen sample."""

    group = "Activations"
    output: str = param("", "Which output of the node; the first where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(specs(at))

    @classmethod
    def fits(cls, at: At) -> str:
        return without_values(at)


class Activations(OfOutput):
    """What a node gives for the chosen sample: a vector as bars, a picture, feature maps, or a sequence step by step.

    Look for units that are silent, for maps that find the edges of a picture, and for the step of a sequence at which
    the numbers turn.
    """

    icon = "pulse"

    def look(self, at: At) -> Shown:
        name = asked(self.output, specs(at))
        return sample_figure(at, name, one_value(at, name))


class Flow(OfOutput):
    """What flows along the wires that leave a node, for the chosen sample: its shape, its range, its length.

    Numbers that grow from layer to layer, or fade away, say that weights are too large or too small; numbers that are
    not finite end a training.
    """

    title = "What flows"
    icon = "transit-connection-horizontal"

    def look(self, at: At) -> Shown:
        name = asked(self.output, specs(at))
        value = one_value(at, name)
        return Board((facts(value, specs(at)[name].dtype), sample_figure(at, name, value)), shares=(1.0, 2.0))


class UnitSpread(View):
    """What a node gives for many rows: how all the numbers are distributed, and the mean ± standard deviation of each.

    A unit whose whisker has no length says the same whatever it sees. Of feature maps a unit is a channel, over all
    its places; of sequences a feature, over all steps.
    """

    title = "Activations of many rows"
    group = "Activations"
    icon = "chart-bell-curve"
    costly = True
    output: str = param("", "Which output of the node; the first where nothing is said.")
    rows: int = param(256, "So many rows of the part in sight, at most.", min=2, max=10_000)

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(_numbers(at)) if option == "output" else ()

    @classmethod
    def fits(cls, at: At) -> str:
        if not _numbers(at) and specs(at):
            return "What this node gives is not made of numbers for each sample."
        return without_values(at) or ("" if at.rows is not None else NO_DATA)

    def look(self, at: At) -> Shown:
        name = asked(self.output, _numbers(at))
        value, count = batch_values(at, name, self.rows)
        each = by_unit(value, unit_axis(at, value.ndim)).astype(np.float64)
        mean, deviation = each.mean(axis=1), each.std(axis=1)
        told = f"mean {mean.mean():.3g}, standard deviation {each.std():.3g}"
        title = f"{name} of {at.node}, {many(count, 'row')}: {told}"
        units = spread_figure(mean, deviation, class_names(at, len(mean)))
        return Board((spread_of(each, title=title, x_label="value"), units))


def spread_figure(mean: Array, deviation: Array, names: Names = ()) -> Shown:
    """Mean ± standard deviation of every unit: bars with whiskers, of many units a line in a band."""
    title = "Mean ± standard deviation of each unit"
    if len(mean) <= BARS // 2:
        return Bars(mean, names, spread=deviation, title=title, x_label="" if names else "unit")
    x = np.arange(len(mean), dtype=float)
    band = np.stack([mean - deviation, mean + deviation])
    return Curves((Curve("mean", x, mean, band=band),), title=title, x_label="unit",
                  note="The band is one standard deviation to either side.")


def batch_values(at: At, name: str, most: int) -> tuple[Array, int]:
    """What an output gives for at most so many rows of the part in sight, samples on axis 0, and how many they are."""
    chosen = some_rows(at, most)
    value = at.values(at.given(chosen))[at.node][name]
    return batch_first(value, specs(at)[name]), len(chosen)


def facts(value: Array, dtype: str) -> Figures:
    """Shape, range and length of a value in large numbers."""
    number = value.astype(np.float64)
    good = number[np.isfinite(number)]
    lost = number.size - good.size
    rows: list[tuple[str, Any, str]] = [("shape", size_of(value.shape), f"{many(value.size, 'number')}, {dtype}")]
    if good.size:
        rows += [("least", float(good.min()), f"most {good.max():.4g}"),
                 ("mean", float(good.mean()), f"standard deviation {good.std():.3g}"),
                 ("length", norm(good), "root of the sum of squares"),
                 ("zeros", f"{float((good == 0).mean()):.0%}", f"{many(int((good == 0).sum()), 'number')}")]
    if lost:
        rows.append(("not finite", lost, "infinite, or no number"))
    return Figures(tuple(rows))


def sample_figure(at: At, name: str, value: Array, *, photo: bool = True) -> Shown:
    """What an output gives for the sample in sight, laid out by what it is; pictures as such with `photo`."""
    spec = specs(at)[name]
    node = kind_of(at)
    note = "" if BATCH in spec.shape else "It is the same for all samples."
    title = name if name == at.node else f"{name} of {at.node}"
    title += f": {many(len(value), 'number') if value.ndim == 1 else size_of(value.shape)}" if value.ndim else ""
    label = at.rows.names if at.rows is not None and spec.classes is not None else ()
    if not value.ndim and label and 0 <= int(value) < len(label):
        return Figures(((spec.label or name, label[int(value)], ""),), title=title, note=note)
    source = node is not None and (node.role == "source" or node.category == "Data")
    features = at.rows.features if at.rows is not None and source and value.ndim == 1 else ()
    names = features if value.ndim == 1 and len(features) == len(value) else \
        class_names(at, len(value)) if value.ndim == 1 else ()
    spoken = words(at, len(value)) if value.ndim in (1, 2) else ()
    if value.ndim == 1 and not (source and value.dtype.kind in "iu"):
        spoken = ()
    flat = sides(at, at.node, name) if photo and value.ndim in (1, 2) and value.dtype.kind == "f" else None
    if flat is not None and value.ndim == 2 - (BATCH in spec.shape) and value.shape[-1] == flat[0] * flat[1]:
        return in_rows(value, flat, title=title, note=note)
    photo = photo and source and value.ndim == 3 and value.shape[0] in (1, 3)
    if value.ndim == 3 and unit_axis(at, 3) == 1 and not photo and node is not None and min(value.shape[-2:]) == 1:
        value = value.reshape(value.shape[0], -1)
    unit, step = "channel" if value.ndim == 1 and not names and spec.rank > 2 else "unit", "step"
    if value.ndim == 3 and len(value) == 1 and BATCH not in spec.shape:
        value = value[0]
    if value.ndim == 2 and BATCH not in spec.shape:  # a table of its own, not units over steps
        unit, step = "column", "row"
    return laid(value, title=title, names=names, words=spoken, photo=photo, note=note, unit=unit, step=step)


def in_rows(value: Array, size: tuple[int, int], *, title: str = "", note: str = "") -> Pictures:
    """Numbers that are the pixels of a picture, or of one in every row, as pictures."""
    images = value.reshape(-1, *size)
    more = f"The first {TILES} of {len(images):,}." if len(images) > TILES else ""
    names = tuple(str(n + 1) for n in range(len(images))) if len(images) > 1 else ()
    return Pictures(images[:TILES], names[:TILES], title=title, note=joined(note, more))


def _numbers(at: At) -> dict[str, Any]:
    """The outputs that are floating numbers of each sample."""
    return {name: spec for name, spec in specs(at).items()
            if spec.dtype.startswith(("float", "bfloat")) and BATCH in spec.shape}
