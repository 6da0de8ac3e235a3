"""The exported loop of a plan with several stages and steps learns bit for bit what the program learns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from exporting import change, exported, namespace

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.graph.edits import RemoveNode, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import Optimizer, Plan, Schedule, Stage, Step
from neuralgraph.resources import examples


def two_losses(dropout: bool = False) -> ng.Graph:
    """Six numbers go through two layers, each judged by a loss of its own."""
    g = ng.Graph()
    x, t = g.add("Input", shape=(6,), id="x"), g.add("Input", shape=(3,), id="t")
    low = g.add("Tanh", g.add("Linear", x, out_features=3, id="low"))
    g.add("MSELoss", low, t, id="low_loss")
    low = g.add("Dropout", low, p=0.3, id="drop") if dropout else low
    g.add("MSELoss", g.add("Linear", low, out_features=3, id="high"), t, id="high_loss", weight=0.5)
    return g


def arrays(rows: int = 50) -> dict[str, Any]:
    draw = torch.Generator().manual_seed(5)
    return {"x": torch.randn(rows, 6, generator=draw).numpy(), "t": torch.randn(rows, 3, generator=draw).numpy()}


def learns_the_same(g: ng.Graph, data: dict[str, Any] | None = None, *, dreams: bool = False) -> str:
    """The text, after it learned from the same weights and rows what the run of the document did.

    One that `dreams` gives other values every time, so that only its learning is compared.
    """
    text, plan = ng.to_python(g) if dreams else exported(g), g.session.graph.plan
    program, space = ng.compile(g, seed=plan.seed), namespace(text)
    made = space["Network"]()
    made.load_state_dict(program.state_dict())
    feed = g.session.feed(program, plan, data)
    rows = [torch.as_tensor(feed.train[key]) for key in program.needed(program.losses)]
    state = torch.get_rng_state()
    space["train"](made, *rows)
    torch.set_rng_state(state)
    run, found = ng.train(g, data=data), made.state_dict()
    for name, one in run.program.state_dict().items():
        assert torch.equal(one, found[name]), name
    moved = {name for name, one in run.program.state_dict().items() if not torch.equal(one, program.state_dict()[name])}
    assert moved, "it learned something"
    return text


def planned(g: ng.Graph, *stages: Stage, **fields: Any) -> ng.Graph:
    g.session.edit(SetPlan(Plan(stages, **{"batch_size": 8, "validation": 0.0, **fields})))
    return g


LOW = Step(("low_loss",), ("low",), Optimizer("SGD", 0.1))
HIGH = Step(("high_loss",), ("high",), Optimizer("Adam", 0.01))


def test_layer_by_layer() -> None:
    text = learns_the_same(planned(two_losses(), Stage(3, (LOW,)), Stage(2, (HIGH,))), arrays())
    assert "epochs=(3, 2)" in text and "# Stage 2 of 2" in text
    assert "loss = network.objective_low_loss(t[rows], x[rows])" in text
    assert "loss.backward(inputs=weights)" in text and "more to it" not in text


@pytest.mark.parametrize("dropout", [False, True])
def test_alternation(dropout: bool) -> None:
    text = learns_the_same(planned(two_losses(dropout), Stage(3, (LOW, HIGH)), seed=4), arrays())
    assert text.index("optimizer_1.step()") < text.index("optimizer_2.zero_grad()")
    assert "optimizer_1 = torch.optim.SGD(weights_1, lr=0.1, fused=True)" in text


def test_one_step_with_chance_draws_the_same() -> None:
    learns_the_same(planned(two_losses(dropout=True), Stage(3), seed=4), arrays())


STEPS = [
    (replace(LOW, every=3), replace(HIGH, every=2)),
    (replace(LOW, accumulate=3), HIGH),
    (replace(LOW, accumulate=2, every=2, clip=0.01), replace(HIGH, clip_value=0.001, nodes=("*",))),
    (replace(LOW, schedule=Schedule("StepLR", FrozenDict({"step_size": 1}))), HIGH),
    (replace(LOW, every=2, schedule=Schedule("LinearLR", FrozenDict({"start_factor": 0.5}), by="step")), HIGH),
    (LOW, replace(HIGH, losses=("*",), nodes=("*",))),
    (replace(LOW, every=2),),
    (replace(LOW, nodes=("nothing_*",)), HIGH),
]  # fmt: skip


@pytest.mark.parametrize("steps", STEPS, ids=range(len(STEPS)))
@pytest.mark.parametrize("stages", [1, 2])
def test_how_often_and_how(steps: tuple[Step, ...], stages: int) -> None:
    learns_the_same(planned(two_losses(), *[Stage(3, steps)] * stages), arrays())


@pytest.mark.parametrize("step", [
    replace(LOW, l1=0.01), replace(LOW, optimizer=Optimizer("LBFGS", 0.5)),
    replace(LOW, schedule=Schedule("CosineAnnealingLR", warmup=3, by="step"), every=2, accumulate=2),
], ids=["l1", "lbfgs", "to the end"])  # fmt: skip
def test_to_within_rounding(step: Step) -> None:
    """Sums in another order, and rates as torch's schedules give them to the optimiser itself."""
    g = planned(two_losses(), Stage(3, (step, HIGH)), full_batch=step.optimizer.name == "LBFGS")
    text, plan = exported(g), g.session.graph.plan
    program, space = ng.compile(g, seed=plan.seed), namespace(text)
    made = space["Network"]()
    made.load_state_dict(program.state_dict())
    feed = g.session.feed(program, plan, arrays())
    space["train"](made, *(torch.as_tensor(feed.train[key]) for key in program.needed(program.losses)))
    for name, one in ng.train(g, data=arrays()).program.state_dict().items():
        assert torch.allclose(one, made.state_dict()[name], rtol=1e-5, atol=1e-6), name


def test_nodes_that_learn_in_ways_of_their_own() -> None:
    g = two_losses()
    change(g, "low", learning=FrozenDict({"rate": 0.5}))
    change(g, "high", frozen=True)
    text = learns_the_same(planned(g, Stage(2, (replace(LOW, nodes=("*",)), HIGH))), arrays())
    assert '"lr": 0.05' in text and "nothing is left to move" in text


def test_names_of_the_data_that_the_loop_uses() -> None:
    g = ng.Graph()
    x, t = g.add("Input", shape=(6,), id="batch"), g.add("Input", shape=(3,), id="weights_1")
    h = g.add("Linear", x, out_features=3, id="low")
    g.add("MSELoss", h, t, id="low_loss")
    g.add("MSELoss", g.add("Linear", h, out_features=3, id="high"), t, id="high_loss")
    planned(g, Stage(1, (LOW, replace(HIGH, every=2))))
    given = arrays()
    assert "def train(network, batch_2, weights_1_2, *" in learns_the_same(
        g, {"batch": given["x"], "weights_1": given["t"]})


def test_a_stack_of_machines() -> None:
    """What is drawn by chance is the same, where the metric of the example does not draw as well."""
    g = ng.load(examples() / "30-stacks.ngraph")
    g.session.edit(RemoveNode("accuracy"))
    plan = g.session.graph.plan
    g.session.edit(SetPlan(replace(plan, stages=tuple(replace(one, epochs=1) for one in plan.stages), validation=0.8)))
    assert "epochs=(1, 1, 1)" in learns_the_same(g, dreams=True)


def test_forger_and_judge() -> None:
    g = ng.load(examples() / "32-gan.ngraph")
    for node in ("real", "noise"):
        change(g, node, params=g.session.graph.nodes[node].params.having(samples=512))
    g.session.edit(SetPlan(replace(g.session.graph.plan, stages=(replace(g.session.graph.plan.stages[0], epochs=3),))))
    assert "network.objective_fools(noise[rows], real[rows])" in learns_the_same(g)


def test_a_loss_that_is_not_there_is_named() -> None:
    with pytest.raises(RunError, match="The plan names the loss 'other', which the graph has not"):
        ng.to_python(planned(two_losses(), Stage(1, (replace(LOW, losses=("other",)),))))


def test_it_tells_the_loss_of_every_step(capsys: Any) -> None:
    g = planned(two_losses(), Stage(1, (LOW, replace(HIGH, every=4))), Stage(1, (LOW,)))
    learns_the_same(g, arrays())
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("stage 1, epoch 1: ") and len(said[0].split()) == 6
    assert said[1].startswith("stage 2, epoch 1: loss ")
    final = ng.train(planned(g, Stage(1, (replace(LOW, optimizer=Optimizer("SGD", 1e-9)), replace(
        HIGH, optimizer=Optimizer("SGD", 1e-9))))), data=arrays()).final
    space = namespace(exported(g))
    made = space["Network"]()
    made.load_state_dict(ng.compile(g).state_dict())
    space["train"](made, *(torch.as_tensor(arrays()[key]) for key in ("t", "x")))
    first, second = capsys.readouterr().out.split()[2:]
    assert (float(first), float(second)) == pytest.approx((final["low_loss"], 0.5 * final["high_loss"]), abs=1e-3)
