"""What follows the text size and the theme while the program runs: a rule that is applied now and after each change."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from neuralgraph.ui.theme import Theme


class Fitted(QObject):
    """Applies a rule now, and again whenever the theme or its size is another; lives as long as its home."""

    def __init__(self, home: QObject, theme: Theme, rule: Callable[[], object]) -> None:
        super().__init__(home)
        self._rule = rule
        theme.changed.connect(self._apply)  # a method of a QObject: Qt lets go of it when the home dies
        rule()

    def _apply(self) -> None:
        self._rule()


def fitted(home: QObject, theme: Theme, rule: Callable[[], object]) -> None:
    """Have `rule` set what depends on `theme` (heights, fonts, icons) on `home` or inside it, now and from now on."""
    Fitted(home, theme, rule)
