"""A hand in a network: what would be, against doing it by hand; and that nothing is touched by trying."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import NeuralGraphError, ParameterError, RunError, UnknownNodeError
from neuralgraph.explain.hands import unit_spot
from neuralgraph.graph.touches import Spot, Touches
from neuralgraph.training.metrics import evaluate


@pytest.fixture(scope="module")
def graph() -> ng.Graph:
    made = ng.Graph()
    data = made.add("Dataset", name="iris")
    x = made.add("Linear", data["x"], out_features=6, id="first")
    x = made.add("Tanh", x, id="bend")
    x = made.add("Linear", x, out_features=6, id="second")
    x = made.add("Linear", x, out_features=3, id="logits")
    made.add("CrossEntropyLoss", x, data["y"], id="cost")
    made.add("Accuracy", x, data["y"], id="accuracy")
    ng.train(made, epochs=20, seed=1, lr=0.01)
    return made


@pytest.fixture(autouse=True)
def let_go(graph: ng.Graph) -> None:
    graph.session.touches = Touches()


def rows(graph: ng.Graph) -> dict[str, torch.Tensor]:
    session = graph.session
    found = session._rows(session.program)
    return {key: session.program.tensor(key, one[found.split.validation]) for key, one in found.arrays.items()}


def test_a_changed_weight_is_what_it_would_be_by_hand(graph: ng.Graph) -> None:
    program = graph.session.program
    before = {name: one.clone() for name, one in program.state_dict().items()}
    found = ng.touch(graph, {"first": {"weight[2, 1]": 1.5, "bias[0]": -1}}, sample=3)
    assert all(torch.equal(one, before[name]) for name, one in program.state_dict().items())
    assert found.before["loss"] == pytest.approx(evaluate(program, rows(graph)).figures["loss"])
    try:
        with torch.no_grad():
            program.part("first").weight[2, 1] = 1.5
            program.part("first").bias[0] = -1
        assert found.after == pytest.approx(evaluate(program, rows(graph)).figures)
        one = graph.session._rows(program).one(3)["dataset_1.x"]
        answer = torch.softmax(torch.as_tensor(program.predict(x=one)), 1)
    finally:
        program.load_state_dict(before)
    np.testing.assert_allclose(list(found.said_after.values()), answer[0].numpy(), atol=1e-6)
    assert found.said_before != found.said_after and found.truth in found.said_after
    assert found.change() == found.after["loss"] - found.before["loss"] != 0


def test_a_unit_held_at_zero_is_one_whose_way_on_is_cut(graph: ng.Graph) -> None:
    found = ng.touch(graph, ablate={"bend": [2, 4]})
    cut = ng.touch(graph, {"second": {f"weight[{row}, {unit}]": 0 for row in range(6) for unit in (2, 4)}})
    assert found.after == pytest.approx(cut.after)
    assert found.after["loss"] != found.before["loss"]


def test_held_at_the_mean_of_the_training_rows(graph: ng.Graph) -> None:
    session = graph.session
    one = session._rows(session.program)
    train = session.program.tensor("dataset_1.x", one.arrays["dataset_1.x"][one.split.train])
    mean = session.program.trace({"dataset_1.x": train}, ("bend",))["bend"][:, 1].mean()
    assert ng.touch(graph, ablate={"bend": [1]}, to="mean").after == pytest.approx(
        ng.touch(graph, {"bend": {"out[1]": float(mean)}}).after, rel=1e-5)


def test_a_feature_of_the_input_is_held_for_every_row(graph: ng.Graph) -> None:
    given = rows(graph)
    given["dataset_1.x"][:, 2] = 4.0
    assert ng.touch(graph, {"dataset_1": {"x[2]": 4.0}}).after == pytest.approx(
        evaluate(graph.session.program, given).figures)


def test_a_skipped_layer_hands_on_what_it_gets(graph: ng.Graph) -> None:
    identity = {f"weight[{row}, {column}]": float(row == column) for row in range(6) for column in range(6)}
    assert ng.touch(graph, bypass=["second"]).after == pytest.approx(
        ng.touch(graph, {"second": {**identity, **{f"bias[{n}]": 0.0 for n in range(6)}}}).after)
    with pytest.raises(ParameterError, match="N×6 into N×3"):
        ng.touch(graph, bypass=["logits"])


@pytest.mark.parametrize(("wanted", "message"), [
    ({"first": {"weight[9, 0]": 1.0}}, "6 places along axis 0, from 0 to 5, not 9"),
    ({"first": {"weight[1]": 1.0}}, "has 2 axes"),
    ({"first": {"weigh[1, 1]": 1.0}}, "no parameter 'weigh'"),
    ({"nobody": {"weight[1, 1]": 1.0}}, "There is no node 'nobody'"),
    ({"bend": {"[6]": 1.0}}, "6 places along axis 0"),
    ({"first": {"weight[a]": 1.0}}, "whole numbers"),
    ({"first": {"weight[0, 0]": float("nan")}}, "finite number"),
])
def test_what_does_not_fit_is_named(graph: ng.Graph, wanted: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(NeuralGraphError, match=message):
        ng.touch(graph, wanted)


def test_every_view_shows_the_touched_world(graph: ng.Graph) -> None:
    session = graph.session
    before = session.answers()
    plain = session.view("weights", "logits")
    session.touches = session.spots({"logits": {"bias[1]": 99.0}})
    touched = session.answers()
    assert before is not None and touched is not None and set(touched.answer) == {1} != set(before.answer)
    seen = session.see("logits", "all", 0)
    assert seen is not None and seen.reading.weights["bias"][1] == 99.0 and seen.reading.activations["out"][0, 1] > 90
    bias = session.view("weights", "logits", {"which": "bias"})
    assert plain is not None and bias is not None and "99.0" in bias.csv()
    assert session.touch().after["loss"] > 10  # type: ignore[union-attr]
    session.touches = Touches()
    again = session.answers()
    assert again is not None and np.array_equal(again.answer, before.answer)


def test_the_touched_world_follows_the_weights(graph: ng.Graph) -> None:
    session = graph.session
    session.touches = Touches().hold(unit_spot(session.program, "bend", 0), 0.0)
    first = session.touch()
    assert session._world() is session._world(), "it is made once"
    held = session.program.part("logits").bias[0].item()
    with torch.no_grad():
        session.program.part("logits").bias[0] += 5
    try:
        second = session.touch()
        assert first is not None and second is not None and second.after["loss"] != first.after["loss"]
        assert session.see("logits", "all", 0).reading.weights["bias"][0] == pytest.approx(held + 5)  # type: ignore[union-attr]
    finally:
        with torch.no_grad():
            session.program.part("logits").bias[0] = held


def test_keeping_makes_new_weights_and_can_be_taken_back(graph: ng.Graph) -> None:
    session = graph.session
    old, weights = session.program, {name: one.clone() for name, one in session.program.state_dict().items()}
    session.touches = session.spots({"first": {"weight[0, 0]": 7.0}, "bend": {"[1]": 0.0}})
    assert session.keep_touches() == 1
    assert session.program is not old and not session.touches and session.can_take_back
    assert session.program.state_dict()["first.weight"][0, 0] == 7.0
    assert torch.equal(old.state_dict()["first.weight"], weights["first.weight"]), "no snapshot is ever changed"
    changed = [name for name, one in session.program.state_dict().items() if not torch.equal(one, weights[name])]
    assert changed == ["first.weight"]
    session.take_back()
    assert session.program is old and len(session.touches) == 2 and not session.can_take_back
    with pytest.raises(RunError, match="nothing to take back"):
        session.take_back()
    session.touches = session.touches.without(Spot("first", "weight", (0, 0)))
    with pytest.raises(RunError, match="No weight was changed"):
        session.keep_touches()


def test_what_is_saved_is_what_was_learned(graph: ng.Graph, tmp_path: Path) -> None:
    from neuralgraph.compiler.weights import read_weights

    session = graph.session
    learned = {name: one.clone() for name, one in session.program.state_dict().items()}
    session.touches = session.spots({"first": {"weight[0, 0]": 7.0}})
    assert session.touch().program.state_dict()["first.weight"][0, 0] == 7.0  # type: ignore[union-attr]
    session.save_weights(tmp_path / "w.safetensors")
    saved = read_weights(tmp_path / "w.safetensors")
    assert saved.keys() == learned.keys() and all(torch.equal(one, learned[name]) for name, one in saved.items())


def test_training_goes_on_from_what_was_kept() -> None:
    made = ng.Graph()
    data = made.add("Dataset", name="iris")
    x = made.add("Linear", data["x"], out_features=3, id="logits")
    made.add("CrossEntropyLoss", x, data["y"])
    session = made.session
    session.touches = session.spots({"logits": {"bias[2]": 11.0}})
    assert not session.trained and session.keep_touches() == 1 and session.trained
    for _ in session.train(fresh=False, plan=ng.api.planned(session.graph.plan, epochs=1, lr=1e-6)):
        pass
    assert float(session.program.state_dict()["logits.bias"][2]) == pytest.approx(11, abs=1e-3)


def test_what_no_longer_fits_is_let_go_and_said(graph: ng.Graph) -> None:
    session = graph.session
    found = session.touch(Touches({Spot("first", "weight", (0, 0)): 1.0, Spot("gone", "weight", (0,)): 1.0},
                                  {Spot("gone", "out", (1,)): 0.0}, frozenset({"cost"})))
    assert found is not None and len(found.touches) == 1 and len(found.lost) == 3
    assert "gone" in found.lost[0]


def test_units_lie_where_people_see_them() -> None:
    from neuralgraph.compiler.touched import unit_at

    made = ng.Graph()
    words = made.add("Input", id="words", shape=(7, 5))
    steps = made.add("LSTM", words, hidden_size=4, id="steps")
    made.add("Output", steps["output"] if len(made.session.ports_of("steps")[1]) > 1 else steps)
    sound = made.add("Input", id="sound", shape=(3, 20))
    waves = made.add("Conv1d", sound, out_channels=6, kernel_size=3, id="waves")
    made.add("Output", made.add("ReLU", waves, id="bend"))
    program = made.session.compile()
    output = next(iter(program.inference.specs["steps"]))
    assert unit_at(program, "steps", output, 2) == (None, 2), "features of a step"
    assert unit_at(program, "waves", "out", 2) == (2,) == unit_at(program, "bend", "out", 2), "channels of a signal"


def test_inside_a_module_and_what_it_gives() -> None:
    made = ng.Graph()
    data = made.add("Dataset", name="iris")
    x = made.add("ReLU", made.add("Linear", data["x"], out_features=4, id="a"), id="b")
    x = made.add("Linear", x, out_features=3, id="c")
    made.add("CrossEntropyLoss", x, data["y"])
    module = made.group(["a", "b"], "Block").id
    inside = ng.touch(made, {f"{module}/a": {"bias[0]": 3.0}}, ablate={f"{module}/b": [1]})
    assert inside.after != inside.before
    within = ng.touch(made, ablate={f"{module}/b": [1]})
    assert ng.touch(made, ablate={module: [1]}).after == pytest.approx(within.after)
    with pytest.raises(UnknownNodeError):
        ng.touch(made, {f"{module}/z": {"bias[0]": 3.0}})


def test_a_moment_that_is_shown_is_what_is_touched_and_nothing_of_now_is_lost(graph: ng.Graph) -> None:
    session = graph.session
    now = session.program
    learned = {name: one.clone() for name, one in now.state_dict().items()}
    session.moment = 3
    try:
        then = session.shown.program.state_dict()
        session.touches = session.spots({"first": {"weight[0, 0]": 7.0}})
        seen = session.see("first", "all", 0)
        assert seen is not None and seen.reading.weights["weight"][0, 0] == 7.0
        assert seen.reading.weights["weight"][1, 1] == then["first.weight"][1, 1] != learned["first.weight"][1, 1]
        with pytest.raises(RunError, match=r"Step 3 is shown.*Go back to now, then keep; or train on from step 3"):
            session.keep_touches()
        assert session.program is now and session.moment == 3 and session.touches
    finally:
        session.moment = None
    assert all(torch.equal(one, learned[name]) for name, one in session.program.state_dict().items())
    assert session.keep_touches() == 1 and session.program.state_dict()["first.weight"][0, 0] == 7.0
    assert torch.equal(session.program.state_dict()["logits.weight"], learned["logits.weight"])
    session.take_back()


def test_what_is_tried_and_the_sample_in_sight_are_those_of_the_touched_world(graph: ng.Graph) -> None:
    session = graph.session
    plain = session.attempt("sample", 60).answers[0].values
    session.touches = session.spots({"logits": {"bias[1]": 99.0}})
    touched = session.attempt("sample", 60).answers[0].values
    assert int(np.argmax(touched)) == 1 and not np.allclose(plain, touched)
    assert np.allclose(session.attempt("sample", 60, session.program).answers[0].values, touched), "of a paused run too"
    first, second = session.sampled("all", 3), session.sampled("all", 3, session.program)
    assert first is not None and second is not None and first.verdict == second.verdict
    assert first.verdict is not None and first.verdict.answer == 1
