"""A height over a plane, projected without any graphics card: the far faces first."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.axes import tick, ticks
from neuralgraph.figures.grids import BAR, colour_bar
from neuralgraph.figures.layout import Body, drawn
from neuralgraph.figures.marks import Box, Dots, Line, Mark, Spots, Text
from neuralgraph.figures.shown import Surface
from neuralgraph.figures.words import cut, spelled

Array = NDArray[Any]
STRETCH = 1.7
"""A wide room is filled: across at most so many times as large as upwards."""
TICK = 4
SIDE = 44
"""Pixels at the left for the numbers of the height."""
LEAST, SHORT = 140.0, 120.0
"""It is never drawn lower; the ends of an axis that is shorter on screen stand below its name, not at its ends."""
FACES = 40
"""A surface is drawn with at most so many faces a side."""


@drawn.register
def _surface(what: Surface, box: Box) -> Body:
    z = np.asarray(what.z, float)
    rows, columns = (np.unique(np.linspace(0, size - 1, min(size, FACES + 1)).astype(int)) for size in z.shape)
    z = z[np.ix_(rows, columns)]
    z = np.where(np.isfinite(z), z, np.nan)
    finite = z[np.isfinite(z)]
    low, high = what.z_range or ((float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0))
    room = (box[0], box[1], box[2], max(box[3] - BAR, LEAST))
    eye = Eye(what, (low, high if high > low else low + 1), room)
    xs = np.linspace(*what.x_range, what.z.shape[1])[columns]
    ys = np.linspace(*what.y_range, what.z.shape[0])[rows]
    grid_x, grid_y = np.meshgrid(xs, ys)
    places, depth = eye.see(grid_x, grid_y, z)
    marks = eye.frame()
    marks += _faces(z, places, depth, (low, high))
    marks += eye.height()
    if what.path is not None:
        line, _ = eye.see(*(what.path[:, n] for n in range(3)))
        marks += [Line(line, "panel", 5), Line(line, "accent", 2.2)]
    if what.points is not None and len(what.points):
        dots, _ = eye.see(*(np.asarray(what.points, float)[:, n] for n in range(3)))
        marks.append(Dots(dots, what.kinds if what.kinds is not None else np.ones(len(dots), int), 0.9))
    which = "signed" if low < 0 < high else "viridis"
    ends = (-max(-low, high), max(-low, high)) if which == "signed" else (low, high)
    marks += colour_bar((box[0], room[1] + room[3] + 8, min(box[2], 360), 16), which, *ends, label=what.z_label)
    flat = places.reshape(-1, 2)

    def at(px: float, py: float) -> int | None:
        away = np.hypot(*(flat - (px, py)).T)
        near = int(np.nanargmin(away)) if np.isfinite(away).any() else -1
        return near if near >= 0 and away[near] < 16 else None

    def said(n: int) -> str:
        row, column = divmod(n, len(xs))
        return f"{what.x_label or 'x'} {spelled(float(xs[column]))}, {what.y_label or 'y'} " \
               f"{spelled(float(ys[row]))}: {what.z_label or 'z'} {spelled(float(z[row, column]))}"

    spots = Spots(len(flat), len(xs), lambda n: (float(flat[n, 0]) - 3, float(flat[n, 1]) - 3, 6, 6), at, said)
    return marks, spots, max(box[1] + box[3], room[1] + room[3] + BAR)


class Eye:
    """Parallel projection of a unit cube, turned around the upright axis and tilted towards the eye."""

    def __init__(self, what: Surface, z_range: tuple[float, float], box: Box) -> None:
        self.what, self.z_range, self._box = what, z_range, box
        turn, tilt = np.radians(what.turn), np.radians(np.clip(what.tilt, 5, 90))
        around = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        down = np.array([[1, 0, 0], [0, np.sin(tilt), np.cos(tilt)], [0, -np.cos(tilt), np.sin(tilt)]])
        self._turned = down @ around
        corners = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.3, 0.3)]) @ self._turned.T
        low, high = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
        wide, tall = (box[2] - SIDE - 24) / (high[0] - low[0]), (box[3] - 30) / (high[1] - low[1])
        self._scale = np.array([min(wide, STRETCH * tall), min(tall, STRETCH * wide)])
        self._middle = np.array([box[0] + SIDE / 2 + box[2] / 2, box[1] + box[3] / 2 - 8])
        self._centre = (low + high) / 2

    def see(self, x: Array, y: Array, z: Array) -> tuple[Array, Array]:
        """Pixels (…, 2) of points in their own units, and how near they are."""
        what, (low, high) = self.what, self.z_range
        cube = np.stack([
            (np.asarray(x, float) - what.x_range[0]) / ((what.x_range[1] - what.x_range[0]) or 1) - 0.5,
            (np.asarray(y, float) - what.y_range[0]) / ((what.y_range[1] - what.y_range[0]) or 1) - 0.5,
            ((np.asarray(z, float) - low) / ((high - low) or 1) - 0.5) * 0.6], axis=-1)
        seen = cube @ self._turned.T
        flat = (seen[..., :2] - self._centre) * self._scale
        return np.stack([self._middle[0] + flat[..., 0], self._middle[1] - flat[..., 1]], axis=-1), seen[..., 2]

    def height(self) -> list[Mark]:
        """The height as an axis: upright at the corner that lies farthest to the left, with round numbers."""
        what, (low, high) = self.what, self.z_range
        (x0, x1), (y0, y1) = what.x_range, what.y_range
        floor, _ = self.see(np.array([x0, x1, x1, x0]), np.array([y0, y0, y1, y1]), np.full(4, low))
        corner = int(np.argmin(floor[:, 0]))
        x, y = (np.array([one[corner]]) for one in ((x0, x1, x1, x0), (y0, y0, y1, y1)))
        foot, head = floor[corner], self.see(x, y, np.array([high]))[0][0]
        marks: list[Mark] = [Line(np.stack([foot, head]), "outline", 1)]
        tall = float(foot[1] - head[1])
        if tall < 12:  # seen from above there is no height
            return marks
        for value in ticks(low, high, max(4, min(6, int(tall / 18)))):
            level = float(foot[1] - (value - low) / ((high - low) or 1) * tall)
            marks += [Line(np.array([[foot[0] - TICK, level], [foot[0], level]]), "outline", 1),
                      Text(float(foot[0] - TICK - 3), level + 3.5, tick(float(f"{value:.6g}")), "text2", 10, 400,
                           "right")]
        if what.z_label:
            marks.append(Text(float(head[0]) - SIDE + 6, float(head[1]) - 9, what.z_label, "text2", 11, 500, "left"))
        return marks

    def frame(self) -> list[Mark]:
        """The floor with its axes: names and ends."""
        what, low = self.what, self.z_range[0]
        (x0, x1), (y0, y1) = what.x_range, what.y_range
        floor, near = self.see(np.array([x0, x1, x1, x0]), np.array([y0, y0, y1, y1]), np.full(4, low))
        marks: list[Mark] = [Line(np.concatenate([floor, floor[:1]]), "outline", 1)]
        nearest = int(np.argmax(near))
        for other, name, ends in (
            ((nearest + 1) % 4, *self._along(nearest, (nearest + 1) % 4)),
            ((nearest + 3) % 4, *self._along(nearest, (nearest + 3) % 4)),
        ):
            middle = (floor[nearest] + floor[other]) / 2
            out = middle - floor.mean(axis=0)
            out = out / (np.hypot(*out) or 1) * 16
            align: Literal["left", "middle", "right"] = \
                "middle" if abs(out[0]) < 8 else "left" if out[0] > 0 else "right"
            x, y = float(middle[0] + out[0]), float(middle[1] + out[1] + 4)
            said = [tick(float(f"{value:.3g}")) for value in ends]
            marks.append(Text(x, y, self._cut(name, x, align), "text2", 11, 500, align))
            if float(np.hypot(*(floor[other] - floor[nearest]))) < SHORT:
                near_to_far = " … ".join(said if floor[other][0] >= floor[nearest][0] else said[::-1])
                marks.append(Text(x, y + 13, near_to_far, "text2", 10, 400, align))
                continue
            for corner, word in zip((nearest, other), said, strict=True):
                at = floor[corner] * 0.94 + middle * 0.06 + out * 0.7
                marks.append(Text(float(at[0]), float(at[1] + 4), word, "text2", 10, 400, align))
        return marks

    def _cut(self, name: str, x: float, align: str) -> str:
        """The name of an axis, so that it ends inside the figure."""
        left, wide = self._box[0], self._box[2]
        room = {"left": left + wide - x, "right": x - left}.get(align, 2 * min(x - left, left + wide - x))
        return cut(name, 11, max(room, 20.0), 500)

    def _along(self, one: int, other: int) -> tuple[str, tuple[float, float]]:
        """The name of the axis between two corners of the floor, and what it is at both."""
        what = self.what
        xs, ys = [what.x_range[n] for n in (0, 1, 1, 0)], [what.y_range[n] for n in (0, 0, 1, 1)]
        if xs[one] != xs[other]:
            return what.x_label or "x", (xs[one], xs[other])
        return what.y_label or "y", (ys[one], ys[other])


def _faces(z: Array, places: Array, depth: Array, ends: tuple[float, float]) -> list[Mark]:
    low, high = ends
    signed, reach = low < 0 < high, max(-low, high) or 1.0
    middle = (z[:-1, :-1] + z[1:, :-1] + z[:-1, 1:] + z[1:, 1:]) / 4
    near = (depth[:-1, :-1] + depth[1:, :-1] + depth[:-1, 1:] + depth[1:, 1:]) / 4
    order = np.argsort(near, axis=None)
    found: list[Mark] = []
    for spot in order:
        row, column = divmod(int(spot), middle.shape[1])
        value = middle[row, column]
        if not np.isfinite(value):
            continue
        share = value / reach if signed else (value - low) / ((high - low) or 1)
        ink = f"signed:{share:.3f}" if signed else f"viridis:{share:.3f}"
        corners = np.array([places[row, column], places[row, column + 1], places[row + 1, column + 1],
                            places[row + 1, column]])
        found.append(Line(corners, "panel@0.35", 0.6, (), ink))
    return found
