"""A plan with some of its settings replaced by name, as scripts and the command line give them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from neuralgraph.errors import ParameterError
from neuralgraph.graph.plan import OPTIMIZERS, Optimizer, Plan

_OPTIONS = ("momentum", "nesterov", "weight_decay", "betas", "alpha", "eps")
_PLAN = ("batch_size", "seed", "validation", "test", "split", "shuffle", "precision")


def planned(plan: Plan, **overrides: Any) -> Plan:
    """The plan with some of its settings replaced; `ParameterError` for a setting that is not there."""
    stage = plan.stages[0]
    step = stage.steps[0]
    optimizer = step.optimizer
    if (name := overrides.pop("optimizer", None)) is not None:
        if name not in OPTIMIZERS:
            raise ParameterError(
                f"optimizer expects one of {', '.join(OPTIMIZERS)}, not {name!r}.", parameter="optimizer"
            )
        optimizer = Optimizer(name, optimizer.lr) if name != optimizer.name else optimizer
    optimizer = replace(optimizer, lr=float(overrides.pop("lr", optimizer.lr)))
    options = {name: overrides.pop(name) for name in _OPTIONS if name in overrides}
    optimizer = replace(optimizer, options=optimizer.options.having(**options))
    step = replace(
        step, optimizer=optimizer, **{name: overrides.pop(name) for name in ("l1", "clip") if name in overrides}
    )
    stage = replace(stage, epochs=overrides.pop("epochs", stage.epochs), steps=(step, *stage.steps[1:]))
    plan = replace(
        plan, stages=(stage, *plan.stages[1:]), **{name: overrides.pop(name) for name in _PLAN if name in overrides}
    )
    if overrides:
        known = ", ".join(("epochs", "optimizer", "lr", "l1", "clip", *_OPTIONS, *_PLAN))
        raise ParameterError(f"There is no training setting {next(iter(overrides))!r}. There are: {known}.")
    return plan
