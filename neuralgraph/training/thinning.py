"""The run store stays small: the oldest runs that are not pinned lose their weights, then go; a note says so."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from neuralgraph.training.kept import RUNNING, Kept

if TYPE_CHECKING:
    from neuralgraph.training.store import Store

MOST_BYTES = 2 * 2**30
"""Of all weights together."""
MOST_RUNS = 1000


def make_room(store: Store, bytes: int | None = None, runs: int | None = None) -> list[str]:
    """Thin the oldest out until what is left is within the bounds; a note where something was thrown away."""
    most, count = MOST_BYTES if bytes is None else bytes, MOST_RUNS if runs is None else runs
    found = store.runs()
    notes = []
    oldest = [one for one in reversed(found) if not one.pinned and one.state != RUNNING]
    gone = oldest[: max(len(found) - count, 0)]
    for one in gone:
        store.delete(one.id)
    if gone:
        notes.append(f"{_runs(len(gone))} deleted from the run store, which keeps {count:,}. Pinned runs stay.")
    thinned = _thin(store, [one for one in oldest if one not in gone], most)
    if thinned:
        notes.append(f"The weights of {_runs(thinned)} thrown away: the run store keeps at most {most / 2**30:.3g} GB. "
                     "Their curves are still there. Pinned runs stay.")
    return notes


def _thin(store: Store, oldest: list[Kept], most: int) -> int:
    sizes = {one.id: _size(one.folder) for one in oldest}
    total = sum(_size(one) for one in store.folder.iterdir() if one.is_dir()) if store.folder.is_dir() else 0
    thinned = 0
    for one in oldest:
        if total <= most:
            break
        if not sizes[one.id]:
            continue
        store.change(one.id, thinned=1)
        for path in one.folder.glob("*.safetensors"):
            with contextlib.suppress(OSError):
                path.unlink()
        total -= sizes[one.id]
        thinned += 1
    return thinned


def _size(folder: Path) -> int:
    try:
        return sum(one.stat().st_size for one in folder.glob("*.safetensors"))
    except OSError:
        return 0


def _runs(count: int) -> str:
    return "1 old run was" if count == 1 else f"{count:,} old runs were"
