"""The weights of a node as a table to type in; pinned, they stay with the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from neuralgraph.errors import DocumentError
from neuralgraph.graph.limits import LIMITS
from neuralgraph.graph.typed import pinned, unpinned
from neuralgraph.room import Room
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.controls import Choice, NumberField, button, dress, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.weights_table import NumbersModel, NumbersTable
from neuralgraph.ui.theme import Theme

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

KEPT = "Pinned weights stay with the document; every fresh run starts from them."
SIGN = "pin-outline"


class TypedWeights(QObject):
    """Asks for the present weights of a node and opens the table on them."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._asked: tuple[Room, str] | None = None
        self._asker = Asker(bench.bridge, self)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(bench.status.mention)

    def begin(self, id: str) -> None:
        """Somebody wants to type the weights of a node in."""
        session, room = self._bench.session, self._bench.rooms.room
        self._asked = room, id
        self._asker.ask(session, lambda program: session.weights(room.path_of(id), program))

    def close(self) -> None:
        self._asker.close()

    def _arrived(self, present: Any) -> None:
        if self._asked is None or self._asked[0] is not self._bench.rooms.room:
            return
        session, id = self._asked
        self._asked = None
        if present is None or id not in session.graph.nodes:
            self._bench.status.mention(f"The weights of {id} are not known yet: mend what comes before it first.")
            return
        WeightsDialog(self._bench.window, session, present, self._bench.theme).open()


class WeightsDialog(QDialog):
    """One table for each of a node's weights. `present` is what `Session.weights` gave."""

    def __init__(self, parent: QWidget | None, session: Room, present: Any, theme: Theme) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.session, self.theme, self.id = session, theme, str(present.node).rpartition("/")[2]
        self.shapes: dict[str, tuple[int, ...]] = dict(present.shapes)
        self.arrays = {name: one.copy() for name, one in present.arrays.items()}
        self.typed: list[str] = []
        self._models: dict[str, NumbersModel] = {}
        placed = session.graph.nodes[self.id]
        self.setWindowTitle(f"Weights of {placed.name}")
        px = theme.px
        box = QVBoxLayout(self)
        box.setContentsMargins(px(16), px(12), px(16), px(12))
        box.setSpacing(px(8))
        box.addLayout(self._head(placed.name))
        self.table = NumbersTable(theme)
        self.table.setObjectName("numbers")
        self.notice = Notice(theme.tokens, "table-large")
        self._pages = QStackedLayout()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.notice)
        box.addLayout(self._pages, 1)
        self.said = words(theme, KEPT, 12, 400, "text2")
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(px(32))
        box.addWidget(self.said)
        box.addLayout(self._foot())
        self.resize(px(640), px(440))
        self._show()
        self.table.setFocus()

    @property
    def name(self) -> str:
        """Which of the weights are shown."""
        return list(self.shapes)[self.which.currentIndex()]

    # -- making -----------------------------------------------------------------------------------------------------

    def _head(self, name: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        row.addWidget(words(self.theme, name, 15, 600))
        self.which = Choice(self.theme, fit=True)
        self.which.setAccessibleName("Which weights")
        self.which.addItems([f"{one}  {_sizes(shape)}" for one, shape in self.shapes.items()])
        self.which.activated.connect(lambda _: self._show())
        row.addWidget(self.which)
        self._slices = QHBoxLayout()
        self._slices.setSpacing(self.theme.px(4))
        row.addLayout(self._slices)
        row.addStretch(1)
        return row

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.unpin = button("Unpin", clicked=self._unpin)
        self.pin = button("Pin", kind="primary", clicked=self._pin)
        self.pin.setDefault(False)
        self.pin.setAutoDefault(False)
        self.pin.setIcon(icon(SIGN, self.theme.tokens.on_accent, self.theme.tokens.text3))
        self.pin.setIconSize(QSize(self.theme.px(16), self.theme.px(16)))
        cancel = button("Cancel", clicked=self.reject)
        for one in (self.unpin, cancel):
            one.setAutoDefault(False)
        row.addWidget(self.unpin)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.pin)
        return row

    # -- showing ----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """The chosen weights: as a table, or why not."""
        name = self.name
        self._say(KEPT)
        self._offer_slices(self.shapes[name] if name in self.arrays else ())
        if name in self.arrays:
            self.table.setModel(self._model(name))
            self.table.setCurrentIndex(self.table.numbers.index(0, 0))
        else:
            count = 1
            for size in self.shapes[name]:
                count *= size
            self.notice.say(f"{name} has {count:,} numbers", f"A document keeps at most {LIMITS['weights'].most:,} "
                            "typed-in numbers. Train them, or load them from a weights file.")
        self._pages.setCurrentIndex(0 if name in self.arrays else 1)
        kept = self.session.graph.nodes[self.id].weights
        for at, one in enumerate(self.shapes):
            self.which.setItemIcon(at, icon(SIGN, self.theme.tokens.text2 if one in kept else "#00000000"))
        self.unpin.setVisible(name in kept)
        self._name_button()

    def _model(self, name: str) -> NumbersModel:
        if name not in self._models:
            made = self._models[name] = NumbersModel(self.arrays[name])
            made.setParent(self)
            made.edited.connect(lambda: self._edited(name))
            made.refused.connect(lambda text: self._say(text, wrong=True))
        return self._models[name]

    def _offer_slices(self, shape: tuple[int, ...]) -> None:
        """A number for every axis before the last two."""
        while self._slices.count():
            item = self._slices.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fields: list[NumberField] = []
        for axis, size in enumerate(shape[:-2]):
            field = NumberField(self.theme, whole=True, low=0, high=size - 1)
            field.setFixedWidth(self.theme.px(64))
            field.setAccessibleName(f"Place on axis {axis}, 0 to {size - 1}")
            field.setToolTip(f"Axis {axis}: 0 … {size - 1}")
            field.set_value(0)
            field.typed.connect(lambda _: self._look())
            self._slices.addWidget(words(self.theme, "[" if axis == 0 else ",", 13, 400, "text2"))
            self._slices.addWidget(field)
            self._fields.append(field)
        if self._fields:
            self._slices.addWidget(words(self.theme, ", rows, columns]", 13, 400, "text2"))
            self._look()

    def _look(self) -> None:
        self._model(self.name).look_at([int(one.value() or 0) for one in self._fields])

    def _edited(self, name: str) -> None:
        if name not in self.typed:
            self.typed.append(name)
        self._say(KEPT)
        self._name_button()

    def _chosen(self) -> list[str]:
        """What the button pins: all that was typed in, else what is shown."""
        return self.typed or ([self.name] if self.name in self.arrays else [])

    def _name_button(self) -> None:
        self.pin.setText(f"Pin {' and '.join(self._chosen())}" if self._chosen() else "Pin")
        self.pin.setEnabled(bool(self._chosen()))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.said.setText(text)
        self.said.setProperty("type", (12, 400, "error" if wrong else "text2"))
        dress(self.said, self.theme)

    # -- doing ------------------------------------------------------------------------------------------------------

    def _pin(self) -> None:
        if self.id not in self.session.graph.nodes:
            self.reject()
            return
        try:
            edit = pinned(self.session.graph, self.id, {name: self.arrays[name].tolist() for name in self._chosen()})
        except DocumentError as error:
            self._say(str(error), wrong=True)
            return
        self.session.edit(edit)
        self.accept()

    def _unpin(self) -> None:
        if self.id in self.session.graph.nodes:
            self.session.edit(unpinned(self.session.graph, self.id, self.name))
        self.accept()


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape) or "one number"
