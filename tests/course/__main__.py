"""`python -m tests.course [NAME …] [--seeds N]` measures figures over seeds and writes the page; `--list` has names."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
from pathlib import Path
from time import perf_counter

from tests.course import energy, points, seeing, sequences, tables
from tests.course.figure import Case
from tests.course.page import PAGE, measured, page, read

CASES: tuple[Case, ...] = (*points.CASES, *tables.CASES, *seeing.CASES, *sequences.CASES, *energy.CASES)


def measure(case: Case, seeds: int) -> dict[str, list[float]]:
    """One seed after the other."""
    found: dict[str, list[float]] = {row.key: [] for row in case.rows}
    for seed in range(seeds):
        numbers = case.measure(seed)
        for key, values in found.items():
            values.append(float(numbers[key]))
    return found


def main(given: list[str]) -> int:
    """Measure, print, write; 1 where a figure does not hold."""
    asked = argparse.ArgumentParser(prog="python -m tests.course", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="NAME", help="cases; all where none is named")
    asked.add_argument("--seeds", type=int, help="so many for every case")
    asked.add_argument("--page", type=Path, default=PAGE, help="where the table is")
    asked.add_argument("--list", action="store_true", help="name the cases")
    args = asked.parse_args(given)
    known = {case.name: case for case in CASES}
    if args.list:
        print("\n".join(f"{case.name}: example {case.example}, {case.seeds} seeds" for case in CASES))
        return 0
    if unknown := [name for name in args.names if name not in known]:
        asked.error(f"there is no case {unknown[0]!r}; there are: {', '.join(known)}")
    short = 0
    for case in [known[name] for name in args.names] or CASES:
        begun = perf_counter()
        lines = measured(case, measure(case, args.seeds or case.seeds))
        print(*lines.values(), f"{case.name}: {perf_counter() - begun:.0f} s", sep="\n", flush=True)
        args.page.write_text(page(CASES, {**read(args.page), **lines}), "utf-8")
        short += sum(line.endswith("| NO |") for line in lines.values())
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
