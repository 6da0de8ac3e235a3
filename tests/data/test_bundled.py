"""What comes with the program: known sizes, the same for the same seed, split without losing a row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.data.arrays import checked
from neuralgraph.data.sources import deliver, describe
from neuralgraph.data.split import split_rows
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Spec

KNOWN = {
    "digits": ((1797, 1, 8, 8), 10), "iris": ((150, 4), 3), "wine": ((178, 13), 3), "breast_cancer": ((569, 30), 2),
    "diabetes": ((442, 10), None), "letters": ((3, 30), 3), "and_table": ((4, 2), 2), "or_table": ((4, 2), 2),
    "xor_table": ((4, 2), 2),
}  # fmt: skip
NAMES = CATALOG["Dataset"].params["name"].choices


@pytest.mark.parametrize("name", NAMES)
def test_a_set_delivers_what_it_describes(name: str) -> None:
    node = CATALOG["Dataset"](name=name)
    found = deliver(node)
    assert describe(node) == found.specs
    for output, spec in found.specs.items():
        array = found.arrays[output]
        assert array.dtype == spec.dtype
        assert array.shape[1:] == spec.shape[1:]
        assert len(array) == found.rows
        assert np.isfinite(array).all()
    if name in KNOWN:
        assert (found.arrays["x"].shape, found.specs["y"].classes) == KNOWN[name]
    if found.specs["y"].classes:
        assert set(found.arrays["y"]) == set(range(found.specs["y"].classes))
        assert len(found.class_names) == found.specs["y"].classes


@pytest.mark.parametrize("name", ["circle", "spiral", "plane"])
def test_drawn_points_repeat_with_their_seed(name: str) -> None:
    first, again, other = (deliver(CATALOG["Dataset"](name=name, noise=0.2, seed=s)).arrays["x"] for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_class_can_be_a_number() -> None:
    found = deliver(CATALOG["Dataset"](name="xor_table", target="number"))
    assert found.arrays["y"].tolist() == [[0.0], [1.0], [1.0], [0.0]]


@given(
    st.integers(10, 400),
    st.floats(0, 0.4),
    st.floats(0, 0.4),
    st.sampled_from(["random", "ordered"]),
    st.integers(0, 99),
)
def test_a_split_loses_and_doubles_nothing(rows: int, held: float, tested: float, method: str, seed: int) -> None:
    split = split_rows(rows, validation=held, test=tested, method=method, seed=seed)
    everything = np.concatenate([split.train, split.validation, split.test])
    assert sorted(everything.tolist()) == list(range(rows))
    again = split_rows(rows, validation=held, test=tested, method=method, seed=seed)
    assert np.array_equal(split.train, again.train)


@given(st.integers(0, 99))
def test_a_stratified_split_keeps_the_shares(seed: int) -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    split = split_rows(100, validation=0.2, test=0.0, method="stratified", seed=seed, labels=labels)
    assert np.bincount(labels[split.validation]).tolist() == [12, 6, 2]


@pytest.mark.parametrize("value", [[["a"]], [[np.nan]], [[1.0, 2.0], [3.0]], np.array([object()]), [[1.0, 2.0, 3.0]]])
def test_arrays_that_do_not_fit_are_refused(value: object) -> None:
    with pytest.raises(DataError, match="x"):
        checked("x", value, Spec(("N", 2)))
