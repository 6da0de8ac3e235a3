"""The plan as a form."""

from __future__ import annotations

from typing import Any

import pytest

from neuralgraph.graph.plan import Plan
from neuralgraph.ui.panels.plan_form import PARAMS, changed, values_of


@pytest.mark.parametrize(("name", "value"), [
    ("optimizer", "SGD"), ("lr", 0.5), ("batch_size", 7), ("epochs", 3), ("validation", 0.0), ("test", 0.25),
    ("split", "ordered"), ("seed", 9), ("weight_decay", 0.01), ("l1", 0.001),
])
def test_a_change_changes_that_value_and_no_other(name: str, value: Any) -> None:
    before = values_of(Plan())
    assert values_of(changed(Plan(), name, value)) == {**before, name: value}


def test_there_and_back_is_the_same_plan() -> None:
    plan = Plan()
    for name, value in values_of(plan).items():
        other = changed(changed(plan, "weight_decay", 0.5), name, value)
        assert values_of(changed(other, "weight_decay", 0.0)) == values_of(plan)
    assert changed(changed(plan, "weight_decay", 0.5), "weight_decay", 0.0) == plan


def test_an_optimiser_takes_its_options_with_it() -> None:
    plan = changed(changed(changed(Plan(), "optimizer", "SGD"), "momentum", 0.9), "nesterov", True)
    assert dict(plan.optimizer.options) == {"momentum": 0.9, "nesterov": True}
    assert dict(changed(plan, "optimizer", "Adam").optimizer.options) == {}


def test_the_form_shows_every_value() -> None:
    assert {param.name for _, param in PARAMS} == set(values_of(Plan()))
