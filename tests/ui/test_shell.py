"""Several documents in one window: each in a tab of its own, none in the way of another."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest

from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode
from neuralgraph.resources import examples
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.shell import Shell, _short, first_scale, first_size
from neuralgraph.ui.theme import Theme

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def shell(qtbot: Any, tmp_path: Path) -> Iterator[Shell]:
    one = Shell(Theme(), Settings(tmp_path / "settings.ini"), file=examples() / "xor.ngraph")
    one.resize(1280, 800)
    one.show()
    qtbot.waitExposed(one)
    qtbot.waitUntil(lambda: hasattr(one.page, "bench"), timeout=5000)
    qtbot.waitUntil(lambda: one.page.bench.session.analysis is not None, timeout=20000)
    yield one
    for page in one.pages:
        page.bench.documents.may_close = lambda: True  # type: ignore[method-assign]
    one.close()
    one.deleteLater()
    qtbot.wait(1)


def drawn(shell: Shell, type: str = "Linear") -> None:
    """Something of the user's own is in front."""
    shell.page.bench.session.edit(AddNode(Placed("mine", type)))


def test_one_document_has_no_tab_and_an_untouched_example_gives_way(shell: Shell) -> None:
    assert not shell.bar.isVisible()
    shell.page.bench.documents.open(examples() / "iris.ngraph")
    assert len(shell.pages) == 1 and "iris" in shell.windowTitle()


def test_a_second_document_opens_beside_the_first(shell: Shell, qtbot: Any, tmp_path: Path) -> None:
    drawn(shell)
    first = shell.page
    assert first.bench.documents.open(examples() / "iris.ngraph")
    assert len(shell.pages) == 2 and shell.bar.isVisible() and shell.page is not first
    assert "iris" in shell.windowTitle() and "iris" in shell.bar.tabText(1)
    qtbot.waitUntil(lambda: "•" in shell.bar.tabText(0), timeout=2000)
    assert "mine" in first.bench.session.graph.nodes
    shell.bar.setCurrentIndex(0)
    assert shell.page is first and "xor" in shell.windowTitle()
    saved = tmp_path / "own.ngraph"
    first.bench.session.save(saved)
    first.bench.documents.saved.emit()
    shell.step(1)
    assert shell.page.bench.documents.open(saved) and shell.page is first and len(shell.pages) == 2


def test_undo_and_keys_go_to_the_page_in_front(shell: Shell, qtbot: Any) -> None:
    drawn(shell)
    first = shell.page
    first.bench.documents.new()
    second = shell.page
    drawn(shell, "ReLU")
    qtbot.waitUntil(lambda: second.bench.actions["undo"].isEnabled(), timeout=2000)
    QTest.keyClick(second, Qt.Key.Key_Z, CTRL)
    assert "mine" not in second.bench.session.graph.nodes and "mine" in first.bench.session.graph.nodes
    QTest.keyClick(second, Qt.Key.Key_Tab, CTRL)
    assert shell.page is first
    qtbot.waitUntil(lambda: first.bench.actions["undo"].isEnabled(), timeout=2000)
    QTest.keyClick(first, Qt.Key.Key_Z, CTRL)
    assert "mine" not in first.bench.session.graph.nodes


def test_closing_a_tab_asks_for_its_own_document(shell: Shell, qtbot: Any) -> None:
    drawn(shell)
    first = shell.page
    first.bench.documents.new()
    asked: list[str] = []

    def stay() -> bool:
        asked.append("first")
        return False

    first.bench.documents.may_close = stay  # type: ignore[method-assign]
    shell._close(0)
    assert asked == ["first"] and len(shell.pages) == 2 and shell.page is first
    assert not shell.close() and shell.isVisible() and len(shell.pages) == 2, "one that stays keeps everything"
    shell._close(1)
    assert len(shell.pages) == 1 and shell.page is first and not shell.bar.isVisible()
    first.bench.documents.may_close = lambda: True  # type: ignore[method-assign]
    page = shell.page
    page.bench.documents.another().new()  # type: ignore[union-attr]
    cross = shell.bar.tabRect(1).right() - 12
    QTest.mouseClick(shell.bar, Qt.MouseButton.LeftButton, pos=QPoint(cross, shell.bar.tabRect(1).center().y()))
    assert shell.pages == [page]


def test_every_document_has_its_own_journal(shell: Shell, qtbot: Any) -> None:
    from neuralgraph import places

    before = set(places.journals().glob("*.journal"))
    drawn(shell)
    shell.page.bench.documents.new()
    drawn(shell)
    qtbot.waitUntil(lambda: len(set(places.journals().glob("*.journal")) - before) == 2, timeout=3000)


def test_a_run_waits_for_that_of_another_document(shell: Shell, qtbot: Any) -> None:
    first = shell.page.bench
    first.training.toggle()
    first.documents.open(examples() / "iris.ngraph")
    second = shell.page.bench
    assert second is not first
    qtbot.waitUntil(lambda: second.session.analysis is not None, timeout=20000)
    second.training.toggle()
    assert second.training.state.phase == "waiting" and "another document" in second.training.state.message
    assert not second.bridge.running and first.bridge.running
    first.training.stop()
    qtbot.waitUntil(lambda: second.bridge.running, timeout=10000)
    assert not first.bridge.running
    second.training.stop()
    qtbot.waitUntil(lambda: not second.bridge.running, timeout=10000)


def test_who_no_longer_waits_does_not_begin(shell: Shell, qtbot: Any) -> None:
    first = shell.page.bench
    first.training.toggle()
    qtbot.waitUntil(lambda: first.session.run is not None, timeout=10000)
    first.documents.open(examples() / "iris.ngraph")
    second = shell.page.bench
    qtbot.waitUntil(lambda: second.session.analysis is not None, timeout=20000)
    second.training.toggle()
    second.training.toggle()
    assert second.training.state.phase == "idle" and not second.training.state.message
    first.training.stop()
    qtbot.waitUntil(lambda: not first.bridge.running, timeout=10000)
    qtbot.wait(100)
    assert not second.bridge.running


def test_what_nobody_caught_is_told_in_front_and_hooks_are_given_back(shell: Shell, qtbot: Any) -> None:
    drawn(shell)
    first = shell.page.bench
    first.documents.new()
    second = shell.page.bench

    def cause(text: str) -> None:
        try:
            raise ValueError(text)
        except ValueError as error:
            sys.excepthook(ValueError, error, error.__traceback__)

    cause("in the second")
    assert "in the second" in second.log.text() and "in the second" not in first.log.text()
    shell._close(1)
    cause("in the first")
    assert "in the first" in first.log.text()


def test_tabs_can_be_moved(shell: Shell) -> None:
    drawn(shell)
    first = shell.page
    first.bench.documents.new()
    second = shell.page
    shell.bar.moveTab(0, 1)
    assert shell.pages == [second, first] and shell.page is second
    shell.step(1)
    assert shell.page is first


def two_training(shell: Shell, qtbot: Any) -> tuple[Any, Any]:
    """The first document trains, the second waits for it."""
    first = shell.page.bench
    first.training.toggle()
    first.documents.open(examples() / "iris.ngraph")
    second = shell.page.bench
    qtbot.waitUntil(lambda: second.session.analysis is not None, timeout=20000)
    second.training.toggle()
    assert second.training.state.phase == "waiting"
    return first, second


def test_who_waits_begins_when_the_training_tab_is_closed(shell: Shell, qtbot: Any) -> None:
    interval = sys.getswitchinterval()
    first, second = two_training(shell, qtbot)
    first.documents.may_close = lambda: True
    shell._close(0)
    qtbot.waitUntil(lambda: second.bridge.running, timeout=10000)
    second.training.stop()
    qtbot.waitUntil(lambda: not second.bridge.running, timeout=10000)
    assert sys.getswitchinterval() == interval


def test_a_closed_tab_begins_nothing(shell: Shell, qtbot: Any) -> None:
    first, second = two_training(shell, qtbot)
    second.documents.may_close = lambda: True
    shell._close(1)
    first.training.stop()
    qtbot.waitUntil(lambda: not first.bridge.running, timeout=10000)
    qtbot.wait(50)
    first.training.toggle()
    assert first.bridge.running
    first.training.stop()
    qtbot.waitUntil(lambda: not first.bridge.running, timeout=10000)


def shown(page: Any) -> list[bool]:
    return [page.bench.docks.shown(name) for name in ("left", "right", "bottom")]


def test_panels_are_there_in_a_new_tab_whatever_hid_them_before(shell: Shell, qtbot: Any) -> None:
    drawn(shell)
    first = shell.page
    first.bench.presenter.toggle()
    first.bench.documents.new()
    assert shell.page is not first and shown(shell.page) == [True, True, True]
    shell.bar.setCurrentIndex(0)
    first.bench.presenter.toggle()
    assert shown(first) == [True, True, True]
    first.show_welcome()
    welcome = shell.page
    assert welcome is not first and welcome.centre.currentWidget() is welcome.bench.welcome
    assert "mine" in first.bench.session.graph.nodes and first.centre.currentWidget() is first.bench.canvas
    shell.bar.setCurrentIndex(0)
    first.show_welcome()
    assert shell.page is welcome and len(shell.pages) == 3, "there is one welcome screen"
    welcome.bench.documents.open(examples() / "iris.ngraph")
    assert shell.page is welcome and shown(welcome) == [True, True, True]


def test_dragging_a_tab_does_not_close_it(shell: Shell, qtbot: Any) -> None:
    drawn(shell)
    shell.page.bench.documents.new()
    box = shell.bar.tabRect(1)
    left, cross = QPoint(box.left() + 30, box.center().y()), QPoint(box.right() - 12, box.center().y())
    QTest.mousePress(shell.bar, Qt.MouseButton.LeftButton, pos=left)
    QTest.mouseMove(shell.bar, cross)
    QTest.mouseRelease(shell.bar, Qt.MouseButton.LeftButton, pos=cross)
    assert len(shell.pages) == 2


def test_a_closed_tab_is_gone_from_memory(shell: Shell, qtbot: Any) -> None:
    drawn(shell)
    shell.page.bench.documents.open(examples() / "iris.ngraph")
    qtbot.waitUntil(lambda: shell.page.bench.session.analysis is not None, timeout=20000)
    session, bench = weakref.ref(shell.page.bench.session), weakref.ref(shell.page.bench)
    shell._close(1)

    def gone() -> bool:
        gc.collect()
        return session() is None and bench() is None

    qtbot.waitUntil(gone, timeout=5000)


def test_what_was_recovered_into_a_new_tab_is_kept_by_it(shell: Shell, qtbot: Any, tmp_path: Path) -> None:
    from neuralgraph import places
    from neuralgraph.graph.document import Graph
    from neuralgraph.graph.journal import Journal, Origin

    journal = Journal(places.journals(), Graph(), Origin(None, "left.ngraph"))
    graph, _ = AddNode(Placed("left", "ReLU")).apply(Graph())
    journal.follow(graph)
    qtbot.waitUntil(lambda: journal.file is not None and journal.file.stat().st_size > 300, timeout=3000)
    crashed = tmp_path / journal.file.name
    crashed.write_bytes(journal.file.read_bytes())
    journal.rest(graph, Origin(None, "left.ngraph"))
    journal.close()
    (places.journals() / crashed.name).write_bytes(crashed.read_bytes())
    drawn(shell)
    first = shell.page.bench
    assert first.keeping.search() == 1
    dialog = first.keeping.recover()
    first.keeping._recover(first.keeping.lost[0])
    dialog.close()
    second = shell.page.bench
    assert second is not first and "left" in second.session.graph.nodes
    assert first.keeping.search() == 0, "it is open, not lost"
    second.session.save(tmp_path / "saved.ngraph")
    second.documents.saved.emit()
    assert first.keeping.search() == 0


def test_who_waits_is_told_for_whom_and_how_not_to(shell: Shell, qtbot: Any) -> None:
    first, second = two_training(shell, qtbot)
    message, said = second.training.state.message, second.log.text()
    assert "queue" in message and f"«{first.session.title}»" in message and "Stop takes it out" in said
    assert second.bar._trouble_text.text() == message and message in second.bar._trouble_text.toolTip()
    assert second.bar.stop.isEnabled() and second.bar.minimumSizeHint().width() <= 880
    assert second.actions["train"].text() == "Do not wait" and first.session.title in second.status.word.label.text()
    second.training.stop()
    assert second.training.state.phase == "idle" and not second.training.state.message
    first.training.toggle()
    second.training.toggle()
    assert "is paused on this device" in second.log.text()
    second.training.stop()
    first.training.stop()
    qtbot.waitUntil(lambda: not first.bridge.running, timeout=10000)
    qtbot.wait(50)
    assert not second.bridge.running


def test_three_documents_train_one_after_the_other_in_their_order(shell: Shell, qtbot: Any) -> None:
    first, second = two_training(shell, qtbot)
    second.documents.open(examples() / "spiral.ngraph")
    third = shell.page.bench
    assert third is not second
    qtbot.waitUntil(lambda: third.session.analysis is not None, timeout=20000)
    third.training.toggle()
    first.training.stop()
    qtbot.waitUntil(lambda: second.bridge.running, timeout=10000)
    assert not third.bridge.running and third.training.state.phase == "waiting"
    assert f"«{second.session.title}»" in third.training.state.message
    second.training.stop()
    qtbot.waitUntil(lambda: third.bridge.running and not second.bridge.running, timeout=10000)
    third.training.stop()
    qtbot.waitUntil(lambda: not third.bridge.running, timeout=10000)


def test_another_device_is_not_waited_for(shell: Shell, qtbot: Any) -> None:
    interval = sys.getswitchinterval()
    first = shell.page.bench
    first.training.toggle()
    first.documents.open(examples() / "iris.ngraph")
    second = shell.page.bench
    qtbot.waitUntil(lambda: second.session.analysis is not None, timeout=20000)
    assert second.bridge.before("cpu") is first.bridge and second.bridge.before("cuda") is None
    first.bridge.device = "cuda"  # as if it trained there
    second.training.toggle()
    assert second.bridge.running and first.bridge.running
    first.training.stop()
    qtbot.waitUntil(lambda: not first.bridge.running, timeout=10000)
    assert sys.getswitchinterval() != interval, "the other one still trains"
    second.training.stop()
    qtbot.waitUntil(lambda: not second.bridge.running, timeout=10000)
    assert sys.getswitchinterval() == interval


@pytest.mark.parametrize(("screen", "wanted"), [((3840, 2160), (1440, 900)), ((1024, 768), (1016, 728))])
def test_the_first_window_is_no_larger_than_its_screen(screen: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert first_size(QSize(*screen)) == QSize(*wanted)


@pytest.mark.parametrize(("screen", "wanted"), [((1024, 768), 1.0), ((2560, 1440), 1.0), ((1920, 1080), 1.0),
                                                ((3840, 2160), 1.5), ((2160, 3840), 1.5), ((1440, 2560), 1.0)])
def test_words_are_larger_at_first_on_a_screen_that_nobody_scales(screen: tuple[int, int], wanted: float) -> None:
    assert first_scale(QSize(*screen)) == wanted


def test_the_name_in_a_narrow_tab_loses_its_ending_first(qapp: Any) -> None:
    metrics = QFontMetricsF(Theme().font(13, 600))
    whole = "digits-cnn.ngraph •"
    assert _short(whole, metrics, 400) == whole
    assert _short(whole, metrics, metrics.horizontalAdvance("digits-cnn •") + 1) == "digits-cnn •"
    assert _short("a-long-name-of-a-net.ngraph", metrics, 80).endswith("net")
