"""A trained model as the members of one file: document, weights with fitted numbers, where its training stands, data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from neuralgraph.compiler.weights import as_bytes, of_bytes
from neuralgraph.data.holding import Held, as_members
from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import canonical, dumps, loads
from neuralgraph.graph.packed import CHECKPOINT, DATA, GRAPH, MOST, PICTURE, ROWS, WEIGHTS
from neuralgraph.training.checkpoint import Checkpoint
from neuralgraph.training.checkpoint_file import checkpoint_bytes, checkpoint_of


@dataclass(frozen=True, eq=False)
class Learnt:
    """Weights and fitted numbers by name; the checkpoint, where there is one, is where training can go on."""

    weights: Mapping[str, Tensor]
    checkpoint: Checkpoint | None = None


def members_of(
    graph: Graph, learnt: Mapping[str, bytes], held: Mapping[str, Held], picture: bytes | None
) -> dict[str, bytes]:
    """Everything as bytes by member; `learnt` are the members that `learnt_bytes` gave, or that a file brought."""
    text = dumps(graph)
    if canonical(loads(text, name="What would be saved").graph) != canonical(graph):
        raise DocumentError("The model was not saved: it would not open again as it is. Please report this.")
    data, rows = as_members(held)
    found = {GRAPH: text.encode(), **learnt, DATA: data, ROWS: rows}
    return found | ({PICTURE: picture} if picture is not None and len(picture) <= MOST[PICTURE] else {})


def learnt_bytes(weights: Mapping[str, Any], checkpoint: Checkpoint | None) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Weights and checkpoint as members. A checkpoint that is too large for one file stays behind, and is told."""
    found = {WEIGHTS: as_bytes(weights)}
    data = b"" if checkpoint is None else checkpoint_bytes(checkpoint)
    if len(data) > MOST[CHECKPOINT]:
        return found, (f"Where training stands was left out of the model file: it takes {len(data):,} bytes, and at "
                       f"most {MOST[CHECKPOINT]:,} fit. The weights are in it. It predicts as here, but training goes "
                       "on from the weights alone, with a fresh optimiser. To go on exactly, resume the run here.",)
    return found | ({CHECKPOINT: data} if data else {}), ()


def learnt_of(members: Mapping[str, bytes], name: str) -> Learnt | None:
    """The same again; None where the file brought no weights. `RunError` names what is damaged."""
    if WEIGHTS not in members:
        return None
    weights, _ = of_bytes(members[WEIGHTS], f"{name}: {WEIGHTS}")
    checkpoint = checkpoint_of(members[CHECKPOINT], f"{name}: {CHECKPOINT}") if CHECKPOINT in members else None
    return Learnt(weights, checkpoint)
