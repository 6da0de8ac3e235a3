from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.ui.panels.plot_data import FACTOR, Pyramid, Smoothing, Track, nice_ticks, smooth, spelled

numbers = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=300)


def brute(values: np.ndarray, starts: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    lows = [np.fmin.reduce(values[s : s + width]) for s in starts]
    highs = [np.fmax.reduce(values[s : s + width]) for s in starts]
    return np.array(lows, dtype=float), np.array(highs, dtype=float)


@settings(max_examples=150, deadline=None)
@given(st.lists(numbers, max_size=6), st.integers(0, 400), st.integers(0, 400), st.integers(1, 60))
def test_blocks_are_the_minima_and_maxima_of_the_numbers(parts, first, last, most):
    pyramid = Pyramid()
    for part in parts:
        pyramid.append(np.array(part, dtype=float))
    values = np.array([v for part in parts for v in part], dtype=float)
    starts, lows, highs = pyramid.blocks(first, last, most)
    first, last = max(0, first), min(last, len(values))
    if last <= first:
        assert len(starts) == 0
        return
    width = FACTOR ** pyramid.level_for(last - first, most)
    assert list(starts) == list(range(first // width * width if width > 1 else first, last, width))
    wanted_lows, wanted_highs = brute(values, starts, width)
    np.testing.assert_array_equal(lows, wanted_lows)
    np.testing.assert_array_equal(highs, wanted_highs)


def test_a_smoothed_line_of_many_numbers_is_no_saw() -> None:
    """It falls where the numbers fall, and ends at the last of them."""
    x = np.arange(5000.0)
    track = Track(0.5)
    track.append(np.exp(-x / 500), epoch=x, step=x, time=x)
    line = track.line("step", smoothed=True, pixels=100)
    assert 12 < len(line.x) <= 201 and (np.diff(line.y) < 0).all() and (np.diff(line.x) > 0).all()
    assert (line.x[-1], line.y[-1]) == (4999, track.last)
    assert not (np.diff(track.line("step", pixels=100).y) < 0).all()  # as they are: lowest and highest


def test_a_picture_stays_small_however_long_the_track():
    pyramid = Pyramid(np.sin(np.arange(200_001) / 7))
    for span in (10, 5_000, 200_001):
        starts, _, _ = pyramid.blocks(0, span, 500)
        assert len(starts) <= 501


def slow_smoothing(values: np.ndarray, weight: float) -> np.ndarray:
    total = norm = 0.0
    result = []
    for value in values:
        total, norm = weight * total, weight * norm
        if np.isfinite(value):
            total, norm = total + (1 - weight) * value, norm + (1 - weight)
            result.append(total / norm)
        else:
            result.append(np.nan)
    return np.array(result)


@pytest.mark.parametrize("weight", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99, 0.999])
def test_smoothing_is_the_debiased_recursion(weight):
    values = np.random.default_rng(0).normal(size=9_000)
    values[[0, 17, 4096]] = np.nan, np.inf, np.nan
    np.testing.assert_allclose(smooth(values, weight), slow_smoothing(values, weight), rtol=1e-8, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(0, 0.999), st.integers(1, 5_000))
def test_a_constant_stays_that_constant(value, weight, count):
    assert (smooth(np.full(count, value), weight) == value).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=12), st.floats(0, 0.99))
def test_smoothing_in_pieces_is_smoothing_at_once(sizes, weight):
    values = np.random.default_rng(1).normal(size=sum(sizes))
    running = Smoothing(weight)
    pieces = [running(part) for part in np.split(values, np.cumsum(sizes)[:-1])] if sizes else []
    joined = np.concatenate(pieces) if pieces else np.empty(0)
    np.testing.assert_allclose(joined, smooth(values, weight), rtol=1e-9, atol=1e-9)


def filled(values, weight=0.0) -> Track:
    track = Track(weight)
    values = np.array(values, dtype=float)
    steps = np.arange(len(values), dtype=float)
    track.append(values, epoch=steps / 10, step=steps, time=steps * 2)
    return track


def test_a_nan_is_a_gap_with_a_place():
    track = filled([1, 2, np.nan, np.inf, 3], weight=0.5)
    assert np.isnan(track.line("step").y).tolist() == [False, False, True, True, False]
    assert np.isnan(track.line("step", smoothed=True).y).tolist() == [False, False, True, True, False]
    assert track.breaks("time").tolist() == [4]


def test_numbers_that_have_no_logarithm_are_gaps_and_the_rest_is_log10():
    track = filled([100, 0, -1, 0.1])
    np.testing.assert_allclose(track.line("step", log=True).y, [2, np.nan, np.nan, -1])
    track.append(np.array([1e3, 0.0]), epoch=np.ones(2), step=np.array([4.0, 5.0]), time=np.ones(2))
    np.testing.assert_allclose(track.line("step", log=True).y, [2, np.nan, np.nan, -1, 3, np.nan])


def test_a_long_line_keeps_the_extremes_of_every_stretch():
    values = np.random.default_rng(2).normal(size=50_000)
    line = filled(values).line("step", pixels=200)
    assert len(line.x) <= 2 * 2 * 200 + 2
    assert line.y.min() == values.min()
    assert line.y.max() == values.max()


def test_a_line_covers_the_stretch_that_is_looked_at():
    track = filled(range(1000))
    line = track.line("epoch", low=20, high=30, pixels=1000)
    assert line.x[0] <= 20 <= line.x[1]
    assert line.x[-2] <= 30 <= line.x[-1]


def test_another_weight_smooths_all_of_it_anew():
    track = filled([0, 1, 0, 1])
    track.set_weight(0.9)
    np.testing.assert_allclose(track.values(smoothed=True), slow_smoothing(np.array([0.0, 1, 0, 1]), 0.9))


def test_ticks_are_round_and_few():
    assert nice_ticks(0, 6) == [0, 2, 4, 6]
    assert nice_ticks(0, 1.2, 4) == [0, 0.5, 1.0]
    assert nice_ticks(0.58, 1.0, 4) == pytest.approx([0.6, 0.8, 1.0])
    assert nice_ticks(1, 1) == []


@pytest.mark.parametrize(("value", "step", "text"), [
    (0.0, 0.5, "0"), (1.0, 0.5, "1.0"), (0.25, 0.25, "0.25"), (-0.5, 0.5, "−0.5"), (3.0, 1.0, "3"),
    (float("nan"), 0, "–"),
])
def test_numbers_are_written_with_the_digits_they_need(value, step, text):
    assert spelled(value, step) == text
