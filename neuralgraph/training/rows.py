"""What is known of the rows before the first batch: labels that no loss can take, the largest class, rows that leak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.data.feed import Feed
from neuralgraph.data.streaming import Part, Stream
from neuralgraph.training.faults import WrongLabel

CLASS_LOSSES = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")
YES_NO = ("BCEWithLogitsLoss", "BCELoss")
IGNORED = -100
"""The label that torch's losses for classes leave out."""
COLUMNS, CHUNK = 48, 2**22
"""So many numbers of a row are compared first; so many numbers are looked at together."""


@dataclass(frozen=True)
class Labels:
    """Labels as a loss gets them straight from a source: how many classes there are, rows of each in the training part.
    """

    loss: str
    source: str
    classes: int
    counts: tuple[int, ...]

    @property
    def share(self) -> float:
        """Of the rows, that of the largest class."""
        return max(self.counts) / max(sum(self.counts), 1)

    @property
    def largest(self) -> int:
        return int(np.argmax(self.counts))


def labels(program: Any, feed: Feed) -> Iterator[Labels]:
    """For every loss for classes; `WrongLabel` where one of the labels is out of range."""
    for id in program.losses:
        type = program.graph.nodes[id].type
        key = _source(program, id, "target")
        if key is None or key not in feed.train or type not in (*CLASS_LOSSES, *YES_NO):
            continue
        target = feed.train[key]
        if isinstance(target, Stream):
            continue
        if type in YES_NO:
            _in_range(program, feed, id, key, 0.0, 1.0)
            if target.numel() == len(target):
                ones = int((target > 0.5).sum())
                yield Labels(id, key, 2, (len(target) - ones, ones))
        elif not target.is_floating_point():
            classes = _classes(program, id)
            if classes is None:
                continue
            _in_range(program, feed, id, key, 0, classes - 1)
            kept = target[target >= 0].reshape(-1)
            yield Labels(id, key, classes, tuple(torch.bincount(kept, minlength=classes).tolist()))


def _source(program: Any, id: str, port: str) -> str | None:
    """The key of the source that is wired straight to a port, beads between them passed through."""
    edge = program.inference.wires[id].get(port)
    while edge is not None:
        key = next((key for key, (node, output, _) in program.sources.items()
                    if (node, output) == (edge.source, edge.output)), None)
        if key is not None:
            return str(key)
        if not getattr(program.inference.nodes[edge.source], "passes", False):
            return None
        edge = next(iter(program.inference.wires[edge.source].values()), None)
    return None


def _classes(program: Any, id: str) -> int | None:
    spec = program.inference.inputs.get(id, {}).get("input")
    return spec.shape[1] if spec is not None and spec.rank > 1 and isinstance(spec.shape[1], int) else None


def _in_range(program: Any, feed: Feed, id: str, key: str, low: float, high: float) -> None:
    parts = ((feed.train, feed.split.train), (feed.validation, feed.split.validation), (feed.test, feed.split.test))
    for part, rows in parts:
        target = part.get(key)
        if not isinstance(target, Tensor) or not target.numel():
            continue
        wrong = ((target < low) | (target > high)) & (target != IGNORED)
        if not bool(wrong.any()):
            continue
        bad = wrong.reshape(len(target), -1).any(1).nonzero().reshape(-1)
        first = int(bad[0])
        value = target[first].reshape(-1)[wrong[first].reshape(-1)][0].item()
        more = f" It is one of {len(bad):,} such rows." if len(bad) > 1 else ""
        if program.graph.nodes[id].type in YES_NO:
            what, then = "targets between 0 and 1", f"Bring {key} there, or take another loss, such as MSELoss."
        else:
            what = f"classes 0 … {int(high)}, as many as what is wired to its input gives"
            then = f"Give the last layer as many outputs as there are classes, or mend {key}."
        raise WrongLabel(f"{id} expects {what}; row {int(rows[first])} of {key} (counted from 0) holds {value:g}."
                         f"{more}", then, id, "target", "labels")


# -- leakage ----------------------------------------------------------------------------------------------------------


def leaking(program: Any, feed: Feed) -> tuple[int, int]:
    """How many rows of the validation part are in the training part too, number by number, and how many there are.

    Compares what the network is given, not what it is to say. Noise is no row.
    """
    targets = {key for id in program.losses if (key := _source(program, id, "target")) is not None}
    keys = [key for key, (_, _, node) in program.sources.items()
            if key not in targets and key in feed.validation and node.type not in ("Noise", "Constant")]
    if not keys or not feed.validation_rows:
        return 0, feed.validation_rows
    if any(isinstance(feed.train[key], Stream) for key in keys):  # too much to compare row by row
        return 0, feed.validation_rows
    held = [(_flat(feed.train[key]), _flat(feed.validation[key])) for key in keys]
    picks = [_picked(one.shape[1]).to(one.device) for one, _ in held]
    train = _codes([one[:, pick] for (one, _), pick in zip(held, picks, strict=True)])
    check = _codes([one[:, pick] for (_, one), pick in zip(held, picks, strict=True)])
    maybe = np.flatnonzero(np.isin(check, train))
    if not len(maybe):
        return 0, feed.validation_rows
    among = np.flatnonzero(np.isin(train, check[maybe]))
    whole = _codes([one[torch.from_numpy(maybe).to(one.device)] for _, one in held])
    known = _codes([one[torch.from_numpy(among).to(one.device)] for one, _ in held])
    return int(np.isin(whole, known).sum()), feed.validation_rows


def _flat(one: Part) -> Tensor:
    assert isinstance(one, Tensor)
    return one.detach().reshape(len(one), -1)


def _picked(width: int) -> Tensor:
    """Some columns, the same every time."""
    if width <= COLUMNS:
        return torch.arange(width)
    return torch.from_numpy(np.random.default_rng(0).choice(width, COLUMNS, replace=False))


def _codes(parts: Sequence[Tensor]) -> NDArray[np.int64]:
    """A number for every row; rows that differ anywhere have different ones, but for one chance in 10¹⁸."""
    rows = len(parts[0])
    found = np.zeros(rows, dtype=np.int64)
    for number, part in enumerate(parts):
        width = part.shape[1]
        times = np.random.default_rng(number + 1).integers(-2**62, 2**62, size=max(width, 1)) | 1
        step = max(1, CHUNK // max(width, 1))
        for start in range(0, rows, step):
            bits = _bits(part[start:start + step].cpu())
            with np.errstate(over="ignore"):
                found[start:start + step] += (bits * times[:width]).sum(axis=1)
    return found


def _bits(part: Tensor) -> NDArray[np.int64]:
    """The numbers as whole ones: equal where they are equal."""
    if not part.is_floating_point():
        return part.to(torch.int64).numpy()
    whole = (part + 0.0).contiguous()  # −0 is 0
    wide = torch.int64 if whole.dtype == torch.float64 else torch.int32
    return whole.to(torch.float32 if wide == torch.int32 else torch.float64).view(wide).to(torch.int64).numpy()
