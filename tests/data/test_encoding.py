"""How one table became numbers is done in the same way to another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuralgraph.data.coded import read_csv
from neuralgraph.data.encoding import encoded
from neuralgraph.data.tabular import read_table
from neuralgraph.errors import DataError

TRAIN = "age,town,day,y\n30,Bonn,01/13/2000,1.5\n,Ulm,01/02/2000,2.5\n50,,01/03/2000,3.5\n"


def table(folder: Path, text: str) -> Path:
    (folder / "new.csv").write_text(text)
    return folder / "new.csv"


def test_the_same_table_gives_the_same_numbers(tmp_path: Path) -> None:
    path = table(tmp_path, TRAIN)
    found = read_csv(path, missing="mean", mark=True)
    assert found.feature_names == tuple(name for one in found.coding for name in one.features)
    assert np.array_equal(encoded(read_table(path, "auto", "auto"), found.coding), found.arrays["x"])


def test_another_table_is_coded_with_what_was_learnt(tmp_path: Path) -> None:
    coding = read_csv(table(tmp_path, TRAIN), missing="mean", mark=True).coding
    other = read_table(table(tmp_path, "day,age,town\n02/01/2000,,Ulm\n02/02/2000,20,\n"), "auto", "auto")
    x = encoded(other, coding)
    assert x.tolist() == [[40, 1, 0, 1, 0, 31], [20, 0, 0, 0, 1, 32]], "its gap takes the mean that was learnt"


@pytest.mark.parametrize(("text", "words"), [
    ("age,town,day\n30,Paris,01/13/2000\n", r"line 2, column 'town': 'Paris' is no category .* Bonn, Ulm"),
    ("age,town,day\n30,Ulm,soon\n", r"line 2, column 'day': 'soon' is no date"),
    ("age,town,day\n30,Ulm,01/13/2000\nold,Ulm,01/13/2000\n", r"line 3, column 'age': 'old' is not a number"),
    ("age,town\n30,Ulm\n", "has no column 'day', which was learnt from"),
])  # fmt: skip
def test_what_does_not_fit_is_named(text: str, words: str, tmp_path: Path) -> None:
    coding = read_csv(table(tmp_path, TRAIN), missing="mean").coding
    with pytest.raises(DataError, match=words):
        encoded(read_table(table(tmp_path, text), "yes", "auto"), coding)


def test_a_gap_that_nobody_learnt_to_fill_is_named(tmp_path: Path) -> None:
    coding = read_csv(table(tmp_path, "a,y\n1,0.5\n2,1.5\n")).coding
    with pytest.raises(DataError, match=r"line 3, column 'a': the value is missing"):
        encoded(read_table(table(tmp_path, "a,y\n1,0.5\n,1.5\n"), "auto", "auto"), coding)
