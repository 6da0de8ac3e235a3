"""Files that lie in folders by class, on the disk or in a .zip: which are there, of which class, in which part."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neuralgraph.data.archives import archive
from neuralgraph.errors import DataError

MOST = {"files": 1_000_000, "classes": 10_000}
TRAIN = ("train", "training")
TEST = ("test", "testing", "val", "valid", "validation")
"""The first that is there is the test part."""

Inside = Callable[[Path], Path]
"""Lets through what may be read; raises for a link that leads out."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """Names of files relative to the folder, each with the number of its class; `notes` say what was left out."""

    classes: tuple[str, ...]
    train: tuple[tuple[str, int], ...]
    test: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()


def places(path: Path, inside: Inside) -> tuple[Path, ...]:
    """The folders whose times tell whether files came or went, down to those of the classes; or the .zip itself."""
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise DataError(f"There is no folder or .zip {str(path)!r}.", file=str(path))
    first = _folders(path, inside)
    parted = any(one.name.lower() in TRAIN for one in first)
    found = (path, *first, *(two for one in first if parted for two in _folders(one, inside)))
    if len(found) > 3 * MOST["classes"]:
        raise DataError(f"{path.name} holds {len(found):,} folders; at most {MOST['classes']:,} classes are read.",
                        file=str(path))
    return found


def arranged(path: Path, inside: Inside, suffixes: tuple[str, ...], what: str) -> Arranged:
    """What lies in `path` by class; files are known by their suffix («any» where there is none to know them by)."""
    found = places(path, inside)
    stamps = tuple((one.stat().st_mtime_ns, one.stat().st_size) for one in found)
    done, links = _arranged(path, found, stamps, suffixes, what)
    for name in links:
        inside(path / name)
    return done


@lru_cache(maxsize=8)
def _arranged(
    path: Path, found: tuple[Path, ...], stamps: object, suffixes: tuple[str, ...], what: str
) -> tuple[Arranged, tuple[str, ...]]:
    links: list[str] = []
    names = _zipped(path) if path.is_file() else _listed(path, found, links)
    return sort(path.name, names, suffixes, what), tuple(links)


def sort(where: str, names: Sequence[str], suffixes: tuple[str, ...], what: str) -> Arranged:
    """Classes from names such as `cat/1.png`, or `train/cat/1.png` and `test/cat/2.png`."""
    split = [tuple(name.split("/")) for name in names]
    shown = [one for one in split if not any(part.startswith((".", "__MACOSX")) for part in one)]
    wanted = [one for one in shown if not suffixes or os.path.splitext(one[-1])[1].lower() in suffixes]
    odd = len(shown) - len(wanted)
    cut = _wrapping(wanted)
    first = {one[cut].lower(): one[cut] for one in wanted if len(one) == cut + 3}
    train = next((first[name] for name in TRAIN if name in first), None)
    test = next((first[name] for name in TEST if name in first), None) if train is not None else None
    depth = cut + (2 if train is None else 3)
    kept = [one for one in wanted if len(one) == depth and (train is None or one[cut] in (train, test))]
    classes = tuple(sorted({one[-2] for one in kept if train is None or one[cut] == train}))
    if not classes:
        raise DataError(f"{where} holds no {what} in folders by class, such as cat/1 and dog/2, or train/cat/1 and "
                        "test/cat/2.", file=where)
    if len(classes) > MOST["classes"]:
        raise DataError(f"{where} holds {len(classes):,} classes; at most {MOST['classes']:,} are read.", file=where)
    number = {name: at for at, name in enumerate(classes)}
    parts: dict[bool, list[tuple[str, int]]] = {False: [], True: []}
    for one in sorted(kept):
        if one[-2] not in number:
            raise DataError(f"{where}: {'/'.join(one)} is of a class {one[-2]!r} that {train} does not have.",
                            file="/".join(one))
        parts[train is not None and one[cut] == test].append(("/".join(one), number[one[-2]]))
    notes = _notes(odd, len(wanted) - len(kept), what)
    return Arranged(classes, tuple(parts[False]), tuple(parts[True]), notes)


def _notes(odd: int, elsewhere: int, what: str) -> tuple[str, ...]:
    notes = [f"{odd:,} files were left out: they are no {what}."] if odd else []
    if elsewhere:
        notes.append(f"{elsewhere:,} {what} were left out: they lie deeper or higher than the classes, or in a part "
                     "that is neither for training nor for testing.")
    return tuple(notes)


def _wrapping(names: Sequence[tuple[str, ...]]) -> int:
    """How many folders there are around everything."""
    depth = min((len(one) for one in names), default=2)
    cut = 0
    while cut < depth - 2 and len({one[cut] for one in names}) == 1:
        cut += 1
    return cut


def _folders(path: Path, inside: Inside) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            found = sorted((entry.name, entry.is_symlink()) for entry in entries
                           if not entry.name.startswith(".") and (entry.is_symlink() or entry.is_dir()))
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    for name, link in found:
        if link:
            inside(path / name)
    return [path / name for name, _ in found if (path / name).is_dir()]


def _listed(root: Path, folders: Sequence[Path], links: list[str]) -> list[str]:
    names: list[str] = []
    for folder in folders:
        start = "" if folder == root else folder.relative_to(root).as_posix() + "/"
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{start}{entry.name}"
                if entry.is_symlink():
                    links.append(name)
                if entry.is_symlink() or entry.is_file():
                    names.append(name)
        _few(root, len(names))
    return names


def _zipped(path: Path) -> list[str]:
    with archive(path) as file:
        names = [one.filename for one in file.infolist() if not one.is_dir()]
    _few(path, len(names))
    return names


def _few(path: Path, count: int) -> None:
    if count > MOST["files"]:
        raise DataError(f"{path.name} holds more than {MOST['files']:,} files, which is the most that are read.",
                        file=str(path))
