"""Truth tables, and the letters A, B and C as bitmaps."""

from __future__ import annotations

import numpy as np

from neuralgraph.data.delivery import Delivery, classified

TRUTH = {"and_table": (0, 0, 0, 1), "or_table": (0, 1, 1, 1), "xor_table": (0, 1, 1, 0)}

# 5 rows of 6 pixels each; every letter has one stray pixel, as in the course that they come from
LETTERS = {
    "A": "..##.# .#..#. ###### #....# #....#",
    "B": ".####. .#..#. .####. ##..#. .####.",
    "C": ".####. .#.... ##.... .#.... .####.",
}


def truth_table(name: str, *, as_number: bool = False) -> Delivery:
    """The four rows 00, 01, 10, 11 and what the gate answers."""
    x = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], np.float32)
    return classified(x, np.array(TRUTH[name]), ("0", "1"), label="answer", as_number=as_number, x_label="bits",
                      feature_names=("a", "b"))


def letters(*, as_number: bool = False) -> Delivery:
    """A, B, C: N × 30 numbers 0 or 1, row by row, ink is 1."""
    x = np.array([[mark == "#" for mark in drawn.replace(" ", "")] for drawn in LETTERS.values()], np.float32)
    return classified(x, np.arange(3), tuple(LETTERS), label="letter", as_number=as_number, x_label="bitmap",
                      feature_names=tuple(f"pixel {row},{column}" for row in range(5) for column in range(6)))
