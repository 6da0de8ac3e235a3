"""A view as something to take along: its numbers, its picture, its drawing, under the name of view and node."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage

from neuralgraph.ui.panels.figure_pad import Pad


class Subject:
    """Stands for a pad; its name is asked for when it is needed."""

    def __init__(self, pad: Pad, named: Callable[[], str]) -> None:
        self._pad, self._named = pad, named

    @property
    def stem(self) -> str:
        return self._named().replace("/", "-")

    @stem.setter
    def stem(self, _: str) -> None:
        raise AttributeError("the name of a view is that of what it shows")

    def csv(self) -> str:
        return self._pad.csv()

    def picture(self) -> QImage:
        return self._pad.picture()

    def svg(self) -> str:
        return self._pad.svg()
