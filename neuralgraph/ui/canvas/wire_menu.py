"""Wires without a mouse: a menu of every port that the selected node can feed."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from neuralgraph.graph import wiring
from neuralgraph.graph.edits import Edit
from neuralgraph.graph.reading import input_names, port_of
from neuralgraph.ui.canvas.gestures.board import Board, do

MOST = 60
"""So many ports are offered: the nearest ones."""


def lay(board: Board, source: str, target: str) -> bool:
    """Wire two nodes by the ports that suit best; says why where none does."""
    session = board.session
    node = session.node(source)
    specs = session.analysis.specs if session.analysis else wiring.NOTHING
    if node is None or not node.outputs():
        board.say(f"{session.graph.nodes[source].name} gives nothing.")
        return False
    found = wiring.connect(session.graph, session.catalog, source, node.outputs()[0], target, specs=specs)
    return do(board, found)


def wire_menu(board: Board, source: str) -> QMenu:
    """The ports that can be fed, nearest first; one that is taken says by what."""
    menu = QMenu(board.view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(f"Wire from {board.session.graph.nodes[source].name}")
    for text, edit in offers(board, source):
        menu.addAction(text).triggered.connect(lambda _checked=False, edit=edit: do(board, edit))
    if menu.isEmpty():
        menu.addAction("No port here can take it").setEnabled(False)
    else:
        menu.setActiveAction(menu.actions()[0])
    return menu


def open_menu(board: Board, source: str) -> None:
    """The menu beside the node."""
    box = board.view.mapFromScene(board.box(source)).boundingRect()
    wire_menu(board, source).popup(board.view.viewport().mapToGlobal(QPoint(box.right() + 8, box.top())))


def offers(board: Board, source: str) -> list[tuple[str, Edit]]:
    """What the menu says, and the edit behind it."""
    return [one for _, one in zip(range(MOST), _offers(board, source), strict=False)]


def _offers(board: Board, source: str) -> Iterator[tuple[str, Edit]]:
    session, graph = board.session, board.session.graph
    start = session.node(source)
    specs = session.analysis.specs if session.analysis else wiring.NOTHING
    here = board.box(source).center()
    others = sorted((id for id in graph.nodes if id != source), key=lambda id: (
        (board.box(id).center() - here).manhattanLength(), id))
    for output in start.outputs() if start is not None else ():
        letter = wiring.letter_of(graph, session.catalog, source, output, specs)
        label = f"{output} → " if start is not None and len(start.outputs()) > 1 else ""
        for id in others:
            node = session.node(id)
            taken = {edge.input: edge for edge in graph.into(id)}
            for name in input_names(node, taken) if node is not None else ():
                port = port_of(node, name) if node is not None else None
                if port is not None and not wiring.fits(letter, port.letter):
                    continue
                found = wiring.connect(graph, session.catalog, source, output, id, name, specs)
                if isinstance(found, Edit):
                    now = f"  (now {graph.nodes[taken[name].source].name})" if name in taken else ""
                    yield f"{label}{graph.nodes[id].type} {graph.nodes[id].name} · {name}{now}", found
