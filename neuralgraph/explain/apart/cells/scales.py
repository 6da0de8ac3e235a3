"""Nodes that compare a number with its neighbours: softmax, and normalisation by mean and spread."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from neuralgraph.explain.apart.cells.asked import Asked
from neuralgraph.explain.apart.terms import Term, Terms

SHARES = {"Softmax": (1, ""), "Softmin": (-1, ""), "LogSoftmax": (1, "ln")}
NORMS = {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d",
         "InstanceNorm3d", "RMSNorm"}


def scales(asked: Asked) -> Terms | None:
    """The share of a number, or how far it lies from the mean; None for other nodes."""
    if asked.kind.type in SHARES:
        return _share(asked)
    return _norm(asked) if asked.kind.type in NORMS else None


def _share(asked: Asked) -> Terms:
    type = asked.kind.type
    (port, x), (sign, then) = next(iter(asked.inputs.items())), SHARES[type]
    axis = int(getattr(asked.kind, "dim", -1)) % x.ndim
    along = [(*asked.index[:axis], at, *asked.index[axis + 1:]) for at in range(x.shape[axis])]
    along.sort(key=lambda one: one != asked.index)  # the own one first
    top = max(sign * float(x[one]) for one in along)
    terms = tuple(Term(port, one, value := float(x[one]), "", (), 1.0, math.exp(sign * value - top),
                       "its own" if one == asked.index else "") for one in along)
    says = f"e to the power of its own number, as a share of all {len(terms)}" + (" (as a logarithm)." if then else ".")
    return Terms(asked.node, type, asked.output, asked.index, asked.value, "share", says, terms, then=then)


def _norm(asked: Asked) -> Terms | None:
    (port, x), module = next(iter(asked.inputs.items())), asked.module
    if module is None:
        return None
    mean, sigma, count = _spread(asked, x)
    gamma = _part(asked, "weight", 1.0)
    beta = _part(asked, "bias", 0.0)
    value, slope = float(x[asked.index]), gamma / sigma
    terms = [Term(port, asked.index, value, "", (), slope, value * slope, "its own")]
    if mean:
        terms.append(Term(port, (), mean, "", (), -slope, -mean * slope, f"the mean of {count:,}"))
    says = f"Its distance from the mean of {count:,} numbers, over their spread {sigma:.4g}"
    says += ", times the factor and plus the offset that were learnt." if asked.weights else "."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "sum", says, tuple(terms), beta,
                 asked.names.get("bias", ""))


def _part(asked: Asked, name: str, default: float) -> float:
    weight = asked.weights.get(name)
    if weight is None:
        return default
    if asked.kind.type in ("LayerNorm", "RMSNorm"):
        return float(weight[asked.index[-weight.ndim:]])
    return float(weight[asked.index[1]])


def _spread(asked: Asked, x: Tensor) -> tuple[float, float, int]:
    """Mean, spread and number of what it is compared with."""
    module, type, index = asked.module, asked.kind.type, asked.index
    assert module is not None
    eps = float(module.eps) if module.eps is not None else torch.finfo(torch.float64).eps  # type: ignore[arg-type]
    if type.startswith("BatchNorm"):
        if not module.training and module.running_mean is not None:
            held = module.running_mean[index[1]], module.running_var[index[1]]  # type: ignore[index]
            return float(held[0]), math.sqrt(float(held[1]) + eps), x[:, index[1]].numel()
        group = x[:, index[1]]
    elif type.startswith("InstanceNorm"):
        group = x[index[0], index[1]]
    elif type == "GroupNorm":
        size = x.shape[1] // int(module.num_groups)  # type: ignore[arg-type]
        first = index[1] // size * size
        group = x[index[0], first:first + size]
    else:
        axes = len(module.normalized_shape)  # type: ignore[arg-type]
        group = x[index[:-axes]]
        if type == "RMSNorm":
            return 0.0, math.sqrt(float(group.square().mean()) + eps), group.numel()
    return float(group.mean()), math.sqrt(float(group.var(correction=0)) + eps), group.numel()
