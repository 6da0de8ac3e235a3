"""What weights are shown as: the numbers of torch's own parameters, laid out as they belong."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

import neuralgraph as ng
from neuralgraph.errors import NeuralGraphError, ParameterError
from neuralgraph.figures.draw import draw
from neuralgraph.figures.marks import Picture, Text
from neuralgraph.figures.shown import Bars, Board, Distribution, Grid, Pictures, Table
from neuralgraph.resources import examples
from neuralgraph.session import Session


@lru_cache(maxsize=8)
def opened(name: str) -> Session:
    session = Session.open(examples() / f"{name}.ngraph")
    session.program = session.compile()
    return session


def weight(session: Session, name: str) -> np.ndarray:
    assert session.program is not None
    return session.program.state_dict()[name].numpy()


def test_a_matrix_has_a_row_an_output_and_the_names_of_classes() -> None:
    session = opened("iris")
    shown = session.view("weights", "hidden")
    assert isinstance(shown, Board)
    grid, spread = shown.parts
    assert isinstance(grid, Grid) and isinstance(spread, Distribution)
    np.testing.assert_array_equal(grid.values, weight(session, "hidden.weight"))
    assert grid.column_names and grid.column_names[0].startswith("sepal")
    counts, edges = np.histogram(weight(session, "hidden.weight"), bins=spread.edges)
    np.testing.assert_array_equal(spread.counts, counts)
    assert spread.counts.sum() == weight(session, "hidden.weight").size and edges[0] == -edges[-1]
    last = session.view("weights", "logits" if session.program.holds("logits") else "output")  # type: ignore[union-attr]
    assert isinstance(last, Board) and isinstance(last.parts[0], Grid)
    assert last.parts[0].row_names == ("setosa", "versicolor", "virginica")


def test_what_was_measured_is_shown_with_the_names_of_the_features() -> None:
    graph = ng.load(examples() / "iris.ngraph")
    state = ng.train(graph, epochs=1).program.state_dict()
    for name in ("mean", "std"):
        shown = graph.session.view("weights", "standardize_1", {"which": name})
        assert isinstance(shown, Board) and isinstance(shown.parts[0], Bars)
        np.testing.assert_array_equal(shown.parts[0].values, state[f"standardize_1.{name}"].numpy())
        assert len(shown.parts[0].names) == 4 and shown.parts[0].names[0].startswith("sepal")
    seen = graph.session.see("standardize_1").reading
    np.testing.assert_array_equal(seen.weights["mean"], state["standardize_1.mean"].numpy())
    assert set(seen.weights) == {"mean", "std"} == seen.measured and seen.gradients == {}
    assert graph.session.see("hidden").reading.measured == frozenset()


def test_offsets_are_bars() -> None:
    session = opened("digits-cnn")
    shown = session.view("bias", "logits")
    assert isinstance(shown, Bars) and shown.names == tuple(map(str, range(10)))
    np.testing.assert_array_equal(shown.values, weight(session, "logits.bias"))


def test_filters_of_one_channel_are_tiles_and_of_many_a_row_each() -> None:
    session = opened("digits-cnn")
    first = session.view("filters", "conv2d_1")
    assert isinstance(first, Grid)
    np.testing.assert_array_equal(first.values, weight(session, "conv2d_1.weight")[:, 0])
    second = weight(session, "conv2d_2.weight")
    every = session.view("filters", "conv2d_2")
    assert isinstance(every, Grid) and every.across == 12 and every.tile_names[13] == "1 ← 1"
    np.testing.assert_array_equal(every.values[13], second[1, 1])
    assert "12 of 32" in every.note
    chosen = session.view("filters", "conv2d_2", {"channel": "5"})
    np.testing.assert_array_equal(chosen.values, second[:, 5])  # type: ignore[union-attr]
    mean = session.view("filters", "conv2d_2", {"channel": "mean", "scale": "each"})
    assert isinstance(mean, Grid) and mean.limits == (-1.0, 1.0)
    own = second.mean(axis=1)
    np.testing.assert_allclose(mean.values, own / np.abs(own).max(axis=(1, 2), keepdims=True), rtol=1e-6)


def test_filters_of_three_channels_are_colours_with_grey_as_zero() -> None:
    g = ng.Graph()
    picture = g.add("Noise", shape=(3, 8, 8), id="picture")
    g.add("Conv2d", picture, out_channels=4, kernel_size=3, id="conv")
    program = ng.compile(g)
    shown = g.session.view("filters", "conv", program=program)
    assert isinstance(shown, Pictures) and shown.images.shape == (4, 3, 3, 3)
    raw = program.state_dict()["conv.weight"].numpy()
    want = np.moveaxis(raw, 1, -1) / np.abs(raw).max() / 2 + 0.5
    np.testing.assert_allclose(shown.images, want, rtol=1e-6)
    one = g.session.view("filters", "conv", {"channel": "2"}, program=program)
    np.testing.assert_array_equal(one.values, raw[:, 2])  # type: ignore[union-attr]


@pytest.mark.parametrize(("type", "shape", "groups"), [
    ("Conv1d", (4, 9), 1), ("Conv3d", (2, 5, 5, 5), 1), ("ConvTranspose2d", (4, 5, 5), 2),
    ("ConvTranspose1d", (4, 9), 1)])
def test_every_kind_of_convolution_has_filters(type: str, shape: tuple[int, ...], groups: int) -> None:
    g = ng.Graph()
    g.add(type, g.add("Noise", shape=shape, id="source"), out_channels=6, kernel_size=2, groups=groups, id="conv")
    program = ng.compile(g)
    raw = program.state_dict()["conv.weight"].numpy()
    for channel in ("all", "mean", "1"):
        shown = g.session.view("filters", "conv", {"channel": channel}, program=program)
        assert isinstance(shown, Grid) and draw(shown, 400, 300).marks
    shown = g.session.view("filters", "conv", {"channel": "1"}, program=program)
    assert isinstance(shown, Grid)
    last = shown.values[-1].reshape(-1)
    if type == "Conv3d":  # every slice of depth is a tile
        np.testing.assert_array_equal(shown.values.reshape(6, 2, 2, 2), raw[:, 1])
    elif groups == 2:  # channels 2, 3 come in and 3, 4, 5 go out in the second group
        np.testing.assert_array_equal(last, raw[3, 2].reshape(-1))
    else:
        np.testing.assert_array_equal(last, (raw[1, 5] if "Transpose" in type else raw[5, 1]).reshape(-1))


def test_a_first_layer_has_its_weights_in_the_shape_of_the_picture() -> None:
    session = opened("digits-mlp")
    first = session.view("input-images", "hidden")
    assert isinstance(first, Grid)
    np.testing.assert_allclose(first.values, weight(session, "hidden.weight")[:64].reshape(-1, 8, 8), rtol=1e-12)
    last = session.view("input-images", "logits")
    assert isinstance(last, Grid) and last.tile_names == tuple(map(str, range(10)))
    product = weight(session, "logits.weight").astype(float) @ weight(session, "hidden.weight").astype(float)
    np.testing.assert_allclose(last.values, product.reshape(-1, 8, 8), rtol=1e-9)
    assert "2 layers" in last.note and "activations" in last.note
    with pytest.raises(NeuralGraphError, match="pixels of a picture"):
        opened("digits-cnn").view("input-images", "logits")


def test_rows_that_point_the_same_way_are_neighbours() -> None:
    session = opened("digits-mlp")
    matrix = weight(session, "hidden.weight").astype(float)
    alike = cosine_similarity(matrix)
    np.fill_diagonal(alike, -2)
    shown = session.view("neighbours", "hidden", {"row": "7", "nearest": 3})
    assert isinstance(shown, Table)
    (row,) = shown.rows
    assert row[0] == "7" and row[1] == pytest.approx(np.linalg.norm(matrix[7]))
    best = np.argsort(-alike[7])[:3]
    assert [one.split()[0] for one in row[2:]] == [str(n) for n in best]
    assert row[2] == f"{best[0]} ({alike[7, best[0]]:.2f})"
    with pytest.raises(ParameterError, match="no row «nine»"):
        session.view("neighbours", "hidden", {"row": "nine"})


def test_words_of_an_embedding_go_by_their_tokens(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_text("good film,yes\nbad film,no\ngood plot,yes\nbad plot,no\n" * 5, "utf-8")
    g = ng.Graph()
    text = g.add("TextFile", path=str(tmp_path / "film.txt"), length=3, id="text")
    vectors = g.add("Embedding", text["x"], num_embeddings=6, embedding_dim=4, id="embedding")
    g.add("Flatten", vectors, id="flat")
    program = ng.compile(g)
    program.load_state_dict({**program.state_dict(), "embedding.weight": np.array(
        [[0, 0, 0, 0], [0, 0, 0, 1], [1, 2, 0, 0], [2, 4.2, 0, 0], [-1, -2, 0, 0], [0, 0, 1, 0]], np.float32)})
    tokens = g.session._rows(program).tokens  # type: ignore[union-attr]
    shown = g.session.view("neighbours", "embedding", {"row": tokens[2], "nearest": 5}, program=program)
    assert isinstance(shown, Table)
    (row,) = shown.rows
    assert row[:3] == (tokens[2], pytest.approx(5**0.5), f"{tokens[3]} (1.00)") and row[6] == f"{tokens[4]} (−1.00)"
    sample = g.session.view("neighbours", "embedding", program=program)
    assert isinstance(sample, Table) and {one[0] for one in sample.rows} >= {"good", "film"}
    grid = g.session.view("weights", "embedding", program=program)
    assert isinstance(grid, Board) and grid.parts[0].row_names[2:] == tokens[2:]  # type: ignore[attr-defined]
    told = g.session.view("activations", "embedding", program=program)
    assert isinstance(told, Grid) and told.row_names[:2] == ("good", "film")


def test_tiles_stay_in_their_row_in_a_small_window_and_leave_out_words_that_would_be_cut() -> None:
    shown = opened("digits-cnn").view("filters", "conv2d_2")
    assert isinstance(shown, Grid)
    for width, height, written in ((1200, 1200, True), (260, 200, False)):
        drawing = draw(shown, width, height)
        tiles = [one for one in drawing.marks if isinstance(one, Picture)][:144]
        assert len({round(one.box[0], 3) for one in tiles}) == 12 == len({round(one.box[1], 3) for one in tiles})
        words = [one.text for one in drawing.marks if isinstance(one, Text)]
        assert ("3 ← 4" in words) == written
