"""How high the bottom dock is: a share of a large window, until a hand or a memory has it otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt

from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def height(one: MainWindow) -> int:
    return one.bench.docks._docks["bottom"].height()


def test_a_large_window_gives_the_bottom_dock_its_share(window: Open, qtbot: Any) -> None:
    one = window("xor")
    qtbot.waitUntil(lambda: height(one) == 220, timeout=2000)
    one.resize(3840, 2160)
    qtbot.waitUntil(lambda: height(one) == 648, timeout=2000)
    one.resize(1440, 900)
    qtbot.waitUntil(lambda: height(one) == 220, timeout=2000)


def test_a_height_that_a_hand_has_given_stays(window: Open, qtbot: Any) -> None:
    one = window("xor")
    qtbot.waitUntil(lambda: height(one) == 220, timeout=2000)
    one.resizeDocks([one.bench.docks._docks["bottom"]], [300], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: height(one) == 300, timeout=2000)
    one.resize(2560, 1440)
    qtbot.wait(20)
    assert height(one) == 300


def test_a_remembered_height_wins_and_reset_shares_again(window: Open, qtbot: Any) -> None:
    one = window("xor")
    one.resize(1600, 1100)
    qtbot.waitUntil(lambda: height(one) == 288, timeout=2000)
    one.resizeDocks([one.bench.docks._docks["bottom"]], [310], Qt.Orientation.Vertical)
    one.bench.docks.save()
    two = window("xor")
    two.resize(1600, 1100)
    two.bench.docks.restore()
    two.resize(2560, 1440)
    qtbot.wait(20)
    assert height(two) == 310
    two.bench.docks.reset()
    qtbot.waitUntil(lambda: height(two) == 404, timeout=2000)
