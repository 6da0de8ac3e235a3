"""The few dialogues: save?, commands, keys, a number, about the program."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import neuralgraph
from neuralgraph.ui.actions import Actions
from neuralgraph.ui.commands import GESTURES
from neuralgraph.ui.controls import NumberField, button, words
from neuralgraph.ui.menus import MENUS
from neuralgraph.ui.panels.search import Search
from neuralgraph.ui.theme import Theme


class Answer(Enum):
    """What to do with changes that are not saved."""

    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


def ask_to_save(parent: QWidget, name: str) -> Answer:
    """Save / Don't save / Cancel."""
    box = QMessageBox(parent)
    box.setWindowTitle("NeuralGraph")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Save the changes to {name}?")
    box.setInformativeText("They are lost otherwise.")
    save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(save)
    save.setProperty("kind", "primary")
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return Answer.SAVE if clicked is save else Answer.DISCARD if clicked is discard else Answer.CANCEL


def choose(parent: QWidget, question: str, text: str, *answers: str) -> int:
    """Ask with a button for each answer, the first one the default; its number, or −1 where nothing was chosen."""
    box = QMessageBox(parent)
    box.setWindowTitle("NeuralGraph")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    box.setInformativeText(text)
    buttons = [box.addButton(one, QMessageBox.ButtonRole.ActionRole) for one in answers]
    box.setEscapeButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
    box.setDefaultButton(buttons[0])
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return next((number for number, one in enumerate(buttons) if one is clicked), -1)


def tell(parent: QWidget, title: str, text: str) -> None:
    """Something could not be done; the window stays alive behind it."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("NeuralGraph")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(title)
    box.setInformativeText(text)
    box.open()


class CommandPalette(QFrame):
    """Every command, found by its words; Enter does it."""

    def __init__(self, parent: QWidget, actions: Actions, theme: Theme) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("panel")
        self._actions = actions
        self.search = Search(theme, "Search commands")
        self.search.textChanged.connect(lambda _text: self._fill())
        self.search.down.connect(lambda: self._move(1))
        self.search.returnPressed.connect(self._run)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda _item: self._run())
        room = QPixmap(theme.px(16), theme.px(16))  # rows without an icon stand as far in, and as high
        room.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(room)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self.search)
        box.addWidget(self.list)
        self.setFixedSize(theme.px(520), theme.px(420))
        self._fill()
        self.search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Up:
            self._move(-1)
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def found(self) -> list[str]:
        """The ids of the listed commands."""
        return [str(self.list.item(row).data(256)) for row in range(self.list.count())]

    def _fill(self) -> None:
        wanted = self.search.text().casefold().split()
        self.list.clear()
        for command, action in self._actions:
            text = action.text()
            if not command.menu or not all(word in f"{command.menu} {text}".casefold() for word in wanted):
                continue
            item = QListWidgetItem(self._blank if action.icon().isNull() else action.icon(),
                                   f"{command.menu} ▸ {text}")
            keys = self._actions.keys_of(command.id)
            item.setText(f"{item.text()}" + (f"    {keys}" if keys else ""))
            item.setData(256, command.id)
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _move(self, by: int) -> None:
        if self.list.count():
            self.list.setCurrentRow((self.list.currentRow() + by) % self.list.count())

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEnabled:
            action = self._actions[str(item.data(256))]
            self.close()
            action.trigger()


def key_sheet(parent: QWidget, actions: Actions, theme: Theme) -> QDialog:
    """Every key, by menu."""
    dialog = _dialog(parent, "Keys", theme)
    page = QWidget()
    grid = QGridLayout(page)
    grid.setHorizontalSpacing(theme.px(24))
    grid.setVerticalSpacing(theme.px(4))
    groups = {menu: [(action.text(), actions.keys_of(command.id)) for command, action in actions
                     if command.menu == menu and action.shortcuts()] for menu in MENUS}
    groups["On the canvas"] = [(one.text, one.keys) for one in GESTURES]
    groups = {name: rows for name, rows in groups.items() if rows}
    halves: list[int] = [0, 0]
    for title, rows in groups.items():
        side = 0 if halves[0] <= halves[1] else 1
        grid.addWidget(words(theme, title, 13, 600), halves[side], 2 * side, 1, 2)
        halves[side] += 1
        for text, keys in rows:
            grid.addWidget(words(theme, text, 13), halves[side], 2 * side)
            grid.addWidget(words(theme, keys, 13, 600, "text2"), halves[side], 2 * side + 1)
            halves[side] += 1
    _scrolled(dialog, page)
    dialog.resize(theme.px(860), theme.px(640))
    return dialog


def about(parent: QWidget, theme: Theme) -> QDialog:
    """Name, version, licences."""
    dialog = _dialog(parent, "About NeuralGraph", theme)
    page = QWidget()
    box = QVBoxLayout(page)
    box.addWidget(words(theme, f"NeuralGraph {neuralgraph.__version__}", 17, 600))
    text = words(
        theme,
        "Draw a neural network, train it, and see what it learns.\n\nMIT licence. The typeface is Inter (SIL Open Font "
        "License), the icons are Material Design Icons (Apache 2.0).\n\nWorks offline. Nothing leaves this computer.",
        13,
    )
    text.setWordWrap(True)
    box.addWidget(text)
    box.addStretch(1)
    _scrolled(dialog, page)
    dialog.resize(theme.px(420), theme.px(260))
    return dialog


def ask_number(parent: QWidget, theme: Theme, title: str, value: float, then: Callable[[Any], object], *,
               whole: str = "") -> QDialog:
    """Ask for a number without stopping the window; `then` gets it. `whole`: a count from 1 on, and what to do it."""
    dialog = _dialog(parent, title, theme)
    field = NumberField(theme, whole=bool(whole), low=1 if whole else 0.0, high=10**6 if whole else None)
    field.set_value(value)
    row = QHBoxLayout()
    row.addStretch(1)

    def done() -> None:
        found = field.value()
        dialog.accept()
        if found is not None:
            then(found if whole else float(found))

    row.addWidget(button("Cancel", clicked=dialog.reject))
    change = button(whole or "Change", kind="primary", clicked=done)
    change.setDefault(True)  # else Enter takes the first button, which is Cancel
    row.addWidget(change)
    layout = dialog.layout()
    assert isinstance(layout, QVBoxLayout)
    layout.addWidget(field)
    layout.addLayout(row)
    field.setFocus()
    field.selectAll()
    return dialog


def _dialog(parent: QWidget, title: str, theme: Theme) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    box = QVBoxLayout(dialog)
    box.setContentsMargins(theme.px(16), theme.px(12), theme.px(12), theme.px(12))
    return dialog


def _scrolled(dialog: QDialog, page: QWidget) -> None:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(page)
    layout = dialog.layout()
    assert layout is not None
    layout.addWidget(area)
