"""One step of a sliding window against the layer itself, cell by cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.figures.painting import painted, pen_of
from neuralgraph.figures.shown import Board, Grid
from neuralgraph.resources import examples


def parts(shown: Any) -> tuple[Grid, Grid, Grid]:
    assert isinstance(shown, Board)
    left, middle, right = shown.parts
    assert isinstance(left, Grid) and isinstance(middle, Grid) and isinstance(right, Grid)
    return left, middle, right


def test_the_convolution_of_the_course_cell_by_cell() -> None:
    """C01 of the reference: the window over the picture of 5 × 5 gives 4 3 4, 2 4 3, 2 3 4."""
    graph = ng.load(examples() / "19-convolution.ngraph")
    for place, wanted in enumerate((4, 3, 4, 2, 4, 3, 2, 3, 4)):
        left, middle, right = parts(shown := ng.inspect(graph, "sliding-window", "window", place=place))
        row, column = divmod(place, 3)
        assert left.boxes == ((row, column, 3, 3),) and right.marked == ((row, column),)
        under, filter_, products = middle.values
        assert np.array_equal(under, left.values[row:row + 3, column:column + 3])
        assert np.array_equal(products, under * filter_)
        assert products.sum() == right.values[row, column] == wanted
        assert shown.note.startswith(f"{wanted} comes out.")


@pytest.mark.parametrize(("type", "params", "shape"), [
    ("Conv2d", {"out_channels": 3, "kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)},
     (2, 7, 6)),
    ("Conv1d", {"out_channels": 2, "kernel_size": 3, "padding": 1}, (3, 9)),
    ("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (2, 7, 7)),
    ("MaxPool1d", {"kernel_size": 2}, (2, 8)),
    ("AvgPool2d", {"kernel_size": 2}, (2, 6, 6)),
])
def test_every_window_makes_what_the_layer_gives(type: str, params: dict[str, Any], shape: tuple[int, ...]) -> None:
    graph = ng.Graph()
    numbers = np.random.default_rng(3).normal(size=(1, *shape)).round(2)
    x = graph.add("Constant", value=numbers.tolist(), id="given")
    graph.add(type, x, id="layer", **params)
    out = ng.evaluate(graph)["layer"][0].astype(float)
    state = ng.compile(graph).state_dict()
    channels, places = len(out), out[0].size
    for place in {0, places // 2, places - 1}:
        for channel in range(channels):
            left, middle, right = parts(ng.inspect(graph, "sliding-window", "layer", place=place, channel=channel))
            found = right.values.ravel()[place]
            assert found == pytest.approx(out[channel].ravel()[place])
            if type.startswith("Conv"):
                sums = sum(parts(ng.inspect(graph, "sliding-window", "layer", place=place, channel=channel,
                                            seen=seen))[1].values[2].sum() for seen in range(shape[0]))
                assert sums + float(state["layer.bias"][channel]) == pytest.approx(found, abs=1e-5)
            elif type.startswith("Max"):
                assert found in middle.values
            else:
                assert found == pytest.approx(middle.values.mean(), abs=1e-6)
            (row, column, tall, wide), = left.boxes
            assert row + tall <= left.values.shape[0] and column + wide <= left.values.shape[1]


def test_a_cell_of_what_comes_out_is_picked() -> None:
    graph = ng.load(examples() / "19-convolution.ngraph")
    shown = ng.inspect(graph, "sliding-window", "window")
    pen = pen_of(shown)
    assert pen is not None and pen.picks and pen.text == "0"
    after = painted(shown, pen.having(5, pen.next(5)))
    assert parts(after)[2].marked == ((1, 2),)
    assert np.array_equal(parts(after)[2].values, parts(shown)[2].values)


def test_what_slides_no_window_says_so() -> None:
    with pytest.raises(RunError, match="slides a window"):
        ng.inspect(ng.load(examples() / "digits-mlp.ngraph"), "sliding-window", "hidden")
