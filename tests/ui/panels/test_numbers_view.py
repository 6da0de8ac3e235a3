"""While nobody knows yet whether there is anything to show, a panel does not say that there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuralgraph.ui.panels.data_view import DataPanel
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def test_until_an_answer_comes_it_says_that_it_looks(window: Open, qtbot: Any) -> None:
    one = window("iris")
    one.bench.docks.bottom.open("data")
    panel = one.bench.docks.bottom.page("data")
    assert isinstance(panel, DataPanel)
    assert panel._notice.title.text() == DataPanel.waits[0], "not that there are no data"
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._content, timeout=20_000)
    one.bench.documents.open(one.bench.session.folder / "03-forward-sweep.ngraph")
    assert panel._notice.title.text() in (DataPanel.waits[0], DataPanel.empty[0])


def test_where_there_is_nothing_it_says_so(window: Open, qtbot: Any) -> None:
    one = window("")
    one.bench.docks.bottom.open("data")
    panel = one.bench.docks.bottom.page("data")
    qtbot.waitUntil(lambda: panel._notice.title.text() == DataPanel.empty[0], timeout=20_000)
