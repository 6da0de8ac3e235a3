"""Nodes that multiply two things and add: Linear, convolutions, matrix products. Which pairs meet is found by numbers.

Such a cell is Σ c_ij x_i w_j. Its derivative by w is linear in x: with x replaced by the numbers of its own places it
says, for every weight, at which place the weight looks. Padding of any kind, strides, gaps and groups are in it.
"""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor

from neuralgraph.explain.apart.cells.asked import Asked, spots
from neuralgraph.explain.apart.cells.columns import columns
from neuralgraph.explain.apart.terms import Spot, Term, Terms

BY_WEIGHT = {"Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"}
BY_INPUT = {"MatMul", "Mul", "Outer", "Einsum", "Vecdot", "Cross", "Kron"}
NEAR = 1e-9


def products(asked: Asked) -> Terms | None:
    """The pairs that were multiplied; None where it is no such node."""
    type = asked.kind.type
    if type == "Bilinear":
        return _bilinear(asked)
    if type in BY_WEIGHT:
        found = _paired(asked, next(iter(asked.inputs)), "weight", own=True)
    elif type in BY_INPUT and len(asked.inputs) == 2 and len(asked.floats) == 2:
        first, second = asked.inputs
        found = _paired(asked, first, second, own=False)
    else:
        return None
    bias, name = _bias(asked)
    total = math.fsum([*(one.product for one in found), bias])
    if abs(total - asked.value) > NEAR * max(1.0, abs(total)):  # an Einsum, say, that uses one of them twice
        return None
    says = f"{len(found):,} product{'s' if len(found) != 1 else ''}" + (" and the offset" if name else "") + ", added."
    return Terms(asked.node, type, asked.output, asked.index, asked.value, "sum", says, tuple(found), bias, name,
                 columns=columns(asked))


def _derived(asked: Asked, of: str, own: bool, changed: dict[str, Tensor]) -> Tensor:
    """The derivative of the cell by a weight, or by an input, with other inputs in place."""
    leaf = (asked.weights[of] if own else asked.inputs[of]).detach().clone().requires_grad_()
    with torch.enable_grad():
        cell = asked.cell(changed, {of: leaf}) if own else asked.cell({**changed, of: leaf})
        found = torch.autograd.grad(cell, leaf, allow_unused=True)[0]
    return found if found is not None else torch.zeros_like(leaf)


def _paired(asked: Asked, port: str, of: str, *, own: bool) -> list[Term]:
    x, w = asked.inputs[port], asked.weights[of] if own else asked.inputs[of]
    places = torch.arange(1, x.numel() + 1, dtype=torch.float64).view(x.shape)
    looks = _derived(asked, of, own, {port: places})
    used = looks != 0
    padded = _padded(asked, used) if own else torch.zeros_like(used)
    name = asked.names.get(of, of) if own else of
    found = []
    for at in spots(used | padded):
        place, factor = round(float(looks[at])), float(w[at])
        if not place:
            found.append(Term(port, (), 0.0, name, at, factor, 0.0, "padding"))
            continue
        spot = _unravel(abs(place) - 1, x.shape)
        value, sign = float(x[spot]), math.copysign(1.0, place)
        found.append(Term(port, spot, value, name, at, sign * factor, sign * value * factor))
    return found


def _padded(asked: Asked, used: Tensor) -> Tensor:
    """Weights of the same filter that meet only padding."""
    found = torch.zeros_like(used)
    if asked.kind.type.startswith("Conv") and "Transpose" not in asked.kind.type:
        found[asked.index[1]] = True
    return found & ~used


def _unravel(number: int, shape: torch.Size) -> Spot:
    found = []
    for size in reversed(shape):
        number, at = divmod(number, size)
        found.append(at)
    return tuple(reversed(found))


def _bias(asked: Asked) -> tuple[float, str]:
    """The offset of this cell, and its name; 0 and "" where it has none."""
    bias = asked.weights.get("bias")
    if bias is None:
        return 0.0, ""
    axis = 1 if asked.kind.type.startswith("Conv") else -1
    return float(bias[asked.index[axis]]), asked.names.get("bias", "bias")


def _bilinear(asked: Asked) -> Terms:
    """Every pair of one number of each input, with a weight for the pair."""
    (first, a), (second, b) = asked.inputs.items()
    rows, unit = asked.index[:-1], asked.index[-1]
    weight, name = asked.weights["weight"][unit], asked.names["weight"]
    found = []
    for i, j in product(range(a.shape[-1]), range(b.shape[-1])):
        x, y, w = float(a[(*rows, i)]), float(b[(*rows, j)]), float(weight[i, j])
        found.append(Term(first, (*rows, i), x, name, (unit, i, j), y * w, x * y * w,
                          f"times {second}[{', '.join(map(str, (*rows, j)))}]"))
    bias, bias_name = _bias(asked)
    says = f"{len(found):,} products of one number of each input and the weight of the pair, added."
    return Terms(asked.node, "Bilinear", asked.output, asked.index, asked.value, "sum", says, tuple(found), bias,
                 bias_name)
