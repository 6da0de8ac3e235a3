"""A convolution as one product of matrices (im2col), of any kind: grouped, dilated, along 1 to 3 axes, transposed."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from neuralgraph.explain.apart.cells.asked import Asked
from neuralgraph.explain.apart.terms import Columns

LARGEST = 2_000_000
"""Numbers in the windows of a convolution, laid side by side, at most."""


def columns(asked: Asked) -> Columns | None:
    """The windows of one sample laid side by side, of the group that the cell is in; None for other nodes."""
    type, conv = asked.kind.type, asked.module
    if not type.startswith("Conv") or conv is None:
        return None
    made: Any = conv
    axes, groups = int(type[-2]), int(made.groups)
    shape = tuple(asked.run().shape)
    weight = asked.weights["weight"].detach()
    x = next(iter(asked.inputs.values()))[asked.index[0]]
    transposed = "Transpose" in type
    filters = shape[1] // groups
    group, row = divmod(asked.index[1], filters)
    deep = len(x) // groups
    if math.prod(shape[2:]) * deep * math.prod(made.kernel_size) > LARGEST:
        return None
    x = x[group * deep:(group + 1) * deep]
    if transposed:
        weight = weight[group * deep:(group + 1) * deep].transpose(0, 1).flip(*range(2, 2 + axes))
        windows = _windows(_stuffed(x, made, axes), made.kernel_size, made.dilation, (1,) * axes)
    else:
        weight = weight[group * filters:(group + 1) * filters]
        windows = _windows(_padded(x, made), made.kernel_size, made.dilation, made.stride)
    column = 0
    for at, size in zip(asked.index[2:], shape[2:], strict=True):
        column = column * size + at
    notes = [f"Group {group + 1} of {groups}: its own filters and channels alone." if groups > 1 else "",
             "Zeros stand between the inputs and around them, and the filters are turned round." if transposed else ""]
    return Columns(weight.reshape(filters, -1).numpy().copy(), windows.detach().numpy().copy(), row, column,
                   " ".join(one for one in notes if one))


def _padded(x: Tensor, conv: Any) -> Tensor:
    mode = {"zeros": "constant"}.get(conv.padding_mode, conv.padding_mode)
    return F.pad(x[None], conv._reversed_padding_repeated_twice, mode=mode)[0]  # also where it says «same»


def _stuffed(x: Tensor, conv: Any, axes: int) -> Tensor:
    """What a transposed convolution slides over: as many zeros between the numbers as it makes steps."""
    sizes = [(size - 1) * step + 1 for size, step in zip(x.shape[1:], conv.stride, strict=True)]
    found = x.new_zeros(len(x), *sizes)
    found[(slice(None), *(slice(None, None, step) for step in conv.stride))] = x
    edges: list[int] = []
    for axis in reversed(range(axes)):
        reach = conv.dilation[axis] * (conv.kernel_size[axis] - 1) - conv.padding[axis]
        edges += [reach, reach + conv.output_padding[axis]]
    return F.pad(found, edges)


def _windows(x: Tensor, kernel: tuple[int, ...], dilation: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """(channels · kernel) × places."""
    axes = len(kernel)
    for axis, (size, gap, step) in enumerate(zip(kernel, dilation, stride, strict=True)):
        x = x.unfold(1 + axis, gap * (size - 1) + 1, step)[..., ::gap]
    x = x.permute(0, *range(1 + axes, 1 + 2 * axes), *range(1, 1 + axes))
    return x.reshape(math.prod(x.shape[:1 + axes]), -1)
