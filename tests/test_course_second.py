"""Rows from 63 on, and row 9: the examples that lessons open beside their own lie well, and show their figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.resources import examples
from neuralgraph.session import Session
from tests.reference import expected

BESIDE = ("15-losses", "19-windows", "20-borders", "20-vgg", "22-edges", "22-new-head", "22-wide", "23-chaos",
          "23-forecast", "23-line", "23-steps", "25-clipping", "26-both-ways", "26-words", "28-capacity", "28-clamped",
          "29-max-cut", "29-small-machine", "30-deep-machine", "31-deep", "31-shallow", "32-clusters", "32-factors")
NOTHING_TO_LEARN = ("19-windows", "20-borders", "20-vgg")
CUT = {"26-words": {"data_note"}}
"""One sentence is longer than five words: the lesson is about it."""


def opened(name: str) -> ng.Graph:
    return ng.load(examples() / f"{name}.ngraph")


def values(name: str) -> dict[str, np.ndarray]:
    return ng.evaluate(opened(name))


def having(graph: ng.Graph, node: str, **params: Any) -> ng.Graph:
    placed = graph.session.graph.nodes[node]
    graph.session.edit(ChangeNode(replace(placed, params=placed.params.having(**params))))
    return graph


def learns(graph: ng.Graph) -> bool:
    session = graph.session
    return any(session.catalog[one.type].role == "loss" for one in session.graph.nodes.values())


@pytest.mark.parametrize("name", BESIDE)
def test_it_opens_as_a_copy_without_errors_and_lies_well(name: str) -> None:
    session = Session.open(examples() / f"{name}.ngraph", as_copy=True, guarded=True)
    graph = session.graph
    assert session.path is None and graph.title and graph.about
    wanted = {"no_loss"} if name in NOTHING_TO_LEARN else CUT.get(name, set())
    assert {problem.code for problem in session.analyse().problems} == wanted
    nodes = list(graph.nodes.values())
    assert all(one.x % 8 == 0 and one.y % 4 == 0 for one in nodes)
    assert not [(a.id, b.id) for a, b in combinations(nodes, 2) if abs(a.x - b.x) < 176 and abs(a.y - b.y) < 96]


@pytest.mark.parametrize("name", [one for one in BESIDE if one not in NOTHING_TO_LEARN])
def test_it_computes_or_learns_and_repeats(name: str) -> None:
    if not learns(opened(name)):
        assert all(np.isfinite(one).all() for one in values(name).values())
        return
    runs = [ng.train(opened(name), epochs=2) for _ in range(2)]
    assert runs[0].history == runs[1].history
    assert np.isfinite(runs[0].history["loss"]).all()


def test_three_scores_and_five_losses() -> None:
    found, wanted = values("15-losses"), expected("K15")
    assert found["softmax"][0] == pytest.approx(wanted["softmax"], abs=1e-6)
    assert float(found["cross"]) == pytest.approx(wanted["cross_entropy"], abs=1e-6)
    assert float(found["hinge"]) == wanted["hinge"] == 0
    assert float(found["square"]) == pytest.approx(wanted["mse_to_onehot"], abs=1e-6)
    slopes = ng.gradients(opened("15-losses"), of="cross")["scores"][0]
    assert slopes == pytest.approx(wanted["dCE_dz"], abs=1e-6)


def test_the_letters_before_and_after() -> None:
    run = ng.train(opened("13-letters"))
    first, last, wanted = run.history["loss"][0], run.final["loss"], expected("E03")
    assert wanted["pseudo_epoch1"]["min"] <= 100 * (1 - first) <= wanted["pseudo_epoch1"]["max"]
    assert 100 * (1 - last) >= wanted["pseudo_last"]["median"]


def test_windows_on_a_line_on_channels_and_on_a_large_picture() -> None:
    found, plain = values("19-windows"), values("19-convolution")
    assert found["slopes"].tolist() == [[expected("D09")["valid"]]]
    assert found["columns"].shape == (1, 27, 9)
    assert np.abs(found["maps"] - plain["maps"][0]).max() <= 1e-9
    assert found["scanner"].shape[2:] == (91, 91) and expected("C10")["positions"] == 91 * 91
    rows = {row.id: row.parameters for row in ng.summary(opened("19-windows")).rows}
    assert rows["scanner"] == expected("C10")["weights_shared"] + 1


def test_the_same_filters_with_padding_along_a_line() -> None:
    found = ng.evaluate(having(opened("19-windows"), "slide", padding=1))
    assert found["slopes"].tolist() == [[expected("D09")["same"]]]


def test_pooling_that_overlaps_and_what_does_not_fit() -> None:
    graph = having(opened("19-convolution"), "largest", stride=2, kernel_size=3)
    assert ng.evaluate(graph)["kept"].tolist() == [[expected("C02")["overlapping_F3_S2_on_4x4"]]]
    assert ng.evaluate(opened("19-convolution"))["kept"].size / 16 == 1 - expected("C02")["discarded_fraction"]
    sizes = expected("C03")
    graph = ng.Graph()
    for at, (width, window, stride, rim) in enumerate([(10, 3, 2, 0), (227, 11, 4, 0), (224, 11, 4, 0), (5, 3, 2, 1)]):
        photo = graph.add("Input", shape=(1, width, width), id=f"photo_{at}")
        seen = graph.add("Conv2d", photo, out_channels=1, kernel_size=window, stride=stride, padding=rim,
                         id=f"seen_{at}")
        graph.add("Output", seen)
    shapes = ng.shapes(graph)
    assert [shapes[f"seen_{at}"]["out"].shape[2] for at in range(4)] == sizes["floor"][:4]


def test_seeing_all_or_a_part() -> None:
    found = expected("C04")
    graph = ng.Graph()
    photo = graph.add("Input", shape=(3, 32, 32))
    graph.add("Output", graph.add("Linear", graph.add("Flatten", photo), out_features=1, bias=False, id="all"))
    graph.add("Output", graph.add("Conv2d", photo, out_channels=1, kernel_size=5, bias=False, id="part"))
    rows = {row.id: row.parameters for row in ng.summary(graph).rows}
    assert (rows["all"], rows["part"]) == (found["fc_weights"], found["conv_weights"])


def test_vgg_16_is_counted_without_taking_its_memory() -> None:
    found, wanted = ng.summary(opened("20-vgg")), expected("C12")
    assert found.parameters == wanted["total_params"] == 138_357_544
    rows = {row.id: row for row in found.rows}
    flows = [row for row in found.rows if row.id.startswith(("photo", "conv", "pool", "fc"))]
    numbers = [int(np.prod([int(one) for one in row.shape.split(" × ")[1:]])) for row in flows]
    assert sum(numbers) == wanted["total_values"] == 15_237_608
    assert sum(numbers) * 4 / 2**20 == pytest.approx(wanted["total_values_MiB_float32"])
    weights = sum(rows[one].parameters for one in ("fc_6", "fc_7", "fc_8"))
    assert weights / found.parameters == pytest.approx(wanted["fc_weight_share"], abs=1e-3)
    assert rows["fc_6"].parameters == 102_764_544
    share = 2 * 64 * 224 * 224 / sum(numbers)
    assert share == pytest.approx(wanted["first_two_conv_share_of_values"])
    assert expected("C13")["MiB_activations"] == 3 * 64 * 224 * 224 * 4 / 2**20


def test_borders_are_kept_or_washed_away() -> None:
    shapes, wanted = ng.shapes(opened("20-borders")), expected("C16")
    assert [shapes[f"bare_{at}"]["out"].shape[2] for at in range(1, 16)] == wanted["valid"]
    assert shapes["as_large"]["out"].shape[2:] == (32, 32) and wanted["same"][-1] == 32
    assert wanted["P_for_F"]["7"] == 3


def test_the_first_layer_becomes_edges() -> None:
    run = ng.train(opened("22-edges"))
    assert run.final["val_accuracy"] >= 0.9
    windows = run.program.state_dict()["windows.weight"].numpy()[:, 0]
    lying, standing = (windows.mean(axis=2) ** 2).sum(axis=1), (windows.mean(axis=1) ** 2).sum(axis=1)
    strong = np.maximum(lying, standing) > 0.5
    contrast = np.maximum(lying, standing) / np.minimum(lying, standing)
    assert strong.sum() >= 3 and np.median(contrast[strong]) > 4


def test_a_net_that_slides_reads_a_strip_and_says_what_it_says_to_crops() -> None:
    graph = opened("22-wide")
    run = ng.train(graph, epochs=10)
    found = ng.evaluate(graph, run=run)
    assert run.final["val_accuracy"] >= 0.93
    read = found["answers"][0, :, 0, ::6].argmax(axis=0)
    assert read.tolist() == [3, 1, 4, 7]
    strip = graph.session.graph.nodes["strip"].params["value"][0][0]
    row = np.array(strip, np.float32)
    crops = np.stack([row[:, 2 * at:2 * at + 8] for at in range(19)])[:, None]
    alone = ng.evaluate(graph, {"digits.x": crops, "digits.y": np.zeros(19, np.int64)}, run=run)["head"]
    assert np.abs(alone[:, :, 0, 0].T - found["head_wide"][0, :, 0]).max() <= 1e-5
    digits, labels = found["digits.x"][-200:], found["digits.y"][-200:]
    pairs = np.concatenate([digits, np.zeros((200, 1, 8, 4), np.float32), digits[::-1]], axis=3)
    having(graph, "strip", value=tuple(pairs.tolist()))
    said = ng.evaluate(graph, run=ng.train(graph, epochs=10))["head_wide"][:, :, 0].argmax(axis=1)
    assert said.shape == (200, 7)
    assert ((said[:, 0] == labels).mean() + (said[:, -1] == labels[::-1]).mean()) / 2 >= 0.9, expected("D07")


def test_ten_pictures_are_enough_for_a_new_head() -> None:
    graph = opened("22-new-head")
    run = ng.train(graph, epochs=60)
    assert run.final["val_old_accuracy"] >= run.final["val_chance_accuracy"] + 0.03, expected("D08")
    before, after = ng.compile(graph).state_dict(), run.program.state_dict()
    taught = next(name for name in before if name.startswith("old_eyes") and name.endswith("windows_1.weight"))
    assert (before[taught] == after[taught]).all()
    assert (before["old_head.weight"] != after["old_head.weight"]).any()


def test_four_steps_by_hand_and_the_sum_of_their_slopes() -> None:
    graph = opened("23-steps")
    found = ng.evaluate(graph)
    assert found["cell.output"][0] == pytest.approx(np.array(expected("R02")["h"]), abs=1e-6)
    parts = [ng.gradients(graph, of=f"loss_{at}")["cell.weight_hh_l0"] for at in range(1, 5)]
    total, last = graph["loss_1"], 0
    for last in range(2, 5):
        total = graph.add("Add", total, graph[f"loss_{last}"], id=f"sum_{last}")
    graph.add("Output", total)
    whole = ng.gradients(graph, of=f"sum_{last}")["cell.weight_hh_l0"]
    assert np.abs(whole - sum(parts)).max() <= 1e-6
    assert float(ng.evaluate(graph)["sum_4"]) == pytest.approx(sum(float(found[f"loss_{at}"]) for at in range(1, 5)))
    assert np.abs(parts[0]).max() < np.abs(whole).max()


def test_chaos_needs_a_bend() -> None:
    found, wanted = ng.train(opened("23-chaos")).final, expected("R08")
    assert found["line_loss"] == pytest.approx(wanted["logistic_linear_mse"], abs=0.01)
    assert found["val_curve_loss"] <= 1e-3


def test_two_taps_tell_a_pure_wave() -> None:
    graph = having(opened("23-next-term"), "wave", noise=0.0)
    run = ng.train(graph, epochs=300, full_batch=True, lr=0.1)
    now, before = run.program.state_dict()["two_weights.weight"][0].flip(0).tolist()
    assert (now, before) == pytest.approx(expected("R08")["sine_weights"], abs=0.05)


def test_a_forecast_beats_persistence() -> None:
    run, wanted = ng.train(opened("23-forecast"), epochs=10), expected("R09")
    assert run.final["val_as_now"] == pytest.approx(wanted["persistence_mse"], abs=1e-3)
    mine = run.final["val_loss"] - run.final["val_as_now"]
    assert mine <= run.final["val_as_now"] / 3


def test_a_line_goes_on() -> None:
    graph = opened("23-line")
    run = ng.train(graph)
    assert run.final["loss"] <= 0.2
    said = "to be or" + ng.generate(graph, 31, prompt="to be or", temperature=0, run=run)
    assert said == expected("R12")["completion"][0].rstrip()


def test_digits_are_read_row_by_row() -> None:
    assert ng.train(opened("digits-lstm"), epochs=12).final["val_accuracy"] >= 0.93, expected("R13")


@pytest.mark.parametrize(("limit", "figure"), [({"clip": 1.0}, "by_norm"), ({"clip_value": 1.0}, "by_value"),
                                               ({}, "")])
def test_clipping_by_length_and_by_value(limit: dict[str, float], figure: str) -> None:
    run = ng.train(opened("25-clipping"), **limit)
    wanted = expected("R05")[figure] if figure else [3, 4]
    assert (-run.program.state_dict()["place.value"]).tolist() == pytest.approx(wanted, abs=1e-5)


def test_sentences_become_rows_of_numbers() -> None:
    wanted = expected("W01")
    graph = opened("26-words")
    assert ng.evaluate(graph)["sentences.x"].tolist() == wanted["pad_pre_trunc_pre"]
    other = ng.evaluate(having(graph, "sentences", side="end"))["sentences.x"].tolist()
    assert other[3] == wanted["pad_pre_trunc_post"][3] and other[0] == [*wanted["sequences"][0], 0]


def test_who_reads_both_ways_has_seen_the_future() -> None:
    found, wanted = ng.train(opened("26-both-ways")).final, expected("R11")
    assert found["val_ahead_accuracy"] <= 0.6 < wanted["bidirectional"]["min"] / 100
    assert found["val_both_accuracy"] >= 0.98


def test_four_hundred_units_break_between_an_eighth_and_a_fifth() -> None:
    wanted = expected("H03")

    def kept(patterns: int) -> tuple[float, float]:
        graph = having(opened("28-capacity"), "patterns", samples=patterns)
        run = ng.train(graph)
        found = ng.evaluate(graph, run=run)["overlap"]
        assert run.final["unlike"] == pytest.approx(1 - found.mean(), abs=1e-3)
        return float(found.mean()), float((found == 1).mean())

    few, many = kept(40), kept(80)
    assert few[0] >= 0.99 and many[0] <= 0.75
    assert few[1] == pytest.approx(wanted["40"]["pattern_exactly_stable"], abs=0.1)
    assert many[1] == pytest.approx(wanted["80"]["pattern_exactly_stable"], abs=0.1)
    assert kept(56)[1] == pytest.approx(wanted["56"]["pattern_exactly_stable"], abs=0.15)


def test_three_units_settle_to_what_goes_best_with_two() -> None:
    found, wanted = values("28-clamped"), expected("H07")
    best = [wanted["best_interpretation_by_visible"][seen]["energy"] for seen in ("00", "01", "10", "11")]
    assert found["settle.energy"].tolist() == pytest.approx(best, abs=1e-6)
    assert (np.diff(found["settle.curve"], axis=1) <= 1e-6).all()
    states = ["".join(str(int(unit)) for unit in row) for row in found["settle.state"]]
    assert [one[:2] for one in states] == ["00", "01", "10", "11"] and states[2] == "10110"
    start = [(0.0, 0.0, 0.0, 0.0, 0.0)]
    stuck = ng.evaluate(having(opened("28-clamped"), "seen", value=tuple(start)))
    assert stuck["settle.energy"].tolist() == [0]


def test_cooling_finds_the_largest_cut() -> None:
    found, wanted = values("29-max-cut"), expected("H10")
    assert float(found["best"]) == wanted["optimum"] == 31
    assert (found["crossing"] == 31).mean() >= 0.6
    hasty = ng.evaluate(having(opened("29-max-cut"), "cooling", sweeps=2))
    assert hasty["crossing"].mean() < found["crossing"].mean()


def test_seven_units_learn_four_patterns() -> None:
    graph = opened("29-small-machine")
    run = ng.train(graph, epochs=500)
    wanted = expected("H08")
    assert run.history["exact_loss"][0] - np.log(4) == pytest.approx(wanted["kl_untrained"], abs=0.1)
    assert run.final["exact_loss"] - np.log(4) <= 0.3
    learned = {name.partition(".")[2]: one.numpy() for name, one in run.program.state_dict().items()
               if name in ("dreaming.weight", "dreaming.bias")}
    patterns = graph.session.graph.nodes["patterns"].params["value"]
    judge = ng.Graph()
    machine = judge.add("BoltzmannMachine", judge.add("Constant", value=patterns), phase="exact", id="all")
    judge.add("EnergyLoss", machine["energy"], machine["energy_sample"], id="loss")
    judge.set_weights("all", **learned)
    assert float(ng.evaluate(judge)["loss"]) - np.log(4) <= 0.9


def test_three_layers_agree() -> None:
    found, wanted = values("30-deep-machine"), expected("H14")
    assert found["believed"][0] == pytest.approx([*wanted["mean_field_h1"], *wanted["mean_field_h2"]], abs=1e-5)
    assert found["below"][0] == pytest.approx(wanted["p_v_given_h1"], abs=1e-6)
    assert found["above"][0] == pytest.approx(wanted["p_h2_given_h1"], abs=1e-6)


def test_one_hidden_layer_is_no_better_than_principal_components() -> None:
    found, wanted = ng.train(opened("31-shallow"), epochs=100).final, expected("Z04")
    assert found["val_pca_loss"] == pytest.approx(wanted["pca16"], abs=5e-4)
    assert found["val_pca_loss"] * 0.98 <= found["val_loss"] - found["val_pca_loss"] <= 0.016


def test_in_a_deep_chain_nothing_comes_back() -> None:
    graph = opened("31-deep")
    slopes = ng.gradients(graph, of="loss")
    first, last = (np.linalg.norm(slopes[f"layer_{at}.weight"]) for at in (1, 8))
    assert first / last <= 1e-8, expected("Z05")
    assert ng.train(graph, epochs=150).final["val_loss"] >= 0.07


def test_ratings_and_a_box_are_made_of_factors() -> None:
    graph = opened("32-factors")
    found, wanted = ng.train(graph, epochs=150).final, expected("Z09")
    assert found["val_loss"] - found["val_tensor_loss"] <= 0.3, expected("Z10")
    box = np.array(graph.session.graph.nodes["box"].params["value"])

    def left_over(loss: float) -> float:
        return float(np.sqrt(loss * box.size) / np.linalg.norm(box))

    assert left_over(found["tensor_loss"]) <= 1e-3
    for name, size in (("a", 6), ("b", 5), ("c", 4)):
        having(graph, f"factor_{name}", shape=(size, 1))
    one = ng.train(graph, epochs=150).final["tensor_loss"]
    assert left_over(one) == pytest.approx(wanted["relative_error_cp"]["1"][0], abs=1e-3)


def test_three_heaps_of_flowers() -> None:
    graph = opened("32-clusters")
    purities = []
    for seed in range(3):
        found = ng.evaluate(graph, run=ng.train(graph, epochs=6, seed=seed))
        won, kinds = found["units.winner"], found["iris.y"]
        purities.append(sum(np.bincount(kinds[won == unit]).max(initial=0) for unit in range(3)) / len(kinds))
    assert min(purities) >= 0.6 and np.median(purities) >= 0.78, expected("Z11")
