"""A single small map is a table whose numbers are read; several, or large ones, stay pictures."""

from __future__ import annotations

import numpy as np

from neuralgraph.explain.views.laid import laid
from neuralgraph.figures.shown import Grid


def test_a_single_small_map_is_a_table() -> None:
    found = laid(np.arange(9.0).reshape(1, 1, 3, 3))
    assert isinstance(found, Grid) and found.values.shape == (3, 3) and found.x_label == "column"
    for shape in ((1, 2, 3, 3), (1, 1, 28, 28)):
        several = laid(np.zeros(shape))
        assert isinstance(several, Grid) and several.values.ndim == 3
