"""What the program remembers between starts: window, theme, recent files. Never part of a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

RECENT = 12


class Settings:
    """Typed access to the user's settings; `file` keeps them elsewhere (tests)."""

    def __init__(self, file: Path | None = None) -> None:
        if file is not None:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)
        else:
            self._store = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "NeuralGraph", "NeuralGraph")

    def text(self, key: str, default: str = "") -> str:
        return str(self._store.value(key, default))

    def number(self, key: str, default: float) -> float:
        try:
            return float(str(self._store.value(key, default)))
        except ValueError:
            return default

    def put(self, key: str, value: Any) -> None:
        self._store.setValue(key, value)

    def bytes(self, key: str) -> QByteArray | None:
        """Saved window state; None where there is none."""
        found = self._store.value(key)
        return found if isinstance(found, QByteArray) and not found.isEmpty() else None

    def forget(self, key: str) -> None:
        self._store.remove(key)

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A saved list of texts."""
        try:
            found = json.loads(self.text(key, "null"))
        except ValueError:
            return default
        return tuple(str(one) for one in found) if isinstance(found, list) else default

    def put_words(self, key: str, words: tuple[str, ...] | list[str]) -> None:
        self._store.setValue(key, json.dumps(list(words)))

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened lately that are still there, the last one first."""
        return tuple(path for word in self.words("recent") if (path := Path(word)).is_file())

    def remember(self, path: Path) -> None:
        """Put a file on top of the recent ones."""
        words = [str(path.resolve())]
        words += [one for one in self.words("recent") if one not in words]
        self.put_words("recent", words[:RECENT])

    def save(self) -> None:
        self._store.sync()
