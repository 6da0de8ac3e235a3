"""Who looks at whom in an attention, with the words where the data is text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.attending import attended, attentions, scaled_dot
from neuralgraph.explain.views.inside import NO_DATA, Names, asked, inputs, kind_of, many, specs, words
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Grid, Shown
from neuralgraph.spec import param

Array = NDArray[Any]
PLAIN = "ScaledDotProductAttention"
HEADS = 16
"""So many heads stand side by side."""


class Attention(View):
    """Who looks at whom: a row is a step that asks, a column a step that it looks at. Every row adds up to 1.

    Left the mean over all heads, right each head by itself. Stripes down are steps that all others look at; a bright
    diagonal is a head that looks at its own place; half a square is dark where the future is hidden.
    """

    group = "Activations"
    icon = "eye-outline"
    head: str = param("all", "Which head: its number, all, or the mean alone.")
    which: str = param("", "Which attention, where there are several inside.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        found = attentions(at.program, at.node)
        if option == "which":
            return tuple(one for one in found if one)
        modules = dict(getattr(at.program.part(at.node), "named_modules", dict)())
        heads = max((int(modules[name].num_heads) for name in found), default=0)
        return ("all", "mean", *map(str, range(1, heads + 1)))

    @classmethod
    def fits(cls, at: At) -> str:
        node = kind_of(at)
        if not (node is not None and node.type == PLAIN) and not (attentions(at.program, at.node) and specs(at)):
            return "There is no attention in this node."
        return "" if at.rows is not None and at.rows.count else NO_DATA

    def look(self, at: At) -> Shown:
        found = weights_of(at)
        name = asked(self.which, found)
        weights = found[name][0]
        weights = weights.reshape(-1, *weights.shape[-2:])
        heads, queries, keys = weights.shape
        rows, columns = words(at, queries), words(at, keys)
        what = f"{name}: " if len(found) > 1 or name else ""
        if self.head.isdecimal() and self.head != "0" and int(self.head) <= heads:
            return _map(weights[int(self.head) - 1], f"{what}head {self.head} of {heads}", rows, columns)
        mean = _map(weights.mean(axis=0), f"{what}mean of {many(heads, 'head')}" if heads > 1 else
                    f"{what}who looks at whom", rows, columns)
        if heads == 1 or self.head == "mean":
            return mean
        kept = weights[:HEADS]
        each = Grid(kept, "viridis", (0.0, float(weights.max()) or 1.0), title="Each head",
                    tile_names=tuple(f"head {n + 1}" for n in range(len(kept))),
                    bar="attention", note=joined("A row asks, a column is looked at.",
                                f"The first {HEADS} of {heads}." if heads > HEADS else ""))
        return Board((mean, each), across=2)


def weights_of(at: At) -> dict[str, Array]:
    """(1, heads, queries, keys) for the sample in sight, by the name of the attention inside the node."""
    node = kind_of(at)
    if node is None or node.type != PLAIN:
        return attended(at.program, at.node, at.sample)
    values = inputs(at, at.sample)
    scale: float | None = getattr(node, "scale", None)
    found = scaled_dot(values["query"], values["key"], values.get("attn_mask"), scale,
                       causal=bool(getattr(node, "is_causal", False)))
    return {"": found[:, None] if found.ndim == 3 else found.reshape(1, -1, *found.shape[-2:])}


def _map(weights: Array, title: str, rows: Names, columns: Names) -> Grid:
    top = float(np.nanmax(weights)) if weights.size else 1.0
    return Grid(weights, "viridis", (0.0, top or 1.0), title=title, row_names=rows, column_names=columns,
                x_label="looked at", y_label="" if rows else "asks", bar="attention")
