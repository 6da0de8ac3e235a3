"""Confusion, tables, ROC, calibration and scores are those that scikit-learn finds in the same answers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.explain.scoring import area_under, bins_of, precision_recall, roc
from neuralgraph.figures.draw import draw
from neuralgraph.figures.shown import Bars, Board, Curves, Distribution, Grid, Table
from tests.explain.drawn_views import moons, toxicity


@lru_cache(maxsize=1)
def digits() -> tuple[ng.Graph, np.ndarray, np.ndarray, np.ndarray]:
    """A network that has learned a little, the numbers of its validation rows, their classes and its probabilities."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", graph.add("Flatten", data["x"]), out_features=10), data["y"],
              id="loss")
    run = ng.train(graph, epochs=2, validation=0.2)
    session = graph.session
    rows = session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    chosen = rows.split.validation
    x = next(iter(rows.arrays.values()))[chosen]
    chances = torch.softmax(run.program.predict(x=np.array(x)), dim=1).numpy()
    return graph, chosen, rows.target[chosen], chances


def test_confusion_counts_and_the_rows_behind_each_cell() -> None:
    graph, rows, true, chances = digits()
    shown = ng.inspect(graph, "confusion", part="validation")
    assert isinstance(shown, Grid)
    answer = chances.argmax(axis=1)
    wanted = confusion_matrix(true, answer, labels=range(10))
    assert np.array_equal(shown.values, wanted)
    assert f"{int(np.trace(wanted))} of {len(true)} are right" in shown.note
    for cell, behind in enumerate(shown.behind):
        assert sorted(behind) == sorted(rows[(true == cell // 10) & (answer == cell % 10)].tolist())
    spots = draw(shown, 640, 440).spots
    most = int(wanted.argmax())
    assert spots.keys(most) == shown.behind[most]
    assert spots.key(most) == shown.behind[most][0]
    shares = ng.inspect(graph, "confusion", part="validation", show="shares")
    assert isinstance(shares, Grid)
    assert np.allclose(shares.values, 100 * confusion_matrix(true, answer, labels=range(10), normalize="true"))


def test_the_table_of_classes() -> None:
    graph, _, true, chances = digits()
    shown = ng.inspect(graph, "class-table", part="validation")
    assert isinstance(shown, Table)
    precision, recall, both, support = precision_recall_fscore_support(
        true, chances.argmax(axis=1), labels=range(10), zero_division=0)
    wanted = np.stack([precision, recall, both, support], axis=1)
    assert np.allclose([row[1:] for row in shown.rows], wanted)
    assert np.allclose(shown.total[1:4], wanted[:, :3].mean(axis=0))


def test_roc_and_its_area() -> None:
    graph, _, true, chances = digits()
    shown = ng.inspect(graph, "roc", part="validation")
    assert isinstance(shown, Board)
    curves, bars = shown.parts
    assert isinstance(curves, Curves)
    assert isinstance(bars, Bars)
    wanted = [roc_auc_score(true == n, chances[:, n]) for n in range(10)]
    assert np.allclose(1 - bars.values, wanted)
    hardest = sorted(np.argsort(wanted, kind="stable")[:6])
    assert [one.name for one in curves.curves] == [str(n) for n in hardest]
    for curve, n in zip(curves.curves, hardest, strict=True):
        x, y, _ = roc_curve(true == n, chances[:, n], drop_intermediate=False)
        assert np.allclose(curve.x, x)
        assert np.allclose(curve.y, y)
    assert f"{np.mean(wanted):.3f}" in shown.parts[1].note


@pytest.mark.parametrize("ties", [False, True])
def test_curves_with_and_without_equal_scores(ties: bool) -> None:
    rng = np.random.default_rng(0)
    score = rng.integers(0, 5, 60) / 4 if ties else rng.random(60)
    true = rng.random(60) < 0.3 + 0.4 * score
    assert np.isclose(area_under(score, true), roc_auc_score(true, score))
    x, y, _ = roc_curve(true, score, drop_intermediate=False)
    assert np.allclose(roc(score, true), (x, y))
    recall, precision = precision_recall(score, true)
    wanted_precision, wanted_recall, _ = precision_recall_curve(true, score)
    assert np.allclose(recall, wanted_recall[::-1][1:])
    assert np.allclose(precision, wanted_precision[::-1][1:])
    area = np.sum(np.diff(np.append(0, recall)) * precision)
    assert np.isclose(area, average_precision_score(true, score))
    assert np.isnan(area_under(score, np.ones(60, bool)))


def test_calibration_bin_by_bin() -> None:
    graph, _, true, chances = digits()
    shown = ng.inspect(graph, "calibration", part="validation", bins=8)
    assert isinstance(shown, Board)
    curves, counts = shown.parts
    assert isinstance(curves, Curves)
    assert isinstance(counts, Distribution)
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == true
    error, points = 0.0, []
    for n in range(8):
        inside = (sure >= n / 8) & ((sure < (n + 1) / 8) | (n == 7))
        assert counts.counts[n] == inside.sum()
        if inside.any():
            points.append((sure[inside].mean(), right[inside].mean()))
            error += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    assert np.allclose(np.stack([curves.curves[0].x, curves.curves[0].y], axis=1), points, atol=1e-6)
    assert f"ECE {error:.3f}" in counts.note


def test_an_answer_that_is_exactly_sure_is_in_the_last_bin() -> None:
    counts, mean, share, error = bins_of(np.array([1.0, 1.0, 0.0]), np.array([1, 0, 0]), 4)
    assert counts.tolist() == [1, 0, 0, 2]
    assert (mean[3], share[3]) == (1.0, 0.5)
    assert error == pytest.approx(1 / 3)


def test_a_question_of_two_classes_has_one_curve() -> None:
    graph = moons()
    run = ng.train(graph, epochs=3, validation=0.2)
    shown = ng.inspect(graph, "roc", run=run)
    assert isinstance(shown, Curves)
    rows = graph.session._rows(run.program)
    assert rows is not None
    score = torch.softmax(run.program.predict(x=np.array(rows.arrays["data.x"])), dim=1)[:, 1].numpy()
    assert shown.curves[0].name == f"1 (AUC {roc_auc_score(rows.target, score):.3f})"


def test_labels_one_by_one() -> None:
    graph = toxicity()
    run = ng.train(graph, epochs=10, validation=0.2)
    shown = ng.inspect(graph, "label-table", part="validation")
    assert isinstance(shown, Table)
    rows = graph.session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    chosen = rows.split.validation
    said = torch.sigmoid(run.program.predict(x=np.array(rows.arrays["data.x"][chosen]))).numpy()
    true = rows.target[chosen]
    figures = precision_recall_fscore_support(true, said >= 0.5, zero_division=0)
    assert [row[0] for row in shown.rows] == ["insult", "threat", "rude"]
    assert np.allclose([row[1:5] for row in shown.rows], np.stack(figures, axis=1))
    assert np.allclose([row[6] for row in shown.rows], [roc_auc_score(true[:, n], said[:, n]) for n in range(3)])
    every = ((said >= 0.5) == (true > 0.5)).all(axis=1).mean()
    assert f"right for {every:.1%}" in shown.note
    never = ng.inspect(graph, "label-table", part="validation", threshold=1.0)
    assert isinstance(never, Table)
    assert [row[5] for row in never.rows] == [0, 0, 0]
    with pytest.raises(RunError, match="not taught to tell which class"):
        ng.inspect(graph, "confusion")


def test_the_scores_of_one_sample() -> None:
    graph, rows, true, chances = digits()
    wrong = int(np.flatnonzero(chances.argmax(axis=1) != true)[0])
    shown = ng.inspect(graph, "scores", part="validation", sample=wrong)
    assert isinstance(shown, Bars)
    assert np.allclose(shown.values, chances[wrong], atol=1e-6)
    assert shown.bad == tuple(n == chances[wrong].argmax() for n in range(10))
    assert shown.title.startswith(f"Row {rows[wrong] + 1:,}: {chances[wrong].argmax()}")
    assert shown.title.endswith(f"but it is {true[wrong]}")
    raw = ng.inspect(graph, "scores", part="validation", sample=wrong, show="scores")
    assert isinstance(raw, Bars)
    assert np.allclose(torch.softmax(torch.as_tensor(raw.values), dim=0), chances[wrong], atol=1e-6)


def test_a_class_at_every_place_counts_each_place(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("so it goes, and goes it so. " * 12, encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("TextFile", path=str(tmp_path / "text.txt"), task="next", tokens="characters", length=24,
                     id="data")
    x = graph.add("Embedding", data["x"], num_embeddings=16, embedding_dim=4)
    classes = ng.shapes(graph)["data"]["x"].classes or 0
    x = graph.add("Transpose", graph.add("Linear", x, out_features=classes), dim0=1, dim1=2)
    graph.add("CrossEntropyLoss", x, data["y"], id="loss")
    run = ng.train(graph, epochs=1, validation=0.0)
    shown = ng.inspect(graph, "confusion")
    assert isinstance(shown, Grid)
    rows = graph.session._rows(run.program)
    assert rows is not None
    x, y = rows.arrays["data.x"], rows.arrays["data.y"]
    said = run.program.predict(x=np.array(x)).argmax(dim=1).numpy()
    assert np.array_equal(shown.values, confusion_matrix(y.reshape(-1), said.reshape(-1),
                                                         labels=range(len(rows.tokens))))
    assert shown.row_names == rows.tokens
    assert f"{x.shape[1]} answers to each row" in shown.note
    worst = ng.inspect(graph, "most-wrong", count=5)
    assert isinstance(worst, Table)
    assert worst.columns == ("row", "text", "truth", "answer", "sure", "loss")


def test_many_rows_are_sampled_evenly_and_said_to_be() -> None:
    graph, *_ = digits()
    shown = ng.inspect(graph, "confusion", rows=100)
    assert isinstance(shown, Grid)
    assert shown.values.sum() == 100
    assert "100 of 1,797 rows, evenly spread." in shown.note
    seen = sorted(row for cell in shown.behind for row in cell)
    assert seen[0] == 0
    assert seen[-1] == 1796
    assert max(np.diff(seen)) <= 19
