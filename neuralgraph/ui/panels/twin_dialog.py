"""The dialogue before twins learn: who the other one is, or what of this document is otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from neuralgraph.graph.document import Graph
from neuralgraph.spec import Catalog
from neuralgraph.spec.optimizers import OPTIMIZERS
from neuralgraph.ui.controls import Choice, NumberField, button, words
from neuralgraph.ui.panels.runs_dialogs import RunDialog
from neuralgraph.ui.theme import Theme

RATE, OPTIMIZER, START, BEND = (f"the same with {what}" for what in (
    "another rate", "another optimiser", "other initial weights", "another activation"))
FILE = "a document from a file…"
OPEN = "«{}», which is open"
BENDS = ("ReLU", "Tanh", "Sigmoid", "LeakyReLU", "ELU", "GELU", "SiLU")
ABOUT = ("Both begin anew and see the same rows in the same batches, one batch after the other. What is open learns at "
         "the left, its twin at the right.")


class TwinDialog(RunDialog):
    """`wanted` brings a table of settings, or the number of an open document; -1 asks for a file."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget, theme: Theme, graph: Graph, catalog: Catalog, others: Sequence[str]) -> None:
        super().__init__(parent, theme, "Train with a twin")
        self._graph, self._others = graph, tuple(others)
        about = words(theme, ABOUT, 13, 400, "text2")
        about.setWordWrap(True)
        self.box.addWidget(about)
        self._bends = [id for id, one in graph.nodes.items()
                       if one.type in catalog and catalog[one.type].category == "Activations"]
        self.what = Choice(theme)
        self.what.setAccessibleName("The twin has")
        names = [RATE, OPTIMIZER, START, *([BEND] if self._bends else []), *(OPEN.format(one) for one in others), FILE]
        self.what.addItems(names)
        rate = graph.plan.optimizer.lr
        self.rate = NumberField(theme, low=0.0)
        self.rate.set_value(rate * 10 if rate < 0.05 else rate / 10)
        self.optimizer, self.bend = Choice(theme), Choice(theme)
        self.optimizer.addItems([one for one in OPTIMIZERS if one != graph.plan.optimizer.name])
        now = {graph.nodes[id].type for id in self._bends}
        self.bend.addItems([one for one in BENDS if one in catalog and now != {one}])
        self.start = NumberField(theme, whole=True, low=0)
        self.start.set_value(graph.plan.seed + 1)
        form = QFormLayout()
        form.addRow(words(theme, "The twin is", 13), self.what)
        self._fields = {RATE: ("rate", self.rate), OPTIMIZER: ("optimiser", self.optimizer),
                        START: ("seed of its weights", self.start), BEND: ("in place of each", self.bend)}
        for text, field in self._fields.values():
            field.setAccessibleName(text)
            form.addRow(words(theme, text, 13), field)
        self._form = form
        self.box.addLayout(form)
        self.box.addStretch(1)
        self.row.addWidget(button("Cancel", clicked=self.reject))
        both = button("Train both", kind="primary", clicked=self._take)
        both.setDefault(True)
        self.row.addWidget(both)
        self.finish()
        self.what.currentIndexChanged.connect(self._settle)
        self._settle()
        self.resize(theme.px(460), theme.px(300))

    def _settle(self) -> None:
        for name, (_, field) in self._fields.items():
            self._form.setRowVisible(field, name == self.what.currentText())

    def _take(self) -> None:
        self.accept()
        self.wanted.emit(self.chosen())

    def chosen(self) -> Mapping[str, Any] | int:
        """What is otherwise, or the number of the other document."""
        chosen = self.what.currentText()
        if chosen == FILE:
            return -1
        if chosen == RATE:
            return {"plan.lr": float(self.rate.value() or 0.0)}
        if chosen == OPTIMIZER:
            return {"plan.optimizer": self.optimizer.currentText()}
        if chosen == START:
            return {"weights.seed": int(self.start.value() or 0)}
        if chosen == BEND:
            return dict.fromkeys(self._bends, self.bend.currentText())
        return self.what.currentIndex() - (self.what.count() - 1 - len(self._others))
