"""One forward and backward pass as a list of torch's elementary operations, without the tape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call
from torch.fx.experimental.proxy_tensor import make_fx

from neuralgraph.training.batches import Batch

MOST_OPERATIONS = 4000
"""A longer step is left as it is: recurrent loops over long sequences, mostly."""


class Untraceable(Exception):
    """This step can't be taken apart; the message says why."""


class NotWorthIt(Untraceable):
    """It could be, but hardly anything would be gained."""


@dataclass(frozen=True)
class Trace:
    """The operations: inputs are the tensors of `fixed`, then the batch.

    Outputs, flat: the total loss, the losses, what metrics look at (`watched` says how many each), and the gradients
    of `wanted`, None for a weight that the losses do not depend on.
    """

    graph: fx.GraphModule
    fixed: tuple[Tensor, ...]
    losses: int
    watched: tuple[int, ...]
    wanted: int


def trace(forward: nn.Module, wanted: Sequence[nn.Parameter], goal: Callable[[Tensor, Mapping[int, Tensor]], Tensor],
          batch: Batch) -> Trace:
    """Take one step on `batch` apart. Works on copies: weights, buffers and the random state stay as they are.

    `goal` is what is differentiated: it gets the total loss and stand-ins of the parameters by `id`. Raises
    `Untraceable`.
    """
    parameters = dict(forward.named_parameters())
    buffers = dict(forward.named_buffers())
    extra = [one for one in wanted if all(one is not other for other in parameters.values())]
    live = [*parameters.values(), *buffers.values(), *extra]
    shape: list[Any] = []

    def step(fixed: list[Tensor], given: list[Tensor]) -> list[Any]:
        named = dict(zip([*parameters, *buffers], fixed, strict=False))
        stand_ins = {id(mine): copy for mine, copy in zip(live, fixed, strict=True)}
        total, losses, watched = functional_call(forward, named, tuple(given))
        gradients = torch.autograd.grad(goal(total, stand_ins), [stand_ins[id(one)] for one in wanted],
                                        allow_unused=True)
        shape[:] = [len(losses), tuple(len(one) for one in watched)]
        return [total, *losses, *(one for some in watched for one in some), *gradients]

    copies = [one.detach().clone().requires_grad_(one.requires_grad) for one in live]
    before = torch.get_rng_state()
    try:
        graph = make_fx(step, tracing_mode="real")(copies, list(batch))
    except Exception as error:  # whatever torch refuses is no reason to stop: the step goes on untraced
        raise Untraceable(_first_sentence(error)) from error
    finally:
        torch.set_rng_state(before)
    _check(graph.graph)
    return Trace(graph, tuple(one.detach() for one in live), shape[0], shape[1], len(wanted))


def _check(graph: fx.Graph) -> None:
    calls = [node for node in graph.nodes if node.op == "call_function"]
    if len(calls) > MOST_OPERATIONS:
        raise NotWorthIt(f"it has {len(calls):,} operations, more than {MOST_OPERATIONS:,}")
    for node in calls:
        tags = getattr(node.target, "tags", ())
        if torch.Tag.dynamic_output_shape in tags or torch.Tag.data_dependent_output in tags:
            raise Untraceable(f"what {node.target} gives has a size that depends on the data")


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:160] if lines else type(error).__name__
