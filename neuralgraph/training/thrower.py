"""Which node threw an exception on the way back: nodes are walked back one by one until it comes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from neuralgraph.training.checkpoint import copied
from neuralgraph.training.examination import Watching
from neuralgraph.training.randomness import undisturbed


class Apart(Watching):
    """Every node gets its inputs cut off from what they were made of, so that each can be walked back alone."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.leaves: dict[fx.Node, list[tuple[fx.Node, list[Tensor]]]] = {}

    def fetch_args_kwargs_from_env(self, n: fx.Node) -> Any:
        given = self.leaves[n] = []

        def cut(source: fx.Node) -> Any:
            value, leaves = _cut(self.values[source])
            given.append((source, leaves))
            return value

        return fx.map_arg(n.args, cut), fx.map_arg(n.kwargs, cut)


def thrower(program: Any, learner: Any, batch: Sequence[Tensor], error: BaseException) -> str | None:
    """The canvas id of the node that throws the like of `error` in this batch on the way back; None if none does.

    Weights, buffers and random state are afterwards as they were.
    """
    before = copied(program.state_dict())
    apart = Apart(program.training_for(learner.losses))
    try:
        with undisturbed(program.device), torch.enable_grad(), learner.precision.forward():
            apart.all(batch)
    except Exception:  # it does not even come through forwards now: nothing is known
        return None
    else:
        return _walk_back(apart, type(error))
    finally:
        program.load_state_dict(before)


def _walk_back(apart: Apart, kind: type[BaseException]) -> str | None:
    total: Any = apart.nodes[-1].args[0]
    gradients: dict[fx.Node, list[Tensor | None]] = {total[0]: [torch.ones_like(apart.values[total[0]])]}
    for node in reversed(apart.nodes[:-1]):
        pairs = [(out, found) for out, found in zip(_tensors(apart.values[node]), gradients.pop(node, []), strict=False)
                 if found is not None and out.requires_grad]
        leaves = [one for _, some in apart.leaves.get(node, ()) for one in some]
        weights = [] if node.op != "call_module" else [
            one for one in apart.module.get_submodule(str(node.target)).parameters() if one.requires_grad]
        into = [one for one in (*leaves, *weights) if one.requires_grad]
        if not pairs or not into:
            continue
        try:
            found = torch.autograd.grad([out for out, _ in pairs], into, [one for _, one in pairs], allow_unused=True)
        except kind:
            return str(node.meta.get("id", node.name))
        except Exception:  # another trouble than the one that is looked for
            return None
        known = {id(one): gradient for one, gradient in zip(into, found, strict=True)}
        for source, some in apart.leaves.get(node, ()):
            held = gradients.setdefault(source, [None] * len(list(_tensors(apart.values[source]))))
            for at, leaf in enumerate(some):
                fresh, old = known.get(id(leaf)), held[at]
                held[at] = fresh if old is None else old if fresh is None else old + fresh
    return None


def _cut(value: Any) -> tuple[Any, list[Tensor]]:
    """The same numbers without their history, and all the tensors among them."""
    if isinstance(value, Tensor):
        leaf = value.detach().requires_grad_(value.requires_grad)
        return leaf, [leaf]
    if isinstance(value, (tuple, list)):
        parts = [_cut(one) for one in value]
        made = [one for one, _ in parts]
        return (type(value)(made) if type(value) in (tuple, list) else tuple(made)), [
            leaf for _, some in parts for leaf in some]
    return value, []


def _tensors(value: Any) -> Iterator[Tensor]:
    """In the order of `_cut`."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _tensors(one)
