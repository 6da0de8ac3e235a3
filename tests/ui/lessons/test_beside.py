"""A lesson opens another example beside its own, goes on there, and comes back to its own document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton

from neuralgraph.lessons.lesson import Do
from neuralgraph.resources import examples
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.shell import Shell
from neuralgraph.ui.theme import Theme


@pytest.fixture
def shell(qtbot: Any, tmp_path: Path) -> Iterator[Shell]:
    one = Shell(Theme(), Settings(tmp_path / "settings.ini"), file=examples() / "05-downhill.ngraph")
    one.resize(1440, 900)
    one.show()
    qtbot.waitUntil(lambda: hasattr(one.page, "bench") and one.page.bench.guide.on, timeout=20000)
    yield one
    for page in one.pages:
        page.bench.documents.may_close = lambda: True  # type: ignore[method-assign]
    one.close()
    one.deleteLater()
    qtbot.wait(1)


def opened(shell: Shell, qtbot: Any, name: str) -> Any:
    """The lesson goes to the step that opens this example, and opens it; the bench of the new tab."""
    bench = shell.page.bench
    panel = bench.guide.panel
    panel.go(next(at for at, one in enumerate(panel.lesson.screens) if one.opens == name))
    bench.guide._hands.do(Do("open", (name,), ""))
    qtbot.waitUntil(lambda: shell.page.bench is not bench and shell.page.bench.guide.on, timeout=20000)
    return shell.page.bench


def test_it_opens_in_a_new_tab_with_the_lesson_at_its_step(shell: Shell, qtbot: Any) -> None:
    first = shell.page.bench
    second = opened(shell, qtbot, "05-descend")
    assert len(shell.pages) == 2 and first.session.title == "05-downhill.ngraph"
    assert second.session.title == "05-descend.ngraph" and second.session.path is None
    panel = second.guide.panel
    assert panel.lesson.number == 5 and panel.lesson.screens[panel.at].opens == "05-descend" and panel.here
    second.guide._hands.do(Do("batch", (), ""))
    qtbot.waitUntil(lambda: second.guide._figures.get("steps", 0) >= 1, timeout=20000)


def test_what_it_is_about_acts_only_there(shell: Shell, qtbot: Any) -> None:
    panel = shell.page.bench.guide.panel
    panel.go(next(at for at, one in enumerate(panel.lesson.screens) if one.opens == "05-descend"))
    assert not panel.here and not panel._pointed
    able = {one.accessibleName(): one.isEnabled() for one in panel._area.widget().findChildren(QPushButton)}
    assert able["Open it"] and not able["And all the others"]
    panel.look = lambda _: pytest.fail("a condition of another document is not looked at")
    shell.page.bench.guide.look()


def test_turning_the_page_goes_back_and_forth_between_the_documents(shell: Shell, qtbot: Any) -> None:
    first = shell.page.bench
    second = opened(shell, qtbot, "05-descend")
    at = second.guide.panel.at
    second.guide.panel.go(at - 1)
    assert shell.page.bench is first
    qtbot.waitUntil(lambda: first.guide.panel.at == at - 1, timeout=5000)
    assert first.guide.panel.here and second.guide.panel.at == at, "whoever comes back finds the step of this one"
    first.guide.panel.forward()
    assert shell.page.bench is second and second.guide.panel.at == at
    second.guide.panel.forward()  # the next one is about a third document, which is not open
    assert shell.page.bench is second and not second.guide.panel.here


def test_the_lesson_s_own_document_is_opened_anew_where_it_was_closed(shell: Shell, qtbot: Any) -> None:
    second = opened(shell, qtbot, "05-descend")
    shell.pages[0].close()
    qtbot.waitUntil(lambda: len(shell.pages) == 1, timeout=5000)
    at = second.guide.panel.at
    second.guide.panel.go(at - 1)
    qtbot.waitUntil(lambda: len(shell.pages) == 2 and shell.page.bench.session.title == "05-downhill.ngraph",
                    timeout=20000)
    qtbot.waitUntil(lambda: shell.page.bench.guide.on and shell.page.bench.guide.panel.at == at - 1, timeout=5000)


def test_it_is_opened_once_and_begins_anew_as_itself(shell: Shell, qtbot: Any) -> None:
    first = shell.page.bench
    second = opened(shell, qtbot, "05-descend")
    second.guide._hands.do(Do("set", ("plan.epochs", "3"), ""))
    second.guide.restart()
    assert second.session.graph.plan.epochs == 100 and "gap" in second.session.graph.nodes
    assert second.guide.panel.here and second.guide.panel.lesson.screens[second.guide.panel.at].opens == "05-descend"
    assert not second.guide.panel._met
    second.guide.toggle()
    assert not second.guide.on
    second.guide.toggle()
    assert second.guide.on and second.guide.panel.here
    shell.bar.setCurrentIndex(0)
    first.guide._hands.do(Do("open", ("05-descend",), ""))
    assert len(shell.pages) == 2 and shell.page.bench is second


def test_it_walks_in_the_step_panel_and_sets_how_weights_begin(shell: Shell, qtbot: Any) -> None:
    bench = shell.page.bench
    qtbot.waitUntil(lambda: bench.session.analysis is not None, timeout=20000)
    bench.guide._hands.do(Do("walk", ("reverse",), ""))
    panel = bench.docks.bottom.page_of("step")
    qtbot.waitUntil(lambda: panel.apart is not None and panel.apart.mode == "reverse", timeout=20000)
    bench.guide._hands.do(Do("set", ("x.initial", "zeros"), ""))
    assert bench.session.graph.nodes["x"].initialiser["weight"] == "zeros"
    bench.guide._hands.do(Do("set", ("x.initial", "own"), ""))
    assert not bench.session.graph.nodes["x"].initialiser
