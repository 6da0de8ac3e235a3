"""An exception on the way back is traced to its node, in networks that branch, repeat and have several outputs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.training.events import Failed, Finished
from neuralgraph.training.loop import fit
from neuralgraph.training.thrower import thrower
from tests.promises.test_numbers_are_traced import NETWORKS

NODES = [("convolutions", "norm"), ("convolutions", "second"), ("recurrent", "memory"), ("recurrent", "gates"),
         ("shortcut", "way"), ("shortcut", "side"), ("shortcut", "norm"), ("block", "last"), ("chance", "drop")]


class Odd(Exception):
    """Of a kind that nobody knows."""


def network(name: str) -> tuple[ng.Graph, dict[str, Any]]:
    build, shape = NETWORKS[name]
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=shape), g.add("Input", id="y", shape=(2,))
    g.add("MSELoss", build(g, x), y, id="loss")
    return g, {"x": torch.randn(24, *shape).numpy(), "y": torch.randn(24, 2).numpy()}


@pytest.mark.parametrize(("name", "id"), NODES)
def test_the_node_is_named_and_the_next_run_works(name: str, id: str) -> None:
    graph, data = network(name)
    session = graph.session
    plan = ng.api.planned(session.graph.plan, epochs=2, batch_size=8, validation=0.0)
    program = session.compile(graph=session.graph.having(plan=plan))
    calls = [0]

    def thrown(_gradient: Any) -> None:
        raise Odd("no way back")

    def act(_module: Any, _given: Any, out: Any) -> None:
        calls[0] += 1
        if calls[0] > 4:  # in the second epoch
            (out[0] if isinstance(out, tuple) else out).register_hook(thrown)

    module = program.part(id)
    assert module is not None
    handle = module.register_forward_hook(act)
    feed = session.feed(program, plan, data)
    failed = list(fit(program, feed, plan))[-1]
    handle.remove()
    assert isinstance(failed, Failed) and failed.node == id and "no way back" in failed.message
    assert isinstance(list(fit(program, feed, plan))[-1], Finished)


def test_a_batch_that_throws_nothing_names_nobody_and_changes_nothing() -> None:
    graph, data = network("chance")
    session = graph.session
    plan = ng.api.planned(session.graph.plan, epochs=1, validation=0.0)
    program = session.compile(graph=session.graph.having(plan=plan))
    feed = session.feed(program, plan, data)
    from neuralgraph.training.learner import Learner

    learner = Learner(program, plan.stages[0].steps[0])
    before, chance = {name: one.clone() for name, one in program.state_dict().items()}, torch.get_rng_state()
    batch = [feed.train[key][:8] for key in program.training_inputs]
    assert thrower(program, learner, batch, Odd()) is None
    assert torch.equal(chance, torch.get_rng_state())
    assert all(torch.equal(one, before[name]) for name, one in program.state_dict().items())
    assert all(one.grad is None for one in program.root.parameters())
