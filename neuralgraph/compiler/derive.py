"""Derivatives of one node with respect to everything upstream of it, by reverse or by forward mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.errors import UnknownNodeError

MOST_SWEEPS = 10_000


def derive(
    program: Program, tensors: Mapping[str, Tensor], of: str, mode: Literal["reverse", "forward"]
) -> dict[str, Tensor]:
    """d `of` / d every floating value it depends on, and every weight as `node.weight`.

    `of` names a node or `node.output`; it is summed if it is not a scalar. Reverse mode takes one sweep; forward mode
    one for every number of every value, at most `MOST_SWEEPS`. Raises `UnknownNodeError` where there is no such node.
    """
    leaves = {key: t.detach().requires_grad_(t.is_floating_point()) for key, t in tensors.items()}
    node = of.partition(".")[0]
    if not program.outputs_of(node):
        raise UnknownNodeError(f"There is no node {of!r} to differentiate.")
    with torch.enable_grad():
        values = program.trace(leaves, program.path((node,)), grad=True)
        if of not in values:
            raise UnknownNodeError(f"{node} has several outputs: {', '.join(n for n in values if n.startswith(node))}.")
        wanted = {name: t for name, t in values.items() if t.requires_grad}
        wanted |= {name: p for name, p in program.root.named_parameters() if p.requires_grad}
        if mode == "reverse":
            return _reverse(values[of], wanted)
        return _forward(values[of], wanted)


def _reverse(goal: Tensor, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found = torch.autograd.grad(goal.sum(), list(wanted.values()), allow_unused=True)
    return {name: one for name, one in zip(wanted, found, strict=True) if one is not None}


def _forward(goal: Tensor, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Forward mode by two reverse ones: the vector-Jacobian product is linear in its vector."""
    sweeps = sum(one.numel() for one in wanted.values())
    if sweeps > MOST_SWEEPS:
        raise UnknownNodeError(
            f"Forward mode needs a sweep for each of {sweeps:,} numbers, at most {MOST_SWEEPS:,} are allowed. "
            "Use mode='reverse'."
        )
    found: dict[str, Tensor] = {}
    for name, one in wanted.items():
        dummy = torch.zeros_like(goal, requires_grad=True)
        pulled = torch.autograd.grad(goal, one, dummy, create_graph=True, allow_unused=True)[0]
        if pulled is None:
            continue
        columns = []
        for index in range(one.numel()):
            direction = torch.zeros(one.numel(), dtype=one.dtype, device=one.device)
            direction[index] = 1.0
            pushed = torch.autograd.grad(pulled, dummy, direction.view_as(one), retain_graph=True)[0]
            columns.append(pushed.sum())
        found[name] = torch.stack(columns).view_as(one)
    return found
