"""Actions made from the table of commands: menus, shortcuts and what each one is called now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from neuralgraph.ui.commands import COMMANDS, Command
from neuralgraph.ui.icons import icon
from neuralgraph.ui.menus import MENUS
from neuralgraph.ui.theme import Theme


class Actions:
    """One `QAction` per command whose method exists in `parts`."""

    def __init__(
        self, owner: QWidget, parts: dict[str, Any], theme: Theme, keys: Mapping[str, str] | None = None,
    ) -> None:
        """`keys` are those that the user has given to commands, by id; "" takes the keys away."""
        self._owner, self._parts, self._theme = owner, parts, theme
        self._keys = dict(keys or {})
        self._actions: dict[str, QAction] = {}
        self.commands: dict[str, Command] = {}
        for command in COMMANDS:
            method = self._method(command)
            if method is not None:
                self.commands[command.id] = command
                self._actions[command.id] = self._make(command, method)
        self.menus: dict[str, QMenu] = {}

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __contains__(self, id: object) -> bool:
        return id in self._actions

    def __iter__(self) -> Iterator[tuple[Command, QAction]]:
        return ((self.commands[id], action) for id, action in self._actions.items())

    def fill(self, bar: QMenuBar) -> None:
        """Make the menus."""
        for name in MENUS:
            menu = bar.addMenu(name)
            self.menus[name] = menu
            for command, action in self:
                if command.menu == name:
                    if command.rule:
                        menu.addSeparator()
                    menu.addAction(action)

    def dress(self) -> None:
        """Icons in the colours of the theme."""
        t = self._theme.tokens
        for command, action in self:
            if command.icon:
                action.setIcon(icon(command.icon, t.text, t.text3))

    def say(self, id: str, text: str, *, enabled: bool = True) -> None:
        """What a command is called now, and whether it can be done."""
        if id in self._actions:
            self._actions[id].setText(text)
            self._actions[id].setEnabled(enabled)

    def enable(self, id: str, enabled: bool) -> None:
        if id in self._actions:
            self._actions[id].setEnabled(enabled)

    def check(self, id: str, checked: bool) -> None:
        if id in self._actions:
            self._actions[id].setChecked(checked)

    def _method(self, command: Command) -> Callable[[], object] | None:
        if command.method.startswith("canvas:"):
            return partial(self._parts["canvas"].run, command.method.removeprefix("canvas:"))
        part, _, name = command.method.partition(".")
        owner = self._parts.get(part)
        return getattr(owner, name, None) if owner is not None else None

    def _make(self, command: Command, method: Callable[[], object]) -> QAction:
        action = QAction(command.text, self._owner)
        action.setObjectName(command.id)
        action.setCheckable(command.checkable)
        action.setShortcuts(self._sequences(command))
        if command.context == "canvas":
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        else:
            self._owner.addAction(action)
        action.triggered.connect(lambda _checked=False: method())
        return action

    def _sequences(self, command: Command) -> list[QKeySequence]:
        own = self._keys.get(command.id)
        return [QKeySequence(key) for key in (command.keys if own is None else (own,) if own else ())]

    def rekey(self, id: str, key: str) -> None:
        """Give a command another key, or none; the table's own where it is the same."""
        self._keys[id] = key
        if [QKeySequence(key)] == [QKeySequence(one) for one in self.commands[id].keys[:1]]:
            del self._keys[id]
        self._actions[id].setShortcuts(self._sequences(self.commands[id]))

    def reset_keys(self) -> None:
        """Every command has the keys of the table again."""
        self._keys = {}
        for id, command in self.commands.items():
            self._actions[id].setShortcuts(self._sequences(command))

    def changed_keys(self) -> dict[str, str]:
        """The keys that are not those of the table."""
        return dict(self._keys)

    def using(self, sequence: QKeySequence, *, but: str) -> str:
        """What another command that has this key is called; "" where it is free."""
        if sequence.isEmpty():
            return ""
        return next((self.commands[id].text for id, one in self._actions.items()
                     if id != but and sequence in one.shortcuts()), "")

    def keys_of(self, id: str) -> str:
        """The keys of a command as people write them."""
        native = QKeySequence.SequenceFormat.NativeText
        return "  or  ".join(one.toString(native) for one in self._actions[id].shortcuts())

    def bind(self, view: QWidget) -> None:
        """Let the keys of the canvas act in `view`."""
        for command, action in self:
            if command.context == "canvas":
                view.addAction(action)
