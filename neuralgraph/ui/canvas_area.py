"""The middle of the window: the canvas of one document with its bubble, its fixes, its hints and a quiet bar above."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolTip, QVBoxLayout, QWidget

from neuralgraph.graph.edits import AddNode, Edit, Group
from neuralgraph.graph.history import Change
from neuralgraph.graph.module_edits import Within
from neuralgraph.room import Room
from neuralgraph.ui.advice import AdviceBar
from neuralgraph.ui.canvas.bubble import Bubble
from neuralgraph.ui.canvas.canvas_commands import CANVAS_ACTIONS
from neuralgraph.ui.canvas.gestures.hands import Hands
from neuralgraph.ui.canvas.gestures.scene_board import SceneBoard
from neuralgraph.ui.canvas.ghost import Ghost
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.trail import Trail
from neuralgraph.ui.canvas.view import CanvasView
from neuralgraph.ui.controls import button, flat, words
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

_RUN = {one.id: one.run for one in CANVAS_ACTIONS}


class CanvasArea(QFrame):
    """Holds the view of the open document. `selected` brings the ids, `fix_wanted` a `Fix`, `said` a short word."""

    selected = Signal(tuple)
    fix_wanted = Signal(object)
    said = Signal(str)
    wires_wanted = Signal(QPoint)
    """Something else is to be seen on wires: where to offer it, on the screen."""
    go = Signal(object)
    """A module to go inside of, by its id here; None to leave this one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("canvasframe")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(1, 1, 1, 1)
        self._box.setSpacing(0)
        self.offer = Offer(theme)
        self._box.addWidget(self.offer)
        self.advice = AdviceBar(theme)
        self._box.addWidget(self.advice)
        self.trail = Trail(theme)
        self._box.addWidget(self.trail)
        self.view: CanvasView | None = None
        self.hands: Hands | None = None
        self._scene: CanvasScene | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._hints: QLabel | None = None
        self.tip: Callable[[str, tuple[str, str] | None], str] = lambda _node, _wire: ""
        """What is told of a node or a wire under the pointer."""

    def put_bar(self, bar: QWidget) -> None:
        """One more quiet bar above the canvas."""
        self._box.insertWidget(self._box.indexOf(self.trail), bar)

    @property
    def scene(self) -> CanvasScene:
        assert self._scene is not None
        return self._scene

    def set_session(self, session: Room) -> CanvasView:
        """Show another document."""
        self.close_session()
        scene = self._scene = CanvasScene(session, self.theme)
        view = self.view = CanvasView(scene)
        view.set_text_size(self.theme.scale)
        scene.setParent(view)
        self._box.addWidget(view, 1)
        self.hands = Hands(SceneBoard(view, say=self.said.emit, go=self.go.emit), keys=False)
        self.bubble = Bubble(view)
        self.bubble.fix_chosen.connect(self.fix_wanted)
        self.ghost = Ghost(scene)
        scene.addItem(self.ghost)
        scene.selection_changed.connect(self._selection_changed)
        view.legend.wanted.connect(lambda: self.wires_wanted.emit(view.legend.mapToGlobal(QPoint(0, 0))))
        view.zoomed.connect(lambda _zoom: view.legend.look())
        self._unsubscribe = session.history.subscribe(self._changed)
        self._hints = _hints(view, self.theme)
        self._settle_hints()
        self.setFocusProxy(view)
        view.viewport().installEventFilter(self)
        return view

    def as_png(self) -> bytes:
        """What is drawn, as a small PNG; nothing where nothing is shown."""
        from neuralgraph.ui.canvas.export_picture import as_png

        return as_png(self.hands.board, 1200) if self.hands is not None else b""

    def close_session(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self.view is not None:
            self._box.removeWidget(self.view)
            self.view.hide()
            self.view.setParent(None)
            self.view.deleteLater()
        self.view = self.hands = self._scene = None

    def set_theme(self) -> None:
        self.offer.dress()
        self.advice.dress()
        self.trail.dress()
        if self._scene is not None and self.view is not None:
            self.scene.set_tokens(self.theme.tokens)
            self.view.viewport().update()
            self.view.set_text_size(self.theme.scale)
            self.view.pill.update()
            self.view.legend.update()

    def set_analysis(self, analysis: Analysis) -> None:
        self.scene.set_analysis(analysis)
        if self.view is not None and self.view.following:
            self.view.fit()
        self._show_bubble()

    def select(self, ids: tuple[str, ...]) -> None:
        """Select nodes and bring them into sight."""
        self.scene.select(ids)
        known = [id for id in ids if id in self.scene.nodes]
        if known and self.view is not None:
            self.view.ensureVisible(self.scene.node_rect(known[0]), 40, 40)

    def run(self, action: str) -> None:
        """Do a command of the canvas's own table."""
        if self.hands is not None:
            _RUN[action](self.hands)

    def add(self, type: str) -> None:
        """Put a node beside the selection, wired with it, or in the middle of the view."""
        if self.hands is None:
            return
        hand = self.hands.here()
        graph, chosen = self.scene.graph, self.scene.selected_ids()
        after = None
        if len(chosen) == 1 and chosen[0] in graph.nodes:
            node = self.scene.session.node(chosen[0])
            after = (chosen[0], node.outputs()[0]) if node is not None and node.outputs() else None
        self.hands.place(type, hand, after, None, loose=False)

    def zoom_reset(self) -> None:
        if self.view is not None:
            self.view.actual_size()

    def zoom_in(self) -> None:
        if self.view is not None:
            self.view.zoom_in()

    def zoom_out(self) -> None:
        if self.view is not None:
            self.view.zoom_out()

    def fit(self) -> None:
        if self.view is not None:
            self.view.follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Who zooms, pans or drops something decides what is in sight; who only points does not."""
        if isinstance(event, QHelpEvent) and self.view is not None:
            self._tell(event)
        panned = isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress and (
            event.button() == Qt.MouseButton.MiddleButton)
        touched = panned or event.type() in (QEvent.Type.Wheel, QEvent.Type.Drop)
        if touched and self.view is not None:
            self.view.following = False
        return False

    def _tell(self, event: QHelpEvent) -> None:
        assert self.view is not None
        at, scene = self.view.mapToScene(event.pos()), self.scene
        node = scene.node_at(at)
        wire = None if node is not None else scene.wire_pictures.picture_at(at) or scene.wire_at(at)
        QToolTip.showText(event.globalPos(), self.tip(node or "", wire), self.view.viewport())

    def set_previews(self, previews: Mapping[str, Preview]) -> None:
        """Live pictures in the cards."""
        if self._scene is None:
            return
        before = self.scene.content_rect().size() if self.view is not None and self.view.following else None
        self.scene.set_previews(previews)
        if before is not None and self.view is not None and self.scene.content_rect().size() != before:
            self.view.fit()

    def _changed(self, change: Change) -> None:
        self.scene.sync(change.before, change.after)
        if self.view is not None:
            self.view.following = False
        self._settle_hints()
        self.bubble.settle()

    def _selection_changed(self) -> None:
        self.selected.emit(self.scene.selected_ids())
        self._show_bubble()

    def _show_bubble(self) -> None:
        analysis, chosen = self.scene.session.analysis, self.scene.selected_ids()
        found = analysis.problems_of(chosen[0]) if analysis is not None and len(chosen) == 1 else ()
        problem = found[0] if found and found[0].severity != "note" else None
        self.bubble.show_problem(problem)
        self._reveal_bubble()
        fix = problem.fixes[0] if problem is not None and problem.fixes else None
        if fix is None or fix.edit is None or not fix.ghost or chosen[0] not in self.scene.nodes:
            self.ghost.hide()
        else:
            self.ghost.show_at(_where(fix.edit, fix.ghost) or self.scene.node_rect(chosen[0]).topLeft(), fix.ghost)

    def _reveal_bubble(self) -> None:
        """Scroll by as much of the bubble as the lower edge hides."""
        view = self.view
        if view is not None and self.bubble.isVisible():
            hidden = self.bubble.geometry().bottom() - view.viewport().height() + 4
            if hidden > 0:
                bar = view.verticalScrollBar()
                bar.setValue(bar.value() + hidden)
                self.bubble.settle()

    def _settle_hints(self) -> None:
        graph = self.scene.session.graph
        if self._hints is not None:
            self._hints.setVisible(not (graph.nodes or graph.notes or graph.frames))


def _where(edit: Edit, type: str) -> QPointF | None:
    """Where an edit puts a node of this type."""
    match edit:
        case AddNode(node=node) if node.type == type:
            return QPointF(node.x, node.y)
        case Within(edit=inner):
            return _where(inner, type)
        case Group(edits=edits):
            return next((at for one in edits if (at := _where(one, type)) is not None), None)
    return None


class Offer(QFrame):
    """The quiet bar above the canvas: one sentence, one button, one ✕."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("offer")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        self._text = words(theme, "", 13)
        self._text.setWordWrap(True)
        self._action = button("", kind="primary")
        self._action.clicked.connect(self._accept)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        self._close = flat(theme, "close", "Not now", clicked=self.hide)
        row.addWidget(self._close)
        self.buttons = (self._action, self._close)
        self._then: Callable[[], object] | None = None
        self.hide()

    @property
    def said(self) -> str:
        return self._text.text()

    def ask(self, text: str, label: str, then: Callable[[], object]) -> None:
        self._text.setText(text)
        self._action.setText(label)
        self._then = then
        self.show()

    def dress(self) -> None:
        from neuralgraph.ui.controls import dress
        from neuralgraph.ui.icons import icon

        dress(self._text, self.theme)
        self._close.setIcon(icon("close", self.theme.tokens.text2))

    def _accept(self) -> None:
        self.hide()
        if self._then is not None:
            self._then()


def _hints(view: QWidget, theme: Theme) -> QLabel:
    """Faint lines on an empty canvas."""
    made = words(theme, "Drag a node from the left, or press Tab to search.\nDrag from a port to wire.\n"
                 "Drop a table (CSV) here to learn from it.\nCtrl + Enter trains.", 15, 400, "text3")
    made.setParent(view)
    made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    made.move(48, 48)
    made.adjustSize()
    return made

