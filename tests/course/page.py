"""The table of figures as Markdown: lines of cases measured anew replace their old ones, the others stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from neuralgraph.resources import resources
from tests.course.figure import Case

PAGE = resources() / "lessons" / "FIGURES.txt"
HEAD = """What the examples of the course reach over seeds, beside an independent computation of the same figures.
A seed draws the weights, the split and the order of the rows; each line says with how many it was measured, from seed 0
on: those with one or three were measured in short, and cases without a line were not yet. «NO» is a figure that falls
short. Made anew by `python -m tests.course` (all of it: about an hour), or by `python -m tests.course letters xor` for
some, whose lines then replace their old ones; `--list` names the cases, `--seeds 12` takes more seeds.

"""
COLUMNS = ("case", "example", "how", "figure", "reference", "wanted", "seeds", "min / median / max", "holds")
Lines = dict[tuple[str, str], str]


def read(path: Path = PAGE) -> Lines:
    """The lines of an earlier page, by case and figure."""
    lines: Lines = {}
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        cells = [one.strip() for one in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(COLUMNS) and cells[0] not in (COLUMNS[0], "---"):
            lines[cells[0], cells[3]] = line
    return lines


def measured(case: Case, found: Mapping[str, Sequence[float]]) -> Lines:
    """The lines of a case from the numbers of every seed."""
    lines: Lines = {}
    for row in case.rows:
        values = found[row.key]
        wanted = ", ".join(bound.words(row, len(values)) for bound in row.bounds)
        cells = (case.name, case.example, case.how, row.what, f"{row.entry}: {row.reference}", wanted,
                 str(len(values)), row.found(values), "yes" if row.holds(found) else "NO")
        lines[case.name, row.what] = f"| {' | '.join(cells)} |"
    return lines


def page(cases: Iterable[Case], lines: Lines) -> str:
    """The whole page, in the order of the cases."""
    known = [lines[case.name, row.what] for case in cases for row in case.rows if (case.name, row.what) in lines]
    return "\n".join([f"{HEAD}| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}", *known]) + "\n"
