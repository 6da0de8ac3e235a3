"""The window keeps its runs, and offers to go on with one that was broken off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuralgraph.training.kept import FINISHED, INTERRUPTED, STOPPED
from neuralgraph.training.store import Store
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]
KILLED = """
import os, signal, sys
import neuralgraph as ng
from neuralgraph.training import recorder
recorder.BEAT = recorder.FIRST = 0.0
for event in ng.fit(ng.load(sys.argv[1]), store=True):
    if type(event).__name__ == "EpochEnded" and event.epoch == 5:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Store()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    import neuralgraph as ng

    g = ng.load("examples/iris.ngraph")
    ng.save(g, tmp_path / "iris.ngraph")
    return tmp_path / "iris.ngraph"


def test_a_run_of_the_window_is_kept_for_its_document(
    qtbot: Any, window: Open, store: Store, tmp_path: Path
) -> None:
    one = window("xor")
    one.bench.training.one_batch()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "paused", timeout=60000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=10000)
    (kept,) = store.runs()
    assert kept.state == STOPPED and kept.document == "" and kept.step == 1
    one.bench.session.save(tmp_path / "mine.ngraph")
    one.bench.documents.saved.emit()
    assert store.get(kept.id).document == str(tmp_path / "mine.ngraph")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_was_broken_off_goes_on(qtbot: Any, window: Open, store: Store, file: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(file)], timeout=120).returncode < 0
    one = window(file=file)
    (kept,) = store.runs()
    offer = one.bench.canvas.offer
    assert kept.state == INTERRUPTED and offer.isVisible() and "broken off" in offer.said
    offer._accept()
    qtbot.waitUntil(lambda: one.bench.session.run is not None and not one.bench.bridge.running, timeout=60000)
    (kept,) = store.runs()
    assert kept.state == FINISHED and kept.epoch == kept.epochs
    assert [row["epoch"] for row in store.epochs(kept.id)] == list(range(1, kept.epochs + 1))
    plots = one.bench.docks.bottom.page_of("plots")
    steps, losses = store.curves(kept.id)["loss"]
    qtbot.waitUntil(lambda: plots.run.over, timeout=5000)
    assert plots.run.figures["loss"].train.x("step").tolist() == steps.tolist()
    assert plots.run.figures["loss"].train.values(smoothed=False).tolist() == losses.tolist()
    assert len(plots.run.figures["accuracy"].validation) == kept.epochs
    one.bench.documents.open(file)
    assert "broken off" not in offer.said or not offer.isVisible()
