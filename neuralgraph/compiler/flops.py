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
def flops(node: Node, inputs: tuple[tuple[str, Spec], ...]) -> int:
    """Operations for one sample (a multiplication and an addition count as two); 0 for what torch does not count.

    `inputs` by port.
    """
    if node.role == "source":
        return 0
    optional = {port.name for port in node.ports if port.optional}
    named = {name: spec for name, spec in inputs if name in optional}
    specs = [spec for name, spec in inputs if name not in optional]
    call = node.call(*specs, **named)
    if (network := network_of(call)) is not None:
        return _looped(network, dict(call.kwargs), specs[0])
    with torch.no_grad(), torch.device("meta"), FlopCounterMode(display=False) as counter:
        target = resolve(call.target)
        if call.kind == "module":
            target = target(**{name: value(raw) for name, raw in call.kwargs})
        invoke(call, target, [_like(spec) for spec in specs], {name: _like(spec) for name, spec in named.items()})
    return int(counter.get_total_flops()) // 2


def _like(spec: Spec) -> torch.Tensor:
    return torch.empty([concrete(size, 2) for size in spec.shape], dtype=getattr(torch, spec.dtype))


def _looped(network: Network, settings: dict[str, Any], x: Spec) -> int:
    """A drawn module runs once for every step, and once more where both directions are read."""
    found = inner(network)
    known = ((found.nodes[id], tuple(found.inputs[id].items())) for id in found.calls)
    once = sum(flops(node, specs) for node, specs in known if isinstance(node, Node))
    return once * x.size(1) * (2 if settings["back"] is not None else 1)
