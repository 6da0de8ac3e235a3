"""Weights that start from a file: `.npy` with one array, `.safetensors` with several by name. No code is in either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open

from neuralgraph.data.delivery import Array
from neuralgraph.data.reach import Reach
from neuralgraph.errors import DataError

MOST_BYTES = 4 << 30
LARGEST = float(np.finfo(np.float32).max)

Shapes = Mapping[str, tuple[int, ...]]


class _Open(Protocol):
    """A file of weights: only its list of contents has been read."""

    shapes: dict[str, tuple[int, ...]]

    def read(self, name: str) -> Array:
        """The numbers of one of them."""
        ...


class _Npy:
    def __init__(self, path: Path) -> None:
        self._array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(self._array, np.ndarray):
            raise ValueError("it holds several arrays, which .safetensors is for")
        self.shapes = {"": tuple(self._array.shape)}

    def read(self, _: str) -> Array:
        return np.array(self._array)


class _Safetensors:
    def __init__(self, file: Any) -> None:
        self._file = file
        self.shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118

    def read(self, name: str) -> Array:
        found: Array = self._file.get_tensor(name)
        return found


def check(raw: str, reach: Reach, id: str, wanted: Shapes) -> None:
    """Whether a file holds what the weights of node `id` start from; a `DataError` says what is not so."""
    with _opened(raw, reach) as file:
        _chosen(raw, file.shapes, id, wanted)


def read(raw: str, reach: Reach, id: str, wanted: Shapes) -> dict[str, Array]:
    """The weights of node `id` that are `wanted`, by name, from a file; `DataError` as in `check`, or for bad numbers.

    In `.safetensors` they are called as here, with or without the id of the node; what is alone needs no name.
    """
    with _opened(raw, reach) as file:
        names = _chosen(raw, file.shapes, id, wanted)
        found = {name: file.read(inside) for name, inside in names.items()}
    for name, array in found.items():
        if array.dtype.kind not in "fiu":
            raise DataError(f"{raw} holds {array.dtype} for {name}; weights are numbers.", file=raw)
        if array.size and not float(np.abs(array.astype(np.float64)).max()) <= LARGEST:
            raise DataError(f"{raw} holds numbers for {name} that are not finite in float32.", file=raw)
    return found


@contextmanager
def _opened(raw: str, reach: Reach) -> Iterator[_Open]:
    try:
        if not raw:
            raise DataError("No file is chosen to start from.")
        path = reach.to(raw)
        if not path.is_file():
            raise DataError(f"There is no file {raw!r} to start from.", file=str(path))
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{raw} has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read.",
                            file=str(path))
        if path.suffix.lower() == ".npy":
            yield _Npy(path)
        elif path.suffix.lower() == ".safetensors":
            with safe_open(str(path), framework="np") as file:
                yield _Safetensors(file)
        else:
            raise DataError(f"{raw} is neither .npy nor .safetensors. Save the weights as one of these.",
                            file=str(path))
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError, EOFError) as error:
        raise DataError(f"{raw[:200]!r} cannot be read: {str(error)[:200]}.", file=raw) from None


def _chosen(raw: str, held: Shapes, id: str, wanted: Shapes) -> dict[str, str]:
    """Which tensor of the file is which of the weights."""
    found: dict[str, str] = {}
    for name, shape in wanted.items():
        called = next((one for one in (f"{id}.{name}", name) if one in held), None)
        if called is None and len(held) == len(wanted) == 1:
            called = next(iter(held))
        if called is None:
            has = "one array" if "" in held else ", ".join(sorted(held)[:6]) or "nothing"
            raise DataError(f"{raw} holds no {name!r} for {id} (nor {id}.{name}). It holds {has}.")
        if held[called] != shape:
            raise DataError(f"{raw}: {called or 'the array'} has shape {held[called]}, but {name} of {id} has {shape}.")
        found[name] = called
    return found
