"""What a network is asked to account for: one number of its answer, and the input that it is traced back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.errors import ParameterError, RunError
from neuralgraph.explain.rows import Rows

NAMING = ("Output",)
SQUASHING = ("Softmax", "LogSoftmax")
BYTES = 64 << 20
"""Activations of so many bytes are held at once."""
WORK = 2 << 30
"""Bytes of activations are computed for one figure, at most: about a second on one core."""


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


def affordable(program: Program, most: int) -> int:
    """So many rows go through for one figure, at least 8 and at most `most`."""
    return int(max(8, min(most, WORK // max(sample_bytes(program), 1))))


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
