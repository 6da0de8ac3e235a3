"""Every row that a lesson says it covers has a line in the course page: something to do, with a figure to see."""

from __future__ import annotations

from neuralgraph.lessons.course import lessons

OPEN_FIRST: frozenset[int] = frozenset()
"""Rows of lessons 1 to 18 (up to row 62) that have no line yet."""
OPEN_SECOND: frozenset[int] = frozenset()
"""Rows from 63 on that have none, and row 9."""
ROWS = frozenset(range(1, 115))


def test_every_row_belongs_to_a_lesson() -> None:
    assert {row for one in lessons() for row in one.rows} == ROWS


def test_every_row_that_a_lesson_claims_has_a_line() -> None:
    shown = {line.row for one in lessons() for line in one.shows}
    claimed = {row for one in lessons() for row in one.rows}
    assert claimed - shown == OPEN_FIRST | OPEN_SECOND


def test_a_line_is_of_a_row_that_its_lesson_claims() -> None:
    for one in lessons():
        assert {line.row for line in one.shows} <= set(one.rows), one.name
