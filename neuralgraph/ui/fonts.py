"""The typefaces of the window: bundled Inter, its stand-ins, tabular figures; sizes in px times one factor."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from neuralgraph.resources import resources

FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]
CODE_FAMILIES = ["JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono"]

_WEIGHTS = {
    400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold, 700: QFont.Weight.Bold,
}


@lru_cache(maxsize=1)
def load() -> tuple[str, ...]:
    """Register the bundled typefaces once; the families that were found. Needs a QGuiApplication."""
    found: list[str] = []
    for path in sorted((resources() / "fonts").glob("*.otf")):
        number = QFontDatabase.addApplicationFont(str(path))
        if number >= 0:
            found.extend(QFontDatabase.applicationFontFamilies(number))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=512)
def font(px: float, weight: int = 400, *, code: bool = False) -> QFont:
    """A font of `px` pixels with tabular figures. Do not change it: it is shared."""
    load()
    made = QFont()
    made.setFamilies(CODE_FAMILIES if code else FAMILIES)
    if float(px).is_integer():
        made.setPixelSize(max(1, int(px)))
    else:
        made.setPointSizeF(px * 72 / _dpi())
    made.setWeight(_WEIGHTS[weight])
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _dpi() -> float:
    from PySide6.QtGui import QGuiApplication

    screen = QGuiApplication.primaryScreen()
    return screen.logicalDotsPerInchY() if screen is not None else 96.0


@lru_cache(maxsize=512)
def metrics(px: float, weight: int = 400) -> QFontMetricsF:
    """The metrics of `font(px, weight)`."""
    return QFontMetricsF(font(px, weight))


@lru_cache(maxsize=8192)
def width(text: str, px: float, weight: int = 400) -> float:
    """How wide `text` is set, in px."""
    return metrics(px, weight).horizontalAdvance(text)


def wrapped(text: str, room: float, px: float, weight: int = 400) -> tuple[str, ...]:
    """`text` in lines that fit into `room`; a word that is wider stands alone."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", px, weight) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


@lru_cache(maxsize=8192)
def elided(text: str, room: float, px: float, weight: int = 400) -> str:
    """`text`, or its beginning with an ellipsis where it is wider than `room`."""
    from PySide6.QtCore import Qt

    return text if width(text, px, weight) <= room else metrics(px, weight).elidedText(
        text, Qt.TextElideMode.ElideRight, room)
