"""A plan follows its graph: names in its steps, and what is said where they lead nowhere."""

from __future__ import annotations

import pytest

import neuralgraph as ng
from neuralgraph.graph.edits import RemoveNode, RenameNode, SetPlan
from neuralgraph.graph.file import dumps
from neuralgraph.graph.plan import Plan, Stage, Step
from neuralgraph.graph.stages import names_it, renamed
from tests.training.test_learning_rules import pair


def steps(graph: ng.Graph) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(one.losses, one.nodes) for stage in graph.session.graph.plan.stages for one in stage.steps]


def named() -> ng.Graph:
    graph = pair()
    graph.session.edit(SetPlan(Plan((Stage(3, (Step(("fools",), ("g_in", "g_*")), Step(("tells_*",), ("d_in",)))),))))
    return graph


def test_a_renamed_node_keeps_its_place_in_the_plan() -> None:
    graph = named()
    before = dumps(graph.session.graph)
    graph.session.edit(RenameNode("fools", "wins"))
    graph.session.edit(RenameNode("g_in", "first"))
    assert steps(graph) == [(("wins",), ("first", "g_*")), (("tells_*",), ("d_in",))]
    assert not [one for one in ng.check(graph) if one.code == "plan_names"]
    graph.session.undo()
    graph.session.undo()
    assert dumps(graph.session.graph) == before


def test_undoing_a_rename_gives_back_what_named_the_new_id_before() -> None:
    graph = named()
    graph.session.edit(SetPlan(Plan((Stage(3, (Step(("fools", "wins")),)),))))
    before = dumps(graph.session.graph)
    graph.session.edit(RenameNode("fools", "wins"))
    assert steps(graph) == [(("wins", "wins"), ("*",))]
    graph.session.undo()
    assert dumps(graph.session.graph) == before


def test_a_plan_that_names_nothing_is_left_alone() -> None:
    plan = Plan()
    assert renamed(plan, "a", "b") is plan
    assert not names_it(plan, "a")


@pytest.mark.parametrize(("id", "severity", "words"), [
    ("fools", "warning", "Step 1 of stage 1 of the plan learns from the loss «fools»"),
    ("g_in", "warning", "Step 1 of stage 1 of the plan moves the node «g_in»"),
])
def test_what_the_plan_names_and_is_gone_is_said_and_mended(id: str, severity: str, words: str) -> None:
    graph = named()
    assert not [one for one in ng.check(graph) if one.code == "plan_names"]
    graph.session.edit(RemoveNode(id))
    problem = next(one for one in ng.check(graph) if one.code == "plan_names")
    assert problem.severity == severity and words in problem.message
    graph.session.edit(problem.fixes[0].edit)
    assert not [one for one in ng.check(graph) if one.code == "plan_names"]
