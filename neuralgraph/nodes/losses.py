"""What training makes small: one number that says how wrong the network is."""

from __future__ import annotations

from typing import ClassVar

from neuralgraph.nodes.demands import TO_FLOAT, TO_INTEGER, floats, same_shape
from neuralgraph.spec import Call, Float, Integer, Misfit, Node, Spec, Symbol, function, module, param
from neuralgraph.spec.tensor import FLOATS

REDUCTIONS = ("mean", "sum", "per sample")
"""The last one sums within a sample and averages over the samples."""


class _Loss(Node):
    """What all losses have in common: a share in the total, and how the samples are joined."""

    category = "Losses"
    group = "For classes"
    role = "loss"

    weight: float = param(1.0, "Its share in the total, when there are several losses.", min=-1e6, max=1e6,
                          row="weight", live=True)
    reduction: str = param("mean", "Average over all numbers, sum them, or per sample: the sum within each sample, "
                           "averaged over the samples.", choices=REDUCTIONS)

    def outputs(self) -> tuple[str, ...]:
        return ("loss",)

    def _function(self, name: str) -> Call:
        given = {key: one for key, one in self.values.items() if key != "weight"}
        target = f"torch.nn.functional.{name}"
        if self.reduction == "per sample":
            del given["reduction"]
            return module("neuralgraph.compiler.blocks.rules.PerSample", of=Symbol(target), **given)
        return function(target, **given)


class _Alike(_Loss):
    """A loss of two decimal values of one shape."""

    target: ClassVar[str] = ""
    """The function of torch.nn.functional."""

    def call(self, input: Float, target: Float) -> Call:
        float_targets(input, target)
        return self._function(self.target)


def class_targets(input: Spec, target: Spec) -> None:
    """`input` N × classes, with `target` one int64 class number for each sample (or each pixel)."""
    floats(input, "input")
    if input.rank < 2:
        raise Misfit("one number for every class", port="input", axes="N × classes",
                     hint="End the network with a Linear that has as many outputs as there are classes.")
    wanted = (input.shape[0], *input.shape[2:])
    if target.shape == (*wanted, 1):
        raise Misfit("one class number for each sample", port="target", axes=_shape(wanted), insert="Squeeze",
                     params={"dim": -1}, hint="Squeeze takes the last axis away.")
    if target.shape != wanted:
        raise Misfit("one class number for each sample", port="target", axes=_shape(wanted),
                     hint="Wire the class output of the data node here; for numbers or yes/no targets take MSELoss "
                          "or BCEWithLogitsLoss.")
    if target.dtype in FLOATS:
        raise Misfit("class numbers (int64)", port="target", axes="int64", insert="Cast", params=TO_INTEGER,
                     hint="A decimal target belongs to MSELoss or BCEWithLogitsLoss; class numbers come from a data "
                          "node whose target is «class».")
    if target.dtype != "int64":
        raise Misfit(f"class numbers as int64, not {target.dtype}", port="target", axes="int64", insert="Cast",
                     params=TO_INTEGER, hint="Cast makes them int64.")


def float_targets(input: Spec, target: Spec) -> None:
    """Two decimal values of one shape: no silent stretching of N to N × N."""
    floats(input, "input")
    same_shape(input, target, "target")
    if target.dtype != input.dtype:
        raise Misfit(f"decimal numbers ({input.dtype}), not {target.dtype}", port="target", axes=input.dtype,
                     insert="Cast", params={**TO_FLOAT, "dtype": input.dtype}, hint="Cast turns class numbers into "
                     "decimal ones; for several classes take CrossEntropyLoss instead.")


def _shape(sizes: tuple[int | str, ...]) -> str:
    return " × ".join(map(str, sizes))


class CrossEntropyLoss(_Loss):
    """For choosing one class of several: small when the right class gets a high score.

    $loss = - log softmax(input)[target]$, the negative logarithm of the probability that the network gives to the right
    class. It does softmax itself: wire it to the scores (logits), not to probabilities. The target holds class numbers;
    decimal targets of the same shape as the input are taken as class probabilities.

    Example: input = [[0, 0], [0, 1.0986]], target = [0, 1] → 0.490, the mean of −ln 0.5 = 0.693 and −ln 0.75 = 0.288.
    Shapes: input N × classes, target N (int64) → scalar; input N × classes × H × W, target N × H × W → scalar
    PyTorch: torch.nn.CrossEntropyLoss
    """

    synonyms = ("softmax loss", "ce", "log loss", "classification", "negative log likelihood")

    label_smoothing: float = param(
        0.0, "Share of the target that is spread over all classes.", min=0.0, max=1.0, advanced=True)

    def call(self, input: Float, target: Integer) -> Call:
        if target.dtype in FLOATS and target.shape == input.shape and input.rank > 1 and input.shape[1] != 1:
            float_targets(input, target)
        else:
            class_targets(input, target)
        return self._function("cross_entropy")


class NLLLoss(_Loss):
    """Negative log likelihood: for networks that end in LogSoftmax.

    $loss = - input[target]$, where the input holds log-probabilities. LogSoftmax followed by NLLLoss is
    CrossEntropyLoss.

    Example: input = [[-0.5, -2], [-1, -3]], target = [0, 1] → 1.75, the mean of 0.5 and 3.
    Shapes: input N × classes, target N (int64) → scalar
    PyTorch: torch.nn.NLLLoss
    """

    synonyms = ("negative log likelihood", "log probabilities", "classification")

    def call(self, input: Float, target: Integer) -> Call:
        class_targets(input, target)
        return self._function("nll_loss")


class MultiMarginLoss(_Loss):
    """Hinge loss for several classes, as in support vector machines.

    $loss = Σ_{j ≠ target} max(0, margin - input[target] + input[j])^p / classes$: zero as soon as the right class leads
    every other by `margin`.

    Example: input = [[1, 0.5]], target = [0] → 0.25, for (1 − 1 + 0.5) / 2 = 0.25.
    Shapes: input N × classes, target N (int64) → scalar
    PyTorch: torch.nn.MultiMarginLoss
    """

    synonyms = ("hinge", "svm", "max margin", "classification")

    p: int = param(1, "Power of each excess: 1 or 2.", min=1, max=2, advanced=True)
    margin: float = param(1.0, "Lead that the right class has to have.", min=0.0, max=1e6, row="margin")

    def call(self, input: Float, target: Integer) -> Call:
        class_targets(input, target)
        if input.rank != 2:
            raise Misfit("one row of class scores for each sample", port="input", axes="N × classes", insert="Flatten",
                         hint="Flatten lines up the numbers of each sample.")
        return self._function("multi_margin_loss")


class BCEWithLogitsLoss(_Alike):
    """For yes or no: small when the sigmoid of the input is near the target, 0 or 1.

    $loss = - t · log σ(x) - (1 - t) · log(1 - σ(x))$. It does the sigmoid itself, which keeps it exact for large
    scores: wire it to the scores (logits), without a Sigmoid before it.

    Example: input = [[0]], target = [[1]] → 0.693, for −ln σ(0) = −ln 0.5 = 0.693.
    Shapes: input N × k, target N × k (float32, 0 … 1) → scalar
    PyTorch: torch.nn.BCEWithLogitsLoss
    """

    synonyms = ("binary cross entropy", "bce", "logistic", "yes no", "sigmoid loss", "multi label")
    target = "binary_cross_entropy_with_logits"


class BCELoss(_Alike):
    """For yes or no, after a Sigmoid: small when the probability is near the target, 0 or 1.

    $loss = - t · log p - (1 - t) · log(1 - p)$, where the input $p$ must lie in 0 … 1. BCEWithLogitsLoss without the
    Sigmoid computes the same and is more exact.

    Example: input = [[0.8]], target = [[1]] → 0.223, for −ln 0.8 = 0.223.
    Shapes: input N × k (0 … 1), target N × k (float32, 0 … 1) → scalar
    PyTorch: torch.nn.BCELoss
    """

    synonyms = ("binary cross entropy", "bce", "yes no", "probability loss")
    target = "binary_cross_entropy"


class MSELoss(_Alike):
    """Mean squared error: for predicting numbers.

    $loss = mean (input - target)^2$. Large errors count much more than small ones. With `reduction` = sum it is the
    squared distance of all predictions from all targets.

    Example: input = [[1, 2]], target = [[1, 4]] → 2, for (0 + 4) / 2 = 2.
    Shapes: input and target of one shape, float32 → scalar
    PyTorch: torch.nn.MSELoss
    """

    group = "For numbers"
    synonyms = ("mean squared error", "l2", "quadratic", "regression", "least squares")
    target = "mse_loss"


class L1Loss(_Alike):
    """Mean absolute error: for predicting numbers, forgiving towards outliers.

    $loss = mean |input - target|$. Every error counts in proportion to its size.

    Example: input = [[1, 2]], target = [[1, 4]] → 1, for (0 + 2) / 2 = 1.
    Shapes: input and target of one shape, float32 → scalar
    PyTorch: torch.nn.L1Loss
    """

    group = "For numbers"
    synonyms = ("mean absolute error", "mae loss", "regression")
    target = "l1_loss"


class SmoothL1Loss(_Alike):
    """Squared error for small errors, absolute error for large ones.

    With $d = |input - target|$: $d^2 / (2 beta)$ where $d < beta$, else $d - beta / 2$. It has no kink at zero and is
    not carried away by outliers.

    Example (reduction = sum): input = [[0, 0]], target = [[0.5, 3]] → 2.625, for 0.125 + 2.5 = 2.625.
    Shapes: input and target of one shape, float32 → scalar
    PyTorch: torch.nn.SmoothL1Loss
    """

    group = "For numbers"
    synonyms = ("huber", "robust", "regression")
    target = "smooth_l1_loss"

    beta: float = param(1.0, "Error at which it goes over from square to straight.", min=0.0, max=1e6, row="beta")
