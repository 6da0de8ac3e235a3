"""A small network of two features, unit by unit: what each neuron makes of the plane, and the weights between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.explain.answers import plane
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
SIDE = 32
MOST_UNITS, MOST_LAYERS = 10, 6
"""Of a wider layer the first ten are drawn, always the same ones, so that they can be watched."""
ELEMENTWISE = {"BatchNorm1d", "LayerNorm", "Dropout", "Standardize", "MinMax", "Flatten"}
"""Besides activations: what leaves every unit in its place."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The neurons of one layer: the first of `count`. `node` is the id of its Linear node, `title` the activation.

    `maps` is units × SIDE × SIDE, each within −1 … 1, row 0 at the lowest second feature; `weights` is units × units of
    the layer before.
    """

    node: str
    title: str
    count: int
    maps: Array
    weights: Array


@dataclass(frozen=True, eq=False)
class Units:
    """The features, the hidden layers, and the weight of every last unit in the answer: positive for class 1."""

    features: tuple[str, str]
    layers: tuple[Layer, ...]
    answer: Array


def units(program: Program, arrays: Mapping[str, Array], features: tuple[str, ...]) -> Units | None:
    """What can be drawn unit by unit; None for a network that is not a small chain on two features."""
    keys = program.module_inputs
    chain = _chain(program) if len(keys) == 1 and program.outputs else None
    if chain is None or arrays[keys[0]].ndim != 2 or arrays[keys[0]].shape[1] != 2:
        return None
    linear = [at for at, id in enumerate(chain) if program.graph.nodes[id].type == "Linear"]
    if not 1 < len(linear) <= MOST_LAYERS + 1:
        return None
    ends = [(chain[first], chain[after - 1]) for first, after in pairwise(linear)]
    state = program.state_dict()
    weights = {id: state[f"{id}.weight"].detach().float().cpu().numpy() for id in (chain[at] for at in linear)}
    grid, _, _ = plane(arrays[keys[0]], SIDE)
    with undisturbed(program.device, program.seed), program.quiet():
        values = program.trace({keys[0]: program.tensor(keys[0], grid)}, [end for _, end in ends])
    layers = tuple(
        Layer(id, _activation(program, chain, id, end), len(weights[id]),
              _maps(values[end].detach().float().cpu().numpy()[:, :MOST_UNITS]),
              weights[id][:MOST_UNITS, :MOST_UNITS].copy()) for id, end in ends)
    last = weights[chain[linear[-1]]][:, :MOST_UNITS]
    names = features if len(features) == 2 else ("x₁", "x₂")
    return Units((names[0], names[1]), layers, last[1] - last[0] if len(last) == 2 else last[0].copy())


def _chain(program: Program) -> list[str] | None:
    """From the first node after the source to the one that answers; None where it is no chain of known nodes."""
    id, _ = next(iter(program.outputs.values()))
    found: list[str] = []
    while program.node(id).role != "source":
        wires, node = list(program.inference.wires[id].values()), program.node(id)
        known = node.passes or node.type in {"Linear", *ELEMENTWISE} or node.category == "Activations"
        if len(wires) != 1 or not known or program.inference.inputs[id][wires[0].input].rank != 2:
            return None
        found.append(id)
        id = wires[0].source
    return found[::-1]


def _activation(program: Program, chain: list[str], first: str, end: str) -> str:
    between = chain[chain.index(first) + 1:chain.index(end) + 1]
    kinds = [program.graph.nodes[id].type for id in between if program.node(id).category == "Activations"]
    return kinds[0] if kinds and kinds[0] != "Identity" else ""


def _maps(values: Array) -> Array:
    """Points × units to units × SIDE × SIDE, the largest size 1."""
    maps = np.nan_to_num(values).T.reshape(-1, SIDE, SIDE)
    reach = np.abs(maps).max(axis=(1, 2), keepdims=True)
    return np.asarray(maps / np.where(reach > 0, reach, 1.0))
