"""The training loop of an exported file: it learns what the plan of the document says, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from exporting import block, change, exported, lstm_cell, namespace, over_time, values

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.training.learner import Learner


def planned(g: ng.Graph, steps: tuple[Step, ...], **fields: Any) -> ng.Graph:
    g.session.edit(SetPlan(Plan((Stage(1, steps),), batch_size=8, **fields)))
    return g


def network() -> ng.Graph:
    g = ng.Graph()
    x, t = g.add("Input", shape=(6,), id="x"), g.add("Input", shape=(3,), id="t")
    g.define("Block", block())
    h = g.add("Linear", g.add("Module", x, definition="Block", repeat=2, id="b"), out_features=6, id="middle")
    g.add("MSELoss", g.add("Linear", g.add("Tanh", h), out_features=3, id="head"), t, id="loss")
    return g


def recurrent() -> ng.Graph:
    g = over_time(lstm_cell("learned"), "Cell", output="last")
    g.add("MSELoss", g["run"]["y"], g.add("Input", shape=(4,), id="t"), id="loss")
    return g


def data(program: Program, keys: tuple[str, ...], rows: int = 24) -> list[torch.Tensor]:
    """The first of always the same rows."""
    return [one[:rows] for one in values(program, keys, rows=24)]


def learnt(g: ng.Graph, steps: int) -> dict[str, torch.Tensor]:
    """The weights after so many steps of the exported loop, from those of the compiled document on."""
    program, space = ng.compile(g, seed=3), namespace(exported(g))
    made = space["Network"]()
    made.load_state_dict(program.state_dict())
    space["train"](made, *data(program, program.needed(program.losses), 8 * steps), epochs=1)
    return dict(made.state_dict())


MINE = [Step(optimizer=Optimizer("SGD", 0.1), l1=0.01), Step(optimizer=Optimizer("SGD", 0.1), clip=0.05),
        Step(optimizer=Optimizer("SGD", 0.1), l1=0.02, clip=0.1), Step(optimizer=Optimizer("Adam", 0.01), l1=1, clip=1)]


@pytest.mark.parametrize("step", MINE, ids=lambda step: f"{step.optimizer.name}-{step.l1}-{step.clip}")
@pytest.mark.parametrize("kind", ["plain", "frozen", "drawn", "recurrent"])
def test_with_l1_and_clipping_it_learns_step_by_step_what_the_program_does(kind: str, step: Step) -> None:
    g = planned(recurrent() if kind == "recurrent" else network(), (step,), shuffle=False)
    if kind == "frozen":
        change(g, "b", frozen=True)
    if kind == "drawn":
        change(g, "middle", learning=FrozenDict({"l1": 0.05, "rate": 0.5}))
    program = ng.compile(g, seed=3)
    learner, rows = Learner(program, step), data(program, program.training_inputs)
    before = {name: one.clone() for name, one in program.state_dict().items()}
    for at in range(3):
        learner.learn(tuple(one[8 * at : 8 * at + 8] for one in rows))
        again = learnt(g, at + 1)
        for name, one in program.state_dict().items():
            assert torch.allclose(one, again[name], atol=1e-6, rtol=0), (at, name)
    still = {name for name, one in program.state_dict().items() if torch.equal(one, before[name])}
    assert still == {name for name in before if kind == "frozen" and name.startswith("b.")}


def test_it_reads_as_a_loop_by_hand_and_says_the_loss_without_what_draws_to_0(capsys: Any) -> None:
    g = planned(network(), (Step(l1=0.001, clip=1),), shuffle=False)
    text = exported(g)
    assert ("            goal = loss + 0.001 * sum(one.abs().sum() for one in network.parameters())\n"
            "            goal.backward()\n"
            "            nn.utils.clip_grad_norm_(network.parameters(), max_norm=1.0)\n"
            "            optimizer.step()\n") in text
    program = ng.compile(g, seed=3)
    loss = program.training(*data(program, program.training_inputs, 8))[0].item()
    learnt(g, 1)
    assert capsys.readouterr().out == f"epoch 1: loss {loss:.4f}\n"
    plain = exported(planned(network(), (Step(),)))
    assert "            loss.backward()\n            optimizer.step()\n" in plain
    assert "clip" not in plain and "goal" not in plain


def test_many_inputs_fit_on_their_lines() -> None:
    g = ng.Graph()
    many = [g.add("Input", shape=(3,), id=f"a_rather_long_name_{at}") for at in range(12)]
    g.add("MSELoss", g.add("Linear", g.add("Concat", *many), out_features=3, id="head"), many[0], id="loss")
    text = exported(planned(g, (Step(),)))
    assert "    The textbook loop" not in text and '"""The textbook loop, for `train(Network(), a_rather' in text


def test_rows_in_their_order_and_names_that_the_loop_uses() -> None:
    g = ng.Graph()
    x, t = g.add("Input", shape=(6,), id="goal"), g.add("Input", shape=(3,), id="nn")
    g.add("MSELoss", g.add("Linear", x, out_features=3, id="sum"), t, id="one")
    text = exported(planned(g, (Step(l1=0.1, clip=1.0),), shuffle=False))
    assert "torch.arange(len(goal_2))" in text and "randperm" not in text and "seed" not in text
    assert "def train(network, goal_2, nn_" in text
    assert "torch.randperm(len(goal_2), generator=generator)" in exported(planned(g, (Step(),)))
    learnt(planned(g, (Step(l1=0.1, clip=1.0),), shuffle=False), 2)


@pytest.mark.parametrize("step", [Step(nodes=("head",)), Step(every=2)])
def test_a_plan_with_more_to_it_is_written_in_full(step: Step) -> None:
    g = planned(network(), (step,))
    assert "inputs=weights" in exported(g) or "if batch % 2 == 0:" in exported(g)
    g.session.edit(SetPlan(replace(g.session.graph.plan, stages=(Stage(), Stage()))))
    assert "# Stage 2 of 2" in exported(g)
    assert "backward()" in exported(planned(network(), (Step(losses=("loss",)),))), "there is no other loss"


def test_what_measures_the_data_does_so_before_training() -> None:
    inside = ng.Graph()
    inside.add("Output", inside.add("Standardize", inside.add("Input", id="x"), id="measured"), id="y")
    g = ng.Graph()
    g.define("Ready", inside)
    x, t = g.add("Input", shape=(6,), id="x"), g.add("Input", shape=(3,), id="t")
    h = g.add("Module", g.add("Standardize", x, id="first"), definition="Ready", repeat=2, id="ready")
    g.add("MSELoss", g.add("Linear", h, out_features=3, id="head"), t, id="loss")
    planned(g, (Step(optimizer=Optimizer("SGD", 0.1)),), shuffle=False, validation=0.0)
    assert "    network.first.fit(x)\n    network.ready[0].measured.fit(network.first(x))\n" in exported(g)
    again, program = learnt(g, 3), ng.compile(g, seed=3)
    rows = dict(zip(program.training_inputs, data(program, program.training_inputs), strict=True))
    for _ in g.session.train(plan=replace(g.session.graph.plan, seed=3), data=rows):
        pass
    assert g.session.run is not None
    for name, one in g.session.run.program.state_dict().items():
        assert torch.allclose(one, again[name], atol=1e-6), name
    g.add("MSELoss", g.add("Standardize", g["head"], id="late"), t, id="other")
    assert "    # network.late.fit(…): give it here what enters it\n" in exported(g)


# -- what the losses look at ----------------------------------------------------------------------------------------


def test_the_objective_calls_the_network_where_it_looks_at_nothing_else() -> None:
    g = network()
    assert "        head = self(x)\n        loss = F.mse_loss(head, t, reduction=\"mean\")\n" in exported(g)
    g.add("MSELoss", g["middle"], g["x"], id="inner", weight=0.5)
    text = exported(g)
    assert "self(x)" not in text, "one that looks inside writes it out"
    assert "return inner * 0.5 + loss" in text


def test_the_objective_of_one_that_gives_two_and_of_one_that_gives_what_comes_in() -> None:
    g = network()
    g.add("Output", g["head"], id="first")
    g.add("Output", g["middle"], id="second")
    assert "self(x)" not in exported(g)
    g = ng.Graph()
    g.add("MSELoss", g.add("Input", shape=(6,), id="x"), g.add("Input", shape=(6,), id="t"), id="loss")
    assert "self(x)" not in exported(g)


def test_what_goes_in_is_said_by_its_shape() -> None:
    text = exported(network())
    assert '    def forward(self, x):\n        """x: N × 6, float32"""\n' in text
    assert "\n    x: N × 6, float32\n" in text and "\n    t: N × 3, float32\n" in text
    assert "return hidden, hidden, memory  # y, next_h, next_c" in exported(recurrent())
