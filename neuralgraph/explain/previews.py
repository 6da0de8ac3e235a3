"""Small pictures of what a network computes for one sample: numpy arrays for the cards on the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.explain.answers import by_number, plane
from neuralgraph.figures.colours import pooled
from neuralgraph.spec import Node
from neuralgraph.training.randomness import undisturbed

MAPS, SIDE, BARS, SAMPLES = 8, 32, 16, 4
STRIP, LINES, POINTS, ROWS = 64, 32, 240, 3
PIXELS = 5
"""A matrix of at least so many rows and columns is looked at as a picture, if it is not a strip."""
LONG = 4
PLANE = 24
"""Points along each side of the plane that a neuron of a two-feature network is drawn on."""
SAME = frozenset({"Flatten", "Unflatten", "Reshape", "View", "Squeeze", "Unsqueeze", "Dropout", "AlphaDropout",
                  "Identity", "Output", "Standardize", "MinMax"})
"""They hand on the numbers that came: the card before them shows those already."""

Array = NDArray[Any]
Kind = Literal["images", "maps", "bars", "strip", "heat", "signed", "number", "words", "rows", "points", "spark",
               "bundle"]


@dataclass(frozen=True, eq=False)
class Look:
    """What a card or a wire shows, never more numbers than can be seen.

    `images` n×h×w in 0…1; `maps` n×h×w; `bars`, `strip`, `spark` n numbers; `heat` h×w and `signed` n×h×w around 0;
    `number` one; `points` n×3 (two features and a class); `bundle` outputs × inputs; `words` and `rows` what stands in
    `names`, the latter with a number each. `names` also name bars.
    """

    kind: Kind
    values: Array
    names: tuple[str, ...] = ()


def samples(arrays: Mapping[str, Array]) -> dict[str, Look]:
    """The first few images of every source that delivers some, by node id. `arrays` by source key."""
    found = {}
    for key, array in arrays.items():
        if array.ndim == 4 and array.shape[1] in (1, 3) and len(array):
            chosen = array[:SAMPLES]
            images = chosen[:, 0] if array.shape[1] == 1 else np.moveaxis(chosen, 1, -1)
            found[key.partition(".")[0]] = Look("images", np.array(images))
    return found


def seen(program: Program, sample: Mapping[str, Array], *, grad: bool = False) -> dict[str, Tensor]:
    """The value of every output for one row, as `Program.trace` names them; with `grad` the tape is kept.

    `sample` by source key, with one row. Changes nothing.
    """
    tensors = {key: program.tensor(key, value[:1]) for key, value in sample.items()}
    for key in program.module_inputs if grad else ():  # not of what is only compared with
        if tensors[key].is_floating_point():
            tensors[key] = tensors[key].clone().requires_grad_()
    with undisturbed(program.device, program.seed), program.quiet():
        return program.trace(tensors, grad=grad)


def activations(program: Program, values: Mapping[str, Tensor], names: tuple[str, ...] = ()) -> dict[str, Look]:
    """Feature maps, vectors, sequences and numbers of every node for the row of `values` (see `seen`).

    What a classification loss judges is shown as probabilities.
    """
    judged = set(program.outputs) if names else set()
    found: dict[str, Look] = {}
    for name, value in values.items():
        id = name.partition(".")[0]
        kind = program.inference.nodes.get(id)
        if (not isinstance(kind, Node) or kind.role == "transform") and id not in found and value.is_floating_point():
            type = program.graph.nodes[id].type if id in program.graph.nodes else ""
            look = _table(program, name, value) or _look(value.detach().float(), name in judged, names, type)
            if look is not None:
                found[id] = look
    return found


def _table(program: Program, name: str, value: Tensor) -> Look | None:
    """A matrix that no batch runs through is one thing: a picture where it is as large as one, else its numbers."""
    id, _, output = name.partition(".")
    spec = program.inference.specs.get(id, {}).get(output or "out")
    if spec is None or spec.batched or value.ndim != 2 or min(value.shape) < 2:
        return None
    if min(value.shape) >= PIXELS and max(value.shape) <= LONG * min(value.shape):
        return Look("maps", thinned(value[None].detach().float()))
    return Look("heat", np.array(pooled(numbers(value), LINES, STRIP)))


def _look(value: Tensor, judged: bool, names: tuple[str, ...], type: str) -> Look | None:
    if value.ndim == 4 and value.shape[-1] > 1 and value.shape[-2] > 1:
        return Look("maps", thinned(value[0, :MAPS]))
    if value.ndim == 2 and 1 < value.shape[1] <= BARS:
        row = torch.softmax(value[0], dim=0) if judged and value.shape[1] == len(names) else value[0]
        return Look("bars", numbers(row), names if value.shape[1] == len(names) else ())
    if type in SAME or not value.numel():
        return None
    if value.ndim == 2 and value.shape[1] > BARS:
        return Look("strip", strip(value[0]))
    if value.ndim == 3 and value.shape[1] > 1 and value.shape[2] > 1:
        return Look("heat", table(value[0], first=type.endswith("1d")))
    if value.numel() == 1 and value.ndim in (1, 2):
        return Look("number", numbers(value.reshape(1)))
    return None


def numbers(value: Tensor) -> Array:
    """A copy as float32 on the processor."""
    return np.array(value.detach().float().cpu().numpy())


def thinned(maps: Tensor) -> Array:
    """n × h × w with at most SIDE numbers along each side."""
    step = max(1, -(-max(maps.shape[1:]) // SIDE))
    return numbers(maps[:, ::step, ::step])


def strip(row: Tensor) -> Array:
    """At most STRIP numbers; each stands for its neighbours by the one of largest magnitude."""
    return np.array(pooled(numbers(row.reshape(-1))[None], 1, STRIP)[0])


def table(value: Tensor, *, first: bool = False) -> Array:
    """Units downwards, time to the right: of time × units, or with `first` of channels × positions."""
    array = numbers(value if first else value.T)
    return np.array(pooled(array, LINES, STRIP))


def neurons(program: Program, points: Array) -> dict[str, Look]:
    """In a network of two features, what the neurons of every node make of the plane; empty for any other network.

    `points` are the rows of the features, N × 2. Every map is scaled to −1 … 1.
    """
    keys = program.module_inputs
    if len(keys) != 1 or points.ndim != 2 or points.shape[1] != 2:
        return {}
    wanted = [id for id in program.inference.order if _of_plane(program, id, keys)]
    if not wanted:
        return {}
    grid, _, _ = plane(points, PLANE)
    with undisturbed(program.device, program.seed), program.quiet():
        values = program.trace({keys[0]: program.tensor(keys[0], grid)}, wanted)
    found = {}
    for id, value in values.items():
        if value.ndim == 2 and len(value) == len(grid) and value.shape[1] and value.is_floating_point():
            maps = np.nan_to_num(numbers(value[:, :MAPS])).T.reshape(-1, PLANE, PLANE)[:, ::-1]
            reach = np.abs(maps).max(axis=(1, 2), keepdims=True)
            found[id] = Look("signed", np.asarray(maps / np.where(reach > 0, reach, 1.0)))
    return found


def _of_plane(program: Program, id: str, keys: tuple[str, ...]) -> bool:
    """A node that computes one vector from the two features alone."""
    kind, specs = program.inference.nodes.get(id), program.inference.specs.get(id, {})
    return (isinstance(kind, Node) and kind.role == "transform" and not kind.passes and len(specs) == 1
            and program.graph.nodes[id].type not in SAME and next(iter(specs.values())).rank == 2
            and program.needed((id,)) == keys and not by_number(program, id))


def scatter(points: Array, classes: Array | None) -> Look:
    """Some rows of two features, as points with the number of their class (0 where there is none)."""
    some = np.unique(np.linspace(0, len(points) - 1, min(POINTS, len(points))).astype(int))
    named = np.zeros(len(some)) if classes is None else np.asarray(classes[some]).reshape(len(some), -1)[:, 0]
    return Look("points", np.column_stack([points[some], named]))


def row(values: Array, names: tuple[str, ...]) -> Look | None:
    """One row of a table: the first features with their values; a strip where they are many or nameless."""
    if values.ndim != 1 or len(values) < 2:
        return None
    if len(values) > BARS or len(names) != len(values):
        return Look("strip", strip(torch.as_tensor(values)))
    return Look("rows", np.array(values[:ROWS], dtype=np.float64), names[:ROWS])


def words(ids: Array, tokens: tuple[str, ...], most: int = 24) -> Look:
    """What whole numbers stand for, as far as there is room."""
    shown = tuple(tokens[int(one)] if 0 <= int(one) < len(tokens) else str(int(one)) for one in ids.reshape(-1)[:most])
    return Look("words", np.array(ids.reshape(-1)[:most]), shown)
