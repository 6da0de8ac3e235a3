"""The row on top: menus at the left, the document in the middle, undo, redo and keys at the right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenuBar, QToolButton, QWidget

from neuralgraph.ui.controls import dress, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.menus import MENUS
from neuralgraph.ui.theme import Theme

if TYPE_CHECKING:
    from neuralgraph.ui.actions import Actions


class MenuRow(QFrame):
    """28 px."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("menurow")
        fitted(self, theme, lambda: self.setFixedHeight(theme.px(28)))
        self.menus = QMenuBar()
        self.menus.setNativeMenuBar(False)
        self.title = words(theme, "", 13, 600)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._right = QWidget()
        self._buttons = QHBoxLayout(self._right)
        self._buttons.setContentsMargins(0, 0, theme.px(12), 0)
        self._buttons.setSpacing(theme.px(4))
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.px(2), 0, 0, 0)
        grid.addWidget(self.title, 0, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.menus, 0, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._right, 0, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for name in MENUS:
            self.menus.addMenu(name)

    def fill(self, actions: Actions) -> None:
        """Menus and buttons from the table of commands."""
        self.menus.clear()
        actions.fill(self.menus)
        for id in ("undo", "redo", "keys"):
            made = QToolButton()
            made.setDefaultAction(actions[id])
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            fitted(made, self.theme, partial(self._size, made))
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._buttons.addWidget(made)

    def _size(self, made: QToolButton) -> None:
        made.setIconSize(QSize(self.theme.px(16), self.theme.px(16)))
        made.setFixedSize(self.theme.px(26), self.theme.px(24))

    def show_title(self, name: str, *, modified: bool) -> None:
        self.title.setText(f"{name}  •" if modified else name)

    def set_theme(self) -> None:
        dress(self.title, self.theme)
