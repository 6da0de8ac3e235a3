"""What nodes say about inputs that do not fit, and that the node they ask for mends it."""

from __future__ import annotations

from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph.compiler.shapes import run
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Misfit, Spec

IMAGE = Spec(("N", 3, 8, 8))
ROWS = Spec(("N", 6))
LABELS = Spec(("N",), "int64", 6)
COLUMN = Spec(("N", 1))


def misfit(name: str, *inputs: Spec, **params: Any) -> Misfit:
    with pytest.raises(Misfit) as caught:
        CATALOG[name](**params).call(*inputs)
    return caught.value


MENDED = [
    ("Linear", (IMAGE,), "", "Flatten"),
    ("Linear", (Spec(("N", 4), "int64"),), "", "Cast"),
    ("Linear", (Spec(("N",)),), "", "Unsqueeze"),
    ("Conv2d", (Spec(("N", 8, 8)),), "", "Unsqueeze"),
    ("Conv2d", (Spec(("N", 64)),), "", "Unflatten"),
    ("Conv1d", (Spec(("N", 8)),), "", "Unsqueeze"),
    ("Conv1d", (IMAGE,), "", "Flatten"),
    ("MaxPool2d", (Spec(("N", 64)),), "", "Unflatten"),
    ("BatchNorm1d", (IMAGE,), "", "Flatten"),
    ("BatchNorm2d", (Spec(("N", 16)),), "", "Unflatten"),
    ("Embedding", (ROWS,), "", "Cast"),
    ("LSTM", (ROWS,), "", "Unsqueeze"),
    ("LSTM", (IMAGE,), "", "Flatten"),
    ("TransformerEncoderLayer", (ROWS,), "x", "Unsqueeze"),
    ("CrossEntropyLoss", (ROWS, Spec(("N",))), "target", "Cast"),
    ("CrossEntropyLoss", (ROWS, Spec(("N", 1), "int64")), "target", "Squeeze"),
    ("BCEWithLogitsLoss", (COLUMN, Spec(("N",))), "target", "Unsqueeze"),
    ("BCEWithLogitsLoss", (COLUMN, Spec(("N", 1), "int64")), "target", "Cast"),
    ("MSELoss", (COLUMN, Spec(("N",))), "target", "Unsqueeze"),
    ("MSELoss", (Spec(("N",)), COLUMN), "target", "Squeeze"),
    ("MeanAbsoluteError", (COLUMN, Spec(("N",))), "target", "Unsqueeze"),
    ("Sub", (COLUMN, Spec(("N",))), "b", "Unsqueeze"),
    ("MatMul", (ROWS, Spec((6, 2), "float64")), "b", "Cast"),
    ("Reshape", (Spec((2, "N", 3)),), "", "Transpose"),
    ("Softmax", (LABELS,), "", "Cast"),
]


@pytest.mark.parametrize(("name", "inputs", "port", "insert"), MENDED)
def test_the_insertion_mends_it(name: str, inputs: tuple[Spec, ...], port: str, insert: str) -> None:
    found = misfit(name, *inputs)
    assert (found.port, found.insert) == (port, insert)
    assert found.hint.endswith(".")
    node = CATALOG[name]()
    at = [one.name for one in node.ports].index(port) if port else 0
    outcome = run(CATALOG[insert](**found.params), (inputs[at],))
    assert not outcome.error and outcome.misfit is None
    mended = run(node, (*inputs[:at], outcome.specs[0], *inputs[at + 1:]))
    assert mended.misfit is None, mended.misfit
    assert not mended.error


REFUSED = [
    ("CrossEntropyLoss", (ROWS, COLUMN), {}, "class number"),
    ("MultiheadAttention", (Spec(("N", 5, 6)),) * 3, {"num_heads": 4}, "4 divides evenly"),
    ("TransformerEncoderLayer", (Spec(("N", 5, 6)),), {"nhead": 5}, "5 divides evenly"),
    ("GroupNorm", (IMAGE,), {"num_groups": 2}, "2 divides evenly"),
    ("Conv2d", (IMAGE,), {"kernel_size": 9}, "at least 9 × 9"),
    ("Conv2d", (IMAGE,), {"groups": 2}, "2 divides evenly"),
    ("Conv2d", (IMAGE,), {"padding": 8, "padding_mode": "reflect"}, "larger than its reflect padding"),
    ("MaxPool2d", (IMAGE,), {"padding": 2}, "at most half"),
    ("Concat", (IMAGE, Spec(("N", 5, 8, 7))), {}, "differ only on axis 1"),
    ("Concat", (ROWS, ROWS), {"dim": 0}, "beside the batch"),
    ("Stack", (ROWS, COLUMN), {}, "one shape"),
    ("Split", (ROWS,), {"sections": 7}, "at least 7"),
    ("Split", (ROWS,), {"sizes": (1, 2)}, "of 3"),
    ("Slice", (ROWS,), {"index": "0"}, "every sample kept"),
    ("Slice", (ROWS,), {"index": ":, 6"}, "position 6"),
    ("Slice", (ROWS,), {"index": ":, 6:"}, "at least one number"),
    ("Slice", (ROWS,), {"index": ":, :, 0"}, "at least 3 axes"),
    ("Reshape", (ROWS,), {"shape": (4,)}, "hold 6 numbers"),
    ("Reshape", (ROWS,), {"shape": (-1, -1)}, "at most one"),
    ("Squeeze", (ROWS,), {}, "of size 1"),
    ("Permute", (ROWS,), {}, "3 axes"),
    ("OneHot", (Spec(("N",), "int64"),), {}, "class labels"),
    ("OneHot", (LABELS,), {"num_classes": 5}, "below 5"),
    ("Embedding", (LABELS,), {"num_embeddings": 5}, "below 5"),
    ("Add", (ROWS, Spec((5,))), {}, "fits N × 6"),
    ("MatMul", (ROWS, Spec((5, 2))), {}, "6 rows"),
    ("Sum", (ROWS,), {"dim": (1, -1)}, "named once"),
    ("ConvTranspose2d", (IMAGE,), {"output_padding": 2}, "smaller than stride"),
    ("ConvTranspose2d", (IMAGE,), {"padding": 64}, "cuts off"),
    ("Accuracy", (ROWS, Spec(("N", 3))), {}, "one class number"),
]


@pytest.mark.parametrize(("name", "inputs", "params", "words"), REFUSED)
def test_refusals_say_what_is_expected(name: str, inputs: tuple[Spec, ...], params: dict[str, Any], words: str) -> None:
    assert words in misfit(name, *inputs, **params).expected


def test_class_probabilities_are_a_target_too() -> None:
    outcome = run(CATALOG["CrossEntropyLoss"](), (ROWS, ROWS))
    assert outcome.specs[0] == Spec(())


def test_input_says_what_it_delivers() -> None:
    Input = CATALOG["Input"]
    assert Input(shape=(1, 8, 8)).spec() == Spec(("N", 1, 8, 8))
    assert Input(shape=(), dtype="int64", classes=3).spec() == Spec(("N",), "int64", 3)


def test_pow_takes_its_exponent_from_a_wire() -> None:
    assert run(CATALOG["Pow"](), (ROWS,), (("exponent", Spec((6,))),)).specs[0] == ROWS


def test_sizes_of_any_kind_stay_within_memory_of_the_checker() -> None:
    for name in ("Linear", "Conv2d", "LSTM", "Embedding"):
        kind = CATALOG[name]
        first = next(p for p, one in kind.params.items() if one.kind == "int")
        given = {"Linear": ROWS, "Conv2d": IMAGE, "LSTM": Spec(("N", 5, 6)), "Embedding": Spec(("N",), "int64")}[name]
        outcome = run(kind(**{first: 10**9}), (given,))
        assert outcome.error or outcome.misfit or outcome.parameters > 10**9


def test_a_constant_of_three_axes_is_read_as_sequences() -> None:
    graph = ng.Graph()
    given = graph.add("Constant", value=(((1.0,), (0.0,)),))
    graph.add("Output", graph.add("LSTM", given, hidden_size=2, id="reader")["output"])
    assert ng.evaluate(graph)["reader.output"].shape == (1, 2, 2)
