"""Receptive fields: which part of an input a unit of a map can see at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.explain.cut import cut

Span = tuple[int, int]
"""First and last place along an axis, both included; outside the map where padding is seen."""
POINTWISE = ("BatchNorm", "Dropout", "GaussianNoise", "LocalResponseNorm", "ChannelShuffle")
MATHS = ("Add", "Sub", "Mul", "Div", "Maximum", "Minimum", "Pow", "Exp", "Log", "Neg", "Abs", "Square", "Sqrt", "Clamp",
         "Concat", "Detach", "Cast", "Lerp")
WINDOWS = ("Conv", "MaxPool", "AvgPool", "LPPool")


@dataclass(frozen=True)
class Field:
    """Along each axis: how many places a unit sees (`size`), how far its neighbour's field is shifted (`stride`), and
    the `spans` of the unit that was asked for, which reach into the padding where they are negative or too large.

    Fields by counting: Dumoulin & Visin 2016; Araujo et al. 2019.
    """

    size: tuple[int, ...]
    stride: tuple[float, ...]
    spans: tuple[Span, ...]

    def inside(self, shape: tuple[int, ...]) -> tuple[Span, ...]:
        """The spans without the padding."""
        return tuple((max(low, 0), min(high, size - 1)) for (low, high), size in zip(self.spans, shape, strict=True))


class Unknown(Exception):
    """A node on the way mixes places in a way that is not counted."""


def counted(program: Program, start: tuple[str, str], node: str, place: tuple[int, ...]) -> Field | None:
    """The field of the unit of `node` at `place` in the map `start`, by arithmetic; None where a node on the way mixes
    places in some other way."""
    try:
        spans = _back(program, start, node, tuple((one, one) for one in place))
        if spans is None:
            return None
        beside = _back(program, start, node, tuple((one + 1, one + 1) for one in place))
    except Unknown:
        return None
    assert beside is not None
    return Field(tuple(high - low + 1 for low, high in spans),
                 tuple(float(other[0] - one[0]) for one, other in zip(spans, beside, strict=True)), spans)


def _back(program: Program, start: tuple[str, str], node: str, spans: tuple[Span, ...]) -> tuple[Span, ...] | None:
    """The spans of `start` that these of `node` come from: every node once, from behind to the front."""
    wanted: dict[str, tuple[Span, ...]] = {node: spans}
    found: tuple[Span, ...] | None = None
    for id in reversed(program.path([node])):
        if id not in wanted:
            continue
        if id == start[0]:
            found = wanted[id]
            continue
        if program.node(id).role == "source":
            continue
        through = _window(program, id, wanted[id])
        for edge in program.inference.wires[id].values():
            spec = program.inference.specs.get(edge.source, {}).get(edge.output)
            if spec is None or len(spec.shape) != len(spans) + 2:
                if _reaches(program, start, edge.source):
                    raise Unknown
                continue
            known = wanted.get(edge.source)
            wanted[edge.source] = through if known is None else tuple(
                (min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(known, through, strict=True))
    return found


def _reaches(program: Program, start: tuple[str, str], id: str) -> bool:
    return start[0] in program.path([id])


def _window(program: Program, id: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """What of its inputs a node looks at for these places."""
    node, kind = program.node(id), program.graph.nodes[id].type
    call = program.inference.calls.get(id)
    if call is None or node.passes:
        return spans
    if (node.category == "Activations" and kind not in ("GLU", "Softmax", "Softmin", "LogSoftmax")) \
            or kind in MATHS or any(kind.startswith(one) for one in POINTWISE):
        return spans
    if kind in ("Standardize", "MinMax"):
        return spans
    if kind.startswith("Adaptive"):
        raise Unknown
    module: Any = program.part(program.graph.nodes[id].shares or id) or SimpleNamespace(**dict(call.kwargs))
    if kind.startswith("ConvTranspose"):
        return tuple(_transposed(span, *values) for span, *values in zip(
            spans, *(_each(module, name, len(spans)) for name in ("kernel_size", "stride", "padding", "dilation")),
            strict=True))
    if any(kind.startswith(one) for one in WINDOWS):
        values = [_each(module, name, len(spans)) for name in ("kernel_size", "stride", "padding", "dilation")]
        return tuple((low * stride - pad, high * stride - pad + (size - 1) * dilation)
                     for (low, high), size, stride, pad, dilation in zip(spans, *values, strict=True))
    if "Pad" in kind and kind.startswith(("Zero", "Constant")):
        given = getattr(module, "padding", None)
        if not isinstance(given, (tuple, list)):
            raise Unknown
        pads = [int(one) for one in given][::2][::-1]
        return tuple((low - pad, high - pad) for (low, high), pad in zip(spans, pads, strict=True))
    raise Unknown


def _each(module: Any, name: str, rank: int) -> tuple[int, ...]:
    """A size for every axis."""
    kernel = getattr(module, "kernel_size", 1)
    pools = not hasattr(module, "weight")
    raw = getattr(module, name, 0 if name == "padding" else kernel if name == "stride" and pools else 1)
    if isinstance(raw, str):
        sizes = [_each(module, one, rank) for one in ("kernel_size", "dilation")]
        return tuple((size - 1) * dilation // 2 if raw == "same" else 0
                     for size, dilation in zip(*sizes, strict=True))
    raw = kernel if raw is None else raw
    return tuple(int(one) for one in raw) if isinstance(raw, (tuple, list)) else (int(raw),) * rank


def _transposed(span: Span, size: int, stride: int, pad: int, dilation: int) -> Span:
    return math.ceil((span[0] + pad - (size - 1) * dilation) / stride), (span[1] + pad) // stride


def probed(program: Program, start: tuple[str, str], node: str, place: tuple[int, ...], value: Tensor,
           given: dict[str, Tensor]) -> tuple[Span, ...] | None:
    """The spans that the unit really depends on, by trying: parts of the map are made unknown (NaN), and whatever
    depends on them becomes so, too. Padding is not seen. None where it depends on none. Call in `quiet()`.

    `value` is the map for one row. The ends are found by halving.
    """
    output = next(iter(program.inference.specs[node]))
    after = cut(program, start, ((node, output),))
    around = after.around(given)

    def unknown(axis: int, low: int, high: int) -> bool:
        tried = value.clone()
        index: list[Any] = [slice(None)] * tried.ndim
        index[axis + 2] = slice(low, high)
        tried[tuple(index)] = math.nan
        with torch.no_grad():
            found = after.run(tried, around)[node, output]
        index = [0, slice(None), *place]
        return bool(torch.isnan(found[tuple(index)]).any())

    spans: list[Span] = []
    for axis, size in enumerate(value.shape[2:]):
        if not unknown(axis, 0, size):
            return None
        high = _first(lambda n, axis=axis, size=size: not unknown(axis, n, size), size)
        low = _first(lambda n, axis=axis: unknown(axis, 0, n + 1), size)
        spans.append((low, high - 1))
    return tuple(spans)


def _first(holds: Any, size: int) -> int:
    """The first number from 0 to `size` for which it holds, and for all after it."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def field(program: Program, start: tuple[str, str], node: str, place: tuple[int, ...], value: Tensor,
          given: dict[str, Tensor]) -> tuple[Field | None, str]:
    """The field of a unit, and how it was found."""
    found = counted(program, start, node, place)
    if found is not None:
        return found, "counted layer by layer"
    spans = probed(program, start, node, place, value, given)
    if spans is None:
        return None, "it depends on nothing of the input"
    whole = Field(tuple(high - low + 1 for low, high in spans), (), spans)
    return replace(whole, stride=(math.nan,) * len(spans)), "found by trying"
