"""The bar on top in a narrow window: nothing is cut, nothing goes over the edge."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from neuralgraph.ui.theme import Theme
from neuralgraph.ui.training_bar import BarState, TrainingBar


@pytest.mark.parametrize("wide", [1012, 1016, 1440])
def test_everything_is_inside_while_it_trains(qtbot: QtBot, wide: int) -> None:
    bar = TrainingBar(Theme())
    qtbot.addWidget(bar)
    bar.set_devices(("CPU",))
    bar.resize(wide, 48)
    bar.show()
    bar.show_state(BarState(phase="running", epoch=18, epochs=30, step=1054, steps=1790, loss="0.00412", rate="0.003",
                            left="17 – 20 min", speed="12,440", metric="Accuracy", metric_value="97.8 %", started=True))
    qtbot.wait(20)
    assert bar.device.x() + bar.device.width() <= bar.width() - 4
    label = bar._step_text
    assert QFontMetricsF(label.font()).horizontalAdvance(label.text()) <= label.width()
    assert bar._speed.isVisible() == (wide == 1440) == ("of" in label.text())
