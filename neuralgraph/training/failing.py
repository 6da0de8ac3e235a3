"""A run that fails before it begins is kept too, with its reason: no curve, no weights, but what was to be learned."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from neuralgraph.errors import RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import dumps
from neuralgraph.training.fingerprint import versions
from neuralgraph.training.kept import FAILED
from neuralgraph.training.store import Store, now


@contextlib.contextmanager
def kept_if_failing(graph: Graph, document: str, device: str, *, keep: bool) -> Iterator[None]:
    """What is raised inside goes on its way; where runs are kept, it is written down first."""
    try:
        yield
    except Exception as error:
        if keep:
            with contextlib.suppress(RunError):  # the reason itself is what matters now
                keep_failed(Store(), graph, document, device, str(error) or type(error).__name__)
        raise


def keep_failed(store: Store, graph: Graph, document: str, device: str, reason: str) -> int:
    """Write down a run that never was; its number."""
    import torch

    moment = now()
    values = {
        "document": document, "title": graph.title or Path(document).stem, "state": FAILED, "reason": reason,
        "started": moment, "ended": moment, "epochs": graph.plan.epochs, "seed": graph.plan.seed, "device": device,
        "threads": torch.get_num_threads(), "versions": json.dumps(versions()), "graph": dumps(graph),
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    with store.writing() as db:
        made = db.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
        id = int(made.lastrowid or 0)
        db.execute("INSERT INTO events VALUES (?, 0, 0, ?, ?, ?, '{}')", (id, moment, FAILED, reason))
    return id
