"""A loop over time laid out as copies computes the same, with the same weights."""

from __future__ import annotations

import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph import unrolling
from neuralgraph.graph.wiring import Refusal
from neuralgraph.nodes import CATALOG


def looped(initial: str = "zero", **params: object) -> ng.Graph:
    cell = ng.Graph()
    x = cell.add("Input", id="x", shape=(3,))
    h = cell.add("State", state="h", shape=(4,), initial=initial)
    a = cell.add("Linear", x, out_features=4, id="of_input")
    b = cell.add("Linear", h, out_features=4, id="of_state")
    new = cell.add("Tanh", cell.add("Add", a, b))
    cell.add("Output", new, id="y")
    cell.add("NextState", new, state="h")
    g = ng.Graph()
    x = g.add("Input", shape=(5, 3))
    g.define("Cell", cell)
    start = {"h": g.add("Input", shape=(4,), id="first")} if initial == "wired" else {}
    r = g.add("Recurrent", x, definition="Cell", id="r", **start, **params)
    g.add("Output", r["y"], id="all")
    g.add("Output", r["h_n"], id="last")
    return g


def unrolled(g: ng.Graph) -> tuple[str, ...] | Refusal:
    found = unrolling.unroll(g.session.graph, CATALOG, "r", g.session.analyse().inputs["r"])
    if isinstance(found, Refusal):
        return found
    g.session.edit(found[0])
    return found[1]


@pytest.mark.parametrize(("initial", "output"), [("zero", "sequence"), ("zero", "last"), ("wired", "sequence")])
def test_unrolled_is_the_same(initial: str, output: str) -> None:
    g = looped(initial, output=output)
    given = {"input_1": torch.randn(6, 5, 3), "first": torch.randn(6, 4)}
    if initial != "wired":
        del given["first"]
    program = g.session.program = ng.compile(g)
    before = program.predict(**given)
    g.session.history.seal()
    copies = unrolled(g)
    assert len(copies) == 5
    assert [one for one in ng.check(g) if one.severity == "error"] == []
    after = g.session._present()
    assert after is not None
    assert set(after.state_dict()) == {
        f"{copies[0]}.{name}" for name in ("of_input.weight", "of_input.bias", "of_state.weight", "of_state.bias")}
    found = after.predict(**given)
    assert all(torch.allclose(found[name], before[name], atol=1e-6) for name in ("all", "last"))
    g.session.undo()
    assert "r" in g.session.graph.nodes


@pytest.mark.parametrize("params", [{"direction": "both"}, {"truncate": 2}])
def test_what_cannot_be_unrolled_says_why(params: dict[str, object]) -> None:
    found = unrolled(looped(**params))
    assert isinstance(found, Refusal)
    assert "plain loop" in found.message
    assert isinstance(unrolled(looped("learned")), Refusal)
