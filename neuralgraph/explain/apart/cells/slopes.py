"""What is left: functions of one number, and by derivatives whatever else there is, saying so."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from neuralgraph.explain.apart.cells.asked import Asked, spots
from neuralgraph.explain.apart.terms import Term, Terms

NEAR = 1e-9
MIXED = "no sum stands behind it; shown is how it changes with each number, and what is left over"


def drawn(asked: Asked) -> Terms | None:
    """Dropout and its like: its own number, times what chance gave it in this step."""
    if asked.shown is None or not asked.kind.type.startswith("Dropout"):
        return None
    port, x = next(iter(asked.inputs.items()))
    value = float(x[asked.index])
    factor = asked.shown / value if value else 0.0
    says = "Kept by chance, and enlarged in return." if factor else "Dropped by chance in this step."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.shown, "sum", says,
                 (Term(port, asked.index, value, "", (), factor, value * factor),))


def function(asked: Asked) -> Terms | None:
    """A function of the numbers at the same place alone; None where it looks at others, or draws by chance."""
    shape = asked.run().shape
    if not asked.inputs or asked.weights or len(asked.kind.outputs()) > 1:
        return None
    try:
        if np.broadcast_shapes(*(tuple(one.shape) for one in asked.inputs.values())) != tuple(shape):
            return None
    except ValueError:  # they do not go together
        return None
    places = {port: tuple(at if size > 1 else 0 for at, size in zip(asked.index[len(shape) - one.ndim:], one.shape,
                                                                    strict=True))
              for port, one in asked.inputs.items()}
    small = {port: one[places[port]].reshape((1,) * one.ndim) for port, one in asked.inputs.items()}
    try:
        alone = asked.run(small)
    except (RuntimeError, IndexError, ValueError):
        return None
    if alone.numel() != 1 or not _only(asked, places):
        return None
    value = float(alone.detach().reshape(()))
    if not _near(value, asked.value):
        return None
    slopes = _rows(asked)
    terms = tuple(Term(port, spot, float(asked.inputs[port][spot]), "", (),
                       float(slopes[port][spot]) if port in slopes else 0.0, float("nan"), "slope")
                  for port, spot in places.items())
    says = "A function of this number alone." if len(terms) == 1 else "A function of these numbers alone."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "function", says, terms,
                 alone=value)


def _only(asked: Asked, places: dict[str, tuple[int, ...]]) -> bool:
    """The number stays what it is when all others are changed."""
    changed = {}
    for port, one in asked.inputs.items():
        other = one.clone() if not one.is_floating_point() else one * 0.5 + 0.25
        if not one.is_floating_point() and one.numel() > 1:
            other = one.flip(list(range(one.ndim)))
        other[places[port]] = one[places[port]]
        changed[port] = other
    try:
        return _near(float(asked.cell(changed).detach()), asked.value)
    except (RuntimeError, ValueError):
        return False


def slopes(asked: Asked) -> Terms:
    """The derivative by every number, of inputs or, where none can be derived by, of weights."""
    rows = _rows(asked)
    terms, by_weight = _sloped(asked, rows, weights=False), False
    if not terms and (of_weights := _rows(asked, weights=True)):
        rows, by_weight = of_weights, True
        terms = _sloped(asked, rows, weights=True)
    type, value = asked.kind.type, asked.value
    if not terms:
        if rows:
            says = "No number of its inputs goes into it: this is filled in."
            return Terms(asked.node, type, asked.output, asked.index, value, "sum", says, (), value, "filled in")
        known = "its own number, which nothing goes into" if not asked.inputs else (
            "found from its inputs as a whole: no derivative says which of them made it")
        return Terms(asked.node, type, asked.output, asked.index, value, "whole", f"This is {known}.")
    rest = value - math.fsum(one.product for one in terms)
    none_left = _near(rest, 0.0, abs(value))
    if none_left and len(terms) == 1 and _near(terms[0].w if not by_weight else terms[0].x, 1.0):
        return Terms(asked.node, type, asked.output, asked.index, value, "sum", "This number passes as it is.",
                     tuple(terms))
    if none_left and (by_weight or _fixed(asked, rows)):
        says = f"{len(terms):,} number{'s' if len(terms) != 1 else ''}, each times a fixed factor, added."
        return Terms(asked.node, type, asked.output, asked.index, value, "sum", says, tuple(terms))
    return Terms(asked.node, type, asked.output, asked.index, value, "slopes",
                 f"By derivatives, as torch has them: {MIXED}.", tuple(terms), rest, "the rest")


def _fixed(asked: Asked, rows: dict[str, Tensor]) -> bool:
    """The derivatives are the same at other numbers: it is a sum with fixed factors."""
    moved = {port: one * 0.75 + 0.1 * torch.linspace(0.0, 1.0, one.numel(), dtype=torch.float64).view(one.shape)
             for port, one in asked.floats.items()}
    other = _rows(replace(asked, inputs={**asked.inputs, **moved}))
    return other.keys() == rows.keys() and all(torch.allclose(one, other[port], rtol=1e-7, atol=1e-12)
                                               for port, one in rows.items())


def _rows(asked: Asked, *, weights: bool = False) -> dict[str, Tensor]:
    """The derivatives of the cell, by port or by weight; without those that there are not."""
    found = asked.weights if weights else asked.floats
    leaves = {name: one.detach().clone().requires_grad_() for name, one in found.items()}
    if not leaves:
        return {}
    with torch.enable_grad():
        cell = asked.cell(None, leaves) if weights else asked.cell(leaves)
        if not cell.requires_grad or not cell.is_floating_point():
            return {}
        rows = torch.autograd.grad(cell, list(leaves.values()), allow_unused=True)
    return {name: one for name, one in zip(leaves, rows, strict=True) if one is not None}


def _sloped(asked: Asked, rows: dict[str, Tensor], *, weights: bool) -> list[Term]:
    found = []
    for name, row in rows.items():
        numbers = asked.weights[name] if weights else asked.inputs[name]
        for spot in spots(row):
            x, w = float(numbers[spot]), float(row[spot])
            if weights:
                found.append(Term("", (), w, asked.names.get(name, name), spot, x, x * w))
            else:
                found.append(Term(name, spot, x, "", (), w, x * w))
    return found


def _near(one: float, two: float, size: float | None = None) -> bool:
    return (math.isnan(one) and math.isnan(two)) or one == two or abs(one - two) <= NEAR * max(
        1.0, abs(two) if size is None else size)
