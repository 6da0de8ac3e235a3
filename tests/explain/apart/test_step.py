"""A step taken apart: what is shown is what torch computes, on any graph, and nothing changes by looking."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph as ng
from neuralgraph.api import Handle
from neuralgraph.compiler.program import Program
from neuralgraph.errors import DataError, NeuralGraphError, RunError
from neuralgraph.explain.apart.clones import cloned
from neuralgraph.explain.apart.equations import FORMULAS
from neuralgraph.explain.apart.moment import PHASES, Apart
from neuralgraph.explain.apart.movers import rules
from neuralgraph.explain.apart.optimising import Stand, learner_of
from neuralgraph.explain.apart.step import step_apart
from neuralgraph.graph.edits import ChangeNode, SetPlan
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.spec.formula import read_formula
from neuralgraph.spec.optimizers import OPTIMIZERS
from tests.reference import reference

UNARY = ["ReLU", "Tanh", "Sigmoid", "Sin", "Square", "Softplus", "Softmax", "LayerNorm", "BatchNorm1d", "Dropout",
         "Neg", "Dot", "GELU"]


def placed(g: ng.Graph, id: str, **fields: Any) -> None:
    g.session.edit(ChangeNode(replace(g.session.graph.nodes[id], **fields), "Change"))


def drawn(seed: int) -> ng.Graph:
    """A network of all kinds of joints: fan-outs, x·x, splits, shared, frozen, bypassed, modules, several losses."""
    chance = random.Random(seed)
    g = ng.Graph()
    wires: list[Handle] = [g.add("Input", id="x", shape=(4,))]
    target = g.add("Input", id="y", shape=(4,))
    linears: list[str] = []
    for _ in range(chance.randint(2, 9)):
        one, two = chance.choice(wires), chance.choice(wires)
        match chance.choice(["linear", "linear", "unary", "unary", "add", "mul", "same", "split", "concat"]):
            case "linear":
                made = g.add("Linear", one, out_features=4, bias=chance.random() < 0.7)
                linears.append(made.id)
                _odd(g, made.id, linears, chance)
            case "unary":
                made = g.add(chance.choice(UNARY), one)
                if chance.random() < 0.15 and g.session.graph.nodes[made.id].type in ("ReLU", "Tanh"):
                    placed(g, made.id, bypassed=True)
            case "add":
                made = g.add("Add", one, two)
            case "mul":
                made = g.add("Mul", one, two)
            case "same":
                made = g.add("Mul", one, one)
            case "split":
                halves = g.add("Split", one, sections=2)
                made = g.add("Concat", halves["out_1"], halves["out_0"])
            case _:
                made = g.add("Linear", g.add("Concat", one, two), out_features=4)
        wires.append(made)
    for number in range(chance.randint(1, 3)):
        g.add(chance.choice(["MSELoss", "SmoothL1Loss"]), chance.choice(wires[-3:]), target, id=f"loss_{number}",
              weight=chance.choice([1.0, 0.5]))
    inner = [one.id for one in wires[1:]]
    if chance.random() < 0.5 and inner:
        start = chance.randrange(len(inner))
        try:
            block = g.group(inner[start:start + 3], "Part")
            if chance.random() < 0.3:
                placed(g, block.id, params=g.session.graph.nodes[block.id].params.having(repeat=2))
            ng.compile(g)
        except NeuralGraphError:
            while g.session.graph.modules:
                g.session.undo()
    return g


def _odd(g: ng.Graph, id: str, linears: list[str], chance: random.Random) -> None:
    roll = chance.random()
    if roll < 0.15:
        placed(g, id, frozen=True)
    elif roll < 0.3:
        same = [one for one in linears[:-1] if g.session.graph.nodes[one].shares is None
                and g.session.cannot_share(id, one) == ""]
        if same:
            placed(g, id, shares=chance.choice(same))


ROWS = {name: np.random.default_rng(seed).normal(size=(3, 4)).astype(np.float32).astype(float)
        for name, seed in (("x", 1), ("y", 2))}


def plain_torch(program: Program, arrays: dict[str, Any], stand: Stand | None = None) -> tuple[Program, dict[str, Any]]:
    """The same step as training takes it, in float64: the program after it, and the gradients."""
    copy = cloned(program, double=True)
    copy.root.train()
    learner, _ = learner_of(copy, stand or Stand(), 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(copy.seed)
        learner.learn(tuple(copy.tensor(key, arrays[key]) for key in copy.training_inputs))
    return copy, {name: one.grad.numpy() for name, one in copy.root.named_parameters() if one.grad is not None}


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_the_sum_of_what_is_shown_is_torchs_gradient(seed: int) -> None:
    g = drawn(seed)
    program = ng.compile(g)
    shown = step_apart(program, ROWS, double=True)
    after, expected = plain_torch(program, ROWS)
    assert set(shown.gradients) == set(expected)
    for name, one in expected.items():
        assert np.allclose(shown.gradients[name], one, rtol=1e-6, atol=1e-9), name
    new = {one.weight: one.new for moment in shown.moments for one in moment.changes}
    for name, tensor in after.state_dict().items():
        if name in new:
            assert np.allclose(new[name], tensor.numpy(), rtol=1e-6, atol=1e-9)
    sums_are_sums(shown)
    visits_in_order(program, shown)


def sums_are_sums(shown: Apart) -> None:
    """Contributions come one after the other, and the last says what all of them make together."""
    so_far: dict[str, Any] = {}
    for moment in shown.moments:
        for one in moment.contributions:
            so_far[one.of] = one.value + so_far[one.of] if one.of in so_far else one.value
            assert np.allclose(one.sum, so_far[one.of], rtol=1e-9, atol=1e-12)
    for place, adjoint in shown.adjoints.items():
        name = next(one for one in (place[0], ".".join(place)) if one in so_far)
        assert np.allclose(so_far[name], adjoint, rtol=1e-9, atol=1e-12)


def visits_in_order(program: Program, shown: Apart) -> None:
    phases = [PHASES.index(one.phase) for one in shown.moments]
    assert phases == sorted(phases)
    assert len(set(shown.order)) == len(shown.order)
    forward = [one.node for one in shown.moments if one.phase in ("data", "forward", "loss")]
    place = {id: at for at, id in enumerate(forward)}
    for edge in program.graph.edges.values():
        if edge.target in place:
            assert place[edge.source] < place[edge.target]
    back: dict[str, list[int]] = {}
    for at, one in enumerate(shown.moments):
        if one.phase == "backward":
            back.setdefault(one.node, []).append(at)
    for edge in program.graph.edges.values():
        if edge.source in back and edge.target in back:
            assert max(back[edge.target]) < min(back[edge.source]) or edge.source in shown.losses


def test_looking_changes_nothing() -> None:
    g = drawn(5)
    program = ng.compile(g)
    program.root.train()
    before = {name: one.clone() for name, one in program.state_dict().items()}
    chance = torch.get_rng_state()
    first, second = (step_apart(program, ROWS) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(torch.equal(one, before[name]) for name, one in program.state_dict().items())
    assert all(one.grad is None for one in program.root.parameters())
    assert all(module.training for module in program.root.modules())
    assert all(np.array_equal(first.gradients[name], second.gradients[name]) for name in first.gradients)


@pytest.mark.parametrize(("name", "options"), [
    ("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {}), ("AdamW", {}), ("RMSprop", {}),
    ("Adagrad", {}), ("LBFGS", {}), ("Adafactor", {}),
])  # fmt: skip
def test_the_optimiser_of_the_plan_moves_the_weights(name: str, options: dict[str, Any]) -> None:
    g = ng.Graph()
    h = g.add("Linear", g.add("Input", id="x", shape=(4,)), out_features=4, id="l")
    g.add("MSELoss", h, g.add("Input", id="y", shape=(4,)), id="loss")
    step = Step(optimizer=Optimizer(name, 0.1, g.session.graph.plan.optimizer.options.having(**options)), clip=0.5)
    g.session.edit(SetPlan(Plan(stages=(Stage(3, (step,)),), validation=0.0)))
    program = ng.compile(g)
    shown = step_apart(program, ROWS, double=True)
    after, expected = plain_torch(program, ROWS)
    changes = {one.weight: one for moment in shown.moments for one in moment.changes}
    assert set(changes) == {"l.weight", "l.bias"}
    for key, one in changes.items():
        assert np.allclose(one.new, after.state_dict()[key].numpy(), rtol=1e-7)
        assert not np.allclose(one.old, one.new)
        assert name == "LBFGS" or np.allclose(one.used, expected[key], rtol=1e-7)
        assert name == "LBFGS" or not np.allclose(one.gradient, one.used)
    assert any(moment.formulas for moment in shown.moments if moment.phase == "optimiser")


def test_it_goes_on_where_a_run_stood() -> None:
    """Adam remembers: the third step from a checkpoint is the third step of the run."""
    g = ng.Graph()
    h = g.add("Linear", g.add("Input", id="x", shape=(4,)), out_features=4, id="l")
    g.add("MSELoss", h, g.add("Input", id="y", shape=(4,)), id="loss")
    how = {"data": ROWS, "optimizer": "Adam", "lr": 0.05, "full_batch": True, "validation": 0.0, "shuffle": False,
           "precision": "float64"}
    two, three = ng.train(g, epochs=2, **how), ng.train(g, epochs=3, **how)
    shown = ng.step_apart(g, ROWS, run=two)
    new = {one.weight: one for moment in shown.moments for one in moment.changes}
    for name, tensor in three.program.state_dict().items():
        assert np.allclose(new[name].new, tensor.numpy(), rtol=1e-9)
    assert int(new["l.weight"].memory["step"]) == 3
    assert two.checkpoint is not None and int(two.checkpoint.learners[0].state["l.weight"]["step"]) == 2


def test_what_pulls_at_weights_is_a_contribution() -> None:
    g = ng.Graph()
    h = g.add("Linear", g.add("Input", id="x", shape=(4,)), out_features=4, id="l")
    g.add("MSELoss", h, g.add("Input", id="y", shape=(4,)), id="loss")
    g.session.edit(SetPlan(Plan(stages=(Stage(1, (Step(l1=0.3),)),), validation=0.0)))
    program = ng.compile(g)
    shown = step_apart(program, ROWS, double=True)
    _, expected = plain_torch(program, ROWS)
    assert np.allclose(shown.gradients["l.weight"], expected["l.weight"], rtol=1e-9)
    pulls = [one for moment in shown.moments for one in moment.contributions if one.came == "pull to zero"]
    assert np.allclose(pulls[0].value, 0.3 * np.sign(program.state_dict()["l.weight"].numpy()))


def test_examples_of_every_kind_come_apart() -> None:
    for name in ("xor", "digits-cnn", "digits-lstm", "digits-transformer", "digits-residual", "breast-cancer"):
        g = ng.load(Path("examples") / f"{name}.ngraph")
        shown = ng.step_apart(g, places=(0, 1))
        assert {one.phase for one in shown.moments} == set(PHASES), name
        assert all(one.says.endswith(".") for one in shown.moments)
        ends = {(edge.target, edge.input) for edge in g.session.graph.edges.values()}
        assert ends <= set(shown.drawn)
        assert all(np.isfinite(one).all() for one in shown.gradients.values())


def test_why_it_cannot_be_is_said() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(4,))
    g.add("Linear", x, out_features=4)
    with pytest.raises(RunError, match="has no loss"):
        ng.step_apart(g, {"x": ROWS["x"]})
    with pytest.raises(DataError, match="x waits for numbers"):
        ng.step_apart(g)
    norm = ng.Graph()
    h = norm.add("BatchNorm1d", norm.add("Input", id="x", shape=(4,)))
    norm.add("MSELoss", h, norm.add("Input", id="y", shape=(4,)))
    with pytest.raises(RunError, match=r"norm1d_1 compares samples .* take two or more"):
        ng.step_apart(norm, {key: one[:1] for key, one in ROWS.items()})


# -- worked examples --------------------------------------------------------------------------------------------------


def two_layers(w1: Any, b1: Any, w2: Any, b2: Any, rate: float = 1.0, loss: str = "MSELoss") -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(np.shape(w1)[1],))
    h = g.add("Sigmoid", g.add("Linear", x, out_features=len(w1), bias=b1 is not None, id="hidden"), id="a1")
    o = g.add("Sigmoid", g.add("Linear", h, out_features=len(w2), bias=b2 is not None, id="output"), id="a2")
    g.add(loss, o, g.add("Input", id="y", shape=(len(w2),)), id="loss", reduction="sum", weight=0.5)
    g.set_weights("hidden", weight=w1, **({"bias": b1} if b1 is not None else {}))
    g.set_weights("output", weight=w2, **({"bias": b2} if b2 is not None else {}))
    g.session.edit(SetPlan(Plan(stages=(Stage(1, (Step(optimizer=Optimizer("SGD", rate)),)),), validation=0.0)))
    return g


def moments(shown: Apart, phase: str, node: str) -> list[Any]:
    return [one for one in shown.moments if (one.phase, one.node) == (phase, node)]


def test_the_four_equations_of_back_propagation() -> None:
    known = reference("K01")
    given, expected, near = known["inputs"], known["expected"], known["tolerance"]
    flat = {name: np.reshape(given[name], -1) for name in ("b2", "b3", "x", "y")}
    g = two_layers(given["W2"], flat["b2"], given["W3"], flat["b3"])
    shown = ng.step_apart(g, {"x": flat["x"][None], "y": flat["y"][None]}, double=True)
    for place, name in (("hidden", "z2"), ("a1", "a2"), ("output", "z3"), ("a2", "a3")):
        assert np.allclose(shown.values[place, "out"][0], np.reshape(expected[name], -1), atol=near)
    assert shown.total == pytest.approx(expected["C"], abs=near) == pytest.approx(0.20822, abs=5e-6)
    named = {one.equation: one for one in shown.moments if one.equation}
    assert set(named) == {"BP1", "BP2", "BP3 BP4"}
    assert np.allclose(named["BP1"].contributions[0].value[0], np.reshape(expected["delta3"], -1), atol=near)
    assert np.allclose(named["BP2"].contributions[0].value[0], np.reshape(expected["delta2"], -1), atol=near)
    assert (named["BP1"].wire, named["BP2"].wire) == (("a2", "x"), ("a1", "x"))
    for node, bias, weight in zip(("hidden", "output"), expected["nabla_b"], expected["nabla_w"], strict=True):
        found = {one.of: one.value for moment in moments(shown, "backward", node) if moment.equation == "BP3 BP4"
                 for one in moment.contributions}
        assert np.allclose(found[f"{node}.bias"], np.reshape(bias, -1), atol=near)
        assert np.allclose(found[f"{node}.weight"], weight, atol=near)
    assert named["BP1"].formulas == ("δ_L = {∂C} / {∂a_L} ⊙ σ'(z_L)",)


def test_formulas_can_be_set() -> None:
    groups = [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}]
    for text in [*FORMULAS.values(), *(one for name in OPTIMIZERS for group in groups for one in rules(name, group))]:
        assert read_formula(text).items


def test_no_equation_is_named_where_it_does_not_apply() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(4,))
    h = g.add("Linear", x, out_features=4, id="l1")
    o = g.add("Linear", g.add("Softmax", g.add("Mul", h, h, id="square"), id="soft"), out_features=4, id="l2")
    g.add("MSELoss", o, g.add("Input", id="y", shape=(4,)), id="loss")
    shown = ng.step_apart(g, ROWS)
    assert {one.node for one in shown.moments if one.equation} == {"loss", "l2"}, "δ = ∂C/∂z where there is no σ"


def test_the_step_of_xor() -> None:
    """Old and new weights of a 2-3-1 network on (1, 1), target 0: output delta −0.1353."""
    known = reference("X01")
    given, expected = known["inputs"], known["expected"]
    near = known["tolerance"]["delta_output_sum_exact"]
    w1 = np.array(given["W1"]).T.tolist()
    shown = ng.step_apart(two_layers(w1, None, [given["W2"]], None), {"x": [given["x"]], "y": [[given["target"]]]},
                          double=True)
    assert np.allclose(shown.values["hidden", "out"][0], expected["hidden_sum"], atol=near)
    assert np.allclose(shown.values["a1", "out"][0], expected["hidden"], atol=near)
    assert shown.values["output", "out"].item() == pytest.approx(expected["output_sum"], abs=near)
    assert shown.values["a2", "out"].item() == pytest.approx(expected["output"], abs=near)
    assert shown.wires["a2", "x"].item() == pytest.approx(-expected["delta_output_sum"], abs=near)
    assert -shown.wires["a2", "x"].item() == pytest.approx(-0.1353, abs=5e-5)
    assert np.allclose(-shown.wires["a1", "x"][0], expected["delta_hidden_sum_multiply"], atol=near)
    new = {one.weight: one for moment in shown.moments for one in moment.changes}
    assert np.allclose(new["output.weight"].new[0], expected["new_W2_multiply"], atol=near)
    assert np.allclose(new["hidden.weight"].new, np.array(expected["new_W1_multiply"]).T, atol=near)
    assert np.allclose(new["hidden.weight"].old, w1)
    assert moments(shown, "optimiser", "output")[0].formulas == ("w ← w − lr · g",)


def test_phases_can_be_walked() -> None:
    shown = step_apart(ng.compile(drawn(3)), ROWS)
    at, seen = 0, []
    while not seen or at != seen[-1]:
        seen.append(at)
        at = shown.next_phase(at)
    assert [shown.moments[one].phase for one in seen[:5]] == list(PHASES)
    assert shown.next_phase(seen[2] + 1, -1) == seen[2] or shown.moments[seen[2] + 1].phase != "loss"
    assert shown.next_phase(0, -1) == 0


def test_a_module_that_runs_over_time_is_one_moment_and_says_so() -> None:
    inner = ng.Graph()
    x, h = inner.add("Input", id="x", shape=(3,)), inner.add("State", id="h", state="h", shape=(2,))
    new = inner.add("Tanh", inner.add("Add", inner.add("Linear", x, out_features=2, id="ih"),
                                      inner.add("Linear", h, out_features=2, id="hh")))
    inner.add("NextState", new, state="h")
    inner.add("Output", new, id="y")
    g = ng.Graph()
    seen = g.add("Input", id="x", shape=(4, 3))
    g.define("Cell", inner)
    out = g.add("Recurrent", seen, definition="Cell", id="loop")["y"]
    g.add("MSELoss", out, g.add("Input", id="y", shape=(4, 2)), id="loss")
    rows = {"x": np.random.default_rng(1).normal(size=(2, 4, 3)), "y": np.zeros((2, 4, 2))}
    program = ng.compile(g)
    shown = step_apart(program, rows, double=True)
    _, expected = plain_torch(program, rows)
    assert len(expected) == 4 and set(shown.gradients) == set(expected)
    assert all(np.allclose(shown.gradients[name], one, rtol=1e-6, atol=1e-9) for name, one in expected.items())
    moment = next(one for one in shown.moments if one.node == "loop")
    assert "all its time steps are one moment" in moment.notes[0] and "loop runs a drawn module" in shown.notes[0]


def test_each_step_of_a_plan_moves_its_own_nodes() -> None:
    g = ng.Graph()
    a = g.add("Linear", g.add("Input", id="x", shape=(4,)), out_features=4, id="a")
    b = g.add("Linear", a, out_features=4, id="b")
    y = g.add("Input", id="y", shape=(4,))
    g.add("MSELoss", a, y, id="first")
    g.add("L1Loss", b, y, id="second")
    steps = (Step(losses=("first",), nodes=("a",)), Step(losses=("second",), nodes=("b",)))
    g.session.edit(SetPlan(Plan(stages=(Stage(1, steps),), validation=0.0)))
    for number, (loss, node) in enumerate((("first", "a"), ("second", "b"))):
        shown = ng.step_apart(g, ROWS, step=number)
        assert set(shown.losses) == {loss}
        assert {one.node for one in shown.moments if one.phase == "optimiser"} == {node}
    with pytest.raises(RunError, match="has 2 steps a batch; there is no step 3"):
        ng.step_apart(g, ROWS, step=2)


def test_another_rate_counts_at_once() -> None:
    """The program that a session holds outlives changes of the plan; the step goes by the plan as it is now."""
    session = ng.load(Path("examples") / "xor.ngraph").session
    moved = []
    for rate in (0.05, 0.5):
        stage = session.graph.plan.stages[0]
        step = replace(stage.steps[0], optimizer=Optimizer("SGD", rate))
        session.edit(SetPlan(replace(session.graph.plan, stages=(replace(stage, steps=(step,)),))))
        change = session.step_apart().moments[-1].changes[0]
        moved.append(change.new - change.old)
    assert np.allclose(moved[1], 10 * moved[0], rtol=1e-3, atol=1e-7) and np.abs(moved[0]).max() > 0


def test_a_step_of_an_earlier_moment_goes_on_from_where_its_optimiser_stood() -> None:
    g = ng.load("examples/xor.ngraph")
    ng.train(g, epochs=30, optimizer="Adam", lr=0.05)
    session = g.session
    now, note = session.standing()
    assert now is not None and now is session.run.checkpoint and not note  # type: ignore[union-attr]
    session.moment = 7
    then, note = session.standing()
    assert then is not None and then.step == 7 and not note
    assert session.standing()[0] is then, "it is learned once more only once"
    apart = session.step_apart(checkpoint=then, places=tuple(range(4)))
    later = session.at(8).state_dict()
    moved = {one.weight: one.new for moment in apart.moments for one in moment.changes}
    assert moved and all(np.allclose(after, later[name].numpy(), atol=1e-6) for name, after in moved.items())
    g.add("Noise", id="beside")
    assert session.standing() == (None, ""), "of another drawing"


def test_a_step_shows_what_is_touched_and_says_what_it_leaves_out() -> None:
    g = ng.load("examples/xor.ngraph")
    ng.train(g, epochs=5)
    session = g.session
    first = next(id for id, one in session.graph.nodes.items() if one.type == "Linear")
    plain = session.step_apart()
    session.touches = session.spots({first: {"weight[0, 1]": 4.5}})
    touched = session.step_apart()
    old = next(one.old for moment in touched.moments for one in moment.changes if one.weight == f"{first}.weight")
    assert old[0, 1] == 4.5 and not any("left out" in one for one in touched.notes)
    assert session.step_apart(session.program).values.keys() == plain.values.keys()
    session.touches = session.spots({first: {"[0]": 0.0}})
    assert any("held or skipped by hand is left out here" in one for one in session.step_apart().notes)
    assert any("left out here" in one for one in session.walk("static").notes)
