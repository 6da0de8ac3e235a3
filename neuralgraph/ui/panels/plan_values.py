"""The training plan as values by name, as its form shows and changes them; and the presets of its menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import OPTIMIZERS, Optimizer, Plan, Schedule
from neuralgraph.graph.planning import CHECKS, planned
from neuralgraph.graph.stages import FIRST, Place, patterns, stage_at, step_at, with_stage, with_step
from neuralgraph.spec import Param
from neuralgraph.spec.optimizers import OPTIMIZERS as RECIPES
from neuralgraph.spec.recipe import Recipe
from neuralgraph.spec.schedules import SCHEDULES


@dataclass(frozen=True, slots=True)
class Part:
    """A group of the form: its labels and parameters, and whose options follow them ("optimizer", "schedule")."""

    title: str
    params: tuple[tuple[str, Param], ...]
    kind: str = ""


def _said(label: str, name: str, param: Param | None = None) -> tuple[str, Param]:
    return label, replace(param or CHECKS[name], name=name)


PARTS: tuple[Part, ...] = (
    Part("Optimiser", (
        _said("optimiser", "optimizer", Param("Adam", "How the weights are changed.", choices=OPTIMIZERS,
                                              kind="choice")),
        _said("learning rate", "lr", Param(1e-3, "How far each step goes.", min=1e-12, max=1e6, kind="float")),
        _said("L1", "l1", Param(0.0, "Costs the absolute value of every weight.", min=0, max=100)),
    ), "optimizer"),
    Part("Epochs and batches", (
        _said("epochs", "epochs", Param(10, "How often all rows are learned.", min=1, max=10**6, kind="int")),
        _said("batch size", "batch_size", Param(32, "Rows learned at once.", min=1, max=2**24, kind="int")),
        _said("full batch", "full_batch"),
        _said("shuffle", "shuffle", Param(True, "Another order of rows in every epoch; off keeps the given one.",
                                          kind="bool")),
        _said("batches a step", "accumulate"),
        _said("seed", "seed", Param(0, "The same seed gives the same run.", min=0, max=2**31 - 1, kind="int")),
    )),
    Part("Rows kept apart", (
        _said("validation", "validation", Param(
            0.2, "Rows kept apart to check with: a share below 1, or a number of rows.", min=0, kind="float")),
        _said("test", "test", Param(
            0.0, "Rows that take no part and are judged once, at the very end: a share below 1, or a number of rows. "
            "Where a data set brings its own test rows, those are.", min=0, kind="float")),
        _said("split", "split"),
    )),
    Part("Schedule of the learning rate", (
        _said("schedule", "schedule", Param("none", "How it goes on.", choices=tuple(SCHEDULES), kind="choice")),
        _said("warm-up steps", "warmup"),
        _said("counts", "by"),
    ), "schedule"),
    Part("Gradients and precision", (
        _said("clip norm", "clip"), _said("clip value", "clip_value"), _said("mean of weights", "ema"),
        _said("precision", "precision"), _said("images lie", "memory_format"),
    )),
    Part("Stop rules", (
        _said("watches", "figure"), _said("better is", "better"), _said("patience", "patience"),
        _said("least change", "min_delta"), _said("target", "target"), _said("seconds", "seconds"),
        _said("keep the best", "best"),
    )),
)
_COMMON = {"momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
PARAMS: tuple[tuple[str, Param], ...] = (
    *(one for part in PARTS for one in part.params),
    *(_said(name.replace("_", " "), name, RECIPES["SGD"].options[name]) for name in _COMMON),
)
"""Every value that has a name of its own, whatever the optimiser."""
_PLAN = ("batch_size", "full_batch", "shuffle", "seed", "validation", "test", "split", "ema", "precision",
         "memory_format")
_STEP = ("l1", "accumulate", "clip", "clip_value")
_STOP = ("figure", "better", "patience", "min_delta", "target", "seconds", "best")


LEARNS = Part("What it learns", (
    _said("losses", "losses", Param("*", "The losses that this step makes small, by id, with commas between; * is all "
                                    "of them, and a part of a name with * all that are called so.", kind="text")),
    _said("moves", "nodes", Param("*", "The nodes whose weights it changes, in the same way; the others stay.",
                                  kind="text")),
    _said("every", "every", Param(1, "Batches until this step comes again.", min=1, max=10**6, kind="int")),
))
"""What tells one step of a plan from another."""
_NAMES = ("losses", "nodes")


def values_of(plan: Plan, at: Place = FIRST) -> dict[str, Any]:
    """The plan as the form shows it, with this stage and step."""
    step = step_at(plan, at)
    optimizer, schedule = step.optimizer, step.schedule
    options = options_of(plan, "optimizer", at)[1]
    return {
        "optimizer": optimizer.name, "lr": optimizer.lr, "epochs": stage_at(plan, at).epochs,
        "schedule": schedule.name, "warmup": schedule.warmup, "by": schedule.by,
        **{name: getattr(plan, name) for name in _PLAN}, **{name: getattr(step, name) for name in _STEP},
        **{name: getattr(plan.stop, name) for name in _STOP},
        **{name: options.get(name, usual) for name, usual in _COMMON.items()},
    }


def learns_of(plan: Plan, at: Place) -> dict[str, Any]:
    """What a step learns, as its form shows it."""
    step = step_at(plan, at)
    return {**{name: ", ".join(getattr(step, name)) for name in _NAMES}, "every": step.every}


def changed(plan: Plan, name: str, value: Any, at: Place = FIRST) -> Plan:
    """The plan with one value of the form changed."""
    step = step_at(plan, at)
    optimizer, schedule = step.optimizer, step.schedule
    if name in _PLAN:
        return replace(plan, **{name: value})
    if name in _STOP:
        return replace(plan, stop=replace(plan.stop, **{name: value}))
    if name == "epochs":
        return with_stage(plan, at, replace(stage_at(plan, at), epochs=value))
    if name in _COMMON:
        return with_option(plan, "optimizer", name, value, at)
    match name:
        case "optimizer":
            gone = [one for one in optimizer.options if one not in _options(RECIPES, value)]
            step = replace(step, optimizer=replace(optimizer, name=value, options=optimizer.options.without(*gone)))
        case "lr":
            step = replace(step, optimizer=replace(optimizer, lr=value))
        case "schedule":
            gone = [one for one in schedule.options if one not in _options(SCHEDULES, value)]
            step = replace(step, schedule=replace(schedule, name=value, options=schedule.options.without(*gone)))
        case "warmup" | "by":
            step = replace(step, schedule=replace(schedule, **{name: value}))
        case "losses":
            step = replace(step, losses=patterns(value))
        case "nodes":
            step = replace(step, nodes=patterns(value))
        case _:
            step = replace(step, **{name: value})
    return with_step(plan, at, step)


def _options(recipes: Mapping[str, Recipe], name: str) -> Mapping[str, Param]:
    return recipes[name].options if name in recipes else {}


def options_of(plan: Plan, kind: str, at: Place = FIRST) -> tuple[list[Param], dict[str, Any]]:
    """What can be set of the chosen optimiser or schedule, and the values that hold."""
    chosen: Optimizer | Schedule = getattr(step_at(plan, at), kind)
    recipe = (RECIPES if kind == "optimizer" else SCHEDULES).get(chosen.name)
    if recipe is None:
        return [], {}
    usual = {name: one.default for name, one in recipe.options.items()}
    return list(recipe.options.values()), {**usual, **recipe.spread(chosen.options)}


def with_option(plan: Plan, kind: str, name: str, value: Any, at: Place = FIRST) -> Plan:
    """The plan with an option of its optimiser or schedule changed; one that is as usual is not written."""
    params, values = options_of(plan, kind, at)
    usual = {one.name: one.default for one in params}
    default = usual.get(name, _COMMON.get(name))
    step = step_at(plan, at)
    chosen: Optimizer | Schedule = getattr(step, kind)
    given = {one: values[one] for one in values if one in chosen.options or repr(values[one]) != repr(usual.get(one))}
    given.pop(name, None)
    options = FrozenDict(given if repr(value) == repr(default) else {**given, name: value})
    if isinstance(chosen, Optimizer):
        return with_step(plan, at, replace(step, optimizer=replace(chosen, options=options)))
    return with_step(plan, at, replace(step, schedule=replace(chosen, options=options)))


_PLAIN: Mapping[str, Any] = {"batch_size": 32, "full_batch": False, "shuffle": True, "accumulate": 1}
PRESETS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Keras defaults": ("Adam with a learning rate of 0.001, 32 rows a batch", {
        "optimizer": "Adam", "lr": 1e-3, "eps": 1e-7}),
    "SGD with momentum": ("The textbook step: learning rate 0.01, momentum 0.9", {
        "optimizer": "SGD", "lr": 0.01, "momentum": 0.9}),
    "AdamW, cosine, warm-up": (
        "How large networks are trained: the learning rate rises for 100 steps, then falls to 0", {
        "optimizer": "AdamW", "lr": 1e-3, "schedule": "CosineAnnealingLR", "by": "step", "warmup": 100}),
    "Full batch": ("Gradient descent in the strict sense: all rows make one step", {
        "optimizer": "SGD", "lr": 0.1, "full_batch": True}),
    "Online, in the given order": ("Row after row as they come, as the perceptron learns", {
        "optimizer": "SGD", "lr": 1.0, "batch_size": 1, "shuffle": False}),
}
"""By name: a sentence, and the settings. Epochs, seed, split, clipping and stop rules stay as they are."""


def preset(plan: Plan, name: str) -> Plan:
    """The plan with the optimiser, schedule and batches of a preset."""
    step = replace(plan.stages[0].steps[0], optimizer=Optimizer(), schedule=Schedule())
    return planned(with_step(plan, FIRST, step), **{**_PLAIN, **PRESETS[name][1]})
