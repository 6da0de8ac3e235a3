"""The page of figures over seeds: its lines are those of the cases there are, and what it holds is told right."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuralgraph.lessons.course import lessons
from tests.course.__main__ import CASES, main
from tests.course.figure import Bound, Case, Row
from tests.course.page import PAGE, measured, page, read

TOY = Case("toy", "13", "as it is", lambda seed: {"right": 0.5 + seed / 4, "found": float(seed > 0)}, (
    Row("right", "right answers", "E01", "1", (Bound("median", least=0.7), Bound("min", 0.4, 0.9)), "percent"),
    Row("found", "seeds that succeed", "E02", "2 of 3", (Bound("sum", least=3),), "seeds")), 3)


def test_every_line_belongs_to_a_case_and_says_what_it_wants_today() -> None:
    numbers = {f"{one.number:02}" for one in lessons()}
    wanted = {(case.name, row.what): row for case in CASES for row in case.rows}
    assert all(case.example in numbers for case in CASES) and len({case.name for case in CASES}) == len(CASES)
    lines = read(PAGE)
    assert lines and set(lines) <= set(wanted), "make the page anew: python -m tests.course NAME"
    for key, line in lines.items():
        cells = [one.strip() for one in line.strip("|").split("|")]
        words = ", ".join(bound.words(wanted[key], int(cells[6])) for bound in wanted[key].bounds)
        assert cells[5] == words and cells[8] in ("yes", "NO"), key
    assert PAGE.read_text("utf-8") == page(CASES, lines)


def test_what_holds_and_what_does_not(tmp_path: Path) -> None:
    lines = measured(TOY, {"right": [0.5, 0.75, 1.0], "found": [0.0, 1.0, 1.0]})
    assert lines["toy", "right answers"] == (
        "| toy | 13 | as it is | right answers | E01: 1 | median ≥ 70.0 %, min 40.0 % … 90.0 % | 3 | "
        "50.0 % / 75.0 % / 100.0 % | yes |")
    assert lines["toy", "seeds that succeed"].endswith("| E02: 2 of 3 | of 3 ≥ 3 | 3 | 2 of 3 | NO |")
    wide = Case("wide", "13", "", TOY.measure, (
        Row("right", "a", "", "", (Bound("deviation", 10, beside="found"),)), Row("found", "b", "", "", ())))
    held = [measured(wide, {"right": [0.0, one], "found": [0.0, 1.0]})["wide", "a"] for one in (9.9, 10.0)]
    assert [one.rsplit("| ", 1)[1] for one in held] == ["NO |", "yes |"]
    assert "deviation ≥ 10 × that of «found»" in held[0]
    (tmp_path / "page.txt").write_text(page([TOY], lines), "utf-8")
    assert read(tmp_path / "page.txt") == lines
    assert read(tmp_path / "none.txt") == {}


def test_the_command_names_its_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [one.name for one in CASES]
