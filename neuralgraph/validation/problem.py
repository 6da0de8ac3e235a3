"""What is wrong with a drawing, said so that its author can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neuralgraph.graph.edits import Edit

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A one-click, undoable remedy. `ghost` names the node type it would insert, for the dashed preview.

    Some need an answer first instead of an `edit`: `ask` is "locate" (where is the file `path` of `node`?) or "allow"
    (may `path` be read?) or "download" (may what `node` reads be fetched over the network?).
    """

    label: str
    edit: Edit | None = None
    ghost: str = ""
    ask: Literal["", "locate", "allow", "download"] = ""
    node: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding with its place.

    `message` is the plain sentence («linear_1 expects a flat input, but gets N × 32 × 7 × 7.»), `title` its short form
    for a bubble, `hint` the next step («Flatten first: N × 1568.»). `expected` and `received` are shapes or values.
    `waiting` lists the nodes that only wait for this one: consequences are folded under their cause.
    """

    code: str
    severity: Severity
    message: str
    node: str | None = None
    port: str | None = None
    title: str = ""
    hint: str = ""
    expected: str = ""
    received: str = ""
    fixes: tuple[Fix, ...] = ()
    waiting: tuple[str, ...] = ()
