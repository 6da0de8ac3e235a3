"""Taking a view away: its numbers as CSV, its picture as PNG, by one small button or the menu of its figure."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from neuralgraph.errors import DocumentError
from neuralgraph.graph.save import write_checked
from neuralgraph.ui.controls import flat
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.png import png
from neuralgraph.ui.theme import Theme

SIGN = "export"
KINDS = {".csv": "Comma-separated numbers (*.csv)", ".png": "Picture (*.png)", ".svg": "Drawing (*.svg)"}


class Subject(Protocol):
    """What can be taken away."""

    stem: str
    """The name that a file of it is offered."""

    def csv(self) -> str:
        """Its numbers; "" while there are none."""
        ...

    def picture(self) -> QImage:
        """How it looks in the light theme."""
        ...


@runtime_checkable
class Drawn(Protocol):
    """What can be taken away as lines and words, too."""

    def svg(self) -> str:
        """The text of an SVG file in the light theme."""
        ...


def take_button(theme: Theme, subject: Subject) -> QToolButton:
    """The one way out of a view: shows the menu below itself."""
    made = flat(theme, SIGN, "Copy or save what is shown", size=26)
    made.clicked.connect(lambda: menu(subject, made).popup(made.mapToGlobal(made.rect().bottomLeft())))
    fitted(made, theme, lambda: made.setIcon(icon(SIGN, theme.tokens.text2)))
    return made


def menu(subject: Subject, parent: QWidget) -> QMenu:
    """What can be done with a view; gone when it is closed."""
    made = QMenu(parent)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for text, what in (
        ("Copy as CSV", lambda: copy_csv(subject)), ("Copy picture", lambda: copy_picture(subject)), ("", None),
        ("Save as CSV…", lambda: ask_save(subject, ".csv", parent)),
        ("Save as PNG…", lambda: ask_save(subject, ".png", parent)),
        *((("Save as SVG…", lambda: ask_save(subject, ".svg", parent)),) if isinstance(subject, Drawn) else ()),
    ):
        if what is None:
            made.addSeparator()
        else:
            made.addAction(text).triggered.connect(lambda _on=False, what=what: what())
    if not subject.csv():
        for action in made.actions():
            action.setEnabled(False)
    return made


def copy_csv(subject: Subject) -> None:
    text = subject.csv()
    if text:
        QGuiApplication.clipboard().setText(text)


def copy_picture(subject: Subject) -> None:
    QGuiApplication.clipboard().setImage(subject.picture())


def save(subject: Subject, path: Path) -> None:
    """Write .csv, .svg or .png, as the name says; a `DocumentError` says why not."""
    match path.suffix.lower():
        case ".csv":
            data = subject.csv().encode()
        case ".svg" if isinstance(subject, Drawn):
            data = subject.svg().encode()
        case _:
            data = png(subject.picture())
    write_checked(path, data)


def ask_save(subject: Subject, suffix: str, parent: QWidget) -> QFileDialog:
    """Ask for a place and write there; what goes wrong is said in a box over the window."""
    window = parent.window()
    dialog = QFileDialog(window, "Save what is shown", str(Path.home()), KINDS[suffix])
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(f"{subject.stem}{suffix}")
    dialog.fileSelected.connect(lambda found: _write(subject, Path(found), window))
    dialog.open()
    return dialog


def _write(subject: Subject, path: Path, window: QWidget) -> None:
    try:
        save(subject, path)
    except DocumentError as error:
        from neuralgraph.ui.dialogs import tell

        tell(window, "The file was not written", str(error))
