"""A copy of a program to take apart: whatever is done to it, the run and its random state stay as they are."""

from __future__ import annotations

import copy

import torch

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError

MOST_NUMBERS = 200_000_000
"""Of a network with more weights no copy is made only to look at it."""


def cloned(program: Program, *, double: bool = False) -> Program:
    """The same program on weights of its own; `double` in float64. `RunError` where that would be too large."""
    count = sum(one.numel() for one in program.root.parameters())
    if count > MOST_NUMBERS:
        raise RunError(f"The network has {count:,} weights, and a step is taken apart on a copy of them. At most "
                       f"{MOST_NUMBERS:,} are copied: look at a smaller network.")
    made = program.copied()
    made.root.zero_grad(set_to_none=True)
    if double:
        made.root.double()
        made.dtype = torch.float64
    return made


def in_double(module: torch.nn.Module | None) -> torch.nn.Module | None:
    """A copy of one node's module in float64."""
    return copy.deepcopy(module).double() if module is not None else None
