"""Files dropped on the window: documents open, data start a document, or join the one that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from neuralgraph.ui.dropped import wanted

TABLE = "size,weight,kind\n" + "".join(f"{n % 7},{n % 5},{'cat' if n % 7 > 3 else 'dog'}\n" for n in range(40))


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(one)) for one in paths])
    return data


def drop(window: Any, *paths: Path) -> bool:
    data = files(*paths)
    event = QDropEvent(QPointF(600, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                       Qt.KeyboardModifier.NoModifier)
    event.setAccepted(False)
    window.dropEvent(event)
    return event.isAccepted()


def test_what_is_taken(tmp_path: Path) -> None:
    assert wanted(files(tmp_path / "a.docx")) is None
    assert wanted(files(tmp_path / "a.docx", tmp_path / "b.csv", tmp_path / "c.ngraph")) == tmp_path / "c.ngraph"
    assert wanted(files(tmp_path / "a.docx", tmp_path / "b.CSV")) == tmp_path / "b.CSV"


def test_a_table_on_an_empty_window_becomes_a_network(window: Any, qtbot: Any, tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text(TABLE)
    one = window()
    assert drop(one, tmp_path / "pets.csv")
    qtbot.waitUntil(lambda: "csv_1" in one.bench.session.graph.nodes, timeout=10_000)
    qtbot.waitUntil(lambda: one.bench.session.analysis is not None, timeout=20_000)
    assert not one.bench.session.analysis.errors
    assert one.bench.session.title == "pets.ngraph" and one.bench.session.guarded


def test_on_a_document_it_becomes_a_node_that_can_be_undone(window: Any, qtbot: Any, tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text(TABLE)
    bench = (one := window("xor")).bench
    before = bench.session.graph
    assert drop(one, tmp_path / "pets.csv")
    qtbot.waitUntil(lambda: "csv_1" in bench.session.graph.nodes, timeout=10_000)
    assert bench.properties.ids == ("csv_1",)
    qtbot.waitUntil(lambda: "csv_1" in bench.session.analysis.specs, timeout=20_000)
    assert bench.session.undo() == "Add pets.csv"
    assert bench.session.graph.nodes == before.nodes


def test_what_cannot_be_used_is_told(window: Any, qtbot: Any, tmp_path: Path, monkeypatch: Any) -> None:
    told: list[str] = []
    monkeypatch.setattr("neuralgraph.ui.dialogs.tell", lambda parent, title, text: told.append(f"{title}: {text}"))
    (tmp_path / "bad.csv").write_text("a,b,y\n1,2,3\n1,2\n")
    for name in ("", "xor"):
        one = window(name)
        before = one.bench.session.graph.nodes
        assert drop(one, tmp_path / "bad.csv")
        qtbot.waitUntil(lambda: bool(told), timeout=10_000)
        assert "bad.csv" in told[0] and "line 3: 2 cells" in told.pop()
        assert one.bench.session.graph.nodes == before
    assert not drop(one, tmp_path / "a.docx")
