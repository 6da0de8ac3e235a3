"""Every node type has a worked example in its docstring, and every example is true: the real node computes it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import torch

from neuralgraph.compiler.infer import infer
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import Memo
from neuralgraph.data.sources import KINDS, deliver
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Node, Spec
from neuralgraph.spec.example import Example, Given, Lines, Shape, Unreadable, Value, read_example
from neuralgraph.spec.help import help_of

WITHOUT: dict[str, str] = {
    **dict.fromkeys(("IdxImages", "ImageFolder", "CifarBinary", "Npz"),
                    "it reads binary files, which no line of text can show"),
    "OpenML": "it reads what was fetched over the network",
    **dict.fromkeys(("Module", "Recurrent"), "what it computes is drawn inside: tests/compiler/test_modules.py"),
    "State": "it gives what a loop around it remembers: tests/compiler/test_recurrence.py",
}
"""Node types without an example, and why. A new one needs a line here or an Example line in its docstring."""

NO_FORMULA: dict[str, tuple[str, ...]] = {
    "numbers only change places": (
        "Flatten", "Unflatten", "Reshape", "Permute", "Squeeze", "Unsqueeze", "Slice", "Concat", "Split", "Sort",
        "TopK", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "Unfold", "Upsample", "Expand", "Tile", "Movedim",
        *(f"{way}Pad{n}d" for way in ("Zero", "Constant", "Reflection", "Replication", "Circular") for n in (1, 2, 3)),
    ),
    "the words say all": ("Fold", "Cast", "ConfusionMatrix", "Output", "Constant", "Parameter", "NanToNum", "Median",
                          "Mode", "Kthvalue"),
}
"""Node types whose help has no formula, and why."""

WORKED = [(kind, number) for kind in CATALOG.values() for number in range(len(help_of(kind).examples))]


@pytest.mark.parametrize("kind", CATALOG.values(), ids=lambda one: one.__name__)
def test_has_an_example_and_a_formula(kind: type[Node]) -> None:
    found = help_of(kind)
    assert bool(found.examples) != (kind.__name__ in WITHOUT), (
        "its docstring needs a line «Example: [[1, 2]] → [[3]]» (see spec/example.py), or WITHOUT says why it has none")
    excused = [name for names in NO_FORMULA.values() for name in names]
    if kind.category not in ("Data", "Modules") and kind.role != "source":
        assert bool(found.formulas) != (kind.__name__ in excused), "its help needs a $formula$, or NO_FORMULA says why"


def test_no_excuse_without_a_node_type() -> None:
    assert {*WITHOUT, *(name for names in NO_FORMULA.values() for name in names)} <= set(CATALOG)


@pytest.mark.parametrize(("kind", "number"), WORKED, ids=[f"{kind.__name__}-{number}" for kind, number in WORKED])
def test_the_example_is_true(kind: type[Node], number: int, tmp_path: Path) -> None:
    given = help_of(kind).examples[number]
    for mode in [given.mode] if given.mode else ["in use", "while training"]:
        got = computed(kind, given, tmp_path, training=mode == "while training")
        if len(given.outputs) == 1 and not given.outputs[0].name:
            assert len(got) == 1, "several outputs are shown by their names"
            got = {"": next(iter(got.values()))}
        else:
            assert {one.name for one in given.outputs} <= set(got)
            assert kind.role == "source" or len(given.outputs) == len(got)
        for one in given.outputs:
            agrees(got[one.name], one.value)


@pytest.mark.parametrize("line", [
    "Example: [[1, 2]] → [[2, 4.001]]", "Example: [[1, 2]] → [[2, 3]]", "Example: [[1, 2]] → [2, 4]",
    "Example: [[1, 2]] → 1 × 3",
])  # fmt: skip
def test_a_false_example_is_found_out(line: str) -> None:
    with pytest.raises(AssertionError):
        agrees(torch.tensor([[2.0, 4.0]]), read_example(line).outputs[0].value)


@pytest.mark.parametrize("line", [
    "Example [[1]] → [[1]]", "Example: [[1]]", "Example: [[1] → [[1]]", "Example (k 2): [[1]] → [[1]]",
    "Example (k = 2: [[1]] → [[1]]", "Example: [[1]] → [[1]] because", "Example: a = → 1", "Example: [[%]] → 1",
])  # fmt: skip
def test_an_unreadable_example_says_where(line: str) -> None:
    with pytest.raises(Unreadable, match="expected"):
        read_example(line)


# -- the node, alone in a graph --------------------------------------------------------------------------------------


def computed(kind: type[Node], given: Example, folder: Path, *, training: bool) -> dict[str, torch.Tensor]:
    """What the real node makes of the example's inputs, by output."""
    params = {name: parameter(kind, name, value, folder) for name, value in given.settings.items()}
    if kind.__name__ in KINDS:
        return {name: torch.tensor(one) for name, one in deliver(kind(**params)).arrays.items()}
    nodes, edges, sources, tensors = inputs(kind, given)
    nodes["it"] = Placed("it", kind.__name__, FrozenDict(params))
    if not kind.ports:
        sources |= {id: {"out": spec_of(one)} for id, one in tensors.items()}
    program = compiled(Graph(nodes, edges), sources)
    if given.weights:
        pinned = FrozenDict(typed_in(program, given.weights))
        nodes["it"] = Placed("it", kind.__name__, FrozenDict(params), weights=pinned)
        program = compiled(Graph(nodes, edges), sources)
    for learning in (one for one in program.root.modules() if hasattr(one, "fit")):
        learning.fit(next(iter(tensors.values())))
    if program.metrics:
        metric = program.metrics["it"]
        return {"": torch.as_tensor(metric.result(metric.statistics(*tensors.values())))}
    program.root.train(training)
    found = program.trace(tensors, ["it"]) if kind.ports or not tensors else dict(tensors)
    return {key.partition(".")[2]: value for key, value in found.items()}


def compiled(graph: Graph, sources: dict[str, dict[str, Spec]]) -> Program:
    inference = infer(graph, CATALOG, sources, Memo())
    assert not inference.problems, inference.problems
    return Program(graph, inference, seed=1)


def inputs(kind: type[Node], given: Example) -> tuple[Any, Any, Any, dict[str, torch.Tensor]]:
    """The nodes, wires and specs before the node, and what goes in."""
    nodes, edges, sources, tensors = {}, {}, {}, {}
    if not kind.ports:
        return nodes, edges, sources, dict(zip(["it"], [tensor(one, "F") for one in given.inputs], strict=False))
    many = kind.ports[0].many
    names = [f"{kind.ports[0].name}_{at}" for at in range(len(given.inputs))] if many else [
        one.name or kind.ports[0].name for one in given.inputs]
    letters = {port.name: port.letter for port in kind.ports}
    assert len(given.inputs) == 1 or many or all(one.name in letters for one in given.inputs)
    for port, one in zip(names, given.inputs, strict=True):
        if one.mark == "Constant":
            whole = {"dtype": "int64"} if letters.get(port) == "I" else {}
            nodes[port] = Placed(port, "Constant", FrozenDict({"value": plain(one.value), **whole}))
        else:
            nodes[port] = Placed(port, "Input")
            tensors[port] = tensor(one, letters.get(port, "F"))
            sources[port] = {"out": spec_of(tensors[port])}
        edges["it", port] = Edge(port, "out", "it", port)
    return nodes, edges, sources, tensors


def tensor(one: Given, letter: str) -> torch.Tensor:
    """On a port for whole numbers, or marked as classes, int64; yes and no bool; else float32."""
    if isinstance(one.value, Shape):
        return torch.rand(one.value.sizes)
    found = torch.tensor(plain(one.value))
    if found.dtype == torch.bool:
        return found
    return found.to(torch.int64 if letter == "I" or one.mark == "classes" else torch.float32)


def spec_of(one: torch.Tensor) -> Spec:
    return Spec(("N", *one.shape[1:]), str(one.dtype).removeprefix("torch."))


def typed_in(program: Program, given: dict[str, Value]) -> dict[str, Any]:
    """A single number stands for a whole tensor; `weights` for all that are not named."""
    own = dict(program.root.get_submodule("it").named_parameters())
    rest = given.get("weights")
    wanted = {**(dict.fromkeys(own, rest) if rest is not None else {}),
              **{name: one for name, one in given.items() if name != "weights"}}
    return {name: torch.full(own[name].shape, float(one)).tolist() if isinstance(one, Decimal) else plain(one)
            for name, one in wanted.items()}


def parameter(kind: type[Node], name: str, value: Value, folder: Path) -> Any:
    """A parameter's value; the lines of a file become a file."""
    if isinstance(value, Lines):
        path = folder / "table.csv"
        path.write_text("\n".join(value.lines), encoding="utf-8")
        return str(path)
    found = plain(value)
    return (found,) if kind.params[name].kind == "ints" and isinstance(found, int) else found


def plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    if isinstance(value, Decimal):
        return float(value) if not value.is_finite() or decimals(value) else int(value)
    return value


def decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def agrees(got: torch.Tensor, shown: Value) -> None:
    """To the digits shown; fewer than three decimals are exact."""
    if isinstance(shown, Shape):
        assert tuple(got.shape) == shown.sizes
    elif isinstance(shown, tuple):
        assert got.dim(), "one axis less than is shown"
        assert len(got) == len(shown)
        for one, two in zip(got, shown, strict=True):
            agrees(one, two)
    else:
        assert got.dim() == 0, f"{tuple(got.shape)} is more than is shown"
        assert (got.dtype == torch.bool) == isinstance(shown, bool)
        if isinstance(shown, bool):
            assert got.item() == shown
        else:
            assert isinstance(shown, Decimal)
            places = decimals(shown)
            leeway = 0.5001 * 10**-places if places > 2 else 3e-5 * max(1.0, abs(float(shown)))
            assert got.item() == pytest.approx(float(shown), abs=leeway, rel=0, nan_ok=True)
