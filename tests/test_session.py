"""The façade of both front ends: one document, its file, its analysis and its runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from neuralgraph.errors import DocumentError
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.training.control import Control
from neuralgraph.training.events import EpochEnded, Failed, Finished, Started

IRIS = examples() / "iris.ngraph"


def widen(session: Session, id: str = "hidden", width: int = 12) -> None:
    node = session.graph.nodes[id]
    session.edit(ChangeNode(replace(node, params=node.params.having(out_features=width))))


def test_modified_follows_the_file_and_undo(tmp_path: Path) -> None:
    session = Session.open(IRIS, as_copy=True)
    assert not session.modified
    widen(session)
    assert session.modified
    session.undo()
    assert not session.modified
    widen(session)
    path = session.save(tmp_path / "flowers")
    assert path.name == "flowers.ngraph"
    assert not session.modified
    assert Session.open(path).graph == session.graph


def test_a_failed_save_leaves_it_unsaved(tmp_path: Path) -> None:
    session = Session.open(IRIS, as_copy=True)
    widen(session)
    with pytest.raises(DocumentError):
        session.save(tmp_path / "absent" / "flowers.ngraph")
    assert session.modified
    assert session.path is None


def test_a_preview_tells_without_editing() -> None:
    session = Session.open(IRIS)
    session.accept(session.analyse())
    node = session.graph.nodes["logits"]
    narrow = ChangeNode(replace(node, params=node.params.having(out_features=2)))
    problems = session.preview(narrow)
    assert [one.code for one in problems] == ["labels_out_of_range"]
    assert session.graph.nodes["logits"] == node


def test_training_goes_on_with_the_weights_of_untouched_nodes() -> None:
    session = Session.open(IRIS)
    events = list(
        session.train(plan=replace(session.graph.plan, stages=(replace(session.graph.plan.stages[0], epochs=2),)))
    )
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert sum(isinstance(one, EpochEnded) for one in events) == 2
    assert session.program is not None
    learned = session.program.state_dict()["logits.weight"].clone()
    control = Control()
    control.stop()
    list(session.train(control=control, fresh=False))
    assert torch.equal(session.program.state_dict()["logits.weight"], learned)
    widen(session)
    control = Control()
    control.stop()
    list(session.train(control=control, fresh=False))
    assert session.program.state_dict()["logits.weight"].shape == (3, 12)
    assert session.program.state_dict()["standardize_1.mean"].any()


def test_a_plan_that_cannot_run_ends_in_one_event() -> None:
    session = Session.open(IRIS)
    stage = session.graph.plan.stages[0]
    step = replace(stage.steps[0], losses=("nothing",))
    plan = replace(session.graph.plan, stages=(replace(stage, steps=(step,)),))
    events = list(session.train(plan=plan))
    assert isinstance(events[-1], Failed)
    assert "nothing" in events[-1].message
