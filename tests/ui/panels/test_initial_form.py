"""Weights from a file, chosen in the properties or found again by a fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralgraph.ui import documents
from neuralgraph.ui.controls import Choice
from neuralgraph.ui.panels.fields import PathField
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def test_a_file_is_chosen_and_one_that_is_gone_is_found_again(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = window("digits-mlp")
    bench = one.bench
    session = bench.session
    session.save(tmp_path / "mine.ngraph")
    np.save(tmp_path / "w.npy", np.full((128, 64), 0.5))
    bench.canvas.select(("hidden",))
    form: Any = bench.properties.sheet.initial  # type: ignore[union-attr]
    ways = next(each for each in form.findChildren(Choice) if each.accessibleName() == "weights start")
    ways.activated.emit(ways.findText("file"))
    assert dict(session.graph.nodes["hidden"].initialiser) == {"weight": "file"}
    qtbot.waitUntil(lambda: any(each.code == "initial" for each in session.analysis.problems), timeout=20000)
    line = next(each for each in form.findChildren(PathField) if each.objectName() == "weight")
    line.edited.emit(str(tmp_path / "w.npy"))
    assert dict(session.graph.nodes["hidden"].initialiser) == {"weight": "file", "weight.path": "w.npy"}
    assert line.box.text() == "w.npy"
    assert float(session.compile().state_dict()["hidden.weight"].min()) == 0.5
    (tmp_path / "w.npy").rename(tmp_path / "renamed.npy")
    bench.analysis.ask(session.analyse, session.graph)
    qtbot.waitUntil(lambda: any("no file 'w.npy'" in each.message for each in session.analysis.problems), timeout=20000)
    problem = next(each for each in session.analysis.problems if each.code == "initial")
    monkeypatch.setattr(documents, "ask_path", lambda *_: str(tmp_path / "renamed.npy"))
    bench.apply_fix(problem.fixes[0])
    assert session.graph.nodes["hidden"].initialiser["weight.path"] == "renamed.npy"
    assert float(session.compile().state_dict()["hidden.weight"].min()) == 0.5
