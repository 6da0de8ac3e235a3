"""A run from the run store, to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuralgraph.errors import RunError
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.planning import planned
from neuralgraph.training.checkpoint_file import read_checkpoint
from neuralgraph.training.events import Changed
from neuralgraph.training.kept import CHECKPOINT, INTERRUPTED, RUNNING
from neuralgraph.training.run import Run
from neuralgraph.training.store import Store


def plan_on(plan: Plan, resume: Run | int, overrides: Mapping[str, Any]) -> Plan:
    """The plan for going on with a run: that of the run in the store, else `plan`; to its end, or so many more epochs.
    """
    if not isinstance(resume, int):
        return plan if resume.checkpoint is None else plan.further(resume.checkpoint.epoch, overrides.get("epochs"))
    run, known, _ = reopened(Store(), resume)
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
