"""Weights started in the way that the document says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from neuralgraph.compiler.turns import seeded
from neuralgraph.errors import GraphError
from neuralgraph.spec.initial import GROUPS, KEEP, METHODS, OWN, PLAIN, knobs, refusal

_WORDS = {"value": "val", "low": "a", "high": "b"}
"""What `nn.init` calls a number, where it calls it otherwise."""


def start(id: str, initialiser: Mapping[str, Any], module: nn.Module, seed: int) -> None:
    """Start weights and offsets as asked; random numbers depend on the seed alone. A factor of a norm keeps its 1."""
    if not initialiser:
        return
    if why := refusal(initialiser):
        raise GraphError(f"{id}: {why}.")
    with seeded(seed), torch.no_grad():
        own = dict(module.named_parameters())
        for name, function, words in fills(initialiser, own):
            getattr(nn.init, function)(own[name], **words)
        for name, part, number in opened(initialiser, own):
            nn.init.constant_(own[name][part], number)


def fills(
    initialiser: Mapping[str, Any], own: Mapping[str, torch.Tensor]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Which weights and offsets are filled how: the name, the function of `nn.init`, and what it takes beside."""
    for group in GROUPS:
        method, numbers = knobs(initialiser, group)
        if method == OWN or method not in METHODS:
            continue
        words = {"nonlinearity": "relu"} if method.startswith("kaiming") else {
            _WORDS.get(name, name): number for name, number in numbers.items()}
        for name, one in own.items():
            if belongs(name, group) and (one.ndim > 1 or method in PLAIN):
                yield name, f"{method}_", words


def opened(
    initialiser: Mapping[str, Any], own: Mapping[str, torch.Tensor]
) -> Iterator[tuple[str, slice, float]]:
    """Which part of which offsets starts at a number of its own: the gate that keeps, the second one of an LSTM and of
    a GRU, in the offsets from the input."""
    method, numbers = knobs(initialiser, "bias")
    if method != KEEP:
        return
    for name, one in own.items():
        if "bias_ih" not in name:
            continue
        recurrent, projected = (own.get(name.replace("bias_ih", word)) for word in ("weight_hh", "weight_hr"))
        size = (projected if projected is not None else recurrent).shape[1] if recurrent is not None else len(one)
        if len(one) in (3 * size, 4 * size):
            yield name, slice(size, 2 * size), numbers["value"]


def given(module: nn.Module, arrays: Mapping[str, Any]) -> None:
    """Put what was read from files into the weights."""
    own = dict(module.named_parameters())
    with torch.no_grad():
        for name, array in arrays.items():
            own[name].copy_(torch.as_tensor(array))


def belongs(name: str, group: str) -> bool:
    """`weight_ih_l0` is a weight, `in_proj_bias` an offset."""
    last = name.rpartition(".")[2]
    return last.startswith(group) or last.endswith(f"_{group}")
