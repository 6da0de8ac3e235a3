"""A batch looked at number by number: which node first gave what is no number, forwards, backwards or in the step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from neuralgraph.training.causes import Cause, cause_of, steep
from neuralgraph.training.checkpoint import copied
from neuralgraph.training.randomness import undisturbed


@dataclass(frozen=True)
class Finding:
    """`tensor` is "output", "gradient" or the name of a weight, `node` the canvas id; `counted` how much is bad."""

    node: str
    tensor: str
    counted: str
    cause: Cause


class Watching(fx.Interpreter):
    """Runs a program node by node and keeps every value."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module, garbage_collect_values=False)
        self.nodes: list[fx.Node] = list(module.graph.nodes)
        self.values: dict[fx.Node, Any] = {}

    def all(self, batch: Sequence[Tensor]) -> Any:
        """What the program gives. `Interpreter.run` would start a thread for a bar that nobody sees."""
        self.args_iter = iter(batch)
        for node in self.nodes:
            self.values[node] = self.env[node] = self.run_node(node)
        return self.values[self.nodes[-1]]


def examine(program: Any, learner: Any, batch: Sequence[Tensor]) -> Finding | None:
    """What goes wrong in this batch with the present weights; changes neither them nor the random state.

    Runs in the mode that the modules are in, and draws what the step itself would draw.
    """
    before = copied(program.state_dict())
    watching = Watching(program.training_for(learner.losses))
    try:
        with undisturbed(program.device), torch.enable_grad(), learner.precision.forward():
            total = watching.all(batch)[0]
            found = _forwards(program, watching)
        return found or _backwards(program, watching, total)
    except Exception:  # what cannot be looked at while it runs has nothing to say
        return None
    finally:
        program.load_state_dict(before)


def stepped(program: Any, before: Mapping[str, Tensor], learner: Any) -> Finding | None:
    """A weight that the last step made none, from one that was."""
    for name, one in program.root.named_parameters():
        if not bad(one):
            continue
        node = str(program.owner(name))
        was, gradient = before.get(name), one.grad
        words = f"the learning rate is {learner.lr:g}"
        if was is not None:
            words = f"its weights were up to {_most(was):.3g} before the step, {words}"
        if gradient is not None:
            words += f", and its gradient is up to {_most(gradient):.3g}"
        return Finding(node, name.rpartition(".")[2], counted(one), Cause("rate", words))
    return None


# -- forwards ---------------------------------------------------------------------------------------------------------


def _forwards(program: Any, watching: Watching) -> Finding | None:
    """From the loss back to the value that is none though all that it is made of are."""
    given: Any = watching.nodes[-1].args[0]
    bad_ones = [one for one in (given[0], *given[1]) if bad(watching.values[one])]
    return _blamed(program, watching, bad_ones[0]) if bad_ones else None


def _blamed(program: Any, watching: Watching, node: fx.Node) -> Finding:
    """`node` has a value that is none: whose fault it is."""
    values = watching.values
    while worse := sorted((one for one in node.all_input_nodes if bad(values[one])),
                          key=lambda one: not _none(values[one])):
        node = worse[0]
    id = str(node.meta.get("id", node.name))
    if node.op == "placeholder":
        return Finding(id, "output", counted(values[node]), Cause("data", "the data hold them"))
    weights = _weights(watching, node)
    spoilt = next((name for name, one in weights.items() if bad(one)), None)
    if spoilt is not None:
        return Finding(id, spoilt, counted(weights[spoilt]), Cause("rate", "the weights themselves are none"))
    given = [one.detach() for one in _floats(values[one] for one in node.all_input_nodes)]
    options = {**node.kwargs, **({"exponent": node.args[1]} if len(node.args) > 1 and _number(node.args[1]) else {})}
    call = program.inference.calls.get(id)
    out = next(_floats((values[node],)))
    why = cause_of(call.target if call is not None else "", given, weights, options, torch.finfo(out.dtype).max)
    return Finding(id, "output", counted(out), why)


# -- backwards --------------------------------------------------------------------------------------------------------


def _backwards(program: Any, watching: Watching, total: Tensor) -> Finding | None:
    """The node nearest to the loss that takes finite gradients and gives others."""
    if not total.requires_grad:
        return None
    nodes = {node: one for node, one in watching.values.items() if isinstance(one, Tensor) and one.requires_grad}
    weights = {name: one for name, one in program.root.named_parameters() if one.requires_grad}
    held = [*nodes.values(), *weights.values()]
    found = torch.autograd.grad(total, held, allow_unused=True, retain_graph=True)
    if not any(one is not None and bad(one) for one in found):
        return None
    gradients = dict(zip(nodes, found, strict=False))
    for node in reversed(watching.nodes):
        outs = [one for one in ((node,) if node in nodes else node.users) if gradients.get(one) is not None]
        own = _weights(watching, node)
        given = [nodes[one] for one in node.all_input_nodes if one in nodes]
        into = [*given, *(one for one in own.values() if one.requires_grad)]
        if not outs or not into or any(bad(gradients[one]) for one in outs):
            continue
        local = torch.autograd.grad([nodes[one] for one in outs], into, [gradients[one] for one in outs],
                                    allow_unused=True, retain_graph=True)
        worst = next((one for one in local if one is not None and bad(one)), None)
        if worst is not None:
            spoilt = next((one for one in (*node.all_input_nodes, node) if bad(watching.values[one])), None)
            if spoilt is not None:  # the loss could do with an infinite number, its gradient cannot
                return _blamed(program, watching, spoilt)
            id = str(node.meta.get("id", node.name))
            call = program.inference.calls.get(id)
            came = next(one for one in (gradients[out] for out in outs) if one is not None)
            return Finding(id, "gradient", counted(worst), steep(
                call.target if call is not None else "", [one.detach() for one in given], came))
    return None


# -- numbers ----------------------------------------------------------------------------------------------------------


def bad(value: Any) -> bool:
    """Somewhere in it is a number that is none, or infinite."""
    return any(not bool(torch.isfinite(one).all()) for one in _floats((value,)))


def counted(value: Any) -> str:
    """«12 of 64 numbers are NaN», «3 of 64 numbers are infinite»."""
    words = []
    for one in _floats((value,)):
        for count, what in ((int(torch.isnan(one).sum()), "NaN"), (int(torch.isinf(one).sum()), "infinite")):
            if count:
                words.append(f"{count:,} of {one.numel():,} numbers are {what}")
    return ", ".join(words[:2])


def _none(value: Any) -> bool:
    return any(bool(torch.isnan(one).any()) for one in _floats((value,)))


def _floats(values: Any) -> Iterator[Tensor]:
    """Every floating tensor in nested tuples."""
    for one in values:
        if isinstance(one, Tensor):
            if one.is_floating_point() or one.is_complex():
                yield one
        elif isinstance(one, (tuple, list)):
            yield from _floats(one)


def _weights(watching: Watching, node: fx.Node) -> dict[str, Tensor]:
    if node.op != "call_module":
        return {}
    return dict(watching.module.get_submodule(str(node.target)).named_parameters())


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _most(one: Tensor) -> float:
    held = one.detach()
    held = held[torch.isfinite(held)]
    return float(held.abs().max()) if held.numel() else float("inf")
