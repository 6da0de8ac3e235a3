"""How weights start decides whether the breast-cancer recipe of the books works: 30-5-1, sum of squares, 100 steps."""

from __future__ import annotations

import pytest

import neuralgraph as ng


def layers(**initial: object) -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="breast_cancer", target="number")
    hidden = graph.add("Sigmoid", graph.add("Linear", graph.add("Standardize", data["x"]), out_features=5, id="hidden"))
    answer = graph.add("Sigmoid", graph.add("Linear", hidden, out_features=1, bias=False, id="answer"))
    graph.add("MSELoss", answer, data["y"], id="loss", reduction="sum")
    graph.add("Accuracy", answer, data["y"], id="accuracy", threshold=0.5)
    for id in ("hidden", "answer"):
        if initial:
            graph.set_initial(id, **initial)
    return graph


def shares(graph: ng.Graph, first: int, n: int) -> list[float]:
    found = ng.train_seeds(graph, n, first=first, epochs=100, full_batch=True, optimizer="SGD", lr=0.01, validation=0,
                           test=269, split="ordered")
    return [final["test_accuracy"] for final in found.finals]


@pytest.mark.parametrize("initial", [
    {"weight": "uniform", "weight_low": -0.5, "weight_high": 0.5},
    {"weight": "uniform", "weight_low": -0.12, "weight_high": 0.12},
    {"weight": "normal", "weight_std": 0.01}, {"weight": "orthogonal"}, {},
])
def test_weights_of_both_signs_learn_it(initial: dict[str, object]) -> None:
    assert min(shares(layers(**initial), 0, 1)) >= 0.97


def test_weights_that_are_all_positive_fail_with_some_seeds() -> None:
    """U[0, 1), as the books have it: a third of the seeds stay below what the others reach."""
    positive = layers(weight="uniform", weight_low=0.0, weight_high=1.0, bias="uniform", bias_low=0.0, bias_high=1.0)
    well, badly = shares(positive, 0, 2)
    assert badly < 0.9 < 0.97 < well
