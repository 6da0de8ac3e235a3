"""Signs drawn by hand or photographed, brought to where and how large those are that the network learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from neuralgraph.data.delivery import Array

MEASURED = 500
"""So many pictures are measured, at most."""
FLAT = 0.06
"""Pixels within this share of the range count as ground."""
GROUND = 0.35
"""So much of a picture is ground, at least, where it shows a sign and not a scene."""
TINY = 36
"""On a grid of so few cells a sign fills all of it."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Where signs lie in pictures: sizes and places as shares of the picture.

    `ground` and `full` are the levels of paper and ink, `height` and `width` how far the largest of the usual signs
    reach, `x` and `y` where their middle is: that of the ink where `by_mass`, else that of the box around it.
    """

    ground: float
    full: float
    height: float
    width: float
    x: float
    y: float
    by_mass: bool
    binary: bool


def measured(pictures: Array) -> Ink | None:
    """What N × H × W pictures have in common; None where they do not show something on an even ground."""
    some = np.asarray(pictures[:MEASURED], np.float64)
    if not some.size or min(some.shape[1:]) < 2:
        return None
    edge = np.concatenate([some[:, 0].ravel(), some[:, -1].ravel(), some[:, :, 0].ravel(), some[:, :, -1].ravel()])
    ground = float(np.median(edge))
    low, high = float(some.min()), float(some.max())
    if high - low < 1e-6 or float((np.abs(some - ground) < FLAT * (high - low)).mean()) < GROUND:
        return None
    full = high if high - ground >= ground - low else low
    ink = np.clip((some - ground) / (full - ground), 0.0, 1.0)
    boxes = [found for one in ink if (found := _box(one)) is not None]
    if not boxes:
        return None
    tall, wide = some.shape[1:]
    sizes = np.array([(bottom - top, right - left) for top, bottom, left, right in boxes], float)
    middles = np.array([((top + bottom) / 2, (left + right) / 2) for top, bottom, left, right in boxes])
    masses = np.array([_mass(one) for one in ink if _box(one) is not None])
    by_mass = bool(masses.std(axis=0).sum() < middles.std(axis=0).sum())
    y, x = (masses if by_mass else middles).mean(axis=0)
    return Ink(ground, full, float(np.percentile(sizes[:, 0], 75)) / tall, float(np.percentile(sizes[:, 1], 75)) / wide,
               float(x) / wide, float(y) / tall, by_mass, bool(np.isin(some, (low, high)).all()))


def placed(ink: Ink, drawing: Array, grid: tuple[int, int]) -> Array:
    """A drawing, H × W of 0 (paper) … 1 (ink), as a picture of `grid` pixels such as those that were measured."""
    tall, wide = grid
    done = np.zeros(grid)
    box = _box(np.clip(np.asarray(drawing, float), 0.0, 1.0))
    if box is not None:
        top, bottom, left, right = box
        cut = np.clip(np.asarray(drawing, float)[top:bottom, left:right], 0.0, 1.0)
        size = _size(ink, cut.shape, grid)
        small = np.asarray(Image.fromarray((cut * 255).astype(np.uint8)).resize(
            (size[1], size[0]), Image.Resampling.BOX), float) / 255.0
        small = np.minimum(1.0, small / max(0.5, float(small.max())))
        middle = _mass(small) if ink.by_mass else (size[0] / 2, size[1] / 2)
        down = min(max(0, round(ink.y * tall - middle[0])), tall - size[0])
        over = min(max(0, round(ink.x * wide - middle[1])), wide - size[1])
        done[down:down + size[0], over:over + size[1]] = small
    if ink.binary:
        done = (done >= 0.4).astype(float)
    return np.asarray(ink.ground + done * (ink.full - ink.ground), np.float32)


def of_photo(ink: Ink, grey: Array) -> Array:
    """A grey picture of 0 … 1 as a drawing: its paper may be light or dark."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(edge))
    away = grey - paper if abs(float(grey.max()) - paper) > abs(float(grey.min()) - paper) else paper - grey
    reach = float(away.max())
    if reach < 0.1:
        return np.zeros_like(grey)
    return np.clip((away / reach - 0.2) / 0.6, 0.0, 1.0)


def _size(ink: Ink, shape: tuple[int, ...], grid: tuple[int, int]) -> tuple[int, int]:
    """How large it becomes; its proportions stay, but where there are only a few cells."""
    tall, wide = grid
    if tall * wide <= TINY:
        return max(1, round(ink.height * tall)), max(1, round(ink.width * wide))
    side = max(ink.height * tall, ink.width * wide)
    scale = min(side / max(shape), tall / shape[0], wide / shape[1])
    return min(tall, max(1, round(shape[0] * scale))), min(wide, max(1, round(shape[1] * scale)))


def _box(ink: Array) -> tuple[int, int, int, int] | None:
    """Top, bottom, left and right of what is drawn; None where nothing is."""
    there = ink > 0.3
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not len(rows):
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _mass(ink: Array) -> tuple[float, float]:
    total = max(float(ink.sum()), 1e-9)
    y, x = np.indices(ink.shape)
    return float((ink * (y + 0.5)).sum()) / total, float((ink * (x + 0.5)).sum()) / total
