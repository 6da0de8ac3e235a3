"""A hand in a network, without a window: part of the public API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from neuralgraph.errors import ParameterError
from neuralgraph.predictions import ready
from neuralgraph.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from neuralgraph.explain.touching import Outcome
    from neuralgraph.training.run import Run


class Graph(Protocol):
    """A handle on a session, as `neuralgraph.Graph` is."""

    session: Session


def touch(
    graph: Graph | str | Path, numbers: Mapping[str, Mapping[str, float]] | None = None, *,
    ablate: Mapping[str, Iterable[int]] | None = None, to: float | Literal["mean"] = 0.0, bypass: Iterable[str] = (),
    run: Run | int | None = None, weights: str | Path | None = None, part: str = "all", sample: int = 0,
) -> Outcome:
    """What would be, were some numbers of a network others: `touch(g, {"linear_1": {"weight[3, 2]": 0.5}})`.

    `numbers` by node: a parameter with its place is changed; an output with its place («out[3]», «x[0, 2, 2]», or «[3]»
    for unit 3) is held at that number for every row. `ablate` holds whole units, neurons or maps, at `to`: a number,
    or their "mean" over the training rows. Nodes to `bypass` hand on what they get. `.before` and `.after` are the
    losses and metrics of the validation rows, `.said_before` and `.said_after` the answer to a sample, `.program` the
    network as it would be: `ng.inspect(g, view, run=…)` shows it. Nothing is changed. `ParameterError` or
    `UnknownNodeError` says what does not fit.
    """
    from neuralgraph.explain.hands import demanded, unit_spot

    session, program = ready(graph, run, weights, anyway=True)
    base = program or session.looked_at()
    if base is None:
        raise ParameterError("There is nothing to touch while the graph has errors. `ng.check` names them.")
    touches = session.spots(numbers or {}, base)
    for node, units in (ablate or {}).items():
        for unit in units:
            touches = touches.hold(unit_spot(base, node, int(unit)), to)
    for node in bypass:
        touches = touches.skip(node)
    found = session.touch(demanded(base, touches), program, part=part, place=sample)
    assert found is not None
    return found
