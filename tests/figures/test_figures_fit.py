"""Figures in little room: nothing stands in something else, nothing is lost at an edge."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from neuralgraph.figures import shown
from neuralgraph.figures.draw import draw
from neuralgraph.figures.legends import kind_names
from neuralgraph.figures.marks import Drawing, Line, Picture, Rect, Text
from neuralgraph.figures.words import cut_path, minus, width

RANDOM = np.random.default_rng(0)
DIGITS = tuple(map(str, range(10)))


def level(drawing: Drawing) -> list[Text]:
    return [mark for mark in drawing.marks if isinstance(mark, Text) and not mark.turn]


def ends(word: Text) -> tuple[float, float]:
    wide = width(word.text, word.size, word.weight)
    left = word.x - {"left": 0.0, "middle": wide / 2, "right": wide}[word.align]
    return left, left + wide


def apart(one: Text, other: Text) -> bool:
    (left, right), (start, end) = ends(one), ends(other)
    return abs(one.y - other.y) > 8 or right <= start + 0.5 or end <= left + 0.5


@pytest.mark.parametrize("what", [
    shown.Grid(RANDOM.normal(size=(1, 32)), x_label="input", y_label="output", title="weight"),
    shown.Grid(RANDOM.normal(size=(32, 2)), y_label="output", column_names=("x1", "x2"), title="weight"),
    shown.Points(RANDOM.normal(size=(60, 2)), np.arange(60) % 10, DIGITS, "unit 0", "unit 1"),
    shown.Bars(RANDOM.normal(size=10), DIGITS, title="a title that is too long for one line of the figure"),
], ids=["flat matrix", "narrow matrix", "ten classes", "ten bars"])
@pytest.mark.parametrize("size", [(300, 200), (640, 440)], ids=["small", "middle"])
def test_no_words_stand_in_others(what: shown.Shown, size: tuple[float, float]) -> None:
    words = level(draw(what, *size))
    assert not [(one.text, other.text) for one, other in combinations(words, 2) if not apart(one, other)]


def test_every_class_is_in_the_legend() -> None:
    what = shown.Points(RANDOM.normal(size=(60, 2)), np.arange(60) % 10, DIGITS)
    said = [word.text for word in level(draw(what, 300, 200))]
    assert said[-10:] == ["class 0", *DIGITS[1:]]
    assert kind_names(("cat", "dog"), (0, 1)) == ["cat", "dog"]


def test_a_table_that_is_too_wide_goes_on_below() -> None:
    heads = ("node", *(f"number {n}" for n in range(8)))
    what = shown.Table(heads, tuple((f"row {n}", *map(float, range(8))) for n in range(3)), keys=(5, 6, 7))
    drawing = draw(what, 300, 200)
    said = [word.text for word in level(drawing)]
    assert all(head in said for head in heads) and said.count("node") > 1
    assert max(ends(word)[1] for word in level(drawing)) <= 300
    assert {drawing.spots.key(n) for n in range(drawing.spots.count)} == {5, 6, 7}


def test_a_matrix_of_few_columns_is_no_thread() -> None:
    drawing = draw(shown.Grid(RANDOM.normal(size=(64, 2))), 640, 440)
    field = next(mark for mark in drawing.marks if isinstance(mark, Picture))
    assert field.box[2] > 30


def test_a_picture_keeps_its_shape() -> None:
    drawing = draw(shown.Grid(RANDOM.random((8, 10)), "grey"), 640, 200)
    _, _, wide, tall = next(mark for mark in drawing.marks if isinstance(mark, Picture)).box
    assert wide / 10 == pytest.approx(tall / 8)


def test_a_small_matrix_stays_square_in_a_flat_room() -> None:
    what = shown.Grid(RANDOM.random((10, 10)), "viridis", row_names=DIGITS, column_names=DIGITS, x_label="answer",
                      y_label="truth", title="Confusion", note="some are right, " * 6)
    _, _, wide, tall = next(mark for mark in draw(what, 220, 120).marks if isinstance(mark, Picture)).box
    assert wide == pytest.approx(tall) and tall > 100


def test_a_bar_of_nothing_says_its_number() -> None:
    drawing = draw(shown.Bars(np.array([0.0, 0.0]), ("a", "b")), 640, 440)
    assert sum(word.text == "0" and word.size == 10 for word in level(drawing)) == 2


def test_bars_without_names_are_counted() -> None:
    said = {word.text for word in level(draw(shown.Bars(RANDOM.normal(size=32), x_label="output"), 640, 440))}
    assert {"0", "10", "30"} <= said


def test_captions_can_be_read_in_little_room() -> None:
    what = shown.Pictures(RANDOM.random((24, 8, 8)), tuple(f"{n % 10} → 3, 75%" for n in range(24)))
    assert not [word.text for word in level(draw(what, 300, 200)) if word.text.endswith("…")]


def test_room_that_a_table_leaves_goes_to_the_curves() -> None:
    curves = shown.Curves((shown.Curve("a", np.arange(9.0), np.arange(9.0)),), title="t")
    small = shown.Table(("part", "loss"), (("training", 0.5),))
    drawing = draw(shown.Board((curves, small), across=1), 640, 440)
    assert max(word.y for word in level(drawing)) > 400


def test_figures_beside_one_with_a_title_begin_where_it_does() -> None:
    left, right = (shown.Bars(np.array([1.0, 2.0]), ("a", "b"), title=title) for title in ("t", ""))
    bars = [mark.box for mark in draw(shown.Board((left, right), across=2), 640, 300).marks if isinstance(mark, Rect)]
    assert bars[0][1] == pytest.approx(bars[2][1])


def test_minus_signs() -> None:
    assert minus("Mean -0.5, d_model-2 x-1 (-.5)") == "Mean −0.5, d_model-2 x-1 (−.5)"


@pytest.mark.parametrize("what", [
    shown.Curves((shown.Curve("a", np.arange(9.0), np.arange(9.0)),), "how sure it is", "how often", title="t",
                 note="in words " * 20),
    shown.Points(RANDOM.normal(size=(60, 2)), np.arange(60) % 10, DIGITS, "x1", "x2", title="t", note="words " * 30),
    shown.Bars(np.ones(9), tuple(f"hidden_{n}.weight" for n in range(9)), title="t", note="words " * 30),
    shown.Grid(RANDOM.random((24, 24)), "viridis", extent=(0, 1, 0, 1), x_label="x", y_label="y", title="t"),
    shown.Distribution(np.arange(9), np.arange(10.0), x_label="x", title="a title " * 9, note="words " * 30),
], ids=["curves", "points", "bars", "plane", "distribution"])
def test_a_field_is_never_a_strip(what: shown.Shown) -> None:
    drawing = draw(what, 220, 120)
    lines = [mark.points for mark in drawing.marks if isinstance(mark, Line)]
    base = max(float(np.nanmax(one[:, 1])) for one in lines)
    named = min(mark.box[1] for mark in drawing.marks if isinstance(mark, Picture | Rect)) \
        if isinstance(what, shown.Grid) else min(float(np.nanmin(one[:, 1])) for one in lines)
    assert base - named > 40
    assert max(word.y for word in level(drawing)) < drawing.height


def test_a_figure_on_a_wall_can_be_read_from_afar() -> None:
    what = shown.Grid(RANDOM.random((4, 4)), "viridis", title="t", keys=())
    near, far = draw(what, 640, 440), draw(what, 1600, 1000)
    assert min(word.size for word in level(far)) > 1.8 * min(word.size for word in level(near))
    field = next(mark.box for mark in far.marks if isinstance(mark, Picture))
    assert field[3] > 400
    x, y, wide, high = far.spots.box(5)
    assert far.spots.at(x + wide / 2, y + high / 2) == 5


def test_few_columns_are_as_wide_as_their_names() -> None:
    what = shown.Grid(np.array([[202.0, 10], [3, 354]]), "viridis", row_names=("malignant", "benign"),
                      column_names=("malignant", "benign"), x_label="answer", y_label="truth", whole=True)
    said = [word.text for word in level(draw(what, 300, 200))]
    assert said.count("malignant") == 2 and said.count("benign") == 2


def test_curves_are_told_apart_without_colour() -> None:
    what = shown.Curves(tuple(shown.Curve(str(n), np.arange(5.0), np.arange(5.0) * n) for n in range(8)))
    curves = [mark for mark in draw(what, 640, 440).marks if isinstance(mark, Line) and mark.ink.startswith("series")]
    assert len({(one.ink, one.dash) for one in curves}) == 8
    assert len({one.dash for one in curves[-4:]}) == 4


def test_areas_of_many_classes_have_their_names_in_them() -> None:
    labels = np.repeat(np.repeat(np.array([[2, 8], [5, 5]]), 40, axis=0), 40, axis=1)
    what = shown.Points(RANDOM.random((9, 2)), np.arange(9), DIGITS, "x", "y",
                        shown.Area(labels, (0, 1, 0, 1), 10))
    found = [(word.text, word.x, word.y) for word in level(draw(what, 640, 440)) if word.weight == 600]
    assert [one[0] for one in found] == ["2", "5", "8"]
    assert found[0][1] < found[2][1] and found[0][2] > found[1][2]  # row 0 is at the bottom


def test_weights_of_words_are_written() -> None:
    what = shown.Words(("never", "good"), np.array([-0.25, 0.5]), signed=True)
    assert {"−0.25", "+0.50"} <= {word.text for word in level(draw(what, 300, 200))}


def test_rows_of_pictures_go_on_below_with_captions_that_can_be_read() -> None:
    images, count = RANDOM.random((16, 8, 8)), 8
    what = shown.Pictures(images, tuple(f"MSE 0.0{n:02d}" for n in range(16)), across=count,
                          row_names=("original", "again"))
    drawing = draw(what, 300, 200)
    said = [word.text for word in level(drawing)]
    assert not [one for one in said if one.endswith("…")]
    assert said.count("again") == said.count("original") > 1
    (x, y, wide, high), (left, *_) = drawing.spots.box(8), drawing.spots.box(0)
    assert x == left and y > drawing.spots.box(0)[1] and drawing.spots.at(x + wide / 2, y + high / 2) == 8


def test_numbered_names_stay_apart_when_they_are_cut() -> None:
    short = [cut_path(f"convolution_{n}.weight", 11, 70) for n in (1, 2)]
    assert short[0] != short[1] and all(one.endswith(".weight") for one in short)


@pytest.mark.parametrize("reach", [(-0.997, 0.997), (95.0, 210.0), (-12.0, 3.0), (0.3, 0.41)])
def test_an_axis_has_two_ticks_at_least(reach: tuple[float, float]) -> None:
    what = shown.Distribution(np.ones(9), np.linspace(*reach, 10))
    drawing = draw(what, 220, 160)
    base = max(word.y for word in level(drawing))
    ticks = sorted(ends(word) for word in level(drawing) if word.y == base)
    assert len(ticks) > 1 and all(one[1] < other[0] for one, other in pairwise(ticks))


def test_long_names_stand_above_their_columns_and_inside_the_figure() -> None:
    names = tuple(f"{what} {size} (cm)" for what in ("sepal", "petal") for size in ("length", "width"))
    what = shown.Grid(RANDOM.normal(size=(8, 4)), column_names=names, y_label="output", title="weight")
    drawing = draw(what, 300, 200)
    upright = [mark for mark in drawing.marks if isinstance(mark, Text) and mark.turn == -90]
    assert len(upright) == 4
    assert min(ends(word)[0] for word in level(drawing)) >= 0


def test_names_of_a_few_tiles_can_be_read() -> None:
    what = shown.Grid(RANDOM.random((4, 8, 8)), "viridis", tile_names=tuple(f"head {n}" for n in range(1, 5)))
    assert {f"head {n}" for n in range(1, 5)} <= {word.text for word in level(draw(what, 150, 140))}


def test_names_above_a_matrix_leave_it_its_height() -> None:
    names = tuple(f"pixel {row},{column}" for row in range(6) for column in range(5))
    what = shown.Grid(RANDOM.normal(size=(5, 30)), column_names=names, x_label="input", title="weight")
    low = next(mark for mark in draw(what, 380, 140).marks if isinstance(mark, Picture))
    assert low.box[3] > 40
    high = draw(what, 760, 400).marks
    assert any(isinstance(mark, Text) and mark.text == "pixel 0,0" for mark in high)
