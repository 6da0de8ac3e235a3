"""Hints, failures and notes of a run on the terminal: plain values for `--json`, sentences otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuralgraph.graph.remedies import Remedy
    from neuralgraph.session import Session
    from neuralgraph.training.events import Failed, Hint


def plain_hint(hint: Hint) -> dict[str, Any]:
    """`{"kind", "node", "step", "value", "message", "remedies"}`; a value that is no number is null."""
    value = hint.value if hint.value - hint.value == 0.0 else None
    return {"kind": hint.kind, "node": hint.node, "step": hint.step, "value": value, "message": hint.message,
            "remedies": plain_remedies(hint.remedies)}


def plain_failure(failed: Failed) -> dict[str, Any]:
    """`{"message", "hint", "node", "step", "tensor", "cause", "remedies"}`."""
    return {"message": failed.message, "hint": failed.hint, "node": failed.node, "step": failed.step,
            "tensor": failed.tensor, "cause": failed.cause, "remedies": plain_remedies(failed.remedies)}


def plain_remedies(remedies: Sequence[Remedy]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "label": one.label, "advice": one.advice, "value": one.value} for one in remedies]


def advice(remedies: Sequence[Remedy], run: int | None = None) -> Iterator[str]:
    """What can be done, a line each; `run` is the number to go on with, where the run is kept."""
    for one in remedies:
        if one.kind == "back" and run is None:
            continue  # nothing is kept to go on from
        said = one.advice.replace("--resume", f"--resume {run}")
        yield f"  You can {said}."


def remarks(session: Session, file: Path) -> list[str]:
    """What reading the data did by itself, and that there are warnings: known once the rows were read."""
    found = session.analyse().problems
    warned = sum(one.severity == "warning" for one in found)
    said = [one.message for one in found if one.code in ("data_note", "absent")]
    if warned:
        said.append(f"{warned} warning{'s' if warned > 1 else ''}, told by: neuralgraph check {file}")
    return said
