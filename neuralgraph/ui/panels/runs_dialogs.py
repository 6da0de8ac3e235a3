"""The small windows of the Runs panel: a name or a note, the details of a run, several side by side, whom to follow."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.training.kept import Kept
from neuralgraph.ui.controls import TextField, button, words
from neuralgraph.ui.panels.runs_words import facts, figure_name, number, started
from neuralgraph.ui.theme import Theme

LONGEST = 400
KINDS: Mapping[str, str] = {"graph": "Graph", "plan": "Plan, seed", "facts": "Data, device"}


class RunDialog(QDialog):
    """Not modal; a heading, what is in it, and buttons."""

    def __init__(self, parent: QWidget, theme: Theme, title: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.theme = theme
        px = theme.px
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(px(20), px(16), px(20), px(16))
        self.box.setSpacing(px(10))
        heading = words(theme, title, 17, 600)
        heading.setWordWrap(True)
        self.box.addWidget(heading)
        self.row = QHBoxLayout()
        self.row.addStretch(1)

    def finish(self) -> None:
        """Put the buttons below the rest."""
        self.box.addLayout(self.row)

    def scrolled(self, page: QWidget) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(page)
        self.box.addWidget(area, 1)

    def plain(self, text: str, weight: int = 400, role: str = "text") -> QLabel:
        """Words that wrap and can be copied."""
        made = words(self.theme, text, 13, weight, role)
        made.setWordWrap(True)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse
                                     | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        return made


def ask_text(parent: QWidget, theme: Theme, title: str, text: str, then: Callable[[str], object], *,
             hint: str = "") -> RunDialog:
    """A line of text; `then` gets it where Save is pressed."""
    made = RunDialog(parent, theme, title)
    field = TextField(text)
    field.setMaxLength(LONGEST)
    field.setPlaceholderText(hint)
    field.setAccessibleName(title)
    field.setMinimumWidth(theme.px(380))

    def done() -> None:
        said = field.text().strip()
        made.accept()
        then(said)

    made.box.addWidget(field)
    made.row.addWidget(button("Cancel", clicked=made.reject))
    save = button("Save", kind="primary", clicked=done)
    save.setDefault(True)
    made.row.addWidget(save)
    made.finish()
    field.setFocus()
    field.selectAll()
    return made


def details(parent: QWidget, theme: Theme, run: Kept, events: Sequence[Mapping[str, Any]]) -> RunDialog:
    """Everything that is known of a run, and what happened in it."""
    made = RunDialog(parent, theme, f"{run.name}, run {run.id}" if run.name else run.called)
    page = QWidget()
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, theme.px(8), 0)
    grid.setHorizontalSpacing(theme.px(16))
    grid.setVerticalSpacing(theme.px(4))
    grid.setColumnStretch(1, 1)
    shown = facts(run)
    lines = [f"{name}: {text}" for name, text in shown.items()]
    for row, (name, text) in enumerate(shown.items()):
        grid.addWidget(made.plain(name, role="text2"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(made.plain(text), row, 1)
    grid.addWidget(made.plain("What happened", 600), len(shown), 0, 1, 2)
    for row, one in enumerate(events, start=len(shown) + 1):
        at = time.strftime("%H:%M:%S", time.localtime(one["at"]))
        said = f"{one['kind']}: {one['text']}" if one["text"] != one["kind"] else one["text"]
        lines.append(f"{at} step {one['step']} {said}")
        grid.addWidget(made.plain(f"{at}, step {one['step']:,}", role="text2"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(made.plain(said), row, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    made.scrolled(page)
    made.row.addWidget(button("Copy", clicked=lambda: QGuiApplication.clipboard().setText("\n".join(lines))))
    made.row.addWidget(button("Close", clicked=made.reject))
    made.finish()
    made.resize(theme.px(620), theme.px(520))
    return made


def comparison(parent: QWidget, theme: Theme, runs: Sequence[Kept], differences: Sequence[Mapping[str, Sequence[str]]],
               final: Mapping[str, Sequence[Any]]) -> RunDialog:
    """What differs between the first run and each of the others, and the figures side by side."""
    made = RunDialog(parent, theme, f"{len(runs)} runs compared")
    page = QWidget()
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, theme.px(8), 0)
    grid.setHorizontalSpacing(theme.px(16))
    grid.setVerticalSpacing(theme.px(4))
    for column, run in enumerate(runs, start=1):
        name = made.plain(f"{run.called}\nrun {run.id}, {started(run)}", 600)
        grid.addWidget(name, 0, column)
        grid.setColumnStretch(column, 1)
    row = 0
    for row, (figure, values) in enumerate(final.items(), start=1):
        grid.addWidget(made.plain(figure_name(figure), role="text2"), row, 0)
        for column, value in enumerate(values, start=1):
            grid.addWidget(made.plain(number(value)), row, column)
    across = len(runs) + 1
    for other, found in zip(runs[1:], differences, strict=True):
        row += 2
        grid.setRowMinimumHeight(row - 1, theme.px(8))
        grid.addWidget(made.plain(f"From run {runs[0].id} to run {other.id}", 600), row, 0, 1, across)
        for kind, title in KINDS.items():
            for place, sentence in enumerate(found[kind]):
                row += 1
                if not place:
                    grid.addWidget(made.plain(title, role="text2"), row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(made.plain(sentence), row, 1, 1, across - 1)
        if not any(found[kind] for kind in KINDS):
            row += 1
            grid.addWidget(made.plain("The same graph, plan, seed, device, data and versions."), row, 0, 1, across)
    grid.setRowStretch(row + 1, 1)
    made.scrolled(page)
    made.row.addWidget(button("Close", clicked=made.reject))
    made.finish()
    made.resize(theme.px(680), theme.px(460))
    return made


class FollowDialog(RunDialog):
    """Runs that are under way, and a field for the folder of one on a shared disk. `then` gets a number or a path."""

    def __init__(self, parent: QWidget, theme: Theme, under_way: Sequence[Kept],
                 then: Callable[[Path | int], object]) -> None:
        super().__init__(parent, theme, "Follow a run")
        self._then = then
        self.box.addWidget(self.plain("Watch the curves of a run that another process or another machine trains. "
                                      "Nothing of it is changed.", role="text2"))
        self.list = QListWidget()
        self.list.setAccessibleName("Runs under way")
        for one in under_way:
            item = QListWidgetItem(f"{one.called}  ·  epoch {min(one.epoch + 1, one.epochs)} of {one.epochs}  ·  "
                                   f"{started(one)}")
            item.setData(Qt.ItemDataRole.UserRole, one.id)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.itemDoubleClicked.connect(lambda _item: self._done())
        self.box.addWidget(self.list, 1)
        if not under_way:
            self.list.hide()
            self.box.addWidget(self.plain("No other run is under way on this machine."))
        self.box.addWidget(self.plain("Or the folder of a run, or of a run store, on a disk that both reach:",
                                      role="text2"))
        self.path = TextField()
        self.path.setAccessibleName("Folder of a run")
        self.path.setPlaceholderText("…/runs/12")
        line = QHBoxLayout()
        line.addWidget(self.path, 1)
        line.addWidget(button("Browse…", clicked=self._browse))
        self.box.addLayout(line)
        self.row.addWidget(button("Cancel", clicked=self.reject))
        follow = button("Follow", kind="primary", clicked=self._done)
        follow.setDefault(True)
        self.row.addWidget(follow)
        self.finish()
        self.resize(theme.px(520), theme.px(360 if under_way else 240))

    def _browse(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "The folder of a run", self.path.text())
        if found:
            self.path.setText(found)

    def _done(self) -> None:
        path, item = self.path.text().strip(), self.list.currentItem()
        if not path and item is None:
            self.path.setFocus()
            return
        wanted = Path(path).expanduser() if path else int(item.data(Qt.ItemDataRole.UserRole))
        self.accept()
        self._then(wanted)
