"""What the program remembers between starts: window, theme, recent files. Never part of a document."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray

from neuralgraph import places
from neuralgraph.errors import DocumentError
from neuralgraph.graph.save import write_checked
from neuralgraph.graph.strictjson import parse

RECENT = 12
MOST = 1_000_000
"""Bytes that settings may take."""


class Settings:
    """Typed access to the user's settings; `file` keeps them elsewhere (tests, shared machines).

    A value of the wrong kind counts as none. A file that cannot be read is set aside, and `notes` says so.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or places.settings()
        self.notes: list[str] = []
        self._changed: set[str] = set()
        self._values = self._read()

    def text(self, key: str, default: str = "") -> str:
        found = self._values.get(key)
        return found if isinstance(found, str) else default

    def number(self, key: str, default: float) -> float:
        found = self._values.get(key)
        good = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
        return float(found) if good else default  # type: ignore[arg-type]

    def flag(self, key: str, default: bool = False) -> bool:
        found = self._values.get(key)
        return found if isinstance(found, bool) else default

    def bytes(self, key: str) -> QByteArray | None:
        """Saved window state; None where there is none."""
        try:
            found = base64.b64decode(self.text(key), validate=True)
        except (binascii.Error, ValueError):
            return None
        return QByteArray(found) if found else None

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A saved list of texts."""
        found = self._values.get(key)
        return tuple(str(one) for one in found) if isinstance(found, list) else default

    def table(self, key: str) -> dict[str, str]:
        """Saved texts by name."""
        found = self._values.get(key)
        return {str(name): str(one) for name, one in found.items()} if isinstance(found, dict) else {}

    def put(self, key: str, value: str | float | bool | QByteArray | Sequence[str] | dict[str, str]) -> None:
        """Remember a value; on disk with the next `save`."""
        if isinstance(value, QByteArray):
            value = base64.b64encode(value.data()).decode("ascii")
        self._values[key] = list(value) if isinstance(value, tuple) else value
        self._changed.add(key)

    def forget(self, key: str) -> None:
        self._values.pop(key, None)
        self._changed.add(key)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened lately that are still there, the last one first."""
        return tuple(path for word in self.words("recent") if (path := Path(word)).is_file())

    def remember(self, path: Path) -> None:
        """Put a file on top of the recent ones."""
        words = [str(path.resolve())]
        words += [one for one in self.words("recent") if one not in words]
        self.put("recent", words[:RECENT])
        self.save()

    def save(self) -> None:
        """Write what was changed here into what another window may have written meanwhile. Failing is only noted."""
        if not self._changed:
            return
        mine = {key: self._values.get(key) for key in self._changed}
        found = {**self._read(), **mine}
        if "recent" in mine and isinstance(mine["recent"], list):
            theirs = [one for one in self._read().get("recent", []) if one not in mine["recent"]]
            found["recent"] = [*mine["recent"], *theirs][:RECENT]
        self._values = {key: value for key, value in found.items() if value is not None}
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self._values, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
            write_checked(self.file, f"{text}\n".encode())
        except (DocumentError, OSError) as error:
            self.notes.append(f"The settings were not saved: {error}")
        else:
            self._changed.clear()

    def _read(self) -> dict[str, Any]:
        try:
            if self.file.stat().st_size > MOST:
                raise DocumentError(f"They are larger than {MOST:,} bytes.")
            found = parse(self.file.read_bytes())
            if not isinstance(found, dict):
                raise DocumentError("They are no JSON object.")
        except FileNotFoundError:
            return {}
        except DocumentError as error:
            self._set_aside(str(error))
            return {}
        except OSError as error:
            self.notes.append(f"The settings could not be read ({error.strerror or error}); defaults are used.")
            return {}
        return found

    def _set_aside(self, why: str) -> None:
        number = next(n for n in range(1, 10_000) if not self.file.with_name(f"{self.file.name}.bad-{n}").exists())
        aside = self.file.with_name(f"{self.file.name}.bad-{number}")
        try:
            self.file.rename(aside)
        except OSError:
            return
        self.notes.append(
            f"The settings could not be read and were set aside as {aside.name}; defaults are used. {why}")
