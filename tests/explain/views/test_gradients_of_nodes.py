"""Gradients, updates, dead units and ranks against torch and numpy by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch
from torch import nn

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.explain.slopes import goals, slopes
from neuralgraph.explain.updates import next_changes
from neuralgraph.explain.views.gradients import GradientNorms
from neuralgraph.explain.views.health import DeadUnits, spectrum
from neuralgraph.explain.views.history import WeightHistory, initial
from neuralgraph.explain.views.updating import UpdateRatio
from neuralgraph.explain.views.view import At
from neuralgraph.figures.shown import Bars, Board, Curves, Distribution, Grid
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.resources import examples
from neuralgraph.session import Session


@lru_cache(maxsize=8)
def opened(name: str) -> Session:
    session = Session.open(examples() / f"{name}.ngraph")
    session.program = session.compile()
    return session


class Hand(nn.Module):
    """digits-cnn written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d_1, self.conv2d_2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.logits = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.one = self.conv2d_1(x).relu()
        self.one.retain_grad()
        x = nn.functional.max_pool2d(self.one, 2)
        self.two = self.conv2d_2(x).relu()
        x = nn.functional.max_pool2d(self.two, 2)
        return self.logits(x.flatten(1))


def hand(chosen: np.ndarray | None = None, rows: list[int] | None = None) -> tuple[Hand, torch.Tensor]:
    session = opened("digits-cnn")
    found = session._rows(session.program)  # type: ignore[arg-type]
    assert found is not None and session.program is not None and found.target is not None
    model = Hand()
    model.load_state_dict(session.program.state_dict())
    at = np.array(rows) if rows is not None else chosen
    x, y = torch.tensor(found.arrays["digits.x"][at]), torch.tensor(found.target[at]).long().reshape(-1)
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    return model, loss


def test_gradients_of_weights_are_those_of_validation_rows() -> None:
    session = opened("digits-cnn")
    program = session.program
    assert program is not None
    found = session._rows(program)
    assert found is not None
    model, _ = hand(found.split.validation[:program.document.plan.batch_size])
    for node in ("conv2d_1", "conv2d_2", "logits"):
        shown = session.view("gradients", node)
        assert isinstance(shown, Board) and isinstance(shown.parts[0], Grid)
        want = getattr(model, node).weight.grad.numpy()
        np.testing.assert_allclose(shown.parts[0].values.reshape(want.shape), want, atol=1e-6)
        assert "validation rows" in shown.parts[0].note
    assert all(one.grad is None for one in program.root.parameters()), "looking leaves no gradients behind"


def test_gradients_of_the_last_batch_are_taken_where_there_are_some() -> None:
    session = Session.open(examples() / "iris.ngraph")
    program = session.program = session.compile()
    for one in program.root.parameters():
        one.grad = torch.full_like(one, 0.25)
    shown = session.view("gradients", "hidden")
    assert isinstance(shown, Board) and (shown.parts[0].values == 0.25).all()  # type: ignore[attr-defined]
    assert shown.parts[0].note == "Of the last batch."
    norms = session.view("gradient-norms")
    assert isinstance(norms, Bars) and norms.names[0] == "hidden"
    count = sum(one.numel() for name, one in program.root.named_parameters() if name.startswith("hidden."))
    assert norms.values[0] == pytest.approx(0.25 * count**0.5)


def test_gradients_of_what_a_node_gives_are_those_of_the_sample() -> None:
    session = opened("digits-cnn")
    model, loss = hand(rows=[5])
    shown = session.view("gradients", "relu_1", {"of": "out"}, place=5)
    assert isinstance(shown, Grid) and f"{float(loss.detach()):.4g}" in shown.note
    np.testing.assert_allclose(shown.values, model.one.grad[0], atol=1e-6)  # type: ignore[index]


def test_lengths_by_layer_are_in_the_order_of_the_data() -> None:
    session = opened("digits-cnn")
    program = session.program
    assert program is not None
    rows = session._rows(program)
    assert rows is not None
    model, _ = hand(rows.split.validation[:program.document.plan.batch_size])
    shown = session.view("gradient-norms")
    assert isinstance(shown, Bars) and shown.names == ("conv2d_1", "conv2d_2", "logits") and shown.log
    want = [float(nn.utils.get_total_norm([one.grad for one in getattr(model, id).parameters()])) for id in shown.names]
    np.testing.assert_allclose(shown.values, want, rtol=1e-4)
    outputs = session.view("gradient-norms", options={"of": "outputs"})
    assert isinstance(outputs, Bars)
    at = outputs.names.index("relu_1")
    assert outputs.values[at] == pytest.approx(float(model.one.grad.norm()), rel=1e-4)  # type: ignore[union-attr]


def test_a_layer_whose_gradient_vanishes_stands_out() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris", id="iris")
    x = g.add("Linear", data["x"], out_features=4, id="first")
    for number in range(6):
        x = g.add("Linear", g.add("Sigmoid", x), out_features=4, id=f"layer_{number}")
    g.add("CrossEntropyLoss", g.add("Linear", x, out_features=3, id="last"), data["y"], id="loss")
    program = ng.compile(g)
    shown = g.session.view("gradient-norms", program=program)
    assert isinstance(shown, Bars) and shown.bad[0] and not shown.bad[-1]


def test_each_weight_is_judged_by_the_losses_that_move_it() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris", id="iris")
    a, b = (g.add("Linear", data["x"], out_features=3, id=id) for id in ("a", "b"))
    for id, one in (("a", a), ("b", b)):
        g.add("CrossEntropyLoss", one, data["y"], id=f"loss_{id}")
    steps = tuple(Step(losses=(f"loss_{id}",), nodes=(id,)) for id in ("a", "b"))
    g.session.edit(SetPlan(Plan(stages=(Stage(1, steps),))))
    program = ng.compile(g)
    assert goals(program) == {"a.weight": ("loss_a",), "a.bias": ("loss_a",), "b.weight": ("loss_b",),
                              "b.bias": ("loss_b",)}
    rows = g.session._rows(program)
    assert rows is not None
    given = {key: np.array(one[:9]) for key, one in rows.arrays.items()}
    named = dict(program.root.named_parameters())
    alone = slopes(program, given, ("loss_a",), named)
    assert set(alone.weights) == {"a.weight", "a.bias"}


@pytest.mark.parametrize(("name", "options"), [
    ("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {}), ("RMSprop", {})])
def test_the_next_update_is_the_one_that_training_makes(name: str, options: dict[str, float]) -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris", id="iris")
    x = g.add("Tanh", g.add("Linear", data["x"], out_features=6, id="hidden"))
    g.add("CrossEntropyLoss", g.add("Linear", x, out_features=3, id="out"), data["y"], id="loss")
    run = ng.train(g, epochs=3, optimizer=name, lr=0.01, full_batch=True, validation=0, test=0, seed=1, clip=0.5,
                   l1=0.01, **options)
    rows = g.session._rows(run.program)
    assert rows is not None
    before = {key: one.clone() for key, one in run.program.state_dict().items()}
    given = {key: np.array(one) for key, one in rows.arrays.items()}
    found = {one.name: one for one in next_changes(run.program, given)}
    assert all(torch.equal(one, before[key]) for key, one in run.program.state_dict().items())
    assert all(one.remembered for one in found.values()) and next(iter(found)).startswith("hidden")
    further = ng.train(g, epochs=1, resume=run, optimizer=name, lr=0.01, full_batch=True, validation=0, test=0, seed=1,
                       clip=0.5, l1=0.01, **options)
    for key, one in further.program.state_dict().items():
        assert found[key].update == pytest.approx(float((one - before[key]).double().norm()), rel=1e-3), key
        assert found[key].ratio == pytest.approx(found[key].update / float(before[key].double().norm()))


def test_before_any_run_the_first_step_of_the_optimiser_is_shown() -> None:
    session = opened("digits-cnn")
    shown = session.view("update-ratio")
    assert isinstance(shown, Bars) and shown.log and "first step" in shown.note
    assert shown.names[0] == "conv2d_1.weight" and len(shown.values) == 6
    assert shown.lines[0][0] == 1e-3
    steps = (Step(optimizer=Optimizer("SGD", 0.5)),)
    plain = Session(session.graph.having(plan=replace(session.graph.plan, stages=(Stage(1, steps),))))
    plain.program = plain.compile()
    shown = plain.view("update-ratio")
    assert isinstance(shown, Bars) and "first step" not in shown.note, "plain SGD has nothing to remember"
    rows = plain._rows(plain.program)
    assert rows is not None
    model, _ = hand(rows.split.train[:plain.program.document.plan.batch_size])
    for name, value in zip(shown.names, shown.values, strict=True):
        one = model.get_parameter(name)
        assert value == pytest.approx(float((0.5 * one.grad.norm() / one.norm()).detach()), rel=1e-3)  # type: ignore[union-attr]


def test_between_kept_moments_the_way_is_shown_step_by_step() -> None:
    session = opened("iris")
    program = session.program
    assert program is not None
    base = {key: one.clone() for key, one in program.state_dict().items()}

    def moved(by: float) -> Program:
        made = session.compile()
        made.load_state_dict({key: one * (1 + by) for key, one in base.items()})
        return made

    past = [(0, lambda: moved(0.0)), (10, lambda: moved(0.1)), (30, lambda: moved(0.32))]
    shown = UpdateRatio().look(At(program, session._rows(program), past=past))
    assert isinstance(shown, Board) and isinstance(shown.parts[1], Curves)
    curve = shown.parts[1].curves[0]
    np.testing.assert_array_equal(curve.x, [10, 30])
    np.testing.assert_allclose(curve.y, [0.1 / 10, 0.2 / 20], rtol=1e-4)


def test_dead_is_what_never_fires_and_saturated_what_lies_at_an_end() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris", id="iris")
    x = g.add("ReLU", g.add("Linear", data["x"], out_features=8, id="a"), id="relu")
    x = g.add("Tanh", g.add("Linear", x, out_features=5, id="b"), id="tanh")
    g.add("CrossEntropyLoss", g.add("Linear", x, out_features=3, id="c"), data["y"], id="loss")
    program = ng.compile(g)
    state = program.state_dict()
    state["a.bias"][:3] = -1e4  # these are never above zero
    state["b.weight"] *= 3
    rows = g.session._rows(program)
    assert rows is not None
    data_x = torch.tensor(rows.arrays["iris.x"])
    relu = nn.functional.linear(data_x, state["a.weight"], state["a.bias"]).relu()
    tanh = nn.functional.linear(relu, state["b.weight"], state["b.bias"]).tanh()
    shown = g.session.view("dead-units", program=program)
    assert isinstance(shown, Bars) and shown.names == ("relu (dead)", "tanh (saturated)")
    dead = float((relu == 0).all(dim=0).float().mean())
    assert dead >= 3 / 8 and shown.values[0] == pytest.approx(100 * dead)
    assert shown.values[1] == pytest.approx(100 * float((tanh.abs() >= 0.96).float().mean()))
    wider = g.session.view("dead-units", options={"near": 0.25, "silent": 1e6}, program=program)
    assert isinstance(wider, Bars) and wider.values[0] == 100 and wider.bad[0]
    assert wider.values[1] == pytest.approx(100 * float((tanh.abs() >= 0.5).float().mean()))
    assert "25%" in wider.note and "1e+06" in wider.note


def test_a_map_is_dead_only_where_it_is_silent_at_every_place() -> None:
    at = At(opened("digits-cnn").program, None, "relu_1")  # type: ignore[arg-type]
    value = np.zeros((4, 3, 5, 5))
    value[2, 1, 4, 0] = 0.1
    assert DeadUnits().share(at, value) == pytest.approx(2 / 3)


def test_the_effective_rank_is_that_of_roy_and_vetterli() -> None:
    assert spectrum(np.eye(7))[1] == pytest.approx(7)
    assert spectrum(np.outer(np.arange(1, 5), np.arange(1, 9)))[1] == pytest.approx(1, abs=1e-6)
    assert spectrum(np.zeros((3, 4)))[1] == 0
    assert spectrum(np.diag([3.0, 1.0]))[1] == pytest.approx(np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)))
    for shape in ((6, 5), (5, 60), (60, 5)):  # a wide and a high one go another way
        matrix = np.random.default_rng(0).normal(size=shape)
        share = (one := torch.linalg.svdvals(torch.tensor(matrix))) / one.sum()
        singular, rank = spectrum(matrix)
        assert rank == pytest.approx(float(torch.distributions.Categorical(share).entropy().exp()), rel=1e-6)
        np.testing.assert_allclose(singular, one, rtol=1e-6)


def test_the_rank_of_weights_and_of_activations() -> None:
    session = opened("digits-cnn")
    assert session.program is not None
    shown = session.view("effective-rank", "conv2d_2")
    assert isinstance(shown, Curves)
    weight = session.program.state_dict()["conv2d_2.weight"].reshape(32, -1).double()
    np.testing.assert_allclose(shown.curves[0].y, torch.linalg.svdvals(weight), rtol=1e-5)
    found = session._rows(session.program)
    assert found is not None
    x = torch.tensor(found.arrays["digits.x"][:100])
    flat = session.program.trace({"digits.x": x}, ("flatten_1",))["flatten_1"].double()
    values = session.view("effective-rank", "flatten_1", {"rows": 100})
    assert isinstance(values, Curves)
    np.testing.assert_allclose(values.curves[0].y[:60], torch.linalg.svdvals(flat)[:60], rtol=1e-4)


def test_the_start_is_known_and_earlier_moments_are_columns() -> None:
    session = Session.open(examples() / "iris.ngraph")
    first = {key: one.clone() for key, one in session.compile().state_dict().items()}
    kept = []
    for event in session.train():
        if type(event).__name__ == "EpochEnded":
            kept.append((event.step, {key: one.clone() for key, one in session.program.state_dict().items()}))
        if len(kept) == 3:
            break
    program = session.program
    assert program is not None
    at = At(program, session._rows(program), "hidden")
    np.testing.assert_array_equal(initial(at)["weight"], first["hidden.weight"])
    alone = WeightHistory().look(at)
    assert isinstance(alone, Distribution) and alone.names == ("at the start", "now") and "No earlier" in alone.note
    now = program.state_dict()["hidden.weight"].numpy()
    counts, _ = np.histogram(now, bins=alone.edges)
    np.testing.assert_allclose(alone.counts[1], 100 * counts / now.size)
    moved = np.linalg.norm(now - first["hidden.weight"].numpy())
    assert f"{moved:.3g}" in alone.note

    def then(state: dict[str, torch.Tensor]) -> ng.Graph:
        made = session.compile()
        made.load_state_dict(state)
        return made

    past = [(step, lambda state=state: then(state)) for step, state in kept]
    shown = WeightHistory().look(At(program, at.rows, "hidden", past=past))
    assert isinstance(shown, Board) and isinstance(shown.parts[0], Grid) and shown.parts[0].extent is not None
    assert shown.parts[0].extent[:2] == (kept[0][0], kept[-1][0])
    edges = np.linspace(*shown.parts[0].extent[2:], shown.parts[0].values.shape[0] + 1)
    for column, (_, state) in ((0, kept[0]), (-1, kept[-1])):
        counts, _ = np.histogram(state["hidden.weight"].numpy(), bins=edges)
        np.testing.assert_allclose(shown.parts[0].values[:, column], 100 * counts / now.size)
    stopped = WeightHistory().look(At(program, at.rows, "hidden", past=past, stop=lambda: True))
    assert isinstance(stopped, Distribution), "nobody waits, so no earlier moment is computed"


def test_a_network_without_a_loss_says_so() -> None:
    g = ng.Graph()
    g.add("Linear", g.add("Dataset", name="iris", id="iris")["x"], id="linear")
    at = At(ng.compile(g), None)
    assert "no loss" in GradientNorms.fits(at)



def test_a_network_of_fixed_numbers_has_gradients_before_it_learns() -> None:
    session = Session.open(examples() / "12-four-equations.ngraph")
    shown = session.view("gradients", "layer_3")
    assert isinstance(shown, Board)
    grid = shown.parts[0]
    assert isinstance(grid, Grid)
    hidden = 1 / (1 + np.exp(-np.array([0.6, 0.05, -0.6])))  # the errors of the last layer times what flows in
    assert np.allclose(grid.values, np.outer([-0.09316, 0.12822], hidden), atol=1e-5)
