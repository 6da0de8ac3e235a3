"""The moments of a run in its folder: some of them a file, in the order in which they were kept; read one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from neuralgraph.compiler.weights import checksum, write_weights
from neuralgraph.errors import NeuralGraphError, RunError
from neuralgraph.training.checkpoint import Checkpoint
from neuralgraph.training.checkpoint_file import laid_out, put_together
from neuralgraph.training.moments import Moment, Stretch

KIND = "neuralgraph-moments-1"
NAME = "moments-*.safetensors"
MOST_BYTES, MOST_FILES = 48 * 2**20, 64
"""Of all moments of a run on the disk; then they are written anew, with every other one left out."""


class MomentFiles:
    """Writes those of one stretch into the folder of its run."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def write(self, stretch: Stretch) -> None:
        """What was kept since the last time. `RunError` where it cannot be written; it is tried again the next time."""
        fresh = [one for one in stretch.moments if not one.written]
        if not fresh:
            return
        files = sorted(self.home.glob(NAME))
        size = sum(one.stat().st_size for one in files)
        if len(files) < MOST_FILES and size + sum(one.bytes for one in fresh) <= MOST_BYTES:
            self._put(files, fresh, stretch)
            return
        kept = list(stretch.moments)
        while len(kept) > 2 and sum(one.bytes for one in kept) > MOST_BYTES / 2:
            kept = [*kept[:-1:2], kept[-1]]
        if sum(one.bytes for one in kept) <= MOST_BYTES:
            self._put(files, kept, stretch)
            for one in files:
                one.unlink(missing_ok=True)
        stretch.wrote(one.step for one in stretch.moments)

    def _put(self, files: Sequence[Path], some: Sequence[Moment], stretch: Stretch) -> None:
        number = int(files[-1].stem.partition("-")[2]) + 1 if files else 1
        tensors: dict[str, Tensor] = {}
        rows = []
        for one in some:
            saved = replace(one.read(), graph=None)  # the store has the document
            rows.append({"step": one.step, "whole": one.whole, "bytes": one.bytes,
                         "layout": laid_out(saved, str(one.step), tensors)})
        write_weights(self.home / f"moments-{number:06d}.safetensors", tensors, {
            "kind": KIND, "moments": json.dumps(rows), "start": str(stretch.start), "fresh": str(int(stretch.fresh))})
        stretch.wrote(one.step for one in some)


def read_into(stretch: Stretch, home: Path) -> list[str]:
    """Give a stretch the moments that lie in the folder of its run; what could not be read, in words.

    A later file says what holds from its first step on: an earlier one may know what was learned otherwise before the
    run was broken off.
    """
    found: dict[int, Moment] = {}
    troubles = []
    for path in sorted(home.glob(NAME)):
        try:
            some, start, fresh = _listed(path)
        except RunError as error:
            troubles.append(str(error))
            continue
        if some:
            found = {step: one for step, one in found.items() if step < some[0].step}
            found |= {one.step: one for one in some}
            if start <= some[0].step and (not found or start <= min(found)):
                stretch.start, stretch.fresh = start, fresh
    stretch.moments = tuple(one for step, one in sorted(found.items()) if step >= stretch.start)
    if found:
        stretch.end = max(stretch.end, max(found))
    return troubles


def _listed(path: Path) -> tuple[list[Moment], int, bool]:
    """What a file holds, without reading it; where its stretch began, and whether with the weights of its seed."""
    facts = _facts(path)
    try:
        rows = json.loads(facts["moments"])
        sums = {str(name): str(one) for name, one in json.loads(facts["checksums"]).items()}
        some = [Moment(int(row["step"]), bool(row["whole"]), int(row["bytes"]),
                       partial(_read, path, row["layout"], sums), written=True) for row in rows]
        return sorted(some, key=lambda one: one.step), int(facts["start"]), facts["fresh"] == "1"
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise RunError(f"{path.name} is damaged: its list of moments cannot be read.") from None


def _facts(path: Path) -> Mapping[str, str]:
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            facts = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError) as error:
        raise RunError(f"{path.name} is not a whole .safetensors file: {error}.") from None
    if facts.get("kind") != KIND:
        raise RunError(f"{path.name} holds no moments of a run.")
    return facts


def _read(path: Path, layout: Any, sums: Mapping[str, str]) -> Checkpoint:
    """One moment of a file, checked tensor by tensor."""
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            found = put_together(layout, _Tensors(file.get_tensor, sums, path.name), path.name)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        if isinstance(error, NeuralGraphError):
            raise
        raise RunError(f"{path.name} cannot be read: {error}.") from None
    return found


class _Tensors(Mapping[str, Tensor]):
    """Those of a file, each checked when it is taken."""

    def __init__(self, take: Callable[[str], Tensor], sums: Mapping[str, str], name: str) -> None:
        self._take, self._sums, self._name = take, sums, name

    def __getitem__(self, name: str) -> Tensor:
        one = self._take(name)
        if self._sums.get(name) != checksum(one):
            raise RunError(f"{self._name} is damaged: the numbers of {name!r} are not those that were saved.")
        return one

    def __iter__(self) -> Iterator[str]:
        return iter(self._sums)

    def __len__(self) -> int:
        return len(self._sums)


