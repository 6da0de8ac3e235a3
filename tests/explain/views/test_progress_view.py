"""How good the network is on each part, now and at moments that were kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.explain.views.progress import Progress
from neuralgraph.figures.shown import Board, Curves, Table
from neuralgraph.resources import examples
from tests.explain.drawn_views import moons


def test_the_parts_are_judged_as_the_run_judged_them() -> None:
    graph = ng.load(examples() / "digits-mlp.ngraph")
    run = ng.train(graph, epochs=2, validation=0.2)
    graph.session.run = None  # the weights alone, without the moments of their run
    shown = ng.inspect(graph, "progress")
    assert isinstance(shown, Table)
    named = {row[0]: row[1:] for row in shown.rows}
    assert named["validation"][1] == pytest.approx(run.final["val_loss"], rel=1e-4)
    assert named["validation"][2] == pytest.approx(run.final["val_accuracy"])
    assert "No earlier moments" in shown.note
    assert "test" not in named


def test_earlier_moments_become_curves() -> None:
    graph = moons()
    programs = [ng.train(graph, epochs=one, validation=0.2, seed=0).program for one in (1, 4)]
    states = [{name: value.clone() for name, value in one.state_dict().items()} for one in programs]
    at = graph.session._at("", programs[-1])
    assert at is not None
    at = replace(at, past=[(step, lambda one=one: one) for step, one in zip((5, 20), programs, strict=True)])
    shown = Progress().look(at)
    assert isinstance(shown, Board)
    both, table = shown.parts
    assert isinstance(both, Board)
    loss, right = both.parts
    assert isinstance(loss, Curves)
    assert isinstance(right, Curves)
    assert isinstance(table, Table)
    rows = graph.session._rows(programs[-1])
    assert rows is not None
    assert rows.target is not None
    for curve, part in zip(right.curves, (rows.split.train, rows.split.validation), strict=True):
        assert curve.x.tolist() == [5, 20]
        wanted = [(one.predict(x=np.array(rows.arrays["data.x"][part])).argmax(dim=1).numpy() ==
                   rows.target[part]).mean() for one in programs]
        assert np.allclose(curve.y, wanted)
    assert table.rows[0][2] == pytest.approx(loss.curves[0].y[-1])
    assert all((value == one.state_dict()[name]).all() for one, state in zip(programs, states, strict=True)
               for name, value in state.items())
