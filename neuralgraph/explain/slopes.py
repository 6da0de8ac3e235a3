"""Gradients for the eye: of weights and of what nodes give, on rows of the data. Nothing learns, nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.learning import chosen
from neuralgraph.compiler.program import Program
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
Names = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Slopes:
    """The loss of the rows, and its gradients: by the name of a parameter, and by node and output.

    Those that nothing of the loss depends on are left out.
    """

    loss: float
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)


def goals(program: Program) -> dict[str, Names]:
    """The losses by which each parameter that learns is moved: those of the first step of the plan that moves it."""
    named = [name for name, one in program.root.named_parameters() if one.requires_grad]
    ids = tuple(dict.fromkeys(program.owner(name) for name in named))
    found: dict[str, Names] = {}
    for step in (one for stage in program.document.plan.stages for one in stage.steps):
        owners = chosen(step.nodes, ids, "node", strict=False)
        losses = chosen(step.losses, program.losses, "loss", strict=False)
        for name in named:
            if losses and program.owner(name) in owners:
                found.setdefault(name, losses)
    return found


def goal_of(program: Program, node: str) -> Names:
    """The losses by which a node learns; of one that learns nothing, all of them."""
    inside = (losses for name, losses in goals(program).items()
              if program.owner(name) == node or program.owner(name).startswith(f"{node}/"))
    return next(inside, program.losses)


def slopes(
    program: Program, given: Mapping[str, Array], losses: Sequence[str], parameters: Mapping[str, Tensor],
    nodes: Sequence[str] = (),
) -> Slopes:
    """Gradients of the weighted sum of some losses for rows by source key, in eval mode (no dropout).

    `parameters` are those of the program, by any name; of `nodes` the gradients of what they give are found too. The
    program stays as it is, the gradients of the last batch included.
    """
    with undisturbed(program.device, program.seed), program.quiet(), backwards(program):
        followed = program.needed(tuple(nodes)) if nodes else ()
        tensors = {key: _followed(program.tensor(key, value)) if key in followed else program.tensor(key, value)
                   for key, value in given.items()}
        found = program.trace(tensors, [*losses, *nodes], grad=True)
        total = torch.stack([found[id].reshape(()) * program.shares[id] for id in losses]).sum()
        values = {(id, output): found[name] for id in nodes for output in program.outputs_of(id)
                  if (name := _traced(program, id, output)) in found and found[name].requires_grad}
        wanted = {name: one for name, one in parameters.items() if one.requires_grad}
        every = [*wanted.values(), *values.values()]
        grads = torch.autograd.grad(total, every, allow_unused=True) if every and total.requires_grad else ()
        pairs = dict(zip([*wanted, *values], grads, strict=False))
    by_node: dict[str, dict[str, Tensor]] = {}
    for id, output in values:
        if (slope := pairs.get((id, output))) is not None:
            by_node.setdefault(id, {})[output] = slope.detach()
    return Slopes(float(total.detach()), {name: slope.detach() for name in wanted
                                          if (slope := pairs.get(name)) is not None}, by_node)


def every_weight(program: Program, given: Mapping[str, Array]) -> dict[str, Tensor]:
    """The gradient of every parameter that learns, each by the losses that move it."""
    by_goal: dict[Names, list[str]] = {}
    for name, losses in goals(program).items():
        by_goal.setdefault(losses, []).append(name)
    parameters, found = dict(program.root.named_parameters()), dict[str, Tensor]()
    for losses, names in by_goal.items():
        found |= slopes(program, given, losses, {name: parameters[name] for name in names}).weights
    return found


@contextmanager
def backwards(program: Program) -> Iterator[None]:
    """The way back through recurrent layers in eval mode, which cuDNN does not know."""
    if torch.device(program.device).type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(enabled=False):
        yield


def _followed(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().requires_grad_() if tensor.is_floating_point() else tensor


def _traced(program: Program, id: str, output: str) -> str:
    several = len(program.outputs_of(id)) > 1
    if id in program.inference.flat.copies:
        return f"{id}.{output}" if several else id
    return program.output_name(id, output)
