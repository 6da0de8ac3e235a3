"""Figures on the way to an answer: sound, ever more of them, and the last one is the answer."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.explain import viewing
from neuralgraph.explain.views.every import VIEWS
from neuralgraph.figures.draw import draw
from neuralgraph.figures.marks import Drawing
from neuralgraph.figures.shown import Bars, Board, Curves, Grid
from neuralgraph.figures.sofar import SoFar
from tests.explain.test_every_view import learned, places, sound

TELLING: dict[str, dict[str, object]] = {
    "ablation": {}, "occlusion": {}, "loss-landscape": {"resolution": 5}, "tsne": {"rows": 60}, "nearest-samples": {},
    "maximising-samples": {}, "maximising-input": {"steps": 6}, "feature-importance": {},
    "saliency": {"method": "SmoothGrad", "samples": 100},
    "progress": {}, "weight-history": {}, "update-ratio": {}, "before-after": {},
}
"""Views that hand over figures on their way, with options under which there are several."""


@pytest.fixture(autouse=True)
def every_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "PAUSE", 0.0)


def heard(name: str, stop_after: int = 0) -> tuple[list[SoFar], object]:
    found: list[SoFar] = []
    example, node = places(name)[0]
    shown = learned(example).view(
        name, node, TELLING[name], so_far=found.append, stop=lambda: bool(stop_after) and len(found) >= stop_after)
    return found, shown


@pytest.mark.parametrize("name", TELLING)
def test_the_last_one_is_the_answer_and_all_are_sound(name: str) -> None:
    found, shown = heard(name)
    assert [one.done for one in found] == sorted({one.done for one in found})
    assert len({one.of for one in found}) == 1 and found[-1].done == found[-1].of
    assert found[-1].shown.csv() == shown.csv()  # type: ignore[attr-defined]
    assert found[-1].shown.note == shown.note  # type: ignore[attr-defined]
    example, node = places(name)[0]
    before = {key: value.clone() for key, value in learned(example).program.state_dict().items()}
    alone = learned(example).view(name, node, TELLING[name])
    assert alone is not None and alone.csv() == shown.csv()  # type: ignore[attr-defined]
    assert all((value == before[key]).all() for key, value in learned(example).program.state_dict().items())
    for one in (found[0], found[len(found) // 2]):
        assert sound(draw(one.shown, 640, 440)) is None


@pytest.mark.parametrize("name", TELLING)
def test_stopped_it_answers_with_what_it_has_reached(name: str) -> None:
    found, shown = heard(name, stop_after=1)
    assert len(found) == 1
    assert shown.csv() == found[0].shown.csv()  # type: ignore[attr-defined]


def test_no_other_view_has_to_be_in_the_list() -> None:
    for kind in VIEWS:
        found: list[SoFar] = []
        example, node = places(kind.name())[0]
        if kind.name() not in TELLING:
            learned(example).view(kind.name(), node, so_far=found.append)
            assert not found, f"{kind.name()} tells as well"


def test_what_is_known_first_stays_as_it_is() -> None:
    found, shown = heard("ablation")
    whole = bars(shown)
    for one in found:
        known = np.isfinite(bars(one.shown))
        assert known.sum() == one.done
        assert np.array_equal(bars(one.shown)[known], whole[known])


def bars(shown: object) -> np.ndarray:
    one = shown.parts[0] if isinstance(shown, Board) else shown
    assert isinstance(one, Bars)
    return one.values


def test_the_landscape_knows_corners_and_middle_first() -> None:
    found, shown = heard("loss-landscape")
    assert isinstance(shown, Grid)
    assert isinstance(found[0].shown, Grid) and "1 of 25 places" in found[0].shown.note
    moments = found[0].of - 25  # looked at after the middle: the way of the run
    assert moments > 1
    early = found[8 + moments].shown
    assert isinstance(early, Grid) and "9 of 25 places" in early.note and "places" not in shown.note
    assert np.array_equal(early.values[::2, ::2], shown.values[::2, ::2])
    line: list[SoFar] = []
    learned("spiral").view("loss-landscape", options={"look_from": "slice", "resolution": 9}, so_far=line.append)
    curves = [one.shown for one in line]
    assert all(isinstance(one, Curves) for one in curves)
    assert [len(one.curves[0].x) for one in curves] == list(range(1, 10))  # type: ignore[attr-defined]


def test_figures_come_at_once_and_then_not_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(viewing, "PAUSE", 0.25)
    monkeypatch.setattr(viewing, "perf_counter", lambda: now[0])
    found: list[SoFar] = []
    hear = viewing._paced(found.append)
    made = Curves(())
    for done in range(1, 101):
        hear(done, 100, lambda: made)
        now[0] += 0.01
    assert [one.done for one in found] == [1, 26, 51, 76, 100]


WALK = {"directions": "along the run", "resolution": 5}


def test_along_the_run_its_way_is_seen_until_its_directions_are_known() -> None:
    found: list[SoFar] = []
    shown = learned("spiral").view("loss-landscape", options=WALK, so_far=found.append)
    first = [one.shown for one in found if isinstance(one.shown, Curves)]
    assert len(first) > 3 and [len(one.curves[0].y) for one in first] == list(range(1, len(first) + 1))
    away = first[-1].curves[0].y
    assert away[-1] == 0 < away[0], "the last one is now"
    assert f"of {len(first) - 1} earlier moments so far" in first[0].note
    assert [one.done for one in found] == list(range(1, len(first) + 26)) and {one.of for one in found} == {
        len(first) + 25}
    assert isinstance(shown, Grid) and found[-1].shown.csv() == shown.csv()
    assert shown.path is not None and len(shown.path) == len(first)
    assert sound(draw(first[0], 640, 440)) is None


@pytest.mark.parametrize("look_from", ["map", "slice"])
def test_along_the_run_it_can_be_stopped_while_the_run_is_read(look_from: str) -> None:
    found: list[SoFar] = []
    shown = learned("spiral").view("loss-landscape", options=WALK | {"look_from": look_from}, so_far=found.append,
                                   stop=lambda: len(found) >= 3)
    assert len(found) == 3 and isinstance(shown, Curves) and shown.csv() == found[-1].shown.csv()


def test_a_unit_that_was_not_looked_at_is_no_number() -> None:
    found, shown = heard("ablation")
    early, whole = drawing(found[0].shown), drawing(shown)
    assert any("not looked at yet" in early.spots.said(n) for n in range(early.spots.count))
    for one in (early, whole):
        assert not any("not a number" in one.spots.said(n) for n in range(one.spots.count))
        assert not any(getattr(mark, "text", "") == "not a number" for mark in one.marks)
    assert not any("not looked at yet" in whole.spots.said(n) for n in range(whole.spots.count))


def drawing(shown: object) -> Drawing:
    return draw(shown.parts[0] if isinstance(shown, Board) else shown, 640, 440)  # type: ignore[arg-type]
