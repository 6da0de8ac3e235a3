"""Exported Python of whatever is drawn: random groupings, hostile names and titles."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import pytest
from exporting import block, change, classes, exported, gru_cell, over_time
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph as ng
from neuralgraph.compiler.writing.pen import folded
from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.edits import ChangeNode, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import Expose, Within
from neuralgraph.session import Session

# -- anything -------------------------------------------------------------------------------------------------------

VERBS = ["group", "group", "group", "repeat", "inner repeat", "tie", "inner tie", "copy", "share", "freeze", "open",
         "dissolve"]


def net() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    a = g.add("Linear", x, out_features=6, id="a")
    b = g.add("Tanh", a, id="b")
    c = g.add("Linear", b, out_features=6, id="c")
    d = g.add("Add", a, c, id="d")
    e = g.add("Linear", d, out_features=6, id="e")
    g.add("Output", g.add("Mul", e, b, id="f"), id="out")
    return g


def walked(walk: list[tuple[str, int]]) -> ng.Graph:
    """A net after some changes; those that would break it are taken back."""
    g = net()
    for verb, number in walk:
        before = g.session.history.position
        try:
            _changed(g, verb, number)
            ng.compile(g)
        except NeuralGraphError:
            g.session.history.jump(before)
    return g


def _changed(g: ng.Graph, verb: str, number: int) -> None:
    nodes = g.session.graph.nodes
    order = [id for id in ng.compile(g).inference.order if id in nodes] + [
        id for id, one in nodes.items() if one.type == "Module"]
    plain = [id for id in order if nodes[id].type not in ("Input", "Output")]
    modules = [id for id in plain if nodes[id].type == "Module"]
    one = modules[number % len(modules)] if modules else ""
    if verb == "group":
        start = number % len(plain)
        g.group([*plain[start : start + 1 + number // 7 % 4], *modules[: number // 31 % 3]], "Part")
    elif verb.startswith("inner"):
        rooms = [(name, placed) for name, room in sorted(g.session.graph.modules.items())
                 for placed in room.nodes.values() if placed.type == "Module"]
        name, placed = rooms[number % len(rooms)] if rooms else ("", None)
        more = {"repeat": 1 + number // 7 % 3} if verb == "inner repeat" else {"tied": True}
        if placed is not None:
            g.session.edit(Within(name, ChangeNode(replace(placed, params=FrozenDict(placed.params.having(**more))))))
    elif verb == "copy" and one:
        ports = g.session.ports_of(one)[0]
        sources = [g[id][output] for id in sorted(nodes) if id != "out" for output in g.session.ports_of(id)[1]]
        new = g.add("Module", *(sources[(number >> 3 * at) % len(sources)] for at, _ in enumerate(ports)),
                    definition=nodes[one].params["definition"], repeat=1 + number % 3)
        g.add("Output", new[sorted(g.session.ports_of(new.id)[1])[0]])
    elif verb == "dissolve" and one:
        g.dissolve(one)
    elif one:
        fields = {
            "repeat": {"params": FrozenDict(nodes[one].params.having(repeat=1 + number // 7 % 3))},
            "tie": {"params": FrozenDict(nodes[one].params.having(tied=True))},
            "share": {"shares": modules[number // 7 % len(modules)]},
            "freeze": {"frozen": True},
            "open": {},
        }[verb]
        change(g, one, **fields)
        if verb == "open":
            g.session.edit(RemoveNode("out"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 10**6)), max_size=8))
def test_whatever_is_grouped_computes_the_same(walk: list[tuple[str, int]]) -> None:
    exported(walked(walk), width=1000)  # deep paths make names that no line holds


# -- names ----------------------------------------------------------------------------------------------------------


def test_ids_that_code_uses_for_something_else() -> None:
    inside = ng.Graph()
    h = inside.add("Input", id="nn", shape=(6,))
    for id, type in (("F", "LeakyReLU"), ("operator", "Linear"), ("part", "Tanh"), ("range", "GELU"), ("super", "ReLU"),
                     ("slice", "Slice"), ("tuple", "Softmax")):
        h = inside.add(type, h, id=id)
    inside.add("Output", h, id="Block")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="block")
    g.define("Block", inside)
    last = g.add("Module", x, definition="Block", id="turn")
    g.define("Plain", block(last.graph.session.analyse().specs["turn"]["Block"].shape[1]))
    last = g.add("Module", last, definition="Plain", repeat=2, id="Network")
    last = g.add("Linear", last, id="objective")
    g.add("Output", last, id="F")
    g.add("MSELoss", last, last, id="loss")
    text = exported(g)
    assert "def total_loss(self, block):" in text
    assert "for layer in self.Network:" in text


@pytest.mark.parametrize("name", ["lambda", "super", "nn", "forward", "Модуль", "a", "torch", "training"])
def test_exposed_names_that_code_cannot_use(name: str) -> None:
    inside = ng.Graph()
    h = inside.add("Linear", inside.add("Input", id="x", shape=(6,)), id="a")
    inside.add("Output", inside.add("Softmax", h, id="s"), id="y")
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Layer", inside)
    shown = ((name, ("a.out_features",)), (f"{name}2", ("s.dim",)))
    g.session.edit(Within("Layer", Expose(shown)))
    values = [{name: 5, f"{name}2": 1}, {name: 7, f"{name}2": 0}]
    for at, params in enumerate(values):
        g.add("Output", g.add("Module", x, definition="Layer"), id=f"out_{at}")
        placed = g.session.graph.nodes[f"module_{at + 1}"]
        change(g, placed.id, params=FrozenDict({**placed.params, **params}))
    assert classes(exported(g))[-1] == "Network"


HOSTILE = ['"""\nimport os', "'; import os #", "\u202ecell", "class", "None", "Network", "Recurrence", "torch", "3 x 3",
           "__import__('os')", "\\", "é", "", "Tensor", "x" * 180, "self", "nn", "F", "choose", "Block", "block"]


@pytest.mark.parametrize("word", [one for one in HOSTILE if one])
def test_names_and_titles_stay_inert(word: str) -> None:
    plain = _hostile("plain")
    kinds = {type(node).__name__ for node in ast.walk(ast.parse(exported(plain)))}
    text = exported(_hostile(word))
    assert {type(node).__name__ for node in ast.walk(ast.parse(text))} <= kinds
    assert not re.search(r"^\s*import os|\u202e", text, re.M)
    assert len(set(classes(text))) == len(classes(text))


def _hostile(word: str) -> ng.Graph:
    g = over_time(gru_cell(), word)
    graph = g.session.graph
    table = {name: one.having(title=word, about=f"{word}\n{word}") for name, one in graph.modules.items()}
    nodes = {id: replace(one, title=word, note=word) for id, one in graph.nodes.items()}
    return ng.Graph(Session(graph.having(title=word, about=word, modules=table, nodes=nodes)))


def test_long_lines_are_broken_without_a_change() -> None:
    names = ", ".join(f"a{at}" for at in range(60))
    call = f'    x = f("a, b", (1, 2), {"1234567, " * 40} c=[d, e])'
    for line in (call, f"def g({names}): pass", "x = " + "y" * 200):
        text = folded(line)
        assert ast.dump(ast.parse(text.strip())) == ast.dump(ast.parse(line.strip()))
        assert all(len(one) <= 120 for one in text.splitlines()) or "," not in line
