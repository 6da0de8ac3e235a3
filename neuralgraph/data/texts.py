"""Text files: which samples they hold, of which class, in which part."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from neuralgraph.data.archives import opened
from neuralgraph.data.folders import Inside, arranged, places
from neuralgraph.data.tabular import decoded
from neuralgraph.errors import DataError

MOST_BYTES = 1 << 26
"""Of all texts together."""
MOST_SAMPLES = 2_000_000
_BETWEEN = ("\t", ",", ";", " ")


@dataclass(frozen=True, slots=True)
class Texts:
    """`texts` with the number of the class of each (none without classes); the last `test` are for testing."""

    texts: Sequence[str]
    labels: Sequence[int]
    classes: tuple[str, ...]
    test: int = 0
    notes: tuple[str, ...] = ()


def text_files(path: Path, pattern: str, inside: Inside) -> tuple[Path, ...]:
    """What the texts depend on: the file, or the folders and the files that lie directly in it."""
    if path.is_file():
        return (path,)
    return (*places(path, inside), *_direct(path, pattern, inside))


def whole_text(path: Path, pattern: str, inside: Inside, encoding: str = "auto") -> str:
    """All text of a file or folder, one file after the other."""
    files = running_files(path, pattern, inside)
    _bounded(path, sum(one.stat().st_size for one in files))
    return "\n".join(_read(one, encoding) for one in files)


def running_files(path: Path, pattern: str, inside: Inside) -> tuple[Path, ...]:
    """The files of a running text, in the order in which they are read."""
    files = (path,) if path.is_file() else _direct(path, pattern, inside)
    if not files:
        raise _nothing(path, pattern)
    return files


def is_long(files: Sequence[Path]) -> bool:
    """They have more bytes than are taken into memory as one text."""
    return sum(one.stat().st_size for one in files) > MOST_BYTES


def classified_texts(path: Path, pattern: str, labels: str, inside: Inside, encoding: str = "auto") -> Texts:
    """Samples with classes: from lines that hold their class, a file for each class, or a folder for each class."""
    if path.suffix.lower() == ".zip" or (path.is_dir() and pattern == "*" and len(places(path, inside)) > 1):
        return _by_folder(path, inside, encoding)
    if path.is_dir():
        files = _direct(path, pattern, inside)
        if not files:
            raise _nothing(path, pattern)
        return _by_file(path, files, encoding)
    _bounded(path, path.stat().st_size)
    return _by_line(path.name, _read(path, encoding), labels)


def _by_folder(path: Path, inside: Inside, encoding: str) -> Texts:
    found = arranged(path, inside, (), "texts")
    entries = (*found.train, *found.test)
    if len(entries) > MOST_SAMPLES:
        raise _many(path.name)
    texts, size = [], 0
    with opened(path) as read:
        for name, _ in entries:
            data = read(name)
            size += len(data)
            _bounded(path, size)
            texts.append(_decoded(data, f"{path.name}/{name}", encoding))
    return Texts(texts, [number for _, number in entries], found.classes, len(found.test), found.notes)


def _by_file(path: Path, files: Sequence[Path], encoding: str) -> Texts:
    """Every line is a sample; its class is that part of the file's name in which the files differ."""
    if len(files) < 2:
        raise DataError(f"{path.name} holds one file, {files[0].name!r}, which would be the only class. Give a file "
                        "for each class, or choose that file and say where its lines hold their class.",
                        file=str(files[0]))
    _bounded(path, sum(one.stat().st_size for one in files))
    texts: list[str] = []
    labels: list[int] = []
    for number, file in enumerate(files):
        lines = [line for line in _read(file, encoding).splitlines() if line.strip()]
        if not lines:
            raise DataError(f"{file.name} is empty, so that its class has no sample.", file=str(file))
        texts += lines
        labels += [number] * len(lines)
    if len(texts) > MOST_SAMPLES:
        raise _many(path.name)
    return Texts(texts, labels, _called(files))


def _called(files: Sequence[Path]) -> tuple[str, ...]:
    for way in ([one.stem for one in files], [one.suffix[1:] for one in files]):
        if len(set(way)) == len(files) and all(way):
            return tuple(way)
    return tuple(one.name for one in files)


def _by_line(name: str, text: str, labels: str) -> Texts:
    lines = [(at, line.strip()) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise DataError(f"{name} is empty.", file=name)
    if len(lines) > MOST_SAMPLES:
        raise _many(name)
    sign = next((one for one in _BETWEEN if all(one in line for _, line in lines)), None)
    if sign is None:
        at = next(at for at, line in lines if " " not in line)
        raise DataError(f"{name}, line {at}: a text and its class with a tab, comma or space between were expected, "
                        "but it is a single word.", file=name, row=at)
    texts, marks = [], []
    for at, line in lines:
        first, second = line.split(sign, 1) if labels == "first" else line.rsplit(sign, 1)[::-1]
        if not first.strip():
            raise DataError(f"{name}, line {at}: the class is missing.", file=name, row=at, column=labels)
        marks.append(first.strip())
        texts.append(second.strip())
    classes = sorted(set(marks))
    if len(classes) > 1_000:
        raise DataError(f"{name}: the {labels} word of the lines makes {len(classes):,} classes; at most 1,000 are "
                        "taken. Choose where the class stands.", file=name)
    place = {one: number for number, one in enumerate(classes)}
    return Texts(texts, [place[one] for one in marks], tuple(classes))


def _direct(path: Path, pattern: str, inside: Inside) -> tuple[Path, ...]:
    """The files directly in a folder whose names match."""
    try:
        with os.scandir(path) as entries:
            found = sorted((entry.name, entry.is_symlink()) for entry in entries
                           if entry.name[0] != "." and fnmatchcase(entry.name, pattern))
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    for name, link in found:
        if link:
            inside(path / name)
    files = tuple(path / name for name, _ in found if (path / name).is_file())
    if len(files) > 10_000:
        raise DataError(f"{path.name} holds {len(files):,} files; at most 10,000 are read.", file=str(path))
    return files


def _read(path: Path, encoding: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    _bounded(path, len(data))
    return _decoded(data, path.name, encoding)


def _decoded(data: bytes, where: str, encoding: str) -> str:
    text = decoded(data, where, where, encoding, "text")
    if "\0" in text:
        raise DataError(f"{where} is not a text file.", file=where)
    return text


def _bounded(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise DataError(f"{path.name} has {size:,} bytes of text; at most {MOST_BYTES:,} are read.", file=str(path))


def _many(name: str) -> DataError:
    return DataError(f"{name} holds more than {MOST_SAMPLES:,} texts, which is the most that are read.", file=name)


def _nothing(path: Path, pattern: str) -> DataError:
    if not path.is_dir():
        return DataError(f"There is no file or folder {str(path)!r}.", file=str(path))
    return DataError(f"{path.name} holds no file whose name matches {pattern!r}.", file=str(path))
