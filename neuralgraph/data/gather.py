"""From the sources of a program to a feed: rows of the data nodes, or arrays that the caller gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from neuralgraph.data.arrays import checked
from neuralgraph.data.delivery import Array, Delivery
from neuralgraph.data.feed import Feed, make_feed
from neuralgraph.data.sources import Where, deliver, describe, drawn, fitted
from neuralgraph.data.split import Split, split_rows, told
from neuralgraph.errors import DataError
from neuralgraph.graph.plan import Plan
from neuralgraph.spec import Node

Source = tuple[str, str, Node]
"""Node id, output, node."""


def gather(
    sources: Mapping[str, Source], plan: Plan, *, folder: Where = None, arrays: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> Feed:
    """The feed of a run. `sources` by key; `arrays` by node id or key stand in for a data node, or fill an Input."""
    found, deliveries = rows(sources, folder=folder, arrays=arrays, thorough=True)
    own_test = min((one.test_rows for one in deliveries), default=0)
    labels = next((array for key, array in found.items() if _classes(*sources[key], folder)), None)
    if labels is None:  # yes-or-no answers as numbers are classes too
        labels = next((one.arrays["y"].reshape(-1).astype("int64") for one in deliveries if one.class_names), None)
    dated = any(one.ordered for one in deliveries) and plan.split != "ordered"
    return make_feed(found, in_time(plan, deliveries), device=device, own_test=own_test, labels=labels,
                     groups=grouped(deliveries), in_time=dated)


def in_time(plan: Plan, deliveries: Iterable[Delivery]) -> Plan:
    """The plan, splitting by time where rows follow one another in time: chance would let the future leak."""
    return replace(plan, split="ordered") if any(one.ordered for one in deliveries) else plan


def grouped(deliveries: Iterable[Delivery]) -> Array | None:
    """The numbers of what rows belong together, where a source tells."""
    return next((one.groups for one in deliveries if one.groups is not None), None)


def divided(given: Delivery, plan: Plan) -> tuple[Split, str]:
    """How the plan divides the rows of one data node, with the words for it; `DataError` where it cannot."""
    timed = in_time(plan, (given,))
    labels = given.arrays["y"].reshape(-1).astype("int64") if given.class_names and given.specs["y"].rank < 3 else None
    split = split_rows(given.rows, validation=plan.validation, test=plan.test, method=timed.split, seed=plan.seed,
                       labels=labels if labels is not None and len(labels) == given.rows else None,
                       own_test=given.test_rows, groups=given.groups)
    return split, told(timed.split, plan.seed, in_time=given.ordered and plan.split != "ordered",
                       own_test=given.test_rows)


def rows(
    sources: Mapping[str, Source], *, folder: Where = None, arrays: Mapping[str, Any] | None = None,
    thorough: bool = False,
) -> tuple[dict[str, Array], list[Delivery]]:
    """Every source's array by key, and the deliveries behind them; a `DataError` names what is missing."""
    given = dict(arrays or {})
    _known(given, sources)
    found: dict[str, Array] = {}
    deliveries: list[Delivery] = []
    for key, (id, output, node) in sorted(sources.items(), key=lambda one: drawn(one[1][2])):
        value = _given(given, key, id, output)
        if value is not None:
            found[key] = checked(key, value, describe(node, folder).get(output))
        elif node.type == "Input":
            raise DataError(f"{id} waits for numbers. Give them: data={{{id!r}: array}}.")
        else:
            count = len(next(iter(found.values()), ()))
            delivery = deliver(fitted(node, count), folder, thorough=thorough)
            if not (count and drawn(node)):  # noise beside data says nothing about a test set or classes
                deliveries.append(delivery)
            found[key] = delivery.arrays[output]
    return {key: found[key] for key in sources}, deliveries


def _given(given: Mapping[str, Any], key: str, id: str, output: str) -> Any:
    return next((given[name] for name in (key, key.replace(".", "_"), id, output) if name in given), None)


def _known(given: Iterable[str], sources: Mapping[str, Source]) -> None:
    names = {name for key, (id, output, _) in sources.items() for name in (key, key.replace(".", "_"), id, output)}
    stray = [name for name in given if name not in names]
    if stray:
        raise DataError(f"The graph has no source {stray[0]!r}. It has: {', '.join(sources) or 'none'}.")


def _classes(id: str, output: str, node: Node, folder: Where) -> bool:
    spec = describe(node, folder).get(output)
    return spec is not None and spec.classes is not None and spec.rank == 1
