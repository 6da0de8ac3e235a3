"""The options of a view as a row of small fields; text options are chosen from what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from neuralgraph.figures.offer import Offer
from neuralgraph.spec import Param
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.theme import Theme


class Options(QWidget):
    """`changed` brings the name of an option and its new value."""

    changed = Signal(str, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._params: list[Param] = []
        self._form: Form | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(8, 2, 8, 4)

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
                self._box.addWidget(self._form)
        if self._form is not None:
            self._form.show_values({one.name: values.get(one.name, one.default) for one in params})


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
