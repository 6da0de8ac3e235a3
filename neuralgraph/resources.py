"""Where `resources/` and `examples/` are, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name  # a wheel carries them inside the package
    return inside if inside.is_dir() else _PACKAGE.parent / name


def resources() -> Path:
    """The folder with fonts, icons, styles and schemas."""
    return _folder("resources")


def examples() -> Path:
    """The folder with the example documents."""
    return _folder("examples")
