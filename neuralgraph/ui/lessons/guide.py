"""Lessons in the window: which one belongs to the open document, its panel, and what the panel wants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit

from neuralgraph.graph.edits import Replace
from neuralgraph.graph.file import read
from neuralgraph.lessons.course import document, example_of, lessons, place_of
from neuralgraph.lessons.lesson import Lesson, Point
from neuralgraph.session import Session
from neuralgraph.training.events import EpochEnded, Event, Started, Step
from neuralgraph.ui.bridge import later
from neuralgraph.ui.lessons.acting import Acting
from neuralgraph.ui.lessons.checking import Facts
from neuralgraph.ui.lessons.panel import LessonPanel

if TYPE_CHECKING:
    from neuralgraph.ui.window import MainWindow
    from neuralgraph.ui.workbench import Workbench

PAGES = (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
ROOMY = 1680
"""A window of so many pixels has room for the palette beside a lesson."""
NARROW = 1280
"""In a narrower one the properties go as well, but for steps that point at them."""
AT_RIGHT = ("properties", "inspector")
BELOW = 0.33
"""The share of the window that the panels below get while a lesson shows its views there."""


class Guide(QObject):
    """Opens the lesson of an example that is opened; a click away otherwise."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench, self._hands = bench, Acting(bench)
        self.panel: LessonPanel | None = None
        self._figures: dict[str, float] = {}
        bench.documents.opened.connect(self.follow, Qt.ConnectionType.QueuedConnection)  # when it is shown
        bench.bridge.events.connect(self._hear)
        bench.training.cleared.connect(self._figures.clear)

    @property
    def on(self) -> bool:
        return self.panel is not None and self._bench.docks.shown("lesson")

    def follow(self, session: Session) -> None:
        """Another document is open: its lesson, if it is an example that has one."""
        self._figures.clear()
        found = place_of(session.title) if session.path is None else None
        if found is not None:
            self.open(*found, Path(session.title).stem)
        else:
            self.close()
        session.history.subscribe(lambda _change: self.look())

    def begin(self, name: str) -> None:
        """Open the example of a lesson, and with it the lesson."""
        lesson = next((one for one in lessons() if one.name == name), None)
        if lesson is not None:
            self._bench.documents.open(example_of(lesson), as_copy=True)

    def toggle(self) -> None:
        """Put the lesson away, or go on with it where it was left; after its last step, from the first."""
        if self.on:
            self.close()
            return
        found = place_of(self._bench.session.title)
        if found is None:
            self._bench.say("warning", "This document has no lesson.", "The lessons belong to the examples of the "
                            "course: File ▸ Welcome screen shows them, and each opens with its own.")
            return
        (lesson, first), panel = found, self.panel
        at = panel.at if panel is not None and panel.lesson is lesson and not panel.last else first
        self.open(lesson, at, Path(self._bench.session.title).stem)

    def open(self, lesson: Lesson, at: int = 0, document: str = "") -> None:
        """Show a lesson beside the document there is, from its step number `at` on."""
        docks = self._bench.docks
        if self.panel is None:
            self.panel = LessonPanel(self._bench.theme)
            self.panel.acted.connect(self._hands.do)
            self.panel.pointed.connect(self._hands.point)
            self.panel.closed.connect(self.close)
            self.panel.restarted.connect(self.restart)
            self.panel.changed.connect(self._turned)
            docks.add_beside("lesson", "Lesson", self.panel)
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self.panel.open(lesson, at, document)
        if self._bench.window.width() < ROOMY:
            docks.put_away("left")
        docks.show_one("lesson", True)
        later(0, self._settle, self)

    def _settle(self) -> None:
        """The docks have their places: as wide as its words need, the network as large as it can be."""
        if self.on:
            self._bench.docks.show_one("lesson", True)
            self._make_room()
            later(0, self._raise_views, self)

    def _raise_views(self) -> None:
        """What a lesson shows below is to be seen whole; the network is fitted into what is left, then pointed at."""
        later(30, self._bench.canvas.fit, self)
        later(90, self._arrive, self)
        if self.on:
            self._bench.docks.raise_bottom(round(self._bench.window.height() * BELOW))

    def _make_room(self) -> None:
        """In a narrow window the properties are there for those steps that point at them."""
        docks, panel = self._bench.docks, self.panel
        assert panel is not None and panel.lesson is not None
        parts = panel.lesson.screens[panel.at].parts
        wanted = any(isinstance(one, Point) and one.place in AT_RIGHT for one in parts)
        if wanted:
            docks.bring_back("right")
        elif self._bench.window.width() < NARROW:
            docks.put_away("right")

    def close(self) -> None:
        """Put the lesson away; the document stays."""
        if self.panel is None or not self._bench.docks.shown("lesson"):
            return
        self._bench.canvas.setFocus()  # not a field that happens to come next: the next key would change it
        docks = self._bench.docks
        docks.show_one("lesson", False)
        docks.bring_back("left")
        docks.bring_back("right")
        docks.let_down()

    def restart(self) -> None:
        """The document and the lesson as they were at first; one step that can be undone."""
        lesson = self.panel.lesson if self.panel is not None else None
        if lesson is None:
            return
        bench = self._bench
        bench.training.reset()
        panel = self.panel
        assert panel is not None
        graph = read(document(panel.document)).graph
        if not graph.computes(bench.session.graph) or graph.plan != bench.session.graph.plan:
            bench.session.edit(Replace(graph, "Back to the start of the lesson"))
        first, panel.lesson = self._first(), None  # its ticks go, too
        panel.open(lesson, first, panel.document)
        self._arrive()

    # -- several documents ------------------------------------------------------------------------------------------

    def _first(self) -> int:
        """The first step that is about the document here."""
        found = place_of(self.panel.document) if self.panel is not None else None
        return found[1] if found is not None else 0

    def bring(self, name: str, at: int | None = None) -> None:
        """The example of this name in front, at this step: in its tab, or opened in a new one."""
        page = self._page(name)
        if page is None:
            if not self._bench.documents.open(document(name), as_copy=True, beside=True):
                return
            shell = self._bench.window.shell
            page = shell.page if shell is not None else self._bench.window
        guide, lesson = page.bench.guide, self.panel.lesson if self.panel is not None else None
        if at is not None and lesson is not None:
            later(0, lambda: guide.resume(lesson, at, name), guide)  # a new page follows its document by itself first

    def resume(self, lesson: Lesson, at: int, name: str) -> None:
        """Go on here, where another tab has left off."""
        if self.on and self.panel is not None and self.panel.lesson == lesson:
            self.panel.go(at)
        else:
            self.open(lesson, at, name)

    def _page(self, name: str) -> MainWindow | None:
        """The tab with the copy of this example, brought to the front."""
        shell = self._bench.window.shell
        for number, page in enumerate(shell.pages if shell is not None else ()):
            session = page.bench.session
            if session.path is None and Path(session.title).stem == name:
                shell.bar.setCurrentIndex(number)  # type: ignore[union-attr]
                return page
        return None

    def _turned(self, at: int) -> None:
        """Another step: one that is about the lesson's own document, or about one that is open, goes on there."""
        panel = self.panel
        if panel is None or panel.here or panel.lesson is None:
            self._arrive()
            return
        shell, about = self._bench.window.shell, panel.about
        if shell is not None and (about == panel.lesson.name or self._page(about) is not None):
            self.bring(about, at)
            if panel.document != panel.lesson.name:  # whoever comes back here finds what is said of this document
                panel.blockSignals(True)
                panel.go(self._first())
                panel.blockSignals(False)
        self.look()

    def look(self) -> None:
        """What is true now."""
        if self.panel is not None and self.on and self.panel.here:
            session, scene = self._bench.session, self._bench.canvas
            analysis = session.analysis
            errors = len(analysis.errors) if analysis is not None and analysis.graph is session.graph else None
            selected = scene.scene.selected_ids() if scene.view is not None else ()
            self.panel.look(Facts(session.graph, session.catalog, dict(self._figures), selected, errors))

    def _arrive(self) -> None:
        """A step is shown: point at the first place that it names, and see what is true already."""
        if self.panel is not None and self.on:
            self._make_room()
        self._hands.point_nowhere()
        if self.panel is not None and self.panel._pointed:
            self._hands.point(self.panel._pointed[0])
        self.look()

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Started() if not event.start_step:
                    self._figures.clear()
                case Step():
                    self._figures["steps"] = event.step
                    if len(event.losses):
                        self._figures["loss"] = float(event.losses[-1])
                case EpochEnded():
                    self._figures |= {**event.figures, "epochs": event.epoch, "steps": event.step}
        self.look()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A presenter's remote turns the pages, wherever the focus is, but not while something is typed."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or event.key() not in PAGES:
            return False
        focus = QApplication.focusWidget()
        if self.panel is None or not self.on or watched is not focus or not self._bench.window.isActiveWindow() \
                or isinstance(focus, QLineEdit | QTextEdit | QPlainTextEdit):
            return False
        if event.key() == Qt.Key.Key_PageDown:
            self.panel.forward()
        else:
            self.panel.go(self.panel.at - 1)
        return True
