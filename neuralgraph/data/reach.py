"""Where a document may read: in its own folder, and wherever else its user has agreed to, once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuralgraph.errors import OutsideError

STRANGE = ("\\\\", "//", "/dev/", "/proc/", "/sys/")
"""Beginnings of paths that lead to other computers or to devices: not even looked at without consent."""


@dataclass(frozen=True)
class Reach:
    """`folder` is where relative paths start. Where `guarded`, what lies outside it needs to be in `agreed`.

    `held` is what a trained model brought of its data, by the data node as a value: it stands in where files do not.
    """

    folder: Path | None = None
    guarded: bool = False
    agreed: frozenset[str] = frozenset()
    held: Mapping[Any, Any] = field(default_factory=dict, compare=False)

    def to(self, raw: str) -> Path:
        """The path that a document means by `raw`; `OutsideError` where it leads out without consent.

        The disk is touched only inside the folder: a link in there may lead out of it.
        """
        path = Path(raw)
        path = Path(os.path.normpath(path if path.is_absolute() or self.folder is None else self.folder / path))
        if self.guarded and self.name(raw) not in self.agreed and not self._inside(raw, path):
            raise OutsideError(
                f"{raw} lies outside the folder of this document, and nobody has agreed yet that it is read.",
                file=str(path))
        return path

    def inside(self, file: Path, path: str) -> Path:
        """A file found in the folder that `path` names: a link in there must not lead out of what may be read."""
        if self.guarded and self.name(path) not in self.agreed and not self._inside(path, file):
            raise OutsideError(f"{file.name} in {path} is a link that leads outside the folder of this document.",
                               file=str(file))
        return file

    def name(self, raw: str) -> str:
        """What consent to `raw` is remembered by: the whole path."""
        return os.path.normpath(os.path.join(self._home, raw))

    @property
    def _home(self) -> str:
        return os.path.abspath(self.folder or os.getcwd())

    def short(self, raw: str) -> str:
        """`raw` relative to the folder where it lies in it, as documents keep paths; else unchanged."""
        if self.folder is None or not raw or strange(raw):
            return raw
        inside = Path(self.name(raw))
        return inside.relative_to(self._home).as_posix() if inside.is_relative_to(self._home) else raw

    def _inside(self, raw: str, path: Path) -> bool:
        if self.folder is None or strange(raw):
            return False
        home = Path(self._home)
        if not Path(os.path.abspath(path)).is_relative_to(home):
            return False
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(home))


def strange(raw: str) -> bool:
    """It names another computer, a device or an address, not a plain file."""
    return raw.startswith(STRANGE) or "://" in raw


def reach(where: Path | Reach | None) -> Reach:
    """A plain folder reaches everywhere: it is its caller's own."""
    return where if isinstance(where, Reach) else Reach(where)
