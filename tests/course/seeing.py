"""Pictures: digits read by layers and filters, units that die, edges, machines, stacks, and codes of two numbers."""

from __future__ import annotations

from collections.abc import Mapping

import neuralgraph as ng
from tests.course.documents import change, fed, final, opened, trained
from tests.course.figure import Case, Row, least, most

OWN = "its own plan"


def digits(seed: int) -> Mapping[str, float]:
    return final("17-digits", seed)


def _dead(seed: int, lr: float) -> dict[str, float]:
    """Units that no row of the training part wakes, after 150 steps with all rows at once."""
    graph = opened("17-digits")
    run = trained(graph, seed, lr=lr, epochs=150, full_batch=True)
    awake = ng.evaluate(graph, dict(fed(graph, run, seed).train), run=run)["relu"].max(0) > 0
    return {"dead": 1 - float(awake.mean()), "accuracy": run.final["val_accuracy"]}


def dead(seed: int) -> Mapping[str, float]:
    calm, wild = _dead(seed, 0.1), _dead(seed, 3.0)
    return {"calm": calm["dead"], "wild": wild["dead"], "wild accuracy": wild["accuracy"]}


def cnn(seed: int) -> Mapping[str, float]:
    return final("22-cnn", seed)


def edges(seed: int) -> Mapping[str, float]:
    """The small CNN on noisy edges that lie or stand."""
    graph = opened("22-cnn")
    change(graph, "digits", name="edges", samples=800, noise=0.3)
    change(graph, "score", out_features=2)
    return final(graph, seed, validation=0.25)


def rbm(seed: int) -> Mapping[str, float]:
    graph = opened("29-rbm")
    run = trained(graph, seed)
    found = ng.evaluate(graph, run=run)
    return {"error": float(((found["machine.visible"] - found["flat"]) ** 2).mean())}


def dbn(seed: int) -> Mapping[str, float]:
    return final("30-stacks", seed)


def autoencoder(seed: int) -> Mapping[str, float]:
    found = final("31-autoencoder", seed)
    by_layers = found["val_loss"] - found["val_pca_loss"]
    return {"layers": by_layers, "pca": found["val_pca_loss"], "ratio": by_layers / found["val_pca_loss"]}


CASES = (
    Case("digits", "17", OWN, digits, (
        Row("val_accuracy", "test accuracy", "K10",
            "97.6 / 98.0 / 98.0 % on one split; by its recipe in torch 95.4 / 97.2 / 98.6 % over 40 splits",
            (*least(0.97, "median"), *least(0.95)), "percent"),), 12),
    Case("dead-units", "17", "150 steps with all rows", dead, (
        Row("calm", "dead units at rate 0.1", "K11", "1 / 3 / 5 %", most(0.1), "percent"),
        Row("wild", "dead units at rate 3", "K11", "96 / 97.5 / 99 %", least(0.8), "percent"),
        Row("wild accuracy", "test accuracy at rate 3", "K11", "8 %", most(0.3), "percent"))),
    Case("cnn", "22", OWN, cnn, (
        Row("val_accuracy", "test accuracy", "D06", "98.0 / 98.2 / 98.4 %", least(0.97), "percent"),)),
    Case("edges", "22", "800 edges of 9 × 9 with noise 0.3 instead of digits", edges, (
        Row("val_accuracy", "test accuracy", "D10", "99.5 / 99.5 / 100 %", least(0.9), "percent"),)),
    Case("rbm", "29", OWN, rbm, (
        Row("error", "mean square of the reconstruction", "H11", ".0744 → .0158", most(0.03)),)),
    Case("dbn", "30", OWN, dbn, (
        Row("val_accuracy", "test accuracy from the top features", "H13", "94.2 / 95.0 / 95.8 %",
            (*least(0.93, "median"), *least(0.9)), "percent"),)),
    Case("autoencoder", "31", OWN, autoencoder, (
        Row("layers", "error on unseen digits, bent layers", "Z03", ".0337", most(0.042)),
        Row("ratio", "the same, in that of PCA", "Z08", "≤ .8", most(0.8)))),
)
