"""A single small map is a table whose numbers are read; several, or large ones, stay pictures."""

from __future__ import annotations

import numpy as np

from neuralgraph.explain.views.laid import laid
from neuralgraph.figures import tables  # noqa: F401  it says how numbers are drawn
from neuralgraph.figures.layout import drawn
from neuralgraph.figures.shown import Figures, Grid


def test_a_single_small_map_is_a_table() -> None:
    found = laid(np.arange(9.0).reshape(1, 1, 3, 3))
    assert isinstance(found, Grid) and found.values.shape == (3, 3) and found.x_label == "column"
    for shape in ((1, 2, 3, 3), (1, 1, 28, 28)):
        several = laid(np.zeros(shape))
        assert isinstance(several, Grid) and several.values.ndim == 3


def test_a_number_that_stands_alone_is_shown_as_it_is() -> None:
    for value, words in ((np.float32(126.14), "126.14"), (np.float32(45.0), "45"), (np.float32(-0.125), "−0.125")):
        found = laid(np.array(value))
        assert isinstance(found, Figures)
        marks, spots, _ = drawn(found, (0.0, 0.0, 400.0, 200.0))
        assert words in [getattr(one, "text", "") for one in marks] and spots.said(0) == f"value: {words}"
