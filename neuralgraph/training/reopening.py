"""A run from the run store, to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from neuralgraph.errors import NeuralGraphError, RunError
from neuralgraph.graph.file import dumps, loads
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.planning import planned
from neuralgraph.training.checkpoint_file import read_checkpoint
from neuralgraph.training.company import Company, company
from neuralgraph.training.events import Changed
from neuralgraph.training.kept import CHECKPOINT, FAILED, INTERRUPTED, RUNNING
from neuralgraph.training.run import Run
from neuralgraph.training.store import Store


def plan_on(plan: Plan, resume: Run | int, overrides: Mapping[str, Any]) -> Plan:
    """The plan for going on with a run: that of the run in the store, else `plan`; to its end, or so many more epochs.
    """
    if not isinstance(resume, int):
        return plan if resume.checkpoint is None else plan.further(resume.checkpoint.epoch, overrides.get("epochs"))
    run, known, _ = reopened_by_all(resume, company())
    done = run.checkpoint.epoch if run.checkpoint is not None else 0
    return planned(known, **overrides).further(done, overrides.get("epochs"))


def reopened(store: Store, id: int) -> tuple[Run, Plan, list[Changed]]:
    """The run as far as it was kept, its plan, and the levers that were pulled after its last checkpoint.

    One that was broken off before anything was kept begins once more. `RunError` says why it cannot be gone on with.
    """
    kept = store.get(id)
    if kept.state == RUNNING:
        raise RunError(f"Run {id} is under way in another process. Stop it there, then go on with it here.")
    if kept.thinned:
        raise RunError(f"Run {id} cannot go on: its weights were thrown away to keep the run store small. Its curves "
                       "are still there. Train afresh.")
    run = Run(None, id=id, seed=kept.seed, device=kept.device, seconds=kept.seconds)
    path = kept.folder / CHECKPOINT
    if path.is_file():
        run.checkpoint = read_checkpoint(path)[0]
    elif kept.state != INTERRUPTED:
        raise RunError(f"Run {id} cannot go on: {path.name} is missing in {path.parent}. Train afresh.")
    epoch, step = (run.checkpoint.epoch, run.checkpoint.step) if run.checkpoint is not None else (0, 0)
    for one in store.epochs(id):
        if one["epoch"] <= epoch:
            for name, value in one["figures"].items():
                number = float("nan") if value is None else float(value)
                run.history.setdefault(name, []).append(number)
                run.final[name] = number
    found = [Changed(one["step"], one["epoch"], one["name"], one["old"], one["new"])
             for one in store.events(id) if one["kind"] == "changed"]
    run.changes = [one for one in found if one.step < step]
    return run, store.graph(id).plan, [one for one in found if one.step >= step]


def reopened_by_all(id: int, together: Company) -> tuple[Run, Plan, list[Changed]]:
    """`reopened` in process 0, and the same in the others, which need no run store of their own."""
    if together.size == 1:
        return reopened(Store(), id)
    told: dict[str, Any] = {}
    if together.leads:
        try:
            run, plan, pulled = reopened(Store(), id)
            told = {"seed": run.seed, "device": run.device, "seconds": run.seconds, "history": run.history,
                    "final": run.final, "changes": [astuple(one) for one in run.changes],
                    "pulled": [astuple(one) for one in pulled], "graph": dumps(Store().graph(id)),
                    "checkpoint": run.checkpoint is not None}
        except NeuralGraphError as error:
            told = {"trouble": str(error)}
    told = together.shared(told)
    if "trouble" in told:
        raise RunError(told["trouble"])
    path = together.sent_file(Store().folder_of(id) / CHECKPOINT) if told["checkpoint"] else None
    if together.leads:
        return run, plan, pulled
    return _received(id, told, path)


def _received(id: int, told: Mapping[str, Any], path: Path | None) -> tuple[Run, Plan, list[Changed]]:
    run = Run(None, id=id, history=told["history"], final=told["final"], seed=told["seed"], device=told["device"],
              seconds=told["seconds"], changes=[Changed(*one) for one in told["changes"]])
    if path is not None:
        try:
            run.checkpoint = read_checkpoint(path)[0]
        finally:
            path.unlink(missing_ok=True)
    return run, loads(told["graph"]).graph.plan, [Changed(*one) for one in told["pulled"]]


def attempted(together: Company) -> int | None:
    """The run that an earlier attempt of this job kept, where `torchrun` starts it once more; None where it kept none.

    `RunError` where that run failed of itself: it would fail again.
    """
    if not together.restarted:
        return None
    found: list[Any] = [None, ""]
    if together.leads:
        kept = next((one for one in Store().runs(most=100) if one.begun.get("job") == together.job), None)
        if kept is not None:
            found = [kept.id, kept.reason if kept.state == FAILED else ""]
    id, reason = together.shared(found)
    if reason:
        raise RunError(f"Run {id} failed before this attempt, and would fail again: {reason}")
    return None if id is None else int(id)
