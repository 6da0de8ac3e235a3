"""Every node type in a traced step: replayed on other numbers it gives what torch gives, bit for bit, or is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_every_node import RUNNABLE, alone, example, tensors
from torch import Tensor, nn

from neuralgraph.compiler.program import Program
from neuralgraph.spec import Node
from neuralgraph.training.traced.replay import Replay
from neuralgraph.training.traced.tracing import Untraceable, trace

KINDS = [one for one in RUNNABLE if one.role != "metric"]
REFUSED = {"OneHot", "CTCLoss", "Hopfield", "Competitive", "HMM"}
"""torch looks at the numbers to know what to do, so a trace would hold for one batch alone: they go the usual way."""


class _Step(nn.Module):
    """The node between a factor on its inputs and the mean square of what it gives."""

    def __init__(self, program: Program, signs: tuple[str, ...]) -> None:
        super().__init__()
        program.root.train()
        self.factor = nn.Parameter(torch.ones(()))
        self.module, self.keys = program._trace_module(frozenset({"it"}))
        self.fixed = [key.removeprefix("in_") in signs for key in self.keys]

    def forward(self, *given: Tensor) -> tuple[Tensor, tuple[Tensor, ...], tuple[Any, ...]]:
        scaled = [one if fixed or not one.is_floating_point() else one * self.factor
                  for one, fixed in zip(given, self.fixed, strict=True)]
        found = [one for one in self.module(*scaled).values() if one.is_floating_point()]
        terms = [(one.float() ** 2).mean() for one in found] or [self.factor * 1.0]
        total = torch.stack([torch.nan_to_num(one, 0.0, 1.0, -1.0) for one in terms]).sum() + self.factor ** 2
        return total, (total,), ()


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
def test_a_replay_is_the_step(kind: type[Node]) -> None:
    given = example(kind)
    graph, inference = alone(kind, given)
    step = _Step(Program(graph, inference, seed=1), given.signs)
    first, others = tensors(given, 3), [tensors(given, 3), _other(tensors(given, 3), given.signs)]
    weights = list(step.parameters())
    places = [torch.zeros_like(one).detach() for one in weights]
    batch = tuple(first[key] for key in step.keys)
    before = {name: one.clone() for name, one in step.state_dict().items()}
    try:
        replay = Replay(trace(step, weights, lambda total, _: total, batch), batch, places)
    except Untraceable:
        assert kind.__name__ in REFUSED
        return
    assert kind.__name__ not in REFUSED
    assert all(torch.equal(one, before[name]) for name, one in step.state_dict().items())
    for other in others:
        batch = tuple(other[key] for key in step.keys)
        torch.manual_seed(7)
        total, losses, watched = replay(batch)
        mine, drawn = {name: one.clone() for name, one in step.state_dict().items()}, torch.get_rng_state()
        step.load_state_dict(before)
        torch.manual_seed(7)
        expected = step(*batch)[0]
        gradients = torch.autograd.grad(expected, weights, allow_unused=True)
        assert torch.equal(total, expected) and torch.equal(losses[0], expected) and not watched
        assert replay.known == [one is not None for one in gradients]
        for place, gradient in zip(places, gradients, strict=True):
            assert gradient is None or torch.equal(place.nan_to_num(), gradient.nan_to_num())
        assert torch.equal(drawn, torch.get_rng_state())
        assert all(torch.equal(one, mine[name]) for name, one in step.state_dict().items())
        before = {name: one.clone() for name, one in step.state_dict().items()}


def _other(inputs: dict[str, Tensor], signs: tuple[str, ...]) -> dict[str, Tensor]:
    """Other numbers in the same range: the rows turned, and those that are decimals shrunk a little."""
    turned = {key: one.flip(0) for key, one in inputs.items()}
    return {key: one * 0.97 if one.is_floating_point() and key.removeprefix("in_") not in signs else one
            for key, one in turned.items()}


def test_most_node_types_can_be_replayed() -> None:
    assert len(REFUSED) <= len(KINDS) // 20
