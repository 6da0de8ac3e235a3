"""Weights started in the way that the document says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from neuralgraph.compiler.turns import seeded
from neuralgraph.errors import GraphError
from neuralgraph.spec.initial import FILE, GROUPS, OWN, PLAIN, knobs, refusal


def start(id: str, initialiser: Mapping[str, Any], module: nn.Module, seed: int) -> None:
    """Start weights and offsets as asked; random numbers depend on the seed alone. A factor of a norm keeps its 1."""
    if not initialiser:
        return
    if why := refusal(initialiser):
        raise GraphError(f"{id}: {why}.")
    with seeded(seed), torch.no_grad():
        for group in GROUPS:
            method, numbers = knobs(initialiser, group)
            if method in (OWN, FILE):
                continue
            for name, one in module.named_parameters():
                if belongs(name, group) and (one.ndim > 1 or method in PLAIN):
                    _fill(one, method, numbers)


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


def _fill(one: torch.Tensor, method: str, given: Mapping[str, float]) -> None:
    match method:
        case "constant":
            nn.init.constant_(one, given["value"])
        case "uniform":
            nn.init.uniform_(one, given["low"], given["high"])
        case "normal":
            nn.init.normal_(one, given["mean"], given["std"])
        case "trunc_normal":
            nn.init.trunc_normal_(one, given["mean"], given["std"])
        case "kaiming_uniform" | "kaiming_normal":
            getattr(nn.init, f"{method}_")(one, nonlinearity="relu")
        case "xavier_uniform" | "xavier_normal" | "orthogonal":
            getattr(nn.init, f"{method}_")(one, given["gain"])
        case _:
            getattr(nn.init, f"{method}_")(one)
