"""From Qt's events to gestures: which one begins, who gets the pointer, and Esc that cancels it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
)

from neuralgraph.errors import DocumentError
from neuralgraph.graph import wiring
from neuralgraph.graph.edits import ChangeNode, PutFrame, PutNote
from neuralgraph.graph.ids import fresh
from neuralgraph.room import Inside, Room
from neuralgraph.tokens import GRID, HEADER
from neuralgraph.ui.canvas import beads, module_commands
from neuralgraph.ui.canvas.gestures.board import Board, End, Hand
from neuralgraph.ui.canvas.gestures.gesture import Gesture
from neuralgraph.ui.canvas.gestures.knife import Knife
from neuralgraph.ui.canvas.gestures.move import MoveItems
from neuralgraph.ui.canvas.gestures.palette_drop import PaletteDrop, type_in
from neuralgraph.ui.canvas.gestures.resize import Resize
from neuralgraph.ui.canvas.gestures.rubber import ADDING, RubberBand
from neuralgraph.ui.canvas.gestures.wire import LayWire
from neuralgraph.ui.canvas.inline_editor import InlineEditor
from neuralgraph.ui.canvas.quick_add import QuickAdd
from neuralgraph.ui.canvas.shelf import applied, called, shelf, stem_of, taken, together

BESIDE = 240.0
MOUSE = {QEvent.Type.MouseButtonPress: "press", QEvent.Type.MouseMove: "move",
         QEvent.Type.MouseButtonRelease: "release", QEvent.Type.MouseButtonDblClick: "double"}
DRAGS = {QEvent.Type.DragEnter: "drag_enter", QEvent.Type.DragMove: "drag_move", QEvent.Type.DragLeave: "drag_leave",
         QEvent.Type.Drop: "drop"}

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Hands(QObject):
    """Watches a view. What it does not use goes on to the view: panning, zooming, files that are dropped."""

    def __init__(self, board: Board, *, keys: bool = True) -> None:
        super().__init__(board.view)
        self.board = board
        self.keys = keys
        """Answer the default keys here too. The window turns this off once its own key map is bound."""
        self.gesture: Gesture | None = None
        self.popup: QuickAdd | None = None
        self.editor: InlineEditor | None = None
        self._palette: PaletteDrop | None = None
        self._chord = ""
        self._space = False
        self._quiet = False
        view = board.view
        view.viewport().installEventFilter(self)
        view.installEventFilter(self)
        view.viewport().setMouseTracking(True)
        view.setAcceptDrops(True)
        view.viewport().setAcceptDrops(True)

    # -- events -----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self.board.view:
            if kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and isinstance(event, QKeyEvent):
                return self._key(event, down=kind == QEvent.Type.KeyPress)
            return False
        if kind in MOUSE and isinstance(event, QMouseEvent):
            return bool(getattr(self, f"_{MOUSE[kind]}")(event))
        if kind in DRAGS:
            return bool(getattr(self, f"_{DRAGS[kind]}")(event))
        if kind == QEvent.Type.ContextMenu and isinstance(event, QContextMenuEvent):
            return self._menu(event)
        return False

    def cancel(self) -> bool:
        """End whatever is going on without a trace; whether there was something."""
        if self.gesture is not None:
            gesture, self.gesture = self.gesture, None
            gesture.cancel()
            self.board.view.viewport().unsetCursor()
            return True
        if self.popup is not None and self.popup.isVisible():
            self.popup.dismiss()
            return True
        return False

    def hand(self, event: QMouseEvent) -> Hand:
        screen = event.position().toPoint()
        return Hand(self.board.view.mapToScene(screen), screen, event.modifiers())

    def _press(self, event: QMouseEvent) -> bool:
        hand, button = self.hand(event), event.button()
        if self.popup is not None:
            self.popup.dismiss()
        if self.gesture is not None:
            return True
        if button == Qt.MouseButton.RightButton and hand.holds(Qt.KeyboardModifier.ControlModifier):
            self._begin(Knife(self.board, hand))
            return True
        if button != Qt.MouseButton.LeftButton or self._space:
            return False
        self.board.view.setFocus(Qt.FocusReason.MouseFocusReason)
        return self._left(hand)

    def _left(self, hand: Hand) -> bool:
        port = self.board.port_at(hand.place)
        if port is not None:
            self._begin(LayWire(self.board, hand, port, self.ask))
            return True
        corner = Resize.at(self.board, hand)
        item = self.board.item_at(hand.place)
        if corner is not None and (item is None or item == corner):
            self._begin(Resize(self.board, hand, corner))
        elif item is not None:
            self._begin(MoveItems(self.board, hand, item))
        elif (wire := self.board.wire_at(hand.place)) is not None:
            kept = [one for one in self.board.selected_wires() if one != wire]
            adding = hand.holds(ADDING)
            wires = kept if adding and len(kept) < len(self.board.selected_wires()) else [*kept, wire]
            self.board.select(self.board.selection() if adding else (), wires if adding else (wire,))
        else:
            self._begin(RubberBand(self.board, hand))
        return True

    def _begin(self, gesture: Gesture) -> None:
        self.gesture = gesture
        if gesture.cursor is not None and not isinstance(gesture, MoveItems):
            self.board.view.viewport().setCursor(gesture.cursor)

    def _move(self, event: QMouseEvent) -> bool:
        if self.gesture is None:
            return False
        self.gesture.move(self.hand(event))
        return True

    def _release(self, event: QMouseEvent) -> bool:
        if self.gesture is None:
            return False
        self._quiet = isinstance(self.gesture, Knife)
        if self.gesture.release(self.hand(event)):
            self.gesture = None
            self.board.view.viewport().unsetCursor()
        return True

    def _double(self, event: QMouseEvent) -> bool:
        hand = self.hand(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        if self.gesture is not None:
            return True
        item = self.board.item_at(hand.place)
        graph = self.board.session.graph
        if item is not None and (item in graph.notes or item in graph.frames):
            self.edit_text(item)
        elif item is not None and beads.passes(self.board, item):
            beads.take(self.board, (item,))
        elif item is not None and module_commands.can_enter(self, item):
            self.board.enter(item)
        elif item is None and self.board.port_at(hand.place) is None:
            wire = self.board.wire_at(hand.place)
            self.quick_add(hand) if wire is None else beads.put(self.board, wire, hand.place)
        else:
            return self._press(event)
        return True

    def _key(self, event: QKeyEvent, *, down: bool) -> bool:
        if event.key() == Qt.Key.Key_Space and self.gesture is None:
            self._space = down or (event.isAutoRepeat() and self._space)
            return False
        if self.gesture is not None:
            if down and event.key() == Qt.Key.Key_Escape:
                return self.cancel()
            if event.key() in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt):
                self._again(event.modifiers())
            return True
        chosen = self.board.selection()
        if down and event.key() in ENTER and len(chosen) == 1 and module_commands.can_enter(self, chosen[0]):
            self.board.enter(chosen[0])
            return True
        if not down or not self.keys:
            return False
        from neuralgraph.ui.canvas.canvas_commands import pressed

        found, self._chord = pressed(event, self._chord)
        if found is None:
            return bool(self._chord)
        found.run(self)
        return True

    def _again(self, keys: Qt.KeyboardModifier) -> None:
        """A modifier changed: the gesture looks again."""
        if self.gesture is not None and self.gesture.moved:
            screen = self.board.view.viewport().mapFromGlobal(QCursor.pos())
            self.gesture.follow(Hand(self.board.view.mapToScene(screen), screen, keys))

    def _menu(self, event: QContextMenuEvent) -> bool:
        if self._quiet or self.gesture is not None:
            self._quiet = False
            return True
        from neuralgraph.ui.canvas.context_menu import context_menu

        place = self.board.view.mapToScene(event.pos())
        item, wire = self.board.item_at(place), self.board.wire_at(place)
        if item is not None and item not in self.board.selection():
            self.board.select((item,))
        elif item is None and wire is not None and wire not in self.board.selected_wires():
            self.board.select((), (wire,))
        menu = context_menu(self)
        menu.popup(event.globalPos())
        return True

    # -- drags from outside -----------------------------------------------------------------------------------------

    def _drag_enter(self, event: QDragEnterEvent) -> bool:
        type = type_in(event.mimeData())
        if not type:
            return False
        self._palette = PaletteDrop(self.board, type)
        event.acceptProposedAction()
        return True

    def _drag_move(self, event: QDragMoveEvent) -> bool:
        if self._palette is None:
            return False
        self._palette.follow(self._dropping(event))
        event.acceptProposedAction()
        return True

    def _drag_leave(self, _event: QDragLeaveEvent) -> bool:
        if self._palette is None:
            return False
        self._palette.clear()
        self._palette = None
        return True

    def _drop(self, event: QDropEvent) -> bool:
        if self._palette is None:
            return False
        palette, self._palette = self._palette, None
        palette.drop(self._dropping(event))
        event.acceptProposedAction()
        self.board.view.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def _dropping(self, event: QDropEvent) -> Hand:
        screen = event.position().toPoint()
        return Hand(self.board.view.mapToScene(screen), screen, event.modifiers())

    # -- adding and editing -----------------------------------------------------------------------------------------

    def here(self) -> Hand:
        """Where the pointer is, or the middle of the view while it is elsewhere."""
        viewport = self.board.view.viewport()
        screen = viewport.mapFromGlobal(QCursor.pos())
        if not viewport.rect().contains(screen) or not viewport.underMouse():
            screen = viewport.rect().center()
        return Hand(self.board.view.mapToScene(screen), screen)

    def quick_add(self, hand: Hand | None = None) -> None:
        """The search. Enter places a node and wires it with the one selected node."""
        selected = self.board.selection()
        graph = self.board.session.graph
        after: End | None = None
        if len(selected) == 1 and selected[0] in graph.nodes:
            node = self.board.session.node(selected[0])
            after = (selected[0], node.outputs()[0]) if node is not None and node.outputs() else None
        self._open(hand or self.here(), None, after, None,
                   f"Enter places it after {graph.nodes[after[0]].name}" if after else "")

    def ask(self, hand: Hand, end: End, output: bool) -> None:
        """The search for what fits a loose wire."""
        session = self.board.session
        specs = session.analysis.specs if session.analysis else wiring.NOTHING
        kinds = wiring.fitting(session.graph, session.catalog, end, forward=output, specs=specs)
        name = session.graph.nodes[end[0]].name
        hint = f"Fits after {name}" if output else f"Fits before {name}"
        self._open(hand, [one.__name__ for one in kinds], end if output else None, None if output else end, hint)

    def _open(
        self, hand: Hand, allowed: Iterable[str] | None, after: End | None, before: End | None, hint: str
    ) -> None:
        board = self.board
        if self.popup is not None:
            self.popup.deleteLater()
        popup = self.popup = QuickAdd(
            board.view.viewport(), board.tokens, shelf(board.session.catalog, _modules_here(board.session)))
        loose = allowed is not None
        popup.chosen.connect(lambda type: self.place(type, hand, after, before, loose=loose))
        popup.open_at(hand.screen + QPoint(2, 2), list(allowed) if allowed is not None else None, hint)

    def place(self, type: str, hand: Hand, after: End | None, before: End | None, *, loose: bool) -> None:
        """Put a node down and wire it: one undo step."""
        board, session = self.board, self.board.session
        id = fresh(session.graph, stem_of(type))
        x, y = hand.place.x(), hand.place.y() - HEADER / 2
        if after is not None and not loose:
            box = board.box(after[0])
            x, y = self._beside(QPointF(box.left() + max(BESIDE, box.width() + 88), box.top()))
        elif before is not None:
            x -= 120
        x, y = float(round(x / GRID) * GRID), float(round(y / GRID) * GRID)
        try:
            first, placed = taken(session, type, id, x, y)
        except DocumentError as error:
            board.say(str(error))
            return
        specs, trial = session.analysis.specs if session.analysis else wiring.NOTHING, applied(session.graph, first)
        session.edit(together(first, wiring.place(
            trial, session.catalog, placed, after=after, before=before, specs=specs)))
        board.select((id,))
        board.say(f"{called(type)} added")
        board.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _beside(self, corner: QPointF) -> tuple[float, float]:
        """A free place at `corner` or below it."""
        graph, box = self.board.session.graph, QRectF(corner.x(), corner.y(), 152, 72)
        taken = [self.board.box(one) for one in graph.nodes]
        while any(box.intersects(one) for one in taken):
            box.translate(0, GRID)
        return box.x(), box.y()

    def edit_text(self, id: str) -> None:
        """The title of a node or frame, or the text of a note, in place."""
        graph, board = self.board.session.graph, self.board
        box = board.view.mapFromScene(board.box(id)).boundingRect()
        scale = board.view.transform().m11()
        lines = id in graph.notes
        text = graph.notes[id].text if lines else (graph.nodes.get(id) or graph.frames[id]).title
        area = box if lines else QRect(box.left() + round(34 * scale), box.top(), max(
            120, box.width() - round(34 * scale)), max(26, round(HEADER * scale)))
        self.editor = InlineEditor(board.view.viewport(), board.tokens, text, area, lambda new: self._keep(id, new),
                                   lines=lines, name="Text of the note" if lines else "Title", scale=scale)

    def _keep(self, id: str, text: str) -> None:
        session = self.board.session
        graph = session.graph
        if id in graph.notes:
            session.edit(PutNote(replace(graph.notes[id], text=text), "Write note"))
        elif id in graph.frames:
            session.edit(PutFrame(replace(graph.frames[id], title=text), "Rename frame"))
        elif id in graph.nodes:
            session.edit(ChangeNode(replace(graph.nodes[id], title=text.strip()), f"Rename {id}"))


def _modules_here(room: Room) -> tuple[str, ...]:
    """The definitions of which one can put a copy down here: all but that of the room."""
    own = room.module if isinstance(room, Inside) else ""
    return tuple(name for name in sorted(room.graph.modules) if name != own)
