"""Losses that compare two or three things: rankings, pairs, triplets, and numbers with their own uncertainty."""

from __future__ import annotations

from neuralgraph.nodes.demands import TO_FLOAT, floats, integers, same_shape
from neuralgraph.nodes.losses import _Loss, float_targets
from neuralgraph.spec import Call, Float, Integer, Misfit, Spec, module, param


def _alike(first: Spec, second: Spec, port: str, other: str) -> None:
    floats(first, port)
    floats(second, other)
    same_shape(first, second, other)


def _signs(target: Spec, wanted: tuple[int | str, ...]) -> None:
    if target.shape != wanted:
        raise Misfit("one number, −1 or 1, for each pair", port="target", axes=" × ".join(map(str, wanted)),
                     hint="1 and −1 say which of the two it is.")


class MarginRankingLoss(_Loss):
    """For putting things in order: the one that should come first has to lead by a margin.

    $max(0, -target · (input1 - input2) + margin)$: target 1 says that the first should be larger.

    Example: input1 = [[3]], input2 = [[2]], target = [[-1]] → 1, for the second should be larger and is 1 smaller.
    Shapes: input1, input2 and target (−1 or 1) of one shape → scalar
    PyTorch: torch.nn.MarginRankingLoss
    """

    group = "For pairs"
    synonyms = ("ranking", "order", "preference")

    margin: float = param(0.0, "Lead that is enough.", min=-1e6, max=1e6, row="margin")

    def call(self, input1: Float, input2: Float, target: Float) -> Call:
        _alike(input1, input2, "input1", "input2")
        _signs(target, input1.shape)
        return self._function("margin_ranking_loss")


class CosineEmbeddingLoss(_Loss):
    """For pairs that are alike (target 1) or not (−1), measured by the angle between them.

    $1 - cos$ for a pair that is alike, $max(0, cos - margin)$ for one that is not. The same row twice with target 1
    costs 0.

    Example: input1 = [[1, 0]], input2 = [[1, 1]], target = [1] → 0.293, for 1 − 0.707 = 0.293.
    Shapes: input1 and input2 N × F, target N (−1 or 1) → scalar
    PyTorch: torch.nn.CosineEmbeddingLoss
    """

    group = "For pairs"
    synonyms = ("similarity", "siamese", "contrastive", "angle")

    margin: float = param(0.0, "Likeness that others may have.", min=-1.0, max=1.0, row="margin")

    def call(self, input1: Float, input2: Float, target: Float) -> Call:
        _alike(input1, input2, "input1", "input2")
        _signs(target, input1.shape[:-1])
        return self._function("cosine_embedding_loss")


class TripletMarginLoss(_Loss):
    """For embeddings: an anchor should lie nearer to one like it than to another one, by a margin.

    $max(0, |anchor - positive| - |anchor - negative| + margin)$. Distances 1 and 3 with margin 1 cost 0.

    Example: anchor = [[0, 0]], positive = [[1, 0]], negative = [[0, 1.5]] → 0.5, for 1 − 1.5 + 1 = 0.5.
    Shapes: anchor, positive and negative N × F → scalar
    PyTorch: torch.nn.TripletMarginLoss
    """

    group = "For pairs"
    synonyms = ("embedding", "siamese", "metric learning", "contrastive")

    margin: float = param(1.0, "Lead that is enough.", min=0.0, max=1e6, row="margin")
    p: float = param(2.0, "Power of the distance: 2 is the usual one.", min=1.0, max=64.0, row="power")
    swap: bool = param(False, "Compare with the positive one too, and take the harder pair.", advanced=True)

    def call(self, anchor: Float, positive: Float, negative: Float) -> Call:
        _alike(anchor, positive, "anchor", "positive")
        _alike(anchor, negative, "anchor", "negative")
        return self._function("triplet_margin_loss")


class GaussianNLLLoss(_Loss):
    """For predicting a number together with how uncertain it is.

    $(log var + (input - target)^2 / var) / 2$: large errors are forgiven where the network said that it did not know. A
    variance below `eps` counts as `eps`.

    Example: input = [[1]], target = [[3]], var = [[4]] → 1.193, for (ln 4 + 4/4) / 2 = 1.193.
    Shapes: input, target and var (above 0) of one shape → scalar
    PyTorch: torch.nn.GaussianNLLLoss
    """

    group = "For numbers"
    synonyms = ("uncertainty", "variance", "heteroscedastic", "regression")

    full: bool = param(False, "Add the constant part.", advanced=True)
    eps: float = param(1e-6, "Smallest variance.", min=1e-12, max=1.0, advanced=True)

    def call(self, input: Float, target: Float, var: Float) -> Call:
        float_targets(input, target)
        _alike(input, var, "input", "var")
        return module("neuralgraph.compiler.blocks.steps.GaussianNLLLoss", reduction=self.reduction, full=self.full,
                      eps=self.eps)


class CTCLoss(_Loss):
    """For reading a sequence of labels from a longer one without knowing where each label stands.

    $- log Σ P(path)$ over all ways in which the steps, read without repeats and without blanks, spell the target. The
    input holds log-probabilities (LogSoftmax) of every label and of the blank. Rows of targets that are shorter are
    filled up with the blank, unless `target_lengths` says how long they are; `input_lengths` says how many steps count.
    The mean divides each sample by the length of its target.

    Example: input = [[[-0.6931, -0.6931], [-0.6931, -0.6931]]], target = [[1]] → 0.288, for three of the four ways
    spell it, each with 1/4, and −ln(3/4) = 0.288.
    Shapes: input N × L × classes (log), target N × S (int64), input_lengths and target_lengths N (int64) → scalar
    PyTorch: torch.nn.CTCLoss
    """

    synonyms = ("connectionist temporal classification", "speech", "handwriting", "alignment", "transcription")

    blank: int = param(0, "Number of the class that stands for nothing.", min=0, max=10**6, row="blank")
    zero_infinity: bool = param(False, "Count a target that is too long for its input as 0.", advanced=True)

    def call(
        self, input: Float, target: Integer, input_lengths: Integer | None = None,
        target_lengths: Integer | None = None,
    ) -> Call:
        floats(input, "input")
        if input.rank != 3 or not input.batched:
            raise Misfit("sequences of log-probabilities", port="input", axes="N × L × classes",
                         hint="A recurrent layer, a Linear and a LogSoftmax make them.")
        if input.dtype not in ("float32", "float64"):
            raise Misfit("float32 or float64", port="input", insert="Cast", params=TO_FLOAT)
        integers(target, "target", "label numbers")
        if target.rank != 2 or target.shape[0] != input.shape[0]:
            raise Misfit("a row of label numbers for each sample", port="target", axes="N × S",
                         hint="Fill shorter rows up with the blank.")
        if self.blank >= input.size(2, "input"):
            raise Misfit(f"more than {self.blank} classes", port="input", hint="The blank is one of the classes.")
        for port, one in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
            if one is not None:
                integers(one, port, "lengths")
                if one.shape != input.shape[:1]:
                    raise Misfit("one length for each sample", port=port, axes="N", hint="Whole numbers, N of them.")
        return module("neuralgraph.compiler.blocks.ctc.CTCLoss", blank=self.blank, reduction=self.reduction,
                      zero_infinity=self.zero_infinity)
