"""How figures and times are said."""

from __future__ import annotations

import pytest

from neuralgraph.ui.panels.problems import waiting_text
from neuralgraph.ui.status import size
from neuralgraph.ui.training import figure, seconds, span


@pytest.mark.parametrize(("value", "text"), [
    (0.0661, "0.066"), (12.34, "12.3"), (0.00012, "1.2e-4"), (0.0, "0.000"), (float("nan"), "not a number")])
def test_figures(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(("low", "high", "text"), [
    (5, 8, "5 – 8 s"), (5, 5.2, "5 s"), (58, 130, "58 s – 2 min 10 s"), (0.4, 0.6, "0.4 – 0.6 s"),
    (7200, 9000, "2 h 0 min – 2 h 30 min")])
def test_times_left(low: float, high: float, text: str) -> None:
    assert span(low, high) == text


def test_times() -> None:
    assert [seconds(one) for one in (0.44, 12, 200)] == ["0.4 s", "12 s", "3 min 20 s"]


@pytest.mark.parametrize(("count", "text"), [(532, "532 bytes"), (3_100_000, "3.1 MB"), (12_000, "12.0 kB")])
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_who_waits() -> None:
    assert waiting_text(["CrossEntropyLoss", "Accuracy"]) == "CrossEntropyLoss and Accuracy wait for this."
    assert waiting_text(["Accuracy"]) == "Accuracy waits for this."
    assert waiting_text(list("abcdef")).endswith("3 more wait for this.")
