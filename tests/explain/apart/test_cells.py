"""What made a number: for every node type the terms come to the number that the node gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from node_examples import ORACLES
from test_every_node import RUNNABLE, alone, tensors

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError, UnknownNodeError
from neuralgraph.explain.apart.cell import cell
from neuralgraph.explain.apart.clones import cloned
from neuralgraph.explain.apart.tape import record
from neuralgraph.explain.apart.terms import Terms
from neuralgraph.spec import Node
from neuralgraph.spec.formula import read_formula
from tests.reference import reference

KINDS = [one for one in RUNNABLE if one.role != "metric"]


def places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The first, the last, and some between."""
    size = int(np.prod(shape)) if shape else 1
    return sorted({tuple(int(k) for k in np.unravel_index(at, shape)) if shape else ()
                   for at in (0, size // 3, size // 2, 2 * size // 3, size - 1)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
def test_terms_make_the_number(kind: type[Node]) -> None:
    given = ORACLES[kind.__name__]
    graph, inference = alone(kind, given)
    program = Program(graph, inference, seed=1)
    double = cloned(program, double=True)
    double.root.eval()
    inputs = {key: one.double() if one.is_floating_point() else one for key, one in tensors(given, 3).items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(program.seed)
        expected = record(double, inputs, ["it"]).nodes["it"].outputs
    ports = {key.removeprefix("in_"): one.numpy() for key, one in inputs.items()}
    for output, values in expected.items():
        for index in places(tuple(values.shape)):
            found = cell(program, "it", ports, output, index)
            agrees(found, float(values.detach()[index]))
            names_what_is_there(program, ports, found)


WHOLE = {
    "Constant", "Arange", "Eye", "Full", "Linspace", "Zeros",  # nothing goes into them
    "Hopfield", "RBM", "BoltzmannMachine", "DeepBoltzmannMachine", "Competitive",
    "All", "Any", "ArgMax", "ArgMin", "ArgSort", "Bucketize", "CountNonzero", "OneHot", "Multinomial",
    # and these for the places, or signs, that they give beside their numbers
    "Kthvalue", "Median", "Mode", "Sort", "TopK", "CumMax", "CumMin", "Slogdet",
}
"""Of these no sum can be told: what they give, or one of their outputs, cannot be derived by anything."""


def names_what_is_there(program: Program, ports: dict[str, Any], found: Terms) -> None:
    """Every term says numbers that lie where it says."""
    weights = program.state_dict()
    for one in [*found.terms, *(term for part in found.parts.values() for term in part.terms)]:
        if one.port and len(one.spot) == ports[one.port].ndim:
            assert one.x == pytest.approx(float(ports[one.port][one.spot]), rel=1e-6, nan_ok=True) or (
                one.label.startswith("head"))
        if one.weight in weights and not one.label.startswith("times"):
            assert abs(one.w) == pytest.approx(abs(float(weights[one.weight][one.at])), rel=1e-6)
        elif one.weight in ports:
            assert abs(one.w) == pytest.approx(abs(float(ports[one.weight][one.at])), rel=1e-6)


def agrees(found: Terms, expected: float) -> None:
    assert found.says.endswith(".")
    assert found.how != "whole" or found.type in WHOLE
    if found.formula:
        read_formula(found.formula)
    assert found.value == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True)
    assert found.how == "whole" or found.total == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True)


# -- worked examples --------------------------------------------------------------------------------------------------


def layer(type: str, shape: tuple[int, ...], **params: Any) -> ng.Graph:
    g = ng.Graph()
    made = g.add(type, g.add("Input", id="x", shape=shape), id="it", **params)
    g.add("Output", made[g.session.ports_of("it")[1][0]])
    return g


def test_the_window_of_a_convolution() -> None:
    """5 × 5 with a 3 × 3 filter: 4 3 4 / 2 4 3 / 2 3 4."""
    known = reference("C01")
    kernel, image = known["inputs"]["kernel"], np.array(known["inputs"]["input"], dtype=float)
    g = layer("Conv2d", (1, 5, 5), out_channels=1, kernel_size=3, bias=False)
    g.set_weights("it", weight=[[kernel]])
    rows = {"x": image[None, None]}
    made = [[ng.cell(g, "it", (0, 0, y, x), rows) for x in range(3)] for y in range(3)]
    assert [[one.total for one in row] for row in made] == known["expected"]["output"] == [[4, 3, 4], [2, 4, 3],
                                                                                         [2, 3, 4]]
    middle = made[1][1]
    assert {one.spot for one in middle.terms} == {(0, 0, 1 + y, 1 + x) for y in range(3) for x in range(3)}
    assert all(one.w == kernel[one.at[2]][one.at[3]] and one.x == image[one.spot[2:]] for one in middle.terms)
    assert middle.columns is not None and middle.columns.windows.shape == (9, 9)
    laid = middle.columns.weights @ middle.columns.windows
    assert laid.reshape(3, 3).tolist() == known["expected"]["output"]
    assert laid[middle.columns.row, middle.columns.column] == middle.value == 4


def test_padding_stride_and_channels_of_the_demonstration() -> None:
    """5 × 5 × 3, two filters, stride 2, padding 1."""
    known = reference("C06")
    given = known["inputs"]
    x = np.array(given["X"], dtype=float)
    g = layer("Conv2d", x.shape, out_channels=2, kernel_size=3, stride=2, padding=1)
    g.set_weights("it", weight=given["W"], bias=given.get("b", [1, 0]))
    expected = known["expected"]["output_CHW"]
    for place in np.ndindex(2, 3, 3):
        found = ng.cell(g, "it", (0, *place), {"x": x[None]})
        assert found.total == pytest.approx(expected[place[0]][place[1]][place[2]])
        assert len(found.terms) == 27, "a window is shown whole, with its padding"
    corner = ng.cell(g, "it", (0, 0, 0, 0), {"x": x[None]})
    assert sum(one.label == "padding" for one in corner.terms) == 3 * 5
    assert corner.columns is not None
    assert np.allclose((corner.columns.weights @ corner.columns.windows).reshape(2, 3, 3)
                       + np.reshape(given.get("b", [1, 0]), (2, 1, 1)), expected)


def test_the_switches_of_pooling() -> None:
    """4 × 4, window 2, stride 2: 6 8 / 3 4."""
    known = reference("C02")
    image = np.array(known["inputs"]["input"], dtype=float)
    g = layer("MaxPool2d", (1, 4, 4), kernel_size=2)
    made = [[ng.cell(g, "it", (0, 0, y, x), {"x": image[None, None]}) for x in range(2)] for y in range(2)]
    assert [[one.total for one in row] for row in made] == known["expected"]["output"] == [[6, 8], [3, 4]]
    chosen = [[next(one for one in cell_.terms if one.label == "switch") for cell_ in row] for row in made]
    assert [[one.spot[2] * 4 + one.spot[3] for one in row] for row in chosen] == known["expected"]["switch_flat_index"]
    assert len(made[0][0].terms) == 4 and made[0][0].formula == "max(1, 1, 5, 6) = 6"


def test_one_dimension() -> None:
    known = reference("D09")
    g = layer("Conv1d", (1, 5), out_channels=1, kernel_size=3, bias=False)
    g.set_weights("it", weight=[[known["inputs"]["w"]]])
    rows = {"x": [[known["inputs"]["x"]]]}
    assert [ng.cell(g, "it", (0, 0, at), rows).total for at in range(3)] == known["expected"]["valid"]
    one = ng.cell(g, "it", (0, 0, 1), rows)
    assert [(term.spot[2], term.w) for term in one.terms] == [(1, 1.0), (2, 0.0), (3, -1.0)]
    assert one.columns is not None and one.columns.windows[:, 1].tolist() == [2.0, 3.0, 4.0]


def test_gates_say_what_is_kept_and_what_is_new() -> None:
    g = layer("LSTM", (4, 3), hidden_size=2)
    rows = {"x": np.random.default_rng(3).normal(size=(2, 4, 3))}
    found = ng.cell(g, "it", (1, 2, 1), rows, output="output")
    assert list(found.parts) == ["i", "f", "g", "o", "c"] and all(0 < found.parts[one].value < 1 for one in "ifo")
    gate = found.parts["f"]
    assert gate.then == "sigmoid" and len(gate.terms) == 3 + 2
    assert {one.weight for one in gate.terms} == {"it.weight_ih_l0", "it.weight_hh_l0"}
    assert {one.at[0] for one in gate.terms} == {2 + 1}, "rows of torch: i, f, g, o"
    assert [one.spot for one in gate.terms[:3]] == [(1, 2, at) for at in range(3)]
    read_formula(found.formula)
    parts = {name: one.value for name, one in found.parts.items()}
    assert found.value == pytest.approx(parts["o"] * np.tanh(parts["f"] * parts["c"] + parts["i"] * parts["g"]))


def test_attention_says_who_is_looked_at() -> None:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(5, 4))
    g.add("Output", g.add("MultiheadAttention", x, x, x, num_heads=2, is_causal=True, id="it")["out"])
    rows = {"x": np.random.default_rng(4).normal(size=(1, 5, 4))}
    found = ng.cell(g, "it", (0, 2, 1), rows)
    looked = {head: [one.w for one in found.terms if one.at[0] == head] for head in (0, 1)}
    assert all(sum(some) == pytest.approx(1) and some[3] == some[4] == 0 for some in looked.values())
    shown = ng.evaluate(g, rows)["it.weights"][0, 2]
    assert np.allclose(np.mean(list(looked.values()), axis=0), shown, atol=1e-6)


def test_a_default_says_that_it_is_one() -> None:
    g = layer("Prod", (3,), dim=1)
    found = ng.cell(g, "it", (0,), {"x": [[2.0, 3.0, 4.0]]})
    assert found.how == "slopes" and "derivatives" in found.says
    assert [one.w for one in found.terms] == [12.0, 8.0, 6.0] and found.bias == 24 - 72 == found.total - 72
    norm = ng.cell(layer("Norm", (2,), dim=(1,)), "it", (0,), {"x": [[3.0, 4.0]]})
    assert norm.how == "slopes" and norm.value == 5, "factors that move with the numbers are no fixed ones"


def test_in_a_step_dropout_says_what_chance_did() -> None:
    g = ng.Graph()
    h = g.add("Dropout", g.add("Input", id="x", shape=(8,)), p=0.5, id="drop")
    g.add("MSELoss", g.add("Linear", h, out_features=1), g.add("Input", id="y", shape=(1,)))
    shown = ng.step_apart(g, {"x": np.arange(1.0, 9.0)[None], "y": [[0.0]]})
    moment = next(one for one in shown.moments if one.node == "drop")
    factors = [g.session.cell("drop", (0, at), moment=moment).terms[0].w for at in range(8)]
    assert set(factors) == {0.0, 2.0}
    assert [one * (at + 1) for at, one in enumerate(factors)] == moment.outputs["out"][0].tolist()


def test_what_there_is_not_is_said() -> None:
    g = layer("Linear", (3,), out_features=2)
    rows = {"x": [[1.0, 2.0, 3.0]]}
    with pytest.raises(RunError, match=r"it gives 1 × 2 here; there is no number at \[0, 7\]"):
        ng.cell(g, "it", (0, 7), rows)
    with pytest.raises(UnknownNodeError, match="no node 'other'"):
        ng.cell(g, "other", (0,), rows)
    with pytest.raises(UnknownNodeError, match="no output 'y'"):
        ng.cell(g, "it", (0, 0), rows, output="y")
    with pytest.raises(RunError, match="its numbers come from the data"):
        ng.cell(g, "x", (0, 0), rows)


def windowed(type: str, at: tuple[int, ...], node: dict[str, Any], size: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The places that the window of a place looks at, by its definition: those of the input, without the channel."""
    def along(name: str, axis: int, default: int) -> int:
        found = node.get(name, default)
        return int(found[axis] if isinstance(found, tuple) else found)

    spans = []
    for axis, (place, many) in enumerate(zip(at, size, strict=True)):
        kernel, stride = along("kernel_size", axis, 3), along("stride", axis, 1)
        padding, gap = along("padding", axis, 0), along("dilation", axis, 1)
        if "Transpose" in type:
            back = [place + padding - gap * k for k in range(kernel)]
            spans.append([one // stride for one in back if one % stride == 0 and 0 <= one // stride < many])
        else:
            spans.append([one for k in range(kernel) if 0 <= (one := place * stride - padding + gap * k) < many])
    return {tuple(int(one) for one in spot) for spot in itertools.product(*spans)}


CONVOLUTIONS: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("Conv1d", (4, 9), {"out_channels": 6, "kernel_size": 3, "groups": 2, "dilation": 2, "padding": 1}),
    ("Conv1d", (2, 8), {"out_channels": 3, "kernel_size": 4, "stride": 2}),
    ("Conv2d", (4, 7, 6), {"out_channels": 8, "kernel_size": 3, "groups": 4, "padding": 1}),
    ("Conv2d", (4, 7, 6), {"out_channels": 4, "kernel_size": 3, "groups": 4, "dilation": 2, "padding": 2}),
    ("Conv2d", (3, 8, 8), {"out_channels": 2, "kernel_size": (3, 2), "stride": (2, 1), "dilation": (2, 3)}),
    ("Conv3d", (2, 4, 5, 4), {"out_channels": 4, "kernel_size": 2, "groups": 2, "dilation": 2, "padding": 1}),
    ("Conv3d", (1, 4, 4, 4), {"out_channels": 2, "kernel_size": 3, "padding": 1}),
    ("ConvTranspose1d", (2, 5), {"out_channels": 4, "kernel_size": 3, "stride": 2, "groups": 2, "padding": 1}),
    ("ConvTranspose2d", (4, 3, 4), {"out_channels": 2, "kernel_size": 3, "stride": 2, "groups": 2,
                                    "output_padding": 1}),
    ("ConvTranspose2d", (2, 4, 4), {"out_channels": 3, "kernel_size": 2, "stride": 1, "dilation": 2,
                                    "padding": 1}),
    ("ConvTranspose3d", (2, 3, 2, 3), {"out_channels": 2, "kernel_size": 2, "stride": 2}),
]


@pytest.mark.parametrize(("type", "shape", "params"), CONVOLUTIONS)
def test_every_kind_of_convolution(type: str, shape: tuple[int, ...], params: dict[str, Any]) -> None:
    """The inputs are those of the window, of the own group alone; the product of the matrices is the whole group."""
    g = layer(type, shape, **params)
    program = ng.compile(g)
    rows = {"x": np.random.default_rng(1).normal(size=(2, *shape))}
    whole = np.asarray(program.predict(x=rows["x"].astype(np.float32)))
    weights = program.state_dict()["it.weight"].numpy()
    groups = params.get("groups", 1)
    each, deep = whole.shape[1] // groups, shape[0] // groups
    for index in places(whole.shape):
        found = ng.cell(g, "it", index, rows)
        assert found.how == "sum" and found.total == pytest.approx(float(whole[index]), rel=1e-4, abs=1e-5)
        group = index[1] // each
        wanted = windowed(type, index[2:], params, shape[1:])
        assert {one.spot for one in found.terms if one.spot} == {
            (index[0], channel, *spot) for channel in range(group * deep, (group + 1) * deep) for spot in wanted}
        assert all(one.w == pytest.approx(float(weights[one.at]), rel=1e-6) for one in found.terms)
        if "Transpose" not in type:
            assert {one.at[0] for one in found.terms} == {index[1]}
        columns = found.columns
        assert columns is not None and ("Group" in columns.note) == (groups > 1)
        laid = columns.weights @ columns.windows
        if found.bias_name:
            laid = laid + program.state_dict()["it.bias"].numpy()[group * each:(group + 1) * each, None]
        assert np.allclose(laid.reshape(each, *whole.shape[2:]), whole[index[0], group * each:(group + 1) * each],
                           rtol=1e-4, atol=1e-5)
        assert laid[columns.row, columns.column] == pytest.approx(found.value)
