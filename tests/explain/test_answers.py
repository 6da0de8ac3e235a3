"""What views show is what the network says: answers, regions, pictures; and looking changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

import neuralgraph as ng
from neuralgraph.resources import examples
from neuralgraph.session import Session


def trained(name: str, epochs: int = 2) -> Session:
    session = Session.open(examples() / f"{name}.ngraph")
    stage = replace(session.graph.plan.stages[0], epochs=epochs)
    list(session.train(plan=replace(session.graph.plan, stages=(stage,))))
    return session


def test_answers_are_the_validation_rows_judged_as_the_run_judged_them() -> None:
    session = trained("digits-mlp")
    found = session.answers()
    assert found is not None
    assert session.run is not None
    assert np.isclose(found.right.mean(), session.run.final["val_accuracy"])
    assert np.array_equal(found.table(), confusion_matrix(found.truth, found.answer, labels=range(10)))
    assert np.array_equal(found.table(), session.run.tables["val_confusion"])
    assert ((found.sure > 0.09) & (found.sure <= 1.0)).all()


def test_a_yes_or_no_question_has_two_classes() -> None:
    found = trained("spiral").answers()
    assert found is not None
    assert set(found.answer) <= {0, 1}
    assert found.table().sum() == len(found.rows) == 120


def test_a_region_is_what_the_network_says_at_each_point() -> None:
    session = trained("spiral")
    region = session.region()
    assert region is not None
    assert session.program is not None
    size = len(region.score)
    for row, column in ((0, 0), (10, 80), (95, 95)):
        at = [region.low[0] + (region.high[0] - region.low[0]) * column / (size - 1),
              region.low[1] + (region.high[1] - region.low[1]) * row / (size - 1)]  # fmt: skip
        yes = torch.sigmoid(session.program.predict(x=np.array([at], np.float32)))[0, 0]
        assert np.isclose(region.score[row, column], 2 * float(yes) - 1, atol=1e-4)
        assert region.answer[row, column] == int(yes > 0.5)
    assert trained("iris", 1).region() is None


def test_looking_changes_nothing() -> None:
    session = trained("digits-residual", 1)
    assert session.program is not None
    before = {name: one.clone() for name, one in session.program.state_dict().items()}
    state = torch.get_rng_state()
    session.program.root.train()
    looks = session.looks(session.graph)
    assert session.answers() is not None
    reading = session.inspect("stem", 3)
    assert reading is not None
    assert torch.equal(torch.get_rng_state(), state)
    assert session.program.root.training
    assert all(torch.equal(one, before[name]) for name, one in session.program.state_dict().items())
    assert looks["digits"].kind == "images"
    assert looks["digits"].values.shape == (4, 8, 8)
    assert looks["stem"].kind == "maps"
    assert looks["logits"].names == tuple("0123456789")
    assert np.isclose(looks["logits"].values.sum(), 1.0, atol=1e-5)


def test_a_reading_holds_the_numbers_of_the_program() -> None:
    session = trained("digits-cnn", 1)
    reading = session.inspect("conv2d_1", 5)
    assert reading is not None
    assert session.program is not None
    state = session.program.state_dict()
    assert np.array_equal(reading.weights["weight"], state["conv2d_1.weight"].numpy())
    assert reading.gradients["weight"].shape == (16, 1, 3, 3)
    x = session.rows(session.program)["digits.x"][5:6]
    everything = ng.evaluate(ng.Graph(session), run=session.run)
    assert np.allclose(reading.activations["out"], everything["conv2d_1"][5:6], atol=1e-5)
    assert reading.activations["out"].shape == (1, 16, *x.shape[2:])


def test_before_training_the_initial_weights_are_shown_and_errors_show_nothing() -> None:
    session = Session.open(examples() / "iris.ngraph")
    reading = session.inspect("hidden", 0)
    assert reading is not None
    assert np.array_equal(reading.weights["weight"], session.compile().state_dict()["hidden.weight"].numpy())
    assert reading.gradients == {}
    g = ng.Graph()
    g.add("ReLU", id="open")
    assert g.session.inspect("open", 0) is None
    assert g.session.answers() is None
    assert g.session.region() is None


def test_a_drawing_is_alive_before_it_has_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.explain import looking

    session = Session.open(examples() / "digits-cnn.ngraph", as_copy=True)
    looks = session.looks(session.graph)
    assert looks["conv2d_1"].kind == "maps" and session.program is None
    assert np.isclose(looks["logits"].values.sum(), 1.0, atol=1e-5)
    monkeypatch.setattr(looking, "MOST_UNASKED", 10)
    fresh = Session.open(examples() / "digits-cnn.ngraph", as_copy=True)
    assert {one.kind for one in fresh.looks(fresh.graph).values()} == {"images"}
