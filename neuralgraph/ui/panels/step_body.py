"""The numbers of one moment of a step, side by side: what goes in, the weights, what comes out, old and new."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QWidget

from neuralgraph.ui.controls import words
from neuralgraph.ui.panels.step_tensor import TensorBox
from neuralgraph.ui.panels.step_terms import TermsBox
from neuralgraph.ui.theme import Theme

MOST_BOXES = 14


class Body(QScrollArea):
    """Scrolls sideways; `beside` stands behind the numbers.

    `asked` brings the name of an output and a place in it; `chosen` too, of data.
    """

    asked = Signal(str, object)
    chosen = Signal(str, object)

    def __init__(self, theme: Theme, beside: QWidget) -> None:
        super().__init__()
        self.theme = theme
        self.boxes: dict[str, TensorBox] = {}
        self.signs: list[QLabel] = []
        self.terms = TermsBox(theme)
        self._whole = False
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inner = QWidget()
        self._row = QHBoxLayout(self._inner)
        self._row.setContentsMargins(0, 0, 8, 0)
        self._row.setSpacing(10)
        self._row.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(beside, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self.terms, 0, Qt.AlignmentFlag.AlignTop)
        self.setWidget(self._inner)

    def show_whole(self, whole: bool) -> None:
        """As high as its numbers are, with no scroll bar of its own for that: what is around it scrolls."""
        self._whole = whole
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOff if whole else policy.ScrollBarAsNeeded)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        found = super().minimumSizeHint()
        if self._whole:
            found.setHeight(self._inner.sizeHint().height() + self.horizontalScrollBar().sizeHint().height())
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self._whole:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def show_moment(self, moment: Any) -> None:
        """All that belongs to it."""
        self._clear()
        if moment.changes:
            self._changes(moment)
        elif moment.contributions:
            self._contributions(moment)
        else:
            self._computed(moment)

    def mark(self, found: Any, output: str) -> None:
        """Ring the inputs and weights that made a number, and the number."""
        self.terms.show_terms(found)
        parts = [found, *found.parts.values()]
        terms = [one for part in parts for one in part.terms]
        for key, box in self.boxes.items():
            kind, _, name = key.partition(":")
            if kind == "in":
                box.mark([one.spot for one in terms if one.port == name]
                         + [one.at for one in terms if one.weight == name])
            elif kind == "weight":
                of_bias = [found.index[1:2] if box.array.ndim == 1 and len(found.index) > 2 else found.index[-1:]]
                box.mark([one.at for one in terms if one.weight == name]
                         + (of_bias if found.bias_name == name else []))
            elif key == f"out:{output}":
                box.mark([], found.index)

    def mark_places(self, output: str, places: list[Any]) -> None:
        """Ring these numbers of an output."""
        if places and f"out:{output}" in self.boxes:
            self.boxes[f"out:{output}"].mark(places)

    def dress(self) -> None:
        for box in self.boxes.values():
            box.dress()
        self.terms.dress()

    # -- the kinds of moments ---------------------------------------------------------------------------------------

    def _computed(self, moment: Any) -> None:
        for port, array in moment.inputs.items():
            self._add(f"in:{port}", port, array, samples=True)
        if moment.weights:
            self._sign("with")
        for name, array in moment.weights.items():
            self._add(f"weight:{name}", name.rpartition(".")[2], array)
        if moment.inputs:
            self._sign("→")
        for name, array in moment.outputs.items():
            box = self._add(f"out:{name}", name, array, samples=True)
            if box is not None:
                told = self.chosen if moment.phase == "data" else self.asked
                box.picked.connect(lambda index, name=name, told=told: told.emit(name, index))
        for name, array in moment.tangents.items():
            self._sign("d")
            self._add(f"tangent:{name}", f"derivative of {name}", array, samples=True)

    def _contributions(self, moment: Any) -> None:
        for number, one in enumerate(moment.contributions):
            if number:
                self._sign(" ")
            several = one.count > 1
            if several and one.number > 1:
                self._add(f"before:{one.of}", f"so far, by {one.of}", np.asarray(one.sum) - np.asarray(one.value),
                          samples=moment.wire is not None)
                self._sign("+")
            title = f"from {one.came}" if several else f"derivative by {one.of}"
            self._add(f"part:{one.of}", title, one.value, samples=moment.wire is not None)
            if several and one.number > 1:
                self._sign("=")
                whole = "together" if one.last else f"{one.number} of {one.count} together"
                self._add(f"sum:{one.of}", whole, one.sum, samples=moment.wire is not None)

    def _changes(self, moment: Any) -> None:
        for number, one in enumerate(moment.changes):
            if number:
                self._sign(" ")
            limit = float(max(np.abs(one.old).max(initial=0.0), np.abs(one.new).max(initial=0.0))) or 1.0
            name = one.weight.rpartition(".")[2]
            self._add(f"old:{one.weight}", f"{name}, old", one.old, limit=limit)
            self._sign("→")
            self._add(f"new:{one.weight}", f"{name}, new", one.new, limit=limit)
            self._add(f"change:{one.weight}", "new − old", np.asarray(one.new) - np.asarray(one.old))
            self._add(f"gradient:{one.weight}", "gradient g" if np.array_equal(one.gradient, one.used)
                      else "gradient g, clipped", one.used)

    def _add(self, key: str, title: str, array: Any, *, samples: bool = False, limit: float | None = None
             ) -> TensorBox | None:
        if len(self.boxes) >= MOST_BOXES:
            return None
        box = TensorBox(self.theme, title, array, samples=samples, limit=limit)
        self.boxes[key] = box
        self._row.insertWidget(self._row.count() - 2, box, 0, Qt.AlignmentFlag.AlignTop)
        return box

    def _sign(self, text: str) -> None:
        made = words(self.theme, text, 15, 600, "text2")
        self.signs.append(made)
        self._row.insertWidget(self._row.count() - 2, made, 0, Qt.AlignmentFlag.AlignTop)

    def _clear(self) -> None:
        for one in (*self.boxes.values(), *self.signs):
            self._row.removeWidget(one)
            one.hide()
            one.deleteLater()
        self.boxes, self.signs = {}, []
        self.terms.show_terms(None)
        self.horizontalScrollBar().setValue(0)
