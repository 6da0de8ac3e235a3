"""Painted points in a form: the pad, and above it what the mouse does."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout

from neuralgraph.spec import Param
from neuralgraph.spec.param import MOST_POINTS
from neuralgraph.ui.controls import NumberField, button, flat, words
from neuralgraph.ui.panels.boundary import mark
from neuralgraph.ui.panels.fields import Field
from neuralgraph.ui.panels.paint_pad import PaintPad, Tool
from neuralgraph.ui.theme import Theme

TOOLS: tuple[tuple[Tool, str, str], ...] = (
    ("paint", "brush", "Paint: a click sets a point, dragging a line of them"),
    ("spray", "spray", "Spray: many points around the mouse"),
    ("erase", "eraser", "Erase: take points away"),
)
CLASSES = 6


class PointsField(Field):
    """The tools, the classes (or a value), the pad, how many points there are. One stroke is one step to undo."""

    wide = True

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        self.setMinimumHeight(0)
        self.setMaximumHeight(16_777_215)
        self.setToolTip("")
        self.pad = PaintPad(theme, param.min if param.min is not None else -1.0,
                            param.max if param.max is not None else 1.0)
        self.pad.stroke.connect(self._take)
        self.pad.full.connect(lambda: self._count(full=True))
        self.pad.digit.connect(self._digit)
        box = QVBoxLayout()
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(6))
        box.addLayout(self._tools())
        box.addLayout(self._values())
        box.addWidget(self.pad)
        self.said = words(theme, "", 12, 400, "text2")
        box.addWidget(self.said)
        self.row.addLayout(box, 1)
        self.setFocusProxy(self.pad)
        self.show_beside({})
        self._count()

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(4))
        self.tools = QButtonGroup(self)
        for at, (name, sign, tip) in enumerate(TOOLS):
            made = flat(self.theme, sign, tip, checkable=True)
            made.setChecked(name == "paint")
            self.tools.addButton(made, at)
            row.addWidget(made)
        self.tools.idClicked.connect(self._use)
        row.addStretch(1)
        self.undo = button("Undo", kind="link", clicked=self._undo)
        self.undo.setToolTip("Take back the last stroke, as Ctrl+Z does")
        self.clear = button("Clear", kind="link", clicked=lambda: self._take(()))
        row.addWidget(self.undo)
        row.addWidget(self.clear)
        return row

    def _values(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(2))
        self.classes = QButtonGroup(self)
        for kind in range(CLASSES):
            made = QToolButton()
            made.setCheckable(True)
            made.setChecked(kind == 0)
            made.setIcon(sign(kind, self.theme))
            made.setText(str(kind))
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            made.setIconSize(QSize(self.theme.px(14), self.theme.px(14)))
            made.setFixedSize(self.theme.px(34), self.theme.px(28))
            made.setStyleSheet("padding: 0;")
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.setToolTip(f"Paint class {kind} (key {kind})")
            made.setAccessibleName(f"Class {kind}")
            self.classes.addButton(made, kind)
            row.addWidget(made)
        self.classes.idClicked.connect(self._class)
        self._named = words(self.theme, "value", 13, 400, "text2")
        self.number = NumberField(self.theme, low=-1.0, high=1.0)
        self.number.setAccessibleName("Value of the points that are painted")
        self.number.set_value(1.0)
        self.number.typed.connect(self._number)
        row.addWidget(self._named)
        row.addWidget(self.number)
        row.addStretch(1)
        return row

    def show_beside(self, values: dict[str, Any]) -> None:
        """Whether there are classes, and how many."""
        numbers, count = values.get("task") == "number", values.get("classes", 2)
        if self.classes.checkedId() >= count:
            self.classes.button(0).setChecked(True)
        for kind in range(CLASSES):
            self.classes.button(kind).setVisible(not numbers and kind < count)
        self._named.setVisible(numbers)
        self.number.setVisible(numbers)
        self.pad.signed = numbers
        self.pad.value = float(self.number.value() or 0.0) if numbers else float(self.classes.checkedId())
        self.pad.update()

    def show_checked(self, value: Any) -> None:
        self.pad.show_points(self.param.check(value))
        self._count()

    def _use(self, at: int) -> None:
        self.pad.tool = TOOLS[at][0]

    def _class(self, kind: int) -> None:
        self.pad.value = float(kind)
        if self.pad.tool == "erase":
            self.tools.button(0).click()

    def _digit(self, kind: int) -> None:
        chosen = self.classes.button(kind)
        if chosen is not None and not chosen.isHidden():
            chosen.click()

    def _number(self, value: object) -> None:
        if isinstance(value, (int, float)):
            self.pad.value = float(value)

    def _take(self, points: Any) -> None:
        self.sealed.emit()
        self.edited.emit(tuple(tuple(one) for one in points))
        self.sealed.emit()

    def _undo(self) -> None:
        self.undo_wanted.emit()

    def _count(self, *, full: bool = False) -> None:
        count = len(self.pad.points)
        self.said.setText(f"{MOST_POINTS:,} points are the most a document takes." if full
                          else f"{count:,} point{'s' if count != 1 else ''}" if count else "Paint here with the mouse.")
        self.clear.setEnabled(bool(count))


def sign(kind: int, theme: Theme) -> QIcon:
    """The mark of a class as an icon."""
    picture = QPixmap(28, 28)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    mark(painter, QPointF(14, 14), kind, theme.tokens, 2.0)
    painter.end()
    return QIcon(picture)
