"""What a network is asked to account for: one number of its answer, and the input that it is traced back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.flops import flops
from neuralgraph.compiler.program import Program
from neuralgraph.errors import ParameterError, RunError
from neuralgraph.explain.cut import behind as after
from neuralgraph.explain.rows import Rows

NAMING = ("Output",)
SQUASHING = ("Softmax", "LogSoftmax")
BYTES = 64 << 20
"""Activations of so many bytes are held at once."""
OPERATIONS, STORED, CALLED = 40e9, 3e9, 5e-6
"""What one core does in a second: operations, bytes of activations; and seconds that a row takes whatever it is."""


@dataclass(frozen=True)
class Goal:
    """A number of an answer: of the output `start`, place `unit` of its last axis; None where it is one number.

    `said` is what to call it: «the score of 7».
    """

    start: tuple[str, str]
    unit: int | None
    said: str

    def of(self, value: Tensor) -> Tensor:
        """That number for each row: (N,)."""
        flat = value.reshape(len(value), -1) if value.ndim else value.reshape(1, 1)
        return flat[:, self.unit or 0]


def scored(program: Program) -> tuple[str, str]:
    """The output with the scores: the first answer, before a softmax makes shares of it."""
    start = next(iter(program.outputs.values()))
    while program.graph.nodes[start[0]].type in (*NAMING, *SQUASHING) or program.node(start[0]).passes:
        before = next(iter(program.graph.into(start[0])), None)
        if before is None:
            break
        start = before.start
    return start


def unanswered(program: Program) -> str:
    """Why there is no answer to account for; "" where there is one."""
    if not program.outputs or program.node(scored(program)[0]).role == "source":
        return "Nothing in this network answers yet: add a layer with a loss or an Output behind it."
    spec = program.inference.specs.get(scored(program)[0], {}).get(scored(program)[1])
    if spec is None or not spec.shape or spec.shape[0] != "N" or spec.dtype not in ("float32", "float64"):
        return "The answer of this network is not a number for each sample."
    return ""


def classes(program: Program, rows: Rows | None) -> tuple[str, ...]:
    """What the numbers of the answer are called, where they are one each for the classes of the data."""
    spec = program.inference.specs[scored(program)[0]][scored(program)[1]]
    names = rows.names if rows is not None else ()
    return names if names and tuple(spec.shape[1:]) == (len(names),) else ()


def goal_of(program: Program, rows: Rows | None, tensors: Mapping[str, Tensor], wanted: str = "") -> Goal:
    """The number to account for: that of the class `wanted`, else the largest one for this sample. In `quiet()`."""
    start, names = scored(program), classes(program, rows)
    if wanted and names:
        if wanted not in names:
            raise ParameterError(f"There is no class «{wanted}». There are: {', '.join(names[:20])}.",
                                 parameter="target")
        return Goal(start, names.index(wanted), f"the score of {wanted}")
    value = program.trace(tensors, (start[0],))[program.output_name(*start)]
    flat = value.reshape(len(value), -1)[0]
    if flat.numel() == 1:
        return Goal(start, None, "the answer")
    best = int(flat.argmax())
    return Goal(start, best, f"the score of {names[best]}" if names else f"number {best} of the answer")


def asked(program: Program, source: str = "") -> str:
    """The input that the answer is traced back to: that named, else the first; `RunError` where there is none."""
    if not program.module_inputs:
        raise RunError("The answer depends on no data.")
    return source if source in program.module_inputs else program.module_inputs[0]


def felt(program: Program, key: str) -> tuple[str, str]:
    """The first value behind an input that can change a little: the input itself, or what makes decimals of it."""
    start = program._sources[key]
    while True:
        spec = program.inference.specs[start[0]][start[1]]
        if spec.dtype in ("float32", "float64", "float16", "bfloat16"):
            return start
        onward = [edge for edge in program.graph.edges.values() if edge.start == start
                  and edge.target in program.path([scored(program)[0]])]
        if not onward:
            raise RunError("The answer depends on no decimal number of this input, so there is no slope to follow.")
        id = onward[0].target
        start = (id, next(iter(program.inference.specs[id])))


def at_once(program: Program, most: int = 256) -> int:
    """So many rows go through together."""
    return int(max(1, min(most, BYTES // max(sample_bytes(program), 1))))


def affordable(program: Program, most: int, behind: str = "", *, least: int = 8) -> int:
    """So many rows go through for one figure in about a second, at least `least` and at most `most`.

    With `behind` only what comes after that node is computed for each of them.
    """
    return int(max(least, min(most, 1.0 / row_seconds(program, behind))))


def row_seconds(program: Program, behind: str = "") -> float:
    """About how long one core takes for a row, by operations and bytes; the same on every machine."""
    ids = [id for id in program.inference.order if id in program.inference.figures]
    if behind:
        ids = [id for id in after(program, behind, program.losses) if id in program.inference.figures]
    work = sum(flops(program.node(id), tuple(program.inference.inputs.get(id, {}).items())) for id in ids
               if id in program.inference.calls)
    return work / OPERATIONS + sum(program.inference.figures[id].activation_bytes for id in ids) / STORED + CALLED


def sample_bytes(program: Program) -> int:
    return sum(one.activation_bytes for one in program.inference.figures.values())


def tensors(program: Program, given: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Rows by source key as tensors."""
    return {key: program.tensor(key, np.asarray(value)) for key, value in given.items()}


def repeated(given: Mapping[str, Tensor], times: int) -> dict[str, Tensor]:
    """The first row of everything, so many times."""
    return {key: one[:1].expand(times, *one.shape[1:]) for key, one in given.items()}


def array(value: Tensor) -> NDArray[Any]:
    return np.array(value.detach().to("cpu", torch.float32).numpy(), dtype=np.float64)
