"""How fast a run learns, in words that can be read: it does not jump with every telling."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from neuralgraph.training.events import Started, Step
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.speed import Speed, spelled
from neuralgraph.ui.training import Training
from neuralgraph.ui.training_bar import TrainingBar


def test_a_stretch_of_milliseconds_says_little() -> None:
    """At the end of an epoch a few rows are told after a moment: 73,787 a second, for 4 ms."""
    speed, at, shown = Speed(), 0.0, []
    for _ in range(40):
        at += 0.1
        shown.append(speed.hear(780.0, at))
        at += 0.004
        shown.append(speed.hear(73_787.0, at))
    true = (780 * 0.1 + 73_787 * 0.004) / 0.104
    assert all(one == pytest.approx(true, rel=0.12) for one in shown[20:])


def test_it_follows_within_about_a_second() -> None:
    speed = Speed()
    for number in range(1, 50):
        speed.hear(100.0, number * 0.1)
    late = [speed.hear(1000.0, 4.9 + number * 0.1) for number in range(1, 13)]
    assert late[0] < 300 and late[-1] == pytest.approx(1000.0)
    assert all(one < two + 1e-9 for one, two in pairwise(late))


def test_a_slow_batch_counts_alone_and_nothing_is_nothing() -> None:
    speed = Speed()
    assert speed.hear(0.0, 0.0) == 0.0 and spelled(0.0) == "–"
    assert speed.hear(5.0, 8.0) == 5.0 and speed.hear(7.0, 20.0) == 7.0
    assert speed.hear(9.0, 1.0) == 9.0, "another run, whose time begins anew"


@pytest.mark.parametrize(("speed", "words"), [(783.6, "784"), (12_345.0, "12,300"), (73_787.0, "73,800"), (0.4, "0")])
def test_three_figures(speed: float, words: str) -> None:
    assert spelled(speed) == words


def test_the_bar_says_samples_a_second_once(qtbot: Any) -> None:
    from neuralgraph.ui.theme import Theme

    training, bar = Training(TrainingBridge()), TrainingBar(Theme())
    qtbot.addWidget(bar)
    training.shown.connect(bar.show_state)
    step = Step(0, 4, 4, np.ones(4), {}, 0.1, 1.0, 640.0, 0.5, None, {}, 4)
    training._hear([Started(3, 10, 100, 0, 0, "cpu", 0, 5, ("loss",), ()), step])
    assert (bar._speed.name.text(), bar._speed.value.text()) == ("Samples / s", "640")
    assert bar._rate.name.text() == "Learning rate"
