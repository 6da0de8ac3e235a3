"""What cards and wires show are the numbers of the network for that row, and looking changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.explain.flowing import Meaning, flows, value_look, weight_look
from neuralgraph.explain.previews import neurons, strip, words
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.spec import Spec


def opened(name: str) -> Session:
    return Session.open(examples() / f"{name}.ngraph")


def program(session: Session) -> Any:
    found = session._present()
    assert found is not None
    return found


def rows(session: Session, row: int) -> dict[str, torch.Tensor]:
    return {key: one[row : row + 1] for key, one in session.rows(program(session)).items()}


def test_a_wire_shows_the_value_of_the_chosen_row() -> None:
    session = opened("digits-cnn")
    session.row = 7
    seen = session.glance(session.graph, wires="values")
    with torch.no_grad(), program(session).quiet():
        true = program(session).trace(rows(session, 7))
    assert (seen.row, seen.rows) == (7, 1797)
    assert np.allclose(seen.wires["conv2d_1", "out"].look.values, true["conv2d_1"][0, :3], atol=1e-6)
    assert np.allclose(seen.wires["logits", "out"].look.values, true["logits"][0], atol=1e-6)
    assert np.allclose(seen.wires["digits", "x"].look.values[0], rows(session, 7)["digits.x"][0, 0])
    assert seen.wires["digits", "y"].look.names == ("7",)
    assert seen.cards["digits"].values.shape == (4, 8, 8)
    assert np.allclose(seen.cards["digits"].values[0], rows(session, 7)["digits.x"][0, 0])


def test_the_row_after_the_last_is_the_first() -> None:
    session = opened("xor")
    session.row = 3
    assert session.glance(session.graph).row == 3
    session.row = 4
    assert session.glance(session.graph).row == 0


def test_a_matrix_that_no_batch_runs_through_is_shown_whole() -> None:
    seen = opened("01-tensors").glance(opened("01-tensors").graph).cards
    assert seen["grid"].kind == "heat" and seen["grid"].values.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert seen["swapped"].values.tolist() == [[1, 4], [2, 5], [3, 6]]
    session = opened("05-adcme")
    large = session.glance(session.graph).cards
    values = ng.evaluate(ng.load(examples() / "05-adcme.ngraph"))
    squares = [id for id, look in large.items() if look.kind == "maps"]
    assert squares and all(large[id].values.shape == (1, 10, 10) for id in squares)
    known = [id for id in squares if id in values]
    assert all(np.allclose(large[id].values[0], values[id], atol=1e-6) for id in known)
    long = opened("16-curve")
    strips = long.glance(long.graph).cards
    assert strips["hidden_5"].kind == strips["hidden_30"].kind == "heat"  # 200 × 5 is no picture


def test_gradients_are_those_of_the_loss_of_that_sample() -> None:
    session = opened("xor")
    session.row = 2
    seen = session.glance(session.graph, wires="gradients")
    made, given = program(session), rows(session, 2)
    with torch.no_grad(), made.quiet():
        z = made.trace(given)["answer"]
    weight = made.state_dict()["answer.weight"]
    by_answer = torch.sigmoid(z) - given["truth_table.y"]
    assert seen.wires["answer", "out"].size == pytest.approx(float(by_answer.abs()), rel=1e-5)
    assert np.allclose(seen.wires["tanh_1", "out"].look.values, (by_answer * weight)[0], atol=1e-6)
    assert seen.wires["tanh_1", "out"].size == pytest.approx(float((by_answer * weight).norm()), rel=1e-5)
    assert ("truth_table", "y") not in seen.wires, "nobody learns to move a target"
    assert all(one.grad is None for one in made.root.parameters())


@pytest.mark.parametrize("name", ["digits-residual", "digits-lstm", "digits-transformer", "digits-blocks", "letters"])
@pytest.mark.parametrize("what", ["values", "weights", "gradients"])
def test_looking_changes_nothing(name: str, what: Any) -> None:
    session = opened(name)
    made = program(session)
    made.root.train()
    before = {key: one.clone() for key, one in made.state_dict().items()}
    state = torch.get_rng_state()
    seen = session.glance(session.graph, wires=what)
    assert seen.wires and seen.what == what
    assert torch.equal(torch.get_rng_state(), state) and made.root.training
    assert all(torch.equal(one, before[key]) for key, one in made.state_dict().items())
    assert all(one.grad is None for one in made.root.parameters())
    for flow in seen.wires.values():
        assert np.isfinite(flow.look.values).all() and flow.look.values.size <= 3 * 32 * 32
        assert (flow.size is None) == (what == "values")


def test_only_what_is_wanted_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened("digits-cnn")
    made, traced = program(session), []
    trace = made.trace
    monkeypatch.setattr(made, "trace", lambda *a, **k: traced.append(1) or trace(*a, **k))
    seen = session.glance(session.graph, cards=False, wires="weights")
    assert not traced and not seen.cards and seen.wires["logits", "x"].size
    session.glance(session.graph, cards=True, wires="values")
    assert len(traced) == 1


def test_weights_are_told_for_each_input_unit() -> None:
    session = opened("digits-mlp")
    state = program(session).state_dict()
    seen = session.glance(session.graph, wires="weights").wires
    name, place = next((key, (key.removesuffix(".weight"), "x")) for key in state if key.endswith(".weight"))
    assert seen[place].size == pytest.approx(float(state[name].norm()), rel=1e-6)
    assert np.allclose(seen[place].look.values, strip(state[name].mean(dim=0)))


def test_every_kind_of_weight_has_its_picture() -> None:
    small, large = torch.randn(8, 2), torch.randn(40, 30)
    assert np.allclose(weight_look(small, "Linear", None).values, small)
    assert weight_look(small, "Linear", None).kind == "bundle"
    assert np.allclose(weight_look(large, "Linear", None).values, large.mean(dim=0), atol=1e-6)
    first, deep = torch.randn(16, 1, 3, 3), torch.randn(16, 8, 3, 3)
    assert weight_look(first, "Conv2d", None).kind == "signed"
    assert np.allclose(weight_look(deep, "Conv2d", None).values, deep.mean(dim=(0, 2, 3)), atol=1e-6)
    grouped = torch.arange(8.0).reshape(8, 1, 1)  # 4 groups, each with 2 filters of 1 channel
    look = weight_look(grouped, "Conv1d", Spec(("N", 4, 9)))
    assert look.values.tolist() == [0.5, 2.5, 4.5, 6.5]
    table = torch.randn(50, 4)
    assert np.allclose(weight_look(table, "Embedding", None).values, table.mean(dim=1), atol=1e-6)
    assert weight_look(torch.randn(5), "LayerNorm", None).kind == "strip"
    assert weight_look(torch.randn(1), "PReLU", None).kind == "number"


def test_weights_that_are_shared_are_those_of_their_owner() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    one = g.add("Linear", x, out_features=6, id="one")
    two = g.add("Linear", one, out_features=6, id="two")
    g.add("Output", two, id="y")
    g.session.edit(ChangeNode(replace(g.session.graph.nodes["two"], shares="one")))
    found = flows(program(g.session), "weights", {}, Meaning())
    assert np.array_equal(found["two", "x"].look.values, found["one", "x"].look.values)


def test_values_are_as_small_as_a_wire() -> None:
    no = Meaning()

    def kind(*shape: int, **named: Any) -> str:
        look = value_look(torch.rand(*shape), None, no, source=False, **named)
        return look.kind if look is not None else ""

    assert [kind(1, 4, 8, 8), kind(1, 9), kind(1, 1), kind(1), kind(1, 7, 5), kind(1, 30, 1)] == [
        "maps", "strip", "number", "number", "heat", "spark"]
    image = value_look(torch.rand(1, 3, 8, 8), None, no, source=True)
    assert image is not None and image.kind == "images" and image.values.shape == (1, 8, 8, 3)
    text = value_look(torch.tensor([[2, 0, 9]]), None, Meaning(tokens=("a", "b", "c")), source=True)
    assert text is not None and text.names == ("c", "a", "9")
    assert value_look(torch.zeros(0), None, no, source=False) is None
    assert value_look(torch.zeros(2, dtype=torch.complex64), None, no, source=False) is None


def test_time_runs_to_the_right_and_channels_lie_below_each_other() -> None:
    value = torch.zeros(1, 3, 5)
    value[0, 2, 4] = 1.0
    steps = value_look(value, None, Meaning(), source=False, type="Linear")
    channels = value_look(value, None, Meaning(), source=False, type="Conv1d")
    assert steps is not None and steps.values.shape == (5, 3) and steps.values[4, 2] == 1
    assert channels is not None and channels.values.shape == (3, 5) and channels.values[2, 4] == 1


def test_a_strip_keeps_the_largest_number() -> None:
    long = torch.zeros(1000)
    long[500] = -7.0
    assert strip(long).shape == (64,) and strip(long).min() == -7.0


def test_neurons_of_two_features_are_maps_of_the_plane() -> None:
    session = opened("spiral")
    made = program(session)
    points = next(iter(session.rows(made).values())).numpy()
    found = neurons(made, points)
    assert found["hidden_1"].values.shape == (8, 24, 24) and found["answer"].values.shape == (1, 24, 24)
    assert np.abs(found["hidden_1"].values).max() == pytest.approx(1.0)
    weight, bias = (made.state_dict()[f"hidden_1.{name}"][0] for name in ("weight", "bias"))
    low, high = points.min(axis=0), points.max(axis=0)
    room = (high - low) * 0.12
    corner = torch.tensor([low[0] - room[0], high[1] + room[1]])  # up on the page is the larger second feature
    assert np.sign(found["hidden_1"].values[0, 0, 0]) == np.sign(float(weight @ corner + bias))
    assert not neurons(made, np.zeros((4, 3)))
    assert {one.kind for one in opened("iris").looks(opened("iris").graph).values()} == {"rows", "bars"}


def test_data_cards_show_points_rows_and_texts() -> None:
    plane, table = opened("xor"), opened("iris")
    assert plane.looks(plane.graph)["truth_table"].values.shape == (4, 3)
    look = table.looks(table.graph)["iris"]
    assert look.names[0].startswith("sepal length") and look.values.tolist() == pytest.approx([5.1, 3.5, 1.4])
    assert words(np.array([1, 0]), ("no", "yes")).names == ("yes", "no")


def test_what_cannot_be_gone_back_through_leaves_the_cards_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened("digits-cnn")

    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no derivative")

    monkeypatch.setattr(torch.autograd, "grad", refuse)
    seen = session.glance(session.graph, wires="gradients")
    assert seen.cards["conv2d_1"].kind == "maps" and not seen.wires


def test_inside_a_module_wires_have_values_too() -> None:
    session = opened("digits-blocks")
    seen = session.glance(session.graph, wires="gradients").wires
    assert ("blocks/0/conv1", "out") in seen and ("blocks/0/x", "out") in seen and ("blocks", "y") in seen
    assert ("blocks/1/conv1", "x") in session.glance(session.graph, wires="weights").wires


def test_what_is_looked_up_by_number_has_no_plane() -> None:
    """Between two persons there is nobody, and beyond the last one the network knows nothing: it failed there."""
    session = opened("32-factors")
    assert not neurons(program(session), np.array([[0.0, 0.0], [39.0, 29.0]], np.float32))
    assert session.glance(session.graph).cards
    offers = {one.name: one for one in session.offers("rating")}
    assert "looked up" in offers["decision-regions"].why
