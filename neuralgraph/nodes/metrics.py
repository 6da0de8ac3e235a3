"""Figures that are watched, but not learnt from."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats, same_shape
from neuralgraph.spec import Call, Float, Misfit, Node, Spec, module, param
from neuralgraph.spec.tensor import FLOATS, INTEGERS

_BLOCKS = "neuralgraph.compiler.blocks.metrics."


class _Metric(Node):
    """What all metrics have in common: two inputs, no output."""

    category = "Metrics"
    role = "metric"
    better = "higher"
    """Which of its values are better."""

    def outputs(self) -> tuple[str, ...]:
        return ()


def decisions(input: Spec, target: Spec) -> None:
    """A prediction and a target that can be compared as classes: class numbers, one-hot rows, or yes and no."""
    floats(input, "input")
    rows = (input.shape[0], *input.shape[2:]) if input.rank > 1 else input.shape
    numbers = target.dtype in INTEGERS
    if target.shape == input.shape or (numbers and target.shape == rows):
        return
    if input.rank > 1 and input.shape[1] == 1 and target.shape == rows:
        return
    raise Misfit(
        "one class number for each sample, or a target shaped like its input", port="target",
        axes=f"{' × '.join(map(str, rows))} or {input}", hint="Wire the same target here as into the loss.")


class Accuracy(_Metric):
    """Share of samples that the network gets right.

    $accuracy = right / all$. With one column for each class, the largest number is the answer, and it is right when it
    is the class in the target (or where the one-hot target is largest). With a single column, the answer is yes when
    the number is above `threshold`: 0 for scores (before a Sigmoid), 0.5 for probabilities (after it); a target above
    0.5 means yes. It counts samples, or pixels where every pixel has a class.

    Where samples may have several labels at once, each column is a question of its own: `several` counts every answer.

    Example: input = [[2, 1], [0, 3]], target = classes [0, 0] → 0.5, for the second sample is taken for class 1.
    Example (several = yes): input = [[2, -1], [-3, 1]], target = [[1, 0], [1, 1]] → 0.75, for one of four is wrong.
    Shapes: input N × classes, target N (int64); input N × 1, target N × 1 (0 or 1) → share in 0 … 1
    PyTorch: (input.argmax(dim=1) == target).float().mean()
    """

    synonyms = ("hits", "correct", "score", "percent right", "classification rate")

    threshold: float = param(0.0, "Above it, a single output means yes: 0 for scores, 0.5 for probabilities.",
                             min=-1e6, max=1e6)
    several: bool = param(False, "Several labels a sample: every column is a yes or no of its own, and each counts.",
                          advanced=True)

    def call(self, input: Float, target: Spec) -> Call:
        decisions(input, target)
        return module(_BLOCKS + "Accuracy", threshold=self.threshold, several=self.several)


class ConfusionMatrix(_Metric):
    """Table of what was what: rows are the true classes, columns the network's answers.

    Entry (i, j) counts the samples of class i that were taken for class j: hits lie on the diagonal, and two classes
    that are mistaken for each other stand out beside it. A single output column is read as yes or no, as Accuracy does.

    Example: input = [[2, 1], [0, 3]], target = classes [0, 0] → [[1, 1], [0, 0]]
    Shapes: input N × classes, target N (int64); input N × 1, target N × 1 (0 or 1) → classes × classes counts
    PyTorch: torch.bincount(target * classes + input.argmax(dim=1), minlength=classes ** 2)
    """

    synonyms = ("mistakes", "contingency", "error table", "recall", "precision")

    threshold: float = param(0.0, "Above it, a single output means yes: 0 for scores, 0.5 for probabilities.",
                             min=-1e6, max=1e6)

    def call(self, input: Float, target: Spec) -> Call:
        decisions(input, target)
        width = input.size(1, "input") if input.rank > 1 else 1
        classes = max(width, 2, target.classes or 0)
        if classes > 10_000:
            raise Misfit("at most 10,000 classes", port="input", hint="A table of more would not fit in memory.")
        return module(_BLOCKS + "ConfusionMatrix", classes=classes, threshold=self.threshold)


class MeanAbsoluteError(_Metric):
    """How far predictions are off on average, in the units of the target.

    $mean |input - target|$ over all samples and outputs.

    Example: input = [[1, 2]], target = [[1, 4]] → 1, for (0 + 2) / 2 = 1.
    Shapes: input and target of one shape → number of at least 0
    PyTorch: torch.nn.functional.l1_loss(input, target)
    """

    better = "lower"
    synonyms = ("mae", "average error", "regression", "l1")

    def call(self, input: Float, target: Float) -> Call:
        floats(input, "input")
        same_shape(input, target, "target")
        if target.dtype not in (*FLOATS, *INTEGERS):
            raise Misfit("numbers", port="target", hint="Wire the target of the loss here.")
        return module(_BLOCKS + "MeanAbsoluteError")
