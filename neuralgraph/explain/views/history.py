"""How weights came to be what they are: their distribution over the moments of a run, before it and now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.build import built
from neuralgraph.explain.refining import coarse_to_fine
from neuralgraph.explain.views.inside import asked, norm
from neuralgraph.explain.views.laid import BINS, even, joined
from neuralgraph.explain.views.view import At
from neuralgraph.explain.views.weights import OfParameter
from neuralgraph.figures.shown import Board, Distribution, Grid, Shown
from neuralgraph.spec import Call

Array = NDArray[Any]
MOMENTS, COLUMNS = 32, 64
"""So many earlier moments are looked at, and so many columns are drawn."""


class WeightHistory(OfParameter):
    """How the weights of a node are distributed: at the start, now, and at the moments of the run in between.

    Above, every column is a moment, and the brighter a place the more weights have that value: a band that widens is
    a layer that learns, one that stays as it was is a layer that does not. Below, the start beside now.
    """

    title = "Weights over time"
    icon = "chart-timeline-variant"
    costly = True

    def look(self, at: At) -> Shown:
        name = asked(self.which, at.parameters)
        now, before = at.weights[name].ravel(), initial(at).get(name)
        moments: dict[int, Array] = {}
        whole = len(_places(at))
        for done, (step, one) in enumerate(moments_of(at, name), 1):
            moments[step] = one
            at.so_far(done, whole, lambda: self._drawn(name, now, before, sorted(moments.items()), whole))
        return self._drawn(name, now, before, sorted(moments.items()), whole)

    @staticmethod
    def _drawn(name: str, now: Array, before: Array | None, moments: list[tuple[int, Array]], whole: int) -> Shown:
        first, words = (before.ravel(), "at the start") if before is not None else \
            (moments[0][1], f"step {moments[0][0]:,}") if moments else (None, "")
        every = [now, *(one for _, one in moments), *([first] if first is not None else [])]
        edges = np.linspace(*even(np.concatenate([one[np.isfinite(one)] for one in every])), BINS + 1)
        rows = ([_share(first, edges)] if first is not None else []) + [_share(now, edges)]
        moved = f"They went {norm(now - first):.3g} away from a start of length {norm(first):.3g}." \
            if first is not None else ""
        both = Distribution(np.array(rows), edges, (words, "now") if first is not None else ("now",),
                            x_label=f"{name} (% of the weights)", note=moved, title=name)
        if len(moments) < 2:
            why = "No earlier moments of a run are known here, so only its ends are shown." if whole < 2 else ""
            return Distribution(both.counts, edges, both.names, both.x_label, title=name, note=joined(moved, why))
        return Board((_over_time(moments, edges, name), both))


def _places(at: At) -> list[int]:
    """Which earlier moments are looked at, evenly chosen; both ends and the middle first."""
    if not at.past:
        return []
    places = np.unique(np.linspace(0, len(at.past) - 1, min(len(at.past), MOMENTS)).astype(int))
    return [int(places[one]) for one in coarse_to_fine(1, len(places))]


def moments_of(at: At, name: str) -> Iterator[tuple[int, Array]]:
    """The values of a parameter at earlier moments of the run by step, from coarse to fine; ends where nobody waits."""
    for place in _places(at):
        if at.stop():
            return
        step, program = at.past[place]
        found = At(program(), at.rows, at.node).weights.get(name)
        if found is not None:
            yield step, found.ravel()


def _alone(at: At) -> Call | None:
    """What makes the module of the node by itself; None where it lies in another or is no module."""
    inference, owner = at.program.inference, at.owner
    call = inference.calls.get(owner)
    known = call is not None and call.kind == "module" and owner not in inference.within
    return call if known and owner in at.program.graph.nodes else None


def starts_known(at: At) -> bool:
    """`initial` can make its parameters as they started."""
    return _alone(at) is not None


def initial(at: At) -> dict[str, Array]:
    """The parameters as the node starts from the seed of the program; empty where it cannot be made by itself."""
    call, owner = _alone(at), at.owner
    if call is None:
        return {}
    made = built(at.program.graph.nodes[owner], call, at.program.seed, at.program.inference.starts.get(owner, {}))
    now = at.parameters
    return {name: one.detach().to(torch.float32).numpy().copy() for name, one in made.named_parameters()
            if name in now and now[name].shape == one.shape}


def _over_time(moments: list[tuple[int, Array]], edges: Array, name: str) -> Grid:
    """A column for every so many steps: the latest moment that was kept until then."""
    steps = np.array([step for step, _ in moments])
    shares = np.array([_share(one, edges) for _, one in moments])
    at = np.linspace(steps[0], steps[-1], COLUMNS)
    chosen = np.searchsorted(steps, at, side="right") - 1
    return Grid(shares[chosen].T, "viridis", extent=(float(steps[0]), float(steps[-1]), float(edges[0]),
                                                     float(edges[-1])),
                x_label="step", y_label=name, bar="% of the weights", title=f"{name} over {len(moments)} moments")


def _share(values: Array, edges: Array) -> Array:
    counts, _ = np.histogram(values[np.isfinite(values)], bins=edges)
    return 100 * counts / max(values.size, 1)
