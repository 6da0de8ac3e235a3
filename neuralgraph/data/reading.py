"""Deliveries of text: samples with classes, or a running text whose next piece is to be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified, sealed
from neuralgraph.data.folders import Inside
from neuralgraph.data.long_text import read_long
from neuralgraph.data.texts import classified_texts, is_long, running_files, whole_text
from neuralgraph.data.tokens import Vocabulary, padded, pieces
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

MOST_TOKENS = 100_000_000


def read_texts(path: Path, inside: Inside, given: dict[str, Any]) -> Delivery:
    """What a TextFile node with the parameters `given` delivers."""
    if not path.exists():
        raise DataError(f"There is no file or folder {str(path)!r}.", file=str(path))
    if given["task"] == "next":
        return _running(path, inside, given)
    found = classified_texts(path, given["pattern"], given["labels"], inside, given["encoding"])
    if len(found.texts) * given["length"] > MOST_TOKENS:
        raise _too_many(path, len(found.texts), given["length"])
    cut = [pieces(one, given["tokens"], given["lower"]) for one in found.texts]
    learnable = cut[: len(cut) - found.test]
    words = _vocabulary(learnable, given, special=True)
    x = padded([words.numbers(one) for one in cut], given["length"], given["side"])
    notes = list(found.notes)
    longer = sum(len(one) > given["length"] for one in cut)
    if longer:
        notes.append(f"{longer:,} of {len(cut):,} texts were cut to {given['length']:,} tokens.")
    done = classified(x, np.array(found.labels), found.classes, x_label="tokens", test_rows=found.test,
                      notes=tuple(notes))
    return _worded(done, words, {"x": x, "y": done.arrays["y"]}, done.specs["y"], ordered=False)


def _running(path: Path, inside: Inside, given: dict[str, Any]) -> Delivery:
    length = given["length"]
    stride = given["stride"] or length
    files = running_files(path, given["pattern"], inside)
    if is_long(files):
        return read_long(path, files, given)
    text = pieces(whole_text(path, given["pattern"], inside, given["encoding"]), given["tokens"], given["lower"])
    rows = (len(text) - 1 - length) // stride + 1
    if rows < 1:
        then = "Choose a smaller length." if text else "It is empty: choose a file that holds a text."
        raise DataError(f"{path.name} has {len(text):,} tokens, too few for samples of {length} and the next one. "
                        f"{then}", file=str(path))
    if rows * length > MOST_TOKENS:  # a short text, but of every token the windows are many
        return read_long(path, files, given)
    words = _vocabulary([text], given, special=False)
    numbers = words.numbers(text)
    places = (np.arange(rows) * stride)[:, None] + np.arange(length)
    left = len(numbers) - (int(places[-1, -1]) + 2)
    y = Spec(("N", length), "int64", len(words.names), "next token")
    plain = Delivery({}, {}, rows, notes=(f"The last {left:,} tokens make no whole sample.",) if left else ())
    return _worded(plain, words, {"x": numbers[places], "y": numbers[places + 1]}, y, ordered=True)


def _worded(done: Delivery, words: Vocabulary, arrays: dict[str, Array], y: Spec, *, ordered: bool) -> Delivery:
    """`done` with x as tokens of a vocabulary."""
    x = Spec(("N", arrays["x"].shape[1]), "int64", len(words.names), "tokens")
    return sealed(Delivery({"x": x, "y": y}, arrays, done.rows, done.class_names, (), done.test_rows, done.notes,
                           ordered, words.names))


def _vocabulary(texts: list[Any], given: dict[str, Any], *, special: bool) -> Vocabulary:
    if given["tokens"] == "bytes":
        return Vocabulary.of_bytes(special)
    return Vocabulary.learnt(texts, given["vocabulary"], special=special)


def _too_many(path: Path, rows: int, length: int) -> DataError:
    return DataError(f"{path.name} makes {rows:,} samples of {length:,} tokens; at most {MOST_TOKENS:,} tokens are "
                     "held. Choose a smaller length or a larger stride.", file=str(path))
