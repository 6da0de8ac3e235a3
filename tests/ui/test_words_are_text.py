"""The words of a document are text: never read as HTML, so that nothing in them is loaded or linked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel, QWidget

from neuralgraph.graph.document import Frame, Graph, Note, Placed
from neuralgraph.graph.edits import Describe
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.session import Session
from neuralgraph.ui.window import MainWindow

EVIL = "<img src='file:///etc/hostname'><b>bold</b><a href='http://host/'>x</a>"


def rich(widget: QWidget) -> list[str]:
    """Labels and tips below a widget in which the words of a document would be read as HTML."""
    found = []
    for one in (widget, *widget.findChildren(QWidget)):
        if isinstance(one, QLabel) and EVIL[:8] in one.text() and one.textFormat() != Qt.TextFormat.PlainText:
            found.append(f"{type(one).__name__} {one.text()[:40]}")
        if EVIL[:8] in one.toolTip():  # escaped, it would read otherwise
            found.append(f"tip of {type(one).__name__}")
    return found


def test_words_in_a_document_are_never_read_as_html(
    qtbot: Any, window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QTextDocument, "loadResource", lambda self, kind, name: asked.append(str(name)))
    nodes = {
        "linear_1": Placed("linear_1", "Linear", FrozenDict({"out_features": EVIL}), title=EVIL, note=EVIL),
        "csv_1": Placed("csv_1", "Csv", FrozenDict({"path": EVIL}), 300.0, 0.0, EVIL),
        "odd_1": Placed("odd_1", EVIL[:60], x=600.0)}
    graph = Graph(nodes, notes={"note_1": Note("note_1", EVIL, 0, 200)}, frames={"frame_1": Frame("frame_1", EVIL)},
                  title=EVIL, about=EVIL)
    path = tmp_path / "evil.ngraph"
    Session(graph).save(path)
    one = window(file=path)
    bench = one.bench
    for id in nodes:
        bench.canvas.select((id,))
        qtbot.wait(1)
        assert rich(one) == [], id
    for tab in ("problems", "outline", "log", "history"):
        bench.docks.bottom.open(tab)
        qtbot.wait(1)
    bench.session.edit(Describe(f"{EVIL} again", EVIL))
    bench.show_welcome()
    qtbot.wait(1)
    assert rich(one) == [] and not asked
