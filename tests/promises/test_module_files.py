"""Files whose modules are odd: checked in a moment, in plain words, and saved as they came."""

from __future__ import annotations

import time
from typing import Any

import pytest

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.file import dumps, loads
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.grouping import dissolve, make, unique
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session


def copy(id: str, name: Any, type: str = "Module", **params: Any) -> Placed:
    return Placed(id, type, FrozenDict(definition=name, **params))


def room(*nodes: Placed, **fields: Any) -> Graph:
    doors = (Placed("input_1", "Input"), Placed("output_1", "Output"))
    return Graph({one.id: one for one in (*doors, *nodes)},
                 {("output_1", "x"): Edge("input_1", "out", "output_1", "x")}, **fields)


def knots(levels: int, type: str, **fields: Any) -> dict[str, Graph]:
    """Each of two modules holds both of the next level: as many ways down as 2 to the power of the levels."""
    table = {f"{word}{level}": room(*(copy(f"{one}_1", f"{one}{level + 1}", type) for one in "ab"), **fields)
             for level in range(levels) for word in "ab"}
    return {**table, f"a{levels}": room(Placed("a_1", "ReLU")), f"b{levels}": room()}


SHOWN = dict.fromkeys(("p", "q"), ("a_1.p", "b_1.p", "a_1.q", "b_1.q"))
ODD = {"p": ("a.b.c", ".", "x.", ".bias", "a_1.bias"), "a b": (), "definition": ("a_1.bias",),
       "many": tuple(f"n_{k}.x" for k in range(900))}
CASES: dict[str, dict[str, Graph]] = {
    "itself": {"M": room(copy("a_1", "M"), exposed={"p": ("a_1.p",)})},
    "each other": {"M": room(copy("a_1", "N")), "N": room(copy("a_1", "M"))},
    "itself, shown twice": {"M": room(copy("a_1", "M"), copy("b_1", "M"), exposed=SHOWN)},
    "shown by many ways": {"M": room(copy("a_1", "a0")), **knots(30, "Module", exposed=SHOWN)},
    "many ways": {"M": room(copy("a_1", "a0", "Recurrent")), **knots(30, "Recurrent")},
    "loops in loops": {"M": room(copy("a_1", "m0", "Recurrent")),
                       **{f"m{k}": room(copy("a_1", f"m{k + 1}", "Recurrent")) for k in range(35)}, "m35": room()},
    "odd names": {"M": room(Placed("a_1", "Linear"), exposed=ODD)},
    "shares": {"M": room(Placed("a_1", "Linear", shares="m"), Placed("b_1", "Linear", shares="b_1"),
                         Placed("c_1", "Linear", shares="d_1"), Placed("d_1", "Linear", shares="c_1"))},
    "modules of its own": {"M": room(copy("a_1", "Deep"), modules={"Deep": room(Placed("relu_1", "ReLU"))})},
    "doors of one name": {"M": room(Placed("s", "State", FrozenDict(state="input_1")),
                                    Placed("t", "State", FrozenDict(state="input_1")))},
    "a chain": {"M": room(copy("a_1", "m0")),
                **{f"m{k}": room(copy("a_1", f"m{k + 1}")) for k in range(900)}},
    "no text": {"M": room(*(copy(f"a_{k}", value) for k, value in enumerate((3, None, True, 1.5, (), {"a": 1})))),
                "3": room(), "None": room()},
    "no number": {"M": room(*(copy(f"a_{k}", "N", repeat=value)
                              for k, value in enumerate((True, 10**9, "3", 0, -1, None, 1.0, (2,))))), "N": room()},
}


@pytest.mark.parametrize("type", ["Module", "Recurrent"])
@pytest.mark.parametrize("name", CASES)
def test_it_is_checked_in_a_moment_and_saved_as_it_came(name: str, type: str) -> None:
    nodes = (copy("m", "M", type), copy("n", "M", type, repeat=3, p="wide", many=3), Placed("r", "ReLU"))
    graph = Graph({one.id: one for one in nodes}, {("m", "input_1"): Edge("r", "out", "m", "input_1")},
                  modules=CASES[name])
    text = dumps(loads(dumps(graph)).graph)
    session = Session(loads(text).graph)
    began = time.process_time()
    session.analyse()
    for made in (dissolve(session.graph, CATALOG, "m"), unique(session.graph, "m"), make(session.graph, CATALOG, "m")):
        edit = made[0] if isinstance(made, tuple) else made
        if hasattr(edit, "apply"):
            edit.apply(session.graph)
    assert time.process_time() - began < 10
    assert dumps(session.graph) == text
