"""Small pictures of what a network computes for one sample: numpy arrays for the cards on the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.spec import Node
from neuralgraph.training.randomness import undisturbed

MAPS, SIDE, BARS, SAMPLES = 8, 32, 16, 4


@dataclass(frozen=True, eq=False)
class Look:
    """What a card shows: `images` n×h×w in 0…1, `maps` n×h×w, `bars` n numbers with their names."""

    kind: Literal["images", "maps", "bars"]
    values: NDArray[Any]
    names: tuple[str, ...] = ()


def samples(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Look]:
    """The first few images of every source that delivers some, by node id. `arrays` by source key."""
    found = {}
    for key, array in arrays.items():
        if array.ndim == 4 and array.shape[1] in (1, 3) and len(array):
            chosen = array[:SAMPLES]
            images = chosen[:, 0] if array.shape[1] == 1 else np.moveaxis(chosen, 1, -1)
            found[key.partition(".")[0]] = Look("images", np.array(images))
    return found


def activations(program: Program, sample: Mapping[str, NDArray[Any]], names: tuple[str, ...] = ()) -> dict[str, Look]:
    """Feature maps and short vectors of every node for one row; changes nothing.

    `sample` by source key, with one row. What a classification loss judges is shown as probabilities.
    """
    tensors = {key: program.tensor(key, value[:1]) for key, value in sample.items()}
    with undisturbed(program.device, program.seed), program.quiet():
        values = program.trace(tensors)
    judged = set(program.outputs) if names else set()
    found = {}
    for name, value in values.items():
        id = name.partition(".")[0]
        kind = program.inference.nodes.get(id)
        if (not isinstance(kind, Node) or kind.role == "transform") and id not in found and value.is_floating_point():
            look = _look(value.detach().float().cpu(), name in judged, names)
            if look is not None:
                found[id] = look
    return found


def _look(value: torch.Tensor, judged: bool, names: tuple[str, ...]) -> Look | None:
    if value.ndim == 4 and value.shape[-1] > 1 and value.shape[-2] > 1:
        maps = value[0, :MAPS].numpy()
        step = max(1, -(-max(maps.shape[1:]) // SIDE))
        return Look("maps", np.array(maps[:, ::step, ::step]))
    if value.ndim == 2 and 1 < value.shape[1] <= BARS:
        row = torch.softmax(value[0], dim=0) if judged and value.shape[1] == len(names) else value[0]
        return Look("bars", np.array(row.numpy()), names if value.shape[1] == len(names) else ())
    return None
