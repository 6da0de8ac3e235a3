"""The menu of the right button, from the table of canvas commands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from neuralgraph.ui.canvas.canvas_commands import CANVAS_ACTIONS
from neuralgraph.ui.canvas.gestures.hands import Hands
from neuralgraph.ui.icons import icon


def context_menu(hands: Hands) -> QMenu:
    """What can be done here and now."""
    board = hands.board
    menu = QMenu(board.view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    group = 0
    for one in CANVAS_ACTIONS:
        if not one.menu:
            continue
        if group and one.menu != group:
            menu.addSeparator()
        group = one.menu
        made = menu.addAction(one.label)
        if one.icon:
            made.setIcon(icon(one.icon, board.tokens.text, board.tokens.text3))
        if one.keys:
            made.setShortcut(QKeySequence(one.keys[0]))
        made.setEnabled(_possible(one.id, hands))
        made.triggered.connect(lambda _checked=False, one=one: one.run(hands))
    return menu


def _possible(id: str, hands: Hands) -> bool:
    chosen = bool(hands.board.selection())
    if id == "canvas.delete":
        return chosen or bool(hands.board.selected_wires())
    if id == "canvas.bend":
        return bool(hands.board.selected_wires())
    return chosen or id in ("canvas.add", "canvas.paste", "canvas.note", "canvas.tidy", "canvas.select_all")
