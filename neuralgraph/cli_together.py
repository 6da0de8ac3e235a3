"""Training from the command line where `torchrun` started several processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def leads() -> bool:
    """This process speaks: it is alone, or the first of several."""
    from neuralgraph.training.company import company

    return company().leads


def resumed(resume: int | None, given: Mapping[str, Any], *, keep: bool, said: Callable[[str], object]) -> tuple[
        int | None, dict[str, Any]]:
    """Which run to go on with, and the options to begin with: those of the first attempt where `torchrun` tries again.
    """
    from neuralgraph.training.company import company
    from neuralgraph.training.reopening import attempted

    together = company()
    if not together.restarted:
        return resume, dict(given)
    id = attempted(together) if keep else None
    if together.leads:
        said(f"A process was lost. Going on with run {id}, from where it was last kept." if id is not None else
             "A process was lost before anything was kept. Beginning afresh.")
    return (id, {}) if id is not None else (resume, dict(given))
