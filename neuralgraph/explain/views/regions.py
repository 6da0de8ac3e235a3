"""What a network makes of the plane of two inputs: its decisions, its areas, its surface; and so each neuron."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.explain.affording import computed, part_rows
from neuralgraph.explain.answers import by_number, probabilities
from neuralgraph.explain.judging import Head, head, heads, unscaled
from neuralgraph.explain.slicing import Slice, affords, areas, chosen, inputs, patterns, sliced
from neuralgraph.explain.views.view import At, Scope, View
from neuralgraph.figures.shown import Area, Board, Figures, Grid, Points, Shown, Surface
from neuralgraph.figures.words import spelled
from neuralgraph.spec import Node, param

Array = NDArray[Any]
TILES = 16
STATES = 8_000_000
"""So many states of neurons, over all points, are looked at."""
BENDS = {"ReLU": (0.0,), "LeakyReLU": (0.0,), "PReLU": (0.0,), "RReLU": (0.0,), "Abs": (0.0,), "ReLU6": (0.0, 6.0),
         "Hardtanh": (-1.0, 1.0), "Threshold": (), "Hardsigmoid": (-3.0, 3.0)}
"""Activations that are straight but for these places; between them a network is a flat piece."""
STRAIGHT = {"Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d",
            "Flatten", "Unflatten", "Reshape", "Permute", "Squeeze", "Unsqueeze", "Slice", "Concat", "Add", "Subtract",
            "Dropout", "Dropout2d", "AvgPool1d", "AvgPool2d", "AdaptiveAvgPool2d", "Identity", "Standardize", "MinMax",
            "PCA", "Mean", "Sum", "Select", "ZeroPad2d"}
"""Nodes without any bend, as they are after learning."""


class Plane(View):
    """What looks at the plane of two inputs."""

    group = "Regions"
    icon = "vector-square"
    scope: ClassVar[Scope] = "network"
    costly = True

    x: str = param("", "The input that goes to the right; one that varies where nothing is said.")
    y: str = param("", "The input that goes up.")
    others: str = param("mean", "Where the other inputs are held: each at its mean, or at the chosen sample's.",
                        choices=("mean", "sample"))

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(one.name for one in inputs(at, cls.ends(at))) if option in ("x", "y") and cls.ends(at) else ()

    @classmethod
    def ends(cls, at: At) -> list[str]:
        """The nodes that are looked at."""
        if cls.scope == "node":
            return [at.node] if at.program.inference.specs.get(at.node) else []
        one = head(at, "", "classes", "numbers", "labels")
        if one is None and heads(at):
            return []  # it makes its input again
        if one is not None:
            return [one.node]
        return [node for node, _ in at.program.outputs.values()][:1]  # none where all of it ends in losses

    @classmethod
    def fits(cls, at: At) -> str:
        if at.rows is None:
            return "There is no data that would say where to look."
        ends = cls.ends(at)
        if ends and isinstance(at.program.inference.nodes.get(ends[0]), Node) and \
                at.program.node(ends[0]).role == "source":
            return "It is the data itself; choose a node behind it." if cls.scope == "node" else \
                "There is only data yet."
        if not ends:
            nothing = cls.scope == "node" or not at.program.outputs
            return "Nothing comes out of it." if nothing else "It gives nothing but its own input again."
        if not _numbers(at, ends[0]):
            return "No decimal numbers come out for each row."
        if len(inputs(at, ends)) < 2:
            return "It needs two inputs that are numbers; words and chance cannot be moved along an axis."
        if by_number(at.program, ends[0]):
            return "Its inputs are numbers of things that are looked up: there is nothing between two of them."
        if not affords(at, ends):
            return "A plane of answers would take too long: one answer alone is a lot of work here."
        return ""

    def plane(self, at: At, side: int = 96) -> Slice:
        """The plane that was chosen."""
        ends = self.ends(at)
        return sliced(at, ends, chosen(at, ends, (self.x, self.y)), self.others, side)  # type: ignore[arg-type]


def _numbers(at: At, node: str) -> bool:
    spec = next(iter(at.program.inference.specs.get(node, {}).values()), None)
    return spec is not None and spec.batched and spec.rank > 1 and spec.dtype in ("float32", "float64")


class DecisionRegions(Plane):
    """Which answer the network gives at every point of the plane of two inputs, with the data on it.

    The thick line is where the answer changes. Of two classes, deep colours are sure and pale ones not. Dots on the
    colour of another class are wrong. A line that goes around single dots has learned them by heart.
    """

    icon = "map"

    def look(self, at: At) -> Shown:
        where = self.plane(at, 144)
        found = Answer(at, self.ends(at)[0], where)
        names = found.names
        if found.classes > 2:
            area = Area(found.answers.reshape(where.side, -1), where.extent, found.classes)
        else:
            area = Area(found.score.reshape(where.side, -1), where.extent, limits=None if names else found.limits)
        truth, kinds = found.truth(at, where.rows)
        middle = spelled(sum(found.limits) / 2)
        told = f"Colours and line: {found.label}, above and below {middle}. " if not names else ""
        two = "Pale: not sure. " if len(names) == 2 else ""
        return Points(where.points, truth, kinds, where.axes[0].name, where.axes[1].name, area,
                      keys=tuple(where.rows.tolist()), title="Decision regions",
                      note=(told + two + where.dotted).strip())


class Answer:
    """What the network answers on a plane: the class of each point, and a score to colour it by."""

    def __init__(self, at: At, node: str, where: Slice) -> None:
        self.head: Head | None = head(at, node, "classes", "numbers", "labels")
        output = self.head.output if self.head is not None else at.program.outputs_of(node)[0]
        value = where.values(at, node, output)
        self.raw = value.reshape(len(value), -1)
        self.names: tuple[str, ...] = ()
        self.label = node
        self.limits = (-1.0, 1.0)
        if self.head is not None and self.head.kind == "classes" and value.ndim == 2:
            self.names = self.head.names
            self.chances = probabilities(at.program, torch.as_tensor(self.raw), node)
            self.answers = self.chances.argmax(axis=1)
            self.score = self.chances[:, 1] * 2 - 1 if len(self.names) == 2 else self.chances.max(axis=1)
        else:
            self._numbers(at)
        self.classes = len(self.names) or 2

    def _numbers(self, at: At) -> None:
        """Above and below zero, where it answers both; else above and below the mean of what is true."""
        if self.head is not None and self.head.kind == "numbers":
            self.raw, self.label = unscaled(at, self.head, self.raw), self.head.names[0]
        values = self.raw[:, 0]
        truth = self._true(at, part_rows(at.over("all"))[0][:2000])
        middle = 0.0 if truth is None or truth.min() < 0 < truth.max() else float(truth.mean())
        reach = float(np.abs(values - middle).max()) or 1.0
        self.limits = middle - reach, middle + reach
        self.score = (values - middle) / reach
        self.answers = (values > middle).astype(np.int64)

    def _true(self, at: At, rows: Array) -> Array | None:
        if self.head is None or at.rows is None or self.head.kind == "labels":
            return None
        key = next(key for key, (id, output, _) in at.program.sources.items() if (id, output) == self.head.truth)
        return np.asarray(at.rows.arrays[key][rows]).reshape(len(rows), -1)[:, 0]

    def truth(self, at: At, rows: Array) -> tuple[Array | None, tuple[str, ...]]:
        """The classes of rows of the data, and their names; of numbers, whether they lie above the middle."""
        found = self._true(at, rows)
        if found is None or self.names:
            return (found.astype(np.int64), self.names) if found is not None else (None, ())
        middle = sum(self.limits) / 2
        return (found > middle).astype(np.int64), (f"at most {spelled(middle)}", f"more than {spelled(middle)}")


class RegionCount(Plane):
    """Into how many pieces the network cuts the plane of two inputs.

    Regions are connected areas of one answer: a simple network makes few, one that learned its data by heart many, with
    islands around single dots. A network of ReLUs is made of flat pieces, on each of which it is a linear function; how
    many there are says how crooked it can be (Montúfar et al., On the Number of Linear Regions of Deep Neural Networks,
    2014).
    """

    icon = "puzzle"
    grid: int = param(160, "How many points there are on each side of the grid; finer finds thinner pieces.", min=24,
                      max=400)

    def look(self, at: At) -> Shown:
        where = self.plane(at, self.grid)
        end = self.ends(at)[0]
        found = Answer(at, end, where)
        labels = found.answers.reshape(where.side, where.side)
        pieces, owner = areas(labels)
        middle = spelled(sum(found.limits) / 2)
        names = found.names or (f"at most {middle}", f"more than {middle}")
        truth, kinds = found.truth(at, where.rows)
        each = np.bincount(owner, minlength=len(names))
        listed = ", ".join(f"{name}: {count}" for name, count in zip(names, each.tolist(), strict=True))
        grid = f"on a grid of {where.side} × {where.side}"
        rows: list[tuple[str, Any, str]] = [("regions", len(owner), grid)]
        rows += [(f"answering {name}", int(count), "regions" if count != 1 else "region")
                 for name, count in zip(names, each.tolist(), strict=True)][:6]
        states, why = _states(at, end, where)
        parts: list[Shown] = [Points(
            where.points, truth, kinds, where.axes[0].name, where.axes[1].name,
            _area(pieces, labels, found.classes, where), keys=tuple(where.rows.tolist()), title="Regions")]
        if states is not None:
            linear = patterns(states)
            rows.append(("linear pieces", int(linear.max()) + 1, grid))
            parts.append(Points(np.zeros((0, 2)), None, (), where.axes[0].name, where.axes[1].name, Area(
                linear.reshape(where.side, -1), where.extent, max(3, int(linear.max()) + 1)), title="Linear pieces"))
        note = f"Thinner pieces than the grid are missed. {listed if len(names) > 6 else ''} {why} {where.dotted}"
        return Board((Board(tuple(parts), across=len(parts)), Figures(tuple(rows), note=" ".join(note.split()))),
                     shares=(3.0, 1.0))


def _area(pieces: Array, labels: Array, classes: int, where: Slice) -> Area:
    """The areas of answers, sure everywhere."""
    if classes > 2:
        return Area(labels, where.extent, classes)
    return Area(labels * 2.0 - 1.0, where.extent)


def _states(at: At, end: str, where: Slice) -> tuple[Array | None, str]:
    """points × units, on which side of its bends each unit is; None with the reason where it is no ReLU net."""
    program = at.program
    path = [id for id in program.path([end]) if isinstance(program.inference.nodes[id], Node)]
    bent = [id for id in path if program.graph.nodes[id].type in BENDS]
    others = sorted({program.graph.nodes[id].type for id in path if not (
        program.graph.nodes[id].type in (*BENDS, *STRAIGHT) or program.node(id).passes or _last(at, id, end)
        or program.node(id).role in ("source", "output"))})
    if others:
        return None, f"Linear pieces are not counted: {', '.join(others)} is not made of straight pieces."
    if not bent:
        return None, "It has no bends: as far as classes go it is one linear piece."
    starts = {id: next(iter(program.inference.wires[id].values())).start for id in bent}
    units = sum(int(np.prod([int(one) for one in program.inference.specs[id][output].shape[1:]]))
                for id, output in starts.values())
    if units * where.side**2 > STATES:
        return None, f"Linear pieces are not counted: {units:,} neurons bend, which is too many for this grid."
    outputs = list(dict.fromkeys(starts.values()))
    values = computed(at, where.given, list(dict.fromkeys(id for id, _ in outputs)), outputs)
    return np.concatenate([_side(values[start].reshape(where.side**2, -1), _places(program.node(id)))
                           for id, start in starts.items()], axis=1), ""


def _side(values: Array, bends: tuple[float, ...]) -> Array:
    """Past how many bends each number is."""
    found = np.zeros(values.shape, np.int8)
    for one in bends:
        found += values >= one
    return found


def _last(at: At, id: str, end: str) -> bool:
    """It only bends the answer itself, as a Sigmoid or a Softmax at the end does."""
    if at.program.node(id).category != "Activations":
        return False
    following = [edge.target for edge in at.program.graph.out_of(id)]
    return id == end or all(at.program.node(one).role in ("output", "loss", "metric") for one in following)


def _places(node: Node) -> tuple[float, ...]:
    """Where an activation has its bends."""
    values = node.values
    if node.type == "Hardtanh":
        return float(values.get("min_val", -1.0)), float(values.get("max_val", 1.0))
    return (float(values["threshold"]),) if node.type == "Threshold" else BENDS[node.type]


class OutputSurface(Plane):
    """The answer of the network as a height over the plane of two inputs.

    The height is the probability of a class, or the number that is predicted. Steep slopes are where the network
    decides; flat land is where it does not look. Turn and tilt it to see behind the hills.
    """

    icon = "chart-scatter-plot-hexbin"
    of: str = param("", "Which class, or which of several numbers; the last class where nothing is said.")
    turn: float = param(30.0, "Degrees around the upright axis.", min=-180.0, max=180.0)
    tilt: float = param(35.0, "Degrees from above the horizon.", min=5.0, max=90.0)

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        one = head(at, "", "classes", "numbers", "labels")
        return one.names if option == "of" and one is not None else super().choices(at, option)

    def look(self, at: At) -> Shown:
        where = self.plane(at, 61)
        found = Answer(at, self.ends(at)[0], where)
        if found.names:
            which = found.names.index(self.of) if self.of in found.names else len(found.names) - 1
            z, label = found.chances[:, which], f"probability of {found.names[which]}"
        else:
            names = found.head.names if found.head is not None else ()
            which = min(names.index(self.of) if self.of in names else 0, found.raw.shape[1] - 1)
            z, label = found.raw[:, which], names[which] if which < len(names) else found.label
        return _surface(where, z, label, self.turn, self.tilt)


def _surface(where: Slice, z: Array, label: str, turn: float, tilt: float) -> Surface:
    left, right, bottom, top = where.extent
    return Surface(z.reshape(where.side, where.side), (left, right), (bottom, top), where.axes[0].name,
                   where.axes[1].name, label, turn, tilt, title=f"Height: {label}", note=where.note)


class UnitRegions(Plane):
    """What each neuron of a node makes of the plane of two inputs: where it is active, and where it changes sign.

    A first-layer neuron cuts the plane along a straight line. Deeper neurons put such cuts together. The line is where
    the neuron is zero.
    """

    title = "Neurons over the plane"
    scope: ClassVar[Scope] = "node"
    icon = "view-grid"
    unit: int = param(-1, "Which neuron, counted from 0; −1 for all of them side by side.", min=-1, max=1_000_000)

    def look(self, at: At) -> Shown:
        all_of_them = self.unit < 0
        where = self.plane(at, 48 if all_of_them else 96)
        sizes = next(iter(at.program.inference.specs[at.node].values())).shape[1:]
        whole = int(np.prod([int(one) for one in sizes], dtype=np.int64))
        flat, unit = where.units(at, *((0, TILES) if all_of_them else (self.unit, 1)))
        if all_of_them and whole > 1:
            shown = flat.T.reshape(-1, where.side, where.side)[:, ::-1]
            note = f"The first {TILES} of {whole:,} neurons. " if whole > TILES else ""
            axes = (f"Neurons by their number. Right: {where.axes[0].name} from {_range(where, 0)}; up: "
                    f"{where.axes[1].name} from {_range(where, 1)}.")
            return Grid(shown, tile_names=tuple(map(str, range(len(shown)))),
                        title=f"What each neuron of {at.node} answers",
                        note=f"{note}{axes} {where.note}".strip())
        reach = float(np.abs(flat[:, 0]).max()) or 1.0
        area = Area((flat[:, 0] / reach).reshape(where.side, -1), where.extent, limits=(-reach, reach))
        truth, names = _classes(at, where.rows)
        one_side = "" if (flat[:, 0] > 0).any() and (flat[:, 0] <= 0).any() else "It is never zero here. "
        return Points(where.points, truth, names, where.axes[0].name, where.axes[1].name, area,
                      keys=tuple(where.rows.tolist()), title=f"{at.node}, neuron {unit}",
                      note=(one_side + where.dotted).strip())


def _range(where: Slice, axis: int) -> str:
    return f"{where.low[axis]:.3g} to {where.high[axis]:.3g}".replace("-", "−")


def _classes(at: At, rows: Array) -> tuple[Array | None, tuple[str, ...]]:
    """The classes of rows of the data, and their names."""
    known = at.rows
    if known is None or known.target is None or not known.names:
        return None, ()
    flat = np.asarray(known.target[rows]).reshape(len(rows), -1)
    return (flat[:, 0].astype(np.int64), known.names) if flat.shape[1] == 1 else (None, ())


class UnitSurface(Plane):
    """The activation of one neuron as a height over the plane of two inputs.

    A ReLU is a ramp that lies flat on one side, a Tanh a step between two plains. What the layers behind it add up is
    made of these.
    """

    title = "Neuron as a surface"
    scope: ClassVar[Scope] = "node"
    icon = "chart-scatter-plot-hexbin"
    unit: int = param(0, "Which neuron, counted from 0.", min=0, max=1_000_000)
    turn: float = param(30.0, "Degrees around the upright axis.", min=-180.0, max=180.0)
    tilt: float = param(35.0, "Degrees from above the horizon.", min=5.0, max=90.0)

    def look(self, at: At) -> Shown:
        where = self.plane(at, 61)
        flat, unit = where.units(at, self.unit, 1)
        return _surface(where, flat[:, 0], f"{at.node}, neuron {unit}", self.turn, self.tilt)


REGIONS: tuple[type[View], ...] = (DecisionRegions, RegionCount, OutputSurface, UnitRegions, UnitSurface)
