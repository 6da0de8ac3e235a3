"""Which data node reads a file or folder that somebody chose: by its name, and by what lies in it where that tells."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from neuralgraph.data.archives import archive
from neuralgraph.data.pictures import SUFFIXES
from neuralgraph.errors import DataError

TABLES = (".csv", ".tsv", ".parquet", ".pq")
SINGLE = (*TABLES, ".txt", ".npz", ".zip")
LOOKED = 2_000
"""So many names are looked at to tell what a folder holds."""
Guess = tuple[str, dict[str, Any]]
"""A node type and its parameters, without the path."""


def could_be_data(path: Path) -> bool:
    """Whether it is worth a look, by its name alone."""
    return path.suffix.lower() in SINGLE or "-ubyte" in path.name or path.is_dir()


def guess(path: Path) -> Guess:
    """The node type that reads `path`, and parameters; a `DataError` where none does."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise DataError(f"There is no file or folder {str(path)!r}.", file=str(path))
    if "-ubyte" in path.name:
        return "IdxImages", {}
    match suffix:
        case ".csv" | ".tsv" | ".parquet" | ".pq":
            return "Csv", {}
        case ".npz":
            return "Npz", {}
        case ".zip":
            with archive(path) as file:
                names = [one.filename for one in file.infolist()[:LOOKED]]
            return ("ImageFolder", {}) if _pictures(names) else ("TextFile", {})
        case ".txt":
            return _text(path)
    raise DataError(f"{path.name} is of no kind that is read: tables (.csv, .tsv, .parquet), .npz, .txt, .zip and "
                    "folders of images or texts by class are. Put a data node down and choose the file there.",
                    file=str(path))


def _text(path: Path) -> Guess:
    """A table where every line has as many cells, else a text to be told on, sign by sign."""
    from neuralgraph.data.tabular import number_of, read_table

    try:
        table = read_table(path, "auto", "auto")
    except DataError:
        return "TextFile", {"task": "next", "tokens": "characters", "length": 64}
    if any(number_of(cell, table.comma) is not None for cell in table.rows[0]):
        return "Csv", {}
    return "TextFile", {}


def _folder(path: Path) -> Guess:
    names: list[str] = []
    folders = False
    try:
        for place, inner, files in os.walk(path):
            folders = folders or bool(inner)
            names += [os.path.join(os.path.relpath(place, path), one) for one in files]
            if len(names) > LOOKED:
                break
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    own = [os.path.basename(one) for one in names]
    if any(one.startswith("train-images") for one in own):
        return "IdxImages", {}
    if any(one in ("data_batch_1.bin", "train.bin") for one in own):
        return "CifarBinary", {}
    if _pictures(names):
        return "ImageFolder", {}
    if not names:
        raise DataError(f"The folder {path.name!r} holds no file. Images or texts in folders by class were expected, "
                        "such as cat/1.png and dog/2.png.", file=str(path))
    return "TextFile", {}


def _pictures(names: list[str]) -> bool:
    """Most of them are images."""
    there = [one for one in names if not one.endswith("/") and not os.path.basename(one).startswith(".")]
    return bool(there) and sum(one.lower().endswith(SUFFIXES) for one in there) * 2 >= len(there)
