"""How the weights of a node start: the way, and the numbers that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from neuralgraph.spec import Param
from neuralgraph.spec.initial import FILE, GROUPS, KEEP, OWN, files, knobs, ways
from neuralgraph.ui.controls import Choice, NumberField, button, words
from neuralgraph.ui.panels.fields import PathField
from neuralgraph.ui.theme import Theme

WORDS = {"weight": "weights start", "bias": "offsets start"}
USUAL = "as usual"
START = Param("", "A file of numbers: .npy with one array, .safetensors with several by name (weight, or hidden.weight "
              "for the node hidden); relative to the folder of the document.", kind="file", name="path",
              files="Numbers (*.safetensors *.npy)")


class InitialForm(QWidget):
    """Folded until it is asked for, or where something is set. `edited` brings the whole new initialiser."""

    edited = Signal(object)
    resized = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._values: dict[str, Any] = {}
        self._gated = False
        self._shown: object = None
        self.link = button("Initial weights …", clicked=self.unfold)
        self.link.setProperty("kind", "link")
        self.body = QWidget()
        self._grid = QGridLayout(self.body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(theme.px(5))
        self._grid.setColumnMinimumWidth(0, theme.px(108))
        self._grid.setColumnStretch(1, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(5))
        box.addWidget(self.link, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self.body)
        self.body.hide()

    def show_values(self, initialiser: Mapping[str, Any], *, gated: bool = False) -> None:
        """What the document says; the fields are made anew where other ones are needed. `gated`: a gate can keep."""
        self._values, self._gated = dict(initialiser), gated
        if self._values and self.body.isHidden():
            self.unfold()
        shape = (gated, *(self._values.get(group, OWN) for group in GROUPS))
        if shape != self._shown:
            self._shown = shape
            self._build()
            self.resized.emit()
        for field in self.findChildren(NumberField):
            group, _, knob = field.objectName().partition(".")
            value = knobs(self._values, group)[1].get(knob)
            if value is not None and field.value() != value and not field.hasFocus():
                field.set_value(value)
        for line in self.findChildren(PathField):
            line.show_value(files(self._values).get(line.objectName(), ""))

    def unfold(self) -> None:
        self.body.setVisible(self.body.isHidden())
        self.resized.emit()

    def _build(self) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        row = 0
        for group in GROUPS:
            method, given = knobs(self._values, group)
            known = [one for one in ways(group) if one != KEEP or self._gated or method == KEEP]
            choice = Choice(self._theme)
            choice.setAccessibleName(WORDS[group])
            choice.addItems([USUAL if one == OWN else one for one in known])
            choice.setCurrentIndex(known.index(method) if method in known else 0)
            choice.activated.connect(lambda at, group=group, known=known: self._choose(group, known[at]))
            self._row(row, WORDS[group], choice)
            row += 1
            if method == FILE:
                line = PathField(START, self._theme)
                line.setObjectName(group)
                line.edited.connect(lambda new, key=f"{group}.path": self._put({**self._values, key: new}))
                self._row(row, "file", line)
                row += 1
            for knob, value in given.items():
                field = NumberField(self._theme, low=0.0 if knob == "std" else -1e6, high=1e6)
                field.setObjectName(f"{group}.{knob}")
                field.setAccessibleName(f"{group} {knob}")
                field.set_value(value)
                field.typed.connect(lambda new, key=f"{group}.{knob}": self._put({**self._values, key: new}))
                self._row(row, knob, field)
                row += 1

    def _row(self, row: int, name: str, field: QWidget) -> None:
        self._grid.addWidget(words(self._theme, name, 13, 400, "text2"), row, 0)
        self._grid.addWidget(field, row, 1)

    def _choose(self, group: str, method: str) -> None:
        rest = {key: value for key, value in self._values.items() if key.partition(".")[0] != group}
        self._put(rest if method == OWN else {**rest, group: method})

    def _put(self, values: dict[str, Any]) -> None:
        if values != self._values:
            self.edited.emit(values)
