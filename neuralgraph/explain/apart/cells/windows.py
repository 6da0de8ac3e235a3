"""Pooling: a window, and in a maximum the place that switches it through."""

from __future__ import annotations

from itertools import product
from typing import Any

from neuralgraph.explain.apart.cells.asked import Asked
from neuralgraph.explain.apart.terms import Spot, Term, Terms


def windows(asked: Asked) -> Terms | None:
    """The window of a largest number; None for other nodes."""
    type, axes = asked.kind.type, asked.kind.axes
    if asked.at or not type.startswith(("MaxPool", "AdaptiveMaxPool")):
        return None
    port, x = next(iter(asked.inputs.items()))
    lead, place = asked.index[:-axes], asked.index[-axes:]
    sizes = x.shape[-axes:]
    spans = [_adaptive(at, size, whole) for at, size, whole in zip(place, sizes, asked.run().shape[-axes:],
                                                                   strict=True)] \
        if type.startswith("Adaptive") else [_sliding(asked.kind, axis, at, size)
                                             for axis, (at, size) in enumerate(zip(place, sizes, strict=True))]
    spots: list[Spot] = [(*lead, *one) for one in product(*spans)]
    numbers = [float(x[one]) for one in spots]
    chosen = numbers.index(max(numbers))
    terms = tuple(Term(port, spot, one, "", (), float(at == chosen), one if at == chosen else 0.0,
                       "switch" if at == chosen else "") for at, (spot, one) in enumerate(zip(spots, numbers,
                                                                                             strict=True)))
    says = f"The largest of {len(terms)} numbers passes; only to it goes the derivative back."
    return Terms(asked.node, type, asked.output, asked.index, asked.value, "switch", says, terms)


def _sliding(node: Any, axis: int, at: int, size: int) -> list[int]:
    kernel, padding, dilation = (_along(getattr(node, name, default), axis) for name, default in (
        ("kernel_size", 1), ("padding", 0), ("dilation", 1)))
    stride = getattr(node, "stride", None)
    step = _along(stride, axis) if stride is not None else kernel
    places = [at * step - padding + dilation * k for k in range(kernel)]
    return [one for one in places if 0 <= one < size]


def _adaptive(at: int, size: int, whole: int) -> list[int]:
    return list(range(at * size // whole, -(-(at + 1) * size // whole)))


def _along(value: Any, axis: int) -> int:
    return int(value[axis] if isinstance(value, tuple) else value)
