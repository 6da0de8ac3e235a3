"""What a look at the network measures: its activations on some rows, its gradients by layer. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from neuralgraph.training.hints import Slope, Units
from neuralgraph.training.randomness import undisturbed

ROWS = 256
FIRING = ("ReLU", "ReLU6")
RANGES: Mapping[str, tuple[float, float]] = {
    "Sigmoid": (0.0, 1.0), "Hardsigmoid": (0.0, 1.0), "Tanh": (-1.0, 1.0), "Hardtanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0)}
END = 0.02
"""So near to an end, as a share of the range, is flat."""
SCORES = ("CrossEntropyLoss",)


def activations(program: Any) -> tuple[str, ...]:
    """The activations worth looking at: not those whose outputs are the answer, which should be at an end."""
    nodes, graph = program.graph.nodes, program.graph
    judged = {id for id in nodes if all(
        getattr(program.inference.nodes[edge.target], "role", "") in ("loss", "metric", "output")
        for edge in graph.out_of(id))}
    known = [id for id in program.inference.order if id in program.inference.specs]
    return tuple(id for id in known if nodes[id].type in FIRING or (nodes[id].type in RANGES and id not in judged))


def scores(program: Any) -> dict[str, tuple[str, str]]:
    """What goes into losses that take scores: loss → (node, output)."""
    wires = program.inference.wires
    return {id: wires[id]["input"].start for id in program.losses
            if program.graph.nodes[id].type in SCORES and "input" in wires[id]}


def look(program: Any, tensors: Mapping[str, Tensor]) -> tuple[tuple[Units, ...], tuple[str, ...]]:
    """The activations on these rows, and the losses for scores that get probabilities."""
    ids, given = activations(program), scores(program)
    wanted = (*ids, *(node for node, _ in given.values() if node in program.inference.specs))
    if not wanted:
        return (), ()
    with undisturbed(program.device, program.seed), program.quiet():
        values = program.trace(tensors, wanted)
    named = {id: program.output_name(*start) for id, start in given.items()}
    return (tuple(_units(id, program.graph.nodes[id].type, values[id]) for id in ids if id in values),
            tuple(id for id, name in named.items() if name in values and _sums_to_one(values[name])))


def _units(id: str, type: str, value: Tensor) -> Units:
    rows = len(value) if value.ndim else 1
    units = value.shape[1] if value.ndim > 1 else 1
    if type in FIRING:
        flat = value.reshape(rows, units, -1)
        return Units(id, type, units, rows, dead=int((flat.amax(dim=(0, 2)) <= 0).sum()) if flat.numel() else units)
    low, high = RANGES[type]
    edge = END * (high - low)
    ends = (value <= low + edge) | (value >= high - edge)
    return Units(id, type, units, rows, saturated=float(_wide(ends).mean()) if value.numel() else 0.0)


def _sums_to_one(value: Tensor) -> bool:
    if value.ndim < 2 or not value.is_floating_point() or value.shape[1] < 2 or not value.numel():
        return False
    return bool((value >= 0).all()) and bool(((value.sum(dim=1) - 1).abs() < 1e-3).all())


def slopes(program: Any, parameters: Iterable[tuple[str, Tensor]]) -> Iterator[Slope]:
    """Of every layer that has a matrix of weights and a gradient, in the order in which data pass them."""
    found: dict[str, Slope] = {}
    for name, one in parameters:
        node = str(program.owner(name))
        placed = program.graph.nodes.get(node)
        if one.grad is None or one.ndim < 2 or node in found or (placed is not None and "Embedding" in placed.type):
            continue
        found[node] = Slope(node, *torch.stack([_rms(one.grad), _rms(one)]).tolist())
    yield from (found[id] for id in program.inference.order if id in found)


def _rms(one: Tensor) -> Tensor:
    return _wide(one.detach()).square().mean().sqrt()


def _wide(one: Tensor) -> Tensor:
    """In the widest numbers of its device: MPS has no float64."""
    return one.float() if one.device.type == "mps" else one.double()
