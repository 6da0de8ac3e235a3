"""Why a run failed: the canvas node where it happened, the cause in words, what to do."""

from __future__ import annotations

import linecache
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx

_GENERATED = "<eval_with_key>"


class NotFinite(Exception):
    """A number became NaN or infinite."""

    def __init__(self, message: str, hint: str, node: str | None) -> None:
        super().__init__(message)
        self.hint = hint
        self.node = node


def explained(error: Exception, program: Any) -> tuple[str, str, str | None]:
    """Message, next step and canvas id of an exception that ended a run."""
    if isinstance(error, NotFinite):
        return str(error), error.hint, error.node
    node = where(error, program)
    first = (str(error).strip().partition("\n")[0] or type(error).__name__)[:300]
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "out of memory" in first.lower():
        at = f" at {node}" if node else ""
        return f"There was not enough memory{at}.", "Make the batch or the layers smaller.", node
    return f"{node or 'The run'} stopped: {first}", "Check its inputs and parameters.", node


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
    program: Any, spoilt: Mapping[str, Tensor], tensors: Mapping[str, Tensor], step: int, lr: float
) -> NotFinite:
    """Which node first gave a number that is not finite.

    `program` holds the last good weights and keeps them; `spoilt` are those after the step, `tensors` the batch. Where
    the good weights already give such a number, that node is at fault; else the weights had grown beyond all bounds.
    """
    name = _first_bad(program, tensors)
    if name is not None:
        node = name.partition(".")[0]
        return NotFinite(
            f"At step {step} the output of {node} stopped being finite numbers.",
            f"Look at what goes into {node}: a logarithm, root or division may have met a number it cannot "
            "take. The weights went back to those of the last good epoch.", node)
    bad = next((name for name, one in spoilt.items() if one.is_floating_point() and not _finite(one)), None)
    node_id = bad.partition(".")[0] if bad else None
    what = f"the weights {bad}" if bad else "the loss"
    return NotFinite(
        f"At step {step} {what} grew beyond all numbers.",
        f"Try a rate of {lr / 10:g} instead of {lr:g}, or clip the gradient. The weights went back to those of "
        "the last good epoch.", node_id)


def _first_bad(program: Any, tensors: Mapping[str, Tensor]) -> str | None:
    with program.quiet():
        values = program.trace(tensors)
    return next((n for n, one in values.items() if one.is_floating_point() and not _finite(one)), None)


def _finite(value: Tensor) -> bool:
    return bool(torch.isfinite(value).all())
