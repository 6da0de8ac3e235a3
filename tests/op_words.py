"""How torch's arguments are said with nodes, where the words differ: names, signatures, and what a node fixes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Arguments = dict[str, Any]

OPERATORS = {
    "Einsum": "einsum", "Kron": "kron", "FFT": "fft.fft", "IFFT": "fft.ifft", "RFFT": "fft.rfft", "IRFFT": "fft.irfft",
    "FFT2": "fft.fft2", "IFFT2": "fft.ifft2", "Scatter": "scatter", "ScatterAdd": "scatter_add",
    "IndexSelect": "index_select", "Heaviside": "heaviside", "FloorDivide": "div/floor_rounding", "Expand": "expand",
    "ReLU": "nn.functional.relu", "OneHot": "nn.functional.one_hot", "Slice": "__getitem__",
    "GaussianNLLLoss": "nn.functional.gaussian_nll_loss", "Split": "split/list_args", "Amax": "amax",
}
"""Nodes that reach their function through a few lines of ours, or a variant of it."""
for _axes in (1, 2, 3):
    OPERATORS |= {
        f"{name}Pad{_axes}d": f"nn.functional.pad/{mode}" for name, mode in (
            ("Reflection", "reflect"), ("Replication", "replicate"), ("Circular", "circular"), ("Zero", "constant"),
            ("Constant", "constant"))}

CALLED = {"Pow": {"exponent": "power"}, "Lerp": {"weight": "share"}, "Unflatten": {"sizes": "unflattened_size"},
          "Split": {"split_size_or_sections": "sizes"}, "LogSumExp": {"names": "dim"}}
"""Parameters that a node calls otherwise than torch."""

COMPLEX = {"IFFT", "IRFFT", "IFFT2"}
"""They are tried on complex numbers, as two wires."""

UNBATCHED = {"Reshape"}
"""Their parameters mean another thing where there is a batch."""

SILENT = {"out", "size_average", "reduce", "inplace", "device", "non_blocking", "copy", "memory_format",
          "_stacklevel"}
"""Arguments that do not change the numbers."""

SIGNATURES: dict[str, Callable[..., Any]] = {
    "ArgMax": lambda input, dim=None, keepdim=False: 0,
    "ArgMin": lambda input, dim=None, keepdim=False: 0,
    "Bernoulli": lambda input, p=None: 0,
    "Cast": lambda x, device, dtype, non_blocking=False, copy=False, memory_format=None: 0,
    "Cholesky": lambda input, upper=False: 0,
    "Expand": lambda x, shape: 0,
    "FloorDivide": lambda input, other, rounding_mode: 0,
    "LogSumExp": lambda input, dim, keepdim=False: 0,
    "Median": lambda input, dim=None, keepdim=False: 0,
    "Meshgrid": lambda *tensors, indexing="ij": 0,
    "Multinomial": lambda input, num_samples, replacement=False: 0,
    "Permute": lambda input, dims: 0,
    "Pinv": lambda input, atol=None, rtol=None, hermitian=False: 0,
    "Prod": lambda input, dim=None, keepdim=False, dtype=None: 0,
    "RepeatInterleave": lambda input, repeats, dim=None, output_size=None: 0,
    "ScaledDotProductAttention": lambda query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None,
                                        enable_gqa=False: 0,
    "Slice": lambda x, index: 0,
    "SVD": lambda input, full_matrices=False: 0,
}
"""Where torch does not tell the names of its arguments, or not all of them."""

UNSAID = {
    "Clamp": "its limits are numbers; torch's samples have tensors",
    "Eigh": "torch's samples read the upper triangle",
    "Eigvalsh": "torch's samples read the upper triangle",
    "Movedim": "it moves one axis; torch's samples move several",
    "ZeroPad2d": "torch's samples fill with other numbers",
    "ZeroPad3d": "torch's samples fill with other numbers",
    "Upsample": "its factor is a whole number; torch's samples have sizes and broken factors",
}
"""Nodes with which none of torch's samples can be said, and why; tests/test_every_node.py compares them."""


def reworded(name: str, given: Arguments) -> Arguments | None:
    """Arguments as the node takes them; None where it has no words for them."""
    if name.endswith("Loss") and given.get("weight", 0) is None:
        given = {key: one for key, one in given.items() if key != "weight"}  # of classes: the node's is its share
    change = _REWORDED.get(name) or next((one for end, one in _FAMILIES.items() if name.startswith(end)
                                          or name.rstrip("123d").endswith(end)), None)
    return change(dict(given)) if change is not None else given


def _unpool(given: Arguments) -> Arguments | None:
    size = given["output_size"]
    rank = given["input"].dim() - 2
    if size is not None and len(size) > rank:
        given["output_size"] = tuple(size)[-rank:]
    return given


def _pad(given: Arguments) -> Arguments | None:
    widths = tuple(given.pop("pad"))
    given.pop("mode")
    return given | {"edges": widths, "padding": 0} if widths else None


def _zero_pad(given: Arguments) -> Arguments | None:
    return None if given.pop("value") else _pad(given)


def _bare_pad(given: Arguments) -> Arguments | None:
    return _zero_pad(given | {"value": None})


def _constant_pad(given: Arguments) -> Arguments | None:
    return _pad(given | {"value": given["value"] or 0.0})


def _one_axis(word: str, *others: str) -> Callable[[Arguments], Arguments | None]:
    """A list of a single axis is one axis."""
    def change(given: Arguments) -> Arguments | None:
        for name in (word, *others):
            value = given[name]
            if isinstance(value, list | tuple):
                if len(value) != 1:
                    return None
                given[name] = value[0]
        dim = given.pop(word)
        return given | {"dim": dim} if dim is not None else None
    return change


def _fourier(given: Arguments) -> Arguments | None:
    return given | {"norm": given["norm"] or "backward"}


def _fourier2(given: Arguments) -> Arguments | None:
    dims = given.pop("dim")
    rank = given["input"].dim()
    if isinstance(dims, int) or len(dims) != 2 or (dims[1] - dims[0]) % rank != 1:
        return None
    return _fourier(given) | {"dim": dims[1]}  # type: ignore[operator]


def _divergence(given: Arguments) -> Arguments | None:
    reduction = {"batchmean": "mean", "sum": "sum"}.get(given.pop("reduction"))
    return given | {"reduction": reduction} if reduction else None


def _reshape(given: Arguments) -> Arguments | None:
    return given | {"shape": tuple(given["shape"])} if given["shape"] else None


def _meshgrid(given: Arguments) -> Arguments | None:
    count = len(given["tensors"])
    return {"tensors": given["tensors"], "count": count} if given["indexing"] == "ij" else None


def _slice(given: Arguments) -> Arguments | None:
    index = given["index"]
    entries = index if isinstance(index, tuple) else (index,)
    if any((not isinstance(one, int | slice) and one is not Ellipsis) or isinstance(one, bool) for one in entries):
        return None
    return given | {"index": ", ".join(map(_entry, entries))}


def _entry(one: Any) -> str:
    if not isinstance(one, slice):
        return "..." if one is Ellipsis else str(one)
    start, stop = ("" if end is None else str(end) for end in (one.start, one.stop))
    return f"{start}:{stop}" + ("" if one.step is None else f":{one.step}")


def _distance(given: Arguments) -> Arguments | None:
    mode = given.pop("compute_mode")  # it matters for the usual distance alone
    return given if given["p"] != 2.0 or mode == "use_mm_for_euclid_dist_if_necessary" else None


def _floor(given: Arguments) -> Arguments | None:
    return given if given.pop("rounding_mode") == "floor" else None


_FAMILIES = {"ConstantPad": _constant_pad, "ZeroPad": _zero_pad, "ReflectionPad": _bare_pad,
             "ReplicationPad": _bare_pad, "CircularPad": _bare_pad, "MaxUnpool": _unpool}
_REWORDED: dict[str, Callable[[Arguments], Arguments | None]] = {
    "Flip": _one_axis("dims"), "Roll": _one_axis("dims", "shifts"), "FFT": _fourier, "IFFT": _fourier, "RFFT": _fourier,
    "IRFFT": _fourier, "FFT2": _fourier2, "IFFT2": _fourier2, "KLDivLoss": _divergence, "Reshape": _reshape,
    "Meshgrid": _meshgrid, "Slice": _slice, "FloorDivide": _floor, "Cdist": _distance,
}


def expected(name: str, value: torch.Tensor) -> torch.Tensor:
    """What torch gives, in the kind of number that the node gives."""
    return value.float() if name == "OneHot" else value
