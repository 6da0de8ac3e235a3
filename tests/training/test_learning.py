"""Nodes that learn in ways of their own, held against loops written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.compiler.learning import drawn, groups, is_weight
from neuralgraph.errors import ParameterError
from neuralgraph.graph.edits import ChangeNode, SetPlan
from neuralgraph.graph.file import dumps, loads
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.patch import Replay, patch
from neuralgraph.graph.plan import Optimizer, Stage, Step
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Event, Paused
from neuralgraph.training.loop import fit
from neuralgraph.training.run import Run

ADAMW = Optimizer("AdamW", 0.01)
OPTIMIZERS = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]


def network(**learning: dict[str, float]) -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris", id="data")
    x = graph.add("Tanh", graph.add("Linear", data["x"], out_features=5, id="hidden"))
    logits = graph.add("Linear", x, out_features=3, id="logits")
    graph.add("CrossEntropyLoss", logits, data["y"], id="loss")
    for id, one in learning.items():
        graph.set_learning(id, **one)
    return graph


def learn(graph: ng.Graph, control: Control | None = None, act: Callable[[Event], object] = id, resume: Any = None,
          **settings: Any) -> Run:  # fmt: skip
    plan = planned(graph.session.graph.plan, **{"epochs": 3, "lr": 0.05, "batch_size": 16, **settings})
    program = graph.session.compile(seed=plan.seed, graph=graph.session.graph.having(plan=plan))
    run = Run(program)
    for event in fit(program, graph.session.feed(program, plan), plan, control, resume=resume):
        run.hear(event)
        act(event)
    assert run.failure is None, run.failure
    return run


def by_hand(make: Callable[[Any], torch.optim.Optimizer], pull: float = 0.0) -> dict[str, torch.Tensor]:
    """The same network and order of rows; `make` gives the optimiser, `pull` is the l1 of `hidden`'s weight."""
    graph = network()
    plan = planned(graph.session.graph.plan, batch_size=16)
    program = graph.session.compile(seed=plan.seed)
    feed = graph.session.feed(program, plan)
    root = program.root
    optimizer, generator = make(root), torch.Generator().manual_seed(plan.seed)
    x, y = feed.train["data.x"], feed.train["data.y"]
    for _ in range(3):
        for rows in torch.randperm(len(x), generator=generator).split(16):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(root.logits(torch.tanh(root.hidden(x[rows]))), y[rows])
            (loss + pull * root.hidden.weight.abs().sum() if pull else loss).backward()
            optimizer.step()
    return {name: one.detach().clone() for name, one in root.state_dict().items()}


def same(run: Run, weights: dict[str, torch.Tensor]) -> None:
    mine = run.program.state_dict()
    assert {name for name, one in mine.items() if not torch.equal(one, weights[name])} == set()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rate_of_0_is_frozen(name: str) -> None:
    graph = network()
    graph.session.edit(ChangeNode(replace(graph.session.graph.nodes["hidden"], frozen=True)))
    settings: dict[str, Any] = {"optimizer": name, "clip": 0.5, "l1": 1e-3, "weight_decay": 0.01}
    frozen = learn(graph, **settings)
    still = learn(network(hidden={"rate": 0}), **settings)
    assert still.losses == frozen.losses
    same(still, frozen.program.state_dict())
    assert torch.equal(still.program.state_dict()["hidden.weight"], network().session.compile().root.hidden.weight)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("rate", [2.0, 0.3])
def test_a_rate_is_that_of_a_parameter_group(name: str, rate: float) -> None:
    fused = {} if name == "RMSprop" else {"fused": True}
    run = learn(network(hidden={"rate": rate}), optimizer=name)
    same(run, by_hand(lambda root: getattr(torch.optim, name)(
        [{"params": root.logits.parameters()}, {"params": root.hidden.parameters(), "lr": 0.05 * rate}],
        lr=0.05, **fused)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_l2_is_the_weight_decay_of_its_weights_on_top_of_the_plans(name: str) -> None:
    fused = {} if name == "RMSprop" else {"fused": True}
    run = learn(network(hidden={"l2": 0.1}), optimizer=name, weight_decay=0.01)
    same(run, by_hand(lambda root: getattr(torch.optim, name)(
        [{"params": [*root.logits.parameters(), root.hidden.bias]},
         {"params": [root.hidden.weight], "weight_decay": 0.11}], lr=0.05, weight_decay=0.01, **fused)))


def test_l1_is_added_to_the_objective_for_its_weights() -> None:
    run = learn(network(hidden={"l1": 0.02}), optimizer="SGD")
    same(run, by_hand(lambda root: torch.optim.SGD(root.parameters(), lr=0.05, fused=True), pull=0.02))


def test_the_plans_decay_includes_offsets_and_a_nodes_own_does_not() -> None:
    assert is_weight("lstm_1.weight_ih_l0") and is_weight("parameter_1.value")
    assert not is_weight("lstm_1.bias_hh_l0") and not is_weight("attention_1.in_proj_bias")
    graph = network(hidden={"l1": 0.1, "l2": 0.2}).session.graph
    names = ["hidden.weight", "hidden.bias", "logits.weight"]
    assert [one.names for one in groups(graph, names)] == [("hidden.bias", "logits.weight"), ("hidden.weight",)]
    assert drawn(graph, names) == {0.1: ("hidden.weight",)}
    assert len(groups(network().session.graph, names)) == 1, "one group, as fast as ever, where nothing is set"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_levers_keep_the_factors(name: str) -> None:
    def change(root: Any) -> torch.optim.Optimizer:
        fused = {} if name == "RMSprop" else {"fused": True}
        decay = 0.01 + 0.5 if name == "AdamW" else 0.5
        made: torch.optim.Optimizer = getattr(torch.optim, name)(
            [{"params": [*root.logits.parameters()]}, {"params": [root.hidden.bias], "lr": 0.2},
             {"params": [root.hidden.weight], "lr": 0.2, "weight_decay": decay}], lr=0.1, **fused)
        return made

    levers = [Changed(0, 0.0, "lr", 0.05, 0.1)]
    settings = {"optimizer": name}
    run = learn(network(hidden={"rate": 2, "l2": 0.5}), Control(replay=levers), **settings)
    same(run, by_hand(change))
    later = learn(network(hidden={"rate": 2, "l2": 0.5}),
                  Control(replay=[*levers, Changed(4, 0.0, "weight_decay", 0.0, 0.03)]), **settings)
    learner = later.checkpoint.learners[0] if later.checkpoint is not None else None
    assert learner is not None and learner.levers["lr"] == 0.1 and learner.levers["weight_decay"] == 0.03
    assert later.losses[:4] == run.losses[:4] and later.losses != run.losses


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("place", [1, 11])
def test_stopped_and_gone_on_with_it_is_the_unbroken_run(name: str, place: int) -> None:
    settings = {"optimizer": name, "clip": 1.0} | ({"momentum": 0.5} if name in ("SGD", "RMSprop") else {})
    own = {"hidden": {"rate": 3, "l1": 0.01, "l2": 0.02}, "logits": {"rate": 0.5}}
    levers = [Changed(5, 0.0, "lr", 0.05, 0.02)]
    whole = learn(network(**own), Control(replay=levers), **settings)
    control = Control(replay=levers)
    control.one_batch()

    def act(event: Event) -> None:
        if isinstance(event, Paused):
            control.one_batch() if event.step < place else control.stop()

    first = learn(network(**own), control, act, **settings)
    rest = learn(network(**own), Control(replay=[one for one in levers if one.step >= place]),
                 resume=first.checkpoint, **settings)
    assert first.losses + rest.losses == whole.losses and not rest.notes
    same(rest, whole.program.state_dict())


def test_it_is_kept_in_files_and_journals_only_where_it_is_set() -> None:
    plain, own = network().session.graph, network(hidden={"rate": 2.0, "l2": 0.5}).session.graph
    assert "learning" not in dumps(plain)
    assert loads(dumps(own)).graph == own
    start = Replay(json.loads(dumps(plain)))
    start.play(patch(plain, own))
    assert start.content["nodes"][1]["learning"] == {"rate": 2.0, "l2": 0.5}


@pytest.mark.parametrize(("learning", "words"), [
    ({"rate": -1}, "rate expects a number from 0 to 100"), ({"rate": 101}, "not 101"), ({"l2": "much"}, "l2 expects"),
    ({"speed": 2}, "no setting 'speed'"), ({"l1": float("nan")}, "l1 expects"), ({"rate": True}, "not True"),
])  # fmt: skip
def test_what_cannot_be_is_refused_and_in_a_file_a_problem(learning: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        network(hidden=learning)
    graph = network()
    session, placed = graph.session, graph.session.graph.nodes["hidden"]
    session.edit(ChangeNode(replace(placed, learning=FrozenDict({**learning, "l1": learning.get("l1", 0.5)}))))
    problem = next(one for one in session.analyse().problems if one.code == "learning")
    assert words in problem.message and problem.node == "hidden" and problem.fixes[0].edit is not None
    session.edit(problem.fixes[0].edit)
    assert not session.analyse().errors


def test_the_exported_python_says_it_and_learns_the_same() -> None:
    graph = network(hidden={"rate": 2, "l1": 0.01, "l2": 0.5})
    text = ng.to_python(graph)
    assert '{"params": [network.hidden.weight], "lr": 0.002, "weight_decay": 0.5}' in text
    assert "+ 0.01 * network.hidden.weight.abs().sum()" in text
    space: dict[str, Any] = {"__name__": "student"}
    exec(text, space)
    made = space["Network"]()
    made.load_state_dict(graph.session.compile().state_dict())
    feed = graph.session.feed(graph.session.compile(), planned(graph.session.graph.plan))
    space["train"](made, feed.train["data.x"], feed.train["data.y"], epochs=2)
    run = learn(graph, epochs=2, lr=0.001, batch_size=32)
    for key, one in run.program.state_dict().items():
        assert torch.allclose(one, made.state_dict()[key], atol=1e-6)
    graph.session.edit(SetPlan(replace(graph.session.graph.plan, stages=(Stage(1, (Step(optimizer=ADAMW),)),))))
    assert '"weight_decay": 0.51}' in ng.to_python(graph), "on top of what AdamW does by itself"
    assert "network.parameters()" in ng.to_python(network()) and "abs()" not in ng.to_python(network())
    assert "self.hidden.requires_grad_(False)" in ng.to_python(network(hidden={"rate": 0}))


def test_channels_last_learns_the_same_within_rounding_and_goes_on_exactly(tmp_path: Path) -> None:
    """Another way to lie in memory: nearly the same numbers, exactly the same where a kept run goes on."""
    from neuralgraph.training.checkpoint_file import read_checkpoint, write_checkpoint

    def graph() -> ng.Graph:
        g = ng.Graph()
        x = g.add("Dataset", name="digits")
        h = g.add("ReLU", g.add("Conv2d", x["x"], out_channels=6, kernel_size=3))
        h = g.add("BatchNorm2d", g.add("Conv2d", h, out_channels=4, kernel_size=3))
        g.add("CrossEntropyLoss", g.add("Linear", g.add("Flatten", h), out_features=10), x["y"])
        return g

    settings = {"batch_size": 64, "seed": 2, "memory_format": "channels_last"}
    whole = ng.train(graph(), epochs=4, **settings)
    plain = ng.train(graph(), epochs=4, **{**settings, "memory_format": "contiguous"})
    assert whole.history["loss"] == pytest.approx(plain.history["loss"], rel=1e-3)
    weight = next(one for name, one in whole.program.root.named_parameters() if name.startswith("conv2d_2"))
    assert weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()
    half = graph()
    run = ng.train(half, epochs=2, **settings)
    write_checkpoint(tmp_path / "half", run.checkpoint)
    run.checkpoint = read_checkpoint(tmp_path / "half")[0]
    rest = ng.train(graph(), resume=run, epochs=2, **settings)
    assert rest.history["loss"] == whole.history["loss"][2:]
    kept = rest.program.state_dict()
    assert all(torch.equal(one, kept[name]) for name, one in whole.program.state_dict().items())
