"""Losses: a mean, or a sum, of what every sample, or every number, loses."""

from __future__ import annotations

from dataclasses import replace

import torch

from neuralgraph.explain.apart.cells.asked import Asked, spots
from neuralgraph.explain.apart.terms import Term, Terms

MOST = 100_000


def means(asked: Asked) -> Terms | None:
    """The parts of a loss; None for other nodes, and where the mean is not a plain one."""
    call = asked.call
    if asked.kind.role != "loss" or call is None or (asked.shown is None and asked.index != ()):
        return None
    named = dict(call.kwargs)
    way = named.get("reduction", "mean")
    if way not in ("mean", "sum") or call.kind != "function":
        return None
    apart = replace(asked, call=replace(call, kwargs=tuple({**named, "reduction": "none"}.items())))
    with torch.no_grad():
        each = apart.run()
    if not 0 < each.numel() <= MOST:
        return None
    share = 1 / each.numel() if way == "mean" else 1.0
    ports = ", ".join(asked.inputs)
    terms = tuple(Term("", spot, one := float(each[spot]), "", (), share, one * share, f"from {ports}")
                  for spot in spots(torch.ones_like(each)))
    says = f"The {way} of what {len(terms):,} {'numbers lose' if each.ndim > 1 else 'samples lose'}."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "sum", says, terms)
