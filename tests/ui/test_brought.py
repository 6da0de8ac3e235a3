"""Trained models in the window: opened, trained on, saved, exported; what is wrong with one is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog

import neuralgraph as ng
from neuralgraph.graph import packed
from neuralgraph.resources import examples
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def model(folder: Path, name: str = "iris", epochs: int = 3) -> Path:
    graph = ng.load(examples() / f"{name}.ngraph")
    ng.train(graph, epochs=epochs)
    return ng.save_model(graph, folder / f"{name}.ngz")


def taken(qtbot: Any, one: MainWindow) -> None:
    qtbot.waitUntil(lambda: one.bench.session.program is not None, timeout=20000)


def weights(session: Any) -> dict[str, Any]:
    assert session.program is not None
    return {name: value.clone() for name, value in session.program.state_dict().items()}


def same(some: dict[str, Any], others: dict[str, Any]) -> bool:
    return some.keys() == others.keys() and all(torch.equal(one, others[name]) for name, one in some.items())


def test_it_opens_with_its_weights_and_goes_on_from_them(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = model(tmp_path)
    wanted = weights(ng.load(path).session)
    one = window(file=path)
    taken(qtbot, one)
    session = one.bench.session
    assert same(weights(session), wanted)
    assert session.run is not None
    assert session.run.checkpoint is not None
    assert session.run.checkpoint.epoch == 3
    assert not session.modified
    one.bench.training.one_epoch()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "paused", timeout=20000)
    assert one.bench.training.state.epoch == 4
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)


def test_save_writes_what_was_learned_since_also_while_it_learns(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = window(file=model(tmp_path))
    taken(qtbot, one)
    one.bench.training.one_epoch()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "paused", timeout=20000)
    assert one.bench.documents.save()
    found = ng.load(tmp_path / "iris.ngz")
    assert same(weights(found.session), weights(one.bench.session))
    assert found.run is not None
    assert found.run.checkpoint is not None
    assert found.run.checkpoint.epoch == 4
    png = packed.opened(tmp_path / "iris.ngz").take(packed.PICTURE)
    assert png.startswith(b"\x89PNG")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "copy"), ""))
    one.bench.documents.export_model()
    assert one.bench.session.path == tmp_path / "iris.ngz"
    assert np.array_equal(ng.predict(tmp_path / "copy.ngz", np.ones((1, 4), np.float32)).answers[0].values,
                          ng.predict(tmp_path / "iris.ngz", np.ones((1, 4), np.float32)).answers[0].values)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)


def test_save_as_turns_a_drawing_into_a_model(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(examples() / "xor.ngraph", tmp_path / "xor.ngraph")
    one = window(file=tmp_path / "xor.ngraph")
    said: list[str] = []
    one.bench.documents.failed.disconnect()
    one.bench.documents.failed.connect(lambda title, text: said.append(text))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "x"), "Trained models (*.ngz)"))
    one.bench.documents.export_model()
    assert said == ["There are no weights yet. Train first, or save the drawing alone as .ngraph."]
    assert one.bench.documents.save_as()
    assert one.bench.session.path == tmp_path / "x.ngz"
    assert not one.bench.session.modified


def test_a_model_that_is_dropped_opens(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = model(tmp_path)
    one = window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    one.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                             Qt.KeyboardModifier.NoModifier))
    taken(qtbot, one)
    assert one.bench.session.path == path


def test_a_damaged_one_says_what_is_damaged(qtbot: Any, window: Open, tmp_path: Path) -> None:
    path = model(tmp_path)
    members = packed.opened(path).everything()
    packed.write_packed(path, {**members, packed.WEIGHTS: members[packed.WEIGHTS][:-4] + b"\0\0\0\7"})
    one = window(file=path)
    qtbot.waitUntil(lambda: "weights.safetensors is damaged" in one.bench.log.view.toPlainText(), timeout=20000)
    assert one.bench.session.brought
    data = bytearray(path.read_bytes())
    data[data.index(b"graph.ngraph") + 400] ^= 255
    path.write_bytes(data)
    said: list[str] = []
    one.bench.documents.failed.disconnect()
    one.bench.documents.failed.connect(lambda title, text: said.append(text))
    assert not one.bench.documents.open(path, as_copy=True)
    assert "damaged" in said[0]


def test_reset_forgets_what_the_file_brought(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window(file=model(tmp_path))
    taken(qtbot, one)
    one.bench.training.reset()
    assert not one.bench.session.trained
    assert one.bench.documents.save()
    assert packed.WEIGHTS not in packed.opened(tmp_path / "iris.ngz").names


def test_what_does_not_fit_into_the_file_is_said(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = window(file=model(tmp_path))
    qtbot.waitUntil(lambda: not one.bench.session.brought, timeout=20000)
    heard: list[str] = []
    one.bench.documents.said.connect(lambda kind, text, _: heard.append(f"{kind}: {text}"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out.ngz"), ""))
    one.bench.documents.export_model()
    assert not any("left out" in said for said in heard)
    monkeypatch.setattr("neuralgraph.training.packing.MOST", {**packed.MOST, packed.CHECKPOINT: 100})
    one.bench.documents.export_model()
    assert heard[-1].startswith("note: Where training stands was left out of the model file: it takes")
    heard.clear()
    assert one.bench.documents.save()
    assert any("Where training stands was left out" in said for said in heard)
    assert packed.CHECKPOINT not in packed.opened(tmp_path / "iris.ngz").names
