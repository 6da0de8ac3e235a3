"""Examples of the node types that came later: the same table, continued."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from neuralgraph.spec import Spec

ROWS, WIDE = Spec(("N", 6)), Spec(("N", 8))
SIGNAL, IMAGE, VOLUME = Spec(("N", 4, 8)), Spec(("N", 4, 8, 8)), Spec(("N", 2, 5, 5, 5))
SQUARES = Spec(("N", 3, 3))
SPACES = {1: SIGNAL, 2: IMAGE, 3: VOLUME}
MASKS = Spec(("N", 6), "bool")
PLACES = Spec(("N", 3), "int64", 6)

Row = tuple[Any, ...]
"""What `Example` takes: inputs, oracle, parameters, whether a gradient flows."""


def one(spec: Spec, oracle: Any, gradient: bool = True, /, **params: Any) -> Row:
    return {"x": spec}, oracle, params, gradient


def two(oracle: Any, gradient: bool = True, /, a: Spec = ROWS, b: Spec = ROWS, **params: Any) -> Row:
    return {"a": a, "b": b}, oracle, params, gradient


def loss(oracle: Any, target: Spec = ROWS, /, **params: Any) -> Row:
    return {"input": ROWS, "target": target}, oracle, params, True


def spatial(name: str, **params: Any) -> dict[str, Row]:
    """The 1d, 2d and 3d of a module that takes channels."""
    return {f"{name}{n}d": one(SPACES[n], getattr(nn, f"{name}{n}d")(**params), **params) for n in (1, 2, 3)}


def pads(name: str, **params: Any) -> dict[str, Row]:
    return {f"{name}Pad{n}d": one(SPACES[n], getattr(nn, f"{name}Pad{n}d")(2, *params.values()), padding=2, **params)
            for n in (1, 2, 3)}


def unary(*names: str) -> dict[str, Row]:
    return {name: one(ROWS, getattr(torch, name.lower())) for name in names}


def compare(**named: Any) -> dict[str, Row]:
    return {name: two(oracle, False) for name, oracle in named.items()}


def plain(*names: str) -> dict[str, Row]:
    return {name: one(ROWS, getattr(nn, name)()) for name in names}


class Cell(nn.LSTMCell):
    """torch's, with its states one by one."""

    def forward(self, x: Any, hx: Any, cx: Any) -> Any:  # type: ignore[override]
        return super().forward(x, (hx, cx))


TABLE: dict[str, Row] = {
    **plain("ReLU6", "SELU", "Mish", "Hardswish", "Hardsigmoid", "LogSigmoid", "Softsign", "Tanhshrink"),
    "PReLU": one(IMAGE, nn.PReLU(4, 0.1), each=True, init=0.1),
    "RReLU": one(ROWS, nn.RReLU(0.2, 0.2), lower=0.2, upper=0.2),
    "CELU": one(ROWS, nn.CELU(2.0), alpha=2.0),
    "Softshrink": one(ROWS, nn.Softshrink(0.2), lambd=0.2),
    "Hardshrink": one(ROWS, nn.Hardshrink(0.2), lambd=0.2),
    "Threshold": one(ROWS, nn.Threshold(0.5, -1.0), threshold=0.5, value=-1.0),
    "GLU": one(ROWS, nn.GLU()),
    "Softmin": one(ROWS, nn.Softmin(1), dim=1),
    **unary("Abs", "Square", "Sqrt", "Rsqrt", "Reciprocal", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Erf",
            "Log2", "Log10", "Log1p", "Expm1", "Floor", "Ceil", "Round"),
    "Clamp": one(ROWS, lambda x: x.clamp(0.2, 0.6), min=0.2, max=0.6),
    "Maximum": two(torch.maximum), "Minimum": two(torch.minimum), "Atan2": two(torch.atan2),
    "Remainder": two(torch.remainder),
    **compare(Greater=torch.gt, GreaterEqual=torch.ge, Less=torch.lt, LessEqual=torch.le, Equal=torch.eq,
              NotEqual=torch.ne, LogicalAnd=torch.logical_and, LogicalOr=torch.logical_or,
              LogicalXor=torch.logical_xor),
    "LogicalNot": one(ROWS, torch.logical_not, False),
    "IsFinite": one(ROWS, torch.isfinite, False),
    "Where": ({"condition": MASKS, "a": ROWS, "b": ROWS}, torch.where, {}, True),
    "Amax": one(ROWS, lambda x: x.amax(1), dim=(1,)),
    "Amin": one(ROWS, lambda x: x.amin((0, 1))),
    "Std": one(ROWS, lambda x: x.std(1, correction=0), dim=(1,), correction=0),
    "Var": one(ROWS, torch.var),
    "LogSumExp": one(ROWS, lambda x: x.logsumexp(1), dim=(1,)),
    "All": one(ROWS, torch.all, False),
    "Any": one(ROWS, lambda x: x.any(1), False, dim=(1,)),
    "Prod": one(ROWS, lambda x: x.prod(1)),
    "ArgMax": one(ROWS, lambda x: x.argmax(1), False),
    "ArgMin": one(ROWS, lambda x: x.argmin(1), False),
    "CumSum": one(ROWS, lambda x: x.cumsum(1)),
    "CumProd": one(ROWS, lambda x: x.cumprod(1)),
    "Diff": one(ROWS, torch.diff),
    "Sort": one(ROWS, lambda x: tuple(x.sort(1, descending=True)), descending=True),
    "TopK": one(ROWS, lambda x: tuple(x.topk(2)), k=2),
    "Gather": ({"x": ROWS, "index": PLACES}, lambda x, index: x.gather(1, index), {}, True),
    "Flip": one(ROWS, lambda x: x.flip(1)),
    "Roll": one(ROWS, lambda x: x.roll(2, 1), shifts=2),
    "Einsum": ({"xs_0": Spec(("N", 2, 3)), "xs_1": Spec(("N", 3, 4))}, torch.bmm, {"equation": "bij,bjk->bik"}, True),
    "Outer": two(lambda a, b: a[:, :, None] * b[:, None, :]),
    "Inverse": one(SQUARES, torch.linalg.inv),
    "Det": one(SQUARES, torch.linalg.det),
    "MatrixExp": one(SQUARES, torch.linalg.matrix_exp),
    "Eigvalsh": one(SQUARES, torch.linalg.eigvalsh),
    "Svdvals": one(SQUARES, torch.linalg.svdvals),
    "Solve": two(torch.linalg.solve, a=SQUARES, b=Spec(("N", 3, 2))),
    "Tril": one(SQUARES, torch.tril), "Triu": one(SQUARES, lambda x: x.triu(1), diagonal=1),
    "Diagonal": one(SQUARES, lambda x: torch.stack([x[:, n, n] for n in range(3)], 1)),
    "CosineSimilarity": two(nn.CosineSimilarity()),
    "PairwiseDistance": two(nn.PairwiseDistance()),
    "Cdist": two(torch.cdist, a=Spec(("N", 2, 3)), b=Spec(("N", 4, 3))),
    **pads("Zero"), **pads("Constant", value=0.3), **pads("Reflection"), **pads("Replication"), **pads("Circular"),
    "MaxPool3d": one(VOLUME, nn.MaxPool3d(2), kernel_size=2),
    "AvgPool3d": one(VOLUME, nn.AvgPool3d(2), kernel_size=2),
    "AdaptiveAvgPool3d": one(VOLUME, nn.AdaptiveAvgPool3d(2), output_size=2),
    **spatial("AdaptiveMaxPool", output_size=2),
    "RNNCell": ({"x": ROWS, "hx": Spec(("N", 32))}, nn.RNNCell(6, 32), {}, True),
    "GRUCell": ({"x": ROWS, "hx": Spec(("N", 32))}, nn.GRUCell(6, 32), {}, True),
    "LSTMCell": ({"x": ROWS, "hx": Spec(("N", 32)), "cx": Spec(("N", 32))}, Cell(6, 32), {}, True),
    "TransformerEncoder": one(
        Spec(("N", 3, 4)),
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True), 2,
                              enable_nested_tensor=False),
        nhead=2, dim_feedforward=8, dropout=0.0),
    "FractionalMaxPool2d": one(IMAGE, nn.AdaptiveMaxPool2d(8), kernel_size=1, output_size=8),
    "GaussianNLLLoss": ({"input": ROWS, "target": ROWS, "var": ROWS}, nn.GaussianNLLLoss(full=True), {"full": True},
                        True),
    "Bilinear": two(nn.Bilinear(6, 8, 16), b=WIDE),
    "TransformerDecoderLayer": (
        {"tgt": Spec(("N", 3, 4)), "memory": Spec(("N", 5, 4))},
        nn.TransformerDecoderLayer(4, 2, 128, 0.0, batch_first=True), {"nhead": 2, "dropout": 0.0}, True),
    "MarginRankingLoss": ({"input1": ROWS, "input2": ROWS, "target": ROWS}, nn.MarginRankingLoss(0.5), {"margin": 0.5},
                          True, ("target",)),
    "CosineEmbeddingLoss": ({"input1": ROWS, "input2": ROWS, "target": Spec(("N",))}, nn.CosineEmbeddingLoss(), {},
                            True, ("target",)),
    "TripletMarginLoss": ({"anchor": ROWS, "positive": ROWS, "negative": ROWS}, nn.TripletMarginLoss(), {}, True),
    "LPPool3d": one(VOLUME, nn.LPPool3d(2.0, 2)),
    "LPPool1d": one(SIGNAL, nn.LPPool1d(2.0, 2)), "LPPool2d": one(IMAGE, nn.LPPool2d(3.0, 2), norm_type=3.0),
    "Upsample": one(IMAGE, nn.Upsample(scale_factor=3, mode="bilinear"), scale_factor=3, mode="linear"),
    "PixelShuffle": one(IMAGE, nn.PixelShuffle(2)),
    "PixelUnshuffle": one(IMAGE, nn.PixelUnshuffle(4), downscale_factor=4),
    "ChannelShuffle": one(IMAGE, nn.ChannelShuffle(2)),
    "Unfold": one(IMAGE, nn.Unfold(3, padding=1), padding=1),
    "Fold": one(Spec(("N", 18, 36)), nn.Fold((8, 8), 3)),
    "ConvTranspose1d": one(SIGNAL, nn.ConvTranspose1d(4, 16, 2, 2)),
    "ConvTranspose3d": one(VOLUME, nn.ConvTranspose3d(2, 3, 2, 2), out_channels=3),
    "BatchNorm3d": one(VOLUME, nn.BatchNorm3d(2)),
    "InstanceNorm1d": one(SIGNAL, nn.InstanceNorm1d(4)),
    "InstanceNorm2d": one(IMAGE, nn.InstanceNorm2d(4, affine=True), affine=True),
    "InstanceNorm3d": one(VOLUME, nn.InstanceNorm3d(2)),
    "RMSNorm": one(ROWS, nn.RMSNorm(6, eps=1e-6)),
    "LocalResponseNorm": one(IMAGE, nn.LocalResponseNorm(3), size=3),
    "Dropout1d": one(SIGNAL, nn.Dropout1d(0.0), p=0.0), "Dropout3d": one(VOLUME, nn.Dropout3d(0.0), p=0.0),
    "AlphaDropout": one(ROWS, nn.AlphaDropout(0.0), p=0.0),
    "FeatureAlphaDropout": one(IMAGE, nn.FeatureAlphaDropout(0.0), p=0.0),
    "HuberLoss": loss(nn.HuberLoss(delta=0.1), delta=0.1),
    "KLDivLoss": loss(nn.KLDivLoss(reduction="batchmean")),
    "PoissonNLLLoss": loss(nn.PoissonNLLLoss(full=True), full=True),
    "SoftMarginLoss": (*loss(nn.SoftMarginLoss()), ("target",)),
    "HingeEmbeddingLoss": (*loss(lambda i, t: F.hinge_embedding_loss(i, t, margin=2.0), margin=2.0), ("target",)),
    "MultiLabelSoftMarginLoss": loss(nn.MultiLabelSoftMarginLoss()),
    "MultiLabelMarginLoss": loss(nn.MultiLabelMarginLoss(), Spec(("N", 6), "int64", 6)),
}
