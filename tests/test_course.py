"""Every example of the course: it opens, lies well, learns where there is something to learn, and shows its figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.planning import planned
from neuralgraph.lessons.course import example_of, lessons
from neuralgraph.lessons.lesson import Lesson
from neuralgraph.session import Session

LESSONS = {one.name: one for one in lessons()}
ON_PURPOSE = {"02-functions": frozenset(("unreachable",)),
              **dict.fromkeys(("20-counting", "24-state"), frozenset(("no_loss",))),
              "21-keras-cnn": frozenset(("no_loss", "unseen_edge"))}
"""Problems that a lesson is about."""


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)


def learns(session: Session) -> bool:
    return any(session.catalog[one.type].role == "loss" for one in session.graph.nodes.values())


@each()
def test_it_opens_as_a_copy_without_errors_and_lies_well(lesson: Lesson) -> None:
    session = Session.open(example_of(lesson), as_copy=True)
    graph = session.graph
    assert session.path is None and graph.title and graph.about
    found = {problem.code for problem in session.analyse().problems}
    assert found == ON_PURPOSE.get(lesson.name, set())
    nodes = list(graph.nodes.values())
    assert all(one.x % 8 == 0 and one.y % 4 == 0 for one in nodes)  # rows of ports are 28 apart: wires are straight
    crowded = [(a.id, b.id) for a, b in combinations(nodes, 2) if abs(a.x - b.x) < 176 and abs(a.y - b.y) < 96]
    assert not crowded


@each()
def test_it_computes_or_learns_and_repeats(lesson: Lesson) -> None:
    graph = ng.load(example_of(lesson))
    if not learns(graph.session):
        assert ng.evaluate(graph)
        return
    runs = [ng.train(ng.load(example_of(lesson)), epochs=3, patience=None) for _ in range(2)]
    assert runs[0].history == runs[1].history
    assert np.isfinite(runs[0].history["loss"]).all()


def values(name: str) -> dict[str, np.ndarray]:
    return ng.evaluate(ng.load(example_of(LESSONS[name])))


def trained(name: str, **plan: object) -> dict[str, float]:
    return dict(ng.train(ng.load(example_of(LESSONS[name])), **plan).final)  # type: ignore[arg-type]


def tensors() -> None:
    found = values("01-tensors")
    assert float(found["total"]) == 45 and float(found["average"]) == 5.0
    assert found["broadcast"].tolist() == [[6, 8], [8, 10]]
    assert found["product"].tolist() == [[5, 12], [21, 32]]
    assert found["matrix"].tolist() == [[19, 22], [43, 50]]
    assert found["sliced"].tolist() == [[2, 3], [5, 6]]
    assert found["turned"].tolist() == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]


def functions() -> None:
    assert float(values("02-functions")["result"]) == 9


def forward() -> None:
    found = values("03-forward-sweep")
    found_three = [float(found[name]) for name in ("first", "second", "third")]
    assert found_three == pytest.approx([1, 1.84147, -0.84147], abs=1e-5)


def reverse() -> None:
    found = values("04-reverse-sweep")
    assert float(found["result"]) == pytest.approx(12.14112, abs=1e-4)
    assert float(found["slow"]) == pytest.approx(float(found["quick"]), abs=1e-6)


def one_neuron() -> None:
    assert trained("06-one-neuron")["accuracy"] >= 0.97


def downhill() -> None:
    graph = ng.load(example_of(LESSONS["05-downhill"]))
    run = ng.train(graph)
    assert run.final["loss"] == pytest.approx(-1.5147536, abs=1e-4)
    assert float(run.program.state_dict()["x.value"][0]) == pytest.approx(-1.0574538, abs=1e-4)
    session = graph.session
    ball = session.graph.nodes["x"]
    session.edit(ChangeNode(replace(ball, params=ball.params.having(init="ones"))))
    again = ng.train(graph)
    assert float(again.program.state_dict()["x.value"][0]) == pytest.approx(0.9304029, abs=1e-4)


def perceptron() -> None:
    graph = ng.load(example_of(LESSONS["08-perceptron"]))
    run = ng.train(graph)
    weights = run.program.state_dict()
    assert (weights["unit.bias"].tolist(), weights["unit.weight"].tolist()) == ([-1], [[1, 1]])
    assert sum(run.history["mistakes"]) == 1
    session = graph.session
    table = session.graph.nodes["table"]
    session.edit(ChangeNode(replace(table, params=table.params.having(name="xor_table"))))
    assert ng.train(graph).history["mistakes"] == [4.0] * 20


def counting() -> None:
    rows = {row.id: row.parameters for row in ng.summary(ng.load(example_of(LESSONS["20-counting"]))).rows}
    assert rows["alex"] == 34_944 and rows["a_1"] + rows["a_2"] + rows["a_3"] == 110_592 and rows["b_1"] == 200_704


def next_term() -> None:
    run = ng.train(ng.load(example_of(LESSONS["23-next-term"])))
    now, before = run.program.state_dict()["two_weights.weight"][0].flip(0).tolist()
    assert 1.4 < now < 2 and -1.05 < before < -0.6
    assert run.final["val_loss"] < 0.02


def state() -> None:
    found = values("24-state")
    assert found["belief"][0, :, 0] == pytest.approx([0.8181818, 0.8833570], abs=1e-4)
    radius = np.hypot(*np.moveaxis(found["path"][:, -20:], -1, 0))
    assert radius.min() > 0.7 and radius.max() < 1.15, "every start ends on the circle"


def toxic() -> None:
    assert trained("27-toxic")["val_accuracy"] >= 0.98


def memories() -> None:
    graph = ng.load(example_of(LESSONS["28-hopfield"]))
    run = ng.train(graph)
    found = ng.evaluate(graph, run=run)
    assert found["energies"][:, -1] == pytest.approx([-13.8333, -17.8333, -18.0333], abs=1e-3)
    assert (np.diff(found["energies"], axis=1) <= 1e-4).all()
    letters = found["signs"].reshape(3, 30)
    assert (found["recalled"] == letters).all() and (found["damaged"] != letters).sum(axis=1).tolist() == [4, 4, 4]


def boltzmann() -> None:
    graph = ng.load(example_of(LESSONS["29-rbm"]))
    run = ng.train(graph, epochs=25)
    found = ng.evaluate(graph, run=run)
    assert float(((found["machine.visible"] - found["flat"]) ** 2).mean()) <= 0.04


def stacks() -> None:
    assert trained("30-stacks")["val_accuracy"] >= 0.85


def adversaries() -> None:
    graph = ng.load(example_of(LESSONS["32-gan"]))
    run = ng.train(graph)
    made = ng.evaluate(graph, run=run)["g_out"]
    assert 3.5 <= made.mean() <= 4.5 and 0.8 <= made.std() <= 1.6
    assert run.final["tells_real"] + run.final["tells_made"] == pytest.approx(1.386, abs=0.1)


def logic() -> None:
    found = values("07-logic")
    assert found["both"].reshape(-1).tolist() == [-1, -1, -1, 1]
    assert found["either"].reshape(-1).tolist() == [-1, 1, 1, 1]
    assert found["one_only"].reshape(-1).tolist() == [-1, 1, 1, -1]


def linear_scores() -> None:
    assert trained("09-linear-scores")["val_accuracy"] >= 0.93
    runs = [ng.train(ng.load(example_of(LESSONS["09-linear-scores"])), epochs=100, weight_decay=decay)
            for decay in (0.0, 0.01, 0.1)]
    norms = [float(run.program.state_dict()["score.weight"].norm()) for run in runs]
    assert norms[0] > 2 * norms[1] > 3 * norms[2]


def convolution() -> None:
    found = values("19-convolution")
    assert found["found"].tolist() == [[[[4, 3, 4], [2, 4, 3], [2, 3, 4]]]]
    assert found["kept"].tolist() == [[[[6, 8], [3, 4]]]]
    assert found["maps"].tolist() == [[[[0, 1, 3], [1, 1, 1], [0, 1, 0]], [[2, 0, -1], [0, 0, 0], [-1, 0, 2]]]]


def keras_cnn() -> None:
    found = ng.summary(ng.load(example_of(LESSONS["21-keras-cnn"])))
    assert found.parameters == 5_615_553
    assert next(row.parameters for row in found.rows if row.id == "dense_1") == 5_308_928


def cnn() -> None:
    assert trained("22-cnn")["val_accuracy"] >= 0.95


def memory() -> None:
    usual = trained("25-memory")
    assert usual["val_gated_accuracy"] <= 0.7 and usual["val_long_accuracy"] <= 0.7
    graph = ng.load(example_of(LESSONS["25-memory"]))
    for node in ("gated", "long"):
        graph.set_initial(node, bias="keep gate")
    kept = ng.train(graph).final
    assert kept["val_gated_accuracy"] >= 0.95 and kept["val_long_accuracy"] >= 0.95


def reviews() -> None:
    found = trained("26-reviews", epochs=6)
    assert found["val_accuracy"] >= 0.9 and 0.7 <= found["val_bag_accuracy"] <= 0.9


def autoencoder() -> None:
    found = trained("31-autoencoder")
    by_layers = found["val_loss"] - found["val_pca_loss"]
    assert found["val_pca_loss"] == pytest.approx(0.0529, abs=0.002)
    assert by_layers <= 0.8 * found["val_pca_loss"]


def xor_step() -> None:
    graph = ng.load(example_of(LESSONS["10-xor-step"]))
    found = ng.gradients(graph, of="loss")
    # the loss counts half, and the gradient of the square is twice the error
    assert float(found["output_sum"][0, 0]) / 2 == pytest.approx(0.1352962, abs=1e-6)
    run = ng.train(graph, epochs=1)
    weights = run.program.state_dict()["output_sum.weight"].numpy().reshape(-1)
    assert weights == pytest.approx([0.2010905, 0.3936795, 0.8066491], abs=1e-6)


def xor_hidden() -> None:
    assert trained("11-xor-hidden")["accuracy"] == 1
    graph = ng.load(example_of(LESSONS["11-xor-hidden"]))
    hits = sum(ng.train(graph, seed=seed).final["accuracy"] == 1 for seed in range(6))
    assert 1 <= hits <= 6


def four_equations() -> None:
    graph = ng.load(example_of(LESSONS["12-four-equations"]))
    assert float(ng.evaluate(graph)["loss"]) / 2 == pytest.approx(0.2082186, abs=1e-6)
    found = ng.gradients(graph, of="loss")
    assert found["layer_3"].reshape(-1) / 2 == pytest.approx([-0.0931556, 0.1282240], abs=1e-6)
    assert found["layer_2"].reshape(-1) / 2 == pytest.approx([-0.0274553, 0.0151418, -0.0005266], abs=1e-6)


def letters() -> None:
    run = trained("13-letters")
    assert run["accuracy"] == 1 and run["loss"] <= 0.05


def cancer() -> None:
    found = trained("14-breast-cancer")
    assert found["val_accuracy"] >= 0.96 and found["val_few_accuracy"] >= 0.93


def softmax() -> None:
    run = ng.train(ng.load(example_of(LESSONS["15-softmax"])))
    unseen = np.array(run.history["val_loss"])
    assert run.final["accuracy"] == 1
    assert unseen.argmin() < len(unseen) / 2 and unseen[-1] > 1.4 * unseen.min()


def how_many() -> None:
    found = trained("16-how-many")
    assert found["val_small_accuracy"] >= 0.87 and found["val_tame_accuracy"] >= 0.87
    assert found["large_loss"] < found["small_loss"] < found["val_large_loss"]
    assert found["val_large_loss"] > found["val_small_loss"] and found["val_large_loss"] > found["val_tame_loss"]


def digits() -> None:
    assert trained("17-digits")["val_accuracy"] >= 0.94
    assert trained("17-digits", lr=3.0, epochs=10)["val_accuracy"] <= 0.4


def regression() -> None:
    graph = ng.load(example_of(LESSONS["18-regression"]))
    found = ng.train(graph).final
    assert found["val_error"] <= 0.16


FIGURES: dict[str, Callable[[], None]] = {
    "01-tensors": tensors, "02-functions": functions, "03-forward-sweep": forward, "04-reverse-sweep": reverse,
    "05-downhill": downhill, "06-one-neuron": one_neuron, "07-logic": logic, "08-perceptron": perceptron,
    "09-linear-scores": linear_scores, "10-xor-step": xor_step, "11-xor-hidden": xor_hidden,
    "12-four-equations": four_equations, "13-letters": letters, "14-breast-cancer": cancer, "15-softmax": softmax,
    "16-how-many": how_many, "17-digits": digits, "18-regression": regression, "19-convolution": convolution,
    "20-counting": counting, "21-keras-cnn": keras_cnn, "22-cnn": cnn, "23-next-term": next_term, "24-state": state,
    "25-memory": memory, "26-reviews": reviews, "27-toxic": toxic, "28-hopfield": memories, "29-rbm": boltzmann,
    "30-stacks": stacks, "31-autoencoder": autoencoder, "32-gan": adversaries,
}


@each()
def test_it_shows_its_figure(lesson: Lesson) -> None:
    FIGURES[lesson.name]()


def test_a_stack_of_linear_layers_gets_at_most_three_of_four() -> None:
    graph = ng.load(example_of(LESSONS["11-xor-hidden"]))
    session = graph.session
    session.edit(ChangeNode(replace(session.graph.nodes["bend"], type="Identity")))
    plan = planned(session.graph.plan, epochs=300)
    assert plan.epochs == 300
    assert ng.train(graph, epochs=300).final["accuracy"] <= 0.75
