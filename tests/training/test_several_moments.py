"""Moments that are looked at in a row: copies of one program are those that would be made anew."""

from __future__ import annotations

import pytest
import torch

from neuralgraph.training.rewinding import Rewind
from tests.training.test_moments import CASES, copy, data, same, trained


@pytest.mark.parametrize("name", CASES)
def test_a_copied_moment_is_the_moment(name: str) -> None:
    _, run = trained(name)
    anew, copied = Rewind(run.moments), Rewind(run.moments, several=True)
    rows = {"x": data()["x"][:5]}
    taken = []
    for step in run.moments.steps:
        one, other = anew.nearest(step), copied.nearest(step)
        assert one.step == other.step == step
        assert same(copy(one.program), copy(other.program))
        assert one.program.shares == other.program.shares and not other.program.root.training
        for node in one.program.inference.order:
            for lever in ("p", "weight"):
                assert one.program.live(node, lever) == other.program.live(node, lever)
        assert torch.equal(one.program.predict(**rows), other.program.predict(**rows))
        taken.append((other.program, copy(other.program)))
    assert len(taken) > 3
    for program, weights in taken:  # each stands on weights of its own
        assert same(copy(program), weights)
    with torch.no_grad():
        next(taken[0][0].root.parameters()).add_(1.0)
    assert all(same(copy(program), weights) for program, weights in taken[1:])
    assert same(copy(copied.nearest(0).program), copy(anew.nearest(0).program))
