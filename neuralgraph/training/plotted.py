"""What is plotted of a kept run, as CSV."""

from __future__ import annotations

import csv
import io

from neuralgraph.training.store import Store


def as_csv(store: Store, id: int) -> str:
    """Every number of its curves, one a row: curve, epoch, step, value. One a batch first, then those of whole epochs.

    Numbers are written so that reading them gives the very same float64; where there is none the field is empty.
    """
    kept = store.get(id)
    each = max(kept.steps_per_epoch, 1)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["curve", "epoch", "step", "value"])
    curves = store.curves(id)
    for name, (steps, values) in curves.items():
        for step, value in zip(steps.tolist(), values.tolist(), strict=True):
            rows.writerow([name, repr(step / each), step, "" if value != value else repr(value)])
    for one in store.epochs(id):
        for name, value in one["figures"].items():
            called = f"{name} of the epoch" if name in curves else name
            rows.writerow([called, repr(float(one["epoch"])), one["step"], "" if value is None else repr(float(value))])
    return out.getvalue()
