"""The options of a view as a row of small fields; text options are chosen from what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from neuralgraph.figures.offer import Offer
from neuralgraph.spec import Param
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.panels.steady_scroll import SteadyScroll
from neuralgraph.ui.theme import Theme

WIDEST = 16_777_215
"""No limit, as Qt writes it."""


class Options(SteadyScroll):
    """`changed` brings the name of an option and its new value. It scrolls where there is too little room for it."""

    changed = Signal(str, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._params: list[Param] = []
        self._form: Form | None = None
        self._inside = QWidget()
        self._box = QVBoxLayout(self._inside)
        self._box.setContentsMargins(8, 2, 8, 4)
        self._box.addStretch(1)
        self.setWidget(self._inside)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        inside = self._inside.sizeHint()
        return QSize(inside.width() + self.verticalScrollBar().sizeHint().width(), inside.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), min(self.sizeHint().height(), self._theme.px(40)))

    def offer(self, offer: Offer | None, values: Mapping[str, Any]) -> None:
        """The form of a view with what was set; made anew only where it has other fields."""
        params = [_shown(one, offer.choices.get(name, ())) for name, one in offer.params.items()] if offer else []
        if params != self._params:
            self._params = params
            if self._form is not None:
                self._form.hide()
                self._form.deleteLater()
                self._form = None
            if params:
                self._form = Form(params, self._theme, labels={one.name: one.name.replace("_", " ") for one in params})
                self._form.changed.connect(self.changed)
                self._box.insertWidget(0, self._form)
            self.updateGeometry()
        if self._form is not None:
            self._form.show_values({one.name: values.get(one.name, one.default) for one in params})


class Beside(QWidget):
    """The options above a figure; to the left of it where there is more width than height."""

    def __init__(self, theme: Theme, options: Options, figure: QWidget) -> None:
        super().__init__()
        self._theme, self._options = theme, options
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(options)
        self._box.addWidget(figure, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= max(self._theme.px(520), 2 * self.height())
        sides = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        if self._box.direction() != sides[not wide]:
            self._box.setDirection(sides[not wide])
            tall = QSizePolicy.Policy.Expanding if wide else QSizePolicy.Policy.Maximum
            self._options.setSizePolicy(QSizePolicy.Policy.Preferred, tall)
        self._options.setMaximumWidth(self._theme.px(300) if wide else WIDEST)
        super().resizeEvent(event)


def _shown(param: Param, choices: tuple[str, ...]) -> Param:
    """A text option with known choices is chosen, not typed; nothing chosen is the first."""
    if param.kind != "text" or not choices:
        return param
    offered = choices if param.default in choices else (str(param.default), *choices)
    return replace(param, kind="choice", choices=tuple(dict.fromkeys(offered)))


def meant(offer: Offer | None, name: str, text: str) -> Any:
    """What a hand in a figure means by the text of an option: a number, where the option is one; nothing is the
    usual."""
    param = offer.params.get(name) if offer is not None else None
    if param is None or param.kind != "int":
        return text
    return int(text) if text else param.default
