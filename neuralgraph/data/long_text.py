"""Running texts that are larger than memory: cut up once, then read as numbers from the cache folder while training.

One look decodes the text block by block, learns the vocabulary and writes the number of every token; what is read
afterwards is, number for number, what the whole text would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, sealed
from neuralgraph.data.stored import Read, Stored, marked
from neuralgraph.data.token_files import Kept, kept
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

MOST_ROWS = 100_000_000
"""Their numbers are shuffled in memory."""


def read_long(path: Path, files: Sequence[Path], given: dict[str, Any]) -> Delivery:
    """x and y on the disk, N × length each; `DataError` names file and line of what is no text."""
    length, stride = given["length"], given["stride"] or given["length"]
    found = kept(files, given)
    rows = (found.count - 1 - length) // stride + 1
    if rows < 1:
        raise DataError(f"{path.name} has {found.count:,} tokens, too few for samples of {length} and the next one. "
                        "Choose a smaller length.", file=str(path))
    if rows > MOST_ROWS:
        raise DataError(f"{path.name} makes {rows:,} samples; at most {MOST_ROWS:,} are shuffled. Choose a larger "
                        "stride or length.", file=str(path))
    left = found.count - ((rows - 1) * stride + length + 1)
    names = found.words.names
    x, y = (_windows(found, path.name, files, (rows, length), stride, shift) for shift in (0, 1))
    specs = {"x": Spec(("N", length), "int64", len(names), "tokens"),
             "y": Spec(("N", length), "int64", len(names), "next token")}

    def marks() -> str:
        return marked([*files, found.path])

    return sealed(Delivery(specs, {"x": x, "y": y}, rows, (), (), 0, _said(path, found, left), True, names,
                           marks=marks, marked=marks()))


def _said(path: Path, found: Kept, left: int) -> tuple[str, ...]:
    size = found.count * np.dtype(found.dtype).itemsize
    notes = [f"{path.name} ({found.size / 1e9:.1f} GB) stays on the disk: its {found.count:,} tokens were written as "
             f"numbers ({size / 1e9:.1f} GB) to the cache folder, and are read from there while training."]
    notes += [found.note] if found.note else []
    return (*notes, f"The last {left:,} tokens make no whole sample.") if left else tuple(notes)


def _windows(found: Kept, name: str, files: Sequence[Path], shape: tuple[int, int], stride: int, shift: int) -> Array:
    """Row n: the tokens from n · stride + shift on."""
    along, classes = np.arange(shape[1]) + shift, len(found.words.names)

    def read(rows: Array) -> Array:
        # mapped anew every time: pages that were read do not pile up in the memory of this process
        try:
            tokens = np.memmap(found.path, found.dtype, "r", shape=(found.count,)).view(np.ndarray)
        except (OSError, ValueError):
            raise DataError(f"The tokens of {name} in the cache folder ({found.path}) are gone or were changed. Train "
                            "afresh: they are made again.", file=str(found.path)) from None
        done = tokens[(rows * stride)[:, None] + along].astype(np.int64)
        if done.size and int(done.max()) >= classes:
            raise DataError(f"The tokens of {name} in the cache folder are damaged: one has the number "
                            f"{int(done.max()):,}, but the vocabulary ends at {classes - 1:,}. Delete {found.path}: "
                            "they are made again.", file=str(found.path))
        return done

    opening: Callable[[], nullcontext[Read]] = lambda: nullcontext(read)  # noqa: E731
    return Stored(shape, opening, lambda: marked(files), np.int64).as_array()
