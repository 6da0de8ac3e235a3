"""Every optimiser and schedule held against a loop written by hand, bit for bit; and gone on with after a stop."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.plan import Optimizer, Schedule
from neuralgraph.spec.optimizers import OPTIMIZERS
from neuralgraph.spec.schedules import NONE, SCHEDULES
from neuralgraph.spec.schedules import keywords as schedule_keywords
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Event, Failed, Paused
from neuralgraph.training.events import Step as Told
from neuralgraph.training.loop import fit
from neuralgraph.training.optimizers import checked
from neuralgraph.training.run import Run

EPOCHS, BATCH, BATCHES = 3, 50, 3
OPTIONS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, "Adam": {"beta1": 0.8, "amsgrad": True},
    "NAdam": {"momentum_decay": 0.01}, "RMSprop": {"centered": True, "momentum": 0.5}, "ASGD": {"t0": 2.0},
    "Rprop": {"eta_minus": 0.4, "step_max": 1.0}, "Adafactor": {"eps2": 1e-2, "d": 1.5},
    "LBFGS": {"max_iter": 4, "history_size": 3, "line_search_fn": "strong_wolfe"}, "Muon": {"ns_steps": 3},
}
FUSED = ("SGD", "Adam", "AdamW", "Adagrad")


def network(offsets: bool = True) -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris", id="data")
    x = graph.add("Tanh", graph.add("Linear", data["x"], out_features=5, bias=offsets, id="hidden"))
    logits = graph.add("Linear", x, out_features=3, bias=offsets, id="logits")
    graph.add("CrossEntropyLoss", logits, data["y"], id="loss")
    return graph


def learn(graph: ng.Graph, control: Control | None = None, act: Callable[[Event], object] = id, resume: Any = None,
          **settings: Any) -> Run:  # fmt: skip
    plan = planned(graph.session.graph.plan, **{
        "epochs": EPOCHS, "batch_size": BATCH, "lr": 0.05, "validation": 0.0, **settings})
    program = graph.session.compile(seed=plan.seed, graph=graph.session.graph.having(plan=plan))
    run = Run(program)
    for event in fit(program, graph.session.feed(program, plan), plan, control, resume=resume):
        run.hear(event)
        act(event)
    assert run.failure is None, run.failure
    return run


def by_hand(graph: ng.Graph, optimizer: Callable[[Any], Any], schedule: Callable[[Any], Any] = lambda _: None,
            by: str = "epoch", update: Callable[[Any, Any], object] | None = None, warmup: int = 0,
            epochs: int = EPOCHS) -> tuple[list[float], list[float], dict[str, torch.Tensor]]:  # fmt: skip
    """The textbook loop: the losses and rates of all steps, the weights."""
    plan = planned(graph.session.graph.plan, validation=0.0)
    program = graph.session.compile(seed=plan.seed)
    feed = graph.session.feed(program, plan)
    root, generator = program.root, torch.Generator().manual_seed(plan.seed)
    made = optimizer(root)
    plans = schedule(made)
    x, y = feed.train["data.x"], feed.train["data.y"]
    losses, rates, step = [], [], 0
    for _ in range(epochs):
        seen = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(BATCH):

            def closure(rows: torch.Tensor = rows) -> torch.Tensor:
                made.zero_grad()
                loss = torch.nn.functional.cross_entropy(root.logits(torch.tanh(root.hidden(x[rows]))), y[rows])
                loss.backward()
                losses[-1].append(loss.item())
                return loss

            losses.append([])
            kept = [group["lr"] for group in made.param_groups]
            for group in made.param_groups if step < warmup else ():
                group["lr"] *= (step + 1) / warmup
            rates.append(made.param_groups[0]["lr"])
            if isinstance(made, torch.optim.LBFGS):
                made.step(closure)
            else:
                closure()
                if update is not None:
                    update(made, root)
                made.step()
            for group, rate in zip(made.param_groups, kept, strict=True):
                group["lr"] = rate
            step += 1
            seen += losses[-1][0] * len(rows)
            if plans is not None and by == "step":
                plans.step()
        if isinstance(plans, lr_scheduler.ReduceLROnPlateau):
            plans.step(seen / len(x))
        elif plans is not None and by == "epoch":
            plans.step()
    return [one[0] for one in losses], rates, {name: one.detach().clone() for name, one in root.state_dict().items()}


def same(run: Run, weights: dict[str, torch.Tensor]) -> None:
    mine = run.program.state_dict()
    assert {name for name, one in mine.items() if not torch.equal(one, weights[name])} == set()


def rate_of(name: str) -> float:
    return 0.05 if name not in ("LBFGS", "Adadelta") else 1.0


def torchs(name: str, lr: float) -> Callable[[Any], Any]:
    given = checked(Optimizer(name, options=planned(ng.Graph().session.graph.plan, optimizer=name,
                                                    **OPTIONS.get(name, {})).optimizer.options))
    given |= {"fused": True} if name in FUSED else {}
    return lambda root: getattr(torch.optim, name)(root.parameters(), lr=lr, **given)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_is_torchs(name: str) -> None:
    graph, lr = network(offsets=name != "Muon"), rate_of(name)
    run = learn(graph, optimizer=name, lr=lr, **OPTIONS.get(name, {}))
    losses, _, weights = by_hand(graph, torchs(name, lr))
    assert run.losses == losses
    same(run, weights)


def pieces(graph: ng.Graph, place: int, **settings: Any) -> list[Run]:
    """Stopped after so many batches, and gone on with."""
    control = Control()
    control.one_batch()

    def act(event: Event) -> None:
        if isinstance(event, Paused):
            control.one_batch() if event.step < place else control.stop()

    first = learn(graph, control, act, **settings)
    return [first, learn(graph, resume=first.checkpoint, **settings)]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_goes_on_as_if_never_stopped(name: str, precision: str) -> None:
    graph = network(offsets=name != "Muon")
    settings = {"optimizer": name, "lr": rate_of(name), "precision": precision, **OPTIONS.get(name, {})}
    whole = learn(graph, **settings)
    first, rest = pieces(graph, 4, **settings)
    assert first.losses + rest.losses == whole.losses and not rest.notes
    same(rest, whole.program.state_dict())


def test_every_optimiser_and_schedule_of_torch_is_there_or_left_out_for_a_reason() -> None:
    """A new one in torch is noticed; the modules say why these are left out."""
    here = {name for name, one in vars(torch.optim).items() if inspect.isclass(one) and issubclass(
        one, torch.optim.Optimizer)} - {"Optimizer"}
    assert here - set(OPTIMIZERS) == {"SparseAdam"} and set(OPTIMIZERS) <= here
    known = {name for name, one in vars(lr_scheduler).items() if inspect.isclass(one) and issubclass(
        one, lr_scheduler.LRScheduler)} - {"LRScheduler", "_LRScheduler"}
    assert known - set(SCHEDULES) == {"LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler"}
    assert set(SCHEDULES) - known == {NONE}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_usual_options_are_torchs(name: str) -> None:
    recipe = OPTIMIZERS[name]
    usual = inspect.signature(getattr(torch.optim, name)).parameters
    said = recipe.keywords(name, {one.name: one.default for one in recipe.options.values()})
    assert said == {key: usual[key].default for key in said} and recipe.lr == usual["lr"].default


@pytest.mark.parametrize(("name", "options", "words"), [
    ("SGD", {"momentum": 1.0}, "SGD: momentum expects a number from 0 to 0.999999, not 1.0"),
    ("Adam", {"momentum": 0.9}, "Adam has no option 'momentum'. It has: weight_decay, beta1"),
    ("Adam", {"amsgrad": 2}, "amsgrad expects yes or no, not 2"),
    ("LBFGS", {"max_iter": 1.5}, "max_iter expects a whole number"),
    ("LBFGS", {"line_search_fn": "golden"}, "expects one of strong_wolfe or nothing, not 'golden'"),
    ("Rprop", {"eta_plus": 0.9}, "eta_plus expects a number from 1"),
    ("SGD", {"nesterov": True}, "a momentum above 0"), ("Lion", {}, "There is no optimiser 'Lion'"),
])  # fmt: skip
def test_a_wrong_option_is_named(name: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(RunError) as caught:
        checked(Optimizer(name, options=Schedule().options.having(**options)))
    assert words in str(caught.value)


@pytest.mark.parametrize(("settings", "words"), [
    ({"optimizer": "Muon"}, r"Muon expects matrices of weights \(2 axes\); hidden.bias has 1"),
    ({"optimizer": "LBFGS", "accumulate": 2}, "takes no gathered gradients"),
    ({"optimizer": "LBFGS", "precision": "float16"}, "no float16"),
    ({"schedule": "OneCycleLR", "schedule_options": {"cycle_momentum": True}, "optimizer": "Adagrad"},
     "Adagrad has none"),
    ({"schedule": "ReduceLROnPlateau", "by": "step"}, "goes by the epoch"),
    ({"schedule": "ReduceLROnPlateau", "schedule_options": {"figure": "val_joy"}}, "'val_joy', which is no figure"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(settings: dict[str, Any], words: str) -> None:
    graph = network()
    last = list(ng.fit(graph, epochs=2, **settings))[-1]
    assert isinstance(last, Failed)
    with pytest.raises(AssertionError, match=words):
        learn(graph, **settings)


def test_lbfgs_goes_one_way_for_all() -> None:
    graph = network()
    graph.set_learning("hidden", rate=0.5)
    with pytest.raises(AssertionError, match="LBFGS goes one way for all weights"):
        learn(graph, optimizer="LBFGS")


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("StepLR", {"step_size": 1, "gamma": 0.5}, "epoch"), ("StepLR", {"step_size": 2}, "step"),
    ("MultiStepLR", {"milestones": (1, 2), "gamma": 0.3}, "epoch"), ("ExponentialLR", {"gamma": 0.7}, "epoch"),
    ("CosineAnnealingLR", {"T_max": EPOCHS}, "epoch"), ("CosineAnnealingLR", {"T_max": 9, "eta_min": 1e-3}, "step"),
    ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 2}, "epoch"),
    ("CosineAnnealingWarmRestarts", {"T_0": 2}, "step"),
    ("OneCycleLR", {"total_steps": 9}, "step"), ("OneCycleLR", {"total_steps": 9, "cycle_momentum": True}, "step"),
    ("CyclicLR", {"max_lr": 0.2, "step_size_up": 2, "cycle_momentum": False}, "step"),
    ("CyclicLR", {"max_lr": 0.2, "step_size_up": 2, "mode": "exp_range", "gamma": 0.9, "cycle_momentum": True,
                  "base_momentum": 0.8, "max_momentum": 0.9}, "step"),
    ("PolynomialLR", {"total_iters": EPOCHS, "power": 2.0}, "epoch"), ("LinearLR", {"total_iters": 2}, "epoch"),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 6}, "step"),
    ("ConstantLR", {"factor": 0.5, "total_iters": 2}, "epoch"),
    ("ReduceLROnPlateau", {"patience": 0, "factor": 0.5, "threshold": 0.5}, "epoch"),
]  # fmt: skip
IDS = [f"{name}-{by}-{number}" for number, (name, _, by) in enumerate(CASES)]


def rates_of(**settings: Any) -> tuple[Run, list[float]]:
    """The rate of every step as `Step` events tell it."""
    rates: list[float] = []
    control = Control()
    control.one_batch()

    def act(event: Event) -> None:
        if isinstance(event, Told):
            rates.extend([event.lr] * event.batches)
        elif isinstance(event, Paused):
            control.one_batch()

    return learn(network(), control, act, **settings), rates


@pytest.mark.parametrize("warmup", [0, 4])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options", "by"), CASES, ids=IDS)
def test_a_schedule_is_torchs(name: str, options: dict[str, Any], by: str, kind: str, warmup: int) -> None:
    momentum = {"momentum": 0.5} if kind == "SGD" else {}
    run, told = rates_of(optimizer=kind, schedule=name, schedule_options=options, by=by, warmup=warmup, **momentum)
    more = {"OneCycleLR": {"max_lr": 0.05, "cycle_momentum": False}, "CyclicLR": {"base_lr": 0.05}}.get(name, {})
    more |= {"base_momentum": 0.85, "max_momentum": 0.95} if name == "OneCycleLR" else {}
    losses, rates, weights = by_hand(
        network(), lambda root: getattr(torch.optim, kind)(root.parameters(), lr=0.05, fused=True, **momentum),
        lambda made: getattr(lr_scheduler, name)(made, **{**more, **options}), by, warmup=warmup)
    assert told == rates and len(set(rates)) > 1
    assert run.losses == losses
    same(run, weights)


@pytest.mark.parametrize("place", [2, 3, 7])
@pytest.mark.parametrize(("name", "options", "by"), CASES, ids=IDS)
def test_a_schedule_goes_on_as_if_never_stopped(name: str, options: dict[str, Any], by: str, place: int) -> None:
    settings = {"optimizer": "SGD", "momentum": 0.5, "schedule": name, "schedule_options": options, "by": by,
                "warmup": 4}
    whole = learn(network(), **settings)
    first, rest = pieces(network(), place, **settings)
    assert first.losses + rest.losses == whole.losses and not rest.notes
    same(rest, whole.program.state_dict())


def test_it_goes_as_torch_means_it_and_to_the_end_of_the_stage() -> None:
    assert SCHEDULES["OneCycleLR"].by == SCHEDULES["CyclicLR"].by == "step"
    assert SCHEDULES["StepLR"].by == "epoch"
    assert rates_of(schedule="CosineAnnealingLR")[1] == rates_of(
        schedule="CosineAnnealingLR", schedule_options={"T_max": EPOCHS}, by="epoch")[1]
    assert rates_of(schedule="OneCycleLR")[1] == rates_of(
        schedule="OneCycleLR", schedule_options={"total_steps": EPOCHS * BATCHES})[1]
    rates = rates_of(schedule="CosineAnnealingLR", by="step", accumulate=2)[1]
    assert rates == rates_of(schedule="CosineAnnealingLR", by="step", accumulate=2, schedule_options={"T_max": 6})[1]


def test_a_lever_on_the_rate_scales_the_rest_of_the_schedule() -> None:
    settings = {"schedule": "ExponentialLR", "schedule_options": {"gamma": 0.5}, "optimizer": "SGD"}
    plain = rates_of(**settings)[1]
    rates: list[float] = []
    run = learn(network(), Control(replay=[Changed(3, 0.0, "lr", 0.05, 0.1)]),
                lambda event: rates.append(event.lr) if isinstance(event, Told) else None, **settings)
    assert (run.changes[0].old, run.changes[0].new) == (0.05, 0.1)
    assert rates[-1] == plain[-1] * 2
    control = Control(replay=run.changes)
    control.one_batch()

    def act(event: Event) -> None:
        if isinstance(event, Paused):
            control.one_batch() if event.step < 5 else control.stop()

    first = learn(network(), control, act, **settings)
    rest = learn(network(), resume=first.checkpoint, **settings)
    assert first.losses + rest.losses == run.losses


def test_the_momentum_that_a_schedule_moves_has_no_lever() -> None:
    run = learn(network(), Control(replay=[Changed(1, 0.0, "momentum", 0.0, 0.1)]), optimizer="SGD", momentum=0.9,
                schedule="OneCycleLR", schedule_options={"cycle_momentum": True})
    assert "momentum stays out" in run.notes[0] and not run.changes


def test_a_schedule_that_came_to_its_end_starts_again_when_it_goes_on() -> None:
    graph, settings = network(), {"schedule": "CosineAnnealingLR", "by": "step", "validation": 0.0, "lr": 0.05}
    run = ng.train(graph, epochs=2, **settings)
    rates = [event.lr for event in ng.fit(graph, resume=run, epochs=2, **settings) if isinstance(event, Told)]
    assert rates[-1] < 0.05 / 2 and run.checkpoint is not None
    again = ng.train(graph, resume=run, epochs=2, **settings)
    assert again.losses != run.losses and not again.notes
    other = ng.train(graph, resume=run, epochs=2, **{**settings, "schedule": "ExponentialLR"})
    assert "the schedule of the learning rate starts afresh" in other.notes[0]


def test_a_nodes_factor_stays_a_factor() -> None:
    graph = network()
    graph.set_learning("hidden", rate=3)
    run = learn(graph, optimizer="SGD", schedule="ExponentialLR")
    losses, _, weights = by_hand(network(), lambda root: torch.optim.SGD(
        [{"params": root.logits.parameters()}, {"params": root.hidden.parameters(), "lr": 0.05 * 3}], lr=0.05,
        fused=True), lambda made: lr_scheduler.ExponentialLR(made, 0.95))
    assert run.losses == pytest.approx(losses, rel=1e-5)
    assert all(torch.allclose(one, weights[name], atol=1e-6) for name, one in run.program.state_dict().items())


def test_what_a_schedule_cannot_take_is_said() -> None:
    with pytest.raises(ParameterError, match="There is no schedule 'LambdaLR'"):
        schedule_keywords("LambdaLR", {})
    with pytest.raises(ParameterError, match=r"StepLR has no option 'step'\. It has: step_size, gamma"):
        planned(ng.Graph().session.graph.plan, schedule="StepLR", schedule_options={"step": 3})
