"""New things as the numbers a network expects: prepared exactly as the data were that it learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuralgraph.data.arrays import checked
from neuralgraph.data.cards import Card, Column
from neuralgraph.data.delivery import Array
from neuralgraph.data.ink import of_photo, placed
from neuralgraph.data.npz import read_array
from neuralgraph.data.pictures import SUFFIXES, decoded, natural
from neuralgraph.data.tabular import MISSING, Table, number_of, read_table
from neuralgraph.data.texts import whole_text
from neuralgraph.data.tokens import Vocabulary, padded, pieces
from neuralgraph.errors import DataError

TABLES = (".csv", ".tsv", ".txt", ".dat")
MOST_NUMBERS = 250_000_000
"""That are prepared at once."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """`x` with rows along axis 0; `names` says what each row is; `truth` what the file itself says of it, if it does.
    """

    x: Array
    names: tuple[str, ...]
    truth: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def from_files(card: Card, paths: Sequence[Path]) -> Prepared:
    """Files of the kind that the network learned from; a `DataError` says which kind that is."""
    if not paths:
        raise DataError(f"Nothing to predict from was given. {expects(card)}")
    if all(path.suffix.lower() == ".npz" for path in paths):
        return joined([from_npz(card, path) for path in paths])
    match card.form:
        case "table" | "series":
            return joined([from_table(card, path) for path in paths])
        case "picture":
            return from_pictures(card, paths)
        case "text":
            return joined([from_text_file(card, path) for path in paths])
        case "running":
            raise DataError("This network tells how a text goes on. Use --generate with --prompt, not a file.")
        case _:
            raise DataError(f"{paths[0].name} cannot be used here. {expects(card)}", file=str(paths[0]))


def expects(card: Card) -> str:
    """What it can be given, in one sentence."""
    shape = " × ".join(str(one) for one in card.specs["x"].shape)
    arrays = f"an .npz file with an array {card.settings.get('x', 'x')!r} of {shape}"
    match card.form:
        case "table" | "series":
            names = ", ".join(one.name for one in card.columns[:8]) + (", …" if len(card.columns) > 8 else "")
            return f"It expects a table (CSV) with the columns {names}, or {arrays}."
        case "picture":
            return f"It expects images ({', '.join(SUFFIXES[:4])}, …) or a folder of them, or {arrays}."
        case "text":
            return "It expects a text, or a text file with one text in each line."
        case "running":
            return "It expects the beginning of a text, and tells how it goes on."
        case _:
            return f"It expects {arrays}."


def _bounded(card: Card, rows: int, what: str) -> None:
    """Refuse what would take too much memory, before it is taken."""
    numbers = rows * math.prod(one for one in card.specs["x"].shape if isinstance(one, int))
    if numbers > MOST_NUMBERS:
        raise DataError(f"{what} would be {numbers:,} numbers; at most {MOST_NUMBERS:,} are predicted at once. Give "
                        "fewer at a time.")


def joined(parts: Sequence[Prepared]) -> Prepared:
    """One after the other."""
    if len(parts) == 1:
        return parts[0]
    truth = tuple(one for part in parts for one in part.truth)
    rows = sum(len(part.x) for part in parts)
    return Prepared(np.concatenate([part.x for part in parts]), tuple(one for part in parts for one in part.names),
                    truth if len(truth) == rows else (), tuple(one for part in parts for one in part.notes))


# -- tables ---------------------------------------------------------------------------------------------------------


def from_table(card: Card, path: Path) -> Prepared:
    """A CSV file: columns are found by their names, in any order."""
    if path.suffix.lower() not in TABLES:
        raise DataError(f"{path.name} is no table. {expects(card)}", file=str(path))
    table = read_table(path, "auto", "auto", least=1)
    places, notes = _matched(card, table)
    table, skipped = _whole(card, table, places)
    _bounded(card, len(table.rows), table.file)
    x = np.concatenate([_cells(table, place, column) for column, place in zip(card.columns, places, strict=True)],
                       axis=1)
    truth: tuple[str, ...] = ()
    if card.label in table.names and table.names.index(card.label) not in places:
        at = table.names.index(card.label)
        truth = tuple(row[at] for row in table.rows)
    names = tuple(f"line {line}" for line in table.lines)
    if card.form == "series":
        return _windows(card, x, table, [*notes, *skipped])
    return Prepared(x.astype(np.float32), names, truth, (*notes, *skipped))


def from_values(card: Card, rows: Sequence[Mapping[str, Any]]) -> Prepared:
    """Rows as values by column name; a `DataError` names the row and what is missing or unknown."""
    done = np.zeros((len(rows), sum(one.width for one in card.columns)), np.float32)
    for at, row in enumerate(rows):
        lost = [one.name for one in card.columns if one.name not in row]
        if lost:
            raise DataError(f"Row {at + 1} lacks {_listed(lost)}. {expects(card)}", row=at + 1, column=lost[0])
        parts = [_coded(one, str(row[one.name])) if one.values else [_number(one, row[one.name], at)]
                 for one in card.columns]
        done[at] = [number for part in parts for number in part]
    return Prepared(done, tuple(f"row {at + 1}" for at in range(len(rows))))


def _number(column: Column, value: Any, at: int) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise DataError(f"Row {at + 1}, {column.name!r}: a number was expected, not {value!r}.", row=at + 1,
                        column=column.name)
    return found


def _coded(column: Column, value: str) -> list[float]:
    if value not in column.values:
        raise DataError(f"{column.name!r} has no category {value!r}. It learned: {_listed(column.values)}.",
                        column=column.name)
    return [float(one == value) for one in column.values]


def _matched(card: Card, table: Table) -> tuple[list[int], list[str]]:
    """The place of every column in the table; by position where neither has names."""
    nameless = all(one == f"column {n}" for n, one in enumerate(table.names))
    if nameless:
        return _by_position(card, table)
    plain = {_folded(name): at for at, name in enumerate(table.names)}
    places = {one.name: table.names.index(one.name) if one.name in table.names else plain.get(_folded(one.name))
              for one in card.columns}
    lost = [name for name, place in places.items() if place is None]
    if lost:
        raise DataError(f"{table.file} lacks the column{'s' if len(lost) > 1 else ''} {_listed(lost)}. It has: "
                        f"{_listed(table.names)}. Rename its columns, or add what is missing.", file=table.file,
                        column=lost[0])
    used = {place for place in places.values() if place is not None}
    left = [name for at, name in enumerate(table.names) if at not in used and name != card.label]
    notes = [f"Not used: {_listed(left)}."] if left else []
    return [place for place in places.values() if place is not None], notes


def _by_position(card: Card, table: Table) -> tuple[list[int], list[str]]:
    """Without a line of names: the columns in the order of the data, with or without the one to predict."""
    count = len(card.columns)
    places = list(range(len(table.names)))
    if len(places) == count + 1:
        names = [one.name for one in card.columns]
        own = card.settings.get("target", "-1")
        goal = int(own) if str(own).lstrip("-").isdigit() else -1
        if card.label.startswith("column ") and card.label not in names and card.label[7:].isdigit():
            goal = int(card.label[7:])
        del places[goal if -len(places) <= goal < len(places) else -1]
    if len(places) != count:
        raise DataError(f"{table.file} has {len(table.names)} columns without names, and {count} are expected: "
                        f"{_listed([one.name for one in card.columns])}. Give it a first line with the names.",
                        file=table.file)
    return places, ["The table has no names: its columns were taken in the order of the data."]


def _whole(card: Card, table: Table, places: Sequence[int]) -> tuple[Table, list[str]]:
    """The rows in which nothing is missing, as the data node treats them."""
    keep = []
    for at, row in enumerate(table.rows):
        gap = next((place for place in places if row[place].lower() in MISSING), None)
        if gap is None:
            keep.append(at)
        elif card.settings.get("missing") != "skip rows":
            raise table.wrong("the value is missing. Fill it in, or leave the row out.", at, gap)
    if not keep:
        raise DataError(f"{table.file}: every row lacks a value.", file=table.file)
    left = len(table.rows) - len(keep)
    notes = [f"{left:,} of {len(table.rows):,} rows were skipped: a value is missing."] if left else []
    return Table(table.file, table.names, [table.rows[at] for at in keep], [table.lines[at] for at in keep],
                 table.comma), notes


def _cells(table: Table, place: int, column: Column) -> Array:
    """One column of the table as the numbers it becomes."""
    cells = [row[place] for row in table.rows]
    if column.values:
        known = {value: number for number, value in enumerate(column.values)}
        odd = next((at for at, cell in enumerate(cells) if cell not in known), None)
        if odd is not None:
            raise table.wrong(f"{cells[odd]!r} is no category that it has learned. It knows: "
                              f"{_listed(column.values)}.", odd, place)
        return np.eye(len(known), dtype=np.float32)[[known[cell] for cell in cells]]
    values = [number_of(cell, table.comma) for cell in cells]
    odd = next((at for at, value in enumerate(values)
                if value is None or not math.isfinite(value) or abs(value) >= 3.4e38), None)
    if odd is not None:
        raise table.wrong(f"{cells[odd]!r} is not a number, and one was expected.", odd, place)
    return np.array(values, np.float32)[:, None]


def _windows(card: Card, x: Array, table: Table, notes: list[str]) -> Prepared:
    """Every window of the table: what comes after it is to be told, also after the last."""
    window = int(card.specs["x"].shape[1])
    count = len(x) - window + 1
    if count < 1:
        raise DataError(f"{table.file} has {len(x):,} rows; a window of {window:,} is needed to tell what comes next.",
                        file=table.file)
    rows = np.arange(count)[:, None] + np.arange(window)
    names = tuple(f"after line {table.lines[at + window - 1]}" for at in range(count))
    return Prepared(x[rows].astype(np.float32), names, (), tuple(notes))


def _folded(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").split())


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(one) for one in names[:most]) + more


# -- pictures -------------------------------------------------------------------------------------------------------


def from_pictures(card: Card, paths: Sequence[Path]) -> Prepared:
    """Images, and all images in folders."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
            if not found:
                raise DataError(f"{path.name} holds no image. {expects(card)}", file=str(path))
            files += found
        elif path.is_file() and path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{path.name} is no image. {expects(card)}", file=str(path))
        else:
            files.append(path)
    _bounded(card, len(files), f"{len(files):,} images")
    x = np.concatenate([picture(card, _bytes(one), one.name) for one in files])
    return Prepared(x, tuple(str(one) for one in files))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read((1 << 26) + 1)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None


def picture(card: Card, data: bytes, where: str) -> Array:
    """One image file as x, 1 × …: signs are found on their paper, others brought to the size of the data."""
    channels, tall, wide = card.grid
    grey = channels == 1
    if card.ink is not None and card.type != "ImageFolder":
        seen = natural(data, where, "grey")[:, :, 0].astype(np.float32) / np.float32(255.0)
        if seen.shape == (tall, wide) and (np.median(seen) < 0.5) == (card.ink.ground < card.ink.full):
            return _shaped(card, seen * max(card.ink.full, card.ink.ground))
        return drawing(card, of_photo(card.ink, seen))
    fit = str(card.settings.get("fit", "stretch"))
    pixels = decoded(data, where, (tall, wide), "grey" if grey else "colour", fit)
    return _shaped(card, np.moveaxis(pixels, -1, 0).astype(np.float32) / np.float32(255.0))


def drawing(card: Card, drawn: Array) -> Array:
    """A drawing, H × W of 0 (paper) … 1 (ink), as x, 1 × …: its size, place and levels become those of the data."""
    channels, tall, wide = card.grid
    if card.ink is None:
        from PIL import Image

        paper = Image.fromarray(((1.0 - np.clip(drawn, 0, 1)) * 255).astype(np.uint8)).resize(
            (wide, tall), Image.Resampling.BOX)
        grey = np.asarray(paper, np.float32) / np.float32(255.0)
        return _shaped(card, np.broadcast_to(grey, (channels, tall, wide)))
    return _shaped(card, placed(card.ink, drawn, (tall, wide)))


def _shaped(card: Card, pixels: Array) -> Array:
    shape = tuple(int(one) for one in card.specs["x"].shape[1:])
    return np.ascontiguousarray(pixels, np.float32).reshape(1, *shape)


# -- texts and arrays -----------------------------------------------------------------------------------------------


def vocabulary(card: Card) -> Vocabulary:
    """The words that it learned, with their numbers."""
    if card.settings.get("tokens") == "bytes":
        return Vocabulary.of_bytes(card.special)
    skip = 2 * card.special
    return Vocabulary(card.tokens, {name: at for at, name in enumerate(card.tokens) if at >= skip}, card.special)


def from_texts(card: Card, texts: Sequence[str]) -> Prepared:
    """Texts to be classified."""
    words, one = vocabulary(card), card.settings
    cut = [pieces(text, str(one["tokens"]), bool(one["lower"])) for text in texts]
    length = int(card.specs["x"].shape[1])
    _bounded(card, len(texts), f"{len(texts):,} texts")
    x = padded([words.numbers(text) for text in cut], length, str(one["side"]))
    strange = sorted({piece for text in cut if not isinstance(text, bytes) for piece in text
                      if piece not in words.place})
    longer = sum(len(text) > length for text in cut)
    notes = [f"Not in its vocabulary: {_listed(strange)}."] if strange else []
    if longer:
        notes.append(f"{longer:,} of {len(cut):,} texts were cut to {length:,} tokens.")
    return Prepared(x, tuple(texts), (), tuple(notes))


def from_text_file(card: Card, path: Path) -> Prepared:
    """Every line of a text file that is not empty."""
    lines = [line.strip() for line in whole_text(path, "*", lambda one: one).splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path.name} is empty.", file=str(path))
    return from_texts(card, lines)


def from_npz(card: Card, path: Path) -> Prepared:
    """The array with the samples, by its name, or the only one that there is."""
    return from_array(card, read_array(path, str(card.settings.get("x", "x"))), path.name)


def from_array(card: Card, given: Any, where: str = "The array") -> Prepared:
    """Numbers as they are, checked against the shape of the data."""
    spec = card.specs["x"]
    array = np.asarray(given)
    if array.ndim == spec.rank - 1:
        array = array[None]
    done = checked(where, array, spec)
    return Prepared(done, tuple(f"row {at}" for at in range(len(done))))
