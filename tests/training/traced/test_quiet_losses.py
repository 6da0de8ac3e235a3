"""A replayed loss says nothing: torch warns at every step where a mean is made in a place for many numbers."""

from __future__ import annotations

import pytest

import neuralgraph as ng
from neuralgraph.training.traced import quick


@pytest.mark.parametrize("loss", ["MSELoss", "SmoothL1Loss", "HuberLoss", "BCELoss"])
def test_nothing_is_written_to_the_terminal(loss: str, monkeypatch: pytest.MonkeyPatch,
                                            capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(quick, "TO_COME", 10)
    graph = ng.Graph()
    x = graph.add("Linspace", steps=5)
    column = graph.add("Unsqueeze", x, dim=1)
    answer = graph.add("Sigmoid", graph.add("Linear", column, out_features=1))
    graph.add(loss, answer, column, id="loss")
    run = ng.train(graph, epochs=30, validation=0.0, lr=0.1)
    assert run.history["loss"][-1] < run.history["loss"][0]
    assert "Warning" not in capfd.readouterr().err
