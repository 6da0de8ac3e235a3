"""The theme of the window: tokens made into a palette, fonts and one stylesheet. It follows the system or is set."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from neuralgraph.tokens import DARK, LIGHT, Tokens
from neuralgraph.ui.stylesheet import stylesheet

Mode = Literal["system", "light", "dark"]
MODES: tuple[Mode, ...] = ("system", "light", "dark")
FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]
CODE_FAMILIES = ["JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono"]

_ROLES = {
    QPalette.ColorRole.Window: "window", QPalette.ColorRole.Base: "sunken", QPalette.ColorRole.AlternateBase: "panel",
    QPalette.ColorRole.Text: "text", QPalette.ColorRole.WindowText: "text", QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.Button: "panel", QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent", QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text", QPalette.ColorRole.PlaceholderText: "text3",
    QPalette.ColorRole.Link: "accent", QPalette.ColorRole.Mid: "outline", QPalette.ColorRole.BrightText: "error",
}


class Theme(QObject):
    """Tokens and a size factor (1 … 2). `changed` says that either is another one now."""

    changed = Signal()

    def __init__(self, tokens: Tokens = LIGHT, scale: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tokens = tokens
        self.scale = scale
        self.mode: Mode = "dark" if tokens.dark else "light"
        self._app: QApplication | None = None

    def follow(self, app: QApplication, mode: Mode = "system") -> None:
        """Dress `app` and keep doing so; `system` follows what the desktop says."""
        self._app = app
        app.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.set_mode(mode)

    def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self.set_tokens(_system_tokens() if mode == "system" else DARK if mode == "dark" else LIGHT)

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._dress()
        self.changed.emit()

    def set_scale(self, scale: float) -> None:
        self.scale = min(max(scale, 1.0), 2.0)
        self._dress()
        self.changed.emit()

    def px(self, size: float) -> int:
        """A length of the look at the present size factor."""
        return round(size * self.scale)

    def colour(self, role: str) -> QColor:
        """The colour of a role: `text2`, `accent`, …"""
        return QColor(str(getattr(self.tokens, role)))

    def font(self, pixels: float = 13, weight: int = 400, *, figures: bool = False) -> QFont:
        """The interface face; `figures` gives digits of one width, so that numbers change in place."""
        font = QFont()
        font.setFamilies(FAMILIES)
        font.setPixelSize(self.px(pixels))
        font.setWeight(QFont.Weight(weight))
        if figures:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def code_font(self, pixels: float = 12) -> QFont:
        font = QFont()
        font.setFamilies(CODE_FAMILIES)
        font.setPixelSize(self.px(pixels))
        return font

    def palette(self) -> QPalette:
        palette = QPalette()
        for role, name in _ROLES.items():
            palette.setColor(role, self.colour(name))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text3"))
        return palette

    def _dress(self) -> None:
        if self._app is not None:
            self._app.setFont(self.font())
            self._app.setPalette(self.palette())
            self._app.setStyleSheet(stylesheet(self.tokens, self.scale))

    def _system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self.mode == "system":
            self.set_mode("system")


def _system_tokens() -> Tokens:
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
