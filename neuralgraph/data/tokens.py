"""Text as whole numbers: cut into words, characters or bytes, and numbered by how often they occur."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from neuralgraph.data.delivery import Array

PADDING, UNKNOWN = "·", "?"
"""How the numbers 0 and 1 are shown: what fills up a short text, and what the vocabulary does not hold."""
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def pieces(text: str, kind: str, lower: bool) -> Sequence[str] | bytes:
    """A text cut up: `words` with signs of their own, `characters`, or `bytes` of UTF-8."""
    if lower:
        text = text.lower()
    match kind:
        case "words":
            return _WORD.findall(text)
        case "characters":
            return text
        case _:
            return text.encode("utf-8")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`names` by number. Where there is no `special`, numbers 0 and 1 are ordinary."""

    names: tuple[str, ...]
    place: dict[str, int]
    special: bool

    @classmethod
    def of_bytes(cls, special: bool) -> Vocabulary:
        """All 256 bytes."""
        shown = tuple(chr(one) if 32 < one < 127 else f"{one:02x}" for one in range(256))
        return cls((PADDING, UNKNOWN, *shown) if special else shown, {}, special)

    @classmethod
    def learnt(cls, texts: Iterable[Sequence[str]], most: int, *, special: bool) -> Vocabulary:
        """The pieces that occur most often, `most` numbers in all; of equally frequent ones, the first in the text."""
        counted: Counter[str] = Counter()
        for one in texts:
            counted.update(one)
        return cls.of_counts(counted, most, special=special)

    @classmethod
    def of_counts(cls, counted: Counter[str], most: int, *, special: bool) -> Vocabulary:
        """The same from how often each piece occurs, in the order in which they come first."""
        special = special or len(counted) > most
        room = max(1, most - 2) if special else most
        kept = [piece for piece, _ in counted.most_common(room)]
        if not special:
            kept.sort()
        names = (PADDING, UNKNOWN, *kept) if special else tuple(kept)
        return cls(names, {piece: at + 2 * special for at, piece in enumerate(kept)}, special)

    def numbers(self, text: Sequence[str] | bytes) -> Array:
        """int64, one for each piece."""
        if isinstance(text, bytes):
            return np.frombuffer(text, np.uint8).astype(np.int64) + 2 * self.special
        place = self.place
        return np.fromiter((place.get(piece, 1) for piece in text), np.int64, len(text))


def padded(texts: Sequence[Array], length: int, side: str) -> Array:
    """N × length: longer texts are cut and shorter ones filled with 0, at that side."""
    done = np.zeros((len(texts), length), np.int64)
    for row, text in enumerate(texts):
        if side == "end":
            done[row, :min(len(text), length)] = text[:length]
        elif len(text):
            done[row, -min(len(text), length):] = text[-length:]
    return done
