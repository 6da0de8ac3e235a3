"""Fetching from the window: asked first, told, given up, tried again."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode
from neuralgraph.graph.frozen import FrozenDict
from tests.data.openml_fake import FakeOpenML


@pytest.fixture
def bench(window: Any, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("neuralgraph.places.cache", lambda: tmp_path / "cache")
    made = window().bench
    placed = Placed("openml_1", "OpenML", FrozenDict({"name": "tiny", "missing": "mean"}))
    made.session.edit(AddNode(placed))
    qtbot.waitUntil(lambda: bool(made.session.analysis.problems_of("openml_1")), timeout=10_000)
    return made


def network(monkeypatch: pytest.MonkeyPatch, fake: FakeOpenML) -> FakeOpenML:
    real = urllib.request.build_opener
    monkeypatch.setattr(urllib.request, "build_opener", lambda *handlers: real(*handlers, fake))
    return fake


def press(bench: Any) -> None:
    bench.apply_fix(bench.session.analysis.problems_of("openml_1")[0].fixes[0])


def test_it_is_fetched_when_its_button_is_pressed(bench: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = network(monkeypatch, FakeOpenML())
    assert fake.asked == []
    press(bench)
    assert bench.canvas.offer.said.startswith("Fetching tiny from openml.org")
    qtbot.waitUntil(lambda: not bench.downloads.busy, timeout=20_000)
    qtbot.waitUntil(lambda: not bench.session.analysis.errors, timeout=10_000)
    assert bench.canvas.offer.isHidden()
    assert len(bench.session.analysis.columns["openml_1"]) == 3


def test_offline_it_says_so_and_offers_to_try_again(bench: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = network(monkeypatch, FakeOpenML(down="no route"))
    press(bench)
    qtbot.waitUntil(lambda: not bench.downloads.busy, timeout=20_000)
    assert "openml.org cannot be reached (no route)" in bench.canvas.offer.said
    fake.down = ""
    bench.canvas.offer.buttons[0].click()
    qtbot.waitUntil(lambda: not bench.session.analysis.errors, timeout=20_000)


def test_it_is_given_up_with_cancel(bench: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    class Slow(FakeOpenML):
        def https_open(self, request: urllib.request.Request) -> Any:
            go_on.wait(20)
            return super().https_open(request)

    network(monkeypatch, Slow())
    press(bench)
    press(bench)
    assert bench.downloads.busy, "one at a time"
    bench.canvas.offer.buttons[0].click()
    go_on.set()
    qtbot.waitUntil(lambda: not bench.downloads.busy, timeout=20_000)
    assert bench.session.analysis.errors and bench.canvas.offer.isHidden()


def test_fetch_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import neuralgraph as ng
    from neuralgraph.cli import main

    monkeypatch.setattr("neuralgraph.places.cache", lambda: tmp_path / "cache")
    network(monkeypatch, FakeOpenML())
    g = ng.Graph()
    g.add("OpenML", name="tiny", missing="mean")
    ng.save(g, tmp_path / "it.ngraph")
    assert main(["check", str(tmp_path / "it.ngraph")]) == 1
    assert "Nothing is fetched before you ask" in " ".join(capsys.readouterr().out.split())
    assert main(["fetch", str(tmp_path / "it.ngraph"), "--json"]) == 0
    assert "tiny version 3: 4 rows of 3 columns" in capsys.readouterr().out
    assert main(["fetch", str(tmp_path / "it.ngraph")]) == 0
    assert "nothing to fetch" in capsys.readouterr().out
    assert main(["fetch", str(tmp_path / "it.ngraph"), "--again", "--json"]) == 0
    assert "4 rows" in capsys.readouterr().out
