"""What every node type of the catalogue has to hold, with no list of types but the table of examples."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from typing import Any

import pytest
import torch
from node_examples import ORACLES, Example
from torch import nn

from neuralgraph.compiler.infer import Inference, infer
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import Memo, concrete
from neuralgraph.compiler.source import to_python
from neuralgraph.errors import ParameterError
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Drawn, Node, Spec
from neuralgraph.spec.catalog import CATEGORIES

TYPES = list(CATALOG.values())
RUNNABLE = [one for one in TYPES if one.role != "source" and not issubclass(one, Drawn)]
"""Modules get what they compute from a drawing: `tests/compiler/test_modules.py`."""
every = pytest.mark.parametrize("kind", TYPES, ids=lambda one: one.__name__)
runnable = pytest.mark.parametrize("kind", RUNNABLE, ids=lambda one: one.__name__)


def example(kind: type[Node]) -> Example:
    found = ORACLES.get(kind.__name__)
    assert found is not None, f"{kind.__name__} has no entry in tests/node_examples.py: add its inputs and its oracle"
    return found


def test_no_example_without_a_node_type() -> None:
    assert set(ORACLES) <= set(CATALOG)


# -- the class -------------------------------------------------------------------------------------------------------


@every
def test_is_a_value(kind: type[Node]) -> None:
    one, two = kind(), kind()
    assert one == two
    assert hash(one) == hash(two)
    assert kind(**one.values) == one
    with pytest.raises(AttributeError):
        one.anything = 1  # type: ignore[attr-defined]
    with pytest.raises(ParameterError):
        kind(no_such_parameter=1)


@every
def test_explains_itself(kind: type[Node]) -> None:
    text = inspect.getdoc(kind) or ""
    assert vars(kind).get("__doc__"), "the help must be its own, not its family's"
    assert 20 <= len(kind.summary()) <= 120
    assert kind.summary().endswith(".")
    if kind.category == "Data" and kind.role == "source":
        assert "\nOutputs: " in text
    else:
        assert re.search(r"^Shapes: .*", text, re.M), "a line «Shapes: N × … → …»"
        assert re.search(r"^PyTorch: \S+", text, re.M), "a line «PyTorch: torch.nn.…»"
    assert kind.category in CATEGORIES
    assert all(one.doc.endswith((".", "?")) for one in kind.params.values())
    assert kind.synonyms, "words that a search finds it by"


@every
def test_ports_are_the_arguments_of_call(kind: type[Node]) -> None:
    arguments = list(inspect.signature(kind.call).parameters)[1:]
    assert [port.name for port in kind.ports] == arguments
    if kind.role in ("loss", "metric") and arguments[0] == "input":
        assert arguments[:2] == ["input", "target"]
    elif kind.role in ("loss", "metric"):
        assert len(arguments) == 3, "it compares two or three things"
    assert kind().outputs() == {"loss": ("loss",), "metric": ()}.get(kind.role, kind().outputs())


@every
def test_refuses_absurd_values(kind: type[Node]) -> None:
    nan, inf = float("nan"), float("inf")
    for name, one in kind.params.items():
        absurd: list[Any] = [nan, inf, 10**12, -(10**12), object(), "\0", [[1], [2, 3]], b"x"]
        if one.kind == "text":
            absurd = [nan, b"x", "x" * 20_000]
        elif one.kind == "numbers":
            absurd = [nan, inf, "1", object(), ((1, 2), (3,)), 10**400]
        elif one.kind == "file":
            absurd = [nan, 3, "\0", "x" * 5_000]
        for value in absurd:
            with pytest.raises(ParameterError) as caught:
                kind(**{name: value})
            assert caught.value.parameter == name


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("Conv2d", {"stride": 0}),
        ("Conv2d", {"kernel_size": 10**6}),
        ("Conv2d", {"kernel_size": (3, 3, 3)}),
        ("Conv2d", {"padding": -1}),
        ("MaxPool2d", {"stride": 0}),
        ("Dropout", {"p": 1.5}),
        ("Linear", {"out_features": 0}),
        ("Linear", {"out_features": True}),
        ("Linear", {"out_features": 2.0}),
        ("Split", {"sections": 0}),
        ("LSTM", {"num_layers": 0}),
        ("Slice", {"index": "__import__('os')"}),
        ("Slice", {"index": "::-1"}),
        ("Slice", {"index": "..., ..."}),
        ("Slice", {"index": ""}),
        ("Permute", {"dims": (0, 0)}),
        ("Hardtanh", {"min_val": 1.0, "max_val": 0.0}),
    ],
)
def test_refuses(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        CATALOG[name](**params)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("dense", "Linear"),
        ("fc", "Linear"),
        ("dropout", "Dropout"),
        ("relu", "ReLU"),
        ("swish", "SiLU"),
        ("concat", "Concat"),
        ("deconv", "ConvTranspose2d"),
        ("mae", "MeanAbsoluteError"),
        ("+", "Add"),
        ("@", "MatMul"),
        ("view", "Reshape"),
        ("huber", "SmoothL1Loss"),
    ],
)
def test_search_finds_it_first(words: str, name: str) -> None:
    assert CATALOG.find(words)[0].__name__ == name


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("conv", {"Conv1d", "Conv2d", "Conv3d"}),
        ("batchnorm", {"BatchNorm1d", "BatchNorm2d"}),
        ("pooling", {"MaxPool2d", "AvgPool2d"}),
        ("regression", {"MSELoss", "L1Loss"}),
    ],
)
def test_search_finds_all(words: str, names: set[str]) -> None:
    assert names <= {one.__name__ for one in CATALOG.find(words)[:6]}


def test_no_synonym_names_half_the_catalogue() -> None:
    words = Counter(word for one in TYPES for word in one.synonyms)
    words.pop("activation")
    assert words.most_common(1)[0][1] <= 8


# -- the node, alone in a graph --------------------------------------------------------------------------------------


def alone(kind: type[Node], given: Example) -> tuple[Graph, Inference]:
    """A document of one node, with an Input on each of its ports."""
    nodes = {"it": Placed("it", kind.__name__, FrozenDict(given.params))}
    edges, sources = {}, {}
    for port, spec in given.inputs.items():
        nodes[f"in_{port}"] = Placed(f"in_{port}", "Input")
        edges["it", port] = Edge(f"in_{port}", "out", "it", port)
        sources[f"in_{port}"] = {"out": spec}
    graph = Graph(nodes, edges)
    return graph, infer(graph, CATALOG, sources, Memo())


def tensors(given: Example, batch: int) -> dict[str, torch.Tensor]:
    """Values in 0 … 1 (so that logarithms and probabilities are at home), or class numbers."""
    draw = torch.Generator().manual_seed(batch)
    found = {}
    for port, spec in given.inputs.items():
        shape = [concrete(size, batch) for size in spec.shape]
        found[f"in_{port}"] = (
            torch.rand(shape, generator=draw) * 0.9 + 0.05 + given.lift
            if spec.dtype == "float32"
            else torch.randint(spec.classes or 2, shape, generator=draw).to(getattr(torch, spec.dtype))
        )
        if port in given.signs:
            found[f"in_{port}"] = (found[f"in_{port}"] - 0.5).sign()
    return found


def results(program: Program, given: dict[str, torch.Tensor], grad: bool = False) -> list[torch.Tensor]:
    if program.metrics:
        return [program.metrics["it"](*given.values())]
    found = program.trace(given, ["it"], grad=grad)
    return list(found.values())


def flat(value: Any) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else [leaf for one in value for leaf in flat(one)]


@runnable
@pytest.mark.parametrize("batch", [2, 5])
def test_is_what_torch_computes(kind: type[Node], batch: int) -> None:
    given = example(kind)
    graph, inference = alone(kind, given)
    assert not inference.problems, inference.problems
    program = Program(graph, inference, seed=1)
    inputs = tensors(given, batch)
    oracle = given.oracle
    if isinstance(oracle, nn.Module) and hasattr(program.root, "it"):
        oracle.load_state_dict(program.root.get_submodule("it").state_dict())
        oracle.train()
    expected = flat(
        oracle(
            *([inputs["in_query"], inputs["in_key"], inputs["in_value"]] if "in_query" in inputs else inputs.values())
        )
    )
    if kind.__name__ in ("RNN", "LSTM", "GRU"):
        assert len(expected) == len(kind(**given.params).outputs())
    got = results(program, inputs)
    assert len(got) == len(expected)
    for one, two in zip(got, expected, strict=True):
        assert torch.equal(one, two.to(one.dtype) if program.metrics else two)
        assert program.metrics or one.dtype == two.dtype
    if not program.metrics:
        for spec, one in zip(inference.specs["it"].values(), got, strict=True):
            assert tuple(concrete(size, batch) for size in spec.shape) == tuple(one.shape)
            assert spec.dtype == str(one.dtype).removeprefix("torch.")
    assert inference.figures["it"].parameters == sum(one.numel() for one in program.root.parameters())


@pytest.mark.parametrize("kind", [one for one in RUNNABLE if one.role != "metric"], ids=lambda one: one.__name__)
def test_gradients_flow(kind: type[Node]) -> None:
    given = example(kind)
    graph, inference = alone(kind, given)
    program = Program(graph, inference, seed=1)
    inputs = tensors(given, 4)
    for key, tensor in inputs.items():
        tensor.requires_grad_(tensor.is_floating_point() and key.removeprefix("in_") not in given.signs)
    got = [one for one in results(program, inputs, grad=True) if one.is_floating_point()]
    if not given.gradient:
        assert not any(one.requires_grad for one in got)
        return
    weights = list(program.root.parameters())
    leaves = [one for one in (*inputs.values(), *weights) if one.requires_grad]
    if not leaves:
        return
    total = sum((one.double() * torch.rand_like(one.double())).sum() for one in got)
    assert isinstance(total, torch.Tensor)
    grads = torch.autograd.grad(total, leaves, allow_unused=True)
    assert all(one is not None and torch.isfinite(one).all() for one in grads)


@runnable
def test_exported_python_computes_the_same(kind: type[Node]) -> None:
    given = example(kind)
    if kind.role in ("loss", "metric") or not given.inputs:
        pytest.skip("its export is tested within whole networks")
    graph, inference = alone(kind, given)
    program = Program(graph, inference, seed=1)
    source = to_python(program)
    assert "neuralgraph" not in source.lower().replace("a network drawn in neuralgraph.", "").replace("ng_", "")
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), space)
    network = space["Network"]()
    network.load_state_dict(program.state_dict())
    network.eval()
    inputs = tensors(given, 3)
    with program.quiet(), torch.no_grad():
        expected = flat(list(program.module(*(inputs[key] for key in program.module_inputs)).values()))
        made = network(*(inputs[key] for key in program.module_inputs))
    got = flat(list(made.values()) if isinstance(made, dict) else made)
    assert len(got) == len(expected)
    assert all(torch.equal(one, two) for one, two in zip(got, expected, strict=True))


@runnable
def test_wrong_inputs_are_explained(kind: type[Node]) -> None:
    """Wrong ranks and dtypes give a problem in plain words, never a crash."""
    given = example(kind)
    specs = [
        Spec(("N",)),
        Spec(("N", 3, 5, 7, 2, 2)),
        Spec(("N", 6), "bool"),
        Spec(("N", 6), "int64"),
        Spec(()),
        Spec((3, 4)),
    ]
    for port in given.inputs:
        for spec in specs:
            changed = Example({**given.inputs, port: spec}, given.oracle, given.params)
            _, inference = alone(kind, changed)
            for problem in inference.problems:
                assert problem.node == "it"
                assert problem.message.endswith(".")
                assert "Tensor" not in problem.message
                for fix in problem.fixes:
                    assert fix.ghost in CATALOG
