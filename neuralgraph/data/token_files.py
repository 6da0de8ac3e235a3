"""The tokens of long texts as numbers in files of the cache folder: made in one look, in bounded memory, found again.

A file is known by the names, times and sizes of the texts and by how they are cut up; beside it lies the vocabulary.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from neuralgraph import places
from neuralgraph.data.delivery import Array
from neuralgraph.data.long_reading import blocks
from neuralgraph.data.stored import marked
from neuralgraph.data.tokens import UNKNOWN, Vocabulary, pieces
from neuralgraph.errors import DataError, DocumentError
from neuralgraph.graph.save import write_checked, written_along

FORM = 1
MOST_DIFFERENT = 4_000_000
"""So many different words are counted; what comes first after them is in no vocabulary."""
MOST_KEPT = 1 << 35
"""Bytes in the cache folder; the texts that were used longest ago go first."""
MOST_ABOUT = 1 << 28
CODES = 0x110000


@dataclass(frozen=True, slots=True)
class Kept:
    """`count` tokens as `dtype` in a file; the texts had `size` bytes."""

    path: Path
    count: int
    dtype: str
    words: Vocabulary
    size: int
    note: str = ""


def kept(files: Sequence[Path], given: dict[str, Any]) -> Kept:
    """The tokens of these texts, one file after the other; they are made where they are not there."""
    size = _sizes(files)
    how = [FORM, marked(files), given["tokens"], given["lower"], given["encoding"], given["vocabulary"]]
    name = hashlib.blake2b(json.dumps(how).encode(), digest_size=16).hexdigest()
    path = places.cache() / "texts" / f"{name}.tokens"
    found = _found(path, size)
    if found is None:
        found = _made(path, files, given, size)
        _make_room(path)
    return found


def _sizes(files: Sequence[Path]) -> int:
    try:
        return sum(one.stat().st_size for one in files)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror or error}.") from None


# -- what is there ----------------------------------------------------------------------------------------------------


def _found(path: Path, size: int) -> Kept | None:
    """What was made before, where it is whole; that it was used now is noted by its time."""
    about = path.with_suffix(".json")
    try:
        if about.stat().st_size > MOST_ABOUT:
            return None
        told = json.loads(about.read_bytes())
        names, count, dtype, special = told["names"], told["count"], told["dtype"], told["special"]
        whole = (all(isinstance(one, str) for one in names) and dtype == _dtype(len(names)) and isinstance(count, int)
                 and isinstance(told["note"], str) and path.stat().st_size == count * np.dtype(dtype).itemsize)
        if not whole:
            return None
        os.utime(about)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    first = 2 * bool(special)
    place = {} if told["tokens"] == "bytes" else {one: at for at, one in enumerate(names) if at >= first}
    return Kept(path, count, dtype, Vocabulary(tuple(names), place, bool(special)), size, told["note"])


def _make_room(newest: Path) -> None:
    """The files that were used longest ago go, where all together are too many."""
    try:
        abouts = sorted(newest.parent.glob("*.json"), key=lambda one: one.stat().st_mtime, reverse=True)
        sizes = [one.with_suffix(".tokens").stat().st_size for one in abouts]
    except OSError:  # another window tidies up
        return
    total = 0
    for about, size in zip(abouts, sizes, strict=True):
        total += size
        if total > MOST_KEPT and about.stem != newest.stem:
            for one in (about, about.with_suffix(".tokens")):
                with contextlib.suppress(OSError):
                    one.unlink()


# -- making -----------------------------------------------------------------------------------------------------------


def _made(path: Path, files: Sequence[Path], given: dict[str, Any], size: int) -> Kept:
    kind = given["tokens"]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_along(path) as file:
            match kind:
                case "words":
                    words, count, note = _by_word(files, given, file, path.parent)
                case "characters":
                    words, count, note = _by_character(files, given, file)
                case _:
                    words, count, note = _by_byte(files, given, file)
        about = {"form": FORM, "tokens": kind, "names": words.names, "special": words.special, "count": count,
                 "dtype": _dtype(len(words.names)), "note": note, "texts": [str(one) for one in files]}
        write_checked(path.with_suffix(".json"), json.dumps(about).encode())
    except (OSError, DocumentError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise DataError(f"The tokens of {files[0].name} cannot be written to the cache folder {path.parent}: {why}. "
                        f"They take up to six bytes for each; {size:,} bytes of text are to be read. Make room there.",
                        file=str(path.parent)) from None
    return Kept(path, count, _dtype(len(words.names)), words, size, note)


def _texts(files: Sequence[Path], given: dict[str, Any]) -> Iterator[str]:
    return blocks(files, given["encoding"], whole_words=given["tokens"] == "words")


def _dtype(names: int) -> str:
    return "uint8" if names <= 1 << 8 else "<u2" if names <= 1 << 16 else "<u4"


def _by_byte(files: Sequence[Path], given: dict[str, Any], file: IO[bytes]) -> tuple[Vocabulary, int, str]:
    count = 0
    for text in _texts(files, given):
        count += file.write((text.lower() if given["lower"] else text).encode())
    return Vocabulary.of_bytes(special=False), count, ""


def _by_character(files: Sequence[Path], given: dict[str, Any], file: IO[bytes]) -> tuple[Vocabulary, int, str]:
    """Counted in a first look, numbered in a second one: both are about as quick as the disk."""
    counts = np.zeros(CODES, np.int64)
    order: list[str] = []
    for text in _texts(files, given):
        cut = str(pieces(text, "characters", given["lower"]))
        found = np.bincount(_codes(cut))
        first = np.flatnonzero((found > 0) & (counts[: len(found)] == 0))
        order += sorted(map(chr, first.tolist()), key=cut.index)
        counts[: len(found)] += found
    counted = Counter({one: int(counts[ord(one)]) for one in order})
    words = Vocabulary.of_counts(counted, given["vocabulary"], special=False)
    numbers = np.ones(CODES, _dtype(len(words.names)))
    for one, number in words.place.items():
        numbers[ord(one)] = number
    small = numbers[:256].tobytes() if numbers.itemsize == 1 else b""
    count = 0
    for text in _texts(files, given):
        cut = str(pieces(text, "characters", given["lower"]))
        file.write(cut.encode().translate(small) if small and cut.isascii() else numbers[_codes(cut)].data)
        count += len(cut)
    return words, count, ""


def _codes(text: str) -> Array:
    """The numbers of Unicode, a byte for each where that does."""
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


class _Places(dict[str, int]):
    """Numbers every word in the order in which they come first."""

    def __missing__(self, word: str) -> int:
        number = len(self)
        if number >= MOST_DIFFERENT:
            return MOST_DIFFERENT
        self[word] = number
        return number


def _by_word(files: Sequence[Path], given: dict[str, Any], file: IO[bytes], folder: Path
             ) -> tuple[Vocabulary, int, str]:
    """Numbered as they come, in one look; then by how often they occur."""
    place, counts = _Places(), np.zeros(1, np.int64)
    with tempfile.TemporaryFile(dir=folder) as early:
        for text in _texts(files, given):
            cut = cast(list[str], pieces(text, "words", given["lower"]))
            found = np.fromiter([place[one] for one in cut], np.uint32, len(cut))
            early.write(found.data)
            counts = _added(counts, found)
        beyond = int(counts[MOST_DIFFERENT:].sum())
        counted = Counter(dict(zip(place, counts[: len(place)].tolist(), strict=True)))
        words = Vocabulary.of_counts(counted, given["vocabulary"], special=bool(beyond))
        numbers = np.ones(len(counts), _dtype(len(words.names)))
        for word, number in words.place.items():
            numbers[place[word]] = number
        early.seek(0)
        while data := early.read(1 << 22):
            file.write(numbers[np.frombuffer(data, np.uint32)].data)
    note = (f"More than {MOST_DIFFERENT:,} different words: the {beyond:,} that came first after those are shown as "
            f"{UNKNOWN!r}." if beyond else "")
    return words, int(counts.sum()), note


def _added(counts: Array, numbers: Array) -> Array:
    found = np.bincount(numbers, minlength=len(counts))
    found[: len(counts)] += counts
    return found
