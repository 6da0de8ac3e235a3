"""A plan with some of its settings replaced by name, as scripts and the command line give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from neuralgraph.errors import ParameterError
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import Better, MemoryFormat, Optimizer, Plan, Precision, Schedule, Split, Stop, Unit
from neuralgraph.spec import optimizers, schedules
from neuralgraph.spec.param import Param
from neuralgraph.spec.recipe import option

_OPTIONS = tuple(dict.fromkeys(
    (*(name for one in optimizers.OPTIMIZERS.values() for name in (*one.options, *one.pairs)),)))
_STEP = ("l1", "clip", "clip_value", "accumulate")
_PLAN = ("batch_size", "seed", "validation", "test", "split", "shuffle", "precision", "full_batch", "ema",
         "memory_format")
_STOP = tuple(one.name for one in fields(Stop))
_SCHEDULE = ("warmup", "by")
_MOST = 1e12

CHECKS: Mapping[str, Param] = {one.name: one for one in (
    option("warmup", int, 0, "Steps in which the learning rate rises to what it would be.", low=0, high=2**31 - 1),
    option("by", str, "usual", "What the schedule counts.", choices=get_args(Unit)),
    option("clip", float | None, None, "The largest norm of all gradients together.", low=1e-12, high=_MOST),
    option("clip_value", float | None, None, "The largest gradient of a weight.", low=1e-12, high=_MOST),
    option("accumulate", int, 1, "So many batches make one step.", low=1, high=10**6),
    option("ema", float | None, None, "A mean of the weights checks and predicts: how much of it stays in every step.",
           low=0.0, high=0.9999999),
    option("full_batch", bool, False, "Learn all rows at once."),
    option("precision", str, "float32", "How exactly it computes; the 16-bit ones are torch's autocast.",
           choices=get_args(Precision)),
    option("memory_format", str, "contiguous", "How images lie in memory while learning; channels_last is often faster "
           "for convolutions.", choices=get_args(MemoryFormat)),
    option("split", str, "random",
           "Which rows are kept apart: any, of every class in proportion, whole groups, or the last ones.",
           choices=get_args(Split)),
    option("figure", str, "", "What is watched, `val_accuracy`; empty: the validation loss, or the loss."),
    option("better", str, "auto", "Which values are better; auto: smaller losses and errors, larger other metrics.",
           choices=get_args(Better)),
    option("patience", int | None, None, "End after more than so many epochs without improvement.", low=0,
           high=10**6),
    option("min_delta", float, 0.0, "A smaller change is no improvement.", low=0.0, high=_MOST),
    option("target", float | None, None, "End where the figure gets there.", low=-_MOST, high=_MOST),
    option("seconds", float | None, None, "End after so many seconds.", low=1e-3, high=_MOST),
    option("best", bool, False, "Give back the weights of the best epoch."),
)}
"""What the settings that are checked here expect."""


def planned(plan: Plan, **overrides: Any) -> Plan:
    """The plan with some of its settings replaced; `ParameterError` for a setting that is not there."""
    stage = plan.stages[0]
    step = stage.steps[0]
    step = replace(step, optimizer=_optimizer(step.optimizer, overrides), schedule=_schedule(step.schedule, overrides),
                   **_taken(overrides, _STEP))
    stage = replace(stage, epochs=overrides.pop("epochs", stage.epochs), steps=(step, *stage.steps[1:]))
    stop = replace(plan.stop, **_taken(overrides, _STOP))
    plan = replace(plan, stages=(stage, *plan.stages[1:]), stop=stop, **_taken(overrides, _PLAN))
    if overrides:
        known = ", ".join(("epochs", "optimizer", "lr", "schedule", "schedule_options", *_SCHEDULE, *_STEP, *_PLAN,
                           *_STOP, *_OPTIONS))
        raise ParameterError(f"There is no training setting {next(iter(overrides))!r}. There are: {known}.")
    return plan


def _taken(overrides: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: overrides.pop(name) for name in names if name in overrides}
    return {name: CHECKS[name].check(value) if name in CHECKS else value for name, value in found.items()}


def _optimizer(optimizer: Optimizer, overrides: dict[str, Any]) -> Optimizer:
    if (name := overrides.pop("optimizer", None)) is not None:
        if name not in optimizers.OPTIMIZERS:
            raise ParameterError(f"optimizer expects one of {', '.join(optimizers.OPTIMIZERS)}, not {name!r}.",
                                 parameter="optimizer")
        optimizer = Optimizer(name, optimizer.lr) if name != optimizer.name else optimizer
    optimizer = replace(optimizer, lr=float(overrides.pop("lr", optimizer.lr)))
    return replace(optimizer, options=optimizer.options.having(**_taken(overrides, _OPTIONS)))


def _schedule(schedule: Schedule, overrides: dict[str, Any]) -> Schedule:
    """`schedule` by name, `schedule_options` as torch calls them."""
    name = overrides.pop("schedule", schedule.name)
    if name != schedule.name:
        schedule = replace(schedule, name=name, options=FrozenDict())
    options = overrides.pop("schedule_options", None)
    if options is not None:
        schedule = replace(schedule, options=FrozenDict(options))
    schedules.keywords(schedule.name, schedule.options)
    return replace(schedule, **_taken(overrides, _SCHEDULE))
