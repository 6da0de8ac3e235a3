"""Saving and loading the weights of a run or a program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from neuralgraph.compiler.weights import read_weights, write_weights

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.training.run import Run

SUFFIX = ".safetensors"


def save_weights(source: Run | Program, path: str | Path) -> Path:
    """Write every weight and buffer as `.safetensors`, with checksums; the path. `RunError` if it cannot."""
    program: Program = getattr(source, "program", None) or source  # type: ignore[assignment]
    where = Path(path)
    where = where if where.suffix else where.with_suffix(SUFFIX)
    write_weights(where, program.state_dict())
    return where


def load_weights(program: Program, path: str | Path) -> None:
    """Read them back; a `RunError` names the tensor that is damaged, missing, left over or of another shape."""
    program.load_state_dict(load(path))


def load(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a weights file by name."""
    return read_weights(Path(path))
