"""The letters of long texts, block by block: each ends where no word goes on."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuralgraph.data.tabular import ENCODINGS, undecodable
from neuralgraph.errors import DataError

BLOCK = 1 << 22
"""Bytes that are decoded at once."""
LONGEST = 1 << 24
"""Letters without a space or the end of a line."""


def blocks(files: Sequence[Path], encoding: str, *, whole_words: bool) -> Iterator[str]:
    """All text of these files with a new line between two, in pieces that end with a space or a new line.

    Cut there, it gives the same words and the same small letters as in one piece. A `DataError` names file and line.
    """
    rest = ""
    for name, text in _joined(files, encoding):
        rest += text
        cut = max(rest.rfind(" "), rest.rfind("\n")) + 1
        if not cut and len(rest) > LONGEST:
            if whole_words:
                raise DataError(f"{name}: more than {LONGEST:,} letters without a space or the end of a line are no "
                                "words. Choose characters or bytes as tokens.", file=name)
            cut = len(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _joined(files: Sequence[Path], encoding: str) -> Iterator[tuple[str, str]]:
    for number, path in enumerate(files):
        if number:
            yield path.name, "\n"
        for text in _decoded(path, encoding):
            yield path.name, text


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            data = file.read(BLOCK)
            if encoding == "auto":
                encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
            decoder = codecs.getincrementaldecoder(ENCODINGS[encoding])()
            lines = 1
            while True:
                try:
                    text = decoder.decode(data, final=not data)
                except UnicodeDecodeError as error:
                    line = lines + error.object.count(b"\n", 0, error.start)
                    raise undecodable(path.name, str(path), line, encoding, "text") from None
                if "\0" in text:
                    raise DataError(f"{path.name} is not a text file.", file=str(path))
                yield text
                if not data:
                    return
                lines += text.count("\n")
                data = file.read(BLOCK)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
