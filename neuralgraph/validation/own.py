"""Rules on what any node has: how it learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from neuralgraph.graph.edits import ChangeNode
from neuralgraph.spec.learning import refusal
from neuralgraph.validation.problem import Fix, Problem

if TYPE_CHECKING:
    from neuralgraph.validation.view import View


def bad_learning(view: View) -> Iterator[Problem]:
    """A rate or a decay of its own that cannot be; one at a time, for the fix takes out that one."""
    for id, placed in view.graph.nodes.items():
        name, why = refusal(placed.learning)
        if why:
            reset = ChangeNode(replace(placed, learning=placed.learning.without(name)), f"Reset {name} of {id}")
            yield Problem("learning", "error", f"{id}: {why}.", id, None, f"It cannot learn with this {name[:40]}",
                          "Set another value in its properties.", fixes=(Fix(f"Reset {name[:40]}", reset),))
