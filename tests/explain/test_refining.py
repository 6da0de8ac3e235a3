"""From coarse to fine: every place once, grids that are whole before finer ones begin, gaps filled with the nearest."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.explain.refining import coarse_to_fine, filled, levels


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 14, 15, 61])
def test_every_place_of_a_row_has_its_turn(count: int) -> None:
    found = levels(count)
    assert found[(count - 1) // 2] == 0 and (found >= 0).all()
    for level in range(1, found.max() + 1):
        known = np.flatnonzero(found <= level)
        assert known[0] == 0 and known[-1] == count - 1
        gaps = np.diff(known)
        assert not len(gaps) or gaps.max() <= max(2, count // 2**(level - 1))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 9), (5, 5), (15, 15), (12, 7)])
def test_a_plane_is_looked_at_from_coarse_to_fine(rows: int, columns: int) -> None:
    found = coarse_to_fine(rows, columns)
    assert sorted(found.tolist()) == list(range(rows * columns))
    assert found[0] == (rows - 1) // 2 * columns + (columns - 1) // 2
    if min(rows, columns) >= 3:
        corners = {0, columns - 1, (rows - 1) * columns, rows * columns - 1}
        assert corners < set(found[:9].tolist())


def test_what_is_not_known_is_as_the_nearest_that_is() -> None:
    values, known = np.arange(20.0).reshape(4, 5), np.zeros((4, 5), bool)
    known[0, 0] = known[3, 4] = True
    found = filled(values, known)
    assert found[1, 1] == 0 and found[2, 4] == 19 and found[3, 0] in (0, 19)
    known[:] = True
    assert np.array_equal(filled(values, known), values)
