"""New, open, save, export: files, dialogues and the question before something is lost."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.ui.canvas_area import CanvasArea
from neuralgraph.ui.dialogs import Answer, ask_to_save
from neuralgraph.ui.settings import Settings

FILTER = "NeuralGraph documents (*.ngraph)"


class Documents(QObject):
    """The open document. `opened` brings a new session; `said` level, text and more for the log."""

    opened = Signal(object)
    saved = Signal()
    said = Signal(str, str, str)
    failed = Signal(str, str)

    def __init__(self, window: QWidget, canvas: CanvasArea, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._canvas, self._settings = window, canvas, settings
        self.session = Session()

    def new(self) -> None:
        if self.may_close():
            self._show(Session())

    def ask_open(self) -> None:
        start = str(self.session.folder or self._settings.text("folder", str(Path.home())))
        found, _ = QFileDialog.getOpenFileName(self._window, "Open", start, FILTER)
        if found:
            self.open(Path(found))

    def open(self, path: Path, *, as_copy: bool | None = None) -> bool:
        """Open a file; an example opens as a copy. A failure leaves what is open as it is."""
        path = Path(path)
        copy = path.resolve().parent == examples().resolve() if as_copy is None else as_copy
        if not self.may_close():
            return False
        try:
            session = Session.open(path, as_copy=copy)
        except (NeuralGraphError, OSError) as error:
            self.said.emit("error", str(error), "")
            self.failed.emit(f"{path.name} cannot be opened", str(error))
            return False
        if not copy:
            self._settings.remember(path)
            self._settings.put("folder", str(path.parent))
        self._show(session)
        for note in session.notes:
            self.said.emit("note", note, "")
        return True

    def save(self) -> bool:
        """Save where it is; asks for a place where it has none. Whether it was saved."""
        return self._write(self.session.path) if self.session.path is not None else self.save_as()

    def save_as(self) -> bool:
        path = self.session.path
        folder = path.parent if path else Path(self._settings.text("folder", str(Path.home())))
        found, _ = QFileDialog.getSaveFileName(self._window, "Save", str(folder / self.session.title), FILTER)
        return self._write(Path(found)) if found else False

    def may_close(self) -> bool:
        """Ask where changes would be lost; False to stay."""
        if not self.session.modified:
            return True
        match ask_to_save(self._window, self.session.title):
            case Answer.SAVE:
                return self.save()
            case Answer.DISCARD:
                return True
            case _:
                return False

    def export_png(self) -> None:
        self._export("PNG pictures (*.png)", ".png")

    def export_svg(self) -> None:
        self._export("SVG drawings (*.svg)", ".svg")

    def export_python(self) -> None:
        """A file that a student can read and run."""
        path = self._ask_place("Python files (*.py)", ".py")
        if path is None:
            return
        try:
            path.write_text(self.session.to_python(), encoding="utf-8")
            self.said.emit("note", f"Wrote {path}.", "")
        except (NeuralGraphError, OSError) as error:
            self._failed(f"{path.name} was not written", error)

    def save_weights(self) -> None:
        path = self._ask_place("Weights (*.safetensors)", ".safetensors")
        if path is None:
            return
        try:
            self.session.save_weights(path)
            self.said.emit("note", f"Wrote {path}.", "")
        except (NeuralGraphError, OSError) as error:
            self._failed(f"{path.name} was not written", error)

    def _export(self, kinds: str, suffix: str) -> None:
        from neuralgraph.ui.canvas.export_picture import export_picture

        path = self._ask_place(kinds, suffix)
        if path is None or self._canvas.hands is None:
            return
        try:
            export_picture(self._canvas.hands.board, path)
            self.said.emit("note", f"Wrote {path}.", "")
        except (NeuralGraphError, OSError) as error:
            self._failed(f"{path.name} was not written", error)

    def _ask_place(self, kinds: str, suffix: str) -> Path | None:
        folder = self.session.folder or Path.home()
        name = Path(self.session.title).with_suffix(suffix).name
        found, _ = QFileDialog.getSaveFileName(self._window, "Export", str(folder / name), kinds)
        path = Path(found) if found else None
        return path if path is None or path.suffix else path.with_suffix(suffix)

    def _write(self, path: Path | None) -> bool:
        try:
            where = self.session.save(path)
        except (NeuralGraphError, OSError) as error:
            self._failed("The document was not saved", error)
            return False
        self._settings.remember(where)
        self._settings.put("folder", str(where.parent))
        self.saved.emit()
        return True

    def _failed(self, title: str, error: Exception) -> None:
        self.said.emit("error", f"{title}: {error}", "")
        self.failed.emit(title, str(error))

    def _show(self, session: Session) -> None:
        self.session = session
        self.opened.emit(session)
