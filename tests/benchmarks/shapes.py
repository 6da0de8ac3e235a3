"""Checking and inferring a document of 1,000 nodes: cold, warm, and after one edit in the middle."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode


def shapes() -> dict[str, Any]:
    """Wall milliseconds; torch is loaded and has run on meta once before."""
    warm_up = ng.Graph()
    warm_up.add("Output", warm_up.add("Linear", warm_up.add("Input", shape=(2,))))
    ng.check(warm_up)
    g = ng.Graph()
    x = g.add("Input", shape=(1, 16, 16), id="x")
    y = g.add("Input", shape=(), dtype="int64", classes=10, id="y")
    for number in range(248):
        x = g.add("Conv2d", x, out_channels=4 + number % 5, padding=1)
        x = g.add("Dropout", g.add("ReLU", g.add("BatchNorm2d", x)))
    g.add("CrossEntropyLoss", g.add("Linear", g.add("Flatten", x), out_features=10), y)
    session = g.session
    cold = _taken(session)
    warm = min(_taken(session) for _ in range(5))
    edits = []
    for channels in (13, 14, 15):
        node = session.graph.nodes["conv2d_124"]
        session.edit(ChangeNode(replace(node, params=node.params.having(out_channels=channels))))
        edits.append(_taken(session))
    edit = sorted(edits)[1]
    return {"benchmark": "shapes", "nodes": len(session.graph.nodes), "cold_ms": cold, "warm_ms": warm, "edit_ms": edit,
            "ratio": round(edit / 100, 2)}


def _taken(session: Any) -> float:
    begun = time.perf_counter()
    assert not session.analyse().problems
    return round(1000 * (time.perf_counter() - begun), 1)
