"""Points that were painted: part of the document, learnt from at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.data.sources import deliver, describe
from neuralgraph.errors import DataError, ParameterError
from neuralgraph.nodes import CATALOG
from neuralgraph.spec.param import MOST_POINTS

POINTS = ((1.0, 2.0, 0.0), (-3.0, 4.0, 1.0), (-3.5, 4.0, 1.0), (1.5, 2.0, 0.0))


def test_classes_and_numbers() -> None:
    found = deliver(CATALOG["PaintedPoints"](points=POINTS, classes=3))
    assert found.arrays["x"].tolist() == [[1, 2], [-3, 4], [-3.5, 4], [1.5, 2]]
    assert found.arrays["y"].tolist() == [0, 1, 1, 0] and found.specs["y"].classes == 3
    number = deliver(CATALOG["PaintedPoints"](points=((0, 0, 0.25),), task="number"))
    assert number.arrays["y"].tolist() == [[0.25]] and number.class_names == ()


def test_nothing_or_another_class_is_said() -> None:
    with pytest.raises(DataError, match="Nothing is painted yet"):
        describe(CATALOG["PaintedPoints"]())
    with pytest.raises(DataError, match="Point 1 has the class 5, but the classes are 0 to 1"):
        deliver(CATALOG["PaintedPoints"](points=((0, 0, 1), (0, 0, 5))))
    with pytest.raises(DataError, match=r"the class 0\.5"):
        deliver(CATALOG["PaintedPoints"](points=((0, 0, 0.5),)))


@pytest.mark.parametrize("wrong", [
    ((0, 0),), ((0, 7, 0),), ((float("nan"), 0, 0),), ((0, 0, float("inf")),), ((0, 0, True),), (("0", 0, 0),), 1, "a",
    ((0, 0, 0),) * (MOST_POINTS + 1),
], ids=range(9))  # fmt: skip
def test_points_are_bounded(wrong: object) -> None:
    with pytest.raises(ParameterError, match="points"):
        CATALOG["PaintedPoints"](points=wrong)


def test_they_go_with_the_document_and_train_at_once(tmp_path: Path) -> None:
    g = ng.Graph()
    data = g.add("PaintedPoints", points=[(x / 2, 1.0, 0) for x in range(6)] + [(x / 2, -1.0, 1) for x in range(6)])
    logits = g.add("Linear", data["x"], out_features=2)
    g.add("CrossEntropyLoss", logits, data["y"], id="loss")
    g.add("Accuracy", logits, data["y"], id="accuracy")
    ng.save(g, tmp_path / "painted.ngraph")
    again = ng.load(tmp_path / "painted.ngraph")
    assert again.session.graph == g.session.graph
    run = ng.train(again, epochs=20, lr=0.1, seed=0, batch_size=4)
    assert run.final["accuracy"] == 1.0
