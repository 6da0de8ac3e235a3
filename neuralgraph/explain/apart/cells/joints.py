"""What joins the steps of a Recurrent: a number is taken from a place, or carried on from the step before."""

from __future__ import annotations

import torch

from neuralgraph.errors import RunError
from neuralgraph.explain.apart.cells.asked import Asked, spots
from neuralgraph.explain.apart.terms import Spot, Term, Terms


def joined(asked: Asked, index: Spot) -> Terms:
    """From where a number came: at most one, with nothing done to it. `RunError` where there is no such number."""
    seat = asked.seat
    assert seat is not None and seat.joint is not None
    type, says = asked.kind.type, seat.says
    if not asked.inputs:  # where a state starts
        found = asked.shown if asked.shown is not None else sum(
            float(one.detach()[tuple(index[1:])]) for one in seat.weights.values())
        return Terms(asked.node, type, asked.output, index, found, "sum", says, (), found, next(iter(seat.weights), ""))
    leaves = {port: one.clone().requires_grad_(one.is_floating_point()) for port, one in asked.inputs.items()}
    with torch.enable_grad():
        whole = seat.compute(leaves)[asked.at]
    if len(index) != whole.ndim or any(not -size <= at < size for at, size in zip(index, whole.shape, strict=True)):
        raise RunError(f"{asked.node} gives {' × '.join(map(str, whole.shape))} here; there is no number at "
                       f"{list(index)}.")
    cell, terms = whole[index], []
    index = tuple(at % size for at, size in zip(index, whole.shape, strict=True))
    asked_of = {port: one for port, one in leaves.items() if one.requires_grad}
    slopes = torch.autograd.grad(cell, list(asked_of.values()), allow_unused=True) if cell.requires_grad else ()
    for (port, x), slope in zip(asked_of.items(), slopes, strict=False):
        for spot in spots(slope) if slope is not None else ():
            value = float(x.detach()[spot])
            terms.append(Term(port, spot, value, "", (), 1.0, value))
    value = float(cell.detach())
    if not terms and "x" in asked.inputs and asked.inputs["x"].shape == whole.shape:  # cut off: its derivative is 0
        terms.append(Term("x", index, value, "", (), 1.0, value))
    left = value - sum(one.product for one in terms)
    return Terms(asked.node, type, asked.output, index, value, "sum", says, tuple(terms), left)
