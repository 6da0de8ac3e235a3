"""How many rows a network gets wrong, by the nodes that count them: what their cards say of any moment of a run."""

from __future__ import annotations

import numpy as np

from neuralgraph.compiler.program import Program
from neuralgraph.explain.goal import tensors
from neuralgraph.explain.rows import Rows
from neuralgraph.training.metrics import evaluate, rows_at_once

MOST = 5_000
"""So many rows are judged at most; where there are more, it is said of how many."""
TABLES = ("ConfusionMatrix",)


def counts(program: Program) -> bool:
    """Something in the network counts what is wrong."""
    return any(program.graph.nodes[id].type in TABLES for id in program.metrics)


def mistakes(program: Program, rows: Rows) -> dict[str, str]:
    """«17 wrong» by node: of the validation rows, of the training rows where there are none."""
    chosen = rows.split.validation if len(rows.split.validation) else rows.split.train
    if not (len(chosen) and program.losses and counts(program)):
        return {}
    numbers = chosen[:MOST]
    given = tensors(program, {key: np.asarray(rows.arrays[key][numbers]) for key in program.training_inputs})
    tables = evaluate(program, given, batch_size=rows_at_once(program, 64)).tables
    of = f" of {len(numbers):,}" if len(numbers) < len(chosen) else ""
    return {id: f"{int(table.sum() - table.trace()):,}{of} wrong" for id, table in tables.items()}
