"""Inside a Recurrent, step by step of time: what is shown adds up to torch's gradient, its numbers are those of torch.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph as ng
from neuralgraph.errors import NeuralGraphError, RunError
from neuralgraph.explain.apart.clones import cloned
from neuralgraph.explain.apart.moment import Apart
from neuralgraph.explain.apart.optimising import Stand, learner_of
from neuralgraph.explain.apart.over_time import MOST_STEPS
from neuralgraph.explain.apart.seats import recurrents
from neuralgraph.explain.apart.step import step_apart
from neuralgraph.graph.edits import ChangeNode

F, H, N = 3, 2, 2


def cell(chance: random.Random, starts: list[str], read: str = "") -> ng.Graph:
    """One step: what comes in and what is remembered, mixed; `read` is a module that is run inside."""
    g = ng.Graph()
    values = [g.add("Linear", g.add("Input", id="x", shape=(F,)), out_features=H, id="ih")]
    for at, start in enumerate(starts):
        name = f"s{at}"
        held = g.add("State", id=name, state=name, shape=(H,), initial=start)
        mixed = g.add("Linear", held, out_features=H, bias=chance.random() < 0.5) if chance.random() < 0.7 else held
        values.append(mixed)
    for _ in range(chance.randint(1, 4)):
        one, two = chance.choice(values), chance.choice(values)
        values.append(g.add(chance.choice(["Tanh", "Sigmoid", "Softplus", "Dropout"]), one) if chance.random() < 0.5
                      else g.add(chance.choice(["Add", "Mul", "Sub"]), one, two))
    total = values[0]
    for one in values[1:]:
        total = g.add("Add", total, one)
    after = g.add("Tanh", total, id="after")
    for at in range(len(starts)):
        g.add("NextState", chance.choice([after, *values[1:]]), state=f"s{at}")
    g.add("Output", after, id="y")
    if chance.random() < 0.4:
        g.add("Output", g.add("Sigmoid", chance.choice(values)), id="z")
    if chance.random() < 0.4:
        with suppress(NeuralGraphError):
            g.group([one.id for one in values[-2:]], "Part")
    return g


def drawn(seed: int) -> tuple[ng.Graph, dict[str, Any]]:
    """A network around a Recurrent of any kind, and rows for it."""
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    length = chance.randint(1, 5)
    starts = [chance.choice(["zero", "learned", "wired"]) for _ in range(chance.randint(0, 2))]
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(length, F))
    rows = {"x": numbers.normal(size=(N, length, F))}
    before = g.add("Linear", x, out_features=F, id="before") if chance.random() < 0.5 else x
    wired: dict[str, Any] = {}
    for at, start in enumerate(starts):
        if start == "wired":
            wired[f"s{at}"] = g.add("Linear", g.add("Input", id=f"w{at}", shape=(H,)), out_features=H)
            rows[f"w{at}"] = numbers.normal(size=(N, H))
    if chance.random() < 0.4:
        wired["mask"] = g.add("Greater", g.add("Input", shape=(length,), id="m"), g.add("Constant", value=0.3))
        rows["m"] = numbers.random(size=(N, length))
    g.define("Cell", cell(chance, starts))
    direction, output = chance.choice(["forward", "backward", "both"]), chance.choice(["sequence", "last"])
    loop = g.add("Recurrent", before, definition="Cell", id="loop", direction=direction, output=output,
                 truncate=chance.choice([0, 0, 2]), **wired)
    if chance.random() < 0.2:
        g.session.edit(ChangeNode(replace(g.session.graph.nodes["loop"], frozen=True), "Freeze"))
    ends = [loop[name] for name in g.session.ports_of("loop")[1]]
    for number, end in enumerate(chance.sample(ends, chance.randint(1, len(ends)))):
        flat = g.add("Flatten", end)
        out = g.add("Linear", flat, out_features=2, id=f"out_{number}")
        target = g.add("Input", id=f"y_{number}", shape=(2,))
        rows[f"y_{number}"] = numbers.normal(size=(N, 2))
        g.add("MSELoss", out, target, id=f"loss_{number}")
    return g, rows


def plain_torch(program: Any, rows: dict[str, Any]) -> dict[str, Any]:
    copy = cloned(program, double=True)
    copy.root.train()
    learner, _ = learner_of(copy, Stand(), 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(copy.seed)
        learner.learn(tuple(copy.tensor(key, rows[key]) for key in copy.training_inputs))
    return {name: one.grad.numpy() for name, one in copy.root.named_parameters() if one.grad is not None}


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_the_contributions_of_all_times_are_torchs_gradient(seed: int) -> None:
    g, rows = drawn(seed)
    program = ng.compile(g)
    shown = step_apart(program, rows, double=True, inside=recurrents(program))
    expected = plain_torch(program, rows)
    for name, one in expected.items():
        found = shown.gradients.get(name, np.zeros_like(one))
        assert np.allclose(found, one, rtol=1e-6, atol=1e-9), name
    assert set(shown.gradients) <= set(expected)
    whole = step_apart(program, rows, double=True)
    assert all(np.allclose(one, shown.values[place]) for place, one in whole.values.items())
    assert all(np.allclose(one, shown.adjoints[place], atol=1e-12) for place, one in whole.adjoints.items())
    sums(shown)


def sums(shown: Apart) -> None:
    """Of every weight the contributions of all times, added one after the other, are its gradient."""
    running: dict[str, Any] = {}
    for moment in shown.moments:
        for one in moment.contributions:
            if one.of in shown.gradients:
                running[one.of] = running.get(one.of, 0.0) + one.value
                assert np.allclose(running[one.of], one.sum, rtol=1e-9, atol=1e-12)
    assert all(np.allclose(running[name], one, rtol=1e-9, atol=1e-12) for name, one in shown.gradients.items())


def echo(length: int = 4) -> ng.Graph:
    """h ← tanh(u x + w h)."""
    inner = ng.Graph()
    total = inner.add("Add", inner.add("Linear", inner.add("Input", id="x", shape=(1,)), out_features=1, id="u"),
                      inner.add("Linear", inner.add("State", id="h", state="h", shape=(1,)), out_features=1, id="w"))
    after = inner.add("Tanh", total, id="after")
    inner.add("NextState", after, state="h", id="next")
    inner.add("Output", after, id="y")
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(length, 1))
    g.define("Cell", inner)
    loop = g.add("Recurrent", x, definition="Cell", id="loop", output="last")
    g.add("MSELoss", loop["y"], g.add("Input", id="y", shape=(1,)), id="loss")
    return g


ROWS = {"x": np.array([[[0.5], [-0.3], [0.8], [0.1]]]), "y": np.array([[1.0]])}


def test_it_goes_through_time_and_back() -> None:
    g = echo()
    shown = ng.step_apart(g, ROWS, inside="loop")
    forward = [one for one in shown.moments if one.phase == "forward" and one.time]
    assert [one.time[0] for one in forward] == sorted(one.time[0] for one in forward)
    assert {one.time for one in forward} == {(1,), (2,), (3,), (4,)}
    assert {one.drawn for one in forward if one.time == (2,)} == {
        f"loop/{name}" for name in ("x", "h", "u", "w", "add_1", "after", "y", "next")}
    back = [one.time[0] for one in shown.moments if one.phase == "backward" and one.time]
    assert back == sorted(back, reverse=True) and set(back) == {1, 2, 3, 4}
    parts = [part for one in shown.moments for part in one.contributions if part.of == "loop.cell.w.weight"]
    assert [part.number for part in parts] == [1, 2, 3, 4] and all(part.count == 4 for part in parts)
    assert np.allclose(sum(part.value for part in parts), shown.gradients["loop.cell.w.weight"])
    assert "Contribution 2 of 4 to weights that every time step uses" in next(
        one.says for one in shown.moments if any(part is parts[1] for part in one.contributions))


def test_the_numbers_of_each_time_are_those_of_the_formula() -> None:
    g = echo()
    program = ng.compile(g)
    shown = ng.step_apart(g, ROWS, inside=True, double=True)
    weights = {name.removeprefix("loop.cell."): float(one.detach().reshape(-1)[0])
               for name, one in program.root.named_parameters()}
    h = 0.0
    for t, x in enumerate(ROWS["x"].reshape(-1), 1):
        assert float(shown.values[f"loop/{t}/h", "out"].item()) == pytest.approx(h)
        h = np.tanh(weights["u.weight"] * x + weights["u.bias"] + weights["w.weight"] * h + weights["w.bias"])
        assert float(shown.values[f"loop/{t}/after", "out"].item()) == pytest.approx(h, rel=1e-6)
    assert float(shown.values["loop", "y"].item()) == pytest.approx(h, rel=1e-6)


def test_what_made_a_number_at_one_time() -> None:
    g = echo()
    shown = ng.step_apart(g, ROWS, inside=True)
    for moment in shown.moments:
        if moment.phase in ("forward", "loss"):
            for output, values in moment.outputs.items():
                found = g.session.cell(moment.node, (0,) * values.ndim, output=output, moment=moment)
                assert found.value == pytest.approx(float(values.reshape(-1)[0]), abs=1e-6), moment.node
    found = ng.cell(g, "loop/3/w", (0, 0), ROWS)
    assert found.terms[0].weight == "loop.cell.w.weight" and found.terms[0].x == pytest.approx(
        float(shown.values["loop/3/h", "out"].item()), abs=1e-6)


def test_sweeps_go_through_time_too() -> None:
    g = echo()
    by_hand = ng.sweep_apart(g, "reverse", ROWS, of="loop.y", double=True)
    back = ng.sweep_apart(g, "reverse", ROWS, of="loop.y", inside=True, double=True)
    assert np.allclose(back.adjoints["x", "out"], by_hand.adjoints["x", "out"])
    there = ng.sweep_apart(g, "forward", ROWS, by="x", inside=True, double=True)
    assert there.tangents["loop", "y"].item() == pytest.approx(float(back.adjoints["x", "out"].sum()))
    assert ("loop/4/after", "out") in there.tangents


def test_a_loop_in_a_loop() -> None:
    inner = cell(random.Random(3), ["zero"])
    outer = ng.Graph()
    outer.define("Inner", inner)
    words = outer.add("Input", id="words", shape=(2, F))
    read = outer.add("Recurrent", words, definition="Inner", output="last", id="read")
    mixed = outer.add("Linear", outer.add("Add", read["y"], outer.add("State", id="h", state="h", shape=(H,))),
                      out_features=H, id="mix")
    outer.add("NextState", mixed, state="h")
    outer.add("Output", mixed, id="y")
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3, 2, F))
    g.define("Outer", outer)
    loop = g.add("Recurrent", x, definition="Outer", id="loop", output="last")
    g.add("MSELoss", loop["y"], g.add("Input", id="y", shape=(H,)), id="loss")
    rows = {"x": np.random.default_rng(0).normal(size=(N, 3, 2, F)), "y": np.ones((N, H))}
    program = ng.compile(g)
    assert recurrents(program) == ("loop", "loop/read")
    expected = plain_torch(program, rows)
    for inside in (("loop",), ("loop", "loop/read")):
        shown = step_apart(program, rows, double=True, inside=inside)
        assert all(np.allclose(shown.gradients[name], one, rtol=1e-6, atol=1e-9) for name, one in expected.items())
    assert ("loop/2/read/1/ih", "out") in shown.values
    assert {one.time for one in shown.moments if one.drawn == "loop/read/ih"} == {
        (a, b) for a in (1, 2, 3) for b in (1, 2)}


def test_what_cannot_be_laid_out_says_so() -> None:
    g = echo(MOST_STEPS + 1)
    rows = {"x": np.zeros((1, MOST_STEPS + 1, 1)), "y": np.zeros((1, 1))}
    with pytest.raises(RunError, match=f"loop runs {MOST_STEPS + 1} steps; at most {MOST_STEPS}"):
        ng.step_apart(g, rows, inside=True)
    with pytest.raises(NeuralGraphError, match=r"«loss» runs nothing over time\. These do: loop"):
        ng.step_apart(echo(), ROWS, inside="loss")
