"""Tables larger than memory: the same numbers as from memory, read while training; what is wrong named by its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.data import large_csv, tabular
from neuralgraph.data.coded import columns_in, read_csv
from neuralgraph.data.delivery import Delivery
from neuralgraph.data.sources import _CACHE
from neuralgraph.data.stored import Stored
from neuralgraph.data.tabular import MOST
from neuralgraph.errors import DataError

ROWS = 400
SEED = np.random.default_rng(0)
NUMBERS = SEED.normal(size=(ROWS, 3)).round(4)
ANSWER = (NUMBERS[:, 0] + 2 * NUMBERS[:, 1]).round(3)


def written(path: Path, *, head: str = "a,b,c,y", sep: str = ",", end: str = "\n", answers: Any = ANSWER,
            gaps: int = 0, comma: bool = False, quote: bool = False) -> Path:
    lines = [head] if head else []
    for at, (row, answer) in enumerate(zip(NUMBERS, answers, strict=True)):
        cells = [repr(float(one)) for one in row]
        if gaps and at % gaps == 3:
            cells[1] = ("", "NA", "nan")[at % 3]
        cells.append(str(answer))
        cells = [one.replace(".", ",") for one in cells] if comma else cells
        lines.append(sep.join(f'"{one}"' if quote else one for one in cells))
    path.write_bytes((end.join(lines) + end).encode())
    return path


def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly anything fits into memory any more."""
    monkeypatch.setitem(MOST, "bytes", 1000)
    monkeypatch.setattr(large_csv, "BLOCK", 997)
    monkeypatch.setattr(tabular, "HEAD", 600)


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **given: Any) -> tuple[Delivery, Delivery]:
    """From memory, and from the disk, in small blocks."""
    held = read_csv(path, **given)
    little(monkeypatch)
    return held, read_csv(path, **given)


def alike(held: Delivery, stored: Delivery) -> None:
    x = stored.arrays["x"]
    assert isinstance(x, Stored) and not isinstance(held.arrays["x"], Stored)
    np.testing.assert_array_equal(x[:], held.arrays["x"])
    np.testing.assert_array_equal(stored.arrays["y"], held.arrays["y"])
    assert stored.arrays["y"].dtype == held.arrays["y"].dtype
    assert (stored.specs, stored.class_names, stored.feature_names, stored.coding, stored.table) == (
        held.specs, held.class_names, held.feature_names, held.coding, held.table)
    some = SEED.permutation(len(held.arrays["x"]))[:50]
    some[7] = some[3]
    np.testing.assert_array_equal(x[some], held.arrays["x"][some])
    assert "stay on the disk" in stored.notes[0] and stored.stays and not held.stays


@pytest.mark.parametrize("given", [
    {}, {"sep": ";"}, {"sep": "\t", "end": "\r\n"}, {"sep": ";", "comma": True}, {"quote": True}, {"sep": " "},
    {"head": ""}, {"answers": SEED.integers(0, 4, ROWS)},
    {"answers": [("dog", "cat", "bee")[one] for one in SEED.integers(0, 3, ROWS)]},
], ids=["plain", "semicolon", "tabs and CRLF", "decimal comma", "quotes", "spaces", "no header", "numbers as classes",
        "words as classes"])
def test_what_is_read_is_what_memory_would_hold(given: dict[str, Any], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    head = given.pop("head", "a,b,c,y").replace(",", given.get("sep", ","))
    alike(*both(written(tmp_path / "t.csv", head=head, **given), monkeypatch))


@pytest.mark.parametrize("given", [{"missing": "skip rows"}, {"missing": "mean"}, {"missing": "mean", "mark": True}],
                         ids=str)
def test_gaps_are_skipped_or_filled_as_in_memory(given: dict[str, Any], tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    held, stored = both(written(tmp_path / "t.csv", gaps=17), monkeypatch, **given)
    if given["missing"] == "mean":
        ours, theirs = stored.coding[1], held.coding[1]
        assert ours.fill == pytest.approx(theirs.fill, rel=1e-12) and ours.mark == theirs.mark
        np.testing.assert_allclose(stored.arrays["x"][:], held.arrays["x"], rtol=1e-6)
    else:
        alike(held, stored)
    assert [one for one in held.notes if "missing" in one] == [one for one in stored.notes if "missing" in one]


def test_roles_targets_and_kinds_are_those_that_are_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "t.csv")
    roles = (("a", "target", "auto"), ("c", "left out", "auto"), ("y", "target", "auto"))
    held, stored = both(path, monkeypatch, columns=roles)
    alike(held, stored)
    assert [one.role for one in columns_in(path, columns=roles)] == ["target", "input", "left out", "target"]
    certain = read_csv(written(tmp_path / "c.csv", answers=SEED.integers(0, 3, ROWS)), task="number")
    assert certain.class_names == () and certain.arrays["y"].dtype == np.float32


def broken(path: Path, line: int, text: str) -> Path:
    lines = written(path).read_text().split("\n")
    lines[line - 1] = text
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(("text", "said"), [
    ("1,x,3,4", r"line 301, column 'b': 'x' is not a number, like the others"),
    ("1,,3,4", r"line 301, column 'b': the value is missing"),
    ("1,2,3,", r"line 301, column 'y': the value is missing"),
    ("1,2,3", r"line 301: 3 cells, but the first line has 4"),
    ("1,inf,3,4", r"line 301, column 'b': 'inf' is not a number that can be learned from"),
    ("1,\"2,3,4", r"line 301: unexpected end of data\. In a table that is larger than memory a row is one line"),
])
def test_what_is_wrong_is_named_by_line_and_column(text: str, said: str, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    path = broken(tmp_path / "t.csv", 301, text)
    little(monkeypatch)
    with pytest.raises(DataError, match=said):
        read_csv(path)


WORDS = SEED.integers(0, 5, (ROWS, 3))
CITIES = ("Rome", "Oslo", "Bern, CH", "La Paz", "Ürümqi")


def mixed(path: Path, *, gaps: int = 0, late: str = "", answer: str = "number", sep: str = ";") -> Path:
    """Numbers, categories, dates, remarks; `late` is a value that only comes near the end."""
    lines = [sep.join(("a", "city", "when", "remark", "b", "kin", "y"))]
    for at, ((a, b, c), (one, two, three)) in enumerate(zip(NUMBERS, WORDS, strict=True)):
        city, when = CITIES[one], f"{two + 1}/{at % 28 + 1}/2026"
        if gaps and at % gaps == 2:
            city, when, b = "", "n/a", "?"
        if late and at > ROWS - 3:
            city = late
        y = {"number": a + c, "words": ("no", "yes", "10", "9")[three % 4], "date": f"2026-0{three + 1}-01",
             "two": ("off", "on")[three % 2], "one": "cat"}[answer]
        lines.append(sep.join(str(one) for one in (a, city, when, f"remark {at}", b, f"k{one * 5 + two}", y)))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


KIN = [("kin", "group", "auto")]


@pytest.mark.parametrize("given", [
    {"missing": "skip rows"}, {"missing": "mean"}, {"missing": "mean", "mark": True}, {"answer": "words"},
    {"answer": "date"}, {"columns": KIN}, {"columns": [("city", "input", "text"), ("remark", "left out", "auto")]},
    {"columns": [("y", "target", "auto"), ("city", "target", "auto")], "answer": "two", "two": True},
    {"answer": "one"},
    {"target": "city"}, {"target": "when"}, {"late": "Quito"}, {"answer": "words", "task": "class", "columns": KIN},
    {"columns": [("a", "input", "category"), ("b", "input", "number")], "few": True},
], ids=str)
def test_words_dates_and_groups_are_what_memory_would_hold(given: dict[str, Any], tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = 17 if "missing" in given else 0
    path = mixed(tmp_path / "t.csv", gaps=gaps, late=given.pop("late", ""), answer=given.pop("answer", "number"))
    if given.pop("two", False):
        path.write_text(path.read_text("utf-8").replace("Bern, CH", "Rome").replace("La Paz", "Oslo")
                        .replace("Ürümqi", "Oslo"), "utf-8")
    if given.pop("few", False):
        path.write_text("a;b;y\n" + "".join(f"{n % 30};{n % 7};{n / 3}\n" for n in range(ROWS)))
    held, stored = both(path, monkeypatch, **given)
    if given.get("missing") == "mean":
        assert [one.kind for one in stored.coding] == [one.kind for one in held.coding]
        np.testing.assert_allclose(stored.arrays["x"][:], held.arrays["x"], rtol=1e-6)
        np.testing.assert_array_equal(stored.arrays["y"], held.arrays["y"])
        assert (stored.feature_names, stored.specs) == (held.feature_names, held.specs)
    else:
        alike(held, stored)
    assert (stored.groups is None) == (held.groups is None)
    if held.groups is not None:
        np.testing.assert_array_equal(stored.groups, held.groups)

    def said(one: Delivery) -> list[str]:
        return sorted(note for note in one.notes if "stay on the disk" not in note and "left out" not in note)

    assert said(stored) == said(held)


def test_what_the_first_lines_do_not_tell_is_seen_by_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers that turn into words, dates with the month first, names that are too many: settled as in memory."""
    rows = [f"{at if at < 150 else 'abc'[at % 3]},{at % 12 + 1}/{3 if at < 200 else 25}/2026,n{at},{at / 7}"
            for at in range(ROWS)]
    path = tmp_path / "t.csv"
    path.write_text("mixed,when,name,y\n" + "\n".join(rows))
    held, stored = both(path, monkeypatch)
    alike(held, stored)
    assert [(one.name, one.kind) for one in held.coding] == [("mixed", "category"), ("when", "date")]
    little(monkeypatch)
    path.write_text("few,y\n" + "\n".join(f"{at if at < 100 else 'abc'[at % 3]},{at}" for at in range(50, ROWS)))
    monkeypatch.undo()
    held, stored = both(path, monkeypatch)
    alike(held, stored)


@pytest.mark.parametrize(("cell", "column", "given", "said"), [
    ("", 1, {}, r"line 301, column 'city': the value is missing"),
    ("n/a", 2, {}, r"line 301, column 'when': the value is missing"),
    ("soon", 2, {}, r"line 301, column 'when': 'soon' is no date such as"),
    ("1,5", 0, {}, r"line 301, column 'a': '1,5' is written with a comma, but numbers of this table have a decimal p"),
    ("x", 0, {"columns": [("a", "input", "number")]}, r"line 301, column 'a': 'x' is not a number, like the others"),
    ("", 6, {}, r"line 301, column 'y': the value is missing"),
    ("", 5, {"columns": KIN}, r"line 301, column 'kin': the value is missing"),
], ids=["category", "date gap", "no date", "other sign", "sure", "target", "group"])
def test_what_is_wrong_with_words_is_said_as_in_memory(cell: str, column: int, given: dict[str, Any], said: str,
                                                       tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mixed(tmp_path / "t.csv")
    lines = path.read_text("utf-8").split("\n")
    cells = lines[300].split(";")
    cells[column] = cell
    lines[300] = ";".join(cells)
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(DataError, match=said) as held:
        read_csv(path, **given)
    little(monkeypatch)
    with pytest.raises(DataError, match=said) as stored:
        read_csv(path, **given)
    assert (held.value.row, held.value.column) == (stored.value.row, stored.value.column)


def test_what_only_fits_into_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mixed(tmp_path / "t.csv")
    many = written(tmp_path / "many.csv", answers=[f"c{n}" for n in range(ROWS)])
    little(monkeypatch)
    monkeypatch.setitem(MOST, "categories", 20)
    assert all(one.name != "kin" for one in read_csv(path).coding), "too many to be categories"
    with pytest.raises(DataError, match=r"column 'kin': more than 20 different texts.*Leave the column out"):
        read_csv(path, columns=[("kin", "input", "category")])
    with pytest.raises(DataError, match=r"column 'y': more than 20 different texts"):
        read_csv(many)
    with pytest.raises(DataError, match="the median of a column is not known"):
        read_csv(path, missing="median")
    with pytest.raises(DataError, match="is not a number to predict"):
        read_csv(many, task="number")
    wide = tmp_path / "wide.csv"
    wide.write_bytes("a,b\n1,2\n".encode("utf-16") * 200)
    with pytest.raises(DataError, match="UTF-16"):
        read_csv(wide)


def test_it_learns_from_words_bit_for_bit_as_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mixed(tmp_path / "t.csv", answer="words", gaps=13)
    runs = []
    for limit in (1 << 28, 1000):
        monkeypatch.setitem(MOST, "bytes", limit)
        _CACHE._held.clear()
        g = ng.Graph()
        data = g.add("Csv", path=str(path), missing="skip rows")
        hidden = g.add("ReLU", g.add("Linear", g.add("Standardize", data["x"]), out_features=8))
        g.add("CrossEntropyLoss", g.add("Linear", hidden, out_features=4), data["y"], id="loss")
        runs.append(ng.train(g, epochs=3, batch_size=16))
        asked = {"a": 1.0, "city": "Oslo", "when": "3/4/2026", "b": 0.5, "kin": "k3"}
        runs.append(ng.predict(g, asked).best)
    assert runs[0].losses == runs[2].losses and runs[0].final == runs[2].final and runs[1] == runs[3]


def learned(path: Path, **more: Any) -> tuple[ng.Graph, Any]:
    g = ng.Graph()
    data = g.add("Csv", path=str(path))
    scaled = g.add("Standardize", data["x"])
    out = g.add("Linear", g.add("ReLU", g.add("Linear", scaled, out_features=8)), out_features=1)
    g.add("MSELoss", out, data["y"], id="loss")
    return g, ng.train(g, epochs=3, batch_size=16, **more)


def test_it_learns_bit_for_bit_as_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "t.csv")
    _, held = learned(path)
    monkeypatch.setitem(MOST, "bytes", 1000)
    _CACHE._held.clear()
    g, run = learned(path)
    assert run.losses == held.losses and run.final == held.final
    few = tmp_path / "few.csv"
    few.write_text("".join(f"{line}\n" for line in path.read_text().split("\n")[:3]))
    assert ng.predict(g, few).best == ng.predict(g, [{"a": a, "b": b, "c": c} for a, b, c in NUMBERS[:2]]).best
    packed = ng.save_model(g, tmp_path / "m.ngz")
    assert packed.stat().st_size < 60_000, "rows on the disk stay there"
    assert ng.predict(packed, {"a": 1.0, "b": 2.0, "c": 3.0}).best


def test_a_file_that_changes_underneath_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "t.csv")
    monkeypatch.setitem(MOST, "bytes", 1000)
    found = read_csv(path)
    x = found.arrays["x"]
    path.write_text("a,b,c,y\n" + "\n" * 9000)
    assert found.changed
    with pytest.raises(DataError, match="has changed since it was looked through"):
        x[np.arange(5)]
