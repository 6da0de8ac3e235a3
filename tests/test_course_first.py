"""What lessons 1 to 18 show beside their own example, held against the true figures; and the lines of their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.document import Edge
from neuralgraph.graph.edits import ChangeNode, Connect
from neuralgraph.lessons.course import beside, document, lessons
from neuralgraph.session import Session
from tests.reference import expected, reference

FIRST = tuple(one for one in lessons() if one.number <= 18)
BESIDE = tuple(name for one in FIRST for name in beside(one))
SLOW = {"16-curve": 20, "16-depths": 20, "16-restarts": 20}
"""Epochs that are enough to see that it learns, where a run is long."""


def opened(name: str) -> ng.Graph:
    return ng.load(document(name))


def values(name: str) -> dict[str, Any]:
    return ng.evaluate(opened(name))


@pytest.mark.parametrize("name", BESIDE)
def test_it_opens_as_a_copy_without_errors_and_lies_well(name: str) -> None:
    session = Session.open(document(name), as_copy=True)
    assert session.path is None and session.graph.title and session.graph.about
    assert [problem.message for problem in session.analyse().problems] == []
    nodes = list(session.graph.nodes.values())
    assert all(one.x % 8 == 0 and one.y % 4 == 0 for one in nodes)
    assert not [(a.id, b.id) for a, b in combinations(nodes, 2) if abs(a.x - b.x) < 176 and abs(a.y - b.y) < 96]


@pytest.mark.parametrize("name", BESIDE)
def test_it_computes_or_learns_and_repeats(name: str) -> None:
    graph = opened(name)
    session = graph.session
    if not any(session.catalog[one.type].role == "loss" for one in session.graph.nodes.values()):
        assert ng.evaluate(graph)
        return
    runs = [ng.train(opened(name), epochs=SLOW.get(name, 3), patience=None, target=None) for _ in range(2)]
    assert runs[0].history == runs[1].history and np.isfinite(runs[0].history["loss"]).all()


def tensors() -> None:
    found = values("01-tensors")
    assert found["reshaped"].tolist() == expected("T02")["y"]
    assert found["joined"].tolist() == expected("T04")["axis0"]
    assert found["swapped"].tolist() == expected("T06")["y"]
    kinds = values("01-kinds")
    assert [kinds[one].ndim for one in ("rank_0", "rank_1", "rank_2")] == expected("T01")["ranks"]
    assert [list(kinds[one].shape) for one in ("rank_0", "rank_1", "rank_2")] == expected("T01")["shapes"]
    specs = ng.shapes(opened("01-kinds"))
    assert [specs[one]["out"].dtype for one in ("whole", "real")] == expected("G04")["requested_dtypes"][1:]
    assert float(kinds["together"]) == pytest.approx(126.14, abs=1e-4) and specs["sum"]["out"].dtype == "float32"


def functions() -> None:
    graph = opened("02-functions")
    edges = graph.session.graph.edges
    arity = [sum(end.target == one for end in edges.values()) for one in ("two", "b", "c", "d", "e", "a")]
    assert arity == expected("G02")["tf_arity"]
    found = ng.schedule(graph)
    assert list(found.dead) == expected("A11")["removed"]
    assert set(found.dynamic) - set(found.static) == {"dead"}
    graph.session.edit(Connect(Edge("a", "out", "d", "a")))
    assert [one.code for one in ng.check(graph) if one.severity == "error"] == ["cycle"]
    known, folded = expected("G03")["PerceptronNet_7_5"], opened("02-groups")
    drawn = folded.session.graph
    assert (len(drawn.nodes), len(drawn.edges)) == (known["drawn_nodes"], known["drawn_edges"])
    assert ng.summary(folded).parameters == known["variables"]


def sweeps() -> None:
    table = {(row["n"], row["m"]): (row["forward_sweeps"], row["reverse_sweeps"]) for row in expected("A03")["table"]}
    forward = ng.sweep_apart(opened("03-forward-sweep"), "forward", by="x")
    assert "1 forward sweep or 3 reverse" in forward.sweeps and table[1, 3] == (1, 3)
    reverse = ng.sweep_apart(opened("04-reverse-sweep"), "reverse", of="z")
    assert "3 forward sweeps or 1 reverse" in reverse.sweeps and table[3, 1] == (3, 1)
    known, found = expected("A06")["sigmoid_from_neg_exp_add_pow"], opened("04-reverse-sweep")
    for way in ("slow", "quick"):
        assert float(ng.evaluate(found)[way]) == pytest.approx(known[0], abs=1e-6)
        assert float(ng.gradients(found, of={"slow": "sigma", "quick": "sigmoid"}[way])["t"]) == pytest.approx(
            known[1], abs=1e-6)


def downhill() -> None:
    known, graph = expected("A05"), opened("05-adcme")
    assert float(ng.evaluate(graph)["y"]) == pytest.approx(known["y"], abs=1e-6)
    assert float(ng.gradients(graph, of="y")["x"][0]) == pytest.approx(known["z"], abs=1e-6)
    run = ng.train(graph)
    assert run.final["loss"] == pytest.approx(known["min_y"], abs=1e-6)
    assert float(run.program.state_dict()["x.value"][0]) == pytest.approx(known["argmin_x"], abs=5e-3)
    known, graph = expected("A08"), opened("05-matrices")
    assert float(ng.evaluate(graph)["L"]) == pytest.approx(known["L"], abs=1e-6)
    slopes = ng.gradients(graph, of="L")
    for name in ("X", "W", "b"):
        assert slopes[name] == pytest.approx(np.array(known[f"d{name}"]), abs=1e-6)
    known, graph = expected("A09"), opened("05-descend")
    before = float(ng.evaluate(graph)["square"][0])
    assert before == float(ng.evaluate(graph)["square"][0]) == 4, "looking does not train"
    run = ng.train(graph)
    assert float(run.program.state_dict()["x.value"][0]) == pytest.approx(known["x"], abs=1e-5)
    assert float(ng.evaluate(graph, run=run)["square"][0]) == pytest.approx(known["loss"], abs=1e-5)


def one_neuron() -> None:
    cells = expected("N03")
    low, high = (one / cells["neurons"] for one in cells["synapses"])
    assert (round(low), round(high)) == (1163, 11628)
    found = values("06-bends")
    assert found["steps"].reshape(-1).tolist() == expected("K04")["step"]
    assert found["bends"].reshape(-1) == pytest.approx(expected("K04")["sigmoid"], abs=1e-6)
    rates = reference("N04")
    assert values("06-spikes")["fired"] == pytest.approx(rates["expected"]["rate"], abs=rates["tolerance"]["rate"])
    assert found["at_once"] == pytest.approx(expected("N01")["tanh"], abs=1e-6)
    assert found["by_hand"] == pytest.approx(found["at_once"], abs=1e-6)
    assert found["cut"].tolist() == expected("N01")["relu"]
    run = ng.train(opened("06-apples"))
    weights = run.program.state_dict()
    learned = [*weights["unit.bias"].tolist(), *weights["unit.weight"][0].tolist()]
    assert learned == pytest.approx(expected("K19")["w"], abs=1e-5)
    assert run.history["mistakes"] == [1, 0] and len(run.history["loss"]) == expected("K19")["epochs"]


def linear_scores() -> None:
    found, known = values("09-products"), expected("T09")
    assert found["z"][0] == pytest.approx(known["z"], abs=1e-5)
    assert found["hidden"][0] == pytest.approx(known["relu_of_shifted"], abs=1e-5)


def four_equations() -> None:
    graph, known = opened("12-theta"), expected("P01")
    rows = {row.id: row.parameters for row in ng.summary(graph).rows}
    assert [rows["theta_1"], rows["theta_2"]] == [int(np.prod(known[f"Theta{n}"])) for n in (1, 2)]
    assert ng.summary(graph).parameters == known["total"]
    starts = [ng.compile(graph, seed=seed).state_dict().values() for seed in range(40)]
    drawn = torch.cat([one.reshape(-1) for start in starts for one in start])
    known = expected("P02")
    assert known["low"] <= float(drawn.min()) and float(drawn.max()) <= known["high"]
    assert float(drawn.std()) == pytest.approx(known["std"], abs=0.002)


def letters() -> None:
    graph, known = opened("13-letters"), reference("E05")
    for node in ("hidden", "output"):
        graph.set_initial(node, weight="zeros", bias="zeros")
    for precision, spread in (("float32", 1e-3), ("float64", 1e-9)):
        run = ng.train(graph, precision=precision)
        rows = run.program.state_dict()["hidden.weight"]
        assert float((rows - rows[0]).abs().max()) <= spread, "the neurons never differ but by rounding"
        assert run.final["accuracy"] * 100 == pytest.approx(known["expected"]["true"][0], abs=1e-3)


def softmax() -> None:
    graph, known = opened("15-keras"), reference("K20")
    assert ng.summary(graph).parameters == known["expected"]["params"]
    assert ng.train(graph).final["accuracy"] * 100 >= known["tolerance"]["min"]


def how_many() -> None:
    sizes = opened("16-sizes")
    rows = {row.id: row.parameters for row in ng.summary(sizes).rows}
    assert [rows["h"] + rows["h_out"], rows["l1"] + rows["l2"] + rows["l3"]] == expected("P03")["params"]
    said = np.array(expected("P07")["sigmoid_out"])
    assert ng.evaluate(sizes)["second"].reshape(1, -1) == pytest.approx(said, abs=1e-6)
    limits, found = reference("K09")["tolerance"], ng.train(opened("16-curve")).final
    assert found["loss_2"] >= limits["h2_median_min"] and found["loss_5"] <= limits["h5_median_max"]
    assert found["loss_30"] <= limits["h30_median_max"] and found["loss_30"] < found["loss_10"] * 2
    finals = ng.train_seeds(opened("16-restarts"), 5, epochs=300).finals
    spread = {h: float(np.std([one[f"loss_{h}"] for one in finals])) for h in (3, 20)}
    assert spread[3] >= 10 * spread[20], reference("K07")["tolerance"]
    deep = opened("16-depths")
    rows = {row.id: row.parameters for row in ng.summary(deep).rows}
    counted = [sum(n for id, n in rows.items() if id.startswith(name)) for name in ("two", "three", "four", "six")]
    assert counted == [one["params"] for one in expected("K08").values()]
    right = ng.train(deep, epochs=400).final
    assert right["val_two_right"] >= right["val_six_right"]


def digits() -> None:
    found, known = values("17-maxout"), expected("K13")
    assert found["ramp"].reshape(-1).tolist() == known["relu_as_maxout"] == found["ramp_too"].reshape(-1).tolist()
    assert found["size"].reshape(-1).tolist() == known["abs_as_maxout"]
    graph = opened("17-dropout")
    apart = graph.session.step_apart(places=range(8))
    before, after = apart.values["relu", "out"], apart.values["drop", "out"]
    awake = before > 0
    assert 0.35 < float((after[awake] == 0).mean()) < 0.65
    assert after[awake & (after != 0)] == pytest.approx(expected("K16")["kept_value"] * before[awake & (after != 0)])
    used = ng.evaluate(graph)
    assert (used["drop"] == used["relu"]).all() and expected("K16")["eval_is_identity"]
    written = ng.to_python(opened("17-digits"))
    assert 0 < written.index("zero_grad()") < written.index("backward()")
    g = ng.Graph()
    w = g.add("Parameter", id="w", shape=(1,), init="ones")
    g.add("EnergyLoss", g.add("Square", g.add("Mul", w, g.add("Constant", value=1.0)), id="square"), id="loss")
    parameter = dict(ng.compile(g).module.named_parameters())["w.value"]
    seen = []
    for _ in range(3):
        ((parameter * 1.0) ** 2).sum().backward()
        seen.append(float(parameter.grad[0]))
    assert seen == expected("K21")["grad_after_1_2_3_backward"]
    assert [float(ng.gradients(g, of="square")["w"][0]) for _ in range(3)] == [2, 2, 2], "the program sets them back"


def regression() -> None:
    graph, known = opened("18-study"), reference("K17")
    run = ng.train(graph, epochs=600)
    said = ng.evaluate(graph, run=run)["said"].reshape(-1)
    assert said == pytest.approx(np.array(known["inputs"]["y"]).reshape(-1),
                                 abs=known["tolerance"]["max_abs_error_points"])


FIGURES: dict[int, Callable[[], None]] = {
    1: tensors, 2: functions, 4: sweeps, 5: downhill, 6: one_neuron, 9: linear_scores, 12: four_equations, 13: letters,
    15: softmax, 16: how_many, 17: digits, 18: regression,
}


@pytest.mark.parametrize("number", FIGURES)
def test_a_lesson_shows_its_further_figures(number: int) -> None:
    FIGURES[number]()


def test_every_example_beside_a_lesson_is_held_to_a_figure() -> None:
    assert {one.number for one in FIRST if beside(one)} <= set(FIGURES)


def test_a_painted_thing_can_be_added() -> None:
    graph = opened("06-apples")
    things = graph.session.graph.nodes["things"]
    more = (*things.params["points"], (-1.0, -1.0, 0.0))
    graph.session.edit(ChangeNode(replace(things, params=things.params.having(points=more))))
    assert ng.train(graph).history["mistakes"][-1] == 0
