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


def test_what_only_fits_into_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("city,when,y\n" + "".join(f"{'AB'[n % 2]},2026-11-{n % 28 + 1:02},{n}\n" for n in range(200)))
    monkeypatch.setitem(MOST, "bytes", 1000)
    with pytest.raises(DataError, match=r"larger than is held in memory .* categories: the column 'city'"):
        read_csv(path)
    with pytest.raises(DataError, match="dates: the column 'when'"):
        read_csv(path, columns=[("city", "left out", "auto")])
    with pytest.raises(DataError, match="the median of a column is not known"):
        read_csv(written(tmp_path / "m.csv"), missing="median")
    with pytest.raises(DataError, match="which rows belong together"):
        read_csv(written(tmp_path / "g.csv"), columns=[("a", "group", "auto")])
    wide = tmp_path / "wide.csv"
    wide.write_bytes("a,b\n1,2\n".encode("utf-16") * 200)
    with pytest.raises(DataError, match="UTF-16"):
        read_csv(wide)


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
