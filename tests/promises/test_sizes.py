"""Sizes are checked before memory is taken: absurd ones are refused at once, by node, without allocating."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session
from tests.conftest import SCALE

COUNT = 200 * SCALE
SECONDS, BYTES = 1.0, 5_000_000
ABSURD: tuple[Any, ...] = (
    10**9, 10**12, 10**18, 2**63, 2**64, -1, -(10**9), 0.5, 1e308, float("nan"), float("inf"), True, "seven", None,
    (10**6, 10**6), (10**9,) * 2, (0, 0), (), [1, [2]], 10**4000, 10**5000)  # fmt: skip


def number_parameters() -> list[tuple[str, str]]:
    """Every parameter of every type that takes a whole number or several."""
    found = []
    for name in CATALOG:
        kind = CATALOG[name]
        for parameter, declared in kind.params.items():
            sample = declared.default
            if isinstance(sample, int | tuple) and not isinstance(sample, bool):
                found.append((name, parameter))
    return found


def fed(type: str, params: dict[str, Any]) -> Graph:
    """A node of this type with something of its rank wired into every port."""
    shape = (1, 8, 8) if "2d" in type or type == "MaxPool2d" else (4, 8) if "1d" in type else (16,)
    node = Placed("big", type, FrozenDict(params))
    source = Placed("source", "Input", FrozenDict({"shape": shape}))
    edges = [Edge("source", "out", "big", port.name) for port in CATALOG[type].ports if not port.many]
    return Graph({"source": source, "big": node}, {edge.end: edge for edge in edges})


def cases() -> Iterator[tuple[str, Graph]]:
    rng = random.Random(0)
    parameters = number_parameters()
    assert len(parameters) > 40
    for _ in range(COUNT):
        type, parameter = rng.choice(parameters)
        value = rng.choice(ABSURD)
        shown = "10^5000" if value == 10**5000 else str(value)[:30]
        yield f"{type}.{parameter} = {shown}", fed(type, {parameter: value})


def pair(first: int, second: int) -> Graph:
    nodes = {"source": Placed("source", "Input", FrozenDict({"shape": (first,)})),
             "big": Placed("big", "Linear", FrozenDict({"out_features": second}))}
    return Graph(nodes, {("big", "x"): Edge("source", "out", "big", "x")})


def test_absurd_sizes_are_refused_at_once_without_memory() -> None:
    Session(fed("Linear", {"out_features": 8})).analyse()
    Session(fed("Conv2d", {})).analyse()
    process = psutil.Process()
    before = process.memory_info().rss
    slow, silent = [], []
    session = Session()
    for name, graph in cases():
        began = time.process_time()
        analysis = session.analyse(graph)
        if time.process_time() - began > SECONDS:
            slow.append(name)
        if not analysis.errors and analysis.bytes > 10**12:
            silent.append(name)
        assert all(one.message for one in analysis.errors)
        places = {one.node for one in analysis.errors}
        assert not analysis.errors or places & {"big", "source", None}, name
    assert (slow, silent) == ([], [])
    grown = process.memory_info().rss - before
    assert grown <= BYTES * max(1, SCALE), f"{grown:,} bytes"


@pytest.mark.parametrize(("first", "second"), [(10**9, 10**9), (10**6, 10**6), (2**31, 2**31), (10**5, 10**9)])
def test_products_are_counted_in_whole_numbers_and_named(first: int, second: int) -> None:
    began = time.process_time()
    analysis = Session(pair(first, second)).analyse(free=8 * 2**30)
    assert time.process_time() - began < SECONDS + 2
    assert analysis.errors and {one.node for one in analysis.errors} <= {"big", "source"}


def test_the_parts_of_the_estimate_add_up_and_belong_to_nodes() -> None:
    from neuralgraph.compiler.summary import summarise

    graph = pair(100, 50)
    analysis = Session(graph).analyse()
    need = analysis.need
    assert need.weights == need.gradients == 4 * (100 * 50 + 50) and need.optimizer == 2 * need.weights
    assert sum(need.parts.values()) == need.total == analysis.bytes and need.free > 0
    summary = summarise(analysis, CATALOG)
    assert sum(row.training_bytes for row in summary.rows) == need.total
