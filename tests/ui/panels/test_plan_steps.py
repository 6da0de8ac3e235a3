"""Several stages and steps in the form of the plan: seen, chosen, changed, undone; learning rules taken from a menu."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QMenu

import neuralgraph as ng
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.graph.stages import Place, another_stage, another_step, moved, patterns, removed, told
from neuralgraph.recipes import RECIPES
from neuralgraph.session import Session
from neuralgraph.ui.panels.plan_form import PlanForm
from neuralgraph.ui.theme import Theme
from tests.training.test_learning_rules import pair

TWO = Plan((Stage(5, (Step(("a",)), Step(("b",), every=2))), Stage(3, (Step(("c",), ("d", "e_*")),))))


def form(qtbot: Any, session: Session) -> PlanForm:
    made = PlanForm(session, Theme(), session.analyse)
    qtbot.addWidget(made)
    unsubscribe = session.history.subscribe(lambda change: made.refresh())
    made.destroyed.connect(unsubscribe)
    made.show()
    return made


def lines(made: PlanForm) -> list[str]:
    return [made.steps.list.item(at).text() for at in range(made.steps.list.count())]


def test_stages_and_steps_are_added_moved_and_removed() -> None:
    plan, place = another_step(TWO, Place(0, 1))
    assert (len(plan.stages[0].steps), place) == (3, Place(0, 2))
    assert removed(plan, place) == (TWO, Place(0, 1))
    plan, place = another_stage(TWO, Place(0, 1))
    assert ([one.epochs for one in plan.stages], place) == ([5, 5, 3], Place(1, 0))
    plan, place = moved(TWO, Place(0, 1), -1)
    assert ([one.losses for one in plan.stages[0].steps], place) == ([("b",), ("a",)], Place(0, 0))
    assert moved(plan, place, -1) == (plan, place)
    plan, place = moved(TWO, Place(1, 0), -1)
    assert ([one.epochs for one in plan.stages], place) == ([3, 5], Place(0, 0))
    plan, place = removed(TWO, Place(1, 0))
    assert (len(plan.stages), place) == (1, Place(0, 0))
    assert removed(Plan(), Place()) == (Plan(), Place())


def test_names_are_typed_with_commas_or_spaces() -> None:
    assert patterns("a, b_*  c") == ("a", "b_*", "c")
    assert patterns("  ") == ("*",)
    assert told(TWO.stages[0].steps[1]) == "b → all nodes · Adam 0.001 · every 2 batches"


def test_a_plain_plan_keeps_its_list_folded(qtbot: Any) -> None:
    made = form(qtbot, Session())
    assert made.steps.inside.isHidden()
    made.steps.title.click()
    assert not made.steps.inside.isHidden()
    assert lines(made) == ["Stage 1 · 10 epochs", "1.  all losses → all nodes · Adam 0.001"]
    assert [one.isEnabled() for one in made.steps.tools] == [True, True, False, False, False]


def test_the_form_shows_and_changes_the_step_that_is_chosen(qtbot: Any) -> None:
    session = Session()
    session.edit(SetPlan(TWO))
    made = form(qtbot, session)
    assert not made.steps.inside.isHidden()
    assert lines(made) == [
        "Stage 1 · 5 epochs", "1.  a → all nodes · Adam 0.001", "2.  b → all nodes · Adam 0.001 · every 2 batches",
        "Stage 2 · 3 epochs", "1.  c → d, e_* · Adam 0.001"]
    made.steps.list.setCurrentRow(3)  # its heading stands for its first step
    assert made.steps.at == Place(1, 0)
    assert made.steps.list.currentRow() == 4
    made.steps.list.setCurrentRow(1)
    made.steps.list.setCurrentRow(0)
    assert (made.steps.at, made.steps.list.currentRow()) == (Place(), 1)
    made.steps.list.setCurrentRow(4)
    assert made.steps.at == Place(1, 0)
    assert made.parts[1].form.fields["epochs"].box.value() == 3  # type: ignore[attr-defined]
    made.parts[0].form.changed.emit("optimizer", "SGD")
    made.parts[0].form.changed.emit("lr", 0.5)
    made.parts[1].form.changed.emit("epochs", 7)
    made.steps.form.changed.emit("nodes", "d")
    first, second = session.graph.plan.stages
    assert first == TWO.stages[0]
    assert second == Stage(7, (Step(("c",), ("d",), Optimizer("SGD", 0.5)),))
    options = made.parts[0].options
    assert options is not None
    options.changed.emit("momentum", 0.9)
    assert dict(session.graph.plan.stages[1].steps[0].optimizer.options) == {"momentum": 0.9}
    while session.undo():
        pass
    assert session.graph.plan == Plan()
    assert made.steps.at == Place()


def test_each_tool_is_one_step_of_the_document(qtbot: Any) -> None:
    session = Session()
    made = form(qtbot, session)
    stage, step, up, _, remove = made.steps.tools
    stage.click()
    step.click()
    assert [len(one.steps) for one in session.graph.plan.stages] == [1, 2]
    assert made.steps.at == Place(1, 1)
    made.steps.form.changed.emit("losses", "x")
    up.click()
    assert session.graph.plan.stages[1].steps[0].losses == ("x",)
    remove.click()
    remove.click()
    assert session.graph.plan == Plan()
    session.undo()
    session.undo()
    session.undo()
    assert session.graph.plan.stages[1].steps[1].losses == ("x",)


def test_losses_and_nodes_are_picked_from_those_of_the_graph(qtbot: Any) -> None:
    graph = pair()
    session = graph.session
    session.edit(SetPlan(Plan()))
    made = form(qtbot, session)

    def pick(name: str, *texts: str) -> QMenu:
        for text in texts:
            menu = made.steps.offered(name)
            next(one for one in menu.actions() if one.text() == text).trigger()
            menu.close()
        return menu

    pick("losses", "fools", "tells_real", "fools")
    pick("nodes", "g_in", "g_out")
    step = session.graph.plan.stages[0].steps[0]
    assert (step.losses, step.nodes) == (("tells_real",), ("g_in", "g_out"))
    pick("losses", "All")
    assert session.graph.plan.stages[0].steps[0].losses == ("*",)


def test_learning_rules_are_taken_from_a_menu(qtbot: Any) -> None:
    graph = pair()
    session = graph.session
    session.edit(SetPlan(Plan()))
    made = form(qtbot, session)
    menu = made.offered_rules()
    assert [one.text() for one in menu.actions()] == list(RECIPES)
    next(one for one in menu.actions() if one.text() == "Adversaries in turn (GAN)").trigger()
    menu.close()
    assert [one.losses for one in session.graph.plan.stages[0].steps] == [("tells_real", "tells_made"), ("fools",)]
    assert made.said.isHidden()
    session.undo()
    assert session.graph.plan == Plan()


def test_what_a_rule_lacks_is_said(qtbot: Any) -> None:
    graph = ng.Graph()
    made = form(qtbot, graph.session)
    made.follow("Hebb")
    assert "energy_in" in made.said.text() and not made.said.isHidden()
    made.choose("Full batch")
    assert made.said.isHidden()


@pytest.mark.parametrize("known", [None])
def test_a_rule_waits_for_the_shapes(qtbot: Any, known: Any) -> None:
    made = PlanForm(Session(), Theme(), lambda: known)
    qtbot.addWidget(made)
    made.follow("Hebb")
    assert "not known yet" in made.said.text()
