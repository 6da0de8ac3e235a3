"""New things as the numbers a network expects: prepared exactly as the data were that it learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuralgraph.data.arrays import checked
from neuralgraph.data.cards import Card
from neuralgraph.data.delivery import Array
from neuralgraph.data.encoding import encoded, whole_rows
from neuralgraph.data.ink import of_photo, placed
from neuralgraph.data.npz import read_array
from neuralgraph.data.pictures import SUFFIXES, decoded, natural
from neuralgraph.data.series import carried
from neuralgraph.data.tabular import PARQUET, Table, cell_of, number_of, read_table
from neuralgraph.data.texts import whole_text
from neuralgraph.data.tokens import Vocabulary, padded, pieces
from neuralgraph.errors import DataError
from neuralgraph.spec.columns import Coding

TABLES = (".csv", ".tsv", ".txt", ".dat", *PARQUET)
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


def side_by_side(parts: Mapping[str, Prepared], told: str) -> Prepared:
    """What several sources are given, row by row; `told` is the one that holds the answers. A `DataError` where they
    have different numbers of rows.
    """
    sizes = {name: len(one.x) for name, one in parts.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} has {size:,}" for name, size in sizes.items())
        raise DataError(f"The sources are read row by row together, but have different numbers of rows: {listed}.")
    first = next(iter(parts.values()))
    names = tuple(" + ".join(dict.fromkeys(row)) for row in zip(*(one.names for one in parts.values()), strict=True))
    return Prepared(first.x, names, parts[told].truth, tuple(note for one in parts.values() for note in one.notes))


# -- tables ---------------------------------------------------------------------------------------------------------


def from_table(card: Card, path: Path) -> Prepared:
    """A table file: columns are found by their names, in any order, and coded as those of the data were."""
    if path.suffix.lower() not in TABLES:
        raise DataError(f"{path.name} is no table. {expects(card)}", file=str(path))
    table, notes = _named(card, _opened(card, path))
    return _coded(card, table, [*table.notes, *notes])


def from_values(card: Card, rows: Sequence[Mapping[str, Any]]) -> Prepared:
    """Rows as values by column name, None where one is missing; a `DataError` names the row and what is wrong."""
    coding = [one.coding for one in card.columns]
    for at, row in enumerate(rows):
        lost = [one.name for one in coding if one.name not in row]
        if lost:
            raise DataError(f"Row {at + 1} lacks {_listed(lost)}. {expects(card)}", row=at + 1, column=lost[0])
    if not rows:
        raise DataError(f"Nothing to predict from was given. {expects(card)}")
    cells = [[_cell(row[one.name], one) for one in coding] for row in rows]
    table = Table("The values", tuple(one.name for one in coding), cells, list(range(1, len(rows) + 1)), False, "row")
    return _coded(card, table, [])


def _cell(value: Any, coding: Coding) -> str:
    """A value as it would stand in a table; yes and no as the data write them."""
    if not isinstance(value, (bool, np.bool_)):
        return cell_of(value)
    if coding.kind != "category":
        return str(int(value))
    return next((one for one in (cell_of(bool(value)), str(value), str(value).lower(), str(int(value)))
                 if one in coding.values), str(value))


def _opened(card: Card, path: Path) -> Table:
    """The cells, read as those of the data; a first line with their names is one, whatever stands below."""
    header, encoding, decimal = (str(card.settings.get(one, "auto")) for one in ("header", "encoding", "decimal"))
    table = read_table(path, header, "auto", 1, encoding, decimal)
    if header == "auto" and _nameless(table.names) and len(table.rows) > 1:
        first = {_folded(cell) for cell in table.rows[0]}
        if all(_folded(one.name) in first for one in card.columns):
            return read_table(path, "yes", "auto", 1, encoding, decimal)
    return table


def _nameless(names: Sequence[str]) -> bool:
    return all(one == f"column {n}" for n, one in enumerate(names))


def _named(card: Card, table: Table) -> tuple[Table, list[str]]:
    """The columns by the names and in the order of the data, behind them those to predict, where it has them."""
    notes: list[str] = []
    if _nameless(table.names):
        table = replace(table, names=_by_position(card, table), memo={})
        notes.append("The table has no names: its columns were taken in the order of the data.")
    plain = {_folded(name): at for at, name in enumerate(table.names)}
    places = {one.name: table.names.index(one.name) if one.name in table.names else plain.get(_folded(one.name))
              for one in card.columns}
    lost = [name for name, place in places.items() if place is None]
    if lost:
        raise DataError(f"{table.file} lacks the column{'s' if len(lost) > 1 else ''} {_listed(lost)}. It has: "
                        f"{_listed(table.names)}. Rename its columns, or add what is missing.", file=table.file,
                        column=lost[0])
    taken = {name: place for name, place in places.items() if place is not None}
    goals = {one: table.names.index(one) for one in card.targets if one in table.names}
    goals = {one: at for one, at in goals.items() if at not in taken.values()}
    left = [name for at, name in enumerate(table.names) if at not in {*taken.values(), *goals.values()}]
    notes += [f"Not used: {_listed(left)}."] if left else []
    both = [*taken.values(), *goals.values()]
    return replace(table, names=(*taken, *goals), rows=[[row[at] for at in both] for row in table.rows],
                   memo={}), notes


def _by_position(card: Card, table: Table) -> tuple[str, ...]:
    """Without a line of names: all columns of the data in their order, or those without the ones to predict, or only
    those that were learnt from.
    """
    inputs = tuple(one.name for one in card.columns)
    known = card.table or (*inputs, card.label)
    orders = (known, tuple(one for one in known if one not in card.targets), inputs)
    found = next((one for one in orders if len(one) == len(table.names)), None)
    if found is None:
        raise DataError(f"{table.file} has {len(table.names)} columns without names, and {len(inputs)} are expected: "
                        f"{_listed(inputs)}. Give it a first line with the names.", file=table.file)
    return found


def _coded(card: Card, table: Table, notes: list[str]) -> Prepared:
    """A table with the columns of the data, as numbers; rows with a gap are left out where the data node does so."""
    coding, missing = [one.coding for one in card.columns], str(card.settings.get("missing", "stop"))
    _bounded(card, len(table.rows), table.file)
    if card.form == "series":
        return _windows(card, encoded(table, _open(coding) if missing != "stop" else coding), table, notes)
    if missing == "skip rows":
        table, skipped = whole_rows(table, [at for at, one in enumerate(coding) if one.fill is None])
        notes += skipped
    goals = [table.names.index(one) for one in card.targets if one in table.names[len(coding):]]
    truth = tuple(", ".join(_truth(card, row[at], comma=table.comma) for at in goals) for row in table.rows) if len(
        goals) == len(card.targets) else ()
    names = tuple(f"{table.unit} {line}" for line in table.lines)
    return Prepared(encoded(table, coding), names, truth, tuple(notes))


def _truth(card: Card, cell: str, *, comma: bool) -> str:
    """What a table says of the answer; 1.0 is the class 1."""
    if cell in card.classes or not card.classes:
        return cell
    number = number_of(cell, comma)
    return next((one for one in card.classes if number is not None and number_of(one, comma) == number), cell)


def _open(coding: Sequence[Coding]) -> list[Coding]:
    """Gaps stay open, to be carried over or left out with their window."""
    return [replace(one, fill=0.0 if one.kind == "category" else math.nan) for one in coding]


def _windows(card: Card, x: Array, table: Table, notes: list[str]) -> Prepared:
    """Every window of the table: what comes after it is to be told, also after the last."""
    window = int(card.specs["x"].shape[1])
    count = len(x) - window + 1
    if count < 1:
        raise DataError(f"{table.file} has {len(x):,} rows; a window of {window:,} is needed to tell what comes next.",
                        file=table.file)
    if card.settings.get("missing") == "carry forward" and not np.isfinite(x).all():
        x = np.stack([carried(one, "", []) for one in x.T], axis=1)
        notes.append("Missing values became the last one before.")
    windows = x[np.arange(count)[:, None] + np.arange(window)].astype(np.float32)
    whole = np.flatnonzero(np.isfinite(windows).all(axis=(1, 2)))
    if not len(whole):
        raise DataError(f"{table.file}: every window lacks a value.", file=table.file)
    if len(whole) < count:
        notes.append(f"{count - len(whole):,} of {count:,} windows were left out: a value is missing.")
    names = tuple(f"after {table.unit} {table.lines[at + window - 1]}" for at in whole)
    return Prepared(windows[whole], names, (), tuple(notes))


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
