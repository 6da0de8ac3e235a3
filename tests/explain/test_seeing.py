"""A sample is found by its part and number, judged as the network judges it, and its numbers are given their names."""

from __future__ import annotations

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.explain import seeing
from neuralgraph.resources import examples
from neuralgraph.session import Session


def opened(name: str) -> Session:
    return Session.open(examples() / f"{name}.ngraph")


def test_a_number_of_a_part_is_a_row_of_the_data() -> None:
    session = opened("iris")
    counts = session.see("hidden").sample.counts  # type: ignore[union-attr]
    assert counts["all"] == 150 == counts["train"] + counts["validation"] + counts["test"]
    rows = {session.see("hidden", "validation", n).sample.row for n in range(counts["validation"])}  # type: ignore[union-attr]
    trained = {session.see("hidden", "train", n).sample.row for n in range(counts["train"])}  # type: ignore[union-attr]
    assert len(rows) == counts["validation"] and not rows & trained
    assert session.see("hidden", "all", 149).sample.row == 149  # type: ignore[union-attr]
    assert session.see("hidden", "validation", 10**9).sample.place == counts["validation"] - 1  # type: ignore[union-attr]
    nowhere = session.see("hidden", "test", 3)
    assert nowhere is not None and nowhere.sample is not None
    assert (nowhere.sample.part, nowhere.sample.row) == ("all", 0)


def test_the_verdict_is_what_the_network_says_of_that_row() -> None:
    session = opened("iris")
    program = session.compile()
    session.program = program
    chances = np.asarray(program.predict(x=session.rows(program)["iris.x"]).softmax(dim=1))
    for place in (0, 70, 149):
        seen = session.see("hidden", "all", place)
        assert seen is not None and seen.verdict is not None
        assert seen.verdict.answer == chances[place].argmax()
        assert seen.verdict.sure == pytest.approx(float(chances[place].max()), abs=1e-5)
        assert seen.verdict.names[seen.verdict.truth] == ("setosa", "versicolor", "virginica")[place // 50]


def test_the_next_wrong_sample_goes_round_the_part_and_skips_the_right_ones() -> None:
    session = opened("iris")
    found = session.answers()
    assert found is not None
    wrong = [int(row) for row in found.rows[~found.right]]
    place, met = 0, []
    for _ in range(len(wrong) + 1):
        seen = session.see("hidden", "validation", place, wrong=True)
        assert seen is not None and seen.sample is not None and seen.verdict is not None
        assert not seen.verdict.right and not seen.note
        place = seen.sample.place
        met.append(seen.sample.row)
    assert met[-1] == met[0] and sorted(met[:-1]) == sorted(wrong)


def test_where_nothing_is_wrong_or_nothing_is_judged_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = opened("diabetes").see("hidden", wrong=True)
    assert measured is not None and measured.verdict is None
    assert "data with classes" in measured.note
    session = opened("iris")
    monkeypatch.setattr(seeing, "_chances", lambda program, rows, given: _right(rows, given))
    seen = session.see("hidden", "all", 7, wrong=True)
    assert seen is not None and seen.sample is not None
    assert seen.sample.place == 7 and seen.note == "None of these 150 is wrong."
    monkeypatch.setattr(seeing, "SEARCHED", 20)
    seen = session.see("hidden", "all", 7, wrong=True)
    assert seen is not None and seen.sample is not None
    assert seen.sample.place == 27 and "20 before" in seen.note


def _right(rows: seeing.Rows, given: dict[str, np.ndarray]) -> np.ndarray:
    """A network that is always right."""
    (values,) = given.values()
    (every,) = (array for key, array in rows.arrays.items() if array.ndim == 2)
    assert rows.target is not None
    at = [int(np.flatnonzero((every == value).all(axis=1))[0]) for value in values]
    return np.eye(3)[rows.target[at].reshape(-1)]


def test_numbers_have_meanings() -> None:
    session = opened("digits-cnn")
    data, answer, hidden = (session.see(id) for id in ("digits", "logits", "conv2d_1"))
    assert data is not None and answer is not None and hidden is not None
    assert data.images == {"x"} and data.labels == {"y"}
    assert answer.classes == {"out", "weight", "bias"} and answer.names == tuple("0123456789")
    assert not hidden.classes and not hidden.images
    iris = opened("iris").see("iris")
    assert iris is not None and len(iris.features["x"]) == 4


def test_classes_are_followed_through_a_softmax_and_an_output() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris", id="flowers")
    hidden = g.add("Linear", data["x"], out_features=3, id="three")
    scores = g.add("Linear", g.add("ReLU", hidden), out_features=3, id="scores")
    g.add("Output", g.add("Softmax", scores, id="shares"), id="answer")
    for id, told in (("scores", True), ("shares", True), ("three", False)):
        seen = g.session.see(id)
        assert seen is not None
        assert ("out" in seen.classes) is told, id
