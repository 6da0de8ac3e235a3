"""Why a run failed: the canvas node where it happened, the cause in words, what to do."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from neuralgraph.graph.plan import Plan
from neuralgraph.graph.remedies import Remedy
from neuralgraph.training.events import Failed
from neuralgraph.training.memory import no_memory, out_of_memory

BACK = "The weights went back to those of the last good snapshot."
_GENERATED = "<eval_with_key>"

class Found(Exception):
    """What is wrong, found: the words and values of the `Failed` event that it becomes."""

    def __init__(self, message: str, hint: str, node: str | None, tensor: str = "", cause: str = "",
                 remedies: tuple[Remedy, ...] = (), step: int = 0) -> None:
        super().__init__(message)
        self.hint, self.node, self.tensor, self.cause = hint, node, tensor, cause
        self.remedies, self.step = remedies, step


class NotFinite(Found):
    """A number became NaN or infinite."""


class WrongLabel(Found):
    """A label that the loss cannot take."""


class MetricFailed(Exception):
    """A metric could not judge what it was given."""

    def __init__(self, node: str, error: Exception) -> None:
        super().__init__(str(error).strip() or type(error).__name__)
        self.node = node


def explained(error: Exception, program: Any, epoch: int, step: int, plan: Plan | None = None, rows: int = 0,
              suspect: Callable[[Exception], str | None] | None = None) -> Failed:
    """The end of a run by an exception: message, next step, canvas id, remedies.

    `rows` is the size of a batch, `suspect` finds the node of an error that came on the way back.
    """
    if isinstance(error, Found):
        return Failed(epoch, error.step or step, str(error), error.hint, error.node, error.tensor, error.cause,
                      error.remedies)
    node = error.node if isinstance(error, MetricFailed) else where(error, program)
    first = (str(error).strip().partition("\n")[0] or type(error).__name__)[:300]
    if out_of_memory(error):
        return no_memory(program, epoch, step, node, plan, rows)
    if node is None and suspect is not None:
        node = suspect(error)
    if isinstance(error, NotImplementedError) and "MPS" in str(error):
        return Failed(epoch, step, f"{node or 'The run'} stopped: {_operation(error)} is not there on MPS.",
                      "Compute on the processor (device cpu), or start the program with PYTORCH_ENABLE_MPS_FALLBACK=1 "
                      f"in its environment: then only this is computed there.{f' {BACK}' if step else ''}", node)
    return Failed(epoch, step, f"{node or 'The run'} stopped: {first}",
                  f"Check its inputs and parameters.{f' {BACK}' if step else ''}", node)


def _operation(error: BaseException) -> str:
    """What torch names in «The operator 'aten::…' is not currently implemented for the MPS device»."""
    found = re.search(r"operator '(?:aten::)?([\w.:]+)'", str(error))
    return f"torch's «{found[1]}»" if found else "an operation"


def where(error: BaseException, program: Any) -> str | None:
    """The canvas id of the line of the compiled graph that an exception went through."""
    trace = error.__traceback__
    found = None
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_filename.startswith(_GENERATED):
            line = linecache.getline(frame.f_code.co_filename, trace.tb_lineno, frame.f_globals)
            match = re.match(r"\s*(\w+)(?::[^=]*)? = ", line)
            found = _id_of(match[1], program) if match else found
        trace = trace.tb_next
    return found


def _id_of(name: str, program: Any) -> str | None:
    modules: list[fx.GraphModule] = [program.training, program.module]
    for module in modules:
        for node in module.graph.nodes:
            if node.name == name:
                return str(node.meta["id"]) if "id" in node.meta else None
    return None


def culprit(
    program: Any, spoilt: Mapping[str, Tensor], batches: Sequence[Mapping[str, Tensor]], step: int, lr: float,
    ways: tuple[Remedy, ...] = ()
) -> NotFinite:
    """Which node first gave a number that is not finite, forwards or backwards, where the run cannot be repeated.

    `program` holds the last good weights and keeps them; `spoilt` are those after the step, `batches` the last ones up
    to that of step `step`, in which the loss was none. Where the good weights do not give such a number, they had grown
    beyond all bounds.
    """
    steps = range(step - len(batches) + 1, step + 1)
    with program.quiet():
        for at, tensors in zip(steps, batches, strict=True):
            name = _first_bad(program, tensors)
            if name is not None:
                node = program.owner(name)
                return NotFinite(
                    f"At step {at} the output of {node} stopped being finite numbers.",
                    f"Look at what goes into {node}: a logarithm, root or division may have met a number it cannot "
                    f"take. {BACK}", node, "output", "", ways, at)
        for at, tensors in zip(steps, batches, strict=True):
            backwards = _first_bad_backwards(program, tensors)
            if backwards is not None:
                return NotFinite(
                    f"At step {at} the gradient through {backwards} stopped being finite numbers.",
                    f"Look at what goes into {backwards}: a root or a power is infinitely steep at 0. Keep its input "
                    f"away from there. {BACK}", backwards, "gradient", "", ways, at)
    bad = next((name for name, one in spoilt.items() if one.is_floating_point() and not _finite(one)), None)
    what = f"the weights {bad}" if bad else "the loss"
    return NotFinite(
        f"At step {step} {what} grew beyond all numbers.",
        f"Try a learning rate of {lr / 10:g} instead of {lr:g}, or clip the gradient. {BACK}",
        program.owner(bad) if bad else None, bad.rpartition(".")[2] if bad else "output", "rate", ways, step)


def _first_bad(program: Any, tensors: Mapping[str, Tensor]) -> str | None:
    values = program.trace(tensors)
    return next((n for n, one in values.items() if one.is_floating_point() and not _finite(one)), None)


def _first_bad_backwards(program: Any, tensors: Mapping[str, Tensor]) -> str | None:
    """The node nearest to the loss that takes finite gradients and gives others."""
    values = {name: one for name, one in program.trace(tensors, grad=True).items() if one.requires_grad}
    weights = {name: one for name, one in program.root.named_parameters() if one.requires_grad}
    total = sum(share * values[id] for id, share in program.shares.items() if id in values)
    if not isinstance(total, Tensor):
        return None
    held = {**values, **weights}
    found = torch.autograd.grad(total, list(held.values()), allow_unused=True)
    bad = {name for name, one in zip(held, found, strict=True) if one is not None and not _finite(one)}
    for id in reversed(program.inference.order):
        own = {name for name in bad & set(values) if program.owner(name) == id}
        given = {program.output_name(edge.source, edge.output) for edge in program.inference.wires[id].values()}
        given |= {name for name in weights if program.owner(name) == id}
        if not own and bad & given:
            return str(id)
    return None


def finite(program: Any) -> bool:
    """Every weight is a number."""
    return all(_finite(one) for one in program.root.parameters())


def _finite(value: Tensor) -> bool:
    return bool(torch.isfinite(value).all())
