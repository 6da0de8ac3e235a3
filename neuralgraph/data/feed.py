"""What the training loop draws from: every part as one tensor per source, on the device."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from neuralgraph.data.delivery import Array
from neuralgraph.data.split import Rows, Split, split_rows, told
from neuralgraph.data.stored import Stored
from neuralgraph.data.streaming import Part, Stream
from neuralgraph.errors import DataError
from neuralgraph.graph.plan import Plan


@dataclass(frozen=True, eq=False)
class Feed:
    """Contiguous tensors by source key, rows aligned; a part without rows is an empty dict.

    What is larger than memory is a `Stream` in place of a tensor.
    """

    train: dict[str, Part]
    validation: dict[str, Part]
    test: dict[str, Part]
    split: Split
    told: str = ""
    """How the rows were divided, in words."""

    @cached_property
    def digest(self) -> str:
        """Of every number of every part, by source; of what stays on the disk, of the names, times and sizes of files.

        Two runs with the same plan and the same digest learn from the same rows.
        """
        digest = hashlib.blake2b(digest_size=12)
        for part in (self.train, self.validation, self.test):
            for key, one in part.items():
                digest.update(f"{key} {one.dtype} {tuple(one.shape)}\n".encode())
                if isinstance(one, Stream):
                    digest.update(np.ascontiguousarray(one.rows).data)
                    digest.update(one.stored.marks().encode(errors="surrogateescape"))
                elif one.numel():
                    digest.update(one.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
            digest.update(b"\n")
        return digest.hexdigest()

    @property
    def rows(self) -> int:
        return len(self.split.train)

    @property
    def validation_rows(self) -> int:
        return len(self.split.validation)

    @property
    def test_rows(self) -> int:
        return len(self.split.test)


def make_feed(
    sources: Mapping[str, Array], plan: Plan, *, device: str = "cpu", own_test: int = 0, labels: Array | None = None,
    groups: Array | None = None, in_time: bool = False,
) -> Feed:
    """Split the rows of `sources` (arrays by key, axis 0 = rows) as the plan says and gather every part once.

    `labels` are the classes for a stratified split, `groups` the numbers of what belongs together. Floats
    take the plan's precision. Without sources there is one row that holds nothing.
    `DataError` where the sources have different numbers of rows, or none.
    """
    if not sources:  # a function of its own parameters: every epoch is one step downhill
        none = np.zeros(0, np.int64)
        return Feed({}, {}, {}, Split(np.zeros(1, np.int64), none, none), "no data: one step an epoch")
    if plan.precision == "float64" and torch.device(device).type == "mps":
        raise DataError("The plan computes in float64, which MPS does not have. Choose float32 as its precision, or "
                        "compute on the processor (device cpu).")
    sizes = {key: len(array) for key, array in sources.items()}
    rows = next(iter(sizes.values()))
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{key} has {size}" for key, size in sizes.items())
        raise DataError(f"The sources are read row by row together, but have different numbers of rows: {listed}.")
    if rows == 0:
        raise DataError(f"There is nothing to learn from: {', '.join(sizes)} without a row.")
    split = split_rows(rows, validation=plan.validation, test=plan.test, method=plan.split, seed=plan.seed,
                       labels=labels, own_test=own_test, groups=groups)
    train, validation, test = (
        {key: _tensor(array, part, plan.precision, device) for key, array in sources.items()} if len(part) else {}
        for part in (split.train, split.validation, split.test)
    )
    words = told(plan.split, plan.seed, in_time=in_time, own_test=own_test)
    return Feed(train, validation, test, split, words)


def _tensor(array: Array, rows: Rows, precision: str, device: str) -> Part:
    if isinstance(array, Stored):
        wanted = torch.float64 if precision == "float64" else torch.float32
        return Stream(array, rows, torch.int64 if array.dtype.kind == "i" else wanted, device)
    picked = np.take(array, rows, axis=0)
    if picked.dtype.kind == "f":
        picked = picked.astype(precision if precision == "float64" else "float32", copy=False)
    return torch.from_numpy(picked).to(device)
