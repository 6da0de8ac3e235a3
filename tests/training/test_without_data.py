"""A function of its own parameters: every epoch is one step downhill, exactly the textbook's."""

from __future__ import annotations

import numpy as np
import pytest

import neuralgraph as ng


def bowl() -> ng.Graph:
    """(x − 3)² from x = 0, with a parameter and no data node."""
    g = ng.Graph()
    x = g.add("Parameter", id="x_1", shape=(1,), init="zeros")
    g.add("MSELoss", x, g.add("Constant", value=(3.0,)), id="cost")
    return g


def test_it_goes_downhill_by_the_textbook() -> None:
    run = ng.train(bowl(), epochs=10, optimizer="SGD", lr=0.1, validation=0.0)
    x, wanted = 0.0, []
    for _ in range(10):
        wanted.append((x - 3) ** 2)
        x -= 0.1 * 2 * (x - 3)
    assert run.history["loss"] == pytest.approx(wanted, rel=1e-5)
    assert float(next(iter(run.program.state_dict().values()))) == pytest.approx(x, rel=1e-5)
    assert run.stop_reason == "all 10 epochs are done"


def test_it_goes_on_and_repeats_bit_for_bit() -> None:
    whole = ng.train(bowl(), epochs=8, optimizer="SGD", lr=0.1, validation=0.0)
    g = bowl()
    first = ng.train(g, epochs=5, optimizer="SGD", lr=0.1, validation=0.0)
    rest = ng.train(g, resume=first, epochs=3, optimizer="SGD", lr=0.1, validation=0.0)
    assert np.array_equal(rest.history["loss"][-3:], whole.history["loss"][-3:])


def test_a_share_kept_apart_is_nothing_of_nothing() -> None:
    run = ng.train(bowl(), epochs=2, optimizer="SGD", lr=0.1, validation=0.2)
    assert "val_loss" not in run.final
