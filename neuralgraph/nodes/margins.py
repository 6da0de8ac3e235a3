"""More losses: robust ones, for distributions, for rankings, for pairs and for several labels at once."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats
from neuralgraph.nodes.losses import _Alike, _Loss, float_targets
from neuralgraph.spec import Call, Float, Misfit, Spec, function, param


class HuberLoss(_Alike):
    """Squared error for small errors, straight for large ones, with the size of the error kept.

    With $d = |input - target|$: $d^2 / 2$ where $d <$ delta, else $delta · (d - delta / 2)$.

    Example (delta = 2): input = [[0, 0]], target = [[1, 3]] → 2.25, the mean of 0.5 and 2·(3 − 1) = 4.
    Shapes: input and target of one shape, float32 → scalar
    PyTorch: torch.nn.HuberLoss
    """

    group = "For numbers"
    synonyms = ("robust", "regression", "outlier")
    target = "huber_loss"

    delta: float = param(1.0, "Error at which it goes over from square to straight.", min=1e-9, max=1e6, row="delta")


class KLDivLoss(_Loss):
    """How far a distribution is from a target distribution: the divergence of Kullback and Leibler.

    $Σ t · (log t - input)$: the input holds log-probabilities (LogSoftmax), the target probabilities. Averaged over the
    samples. It is 0 when both are the same.

    Example: input = [[-0.693, -0.693]], target = [[1, 0]] → 0.693, for 1·(0 + 0.693) = 0.693.
    Shapes: input N × classes (log), target N × classes (0 … 1) → scalar
    PyTorch: torch.nn.KLDivLoss
    """

    synonyms = ("kullback-leibler", "distillation", "divergence", "relative entropy")

    def call(self, input: Float, target: Float) -> Call:
        float_targets(input, target)
        if input.rank < 2:
            raise Misfit("one row for each sample", port="input", axes="N × classes", hint="Give it log-probabilities.")
        reduction = "sum" if self.reduction == "sum" else "batchmean"
        return function("torch.nn.functional.kl_div", reduction=reduction)


class PoissonNLLLoss(_Alike):
    """For predicting counts: how unlikely a count is when the rate is as predicted.

    $e^{input} - target · input$: the input is the logarithm of the rate.

    Example: input = [[0]], target = [[1]] → 1, for 1 − 1·0 = 1.
    Shapes: input and target of one shape, float32 → scalar
    PyTorch: torch.nn.PoissonNLLLoss
    """

    group = "For numbers"
    synonyms = ("counts", "poisson regression", "rate")
    target = "poisson_nll_loss"

    log_input: bool = param(True, "The input is the logarithm of the rate; off: the rate itself.", row="log input")
    full: bool = param(False, "Add the part that depends on the target alone.", advanced=True)


class SoftMarginLoss(_Alike):
    """For yes or no as +1 and −1: the logistic loss.

    $log(1 + e^{-target · input})$.

    Example (reduction = sum): input = [[0, 2]], target = [[1, -1]] → 2.820, for 0.693 + 2.127 = 2.820.
    Shapes: input and target (−1 or 1) of one shape, float32 → scalar
    PyTorch: torch.nn.SoftMarginLoss
    """

    synonyms = ("logistic", "plus minus one", "binary")
    target = "soft_margin_loss"


class HingeEmbeddingLoss(_Alike):
    """For distances of pairs: alike pairs (target 1) are pulled together, others (−1) pushed apart up to a margin.

    $x$ where the target is 1, $max(0, margin - x)$ where it is −1.

    Example: input = [[0.2, 0.2]], target = [[1, -1]] → 0.5, the mean of 0.2 and 1 − 0.2 = 0.8.
    Shapes: input and target (−1 or 1) of one shape, float32 → scalar
    PyTorch: torch.nn.HingeEmbeddingLoss
    """

    group = "For pairs"
    synonyms = ("pairs", "similarity", "siamese")
    target = "hinge_embedding_loss"

    margin: float = param(1.0, "Distance that is enough.", min=0.0, max=1e6, row="margin")


class MultiLabelSoftMarginLoss(_Loss):
    """For several labels at once: the binary cross entropy of every label, averaged over the labels.

    $loss = -(1/n) Σ (t · log σ(x) + (1 - t) · log(1 - σ(x)))$ over the $n$ labels. The input holds a score for every
    label, the target 0 or 1.

    Example: input = [[0, 0]], target = [[1, 0]] → 0.693, for −ln 0.5 = 0.693 for both labels.
    Shapes: input N × labels, target N × labels (0 or 1) → scalar
    PyTorch: torch.nn.MultiLabelSoftMarginLoss
    """

    synonyms = ("tags", "several labels", "toxicity")

    def call(self, input: Float, target: Float) -> Call:
        float_targets(input, target)
        _rows(input)
        return self._function("multilabel_soft_margin_loss")


class MultiLabelMarginLoss(_Loss):
    """Hinge loss for several labels at once: every right label should lead every other by 1.

    $loss = (1/n) Σ_{j,k} max(0, 1 - (x_j - x_k))$ over right labels $j$ and wrong labels $k$, with $n$ labels in all.
    The target lists the numbers of the right labels, then −1.

    Example: input = [[0.1, 0.2, 0.4, 0.8]], target = classes [[3, 0, -1, -1]] → 0.85, for (0.4 + 0.6 + 1.1 + 1.3) / 4 =
    0.85.
    Shapes: input N × labels, target N × labels (int64, filled up with −1) → scalar
    PyTorch: torch.nn.MultiLabelMarginLoss
    """

    synonyms = ("tags", "several labels", "max margin")

    def call(self, input: Float, target: Spec) -> Call:
        floats(input, "input")
        _rows(input)
        if target.shape != input.shape or target.dtype != "int64":
            raise Misfit("label numbers (int64) in the shape of the input", port="target", axes=str(input),
                         hint="List the labels of each sample and fill up with −1.")
        return self._function("multilabel_margin_loss")


def _rows(input: Spec) -> None:
    if input.rank != 2:
        raise Misfit("one row of scores for each sample", port="input", axes="N × labels", insert="Flatten",
                     hint="Flatten lines up the numbers of each sample.")
