"""Maps of a convolution: where it saw what it answers, and how much of the picture a unit sees at all."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from neuralgraph.compiler.program import Program
from neuralgraph.explain import inputs
from neuralgraph.explain.cut import at as value_at
from neuralgraph.explain.goal import array, at_once, classes, goal_of, scored, tensors, unanswered
from neuralgraph.explain.receptive import Field, field
from neuralgraph.explain.views.view import Array, At, View
from neuralgraph.explain.views.why_input import slopes
from neuralgraph.figures.shown import Board, Figures, Grid, Shown
from neuralgraph.spec import param
from neuralgraph.training.randomness import undisturbed

FIELD_ROWS = 16


def pictured(program: Program, node: str) -> str:
    """The picture that a node is computed from, by source key; "" where there is none."""
    return next((key for key in program.needed([node]) if inputs.kind(program, None, key) == "picture"), "")


def no_map(at: At) -> str:
    """Why the node gives no maps of a picture; "" where it does."""
    program = at.program
    specs = list(program.inference.specs.get(at.node, {}).values())
    if at.rows is None:
        return "There are no rows of data to look at."
    if len(specs) != 1 or len(specs[0].shape) != 4 or specs[0].dtype not in ("float32", "float64"):
        return "This node gives no maps. Choose a convolution, or what follows it."
    if program.node(at.node).role == "source" or not pictured(program, at.node):
        return "These are not maps of a picture of the data."
    return ""


class GradCam(View):
    """Where in the picture this layer saw what speaks for the answer.

    Every map of the layer is weighed with how much the score of the class rises with it, on average; what is left of
    their sum above zero is laid over the picture. Choose the last convolution for the thing as a whole, an earlier
    one for its parts. Selvaraju et al. 2017.
    """

    group = "Why"
    icon = "image-search-outline"
    title = "Grad-CAM"
    target: str = param("", "Which class to account for; the one that it answers where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return () if unanswered(at.program) else classes(at.program, at.rows)

    @classmethod
    def fits(cls, at: At) -> str:
        if why := unanswered(at.program) or no_map(at):
            return why
        if at.node == scored(at.program)[0] or at.node not in at.program.path([scored(at.program)[0]]):
            return "The answer does not come from these maps."
        return ""

    def look(self, at: At) -> Shown:
        program = at.program
        start = (at.node, next(iter(program.inference.specs[at.node])))
        image = np.asarray(at.sample[pictured(program, at.node)])[0]
        with undisturbed(program.device, program.seed), program.quiet():
            given = tensors(program, at.sample)
            goal = goal_of(program, at.rows, given, self.target)
            maps = value_at(program, start, given)
            slope = slopes(at, start, goal, given, maps)
        cam = cam_of(maps, slope)
        over = interpolate(cam[None, None], size=image.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
        heat, small = array(over), array(cam)
        note = "" if small.any() else "No map of this layer speaks for it: everything is at or below zero."
        parts = (inputs.overlaid(inputs.picture(image), heat, f"Where {at.node} saw {goal.said}", note,
                                 ("the input", "what spoke for it")),
                 Grid(small, map="viridis", limits=(0.0, float(small.max()) or 1.0),
                      title=f"{small.shape[0]} × {small.shape[1]} places of the layer"))
        return Board(parts, across=2)


def cam_of(maps: Tensor, slope: Tensor) -> Tensor:
    """(h, w) from maps (1, C, h, w) and the gradient of the score with respect to them: ReLU of the weighed sum."""
    weights = slope.mean(dim=(2, 3), keepdim=True)
    return torch.relu((weights * maps).sum(dim=1))[0]


class ReceptiveField(View):
    """How much of the picture one unit of this layer can see, and what of it counts.

    The frame is the receptive field: nothing outside it can change the unit. The map shows how strongly each place
    really acts on the unit, as the mean size of the slope over some pictures: the effective field, mostly smaller than
    the frame and strongest in the middle. Luo et al. 2016.
    """

    group = "Why"
    icon = "select-search"
    row: int = param(-1, "Row of the unit in its map; −1 is the middle.", min=-1, max=100_000)
    column: int = param(-1, "Column of the unit in its map; −1 is the middle.", min=-1, max=100_000)

    @classmethod
    def fits(cls, at: At) -> str:
        return no_map(at)

    def look(self, at: At) -> Shown:
        program = at.program
        key = pictured(program, at.node)
        start = program._sources[key]
        shape = next(iter(program.inference.specs[at.node].values())).shape[2:]
        place = tuple(int(size) // 2 if one < 0 else min(one, int(size) - 1)
                      for one, size in zip((self.row, self.column), shape, strict=True))
        image = np.asarray(at.sample[key])[0]
        with undisturbed(program.device, program.seed), program.quiet():
            given = tensors(program, at.sample)
            found, how = field(program, start, at.node, place, value_at(program, start, given), given)
            strength = _effective(at, start, place, key)
        boxes = _boxes(found, image.shape[-2:])
        seen = inputs.picture(image)
        grey = seen if seen.ndim == 2 else seen.mean(axis=2)
        parts = (_words(found, place, image.shape[-2:], how),
                 Board((Grid(grey, map="grey", boxes=boxes, title="What it can see"),
                        Grid(strength, map="viridis", boxes=boxes, limits=(0.0, float(strength.max()) or 1.0),
                             title="How strongly it acts")), across=2))
        return Board(parts, shares=(1.0, 3.2))


def _effective(at: At, start: tuple[str, str], place: tuple[int, ...], key: str) -> NDArray[np.float64]:
    """The mean size of the slope of the unit, all channels together, with respect to each place: (h, w)."""
    program = at.program
    numbers = at.some(at_once(program, FIELD_ROWS))
    given = tensors(program, at.given(numbers) if len(numbers) else at.sample)
    leaves = {name: one.detach().clone().requires_grad_(name == key) for name, one in given.items()}
    with torch.enable_grad():
        value = program.trace(leaves, (at.node,), grad=True)[program.output_name(
            at.node, next(iter(program.inference.specs[at.node])))]
        total = value[:, :, place[0], place[1]].sum()
        slope = torch.autograd.grad(total, leaves[key], allow_unused=True)[0] if total.requires_grad else None
    if slope is None:
        return np.zeros(leaves[key].shape[-2:])
    return array(slope.abs().sum(dim=1).mean(dim=0))


def _boxes(found: Field | None, shape: tuple[int, ...]) -> tuple[tuple[int, int, int, int], ...]:
    if found is None:
        return ()
    (top, bottom), (left, right) = found.inside(shape)
    return ((top, left, bottom - top + 1, right - left + 1),) if bottom >= top and right >= left else ()


def _words(found: Field | None, place: tuple[int, ...], shape: tuple[int, ...], how: str) -> Figures:
    where = f"row {place[0]}, column {place[1]}"
    if found is None:
        return Figures((("field", "none", how),), title=f"The unit at {where}")
    rows: list[tuple[str, str, str]] = [("field", _by(found.size), how)]
    if all(math.isfinite(one) for one in found.stride):
        rows.append(("stride", _by(found.stride), "from one unit to the next"))
    (top, bottom), (left, right) = found.inside(shape)
    outside = found.inside(shape) != found.spans
    rows.append(("box", f"{top}–{bottom} × {left}–{right}",
                 "rows × columns, the rest is padding" if outside else "rows × columns of the picture"))
    return Figures(tuple(rows), title=f"The unit at {where}")


def _by(sizes: tuple[float, ...] | tuple[int, ...]) -> str:
    return " × ".join(f"{one:g}" for one in sizes)


VIEWS: tuple[type[View], ...] = (GradCam, ReceptiveField)
__all__ = ["VIEWS", "Array", "GradCam", "ReceptiveField", "cam_of", "no_map", "pictured"]
