"""The drawing as a file: PNG at twice the size, or SVG; in the light theme."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from neuralgraph.errors import DocumentError
from neuralgraph.graph.save import write_checked
from neuralgraph.tokens import LIGHT
from neuralgraph.ui.canvas.gestures.board import Board
from neuralgraph.ui.png import png

MARGIN = 24.0
SCALE = 2.0
LARGEST = 16_000


def extent(board: Board) -> QRectF:
    """The box around all there is, with a margin."""
    area, graph = QRectF(), board.session.graph
    for id in (*graph.nodes, *graph.notes, *graph.frames):
        area = area.united(board.box(id))
    for end in graph.edges:
        area = area.united(board.wire_path(end).boundingRect())
    return area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


def export_picture(board: Board, path: Path) -> Path:
    """Write the drawing to `path`, by its ending; `DocumentError` says why not."""
    area = extent(board)
    match path.suffix.lower():
        case ".png":
            write_checked(path, as_png(board))
        case ".svg":
            _svg(board, path, area)
        case other:
            raise DocumentError(f"A picture is a .png or a .svg, not {other or 'a file without ending'}.")
    return path


def as_png(board: Board, largest: float = LARGEST) -> bytes:
    """The drawing as the bytes of a PNG file, at most so many pixels on a side."""
    area = extent(board)
    scale = min(SCALE, largest / max(area.width(), area.height(), 1.0))
    image = QImage(QSize(round(area.width() * scale), round(area.height() * scale)), QImage.Format.Format_ARGB32)
    image.fill(QColor(LIGHT.canvas))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    board.paint(painter, QRectF(0, 0, image.width(), image.height()), area)
    painter.end()
    return png(image)


def _svg(board: Board, path: Path, area: QRectF) -> None:
    from PySide6.QtSvg import QSvgGenerator

    made, buffer = QSvgGenerator(), QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made.setOutputDevice(buffer)
    made.setSize(QSize(round(area.width()), round(area.height())))
    made.setViewBox(QRectF(0, 0, area.width(), area.height()))
    made.setTitle(board.session.document.title)
    painter = QPainter(made)
    painter.fillRect(QRectF(0, 0, area.width(), area.height()), QColor(LIGHT.canvas))
    painter.setPen(Qt.PenStyle.NoPen)
    board.paint(painter, QRectF(0, 0, area.width(), area.height()), area)
    painter.end()
    write_checked(path, bytes(buffer.data().data()))
