"""Floating-point operations of one forward pass, counted by torch on the meta device."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from neuralgraph.compiler.resolve import resolve, value
from neuralgraph.compiler.shapes import concrete, invoke
from neuralgraph.spec import Node, Spec


@lru_cache(maxsize=10_000)
def flops(node: Node, inputs: tuple[Spec, ...]) -> int:
    """Operations for one sample (a multiplication and an addition count as two); 0 for what torch does not count."""
    if node.role == "source":
        return 0
    call = node.call(*inputs)
    with torch.no_grad(), torch.device("meta"), FlopCounterMode(display=False) as counter:
        target = resolve(call.target)
        if call.kind == "module":
            target = target(**{name: value(raw) for name, raw in call.kwargs})
        tensors = [
            torch.empty([concrete(s, 2) for s in spec.shape], dtype=getattr(torch, spec.dtype)) for spec in inputs
        ]
        invoke(call, target, list(tensors), {})
    return int(counter.get_total_flops()) // 2
