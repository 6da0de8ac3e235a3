"""Tidy: on the grid, without overlaps, left to right, the same every time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.graph.layout import GRID, align, tidy

DIGITS = {
    "dataset": (152, 120),
    "conv_1": (152, 96),
    "relu_1": (152, 40),
    "pool_1": (152, 64),
    "conv_2": (152, 96),
    "relu_2": (152, 40),
    "pool_2": (152, 64),
    "flatten": (152, 40),
    "linear": (152, 96),
    "loss": (176, 100),
    "accuracy": (152, 100),
}
CHAIN = list(DIGITS)[:9]
WIRES = [*pairwise(CHAIN), ("linear", "loss"), ("linear", "accuracy"), ("dataset", "loss"), ("dataset", "accuracy")]


@st.composite
def drawings(draw: st.DrawFn) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    """Any graph of up to 14 nodes, cycles and loops among them, with sizes."""
    count = draw(st.integers(1, 14))
    names = [f"n{k}" for k in range(count)]
    sizes = {n: (draw(st.integers(88, 240)), draw(st.integers(32, 200))) for n in names}
    edges = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=24))
    return sizes, edges


def overlapping(places: dict[str, tuple[float, float]], sizes: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    names = sorted(places)
    return [
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if places[a][0] < places[b][0] + sizes[b][0]
        and places[b][0] < places[a][0] + sizes[a][0]
        and places[a][1] < places[b][1] + sizes[b][1]
        and places[b][1] < places[a][1] + sizes[a][1]
    ]


@settings(max_examples=150, deadline=None)
@given(drawings(), st.sampled_from([None, 300.0, 900.0]))
def test_every_drawing_lies_on_the_grid_without_overlaps(drawing, width) -> None:
    sizes, edges = drawing
    places = tidy(sizes, edges, width=width, at=(16, 24))
    assert places.keys() == sizes.keys()
    assert all(x % GRID == 0 and y % GRID == 0 for x, y in places.values())
    assert overlapping(places, sizes) == []
    assert min(x for x, _ in places.values()) == 16
    assert min(y for _, y in places.values()) == 24
    assert tidy(sizes, edges, width=width, at=(16, 24)) == places


def test_tidying_what_is_tidy_changes_nothing() -> None:
    once = tidy(DIGITS, WIRES, width=900)
    ordered = {id: DIGITS[id] for id in sorted(DIGITS)}
    assert tidy(ordered, list(reversed(WIRES)), width=900, order=list(DIGITS)) == once


def test_a_chain_is_one_straight_row_where_there_is_room() -> None:
    places = tidy(DIGITS, WIRES)
    assert {y for id, (_, y) in places.items() if id in CHAIN} == {0.0}
    assert [places[id][0] for id in CHAIN] == [240.0 * k for k in range(9)]


def test_a_long_chain_wraps_as_in_the_picture() -> None:
    places = tidy(DIGITS, WIRES, width=940)
    rows: dict[float, list[str]] = {}
    for id, (_, y) in sorted(places.items(), key=lambda one: one[1][::-1]):
        rows.setdefault(y, []).append(id)
    assert list(rows.values()) == [
        ["dataset", "conv_1", "relu_1", "pool_1"],
        ["conv_2", "relu_2", "pool_2", "flatten"],
        ["linear", "loss", "accuracy"],
    ]
    tops = list(rows)
    assert all(144 <= b - a <= 200 for a, b in pairwise(tops))
    assert places["pool_1"][0] - places["relu_1"][0] == pytest.approx(238, abs=2)


def test_a_branch_stacks_and_wires_go_right() -> None:
    sizes = dict.fromkeys("abcdef", (120, 80))
    wires = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"), ("a", "f"), ("f", "e")]
    places = tidy(sizes, wires)
    assert all(places[a][0] < places[b][0] for a, b in wires)
    assert places["b"][0] == places["c"][0]
    assert abs(places["b"][1] - places["c"][1]) >= 80


def test_parts_that_no_wire_joins_lie_below_each_other() -> None:
    places = tidy(dict.fromkeys("abcd", (120, 80)), [("a", "b"), ("c", "d")])
    assert places["a"][1] == places["b"][1]
    assert places["c"][1] >= places["a"][1] + 80 + 64


def test_ten_thousand_in_a_chain() -> None:
    names = [f"n{k}" for k in range(10_000)]
    places = tidy(dict.fromkeys(names, (120, 40)), list(pairwise(names)), width=2000)
    assert len(set(places.values())) == 10_000


BOXES = {"a": (0.0, 0.0, 100.0, 40.0), "b": (50.0, 100.0, 200.0, 80.0), "c": (400.0, 30.0, 100.0, 20.0)}


@pytest.mark.parametrize(
    ("how", "axis", "expected"),
    [
        ("L", 0, {"a": 0, "b": 0, "c": 0}),
        ("R", 0, {"a": 400, "b": 300, "c": 400}),
        ("T", 1, {"a": 0, "b": 0, "c": 0}),
        ("B", 1, {"a": 140, "b": 100, "c": 160}),
        ("C", 0, {"a": 200, "b": 150, "c": 200}),
        ("M", 1, {"a": 70, "b": 50, "c": 80}),
        ("H", 0, {"a": 0, "b": 150, "c": 400}),
        ("V", 1, {"a": 0, "c": 60, "b": 100}),
    ],
)
def test_align(how, axis, expected) -> None:
    assert {id: place[axis] for id, place in align(BOXES, how).items()} == expected
