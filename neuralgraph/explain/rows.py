"""The rows that views look at: every source's arrays, the target, the names of classes and features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.gather import grouped, in_time
from neuralgraph.data.gather import rows as gathered
from neuralgraph.data.sources import Where
from neuralgraph.data.split import Split, split_rows
from neuralgraph.data.stored import Stored
from neuralgraph.graph.plan import Plan

READ_BYTES = 8 << 20
"""As many numbers are read from the disk for a view."""


@dataclass(frozen=True, eq=False)
class Rows:
    """`arrays` by source key; `target` is that of the first data node, None where there is none.

    `tokens` are the words that whole numbers of its x stand for, where it delivers text.
    """

    arrays: Mapping[str, NDArray[Any]]
    target: NDArray[Any] | None
    names: tuple[str, ...]
    features: tuple[str, ...]
    split: Split
    tokens: tuple[str, ...] = ()

    @property
    def quick(self) -> int:
        """How many of them may be looked at without keeping anybody waiting: those on the disk are read first."""
        held: list[Any] = list(self.arrays.values())
        sizes = [one.row_bytes for one in held if isinstance(one, Stored)]
        return max(8, READ_BYTES // max(sizes)) if sizes else self.count

    @property
    def count(self) -> int:
        return len(next(iter(self.arrays.values())))

    def one(self, row: int) -> dict[str, NDArray[Any]]:
        """A single row of every source."""
        return {key: np.array(array[row : row + 1]) for key, array in self.arrays.items()}


def rows_of(sources: Mapping[str, Any], plan: Plan, folder: Where) -> Rows:
    """The rows of a program's data nodes, split as its plan splits them; a `DataError` where an Input needs arrays."""
    arrays, deliveries = gathered(sources, folder=folder)
    first = deliveries[0] if deliveries else None
    target = first.arrays.get("y") if first is not None else None
    names = first.class_names if first is not None else ()
    labels = target.reshape(-1).astype(np.int64) if names and target is not None else None
    split = split_rows(len(next(iter(arrays.values()))), validation=plan.validation, test=plan.test,
                       method=in_time(plan, deliveries).split, seed=plan.seed, labels=labels,
                       own_test=min((one.test_rows for one in deliveries), default=0), groups=grouped(deliveries))
    features, tokens = (first.feature_names, first.tokens) if first is not None else ((), ())
    return Rows(arrays, target, names, features, split, tokens)
