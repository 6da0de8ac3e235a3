"""The parts of the plan's form: options by type, presets, what is folded."""

from __future__ import annotations

from typing import Any

import pytest

from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import OPTIMIZERS, Plan
from neuralgraph.session import Session
from neuralgraph.spec.optimizers import OPTIMIZERS as RECIPES
from neuralgraph.spec.schedules import SCHEDULES
from neuralgraph.training.learner import Learner
from neuralgraph.training.stopping import Watch
from neuralgraph.ui.panels.plan_form import PlanForm
from neuralgraph.ui.panels.plan_values import PARTS, PRESETS, changed, options_of, preset, values_of, with_option
from neuralgraph.ui.theme import Theme
from tests.training.test_optimizers import network


@pytest.mark.parametrize(("name", "value"), [
    ("full_batch", True), ("shuffle", False), ("accumulate", 4), ("schedule", "StepLR"), ("warmup", 5), ("by", "step"),
    ("clip", 1.0), ("clip_value", 0.5), ("ema", 0.99), ("precision", "bfloat16"), ("figure", "val_loss"),
    ("better", "lower"), ("patience", 3), ("min_delta", 0.1), ("target", 0.5), ("seconds", 60.0), ("best", True),
])
def test_a_change_changes_that_value_and_no_other(name: str, value: Any) -> None:
    before = values_of(Plan())
    plan = changed(Plan(), name, value)
    assert values_of(plan) == {**before, name: value}
    assert changed(plan, name, before[name]) == Plan()


@pytest.mark.parametrize(("kind", "name"), [
    *(("optimizer", one) for one in OPTIMIZERS), *(("schedule", one) for one in SCHEDULES)])
def test_options_are_those_of_the_type_and_what_is_usual_is_not_written(kind: str, name: str) -> None:
    plan = changed(Plan(), kind, name)
    params, values = options_of(plan, kind)
    assert {one.name for one in params} == set(values) == set((RECIPES | SCHEDULES)[name].options)
    for one in params:
        other = {"bool": not one.default, "choice": one.choices[-1] if one.choices else ""}.get(
            one.kind, (1, 2) if one.kind == "ints" else "x" if one.kind == "text" else one.max)
        there = with_option(plan, kind, one.name, other)
        assert options_of(there, kind)[1] == {**values, one.name: other}
        assert with_option(there, kind, one.name, one.default) == plan


def test_another_type_takes_only_the_options_that_it_has() -> None:
    plan = with_option(changed(Plan(), "optimizer", "RMSprop"), "optimizer", "centered", True)
    plan = with_option(plan, "optimizer", "momentum", 0.5)
    assert dict(changed(plan, "optimizer", "SGD").optimizer.options) == {"momentum": 0.5}
    assert dict(with_option(changed(Plan(), "optimizer", "AdamW"), "optimizer", "weight_decay", 0.0).optimizer.options
                ) == {"weight_decay": 0.0}, "AdamW decays by itself"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_plan_that_learns(name: str) -> None:
    before = changed(changed(changed(Plan(), "epochs", 3), "clip", 2.0), "optimizer", "Rprop")
    plan = preset(with_option(before, "optimizer", "eta_plus", 1.5), name)
    assert (plan.epochs, plan.stages[0].steps[0].clip) == (3, 2.0) and "eta_plus" not in plan.optimizer.options
    assert preset(plan, name) == plan
    program = network().session.compile()
    Learner(program, plan.stages[0].steps[0])
    Watch(plan.stop, program, validated=True)


def form(qtbot: Any, session: Session) -> PlanForm:
    made = PlanForm(session, Theme())
    qtbot.addWidget(made)
    unsubscribe = session.history.subscribe(lambda change: made.refresh())
    made.destroyed.connect(unsubscribe)
    made.show()
    return made


def test_the_form_follows_the_type(qtbot: Any) -> None:
    session = Session()
    made = form(qtbot, session)
    first = made.parts[0]
    assert first.options is not None and first.rare is not None
    assert "weight_decay" in first.options.fields and "beta1" in first.rare.fields and first.rare.isHidden()
    session.edit(SetPlan(changed(session.graph.plan, "optimizer", "SGD")))
    assert "momentum" in first.options.fields and "beta1" not in first.rare.fields
    first.options.changed.emit("momentum", 0.9)
    assert dict(session.graph.plan.optimizer.options) == {"momentum": 0.9}
    session.undo()
    assert not session.graph.plan.optimizer.options and first.options.fields["momentum"].box.value() == 0.0  # type: ignore[attr-defined]


def test_rare_options_are_folded_unless_one_is_set(qtbot: Any) -> None:
    session = Session()
    made = form(qtbot, session)
    first = made.parts[0]
    assert first.rare is not None and first.rare.isHidden() and first._more.text() == "4 more"
    first._more.click()
    assert first.rare.isVisible() and first._more.text() == "Less"
    first.title.click()
    assert first.rare.isHidden() and first._more.isHidden()
    own = Session()
    own.edit(SetPlan(with_option(Plan(), "optimizer", "beta1", 0.5)))
    other = form(qtbot, own).parts[0]
    assert other.rare is not None and other.rare.isVisible() and set(other.rare.fields) == set(first.rare.fields)
    assert all(name in RECIPES["Adam"].options for name in other.rare.fields)


def test_parts_unfold_by_hand_and_where_something_is_set(qtbot: Any) -> None:
    session = Session()
    made = form(qtbot, session)
    assert [one.form.isHidden() for one in made.parts] == [False, False, True, True, True, True]
    stop = made.parts[-1]
    stop.title.click()
    assert not stop.form.isHidden()
    made.choose("AdamW, cosine, warm-up")
    assert session.graph.plan == preset(Plan(), "AdamW, cosine, warm-up")
    schedule = made.parts[3]
    assert schedule.options is not None and schedule.options.isVisible() and "T_max" in schedule.options.fields
    session.undo()
    menu = made.offered()
    assert [one.text() for one in menu.actions()] == list(PRESETS)
    menu.actions()[-1].trigger()
    assert session.graph.plan == preset(Plan(), "Online, in the given order")
    menu.close()
    session.undo()
    assert session.graph.plan == Plan()
    patient = Session()
    patient.edit(SetPlan(changed(Plan(), "patience", 3)))
    assert not form(qtbot, patient).parts[-1].form.isHidden()
    assert [one.part for one in made.parts] == list(PARTS)
