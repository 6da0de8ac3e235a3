"""A network beside its start, the words that are looked at, and maps of scores: against torch and numpy by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.explain.attending import attended
from neuralgraph.figures.draw import draw
from neuralgraph.figures.lined import Lined
from neuralgraph.figures.marks import Picture
from neuralgraph.figures.shown import Bars, Board, Grid, Pictures, Table, Words
from neuralgraph.resources import examples
from tests.explain.drawn_views import moons, scanner


def test_before_and_after_are_the_first_and_the_last_of_a_run() -> None:
    graph = moons()
    start = ng.compile(graph, seed=0)
    run = ng.train(graph, epochs=8, lr=0.02, seed=0)
    shown = ng.inspect(graph, "before-after")
    assert isinstance(shown, Board)
    answers, moved = shown.parts
    assert isinstance(answers, Table) and isinstance(moved, Table)
    rows = graph.session._rows(run.program)
    assert rows is not None and rows.target is not None
    for part, before, now, right_before, right_now in answers.rows:
        chosen = rows.split.train if part == "training" else rows.split.validation
        x, y = rows.arrays["data.x"][chosen], torch.as_tensor(rows.target[chosen])
        for program, loss, right in ((start, before, right_before), (run.program, now, right_now)):
            said = program.predict(x=x)
            assert loss == pytest.approx(float(torch.nn.functional.cross_entropy(said, y)), abs=1e-5)
            assert right == pytest.approx(float((said.argmax(1) == y).float().mean()))
    old, new = start.state_dict(), run.program.state_dict()
    assert [row[0] for row in moved.rows] == ["hidden", "logits"]
    for id, length, length_now, way, _ in moved.rows:
        names = [one for one in old if one.startswith(f"{id}.")]
        sizes = [sum(float(one.double().square().sum()) for one in some) ** 0.5 for some in (
            [old[n] for n in names], [new[n] for n in names], [new[n] - old[n] for n in names])]
        assert (length, length_now, way) == pytest.approx(sizes, rel=1e-5)


def test_what_was_measured_on_the_data_is_kept_for_the_start() -> None:
    """Standardize has no weights to go back: without its mean the start would see other numbers."""
    graph = ng.load(examples() / "iris.ngraph")
    run = ng.train(graph, epochs=1, lr=0.0, batch_size=50)
    shown = ng.inspect(graph, "before-after", run=run)
    table = shown.parts[0] if isinstance(shown, Board) else shown
    assert isinstance(table, Table)
    for _, before, now, *scores in table.rows:
        assert before == pytest.approx(now, abs=1e-6) and scores[0] == scores[1]


def test_weights_before_now_and_their_change_on_one_scale() -> None:
    graph = moons()
    start = ng.compile(graph, seed=0).state_dict()["hidden.weight"].numpy().copy()
    run = ng.train(graph, epochs=3, lr=0.02, seed=0)
    shown = ng.inspect(graph, "weights-before-after", "hidden")
    assert isinstance(shown, Board)
    grids = [one for one in shown.parts if isinstance(one, Grid)]
    now = run.program.state_dict()["hidden.weight"].numpy()
    for one, wanted in zip(grids, (start, now, now - start), strict=True):
        assert np.allclose(one.values, wanted, atol=1e-7) and one.limits == grids[0].limits
    untrained = ng.inspect(moons(), "weights-before-after", "hidden", which="bias")
    assert "Nothing has changed" in untrained.note
    assert isinstance(untrained, Board) and isinstance(untrained.parts[0], Bars)


def test_words_are_as_strong_as_they_are_looked_at() -> None:
    graph = ng.load(examples() / "27-toxic.ngraph")
    shown = ng.inspect(graph, "words-attended", "listen", sample=3)
    assert isinstance(shown, Board)
    text, bars = shown.parts
    assert isinstance(text, Words) and isinstance(bars, Bars)
    program = ng.compile(graph)
    rows = graph.session._rows(program)
    assert rows is not None
    given = rows.one(3)
    (weights,) = attended(program, "listen", given).values()
    numbers = next(one for key, one in given.items() if key.endswith(".x"))[0]
    share = weights[0].reshape(-1, *weights.shape[-2:]).mean(axis=0)[numbers != 0].mean(axis=0) * len(numbers)
    assert np.allclose(text.weights, share[numbers != 0])
    assert text.words == tuple(rows.tokens[int(one)] for one in numbers if one)
    assert np.allclose(bars.values, np.sort(share[numbers != 0])[::-1][:12])
    assert "An even share is" in bars.note
    with pytest.raises(RunError, match="no text"):
        ng.inspect(ng.load(examples() / "digits-transformer.ngraph"), "words-attended", attention())


def attention() -> str:
    graph = ng.load(examples() / "digits-transformer.ngraph")
    return next(id for id in ng.compile(graph).inference.order
                if not next(one for one in ng.views(graph, id) if one.name == "attention").why)


@pytest.mark.parametrize("count", [1, 3])
def test_a_map_that_sees_a_column_at_a_time_stands_below_its_columns(count: int) -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits")
    scores = graph.add("Conv2d", data["x"], out_channels=10, kernel_size=(8, 1), id="scores")
    graph.add("CrossEntropyLoss", graph.add("Mean", scores, dim=(2, 3)), data["y"])
    shown = ng.inspect(graph, "score-map", "scores", count=count)
    assert isinstance(shown, Lined) and shown.sees == 1.0
    strip, matrix = [one.box for one in draw(shown, 640, 420).marks if isinstance(one, Picture)][:2]
    assert (strip[0], strip[2]) == pytest.approx((matrix[0], matrix[2]))


def test_a_map_of_scores_is_that_of_every_crop_of_the_strip() -> None:
    """D04 of the reference: at each place the wide pass says what the network says of the crop that it sees there."""
    graph = scanner()
    run = ng.train(graph, epochs=2, lr=0.01)
    shown = ng.inspect(graph, "score-map", "scores", count=3, gap=1, sample=4)
    assert isinstance(shown, Board)
    strip, scores = shown.parts
    assert isinstance(strip, Pictures) and isinstance(scores, Grid)
    image = strip.images[0]
    assert image.shape == (8, 3 * 8 + 2) and scores.values.shape == (10, 19)
    crops = np.stack([image[None, :, n:n + 8] for n in range(19)]).astype(np.float32)
    said = run.program.predict(x=crops).reshape(19, 10).softmax(1).numpy()
    assert np.allclose(scores.values.T, said, atol=1e-5)
    assert strip.title == "The strip: 4 5 6"
    assert isinstance(shown, Lined) and shown.sees == 8
    with pytest.raises(RunError, match="into convolutions first"):
        ng.inspect(ng.load(examples() / "digits-cnn.ngraph"), "score-map", "conv2d_1")
