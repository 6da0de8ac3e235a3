"""Arrays that a caller gives for a source, checked against its spec."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralgraph.data.delivery import Array, finite
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

_KINDS = {"f": "numbers", "i": "whole numbers", "u": "whole numbers", "b": "yes or no"}


def checked(name: str, value: Any, spec: Spec | None = None) -> Array:
    """`value` as float32, int64 or bool with the shape that `spec` says (axis 0 = rows); a `DataError` otherwise."""
    array = _array(name, value)
    if array.ndim == 0:
        raise DataError(f"{name} expects rows along the first axis, not a single number.")
    wanted = spec.dtype if spec is not None else ("float32" if array.dtype.kind == "f" else "int64")
    if spec is not None:
        _fits(name, array, spec)
    finite(array, name)
    if wanted in ("bfloat16",):
        wanted = "float32"
    with np.errstate(over="ignore"):
        done = np.ascontiguousarray(array, dtype=wanted)
    finite(done, name)
    return done


def _array(name: str, value: Any) -> Array:
    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{name} is not an array of numbers with rows of one length.") from error
    if array.dtype.kind not in _KINDS:
        raise DataError(f"{name} expects an array of numbers, not {array.dtype}.")
    return array


def _fits(name: str, array: Array, spec: Spec) -> None:
    shape = " × ".join(str(size) for size in array.shape)
    if array.ndim != spec.rank or any(
        isinstance(size, int) and size != got for size, got in zip(spec.shape, array.shape, strict=True)
    ):
        raise DataError(f"{name} expects {spec}; it got {shape}.")
    if spec.letter == "I" and array.dtype.kind == "f":
        raise DataError(f"{name} expects whole numbers ({spec.dtype}); it got {array.dtype}.")
    if spec.classes is not None and array.size:
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= spec.classes:
            row = int(np.argmax((array < 0) | (array >= spec.classes)))
            raise DataError(f"{name} expects classes 0 … {spec.classes - 1}; row {row} holds {array.reshape(-1)[row]}.",
                            row=row)
