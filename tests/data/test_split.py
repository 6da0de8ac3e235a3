"""Splits that keep together what belongs together, and how a run tells of its parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import neuralgraph as ng
from neuralgraph.cli import main
from neuralgraph.data.pictures import belonging
from neuralgraph.data.sources import deliver
from neuralgraph.data.split import split_rows, told
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG
from neuralgraph.training.events import Finished, Note, Started, divided


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=30, max_size=80), st.sampled_from([0.0, 0.2, 7]),
       st.sampled_from([0.0, 0.15, 5]), st.integers(0, 5))
def test_groups_are_never_divided_and_no_row_is_lost(groups: list[int], held: float, tested: float, seed: int) -> None:
    numbers = np.array([*range(4), *groups])
    split = split_rows(len(numbers), validation=held, test=tested, method="grouped", seed=seed, groups=numbers)
    parts = (split.train, split.validation, split.test)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(numbers)))
    assert len(split.train) > 0
    assert bool(len(split.validation)) == bool(held)
    assert bool(len(split.test)) == bool(tested)
    seen = [set(numbers[one]) for one in parts]
    assert not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]
    again = split_rows(len(numbers), validation=held, test=tested, method="grouped", seed=seed, groups=numbers)
    assert np.array_equal(split.validation, again.validation)


def test_parts_come_as_near_as_whole_groups_allow() -> None:
    groups = np.repeat(np.arange(50), 4)
    split = split_rows(200, validation=0.2, test=0.1, method="grouped", seed=1, groups=groups)
    assert (len(split.validation), len(split.test)) == (40, 20)
    own = split_rows(200, validation=0.2, test=0.1, method="grouped", seed=1, groups=groups, own_test=40)
    assert own.test.tolist() == list(range(160, 200))


def test_groups_that_cannot_be_divided_say_so() -> None:
    with pytest.raises(DataError, match="needs to know which rows belong together"):
        split_rows(10, validation=0.2, test=0.0, method="grouped", seed=0)
    with pytest.raises(DataError, match="2 groups for 3 parts"):
        split_rows(10, validation=0.2, test=0.2, method="grouped", seed=0, groups=np.arange(10) % 2)


def test_images_belong_together_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    assert belonging(["a/p1_1.png", "b/p2_1.png", "b/p1_9.png"], "_").tolist() == [0, 1, 0]
    for patient in range(6):
        for at in range(3):
            place = tmp_path / f"c{at % 2}"
            place.mkdir(exist_ok=True)
            Image.new("L", (4, 4), 40 * patient).save(place / f"p{patient}_{at}.png")
    graph = ng.Graph()
    data = graph.add("ImageFolder", path=str(tmp_path), size=4, together="_", id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", graph.add("Flatten", data["x"]), out_features=2), data["y"])
    started = next(one for one in ng.fit(graph, epochs=1, split="grouped", validation=0.34, test=3)
                   if isinstance(one, Started))
    assert (started.rows, started.validation_rows, started.test_rows) == (9, 6, 3)
    assert divided(started) == ("9 train, 6 validate, 3 test, at the very end; divided at random, whole groups "
                                "together (seed 0).")


def test_an_array_says_what_belongs_together(tmp_path: Path) -> None:
    rows = np.arange(12)
    np.savez(tmp_path / "a.npz", x=rows[:, None] * 1.0, y=rows % 2, who=rows // 3, bad=rows[:5])
    node = CATALOG["Npz"](path=str(tmp_path / "a.npz"), groups="who")
    assert deliver(node).groups.tolist() == (rows // 3).tolist()
    with pytest.raises(DataError, match=r"'bad' has the shape \(5,\)"):
        deliver(CATALOG["Npz"](path=str(tmp_path / "a.npz"), groups="bad"))
    with pytest.raises(DataError, match="holds no array 'none' of groups"):
        deliver(CATALOG["Npz"](path=str(tmp_path / "a.npz"), groups="none"))


def test_the_words_say_what_was_done() -> None:
    assert told("random", 3) == "at random (seed 3)"
    assert "follow one another in time" in told("ordered", 3, in_time=True)
    assert "for they" not in told("ordered", 3)
    assert told("stratified", 1, own_test=10_000).endswith("; the last 10,000 rows are the test set that comes with "
                                                           "the data")


def small() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris", id="data")
    scores = graph.add("Linear", data["x"], out_features=3, id="head")
    graph.add("CrossEntropyLoss", scores, data["y"], id="cost")
    return graph


def test_the_test_part_is_used_once_at_the_end_and_that_is_said() -> None:
    graph = small()
    events = list(ng.fit(graph, epochs=2, test=0.2, validation=0.2))
    assert not any(name.startswith("test_") for one in events[:-2] for name in getattr(one, "figures", {}))
    note, last = events[-2:]
    assert isinstance(last, Finished) and "test_loss" in last.final
    assert isinstance(note, Note) and "used now, once: 30 rows" in note.message
    for times in ("2nd", "3rd", "4th"):
        more = [one.message for one in ng.fit(graph, resume=graph.session.run, epochs=1, test=0.2, validation=0.2)
                if isinstance(one, Note)]
        assert f"for the {times} time" in more[-1], more
    assert not any(isinstance(one, Note) for one in ng.fit(graph, epochs=1))


def test_the_command_line_tells_the_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = small()
    ng.save(graph, tmp_path / "a.ngraph")
    assert main(["train", str(tmp_path / "a.ngraph"), "--epochs", "1", "--no-keep"]) == 0
    said = capsys.readouterr().err
    assert "120 train, 30 validate; divided at random (seed 0)." in said


def test_what_follows_in_time_is_never_mixed(tmp_path: Path) -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="sine", samples=40, id="data")
    graph.add("MSELoss", graph.add("Linear", graph.add("Flatten", data["x"]), out_features=1), data["y"])
    started = next(one for one in ng.fit(graph, epochs=1) if isinstance(one, Started))
    assert "for they follow one another in time" in started.split
