"""Recovery, earlier versions, other programs and other windows: offered, never applied unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from neuralgraph import places
from neuralgraph.graph.claim import Claim, claim
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import AddNode, Describe
from neuralgraph.graph.file import canonical, dumps
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.journal import Journal, Origin
from neuralgraph.graph.lost import GIVEN_UP, lost
from neuralgraph.session import Session
from neuralgraph.ui import documents
from neuralgraph.ui.past import PastDialog
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("journals", "claims", "versions"):
        monkeypatch.setattr(places, name, lambda name=name: tmp_path / "state" / name)


def crash(path: Path | None, *types: str) -> Graph:
    """A journal as a killed process leaves it."""
    graph = Graph()
    journal = Journal(places.journals(), graph, Origin(path, path.name if path else "untitled"))
    for number, type in enumerate(types):
        graph, _ = AddNode(Placed(f"{type.lower()}_{number}", type)).apply(graph)
        journal.follow(graph)
    journal.close(keep=True)
    return graph


def dialog(window: MainWindow) -> PastDialog:
    return next(one for one in window.findChildren(PastDialog) if one.isVisible())


def test_an_edit_is_on_disk_and_a_clean_end_leaves_nothing(qtbot: Any, window: Open) -> None:
    one = window("xor")
    one.bench.session.edit(Describe("mine", ""))
    qtbot.waitUntil(lambda: any(places.journals().glob("*.journal")), timeout=2000)
    assert lost(places.journals()) == ([], []), "the window lives"
    one.bench.documents.may_close = lambda: True  # type: ignore[method-assign]
    one.close()
    assert not list(places.journals().iterdir())


def test_recovery_is_offered_once_and_opens_a_new_document(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = tmp_path / "work.ngraph"
    Session().save(path)
    before = path.read_bytes()
    graph = crash(path, "ReLU", "Tanh")
    one = window("xor")
    assert one.bench.canvas.offer.isVisible() and "work.ngraph" in one.bench.canvas.offer.said
    assert canonical(one.bench.session.graph) != canonical(graph), "nothing is applied unasked"
    qtbot.mouseClick(one.bench.canvas.offer.buttons[0], Qt.MouseButton.LeftButton)
    shown = dialog(one)
    assert "ReLU relu_0 added" in shown.words.text()
    qtbot.mouseClick(shown.buttons[-1], Qt.MouseButton.LeftButton)
    session = one.bench.session
    assert canonical(session.graph) == canonical(graph)
    assert session.path is None and session.modified and session.title == "work (recovered).ngraph"
    assert path.read_bytes() == before
    assert lost(places.journals()) == ([], []), "the new window guards it"
    session.save(tmp_path / "saved.ngraph")
    one.bench.documents.saved.emit()
    assert not list(places.journals().glob("*.journal"))


def test_what_is_discarded_is_put_away_not_deleted(qtbot: Any, window: Open) -> None:
    crash(None, "ReLU")
    crash(None, "Tanh")
    one = window("", welcome=True)
    assert one.bench.welcome is not None and one.bench.welcome.lost == 2
    one.bench.keeping.recover()
    shown = dialog(one)
    for left in (1, 0):
        qtbot.mouseClick(shown.buttons[0], Qt.MouseButton.LeftButton)
        assert len(lost(places.journals())[0]) == left
    assert len(list(places.journals().glob(f"*{GIVEN_UP}"))) == 2
    assert not shown.isVisible()


def test_nothing_is_offered_where_nothing_was_lost(window: Open) -> None:
    one = window("xor")
    assert not one.bench.canvas.offer.isVisible()
    assert one.bench.keeping.recover() is None
    assert "nothing to recover" in one.bench.log.entries[-1].text


def test_an_earlier_version_comes_back_as_one_step(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    Session(Graph({"relu_1": Placed("relu_1", "ReLU")})).save(path)
    one = window(file=path)
    bench = one.bench
    for title in ("first", "second"):
        bench.session.edit(Describe(title, ""))
        assert bench.documents.save()
    shown = bench.keeping.earlier()
    assert shown is not None and shown.list.count() == 3
    assert shown.words.text() == "The same as now."
    shown.list.setCurrentRow(1)
    assert shown.words.text() == "•  title «first» → «second»"
    qtbot.mouseClick(shown.buttons[-1], Qt.MouseButton.LeftButton)
    assert bench.session.graph.title == "first" and bench.session.modified
    bench.undo()
    assert bench.session.graph.title == "second" and not bench.session.modified


def test_a_version_opens_as_a_copy(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    Session(Graph({"relu_1": Placed("relu_1", "ReLU")})).save(path)
    one = window(file=path)
    one.bench.session.edit(Describe("new", ""))
    one.bench.documents.save()
    shown = one.bench.keeping.earlier()
    assert shown is not None
    shown.list.setCurrentRow(1)
    qtbot.mouseClick(shown.buttons[0], Qt.MouseButton.LeftButton)
    assert one.bench.session.path is None and one.bench.session.graph.title == ""
    assert one.bench.session.title == "a (earlier).ngraph"


def test_what_another_program_wrote_is_told_and_can_be_taken(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    Session(Graph({"relu_1": Placed("relu_1", "ReLU")})).save(path)
    one = window(file=path)
    bench = one.bench
    path.write_text(dumps(Graph(title="theirs")))
    qtbot.waitUntil(lambda: bench.canvas.offer.isVisible(), timeout=5000)
    assert "Another program has changed a.ngraph" in bench.canvas.offer.said
    qtbot.mouseClick(bench.canvas.offer.buttons[0], Qt.MouseButton.LeftButton)
    assert bench.session.graph.title == "theirs" and not bench.session.modified
    bench.undo()
    assert "relu_1" in bench.session.graph.nodes and bench.session.modified


@pytest.mark.parametrize(("answer", "kept"), [(-1, "theirs"), (1, "mine")])
def test_saving_over_it_is_asked(
    window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int, kept: str,
) -> None:
    path = tmp_path / "a.ngraph"
    Session().save(path)
    one = window(file=path)
    one.bench.session.edit(Describe("mine", ""))
    path.write_text(dumps(Graph(title="theirs")))
    asked: list[str] = []
    monkeypatch.setattr(documents, "choose", lambda _window, _question, text, *_answers: asked.append(text) or answer)
    assert one.bench.documents.save() is (answer == 1)
    assert asked == ["What would change in it:\ntitle «theirs» → «mine»"]
    assert Session.open(path).graph.title == kept


def test_a_file_that_is_open_elsewhere_is_asked_about(
    window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.ngraph"
    Session().save(path)
    held = claim(places.claims(), path)
    assert isinstance(held, Claim)
    one = window("xor")
    answers = iter((-1, 0, 1))
    monkeypatch.setattr(documents, "choose", lambda *_: next(answers))
    assert not one.bench.documents.open(path)
    assert one.bench.documents.open(path) and one.bench.session.path is None
    assert one.bench.documents.open(path) and one.bench.session.path == path
    held.release()
    assert one.bench.documents.open(path), "no question any more"
    assert not isinstance(claim(places.claims(), path), Claim), "this window has it now"


def test_reading_outside_is_allowed_once_and_remembered_on_this_computer(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "table.csv").write_text("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")
    path = tmp_path / "docs" / "theirs.ngraph"
    Session(Graph({"csv_1": Placed("csv_1", "Csv", FrozenDict({"path": str(tmp_path / "table.csv")}))})).save(path)
    one = window(file=path)
    bench = one.bench

    def codes() -> set[str]:
        return {problem.code for problem in bench.session.analysis.problems}  # type: ignore[union-attr]

    qtbot.waitUntil(lambda: "outside" in codes(), timeout=5000)
    row = next(row for row in bench.problems.rows if row.problem.code == "outside")
    row.fix_wanted.emit(row.problem.fixes[0])
    qtbot.waitUntil(lambda: "outside" not in codes(), timeout=5000)
    assert not bench.session.modified, "consent is no change of the document"
    monkeypatch.setattr(documents, "choose", lambda *_: 1)  # the first window still has it
    two = window(file=path)
    qtbot.waitUntil(lambda: two.bench.session.analysis is not None, timeout=5000)
    assert "outside" not in {one.code for one in two.bench.session.analysis.problems}  # type: ignore[union-attr]


def test_a_missing_file_is_located_by_hand(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "real.csv").write_text("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")
    path = tmp_path / "mine.ngraph"
    Session(Graph({"csv_1": Placed("csv_1", "Csv", FrozenDict({"path": "gone.csv"}))})).save(path)
    one = window(file=path)
    monkeypatch.setattr(documents, "ask_path", lambda *_: str(tmp_path / "real.csv"))
    row = next(row for row in one.bench.problems.rows if row.problem.code == "data")
    row.fix_wanted.emit(row.problem.fixes[0])
    assert one.bench.session.graph.nodes["csv_1"].params["path"] == "real.csv"
    one.bench.undo()
    assert one.bench.session.graph.nodes["csv_1"].params["path"] == "gone.csv"


def test_what_another_window_took_is_said_not_raised(qtbot: Any, window: Open) -> None:
    crash(None, "ReLU")
    crash(None, "Tanh")
    one = window("", welcome=True)
    one.bench.keeping.recover()
    shown = dialog(one)
    for file in places.journals().glob("*.journal"):
        file.unlink()
    qtbot.mouseClick(shown.buttons[0], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(shown.buttons[-1], Qt.MouseButton.LeftButton)
    said = [entry.text for entry in one.bench.log.entries]
    assert any("gone already" in text for text in said)
    assert any("another window has recovered it" in text for text in said)
    assert one.bench.welcome is not None and one.bench.welcome.lost == 0
