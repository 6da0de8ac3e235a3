"""Data that are not pictures: texts are shown as words, and a path may be a folder or a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import neuralgraph as ng
from neuralgraph.explain.answers import Answers
from neuralgraph.nodes import CATALOG
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels import fields
from neuralgraph.ui.panels.fields import ask_path
from neuralgraph.ui.panels.samples import WIDE, SamplesPanel, in_words
from neuralgraph.ui.theme import Theme


@pytest.fixture
def bridge() -> Iterator[TrainingBridge]:
    made = TrainingBridge()
    yield made
    made.close()


def test_samples_of_text_are_words(bridge: TrainingBridge, qtbot: QtBot) -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="sentiment", samples=60)
    x = graph.add("Embedding", data["x"], num_embeddings=100, embedding_dim=4)
    x = graph.add("Linear", graph.add("Mean", x, dim=(1,)), out_features=2)
    graph.add("CrossEntropyLoss", x, data["y"])
    panel = SamplesPanel(graph.session, bridge, Theme())
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._content, timeout=20_000)
    found = panel._sheet.answers
    assert found.tokens[found.x[0][0]] == in_words(found.x[0], found.tokens).split()[0]
    assert panel._sheet.cell().width() == WIDE
    assert not panel.grab().isNull()
    panel.close_view()
    panel.close()


def test_a_sample_is_painted_anew_only_where_it_looks_another_way(bridge: TrainingBridge, qtbot: QtBot,
                                                                  qapp: QApplication) -> None:
    numbers = np.arange(8, dtype=np.float32).reshape(2, 4)
    known = Answers(np.array([0, 1]), np.array([0, 1]), np.array([0, 0]), np.array([0.9, 0.6]), numbers, ("no", "yes"))
    panel = SamplesPanel(ng.Graph().session, bridge, Theme())
    qtbot.addWidget(panel)
    sheet = panel._sheet

    def shown(answers: Answers) -> int:
        panel.show_answer(answers)
        for at in range(2):
            sheet._cell(at, sheet.cell())
        return len(sheet._cells)

    assert shown(known) == 2 and shown(replace(known, sure=np.array([0.9, 0.601]))) == 2
    assert shown(replace(known, sure=np.array([0.9, 0.7]))) == 3
    assert shown(replace(known, x=numbers.reshape(2, 1, 2, 2))) == 5, "the same numbers as a picture"
    large = np.zeros((2, 3, 300, 300), np.float32)
    shown(replace(known, x=large))
    assert max(len(part) for key in sheet._cells for part in key if isinstance(part, bytes)) <= 64
    before, small = qapp.font(), sheet.cell()
    try:
        qapp.setFont(Theme(scale=1.5).font())
        assert sheet.cell() == small * 1.5
        count = len(sheet._cells)
        assert sheet._cell(0, sheet.cell()).size() == sheet.cell() * sheet.devicePixelRatioF()
        assert len(sheet._cells) == count + 1
    finally:
        qapp.setFont(before)
    panel.set_session(ng.Graph().session)
    assert not sheet._cells
    panel.close_view()


def test_characters_join_and_padding_is_not_shown() -> None:
    assert in_words(np.array([2, 3, 0, 0]), ("·", "?", "a", "b")) == "ab"
    assert in_words(np.array([0, 2, 1]), ("·", "?", "good")) == "good ?"


@pytest.mark.parametrize(("chosen", "expected"), [(0, "/folder"), (1, "/file.zip"), (None, "")])
def test_a_path_may_be_a_folder_or_a_file(
    chosen: int | None, expected: str, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    offered: list[Any] = []

    class Menu:
        """Answers as somebody would."""

        def __init__(self, _: QWidget) -> None:
            self.actions: list[str] = []

        def addAction(self, name: str) -> str:
            self.actions.append(name)
            return self.actions[-1]

        def exec(self, _: object) -> str | None:
            return self.actions[chosen] if chosen is not None else None

    class Dialog:
        @staticmethod
        def getExistingDirectory(*_: object) -> str:
            return "/folder"

        @staticmethod
        def getOpenFileName(*given: object) -> tuple[str, str]:
            offered.append(given[-1])
            return "/file.zip", ""

    monkeypatch.setattr(fields, "QMenu", Menu)
    monkeypatch.setattr(fields, "QFileDialog", Dialog)
    assert ask_path(parent, CATALOG["ImageFolder"].params["path"], "") == expected
    assert offered == (["Archives (*.zip)"] if chosen == 1 else [])
