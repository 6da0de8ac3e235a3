"""Forward and reverse mode on the same graphs, and the order in which graphs are computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_step import ROWS, drawn

import neuralgraph as ng
from neuralgraph.api import Handle
from neuralgraph.errors import RunError, UnknownNodeError
from neuralgraph.explain.apart.sweeps import MOST_SWEEPS
from tests.reference import REFERENCE, reference


def constants(**values: Any) -> tuple[ng.Graph, dict[str, Handle]]:
    g = ng.Graph()
    return g, {id: g.add("Constant", value=value, dtype="float64", id=id) for id, value in values.items()}


def test_a_is_nine_and_its_derivatives_three_six_three() -> None:
    known = reference("G01")
    g, at = constants(**{name: known["inputs"][name] for name in ("b", "c")}, two=known["inputs"]["const"])
    a = g.add("Mul", g.add("Add", at["b"], at["c"], id="d"), g.add("Add", at["c"], at["two"], id="e"), id="a")
    g.add("Output", a, id="result")
    expected = known["expected"]
    values = ng.evaluate(g)
    assert (values["d"], values["e"], values["a"]) == (expected["d"], expected["e"], expected["a"]) == (3, 3, 9)
    for mode in ("reverse", "forward"):
        found = ng.gradients(g, of="a", mode=mode)
        assert [float(found[one]) for one in ("b", "c", "two")] == [expected["da_db"], expected["da_dc"],
                                                                  expected["da_dconst"]] == [3, 6, 3]
    shown = ng.sweep_apart(g, "reverse", of="a")
    parts = [one for moment in shown.moments for one in moment.contributions if one.of == "c"]
    assert [float(one.value) for one in parts] == [3, 3] and [float(one.sum) for one in parts] == [3, 6]
    assert [one.number for one in parts] == [1, 2] and parts[1].last


def elementary() -> ng.Graph:
    """f(x) = [x⁴, x² + sin x, −sin x]."""
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(1,))
    t1 = g.add("Mul", x, x, id="t1")
    t3 = g.add("Sin", x, id="t3")
    for id, made in (("f1", g.add("Mul", t1, t1, id="t2")), ("f2", g.add("Add", t1, t3, id="t4")),
                     ("f3", g.add("Neg", t3, id="t5"))):
        g.add("Output", made, id=id)
    return g


def test_a_forward_sweep_carries_the_derivative_of_every_node() -> None:
    known = reference("A01")["expected"]
    for point, expected in known["at"].items():
        shown = ng.sweep_apart(elementary(), "forward", {"x": [[float(point)]]}, by="x", double=True)
        assert [shown.values[one, "out"].item() for one in ("t2", "t4", "t5")] == pytest.approx(expected["f"], abs=1e-6)
        assert [shown.tangents[one, "out"].item() for one in ("t2", "t4", "t5")] == pytest.approx(
            expected["df"], abs=1e-6)
    shown = ng.sweep_apart(elementary(), "forward", {"x": [[1.0]]}, double=True)
    assert [round(shown.tangents[one, "out"].item(), 3) for one in ("t2", "t4", "t5")] == [4, 2.540, -0.540]
    told = {one.node: one for one in shown.moments if one.tangents}
    for step in known["trace_at_1"]:
        moment = told[step["node"]]
        assert moment.outputs["out"].item() == pytest.approx(step["value"], abs=1e-6)
        assert moment.tangents["out"].item() == pytest.approx(step["derivative"], abs=1e-6)
    assert "1 forward sweep or 3 reverse" in shown.sweeps and "forward mode takes fewer" in shown.sweeps


def reverse_example() -> ng.Graph:
    """z = sin(x1 + x2) + x2² x3."""
    g = ng.Graph()
    x1, x2, x3 = (g.add("Input", id=one, shape=()) for one in ("x1", "x2", "x3"))
    b = g.add("Sin", g.add("Add", x1, x2, id="a"), id="b")
    d = g.add("Mul", g.add("Square", x2, id="c"), x3, id="d")
    g.add("Output", g.add("Add", b, d, id="z"), id="result")
    return g


def test_four_reverse_steps() -> None:
    for point, expected in reference("A02")["expected"]["at"].items():
        numbers = [float(one) for one in point.strip("()").split(",")]
        rows = {f"x{at + 1}": [one] for at, one in enumerate(numbers)}
        shown = ng.sweep_apart(reverse_example(), "reverse", rows, of="z", double=True)
        assert shown.values["z", "out"].item() == pytest.approx(expected["z"], abs=1e-6)
        assert [shown.adjoints[f"x{at}", "out"].item() for at in (1, 2, 3)] == pytest.approx(
            expected["grad"], abs=1e-6)
        arrived = [(one.of, one.value.item(), one.sum.item()) for moment in shown.moments
                   for one in moment.contributions if moment.wire]
        steps = {name: value for step in expected["steps"] for name, value in step["sets"].items()}
        by = {of: (value, whole) for of, value, whole in arrived}
        assert [by[one][0] for one in ("b", "d", "a", "c", "x3", "x1")] == pytest.approx(
            [steps[one] for one in ("db", "dd", "da", "dc", "dx3", "dx1")], abs=1e-6)
        to_x2 = sorted(value for of, value, _ in arrived if of == "x2")
        assert to_x2 == pytest.approx(sorted([steps["dx2_partial"], steps["dx1"]]), abs=1e-6)
        assert by["x2"][1] == pytest.approx(steps["dx2_accumulated"], abs=1e-6)
    assert expected is not None and "3 forward sweeps or 1 reverse" in shown.sweeps


def test_the_general_recursion() -> None:
    known = reference("A04")
    g = ng.Graph()
    x1, x2, x3 = (g.add("Input", id=f"x{at}", shape=()) for at in (1, 2, 3))
    x4 = g.add("Mul", x1, x2, id="x4")
    x6 = g.add("Add", g.add("Sin", x4, id="x5"), x3, id="x6")
    x7 = g.add("Mul", x6, x4, id="x7")
    g.add("Output", g.add("Exp", g.add("Neg", x7, id="neg"), id="x8"), id="result")
    rows = {f"x{at + 1}": [one] for at, one in enumerate(known["inputs"]["x"])}
    shown = ng.sweep_apart(g, "reverse", rows, of="x8", double=True)
    for at, value in known["expected"]["values"].items():
        assert shown.values[f"x{at}", "out"].item() == pytest.approx(value, abs=1e-9)
    for at, value in known["expected"]["adjoints"].items():
        assert shown.adjoints[f"x{at}", "out"].item() == pytest.approx(value, abs=1e-9)


def test_a_broadcast_gradient_is_summed() -> None:
    known = reference("T05")
    g, at = constants(**{name: tuple(map(tuple, one)) if isinstance(one[0], list) else tuple(one)
                         for name, one in known["inputs"].items()})
    g.add("Output", g.add("Sum", g.add("Add", at["a"], at["b"], id="y"), id="s"))
    assert ng.evaluate(g)["y"].tolist() == known["expected"]["y"]
    assert ng.gradients(g, of="s")["b"].tolist() == known["expected"]["b_gradient_of_sum"]


@pytest.mark.parametrize("row", reference("A03")["expected"]["table"] if REFERENCE.is_file() else [],
                         ids=lambda row: f"{row['n']}-{row['m']}")
def test_sweeps_of_a_jacobian_are_counted(row: dict[str, Any]) -> None:
    n, m = row["n"], row["m"]
    g = ng.Graph()
    g.add("Output", g.add("Linear", g.add("Input", id="x", shape=(n,)), out_features=m, id="y"))
    rows = {"x": np.ones((1, n))}
    found = {mode: ng.jacobian(g, "y", "x", rows, mode=mode) for mode in ("forward", "reverse", "auto")}
    assert (found["forward"].sweeps, found["reverse"].sweeps) == (row["forward_sweeps"], row["reverse_sweeps"])
    assert found["auto"].sweeps == min(n, m) and row["best"] in ("tie", found["auto"].mode)
    weight = ng.compile(g).state_dict()["y.weight"].numpy()
    for one in found.values():
        assert one.value.shape == (1, m, 1, n) and np.allclose(one.value[0, :, 0], weight, atol=1e-6)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_both_modes_agree_on_anything(seed: int) -> None:
    """By an input, and by a weight that several nodes may use; d by d both ways."""
    g = drawn(seed)
    program = ng.compile(g)
    of = program.losses[0]
    weights = [name for name, one in program.root.named_parameters() if one.requires_grad]
    for by in ("x", *weights[:1]):
        try:
            forward = ng.jacobian(g, of, by, ROWS, mode="forward")
        except UnknownNodeError as error:
            assert "does not depend" in str(error)
            continue
        reverse = ng.jacobian(g, of, by, ROWS, mode="reverse")
        assert np.allclose(forward.value, reverse.value, rtol=1e-3, atol=1e-4)
        assert (forward.sweeps, reverse.sweeps) == (forward.value.size, 1)


def test_nodes_without_a_forward_rule_take_two_reverse_sweeps() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(4, 3))
    g.add("Output", g.add("GRU", x, hidden_size=2, id="gru")["output"])
    rows = {"x": np.random.default_rng(1).normal(size=(1, 4, 3))}
    one, two = (ng.jacobian(g, "gru.output", "x", rows, mode=mode).value for mode in ("forward", "reverse"))
    assert np.allclose(one, two, atol=1e-5) and np.abs(one).max() > 0.01


def test_dead_branches_and_what_can_run_at_once() -> None:
    """c = 2; y = x·c; dead = exp(y); L = (y − 1)²."""
    known = reference("A11")
    g = ng.Graph()
    x, c = g.add("Input", id="x", shape=()), g.add("Constant", value=2.0, id="c")
    y = g.add("Mul", x, c, id="y")
    g.add("Exp", y, id="dead")
    less = g.add("Sub", y, g.add("Constant", value=1.0, id="one"), id="less")
    g.add("Output", g.add("Square", less, id="L"), id="result")
    found = ng.schedule(g, ["L"])
    assert set(known["expected"]["evaluated_static"]) <= set(found.static)
    assert set(known["expected"]["removed"]) <= set(found.dead) and "dead" in found.dynamic
    assert ("c", "one", "x") in [tuple(sorted(one)) for one in found.parallel]
    rows = {"x": [known["inputs"]["x"]]}
    static, dynamic = (ng.sweep_apart(g, mode, rows, of="L" if mode == "static" else "") for mode in
                       ("static", "dynamic"))
    assert "dead" not in [one.node for one in static.moments]
    assert [one.node for one in dynamic.moments] == ["x", "c", "y", "dead", "one", "less", "L", "result"]
    assert static.values["L", "out"].item() == known["expected"]["L"]
    assert ng.gradients(g, "L", rows)["x"].item() == known["expected"]["dL_dx"]
    assert "could run at the same time" in static.moments[0].says
    by_hand = {edge.start for edge in g.session.graph.edges.values()}
    assert by_hand <= set(dynamic.seen)


def test_what_cannot_be_derived_is_said() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(200, 200))
    number = g.add("ArgMax", x, id="place")
    g.add("Output", number)
    g.add("Output", g.add("Tanh", x, id="same"))
    rows = {"x": np.zeros((1, 200, 200))}
    with pytest.raises(RunError, match=f"40,000 numbers; at most {MOST_SWEEPS:,}"):
        ng.jacobian(g, "same", "x", rows)
    with pytest.raises(UnknownNodeError, match="does not depend on place"):
        ng.jacobian(g, "same", "place", rows)
    with pytest.raises(RunError, match="whole numbers"):
        ng.sweep_apart(g, "reverse", rows, of="place")
    with pytest.raises(UnknownNodeError, match="no node 'nowhere'"):
        ng.gradients(g, "nowhere", rows)
    with pytest.raises(RunError, match="walked forward, reverse"):
        ng.sweep_apart(g, "sideways", rows)  # type: ignore[arg-type]
