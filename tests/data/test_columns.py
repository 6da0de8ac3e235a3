"""Columns of a table: roles, kinds, gaps, categories, dates, encodings; Parquet as CSV."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralgraph.data.coded import columns_in
from neuralgraph.data.dates import days_of, month_first
from neuralgraph.data.delivery import Delivery
from neuralgraph.data.sources import deliver
from neuralgraph.errors import DataError, ParameterError
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session
from neuralgraph.spec.columns import having

PEOPLE = """id,born,age,town,rich,happy
a1,2000-01-02,30,Bonn,yes,0.5
a2,2000-01-03,,Ulm,no,0.25
a3,2000-01-01,50,Bonn,yes,1.5
a4,2000-02-01,40,Kiel,no,2.5
"""


def csv(folder: Path, text: str | bytes, name: str = "table.csv", **settings: Any) -> Delivery:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return deliver(CATALOG["Csv"](path=str(file), **settings))


def test_roles_say_what_is_learnt_from_and_what_is_predicted(tmp_path: Path) -> None:
    found = csv(tmp_path, PEOPLE, columns=(("id", "left out", "auto"), ("age", "left out", "auto"),
                                           ("rich", "target", "auto"), ("happy", "input", "auto")))
    assert found.feature_names == ("born", "town = Bonn", "town = Kiel", "town = Ulm", "happy")
    assert found.class_names == ("no", "yes") and found.arrays["y"].tolist() == [1, 0, 1, 0]
    assert found.arrays["x"][:, 0].tolist() == [1, 2, 0, 31]
    assert "The dates of 'born' became days since the start of 2000." in found.notes


def test_several_targets_are_numbers_side_by_side(tmp_path: Path) -> None:
    found = csv(tmp_path, PEOPLE, missing="skip rows",
                columns=(("rich", "target", "auto"), ("happy", "target", "auto"), ("id", "left out", "auto")))
    assert found.rows == 3 and found.specs["y"].shape == ("N", 2) and found.specs["y"].label == "rich, happy"
    assert found.arrays["y"].tolist() == [[1.0, 0.5], [1.0, 1.5], [0.0, 2.5]]
    assert "'rich' is 1 for 'yes' and 0 for 'no'." in found.notes
    with pytest.raises(DataError, match=r"3 different texts\. Several columns to predict have to hold numbers"):
        csv(tmp_path, PEOPLE, missing="mean", columns=(("town", "target", "auto"), ("happy", "target", "auto")))


def test_a_gap_in_a_column_that_is_left_out_does_not_matter(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 3, column 'age': the value is missing"):
        csv(tmp_path, PEOPLE)
    assert csv(tmp_path, PEOPLE, columns=(("age", "left out", "auto"),)).rows == 4


@pytest.mark.parametrize(("way", "value"), [("mean", 40.0), ("median", 40.0)])
def test_gaps_are_filled_marked_and_said(way: str, value: float, tmp_path: Path) -> None:
    found = csv(tmp_path, PEOPLE, missing=way, mark=True, columns=(("id", "left out", "auto"),))
    at = found.feature_names.index("age")
    assert found.feature_names[at + 1] == "age is missing"
    assert found.arrays["x"][:, at].tolist() == [30, value, 50, 40]
    assert found.arrays["x"][:, at + 1].tolist() == [0, 1, 0, 0]
    assert any("1 missing values of 'age' became 40" in note and "those that validate" in note for note in found.notes)


def test_a_missing_category_is_in_none_and_a_missing_answer_is_no_row(tmp_path: Path) -> None:
    found = csv(tmp_path, "kind,size,y\ncat,1,0.5\n,2,1.5\ndog,3,\n", missing="mean", header="yes", mark=True)
    assert found.rows == 2 and found.arrays["x"].tolist() == [[1, 0, 1], [0, 1, 2]]
    assert found.feature_names == ("kind = cat", "kind is missing", "size")
    assert "1 of 3 rows were skipped: what is to be predicted is missing." in found.notes
    with pytest.raises(DataError, match="'size' has no value at all"):
        csv(tmp_path, "kind,size,y\ncat,?,0.5\ndog,?,1.5\n", missing="mean", header="yes")


def test_kinds_are_found_and_can_be_said(tmp_path: Path) -> None:
    rows = "".join(f"remark {n},{n % 3},{n / 2}\n" for n in range(60))
    found = csv(tmp_path, "said,group,y\n" + rows)
    assert found.feature_names == ("group",)
    assert found.notes == ("The column 'said' was left out: 60 different texts are no categories to learn from.",)
    as_category = csv(tmp_path, "said,group,y\n" + rows, columns=(("group", "auto", "category"),))
    assert as_category.feature_names == ("group = 0", "group = 1", "group = 2")
    number = csv(tmp_path, "said,y,group\n" + rows.replace("\n", ",5\n").replace(",5\n", "\n"),
                 columns=(("group", "auto", "number"),))
    assert number.class_names == ()


def test_what_is_not_of_its_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2, column 'town': 'Bonn' is not a number") as caught:
        csv(tmp_path, PEOPLE, missing="mean", columns=(("town", "auto", "number"),))
    assert (caught.value.row, caught.value.column) == (2, "town")
    with pytest.raises(DataError, match=r"line 5, column 'born': '2000-02-31' is no date"):
        csv(tmp_path, PEOPLE.replace("2000-02-01", "2000-02-31"), columns=(("born", "auto", "date"),))
    with pytest.raises(DataError, match="no column is to be predicted"):
        csv(tmp_path, PEOPLE, columns=(("happy", "input", "auto"),))
    with pytest.raises(DataError, match="no column 'gone'"):
        csv(tmp_path, PEOPLE, columns=(("gone", "target", "auto"),))
    with pytest.raises(DataError, match="no column is left to learn from"):
        csv(tmp_path, "a,y\n1,2\n", columns=(("a", "left out", "auto"),))


def test_a_wish_for_a_column_that_is_gone_is_said(tmp_path: Path) -> None:
    found = csv(tmp_path, "a,y\n1,0.5\n2,1.5\n", columns=(("b", "left out", "auto"),))
    assert found.notes == ("There is no column 'b' any more, which was to be left out.",)


@pytest.mark.parametrize("wrong", [
    (("a", "input"),), (("a", "boss", "auto"),), (("a", "input", "picture"),), "a", (("a", "input", "auto"),) * 2, 3,
    ((1, "input", "auto"),),
])  # fmt: skip
def test_wishes_are_checked(wrong: Any) -> None:
    with pytest.raises(ParameterError, match="columns"):
        CATALOG["Csv"](columns=wrong)


def test_a_wish_that_wishes_nothing_is_not_kept() -> None:
    one = having((), "a", role="target")
    assert one == (("a", "target", "auto"),)
    assert having(having(one, "a", kind="date"), "a", role="auto") == (("a", "auto", "date"),)
    assert having(one, "a", role="auto") == ()


@pytest.mark.parametrize(("cell", "days"), [
    ("2000-01-01", 0.0), ("2000-01-02T12:00", 1.5), ("2000/1/3", 2.0), ("2.1.2000", 1.0), ("02/01/2000", 1.0),
    ("2000-02", 31.0), ("2000-01-01 01:00:00+01:00", 0.0), ("1999-12-31T18:00:00Z", -0.25), ("31.2.2000", None),
    ("2000-13-01", None), ("20000101", None), ("1.5", None), ("0000-01-01", None),
])  # fmt: skip
def test_dates(cell: str, days: float | None) -> None:
    assert days_of(cell) == days


def test_the_day_or_the_month_comes_first_as_the_column_tells(tmp_path: Path) -> None:
    assert month_first(["1/2/2000", "1/13/2000"]) is True
    assert month_first(["13/2/2000"]) is False
    assert month_first(["1/2/2000"]) is None
    assert month_first(["1.2.2000"]) is False
    found = csv(tmp_path, "day,y\n01/02/2000,0.5\n01/13/2000,1.5\n")
    assert found.arrays["x"].tolist() == [[1.0], [12.0]]
    open_one = csv(tmp_path, "day,y\n01/02/2000,0.5\n01/03/2000,1.5\n")
    assert open_one.arrays["x"].tolist() == [[31.0], [60.0]]
    assert any("read with the day first" in note for note in open_one.notes)


def test_encodings_are_found_or_said(tmp_path: Path) -> None:
    text = "größe,kind\n1,Bär\n2,Löwe\n"
    for data, settings in ((text.encode("utf-16"), {}), (text.encode("utf-8-sig"), {}),
                           (text.encode("cp1252"), {"encoding": "windows-1252"})):
        found = csv(tmp_path, data, **settings)
        assert found.feature_names == ("größe",) and found.class_names == ("Bär", "Löwe")
    with pytest.raises(DataError, match=r"line 1: a byte that is not UTF-8. .*«encoding»"):
        csv(tmp_path, text.encode("cp1252"))
    with pytest.raises(DataError, match="not UTF-16"):
        csv(tmp_path, b"\xff\xfea\x00\x00\xd8", encoding="utf-16")


def test_a_decimal_comma_between_commas_is_said(tmp_path: Path) -> None:
    text = 'a,y\n"0,5",1\n"1,5",2\n"2,5",0\n'
    with pytest.raises(DataError, match="Use one sign"):
        csv(tmp_path, text)
    assert csv(tmp_path, text, decimal="comma").arrays["x"].tolist() == [[0.5], [1.5], [2.5]]


# -- what a form is told ----------------------------------------------------------------------------------------------


def test_the_columns_of_a_file_with_what_is_wrong_in_them(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(PEOPLE.replace("50", "many").replace("a4,2000-02-01,40", "a4,2000-02-01,60") + "".join(
        f"b{n},2000-03-0{n % 9 + 1},{n},Bonn,no,{n}\n" for n in range(20)))
    found = {one.name: one for one in columns_in(file, columns=(("town", "left out", "auto"),))}
    assert [one.role for one in found.values()] == ["left out", "input", "input", "left out", "input", "target"]
    assert [one.kind for one in found.values()] == ["text", "date", "number", "category", "category", "number"]
    assert found["town"].values == ("Bonn", "Kiel", "Ulm") and found["town"].different == 3
    assert found["age"].missing == 1
    assert "'many' is not a number" in found["age"].trouble


def test_an_analysis_knows_the_columns_and_says_what_was_done(tmp_path: Path) -> None:
    import neuralgraph as ng

    file = tmp_path / "table.csv"
    file.write_text(PEOPLE)
    g = ng.Graph()
    data = g.add("Csv", path=str(file))
    analysis = g.session.analyse()
    assert [one.name for one in analysis.columns[data.id]] == ["id", "born", "age", "town", "rich", "happy"]
    assert [one.severity for one in analysis.problems_of(data.id)][:1] == ["error"]
    again = ng.Graph()
    data = again.add("Csv", path=str(file), missing="median")
    problems = again.session.analyse().problems_of(data.id)
    assert any("became 40, the median" in one.message for one in problems if one.severity == "note")
    assert Session().analyse().columns == {}


def test_the_columns_are_listed_once_while_the_file_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuralgraph.data import columns as module
    from neuralgraph.data import findings

    file = tmp_path / "table.csv"
    file.write_text(PEOPLE)
    node = CATALOG["Csv"](path=str(file))
    first = findings.columns(node, None)
    monkeypatch.setattr(module, "listed", lambda *_: pytest.fail("read again"))
    assert findings.columns(node, None) == first
    monkeypatch.undo()
    file.write_text(PEOPLE.replace("happy", "merry!"))
    assert findings.columns(node, None)[-1].name == "merry!"


# -- Parquet ----------------------------------------------------------------------------------------------------------


def parquet(folder: Path, **columns: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    file = folder / "table.parquet"
    write_table(pyarrow.table(columns), file)
    return file


def test_parquet_is_read_as_a_table(tmp_path: Path) -> None:
    from datetime import date

    file = parquet(tmp_path, size=[1.5, None, 0.1], day=[date(2000, 1, 2), date(2000, 1, 1), date(2000, 1, 1)],
                   ok=[True, False, True], kind=["cat", "dog", "cat"])
    found = deliver(CATALOG["Csv"](path=str(file), missing="mean"))
    assert found.class_names == ("cat", "dog")
    assert found.feature_names == ("size", "day", "ok = no", "ok = yes")
    assert found.arrays["x"][:, 0].tolist() == [1.5, np.float32(0.8), np.float32(0.1)]
    assert found.arrays["x"][:, 1].tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(DataError, match=r"table\.parquet, row 2, column 'size': the value is missing"):
        deliver(CATALOG["Csv"](path=str(file)))


def test_what_is_no_plain_column_of_parquet_is_left_out(tmp_path: Path) -> None:
    file = parquet(tmp_path, a=[1, 2], many=[[1], [2, 3]], y=[0.5, 1.5])
    found = deliver(CATALOG["Csv"](path=str(file)))
    assert found.feature_names == ("a",)
    assert found.notes[0].startswith("The column 'many' was left out: list")


def test_broken_parquet_is_named(tmp_path: Path) -> None:
    file = parquet(tmp_path, a=list(range(2_000)), y=[0.5] * 2_000)
    whole = file.read_bytes()
    for at in (0, 3, len(whole) // 2, len(whole) - 9):
        file.write_bytes(whole[:at])
        with pytest.raises(DataError, match=r"table\.parquet is no Parquet file that can be read"):
            deliver(CATALOG["Csv"](path=str(file)))
    with pytest.raises(DataError, match="cannot be read"):
        deliver(CATALOG["Csv"](path=str(tmp_path / "absent.parquet")))


def test_large_parquet_is_refused_by_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.data import tabular

    file = parquet(tmp_path, a=list(range(2_000)), y=[0.5] * 2_000)
    monkeypatch.setitem(tabular.MOST, "rows", 1_000)
    with pytest.raises(DataError, match=r"2,000 rows of 2 columns; at most 1,000"):
        deliver(CATALOG["Csv"](path=str(file)))


def test_without_pyarrow_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = parquet(tmp_path, a=[1, 2], y=[0.5, 1.5])
    real = builtins.__import__

    def absent(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(DataError, match=r"pip install neuralgraph\[parquet\]"):
        deliver(CATALOG["Csv"](path=str(file)))
