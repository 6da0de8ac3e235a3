"""What is plotted of a kept run, as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from neuralgraph.training.store import Store


def as_csv(store: Store, id: int) -> str:
    """Every number that there is of a run, one a row: curve, epoch, step, value.

    First its curves, one number a batch; then those of whole epochs, and after how many seconds each was over; then
    what levers were set to, which the plots mark; last the final figures, those of the test part among them. Numbers
    are written so that reading them gives the very same float64; where there is none the field is empty.
    """
    kept = store.get(id)
    each = max(kept.steps_per_epoch, 1)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["curve", "epoch", "step", "value"])
    curves = store.curves(id)
    for name, (steps, values) in curves.items():
        for step, value in zip(steps.tolist(), values.tolist(), strict=True):
            rows.writerow([name, repr(step / each), step, _field(value)])
    for one in store.epochs(id):
        for name, value in {**one["figures"], "seconds": one["seconds"]}.items():
            called = f"{name} of the epoch" if name in curves or name == "seconds" else name
            rows.writerow([called, repr(float(one["epoch"])), one["step"], _field(value)])
    for one in store.events(id):
        if one["kind"] == "changed":
            rows.writerow([f"changed {one['name']}", repr(float(one["epoch"])), one["step"], _field(one["new"])])
    for name, value in kept.final.items():
        rows.writerow([f"final {name}", repr(float(kept.step / each)), kept.step, _field(value)])
    return out.getvalue()


def _field(value: Any) -> str:
    return "" if value is None or value != value else repr(float(value))
