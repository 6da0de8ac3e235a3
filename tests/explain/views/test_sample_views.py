"""Projections, most wrong rows, reconstructions, generated rows, tables: computed a second time by hand."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.figures.shown import Bars, Board, Distribution, Pictures, Points, Table
from neuralgraph.resources import examples
from tests.explain.drawn_views import autoencoder, gate, generator, moons, toxicity


def test_hidden_space_is_two_units() -> None:
    graph = moons()
    run = ng.train(graph, epochs=2)
    shown = ng.inspect(graph, "hidden-space", "relu", x=3, y=7)
    assert isinstance(shown, Points)
    rows = graph.session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    x = torch.as_tensor(np.array(rows.arrays["data.x"]))
    state = run.program.state_dict()
    wanted = torch.relu(x @ state["hidden.weight"].T + state["hidden.bias"])[:, [3, 7]]
    assert np.allclose(shown.xy, wanted, atol=1e-6)
    assert shown.keys == tuple(range(200))
    assert shown.kinds is not None
    assert np.array_equal(shown.kinds, rows.target)


def test_principal_components() -> None:
    graph = ng.load(examples() / "iris.ngraph")
    shown = ng.inspect(graph, "principal-components", "iris")
    assert isinstance(shown, Board)
    points, bars = shown.parts
    assert isinstance(points, Points)
    assert isinstance(bars, Bars)
    present = graph.session._present()
    assert present is not None
    rows = graph.session._rows(present)
    assert rows is not None
    fitted = PCA().fit(np.array(rows.arrays["iris.x"], float))
    wanted = fitted.transform(np.array(rows.arrays["iris.x"], float))[:, :2]
    assert np.allclose(np.abs(points.xy), np.abs(wanted), atol=1e-5)
    assert np.allclose(bars.values, 100 * fitted.explained_variance_ratio_, atol=1e-5)
    assert f"{fitted.explained_variance_ratio_[:2].sum():.0%} of the spread" in bars.note


def test_t_sne_keeps_neighbours_and_repeats() -> None:
    graph = ng.load(examples() / "digits-cnn.ngraph")
    first, again = (ng.inspect(graph, "tsne", "digits") for _ in range(2))
    assert isinstance(first, Points)
    assert isinstance(again, Points)
    assert np.array_equal(first.xy, again.xy)
    present = graph.session._present()
    assert present is not None
    rows = graph.session._rows(present)
    assert rows is not None
    x = np.array(rows.arrays["digits.x"])[list(first.keys)].reshape(len(first.keys), -1)
    assert trustworthiness(x, first.xy, n_neighbors=8) > 0.95
    assert "of 1,797 rows" in first.note


def test_the_most_wrong_come_first() -> None:
    graph = ng.load(examples() / "digits-cnn.ngraph")
    run = ng.train(graph, epochs=1)
    shown = ng.inspect(graph, "most-wrong", part="validation", count=10)
    assert isinstance(shown, Pictures)
    rows = graph.session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    chosen = rows.split.validation
    x = np.array(rows.arrays["digits.x"][chosen])
    logits = run.program.predict(x=x)
    losses = torch.nn.functional.cross_entropy(logits, torch.as_tensor(np.array(rows.target[chosen])), reduction="none")
    worst = torch.argsort(-losses, stable=True)[:10].numpy()
    assert shown.keys == tuple(chosen[worst].tolist())
    assert np.array_equal(shown.images, x[worst, 0])
    answer = logits.argmax(dim=1).numpy()
    sure = torch.softmax(logits, dim=1).max(dim=1).values.numpy()
    assert shown.captions[0] == f"{rows.target[shown.keys[0]]} → {answer[worst[0]]}, {sure[worst[0]]:.0%}"
    assert shown.wrong == tuple(bool(answer[one] != rows.target[chosen[one]]) for one in worst)
    assert f"{int((answer != rows.target[chosen]).sum())} of {len(chosen)} are wrong" in shown.note


def test_the_most_wrong_texts_are_words() -> None:
    graph = toxicity()
    run = ng.train(graph, epochs=2)
    shown = ng.inspect(graph, "most-wrong", count=3)
    assert isinstance(shown, Table)
    rows = graph.session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    logits = run.program.predict(x=np.array(rows.arrays["data.x"]))
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, torch.as_tensor(np.array(rows.target)), reduction="none").mean(dim=1)
    assert shown.keys == tuple(torch.argsort(-losses, stable=True)[:3].tolist())
    assert [row[-1] for row in shown.rows] == pytest.approx(losses[list(shown.keys)].tolist(), rel=1e-4)
    words = [rows.tokens[one] for one in rows.arrays["data.x"][shown.keys[0]] if one]
    assert shown.rows[0][1] == " ".join(words[:24]) + ("…" if len(words) > 24 else "")


def test_reconstructions_beside_originals() -> None:
    graph = autoencoder()
    run = ng.train(graph, epochs=2, validation=0.2)
    shown = ng.inspect(graph, "reconstructions", part="validation", sample=3, count=4)
    assert isinstance(shown, Pictures)
    rows = graph.session._rows(run.program)
    assert rows is not None
    chosen = rows.split.validation
    x = np.array(rows.arrays["data.x"][chosen])
    again = run.program.predict(x=x).numpy().reshape(x.shape)
    assert shown.keys == tuple(chosen[3:7].tolist()) * 2
    assert np.allclose(shown.images, np.concatenate([x[3:7, 0], again[3:7, 0]]), atol=1e-6)
    error = ((x - again) ** 2).mean()
    assert f"Mean squared error {error:.3f} over {len(chosen)} rows" in shown.note
    with pytest.raises(RunError, match="its own input again"):
        ng.inspect(moons(), "reconstructions")


def test_generated_beside_real() -> None:
    graph = generator()
    run = ng.train(graph, epochs=2)
    shown = ng.inspect(graph, "generated", count=50)
    assert isinstance(shown, Points)
    rows = graph.session._rows(run.program)
    assert rows is not None
    made = run.program.predict(noise=np.array(rows.arrays["noise"][:50])).numpy()
    assert shown.kinds is not None
    assert np.allclose(shown.xy[shown.kinds == 1], made, atol=1e-6)
    real = np.array(rows.arrays["real.x"])
    assert all((np.abs(real - one).sum(axis=1) < 1e-6).any() for one in shown.xy[shown.kinds == 0])
    assert f"sd {made.std():.2f}" in shown.note


def test_generated_numbers_are_two_distributions(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n" + "".join(f"{n / 7:.4f},{n}\n" for n in range(70)), encoding="utf-8")
    graph = ng.Graph()
    real = graph.add("Csv", path=str(path), target="b", id="real")
    made = graph.add("Linear", graph.add("Noise", shape=(3,), id="noise"), out_features=1, id="made")
    graph.add("MSELoss", made, real["x"], id="loss")
    shown = ng.inspect(graph, "generated")
    assert isinstance(shown, Board)
    (one,) = shown.parts
    assert isinstance(one, Distribution)
    assert one.names == ("real", "generated")
    assert np.array_equal(one.counts.sum(axis=1), [70, 70])
    assert "Real: mean 4.93, sd 2.89." in one.note


def test_what_a_judge_sees_twice_stands_beside_what_is_real() -> None:
    """The course's forger and judge: the real numbers are drawn, too, and what the judge is told is no forgery."""
    graph = ng.load(examples() / "32-gan.ngraph")
    run = ng.train(graph, epochs=1)
    shown = ng.inspect(graph, "generated", count=400)
    assert isinstance(shown, Board) and isinstance(shown.parts[0], Distribution)
    one = shown.parts[0]
    assert one.title == "Generated by g_out beside real" and one.names == ("real", "generated")
    made = ng.evaluate(graph, run=run)["g_out"][:400].astype(float)
    real = np.asarray(graph.session._rows(run.program).arrays["real"], float)  # type: ignore[union-attr]
    some = real[np.unique(np.linspace(0, len(real) - 1, 400).astype(int))]
    assert one.counts.sum(axis=1).tolist() == [400, 400]
    for counts, numbers in zip(one.counts, (some, made), strict=True):
        assert np.abs(counts - np.histogram(numbers, one.edges)[0]).max() <= 1  # a number may lie on an edge
    assert f"{some.mean():.2f}" in one.note


def test_a_truth_table_has_every_row() -> None:
    graph = gate()
    run = ng.train(graph, epochs=60, batch_size=4, lr=0.1, validation=0.0)
    shown = ng.inspect(graph, "truth-table")
    assert isinstance(shown, Table)
    given = np.array(list(product((0, 1), repeat=2)), np.float32)
    said = run.program.predict(x=given).argmax(dim=1).tolist()
    assert [row[:2] for row in shown.rows] == [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
    assert [row[2] for row in shown.rows] == [str(one) for one in said]
    assert [row[4] for row in shown.rows] == ["0", "1", "1", "0"]
    wrong = {n for n, (one, true) in enumerate(zip(said, (0, 1, 1, 0), strict=True)) if one != true}
    assert shown.marked == wrong
    with pytest.raises(RunError, match="other values too"):
        ng.inspect(moons(), "truth-table")


def test_combinations_that_no_row_has_have_no_truth(tmp_path: Path) -> None:
    path = tmp_path / "bits.csv"
    path.write_text("a,b,c,all\n0,0,0,no\n1,1,1,yes\n1,0,1,no\n", encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("Csv", path=str(path), target="all", id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", data["x"], out_features=2), data["y"], id="loss")
    shown = ng.inspect(graph, "truth-table")
    assert isinstance(shown, Table)
    assert len(shown.rows) == 8
    assert [row[5] for row in shown.rows] == ["no", "", "", "", "", "no", "", "yes"]
    assert "5 of 8 are not in the data." in shown.note


def test_the_table_of_nodes_is_the_summary() -> None:
    graph = ng.load(examples() / "digits-cnn.ngraph")
    shown = ng.inspect(graph, "node-table")
    assert isinstance(shown, Table)
    wanted = ng.summary(graph)
    assert {row[0]: row[1:5] for row in shown.rows} == {
        one.id: (one.type, one.shape, one.parameters, one.flops) for one in wanted.rows if one.shape}
    assert shown.total[3] == wanted.parameters
    assert shown.rows[next(iter(shown.marked))][3] == max(one.parameters for one in wanted.rows)
    sorted_ones = ng.inspect(graph, "node-table", sort="operations")
    assert isinstance(sorted_ones, Table)
    work = [row[4] for row in sorted_ones.rows]
    assert work == sorted(work, reverse=True)


@pytest.mark.parametrize("view", ["confusion", "decision-regions", "region-count", "most-wrong", "roc", "progress"])
def test_numbers_that_are_not_finite_are_told(view: str) -> None:
    graph = moons()
    graph.set_weights("logits", weight=np.full((2, 12), 3e38).tolist(), bias=[0.0, 3e38])
    with pytest.raises(RunError, match="not finite"):
        ng.inspect(graph, view)


def test_a_judge_of_shared_weights_says_what_is_made() -> None:
    graph = ng.load(examples() / "32-gan.ngraph")
    shown = ng.inspect(graph, "generated", count=40)
    assert isinstance(shown, Board)
    (one,) = shown.parts
    assert one.title == "Generated by g_out beside real"
    assert "Real: mean 4." in one.note or "Real: mean 3." in one.note


def test_hidden_space_begins_with_units_that_vary() -> None:
    graph = ng.load(examples() / "digits-mlp.ngraph")
    source = next(id for id, one in graph.session.graph.nodes.items() if one.type == "Dataset")
    shown = ng.inspect(graph, "hidden-space", source)
    assert isinstance(shown, Points)
    assert min(shown.xy.std(axis=0)) > 0.1, "the pixels in the corners are always white"
