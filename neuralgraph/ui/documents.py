"""New, open, save, export: files, dialogues and the question before something is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from neuralgraph.errors import ChangedOutside, NeuralGraphError, WeightsMismatch
from neuralgraph.graph.difference import difference, shortened
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.file import read
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.save import write_checked
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.spec.initial import files, moved
from neuralgraph.ui.canvas_area import CanvasArea
from neuralgraph.ui.dialogs import Answer, ask_to_save, choose
from neuralgraph.ui.panels.fields import ask_path
from neuralgraph.ui.panels.initial_form import START
from neuralgraph.ui.settings import Settings
from neuralgraph.validation.problem import Fix

WEIGHTS = "Weights (*.safetensors *.pt *.pth)"
AGREED = 500
"""So many consents to read outside a document's folder are remembered."""
FILTER = "NeuralGraph documents (*.ngraph);;Trained models (*.ngz)"
OPENED = "Documents and trained models (*.ngraph *.ngz)"
DATA = "Data (*.csv *.tsv *.parquet *.txt *.npz *.zip)"


class Documents(QObject):
    """The open document. `opened` brings a new session; `said` level, text and more for the log."""

    opened = Signal(object)
    saved = Signal()
    said = Signal(str, str, str)
    failed = Signal(str, str)
    weights_taken = Signal()

    def __init__(self, window: QWidget, canvas: CanvasArea, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._canvas, self._settings = window, canvas, settings
        self.session = Session()
        self.elsewhere: Callable[[Path], datetime | None] = lambda path: None
        """Since when another window has a file open."""
        self.another: Callable[[], Documents | None] = lambda: None
        """A place for one more document; None where there is only this one."""
        self.go_to: Callable[[Path], bool] = lambda path: False
        """Bring a file that is open already to the front; whether it is."""

        self.bring: Callable[[Path], None] | None = None
        """Reads data off the GUI thread and shows them then; None reads them at once."""
        self.busy: Callable[[], bool] = lambda: False
        """Whether it is being trained."""

    def new(self) -> None:
        room = self._room()
        if room is not None:
            room._show(Session())

    def ask_open(self) -> None:
        start = str(self.session.folder or self._settings.text("folder", str(Path.home())))
        found, _ = QFileDialog.getOpenFileName(self._window, "Open", start, f"{OPENED};;{DATA}")
        if found:
            self.open(Path(found))

    def open(self, path: Path, *, as_copy: bool | None = None, beside: bool = False) -> bool:
        """Open a file; an example opens as a copy, data as a new document. A failure leaves what is open as it is.

        `beside` leaves what is open even where it is an example as it came.
        """
        path = Path(path)
        if not as_copy and self.go_to(path):
            return True
        if self.bring is not None and Session.may_be_data(path):
            self.bring(path)
            return True
        copy = path.resolve().parent == examples().resolve() if as_copy is None else as_copy
        wanted = self._asked_about(path, copy)
        if wanted is None:
            return False
        copy = wanted
        try:
            session = Session.open(path, as_copy=copy, guarded=True)
        except (NeuralGraphError, OSError) as error:
            self.said.emit("error", str(error), "")
            self.failed.emit(f"{path.name} cannot be opened", str(error))
            return False
        room = (self.another() if beside else None) or self._room()
        if room is None:
            return False
        if not copy:
            self._settings.remember(path)
            self._settings.put("folder", str(path.parent))
        room._show(session)
        for note in session.notes:
            room.said.emit("note", note, "")
        return True

    def _room(self) -> Documents | None:
        """Where a document can be shown: here, where nothing is, else beside; None where the user wants to stay."""
        return self if self.blank else self.another() or (self if self.may_close() else None)

    @property
    def blank(self) -> bool:
        """There is nothing, or an example as it came."""
        session = self.session
        return session.path is None and not session.modified and session.run is None and not self.busy()

    def _asked_about(self, path: Path, copy: bool) -> bool | None:
        """Another window has the file open: open a copy, open it all the same (False), or do not (None)."""
        since = self.elsewhere(path) if not copy else None
        if since is None:
            return copy
        answer = choose(self._window, f"{path.name} is open in another window since {since:%H:%M}.",
                        "If both save, the later one is warned, and earlier versions are kept.",
                        "Open a copy", "Open it here too")
        return {0: True, 1: False}.get(answer)

    def take(self, session: Session) -> None:
        """Show a document that comes from no file: recovered, or an earlier version."""
        room = self._room()
        if room is not None:
            room._show(session)

    def save(self) -> bool:
        """Save where it is; asks for a place where it has none. Whether it was saved."""
        return self._write(self.session.path) if self.session.path is not None else self.save_as()

    def save_as(self) -> bool:
        path = self.session.path
        folder = path.parent if path else Path(self._settings.text("folder", str(Path.home())))
        found, kind = QFileDialog.getSaveFileName(self._window, "Save", str(folder / self.session.title), FILTER)
        where = Path(found)
        if found and not where.suffix and "*.ngz" in kind:
            where = where.with_suffix(".ngz")
        return self._write(where) if found else False

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
            write_checked(path, self.session.to_python().encode())
            self.said.emit("note", f"Wrote {path}.", "")
        except (NeuralGraphError, OSError) as error:
            self._failed(f"{path.name} was not written", error)

    def export_model(self) -> None:
        """Document, weights and small data as one file; the document stays where it is."""
        path = self._ask_place("Trained models (*.ngz)", ".ngz")
        if path is None:
            return
        try:
            self.session.save_model(path)
            self.said.emit("note", f"Wrote {path}.", "")
            for note in self.session.left_behind:
                self.said.emit("note", note, "")
        except (NeuralGraphError, OSError) as error:
            self._failed(f"{path.name} was not written", error)

    def load_weights(self) -> None:
        """Take weights from a file; where only some nodes fit, those are offered."""
        start = str(self.session.folder or self._settings.text("folder", str(Path.home())))
        found, _ = QFileDialog.getOpenFileName(self._window, "Load weights", start, WEIGHTS)
        if found:
            self.take_weights(Path(found))

    def take_weights(self, path: Path, *, only_matching: bool = False) -> bool:
        """Whether they were taken."""
        try:
            taken = self.session.load_weights(path, only_matching=only_matching)
        except WeightsMismatch as error:
            text = "\n".join(shortened(error.sentences, 10))
            if not error.fits:
                self._failed(f"The weights of {path.name} do not fit this graph", error)
                return False
            count, names = len(error.fits), ", ".join(error.fits[:8])
            question = f"Of this graph only {count} node{'s match' if count > 1 else ' matches'} {path.name}: {names}."
            if choose(self._window, question, text, f"Load {'those' if count > 1 else 'that one'}") == 0:
                return self.take_weights(path, only_matching=True)
            return False
        except (NeuralGraphError, OSError) as error:
            self._failed(f"{path.name} was not read", error)
            return False
        nodes = f"{len(taken.fits)} node{'s' if len(taken.fits) > 1 else ''}"
        self.said.emit("note", f"Took the weights of {nodes} from {path.name}; training goes on from them.", "")
        self.weights_taken.emit()
        return True

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

    def _write(self, path: Path | None, *, overwrite: bool = False) -> bool:
        try:
            where = self.session.save(path, overwrite=overwrite)
        except ChangedOutside:
            return self._changed_outside()
        except (NeuralGraphError, OSError) as error:
            self._failed("The document was not saved", error)
            return False
        self._settings.remember(where)
        self._settings.put("folder", str(where.parent))
        self._remember_agreed()
        self.saved.emit()
        for note in self.session.notes:
            self.said.emit("note", note, "")
        return True

    def _changed_outside(self) -> bool:
        """The file is not the one that was opened: nothing is written over unasked."""
        path = self.session.path
        assert path is not None
        try:
            said = difference(read(path).graph, self.session.graph)
            text = "What would change in it:\n" + "\n".join(shortened(said, 8)) if said else "Both are the same."
        except NeuralGraphError as error:
            text = str(error)
        answer = choose(self._window, f"Another program has changed {path.name} since it was opened here.", text,
                        "Save as…", "Save over it")
        return self.save_as() if answer == 0 else self._write(path, overwrite=True) if answer == 1 else False

    def _failed(self, title: str, error: Exception) -> None:
        self.said.emit("error", f"{title}: {error}", "")
        self.failed.emit(title, str(error))

    def answer(self, fix: Fix) -> bool:
        """What a fix asks before it can help; whether it was answered."""
        if fix.ask == "allow":
            self.session.agree(fix.path)
            self._remember_agreed()
            self.said.emit("note", f"Reading {fix.path} is allowed for this document, on this computer.", "")
            return True
        if fix.path in files(self.session.graph.nodes[fix.node].initialiser).values():
            return self._locate_start(fix)
        node = self.session.node(fix.node)
        name = next((name for name, one in node.params.items() if one.kind == "file"), "") if node is not None else ""
        if node is None or not name:
            return False
        found = ask_path(self._window, node.params[name], str(self.session.folder or ""))
        if found:
            self.session.agree(found)
            placed = self.session.graph.nodes[fix.node]
            params = placed.params.having(**{name: self.session.reach.short(found)})
            self.session.edit(ChangeNode(replace(placed, params=params), f"Locate {name} of {placed.name}"))
            self._remember_agreed()
        return bool(found)

    def _locate_start(self, fix: Fix) -> bool:
        """Another file for weights to start from."""
        found = ask_path(self._window, START, str(self.session.folder or ""))
        if found:
            self.session.agree(found)
            placed = self.session.graph.nodes[fix.node]
            start = FrozenDict(moved(placed.initialiser, fix.path, self.session.reach.short(found)))
            self.session.edit(ChangeNode(replace(placed, initialiser=start), f"Locate the weights of {placed.name}"))
            self._remember_agreed()
        return bool(found)

    def _remember_agreed(self) -> None:
        """Consent belongs to a document on this computer; it is never saved in the document."""
        path = self.session.path
        if path is not None and self.session.agreed:
            known = [one for one in self._settings.words("agreed") if not one.startswith(f"{path.resolve()}\n")]
            mine = [f"{path.resolve()}\n{one}" for one in sorted(self.session.agreed)]
            self._settings.put("agreed", [*known, *mine][-AGREED:])
            self._settings.save()

    def _show(self, session: Session) -> None:
        session.guarded = True
        if session.path is not None:
            start = f"{session.path.resolve()}\n"
            session.agreed |= {
                one.removeprefix(start) for one in self._settings.words("agreed") if one.startswith(start)}
        self.session = session
        self.opened.emit(session)
