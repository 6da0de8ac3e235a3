"""What flows on wires for one sample: values forwards, gradients backwards, and the weights that wires end in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from neuralgraph.compiler.program import Program
from neuralgraph.explain.previews import Look, numbers, strip, table, thinned, words
from neuralgraph.spec import Node, Spec

Wires = Literal["off", "values", "weights", "gradients"]
Place = tuple[str, str]
SHOWN = 3
"""So many feature maps there is room for on a wire."""
SMALL, MOST = 100, 32
"""Of a layer with at most so many weights, and units on either side, every single weight is drawn."""
GROWN = frozenset({"Embedding", "EmbeddingBag"})
"""Layers whose first weight axis is that of the input."""


@dataclass(frozen=True, eq=False)
class Flow:
    """What a wire shows. `size` is the norm of weights or gradient, which makes it thick; None for values."""

    look: Look
    size: float | None = None


@dataclass(frozen=True)
class Meaning:
    """The words for whole numbers: of classes, and of the tokens of a text."""

    classes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()


def flows(program: Program, what: Wires, values: Mapping[str, Tensor], meaning: Meaning) -> dict[Place, Flow]:
    """Values and gradients by node and output, weights by node and input.

    `values` come from `previews.seen`, for gradients with the tape.
    """
    match what:
        case "values":
            return _values(program, values, meaning)
        case "gradients":
            return _gradients(program, values)
        case "weights":
            return _weights(program)
        case _:
            return {}


def outputs(program: Program) -> dict[Place, str]:
    """What a trace calls every output, by node and output; modules among them."""
    flat = program.inference.flat
    found = {(id, output): program.output_name(id, output)
             for id, specs in program.inference.specs.items() if isinstance(program.inference.nodes.get(id), Node)
             for output in specs}
    for path in flat.copies:
        doors = flat.doors(path)
        found |= {(path, output): path if len(doors) == 1 else f"{path}.{output}" for output in doors}
    return found


# -- values -----------------------------------------------------------------------------------------------------------


def _values(program: Program, values: Mapping[str, Tensor], meaning: Meaning) -> dict[Place, Flow]:
    found = {}
    for place, name in outputs(program).items():
        if name in values:
            spec = program.inference.specs.get(place[0], {}).get(place[1])
            kind = program.inference.nodes.get(place[0])
            source = isinstance(kind, Node) and kind.role == "source"
            look = value_look(values[name].detach(), spec, meaning, source=source, type=_type(program, place[0]))
            if look is not None:
                found[place] = Flow(look)
    return found


def _type(program: Program, id: str) -> str:
    return program.graph.nodes[id].type if id in program.graph.nodes else ""


def value_look(value: Tensor, spec: Spec | None, meaning: Meaning, *, source: bool, type: str = "") -> Look | None:
    """One value as small as a wire has room: a thumbnail, a strip, a heat map, a curve, a word, a number."""
    if not value.numel() or value.is_complex():
        return None
    if not value.is_floating_point() and value.dtype != torch.bool:
        ids = value.reshape(-1).cpu().numpy()
        if spec is not None and spec.classes and len(ids) == 1:
            return words(ids, meaning.classes)
        if source and meaning.tokens:
            return words(ids, meaning.tokens, 6)
    value = value.float()
    if value.ndim == 4 and value.shape[-1] > 1 and value.shape[-2] > 1:
        if source and value.shape[1] in (1, 3):
            picture = value[0, 0] if value.shape[1] == 1 else value[0].permute(1, 2, 0)
            return Look("images", numbers(picture[None]))
        return Look("maps", thinned(value[0, :SHOWN]))
    return _plain(value, type)


def _plain(value: Tensor, type: str = "") -> Look:
    """A number, a curve, a strip or a heat map, as many sizes as there are besides the batch."""
    sizes = [one for one in value.shape[1:] if one > 1]
    if value.numel() == 1:
        return Look("number", numbers(value.reshape(1)))
    if value.ndim >= 3 and len(sizes) == 1:
        return Look("spark", strip(value[0]))
    if len(sizes) == 2:
        return Look("heat", table(value[0].reshape(sizes), first=type.endswith("1d")))
    return Look("strip", strip(value[0] if value.ndim > 1 else value))


# -- gradients --------------------------------------------------------------------------------------------------------


def _gradients(program: Program, values: Mapping[str, Tensor]) -> dict[Place, Flow]:
    """The derivative of the weighted sum of all losses of this sample by everything that flows."""
    losses = [values[id].sum() * program.shares[id] for id in program.losses
              if id in values and values[id].requires_grad]
    if not losses:
        return {}
    total = torch.stack([one.to(losses[0].dtype) for one in losses]).sum()
    names = {place: name for place, name in outputs(program).items() if name in values and values[name].requires_grad}
    tensors = [values[name] for name in names.values()]
    found = torch.autograd.grad(total, tensors, allow_unused=True)
    result = {}
    for place, one in zip(names, found, strict=True):
        if one is not None and one.numel():
            result[place] = Flow(_signed(one.detach().float(), _type(program, place[0])), float(one.float().norm()))
    return result


def _signed(value: Tensor, type: str) -> Look:
    if value.ndim == 4 and value.shape[-1] > 1 and value.shape[-2] > 1:
        return Look("signed", thinned(value[0, :SHOWN]))
    if value.ndim == 0:
        return Look("number", numbers(value.reshape(1)))
    return _plain(value, type)


# -- weights ----------------------------------------------------------------------------------------------------------


def _weights(program: Program) -> dict[Place, Flow]:
    found: dict[Place, Flow] = {}
    for id in program.inference.order:
        wires = program.inference.wires.get(id, {})
        owner = program.graph.nodes[id].shares or id if id in program.graph.nodes else id
        module = program.part(owner)
        if module is None or not wires:
            continue
        kind = program.node(id)
        ports = [one for one in (port.name for port in kind.ports) if one in wires]
        for place, weight in _matrices(module, ports).items():
            spec = program.inference.inputs.get(id, {}).get(place)
            found[id, place] = Flow(weight_look(weight, _type(program, id), spec), float(weight.float().norm()))
    return found


def _matrices(module: nn.Module, ports: list[str]) -> dict[str, Tensor]:
    """The weights that each input meets first; a projection of several inputs is cut where they meet."""
    own = {name: one.detach() for name, one in module.named_parameters(recurse=False) if one.numel()}
    if not ports:
        return {}
    projection = own.get("in_proj_weight")
    if projection is not None and len(ports) >= 3:
        return dict(zip(ports, projection.chunk(3), strict=False))
    first = next((own[name] for name in ("weight", "in_proj_weight", "weight_ih_l0", "weight_ih") if name in own), None)
    found = {} if first is None else {ports[0]: first}
    hidden = own.get("weight_hh")
    if hidden is not None and len(ports) > 1:
        found[ports[1]] = hidden
    return found


def weight_look(weight: Tensor, type: str, spec: Spec | None) -> Look:
    """Every single weight of a small layer, the first filters of one or three channels, else the mean per input."""
    weight = weight.float()
    if weight.ndim == 2 and type not in GROWN and max(weight.shape) <= MOST and weight.numel() <= SMALL:
        return Look("bundle", numbers(weight))
    if weight.ndim == 4 and weight.shape[1] in (1, 3) and min(weight.shape[2:]) > 1 and "Transpose" not in type:
        return Look("signed", thinned(weight.mean(dim=1)[:SHOWN]))
    if weight.ndim < 2:
        return Look("strip", strip(weight)) if weight.numel() > 1 else Look("number", numbers(weight.reshape(1)))
    means = _per_input(weight, type, spec)
    return Look("strip", strip(means)) if means.numel() > 1 else Look("number", numbers(means))


def _per_input(weight: Tensor, type: str, spec: Spec | None) -> Tensor:
    """The mean weight of each input unit or channel."""
    if type in GROWN or "Transpose" in type:
        return weight.flatten(1).mean(dim=1)
    channels = spec.shape[1] if spec is not None and spec.rank > 1 and isinstance(spec.shape[1], int) else 0
    if weight.ndim > 2 and channels and weight.shape[1] < channels and channels % weight.shape[1] == 0:
        groups = channels // weight.shape[1]  # every group of filters sees its own channels
        return weight.reshape(groups, -1, weight.shape[1], *weight.shape[2:]).flatten(3).mean(dim=(1, 3)).reshape(-1)
    return weight.transpose(0, 1).flatten(1).mean(dim=1)
