"""What a gesture sees of the canvas, and what it is told about the hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView

from neuralgraph.graph.edits import Edit
from neuralgraph.graph.wiring import Refusal
from neuralgraph.room import Room
from neuralgraph.tokens import Tokens

End = tuple[str, str]
"""A wire, by the port it ends in: node and input."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port on the canvas."""

    node: str
    name: str
    output: bool

    @property
    def end(self) -> End:
        return self.node, self.name


@dataclass(frozen=True, slots=True)
class Hand:
    """Where the pointer is, in the scene and on the viewport, and which keys are held."""

    place: QPointF
    screen: QPoint
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    def holds(self, key: Qt.KeyboardModifier) -> bool:
        return bool(self.keys & key)


class Board(Protocol):
    """The canvas as gestures and commands use it. Places are scene coordinates in px at 100 %."""

    @property
    def session(self) -> Room: ...
    @property
    def view(self) -> QGraphicsView: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def still(self) -> bool:
        """The user wants no motion."""

    def paper(self) -> QGraphicsScene: ...
    def item_at(self, place: QPointF) -> str | None:
        """The node, note or frame (by its title or edge) that lies there."""

    def port_at(self, place: QPointF) -> Port | None: ...
    def wire_at(self, place: QPointF) -> End | None: ...
    def port_position(self, port: Port) -> QPointF: ...
    def wire_path(self, end: End) -> QPainterPath: ...
    def box(self, id: str) -> QRectF: ...
    def selection(self) -> tuple[str, ...]: ...
    def selected_wires(self) -> tuple[End, ...]: ...
    def select(self, ids: Iterable[str], wires: Iterable[End] = ()) -> None: ...
    def shift(self, offsets: Mapping[str, tuple[float, float]]) -> None:
        """Show items away from their places, wires following; an empty mapping puts all back."""

    def mark_ports(self, marks: Mapping[Port, bool]) -> None:
        """Ports that fit glow, those that do not dim; an empty mapping ends that."""

    def drag_wire(self, start: QPointF | None, end: QPointF | None, look: str = "free") -> None:
        """Draw a loose wire; look: free, fits, refused. None takes it away."""

    def hide_wire(self, end: End | None) -> None:
        """Hide the wire that is being laid anew."""

    def show_all(self) -> None: ...
    def show_items(self, ids: Iterable[str]) -> None: ...
    def paint(self, painter: QPainter, target: QRectF, source: QRectF) -> None:
        """Draw a part of the scene in the light theme, without selection."""

    def enter(self, id: str) -> None:
        """Go inside a module."""

    def leave(self) -> None:
        """Go out to what is around."""

    def say(self, text: str) -> None:
        """A line in the status bar, for a screen reader too."""


def do(board: Board, edit: Edit | Refusal | None) -> bool:
    """Make an edit and say what it was, or say why it cannot be; whether it was made."""
    if isinstance(edit, Edit):
        board.session.edit(edit)
        board.say(edit.label)
        return True
    if edit is not None:
        board.say(edit.message)
    return False
