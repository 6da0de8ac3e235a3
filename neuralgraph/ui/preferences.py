"""Preferences: a table of settings from which the form, the reading and the applying are made; and the keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.ui.controls import Choice, Switch, button, words
from neuralgraph.ui.devices import processors
from neuralgraph.ui.settings import Settings

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Preference:
    """One setting. `choices` are pairs of what is saved and what is read; without them it is on or off."""

    key: str
    label: str
    about: str
    default: str | bool
    choices: tuple[tuple[str, str], ...] = ()


SIZES = tuple(f"{1 + n / 10:g}" for n in range(11))
COUNTS = tuple(n for n in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64) if n <= processors())
PREFERENCES = (
    Preference("theme", "Theme", "Light, dark, or whatever the system says.", "system",
               (("system", "Like the system"), ("light", "Light"), ("dark", "Dark"))),
    Preference("scale", "Text size", "From the desk to the back of a class room.", "1",
               tuple((one, f"{float(one):.0%}".replace("%", " %")) for one in SIZES)),
    Preference("reduce_motion", "Reduce motion", "Nothing moves by itself: no comets, no gliding.", False),
    Preference("wheel", "Wheel on the canvas", "What turning a wheel, or two fingers, does: zoom or scroll.", "auto",
               (("auto", "Find out"), ("mouse", "Zoom (mouse)"), ("touchpad", "Scroll (touchpad)"))),
    Preference("threads", "Threads that compute", "One is often fastest for small networks. A run repeats bit for bit "
               "with the same number.", "auto", (("auto", "As torch decides"), *((str(n), str(n)) for n in COUNTS))),
    Preference("welcome", "Welcome screen at the start", "Otherwise an empty canvas opens.", True),
)  # fmt: skip
_BY_KEY = {one.key: one for one in PREFERENCES}


def chosen(settings: Settings, key: str) -> Any:
    """What is set, or the default where nothing is, or something that is no choice."""
    one = _BY_KEY[key]
    if isinstance(one.default, bool):
        return settings.flag(key, one.default)
    found = settings.text(key) or f"{round(settings.number(key, 0), 1):g}"
    return found if found in {value for value, _ in one.choices} else one.default


def apply(bench: Workbench) -> None:
    """Let every setting act on the open window and the open document."""
    settings, view = bench.settings, bench.canvas.view
    if settings.text("theme") and bench.theme.mode != chosen(settings, "theme"):
        bench.theme.set_mode(chosen(settings, "theme"))
    scale = settings.number("scale", bench.theme.scale)
    if bench.theme.scale != scale:
        bench.theme.set_scale(scale)
    count = chosen(settings, "threads")
    bench.training.threads = None if count == "auto" else int(count)
    bench.status.threads = bench.training.threads
    bench.status.show_device(bench.bar.device.currentText() or "CPU")
    if view is not None:
        bench.canvas.scene.set_reduced_motion(chosen(settings, "reduce_motion"))
        bench.previewing.apply()
        view.wheel = chosen(settings, "wheel")


class PreferencesDialog(QDialog):
    """Acts at once; there is nothing to confirm."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Preferences")
        self._bench, self._settings, self._theme = bench, bench.settings, bench.theme
        px = bench.theme.px
        self.fields: dict[str, Choice | Switch] = {}
        self.keys: dict[str, QKeySequenceEdit] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(px(16), px(16), px(16), px(12))
        tabs = QTabWidget()
        tabs.setObjectName("pages")
        tabs.addTab(self._general(), "General")
        tabs.addTab(self._key_table(), "Keys")
        box.addWidget(tabs, 1)
        self.trouble = words(self._theme, "", 12, 500, "error")
        self.trouble.setWordWrap(True)
        box.addWidget(self.trouble)
        row = QHBoxLayout()
        self.reset = button("Reset to defaults", clicked=self._reset)
        row.addWidget(self.reset)
        row.addStretch(1)
        row.addWidget(button("Close", kind="primary", clicked=self.accept))
        box.addLayout(row)
        self.resize(px(620), px(520))

    def _general(self) -> QWidget:
        page, px = QWidget(), self._theme.px
        grid = QGridLayout(page)
        grid.setContentsMargins(px(12), px(16), px(12), px(12))
        grid.setVerticalSpacing(px(4))
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(1, px(190))
        for row, one in enumerate(PREFERENCES):
            field = self._field(one)
            self.fields[one.key] = field
            field.setAccessibleName(one.label)
            field.setAccessibleDescription(one.about)
            grid.addWidget(words(self._theme, one.label, 13, 600), 2 * row, 0)
            grid.addWidget(field, 2 * row, 1, 2, 1, Qt.AlignmentFlag.AlignTop)
            about = words(self._theme, one.about, 12, 400, "text2")
            about.setContentsMargins(0, 0, 0, px(10))
            grid.addWidget(about, 2 * row + 1, 0)
        grid.setRowStretch(2 * len(PREFERENCES), 1)
        return page

    def _field(self, one: Preference) -> Choice | Switch:
        now = chosen(self._settings, one.key)
        if one.key == "scale":  # where nothing is set it depends on the screen
            now = f"{round(self._theme.scale, 1):g}"
        if isinstance(one.default, bool):
            switch = Switch(self._theme)
            switch.setChecked(now)
            switch.clicked.connect(lambda on, key=one.key: self._put(key, bool(on)))
            return switch
        made = Choice(self._theme)
        for _, label in one.choices:
            made.addItem(label)
        made.setCurrentIndex([value for value, _ in one.choices].index(now))
        made.activated.connect(lambda index, one=one: self._put(one.key, one.choices[index][0]))
        return made

    def _put(self, key: str, value: str | bool) -> None:
        self._settings.put(key, float(value) if key == "scale" else value)
        self._settings.save()
        apply(self._bench)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _key_table(self) -> QWidget:
        page, px = QWidget(), self._theme.px
        grid = QGridLayout(page)
        grid.setContentsMargins(px(12), px(12), px(12), px(12))
        grid.setColumnStretch(0, 1)
        row = 0
        for command, action in self._bench.actions:
            if not command.menu:
                continue
            edit = QKeySequenceEdit(action.shortcut())
            edit.setMaximumSequenceLength(1)
            edit.setClearButtonEnabled(True)
            edit.setAccessibleName(f"Key of {command.text}")
            edit.setFixedWidth(px(170))
            edit.keySequenceChanged.connect(partial(self._rekey, command.id))
            self.keys[command.id] = edit
            grid.addWidget(words(self._theme, f"{command.menu} ▸ {command.text}", 13), row, 0)
            grid.addWidget(edit, row, 1)
            row += 1
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(page)
        return area

    def _rekey(self, id: str, sequence: QKeySequence) -> None:
        actions = self._bench.actions
        taken = actions.using(sequence, but=id)
        if taken:
            self.trouble.setText(f"{sequence.toString()} already means «{taken}». Clear it there first.")
            self._show_key(id)
            return
        self.trouble.setText("")
        actions.rekey(id, sequence.toString(QKeySequence.SequenceFormat.PortableText))
        self._settings.put("keys", actions.changed_keys())
        self._settings.save()

    def _show_key(self, id: str) -> None:
        edit = self.keys[id]
        edit.blockSignals(True)
        edit.setKeySequence(self._bench.actions[id].shortcut())
        edit.blockSignals(False)

    def _reset(self) -> None:
        for one in PREFERENCES:
            self._settings.forget(one.key)
        self._settings.forget("keys")
        self._settings.save()
        self._bench.theme.set_scale(1.0)
        self._bench.theme.set_mode("system")
        self._bench.actions.reset_keys()
        for id in self.keys:
            self._show_key(id)
        for key, field in self.fields.items():
            one = _BY_KEY[key]
            if isinstance(field, Switch):
                field.setChecked(bool(one.default))
            else:
                field.setCurrentIndex([value for value, _ in one.choices].index(str(one.default)))
        self.trouble.setText("")
        apply(self._bench)
