"""What any node with weights has: how they start, how they learn, and which were typed in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from neuralgraph.graph.document import Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec.initial import GATED
from neuralgraph.spec.learning import KNOBS
from neuralgraph.ui.controls import button, words
from neuralgraph.ui.icons import pixmap
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.panels.initial_form import InitialForm
from neuralgraph.ui.theme import Theme

LABELS = {"rate": "rate ×", "l1": "L1 of weights", "l2": "L2 of weights"}


class OwnForm(QWidget):
    """`changed` brings fields of the node with their new values, a label, and a key under which steps merge."""

    changed = Signal(object, str, str)
    sealed = Signal()
    typing_wanted = Signal()
    resized = Signal()

    def __init__(self, theme: Theme, *, drawn: bool = False) -> None:
        """`drawn`: a module, whose weights lie inside."""
        super().__init__()
        self._theme = theme
        self._placed: Placed | None = None
        self.initial = InitialForm(theme)
        self.initial.edited.connect(
            lambda values: self.changed.emit({"initialiser": FrozenDict(values)}, "Start of", "initial"))
        self.initial.resized.connect(self.resized)
        self.link = button("Learning …", clicked=self.unfold)
        self.link.setProperty("kind", "link")
        self.learning = Form(list(KNOBS.values()), theme, labels=LABELS)
        self.learning.changed.connect(self._learn)
        self.learning.sealed.connect(self.sealed)
        self.learning.hide()
        self.type_in = button("Type weights in…", clicked=self.typing_wanted.emit)
        self.type_in.setProperty("kind", "link")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(5))
        box.addWidget(self.initial)
        box.addWidget(self.link, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self.learning)
        box.addWidget(self.type_in, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self._mark())
        self.initial.setVisible(not drawn)
        self.type_in.setVisible(not drawn)

    def show_placed(self, placed: Placed) -> None:
        """What the document says."""
        self._placed = placed
        self.initial.show_values(placed.initialiser, gated=placed.type in GATED)
        if placed.learning and self.learning.isHidden():
            self.unfold()
        usual = {name: one.default for name, one in KNOBS.items()}
        self.learning.show_values({**usual, **dict(placed.learning)})
        names = ", ".join(placed.weights)
        self.pinned.setText(f"{names} pinned")
        self.mark.setVisible(bool(names))

    def show_learns(self, *, learns: bool) -> None:
        """Whether there is something to set at all; what is set already can always be taken back."""
        placed = self._placed
        held = placed is not None and bool(placed.initialiser or placed.learning or placed.weights)
        self.setVisible(learns or held)

    def unfold(self) -> None:
        self.learning.setVisible(self.learning.isHidden())
        self.resized.emit()

    def _mark(self) -> QWidget:
        """The sign that weights of this node are in the document."""
        self.mark = QWidget()
        row = QHBoxLayout(self.mark)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._theme.px(6))
        sign = QLabel()
        sign.setPixmap(pixmap("pin-outline", self._theme.tokens.text2, self._theme.px(16)))
        self.pinned = words(self._theme, "", 12, 600)
        self.pinned.setWordWrap(True)
        nothing: dict[str, Any] = {"weights": FrozenDict()}
        unpin = button("Unpin", clicked=lambda: self.changed.emit(nothing, "Unpin the weights of", ""))
        unpin.setProperty("kind", "link")
        row.addWidget(sign)
        row.addWidget(self.pinned, 1)
        row.addWidget(unpin)
        return self.mark

    def _learn(self, name: str, value: Any) -> None:
        if self._placed is None:
            return
        old = self._placed.learning
        new = old.without(name) if value == KNOBS[name].default else old.having(**{name: value})
        if new != old:
            self.changed.emit({"learning": new}, f"Change {name} of", f"learning {name}")
