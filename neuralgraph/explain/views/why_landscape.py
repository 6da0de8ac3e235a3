"""The loss around the weights that were learnt: along two directions, or one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.touched import Touched
from neuralgraph.explain.goal import affordable, tensors
from neuralgraph.explain.refining import coarse_to_fine, filled
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Curve, Curves, Grid, Shown, Surface
from neuralgraph.graph.touches import Touches
from neuralgraph.spec import param
from neuralgraph.training.metrics import evaluate, rows_at_once

MAP, SURFACE, SLICE = "map", "surface", "slice"
RANDOM, WALK = "random", "along the run"
MOST_ROWS, LEAST_ROWS = 512, 4
COARSEST = 5
PATIENCE = 2
"""It may take so many times as long as other views."""
MOMENTS, LEAST_MOMENTS = 60, 6
HELD = 1 << 29
"""Bytes that the weights of earlier moments may take, to find the directions in which the run moved."""
AT_ONCE, LEFT = 1 << 18, 1e-5
"""So many weights are multiplied together; a way that is shorter than this, by all that was gone, is none."""
STEEP = 30.0
"""Where the largest loss is so many times the least, the heights are drawn as logarithms."""
Direction = Mapping[str, Tensor]
Plane = NDArray[np.float64]


class LossLandscape(View):
    """The loss around the present weights: a valley seen from above, from the side, or cut through.

    In the middle are the weights as they are. The axes lead away from them in two random directions, in which every
    filter, and every neuron's row of weights, is changed in proportion to its size (else a network would look flat
    only because its weights are large). A wide, even valley means that small errors in the weights do no harm. «along
    the run» takes the two directions in which the run itself moved most, and draws its way. Li et al. 2018.
    """

    scope = "network"
    group = "Why"
    icon = "image-filter-hdr"
    costly = True
    look_from: str = param(MAP, "How it is drawn.", choices=(MAP, SURFACE, SLICE))
    directions: str = param(RANDOM, "Which directions.", choices=(RANDOM, WALK))
    seed: int = param(0, "Which random directions.", min=0, max=1_000_000)
    reach: float = param(1.0, "How far to go: 1 is as far as the weights are from zero.", min=0.01, max=10.0)
    resolution: int = param(15, "So many places along each axis; odd numbers have the weights in the middle.", min=3,
                            max=61)

    @classmethod
    def fits(cls, at: At) -> str:
        if not at.program.losses:
            return "There is no loss to look at: add one and wire it."
        if at.rows is None:
            return "There are no rows of data to look at."
        if not any(one.is_floating_point() for one in at.program.root.parameters()):
            return "This network learns nothing, so there are no weights to change."
        return ""

    def look(self, at: At) -> Shown:
        side = self._side(at)
        places = side ** (1 if self.look_from == SLICE else 2)
        ground = Ground.of(at, places)
        ways, past, words = self._ways(at, ground, places)
        if ways is None:
            return way_back(past, ground.centre, len(_moments(at, _held(at))))
        if self.look_from == SLICE:
            return self._slice(at, ground, ways[0], words, side, len(past))
        path = [placed(one, ground.centre, *ways) for one in past]
        spans = _spans(np.array(path), 0.0) if past else _spans(np.zeros((0, 2)), self.reach)
        xs, ys = (np.linspace(low, high, side) for low, high in spans)
        z, known = np.zeros((side, side)), np.zeros((side, side), bool)

        def drawn() -> Shown:
            return self._drawn(ground, xs, ys, filled(z, known), np.array(path).reshape(-1, 2),
                               f"{words} {_looked_at(known)}".strip(), bool(known.all()))

        def pieces() -> Iterator[None]:
            for number, place in enumerate(coarse_to_fine(side, side).tolist()):
                row, column = divmod(place, side)
                z[row, column], known[row, column] = ground.loss((ways[0], xs[column]), (ways[1], ys[row])), True
                yield
                for one in _past(at) if not number and not past else ():  # something is seen before the way is sought
                    path.append(placed(one, ground.centre, *ways))
                    yield

        later = len(past) or (len(_moments(at)) + 1 if at.past else 0)
        for done, _ in enumerate(pieces(), 1 + len(past)):
            at.so_far(done, side * side + later, drawn)
            if at.stop():
                break
        return drawn()

    def _ways(self, at: At, ground: Ground, places: int
              ) -> tuple[tuple[Direction, Direction] | None, list[Direction], str]:
        """The two directions, the moments of the run that made them (none, where they are random), and words.

        None where it was stopped before they were known. The moments may take long to be found: what they say by
        themselves is seen meanwhile.
        """
        past: list[Direction] = []
        if self.directions == WALK and at.past:
            most = _held(at)
            count = len(_moments(at, most))
            for one in _past(at, most):
                past.append(one)
                at.so_far(len(past), count + 1 + places, lambda: way_back(past, ground.centre, count))
                if at.stop():
                    return None, past, ""
        if len(past) >= 3:
            return main_ways(ground.centre, past), past, "Along the two directions in which the run moved most."
        words = "No earlier moments of a run are known here, so the directions are random." \
            if self.directions == WALK else ""
        return random_ways(ground.centre, self.seed), [], words

    def _side(self, at: At) -> int:
        """So many places along an axis: as asked for, fewer for a network that takes long."""
        looks = PATIENCE * affordable(at.program, 1_000_000) // LEAST_ROWS
        side = self.resolution
        while side > COARSEST and side ** (1 if self.look_from == SLICE else 2) > looks:
            side -= 2
        return max(side, min(self.resolution, COARSEST))

    def _slice(self, at: At, ground: Ground, way: Direction, words: str, side: int, before: int = 0) -> Curves:
        """`before` pieces of work are behind."""
        xs = np.linspace(-self.reach, self.reach, side)
        ys, known = np.zeros(side), np.zeros(side, bool)

        def drawn() -> Curves:
            few = int(known.sum()) < side
            return Curves((Curve("loss", xs[known], ys[known], dots=few),), x_label="away from the weights",
                          y_label="loss", at=((0.0, "the weights"),), title="The loss along one direction",
                          x_range=(-self.reach, self.reach) if few else None, note=f"{ground.words()} {words}".strip())

        for done, place in enumerate(coarse_to_fine(1, side).tolist(), 1):
            ys[place], known[place] = ground.loss((way, xs[place])), True
            at.so_far(before + done, before + side, drawn)
            if at.stop():
                break
        return drawn()

    def _drawn(self, ground: Ground, xs: Plane, ys: Plane, z: Plane, path: Plane, words: str, whole: bool
               ) -> Shown:
        finite = z[np.isfinite(z)]
        low = float(finite.min(initial=np.inf))
        steep = bool(finite.size) and low > 0 and float(finite.max()) > STEEP * low
        height = np.log10(z) if steep else z
        label = "log₁₀ of the loss" if steep else "loss"
        note = f"{ground.words()} {words}".strip()
        title = f"The {label} around the weights"
        if len(path):
            note += " The line is the way of the run, seen from here: it ends at the weights."
        if self.look_from == SURFACE:
            walk = None
            if len(path):
                heights = np.array([_nearest(height, xs, ys, one) for one in path])
                walk = np.column_stack([path, heights])
            return Surface(height, (float(xs[0]), float(xs[-1])), (float(ys[0]), float(ys[-1])), "first direction",
                           "second direction", label, path=walk, title=title, note=note)
        half = (xs[1] - xs[0]) / 2, (ys[1] - ys[0]) / 2
        extent = (float(xs[0] - half[0]), float(xs[-1] + half[0]), float(ys[0] - half[1]), float(ys[-1] + half[1]))
        shown = height[np.isfinite(height)]
        levels = tuple(np.linspace(float(shown.min()), float(shown.max()), 11)[1:-1].tolist()) \
            if shown.size and whole else ()  # steps of what is not known are no slopes
        return Grid(height, map="viridis", extent=extent, levels=levels, smooth=whole, title=title, note=note,
                    x_label="first direction", y_label="second direction", bar=label,
                    path=path if len(path) else np.zeros((1, 2)))


@dataclass(frozen=True, eq=False)
class Ground:
    """A copy of a network that can be moved about, and the rows that its loss is taken of."""

    program: Program
    centre: Direction
    rows: Mapping[str, Tensor]
    count: int
    part: str

    @classmethod
    def of(cls, at: At, places: int) -> Ground:
        """Of the training rows, or those in sight where there are none; as many as `places` looks allow."""
        assert at.rows is not None
        program = Touched(at.program, Touches(), {})
        part = "train" if len(at.rows.split.train) else "all"
        most = max(LEAST_ROWS, min(MOST_ROWS, PATIENCE * affordable(program, 1_000_000) // places))
        numbers = at.some(most, part)
        centre = {name: one.detach().clone() for name, one in program.root.named_parameters()
                  if one.is_floating_point()}
        return cls(program, centre, tensors(program, at.given(numbers)), len(numbers), part)

    def loss(self, *steps: tuple[Direction, float]) -> float:
        """The loss at the weights that lie so far along these directions."""
        with torch.no_grad():
            for name, one in self.program.root.named_parameters():
                if name in self.centre:
                    one.copy_(self.centre[name])
                    for way, far in steps:
                        one.add_(way[name], alpha=float(far))
        found = evaluate(self.program, self.rows, batch_size=rows_at_once(self.program, self.count))
        return found.figures["loss"]

    def words(self) -> str:
        rows = "training rows" if self.part == "train" else "rows"
        return f"The loss of {self.count:,} {rows}, at {sum(one.numel() for one in self.centre.values()):,} weights."


def way_back(past: Sequence[Direction], centre: Direction, count: int) -> Curves:
    """How far the weights of earlier moments were from the present ones: seen until the plane of the run is known."""
    far = np.array([_dot(away, away) ** 0.5 for one in past
                    for away in [{name: one[name] - value for name, value in centre.items()}]])
    return Curves((Curve("distance", np.arange(1.0, len(far) + 1), far, dots=True),), x_label="moment of the run",
                  y_label="away from the weights", x_range=(1.0, float(max(count + 1, 2))),
                  title="The way of the run is being read",
                  note=f"{min(len(far), count):,} of {count:,} earlier moments so far: how far its weights were from "
                       "where they are now. The loss around them follows.")


def _looked_at(known: NDArray[np.bool_]) -> str:
    """What is said of a plane while only some of its places are known."""
    few = int(known.sum())
    return f"So far {few:,} of {known.size:,} places; the others show the nearest of them." if few < known.size else ""


def random_ways(centre: Direction, seed: int) -> tuple[Direction, Direction]:
    """Two directions, filter by filter as long as the weights; offsets and scales of one axis stay as they are."""
    drawn = torch.Generator().manual_seed(seed)
    return _filters(centre, drawn), _filters(centre, drawn)


def _filters(centre: Direction, drawn: torch.Generator) -> Direction:
    found: dict[str, Tensor] = {}
    for name, one in centre.items():
        way = torch.randn(one.shape, generator=drawn, dtype=torch.float32).to(one)
        if one.ndim < 2:
            found[name] = torch.zeros_like(one)
            continue
        axes = tuple(range(1, one.ndim))
        own = one.square().sum(dim=axes, keepdim=True).sqrt()
        found[name] = way * own / way.square().sum(dim=axes, keepdim=True).sqrt().clamp_min(1e-12)
    return found


def main_ways(centre: Direction, past: Sequence[Direction]) -> tuple[Direction, Direction]:
    """The two main directions of how far earlier weights were from the present ones, each of length 1.

    From the products of the moments with one another, tensor by tensor: all weights of all moments are never in one
    place. The run comes from the left and from below.
    """
    products = torch.zeros(len(past), len(past), dtype=torch.float64)
    for name, value in centre.items():
        away = _away(past, name, value)
        for start in range(0, away.shape[1], AT_ONCE):
            some = away[:, start : start + AT_ONCE].double()
            products += some @ some.T
    whole, turns = float(products.trace()) ** 0.5, torch.linalg.eigh(products)[1]  # the largest last
    drawn, found = torch.Generator().manual_seed(0), list[Direction]()
    for number in range(1, min(len(past), 2) + 1):
        turn = turns[:, -number] * (-1.0 if float(products[0] @ turns[:, -number]) > 0 else 1.0)
        way = _upright({name: torch.tensordot(turn.float(), _away(past, name, value).float(), 1).reshape(value.shape)
                        .to(value) for name, value in centre.items()}, found)
        if _dot(way, way) ** 0.5 > LEFT * whole:
            found.append(_short(way))
    while len(found) < 2:  # it moved along one line, or not at all
        found.append(_short(_upright({name: torch.randn(value.shape, generator=drawn).to(value)
                                      for name, value in centre.items()}, found)))
    return found[0], found[1]


def _away(past: Sequence[Direction], name: str, value: Tensor) -> Tensor:
    """How far a tensor of weights was from what it is now: moments × weights."""
    return torch.stack([(one[name] - value).reshape(-1).cpu() for one in past])


def _upright(way: Direction, others: Sequence[Direction]) -> Direction:
    """What is left of a way without what it has of others, which have the length 1."""
    for other in others:
        far = _dot(way, other)
        way = {name: value - far * other[name] for name, value in way.items()}
    return way


def _short(way: Direction) -> Direction:
    """The same way with the length 1."""
    length = _dot(way, way) ** 0.5
    return {name: value / length for name, value in way.items()}


def _dot(one: Direction, other: Direction) -> float:
    return sum(float(_flat(value) @ _flat(other[name])) for name, value in one.items())


def _flat(value: Tensor) -> Tensor:
    return value.reshape(-1) if value.dtype == torch.float64 else value.reshape(-1).float()


def placed(one: Direction, centre: Direction, first: Direction, second: Direction) -> tuple[float, float]:
    """Where weights lie in the plane of two directions: least squares."""
    away = {name: one[name] - value for name, value in centre.items()}
    both = _dot(first, second)
    sides = np.array([[_dot(first, first), both], [both, _dot(second, second)]])
    found = np.linalg.lstsq(sides, np.array([_dot(first, away), _dot(second, away)]), rcond=None)[0]
    return float(found[0]), float(found[1])


def _moments(at: At, most: int = MOMENTS) -> list[int]:
    """Which earlier moments are looked at, evenly chosen."""
    return sorted({int(n) for n in np.linspace(0, len(at.past) - 1, min(len(at.past), most))}) if at.past else []


def _held(at: At) -> int:
    """The weights of so many moments may lie in memory at once."""
    size = sum(one.numel() * one.element_size() for one in at.program.root.parameters())
    return int(min(MOMENTS, max(LEAST_MOMENTS, HELD // max(size, 1))))


def _past(at: At, most: int = MOMENTS) -> Iterator[Direction]:
    """The weights of earlier moments, oldest first, and the present ones at the end."""
    named, found = dict(at.program.root.named_parameters()), False
    for number in _moments(at, most):
        if at.stop():
            break
        one = {name: value.detach().clone() for name, value in at.past[number][1]().root.named_parameters()
               if value.is_floating_point()}
        if all(name in one and one[name].shape == value.shape for name, value in named.items()):
            found = True
            yield one
    if found:
        yield {name: value.detach() for name, value in named.items()}


def _spans(path: Plane, reach: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where along both axes: so far, or as far as the way goes and a little more."""
    found = []
    for axis in (0, 1):
        low, high = -reach, reach
        if len(path) and not reach:
            low, high = float(path[:, axis].min()), float(path[:, axis].max())
            room = 0.2 * max(high - low, 1e-6)
            low, high = low - room, high + room
        found.append((low, high))
    return found[0], found[1]


def _nearest(z: Plane, xs: Plane, ys: Plane, place: Plane) -> float:
    return float(z[int(np.abs(ys - place[1]).argmin()), int(np.abs(xs - place[0]).argmin())])


VIEWS: tuple[type[View], ...] = (LossLandscape,)
