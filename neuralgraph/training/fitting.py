"""Blocks that measure the training part before training, as much of it at once as memory takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from neuralgraph.compiler.blocks.fitted import Fitted
from neuralgraph.data.streaming import Part
from neuralgraph.training.batches import batches
from neuralgraph.training.randomness import undisturbed

PART_BYTES = 64 << 20
"""Of the rows that go through at once: the same whether they lie in memory or on the disk, so that sums are too."""


def fit_block(program: Any, id: str, train: Mapping[str, Part], seed: int) -> None:
    """What learns from data before training sees the training part, as what is before it in the graph leaves it."""
    edge = next(iter(program.inference.wires[id].values()))
    name = program.output_name(edge.source, edge.output)
    keys = program.needed((edge.source,))
    held = [train[key] for key in keys]

    def parts() -> Iterator[Tensor]:
        for number, given in enumerate(_pieces(held)):
            with undisturbed(program.device, seed + number), program.quiet():
                value: Tensor = program.trace(dict(zip(keys, given, strict=True)), (edge.source,))[name]
            yield value

    block = program.part(id)
    if isinstance(block, Fitted):
        block.measure(parts)
    else:
        block.fit(torch.cat(list(parts())))


def _pieces(held: list[Part]) -> Iterator[tuple[Tensor, ...]]:
    if not held:
        yield ()
        return
    row_bytes = sum(one.nbytes for one in held) // max(len(held[0]), 1)
    yield from batches(held, None, max(1, PART_BYTES // max(row_bytes, 1)))
