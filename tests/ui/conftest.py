"""A furnished window on a document, with settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neuralgraph.resources import examples
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows: `window("xor")` on an example, `window()` empty; closes them without a question."""
    made: list[MainWindow] = []

    def open_window(name: str = "", *, file: Path | None = None, welcome: bool = False) -> MainWindow:
        path = examples() / f"{name}.ngraph" if name else file
        one = MainWindow(Theme(), Settings(tmp_path / "settings.ini"), file=path, welcome=welcome)
        made.append(one)
        one.resize(1280, 800)
        one.show()
        qtbot.waitUntil(lambda: hasattr(one, "bench"), timeout=5000)
        if not welcome:
            qtbot.waitUntil(lambda: one.bench.session.analysis is not None, timeout=20000)
        return one

    yield open_window
    for one in made:
        one.bench.documents.may_close = lambda: True  # type: ignore[method-assign]
        one.close()
        one.deleteLater()
    qtbot.wait(1)
