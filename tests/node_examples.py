"""One example of every node type: inputs it takes, parameters, and the same thing written in plain torch.

A new node type needs one entry here; `test_every_node.py` says so when it is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.functional import l1_loss

from neuralgraph.spec import Spec
from tests.energy_node_examples import ENERGIES
from tests.more_node_examples import TABLE


@dataclass(frozen=True)
class Example:
    """`oracle` is a function of the inputs, or a torch module that gets the node's weights."""

    inputs: dict[str, Spec]
    oracle: Callable[..., Any]
    params: dict[str, Any] = field(default_factory=dict)
    gradient: bool = True
    """Whether a gradient reaches every float input."""
    signs: tuple[str, ...] = ()
    """Ports that get −1 or 1."""
    lift: float = 0.0
    """Added to decimal inputs, where 0 … 1 is no place for the function."""


ROWS = Spec(("N", 6))
SEQUENCE = Spec(("N", 6, 4))
SIGNAL = Spec(("N", 4, 8))
IMAGE = Spec(("N", 4, 8, 8))
VOLUME = Spec(("N", 2, 5, 5, 5))
LABELS = Spec(("N",), "int64", 6)
YES_NO = Spec(("N", 6), "float32")


def x(spec: Spec, oracle: Any, gradient: bool = True, **params: Any) -> Example:
    return Example({"x": spec}, oracle, params, gradient)


def pair(oracle: Any, a: Spec = ROWS, b: Spec = ROWS) -> Example:
    return Example({"a": a, "b": b}, oracle)


def loss(oracle: Any, target: Spec, gradient: bool = True, **params: Any) -> Example:
    return Example({"input": ROWS, "target": target}, oracle, params, gradient)


def many(oracle: Any, *specs: Spec, **params: Any) -> Example:
    return Example({f"xs_{i}": spec for i, spec in enumerate(specs)}, oracle, params)


ORACLES: dict[str, Example] = {
    "Standardize": x(ROWS, lambda x: x),
    "Linear": x(ROWS, nn.Linear(6, 5), out_features=5),
    "Embedding": x(LABELS, nn.Embedding(6, 3), num_embeddings=6, embedding_dim=3),
    "Dropout": x(ROWS, nn.Dropout(0.0), p=0.0),
    "Dropout2d": x(IMAGE, nn.Dropout2d(0.0), p=0.0),
    "Conv1d": x(SIGNAL, nn.Conv1d(4, 16, 3)),
    "Conv2d": x(IMAGE, nn.Conv2d(4, 6, (3, 2), 2, 1, groups=2, padding_mode="reflect"), out_channels=6,
                kernel_size=(3, 2), stride=2, padding=1, groups=2, padding_mode="reflect"),
    "Conv3d": x(VOLUME, nn.Conv3d(2, 3, 3, dilation=2), out_channels=3, dilation=2),
    "ConvTranspose2d": x(IMAGE, nn.ConvTranspose2d(4, 16, 3, 2, 1, 1), kernel_size=3, padding=1, output_padding=1),
    "MaxPool1d": x(SIGNAL, nn.MaxPool1d(2)),
    "MaxPool2d": x(IMAGE, nn.MaxPool2d(3, 2, 1), kernel_size=3, stride=2, padding=1),
    "AvgPool1d": x(SIGNAL, nn.AvgPool1d(2)),
    "AvgPool2d": x(IMAGE, nn.AvgPool2d((2, 4)), kernel_size=(2, 4)),
    "AdaptiveAvgPool1d": x(SIGNAL, nn.AdaptiveAvgPool1d(3), output_size=3),
    "AdaptiveAvgPool2d": x(IMAGE, nn.AdaptiveAvgPool2d(1)),
    "Flatten": x(IMAGE, nn.Flatten()),
    "Unflatten": x(ROWS, nn.Unflatten(1, (2, 3)), unflattened_size=(2, -1)),
    "BatchNorm1d": x(ROWS, nn.BatchNorm1d(6)),
    "BatchNorm2d": x(IMAGE, nn.BatchNorm2d(4)),
    "LayerNorm": x(SEQUENCE, nn.LayerNorm((6, 4)), axes_joined=2),
    "GroupNorm": x(IMAGE, nn.GroupNorm(2, 4), num_groups=2),
    "RNN": x(SEQUENCE, nn.RNN(4, 32, batch_first=True)),
    "LSTM": x(SEQUENCE, nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True), hidden_size=5, num_layers=2,
              bidirectional=True),
    "GRU": x(SEQUENCE, nn.GRU(4, 32, batch_first=True)),
    "MultiheadAttention": Example(
        {"query": SEQUENCE, "key": Spec(("N", 3, 4)), "value": Spec(("N", 3, 4))},
        nn.MultiheadAttention(4, 2, batch_first=True), {"num_heads": 2}),
    "TransformerEncoderLayer": x(SEQUENCE, nn.TransformerEncoderLayer(4, 2, 128, 0.0, batch_first=True), nhead=2,
                                 dropout=0.0),
    "ReLU": x(ROWS, nn.ReLU()),
    "LeakyReLU": x(ROWS, nn.LeakyReLU(0.1), negative_slope=0.1),
    "ELU": x(ROWS, nn.ELU()),
    "GELU": x(ROWS, nn.GELU()),
    "SiLU": x(ROWS, nn.SiLU()),
    "Sigmoid": x(ROWS, nn.Sigmoid()),
    "Tanh": x(ROWS, nn.Tanh()),
    "Softplus": x(ROWS, nn.Softplus()),
    "Hardtanh": x(ROWS, nn.Hardtanh(-0.5, 0.5), min_val=-0.5, max_val=0.5),
    "Sign": x(ROWS, torch.sign),
    "Softmax": x(ROWS, nn.Softmax(1), dim=1),
    "LogSoftmax": x(ROWS, nn.LogSoftmax(-1)),
    "Identity": x(ROWS, nn.Identity()),
    "Dot": x(ROWS, nn.Identity()),
    "Reshape": x(ROWS, lambda x: x.reshape(len(x), 3, 2), shape=(3, -1)),
    "Permute": x(IMAGE, lambda x: x.permute(0, 2, 3, 1), dims=(0, 2, 3, 1)),
    "Transpose": x(SEQUENCE, lambda x: x.transpose(1, 2)),
    "Squeeze": x(Spec(("N", 1, 5)), lambda x: x[:, 0], dim=1),
    "Unsqueeze": x(SEQUENCE, lambda x: x[:, None]),
    "Slice": x(IMAGE, lambda x: x[:, 1:3, ..., -1], index=":, 1:3, ..., -1"),
    "Concat": many(lambda *xs: torch.cat(xs, 1), ROWS, Spec(("N", 2)), ROWS),
    "Stack": many(lambda *xs: torch.stack(xs, 1), ROWS, ROWS),
    "Split": x(ROWS, lambda x: x.split([1, 2, 3], 1), sizes=(1, 2, 3)),
    "OneHot": x(LABELS, lambda x: torch.eye(6)[x]),
    "Cast": x(ROWS, lambda x: x.double(), dtype="float64"),
    "Add": pair(lambda a, b: a + b, IMAGE, Spec((4, 1, 1))),
    "Sub": pair(lambda a, b: a - b),
    "Mul": pair(lambda a, b: a * b),
    "Div": pair(lambda a, b: a / b),
    "MatMul": pair(lambda a, b: a @ b, ROWS, Spec((6, 3))),
    "Pow": x(ROWS, lambda x: x**3, power=3.0),
    "Exp": x(ROWS, torch.exp),
    "Log": x(ROWS, torch.log),
    "Sin": x(ROWS, torch.sin),
    "Cos": x(ROWS, torch.cos),
    "Neg": x(ROWS, lambda x: -x),
    "Sum": x(IMAGE, lambda x: x.sum((2, 3)), dim=(2, -1)),
    "Mean": x(ROWS, torch.mean),
    "Norm": x(ROWS, lambda x: torch.linalg.vector_norm(x, dim=1), dim=(1,)),
    "Constant": Example({}, lambda: torch.tensor([[1.0, 2.0], [3.0, 4.0]]), {"value": ((1, 2), (3, 4))}),
    "Parameter": Example({}, lambda: torch.ones(2, 3), {"shape": (2, 3), "init": "ones"}),
    "CrossEntropyLoss": loss(nn.CrossEntropyLoss(label_smoothing=0.1), LABELS, label_smoothing=0.1),
    "NLLLoss": loss(nn.NLLLoss(reduction="sum"), LABELS, reduction="sum"),
    "MultiMarginLoss": loss(nn.MultiMarginLoss(p=2), LABELS, p=2),
    "BCEWithLogitsLoss": loss(nn.BCEWithLogitsLoss(), YES_NO),
    "BCELoss": loss(nn.BCELoss(), YES_NO),
    "MSELoss": loss(nn.MSELoss(reduction="sum"), YES_NO, reduction="sum", weight=3.0),
    "L1Loss": loss(nn.L1Loss(), YES_NO),
    "SmoothL1Loss": loss(nn.SmoothL1Loss(beta=0.2), YES_NO, beta=0.2),
    "Accuracy": loss(lambda i, t: torch.stack(((i.argmax(1) == t).sum(), torch.tensor(len(t)))), LABELS, False),
    "ConfusionMatrix": loss(
        lambda i, t: torch.bincount(t * 6 + i.argmax(1), minlength=36).reshape(6, 6), LABELS, False),
    "MeanAbsoluteError": loss(lambda i, t: torch.stack((l1_loss(i, t, reduction="sum"), torch.tensor(i.numel()))),
                              YES_NO, False),
    "Output": x(ROWS, lambda x: x),
    "NextState": x(ROWS, lambda x: x),
    "Zeros": x(ROWS, lambda x: torch.zeros(len(x), 2, 3), False, shape=(2, 3)),
}
ORACLES |= {name: Example(*row) for name, row in (*TABLE.items(), *ENERGIES.items())}
