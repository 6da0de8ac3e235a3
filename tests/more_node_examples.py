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


def several(oracle: Any, /, gradient: bool = True, params: dict[str, Any] | None = None, **inputs: Spec) -> Row:
    return inputs, oracle, params or {}, gradient


def places(name: str, **params: Any) -> dict[str, Row]:
    """The 1d, 2d and 3d of a function of numbers and of places, all of them 0 or 1."""
    spec = {n: Spec(("N", 2, *[3] * n), "float32") for n in (1, 2, 3)}
    where = {n: Spec(("N", 2, *[3] * n), "int64", 2) for n in (1, 2, 3)}
    return {f"{name}{n}d": several(getattr(nn, f"{name}{n}d")(2), True, params, x=spec[n], indices=where[n])
            for n in (1, 2, 3)}


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

LISTS = Spec(("N", 4), "int64", 6)
STEPS = Spec(("N", 3, 4))
SHOT = Spec(("N", 6), "float64")
"""Probabilities that are 0 or 1: a coin of them is no coin."""
DOUBLES = Spec((3,), "float64")


def ctc(input: Any, target: Any) -> Any:
    return F.ctc_loss(input.transpose(0, 1), target, torch.full((len(input),), 5), (target != 0).sum(1))


def positive(x: Any) -> Any:
    return torch.linalg.cholesky(torch.tril(x) @ torch.tril(x).mT)


TABLE |= {
    **unary("Exp2", "Asinh", "Atanh", "Logit", "Trunc", "Frac", "Erfc", "Erfinv", "Lgamma", "Digamma", "Sinc"),
    "Acosh": (*one(ROWS, torch.acosh), (), 1.0),  # 1 becomes 0
    "NanToNum": one(ROWS, lambda x: torch.nan_to_num(x, 3.0), nan=3.0),  # NaN becomes 3, 0.5 stays 0.5
    "Hypot": two(torch.hypot),  # 3 and 4 give 5
    "Fmod": two(torch.fmod),  # −14 and 12 give −2
    "FloorDivide": two(torch.floor_divide),  # 14 and 4 give 3
    "LogAddExp": two(torch.logaddexp),  # ln 0.25 and ln 0.5 give ln 0.75
    "Xlogy": two(torch.xlogy),  # 0 and 0 give 0
    "Heaviside": two(torch.heaviside, False),  # −3, 0, 2 with 0.5 become 0, 0.5, 1
    "Lerp": two(lambda a, b: torch.lerp(a, b, 0.25), share=0.25),  # 0 and 4 give 1
    "IsClose": two(lambda a, b: torch.isclose(a, b, 0.5), False, rtol=0.5),  # 1.4 and 1 give yes with rtol 0.5
    "IsNan": one(ROWS, torch.isnan, False), "IsInf": one(ROWS, torch.isinf, False),
    "MaskedFill": several(lambda x, mask: x.masked_fill(mask, -9.0), True, {"value": -9.0}, x=ROWS, mask=MASKS),
    "Detach": one(ROWS, lambda x: x, False),  # 3 stays 3, its gradient 0
    "Pinv": one(Spec(("N", 4, 3)), torch.linalg.pinv),  # 2, 0 / 0, 4 / 0, 0 gives 0.5, 0, 0 / 0, 0.25, 0
    "Eigh": one(SQUARES, lambda x: tuple(torch.linalg.eigh(x))),  # 2, 1 / 1, 2 has 1 and 3
    "SVD": one(SQUARES, lambda x: tuple(torch.linalg.svd(x, full_matrices=False))),  # 3, 0 / 0, 4 has 4 and 3
    "QR": one(SQUARES, lambda x: tuple(torch.linalg.qr(x))),
    "Cholesky": one(Spec(("N", 1, 1)), torch.linalg.cholesky),  # 4 becomes 2; larger ones in test_conformance_ops
    "Slogdet": one(SQUARES, lambda x: tuple(torch.linalg.slogdet(x))),  # 2, 0 / 0, −4 gives −1 and ln 8
    "MatrixPower": one(SQUARES, lambda x: x @ x @ x, n=3),  # 2, 0 / 0, 1 with n = 3 becomes 8, 0 / 0, 1
    "MatrixNorm": one(SQUARES, lambda x: torch.linalg.matrix_norm(x, "nuc"), ord="nuc"),  # 3, 0 / 0, 4: fro 5, nuc 7
    "Kron": two(lambda a, b: torch.stack([torch.kron(i, k) for i, k in zip(a, b, strict=True)]), a=SQUARES,
                b=Spec(("N", 2, 4))),  # 1, 2 and 1, 10 give 1, 10, 2, 20
    "Cross": two(torch.linalg.cross, a=Spec(("N", 3)), b=Spec(("N", 3))),  # 1, 0, 0 and 0, 1, 0 give 0, 0, 1
    "Vecdot": two(torch.linalg.vecdot),  # 1, 2 and 3, 4 give 11
    "DiagEmbed": one(ROWS, torch.diag_embed),  # 1, 2 gives 1, 0 / 0, 2
    "CumMax": one(ROWS, lambda x: tuple(x.cummax(1))),  # 1, 3, 2 becomes 1, 3, 3 with places 0, 1, 1
    "CumMin": one(ROWS, lambda x: tuple(x.cummin(1))),  # 3, 1, 2 becomes 3, 1, 1
    "Median": one(ROWS, lambda x: tuple(x.median(1))),  # 1, 9, 3 has 3 at place 2
    "Mode": one(ROWS, lambda x: tuple(x.mode(1))),  # 1, 3, 3 has 3
    "Kthvalue": one(ROWS, lambda x: tuple(x.kthvalue(2, 1)), k=2),  # 9, 1, 3 with k = 2 has 3 at place 2
    "Quantile": one(ROWS, lambda x: x.quantile(0.25, 1), q=0.25),  # 0 … 4 with q = 0.25 has 1
    "ArgSort": one(ROWS, lambda x: x.argsort(1, descending=True), False, descending=True),  # 3, 9, 5 gives 1, 2, 0
    "LogCumSumExp": one(ROWS, lambda x: x.logcumsumexp(1)),  # 0, 0 becomes 0, 0.693
    "CountNonzero": one(ROWS, lambda x: x.count_nonzero(1), False, dim=(1,)),  # 0, 2, 3 has 2
    "Normalize": one(ROWS, F.normalize),  # 3, 4 becomes 0.6, 0.8
    "Scatter": several(lambda x, index, src: x.scatter(1, index, src), True, {}, x=ROWS,
                       index=Spec(("N", 1), "int64", 6), src=Spec(("N", 1))),  # 0, 0 with 7 at place 1 becomes 0, 7
    "ScatterAdd": several(lambda x, index, src: x.scatter_add(1, index, src), True, {}, x=ROWS, index=PLACES,
                          src=Spec(("N", 3))),  # 0, 0 with 3 and 4, both at place 1, becomes 0, 7
    "IndexSelect": several(lambda x, index: x.index_select(1, index), True, {}, x=ROWS, index=Spec((2,), "int64", 6)),
    "Bucketize": several(torch.bucketize, False, {}, x=SHOT, boundaries=DOUBLES),  # 1.5 between 1, 2 is in 1
    "Arange": several(lambda: torch.tensor([2, 5, 8]), False, {"start": 2, "end": 9, "step": 3}),
    "Linspace": several(lambda: torch.linspace(0, 1, 5), False, {"steps": 5}),  # 0, 0.25, 0.5, 0.75, 1
    "Eye": several(lambda: torch.eye(2, 3), False, {"n": 2, "m": 3}),  # 1, 0, 0 / 0, 1, 0
    "Full": several(lambda: torch.full((2, 3), 7.0), False, {"shape": (2, 3), "value": 7.0}),
    "FullLike": one(ROWS, torch.ones_like, False, fill_value=1.0),
    "Expand": one(Spec(("N", 1, 4)), lambda x: x.expand(-1, 3, 4), shape=(3, -1)),  # 5 with shape 3 becomes 5, 5, 5
    "Tile": one(ROWS, lambda x: torch.cat((x, x), 1)),  # 1, 2 becomes 1, 2, 1, 2
    "RepeatInterleave": one(ROWS, lambda x: x.repeat_interleave(2, 1)),  # 1, 2 becomes 1, 1, 2, 2
    "Movedim": one(IMAGE, lambda x: x.permute(0, 3, 1, 2)),
    "Meshgrid": several(lambda a, b: torch.meshgrid(a, b, indexing="ij"), True, {}, xs_0=Spec((2,)), xs_1=Spec((3,))),
    "FFT": one(ROWS, lambda x: (torch.fft.fft(x).real, torch.fft.fft(x).imag)),  # 1, 0, −1, 0 has 0, 2, 0, 2
    "RFFT": one(ROWS, lambda x: (torch.fft.rfft(x).real, torch.fft.rfft(x).imag)),  # 1, 0, −1, 0 has 0, 2, 0
    "IFFT": several(lambda real: (torch.fft.ifft(real).real, torch.fft.ifft(real).imag), True, {}, real=ROWS),
    "IRFFT": several(lambda real, imag: torch.fft.irfft(torch.complex(real, imag)), True, {}, real=ROWS, imag=ROWS),
    "FFT2": one(IMAGE, lambda x: (torch.fft.fft2(x).real, torch.fft.fft2(x).imag)),
    "IFFT2": several(lambda real: (torch.fft.ifft2(real).real, torch.fft.ifft2(real).imag), True, {}, real=IMAGE),
    "GaussianNoise": one(ROWS, lambda x: x, std=0.0),  # what it draws is in tests/nodes/test_chance.py
    # what they change is in tests/nodes/test_augmentation.py
    "RandomFlip": one(IMAGE, lambda x: x, p=0.0),
    "RandomShift": one(IMAGE, lambda x: x, pixels=0),
    "RandomRotation": one(IMAGE, lambda x: x, degrees=0.0),
    "RandomCrop": one(IMAGE, lambda x: x, smallest=1.0),
    "RandomBrightness": one(IMAGE, lambda x: x, brightness=0.0, contrast=0.0),
    "RandomErase": one(IMAGE, lambda x: x, p=0.0),
    # what they measure is in tests/compiler/test_fitted.py
    "MinMax": one(ROWS, lambda x: 2 * x - 1, low=-1.0),
    "PCA": one(ROWS, lambda x: x[:, :2]),
    "Bernoulli": one(SHOT, lambda x: x),  # 0 and 1 stay; 0.5 is 1 every other time
    "Multinomial": one(Spec(("N", 1)), lambda x: torch.zeros(len(x), 2, dtype=torch.int64), False, num_samples=2),
    "RandnLike": one(ROWS, lambda x: torch.full_like(x, 2.0), False, mean=2.0, std=0.0),
    "RandLike": one(ROWS, lambda x: torch.full_like(x, 2.0), False, low=2.0, high=2.0),
    "EmbeddingBag": one(LISTS, nn.EmbeddingBag(6, 3), num_embeddings=6, embedding_dim=3),
    **places("MaxUnpool"),  # 5 with place 2 and window 3 becomes 0, 0, 5
    "FractionalMaxPool3d": one(VOLUME, lambda x: x[:, :, 1:, 1:, 1:].amax((2, 3, 4), True), kernel_size=4,
                               output_size=1),  # a single window lies at the end
    "CTCLoss": several(ctc, True, {}, input=Spec(("N", 5, 6)), target=LISTS),
    "TransformerDecoder": several(
        nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, 0.0, batch_first=True), 2),
        True, {"nhead": 2, "dim_feedforward": 8, "dropout": 0.0}, tgt=STEPS, memory=Spec(("N", 5, 4))),
    "Transformer": several(
        nn.Transformer(4, 2, 1, 1, 8, 0.0, batch_first=True), True,
        {"nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 8, "dropout": 0.0},
        src=Spec(("N", 5, 4)), tgt=STEPS),
    "ScaledDotProductAttention": several(
        F.scaled_dot_product_attention, True, {}, query=STEPS, key=STEPS,
        value=STEPS),
}
