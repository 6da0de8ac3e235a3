"""Form fields made from declarations: a field shows a value, tells what was meant, and never fights the hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QWidget

from neuralgraph.errors import ParameterError
from neuralgraph.spec import Param
from neuralgraph.spec.columns import Column
from neuralgraph.ui.controls import Choice, NumberField, SizeField, Switch, TextField, button, number, repolish, spelled
from neuralgraph.ui.theme import Theme

LONGEST = 200
"""So many letters of a wrong value are shown."""
EITHER = "folder or "
"""How the `files` of a path begin that may be a folder or such a file."""


class Field(QWidget):
    """A field of a form. `edited` brings a new value that the parameter takes."""

    edited = Signal(object)
    sealed = Signal()
    resized = Signal()
    """It wants another height."""
    undo_wanted = Signal()
    wide = False
    """It takes the whole width of its form."""

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__()
        self.param, self.theme = param, theme
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)
        self.setToolTip(f"<p>{param.doc}</p><p>{param.expected().capitalize()}.</p>")
        self.setFixedHeight(theme.px(28))

    def show_value(self, value: Any) -> None:
        """Show what the document says, unless the hand is typing here."""
        if not self._editing():
            self._show(value)

    def show_checked(self, value: Any) -> None:
        """Show what the document says; a file may say what this parameter does not take, and that is shown too."""
        try:
            self.param.check(value)
        except ParameterError:
            box = self.focusProxy()
            if isinstance(box, QLineEdit) and not box.hasFocus():
                box.setText(str(value)[:LONGEST])
                box.setProperty("wrong", True)
                repolish(box)
            return
        self.show_value(value)

    def show_columns(self, columns: tuple[Column, ...]) -> None:
        """The columns of the table that the node reads; for fields that choose among them."""

    def show_beside(self, values: dict[str, Any]) -> None:
        """The values of all parameters of the form; for fields that depend on others."""

    def _editing(self) -> bool:
        return False

    def _show(self, value: Any) -> None:
        raise NotImplementedError

    def _put(self, widget: QWidget) -> None:
        widget.setAccessibleName(self.param.name)
        widget.setAccessibleDescription(self.param.doc)
        widget.setToolTip(self.toolTip())
        self.row.addWidget(widget, 1)
        self.setFocusProxy(widget)


class Numeric(Field):
    """A number with arrows."""

    field_type = NumberField

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        empty = "none" if param.optional else None
        whole = param.kind in ("int", "size")
        self.box = self.field_type(theme, whole=whole, low=param.min, high=param.max, empty=empty)
        self.box.typed.connect(self.edited)
        self.box.editingFinished.connect(self.sealed)
        self._put(self.box)

    def _editing(self) -> bool:
        return self.box.hasFocus() and self.box.isModified()

    def show_value(self, value: Any) -> None:
        if not self._editing() or (self.box.value() != value and not self.box.unsaid):
            self.box.set_value(value)

    def _show(self, value: Any) -> None:
        self.box.set_value(value)


class Sizes(Numeric):
    """A whole number, or one per axis, with arrows."""

    field_type = SizeField


class Toggle(Field):
    """Yes or no."""

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        self.box = Switch(theme)
        self.box.clicked.connect(lambda on: self.edited.emit(bool(on)))
        self._put(self.box)

    def _show(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class Chosen(Field):
    """One of several words."""

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        self.box = Choice(theme)
        self._words: tuple[str | None, ...] = ((None,) if param.optional else ()) + param.choices
        for word in self._words:
            self.box.addItem("none" if word is None else word or "automatic")
        self.box.activated.connect(lambda index: self.edited.emit(self._words[index]))
        self._put(self.box)

    def _show(self, value: Any) -> None:
        if value in self._words:
            self.box.setCurrentIndex(self._words.index(value))


class Written(Field):
    """Text, sizes and lists of numbers: `3`, `3, 5`, `1 0; 0 1`. Red while it cannot be read."""

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        self.box = TextField()
        self.box.setPlaceholderText("none" if param.optional else "")
        self.box.textEdited.connect(self._typed)
        self.box.editingFinished.connect(self._done)
        self._put(self.box)
        self._last: Any = None

    def _editing(self) -> bool:
        return self.box.hasFocus() and self.box.isModified()

    def _show(self, value: Any) -> None:
        self._last = value
        self.box.setText(written(value))
        self._mark(False)

    def _typed(self, text: str) -> None:
        try:
            value = self.param.check(read(self.param, text))
        except (ParameterError, ValueError):
            self._mark(True)
            return
        self._mark(False)
        self._last = value
        self.edited.emit(value)

    def _done(self) -> None:
        if self.box.property("wrong"):
            self._show(self._last)
        self.box.setModified(False)
        self.sealed.emit()

    def _mark(self, wrong: bool) -> None:
        if bool(self.box.property("wrong")) != wrong:
            self.box.setProperty("wrong", wrong)
            repolish(self.box)


class PathField(Written):
    """A file or folder, typed or chosen."""

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        more = button("…", clicked=self._ask)
        more.setFixedWidth(theme.px(32))
        more.setStyleSheet("padding: 0;")
        more.setToolTip("Choose a folder" if param.files == "folder" else "Choose a file or folder"
                        if param.files.startswith(EITHER) else "Choose a file")
        self.row.addWidget(more)

    def _ask(self) -> None:
        found = ask_path(self, self.param, str(self._last or ""))
        if found:
            self._show(found)
            self.edited.emit(found)
            self.sealed.emit()


def ask_path(parent: QWidget, param: Param, now: str) -> str:
    """The file or folder that somebody chooses for a parameter; "" where they do not."""
    files = param.files
    if files.startswith(EITHER):
        files = _which(parent, files.removeprefix(EITHER))
    if not files or files == "folder":
        return QFileDialog.getExistingDirectory(parent, "Choose a folder", now) if files else ""
    start = str(Path(now).parent) if Path(now).suffix else now
    return QFileDialog.getOpenFileName(parent, "Choose a file", start, files)[0]


def _which(parent: QWidget, files: str) -> str:
    """What to ask for where both a folder and a file will do; "" where the menu is left."""
    menu = QMenu(parent)
    folder, file = menu.addAction("Choose a folder…"), menu.addAction("Choose a file…")
    chosen = menu.exec(QCursor.pos())
    return "folder" if chosen is folder else files if chosen is file else ""


def written(value: Any) -> str:
    """A value as one types it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            return "; ".join(written(one) for one in value)
        return ", ".join(written(one) for one in value)
    return spelled(value) if isinstance(value, (int, float)) else str(value)


def read(param: Param, text: str) -> Any:
    """What a text means for a parameter. Raises `ValueError` where it means nothing."""
    if param.kind in ("text", "file"):
        return text if text or not param.optional else None
    if not text.strip():
        return None if param.optional else ()
    rows = [_numbers(part) for part in text.split(";")]
    if len(rows) > 1:
        return tuple(rows)
    return rows[0][0] if len(rows[0]) == 1 and param.kind != "ints" else rows[0]


def _numbers(text: str) -> tuple[int | float, ...]:
    parts = text.replace("×", " ").replace("x", " ").strip("()[] ").replace(", ", " ").replace(",", " ").split()
    found: list[int | float] = []
    for part in parts:
        value = number(part)
        if value is None:
            raise ValueError(part)
        found.append(int(value) if value == int(value) and "." not in part and "e" not in part.lower() else value)
    return tuple(found)


_KINDS: dict[str, type[Field]] = {
    "int": Numeric, "float": Numeric, "bool": Toggle, "choice": Chosen, "text": Written, "file": PathField,
    "size": Sizes, "ints": Written, "numbers": Written,
}


def field(param: Param, theme: Theme) -> Field:
    """The field for a parameter."""
    if param.kind == "columns":
        from neuralgraph.ui.panels.columns_field import ColumnsField

        return ColumnsField(param, theme)
    if param.kind == "points":
        from neuralgraph.ui.panels.points_field import PointsField

        return PointsField(param, theme)
    return _KINDS[param.kind](param, theme)


class Form(QWidget):
    """Rows of label and field, 33 px apart. `changed` brings name and value, `sealed` that typing in a field ended."""

    changed = Signal(str, object)
    sealed = Signal()
    resized = Signal()
    undo_wanted = Signal()

    def __init__(self, params: list[Param], theme: Theme, *, labels: dict[str, str] | None = None) -> None:
        super().__init__()
        from PySide6.QtWidgets import QGridLayout

        from neuralgraph.ui.controls import words

        self.fields: dict[str, Field] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(theme.px(5))
        grid.setColumnMinimumWidth(0, theme.px(114))
        grid.setColumnStretch(1, 1)
        for row, param in enumerate(params):
            name = words(theme, (labels or {}).get(param.name, param.name), 13, 400, "text2")
            name.setToolTip(param.doc)
            name.setAlignment(Qt.AlignmentFlag.AlignVCenter)
            made = field(param, theme)
            made.edited.connect(lambda value, key=param.name: self.changed.emit(key, value))
            made.sealed.connect(self.sealed)
            made.resized.connect(self.resized)
            made.undo_wanted.connect(self.undo_wanted)
            name.setBuddy(made)
            self.fields[param.name] = made
            if made.wide:
                name.hide()
                name.setParent(made)
                grid.addWidget(made, row, 0, 1, 2)
                continue
            grid.addWidget(name, row, 0)
            grid.addWidget(made, row, 1)

    def show_values(self, values: dict[str, Any]) -> None:
        for name, made in self.fields.items():
            made.show_beside(values)
            if name in values:
                made.show_checked(values[name])

    def show_columns(self, columns: tuple[Column, ...]) -> None:
        for made in self.fields.values():
            made.show_columns(columns)
