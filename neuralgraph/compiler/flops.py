"""Floating-point operations of one forward pass, counted by torch on the meta device."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from neuralgraph.compiler.cells import network_of
from neuralgraph.compiler.infer import inner
from neuralgraph.compiler.resolve import resolve, value
from neuralgraph.compiler.shapes import concrete, invoke
from neuralgraph.spec import Network, Node, Spec


@lru_cache(maxsize=10_000)
def flops(node: Node, inputs: tuple[Spec, ...]) -> int:
    """Operations for one sample (a multiplication and an addition count as two); 0 for what torch does not count."""
    if node.role == "source":
        return 0
    call = node.call(*inputs)
    if (network := network_of(call)) is not None:
        return _looped(network, dict(call.kwargs), inputs[0])
    with torch.no_grad(), torch.device("meta"), FlopCounterMode(display=False) as counter:
        target = resolve(call.target)
        if call.kind == "module":
            target = target(**{name: value(raw) for name, raw in call.kwargs})
        tensors = [
            torch.empty([concrete(s, 2) for s in spec.shape], dtype=getattr(torch, spec.dtype)) for spec in inputs
        ]
        invoke(call, target, list(tensors), {})
    return int(counter.get_total_flops()) // 2


def _looped(network: Network, settings: dict[str, Any], x: Spec) -> int:
    """A drawn module runs once for every step, and once more where both directions are read."""
    found = inner(network)
    known = ((found.nodes[id], tuple(found.inputs[id].values())) for id in found.calls)
    once = sum(flops(node, specs) for node, specs in known if isinstance(node, Node))
    return once * x.size(1) * (2 if settings["back"] is not None else 1)
