"""Learning rules as losses: energies made low and high, the perceptron's mistakes, a gradient turned round."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats
from neuralgraph.nodes.losses import _Loss, float_targets
from neuralgraph.nodes.metrics import _Metric
from neuralgraph.spec import Call, Float, Misfit, Node, function, module, param

_BLOCKS = "neuralgraph.compiler.blocks.rules."


class EnergyLoss(_Loss):
    """Makes a number small as it is, and another one large: the energy of data against that of dreams.

    $loss = mean input - mean target$. Without a target it only lowers what comes in: the energy of patterns (Hebb's
    rule), a distance, a penalty of your own. With one it is contrastive divergence for Boltzmann machines, or the
    critic of a Wasserstein GAN. Both sides may have different numbers of rows.

    Example: input = [1, 3] → 2, the mean.
    Example: input = [1, 3], target = [5] → -3, for 2 − 5 = −3.
    Shapes: input N × …, target any → scalar
    PyTorch: input.mean() - target.mean()
    """

    group = "Learning rules"
    synonyms = ("minimise", "minimize", "contrastive divergence", "hebb", "wasserstein", "critic", "objective",
                "penalty", "likelihood")
    by_rows = False

    def call(self, input: Float, target: Float | None = None) -> Call:
        floats(input, "input")
        if target is not None:
            floats(target, "target")
            if target.dtype != input.dtype:
                raise Misfit(f"{input.dtype}, as its input is", port="target", axes=input.dtype, insert="Cast",
                             params={"dtype": input.dtype}, hint="Cast turns one into the other.")
        return function(_BLOCKS + "energy_loss", reduction=self.reduction)


class PerceptronLoss(_Loss):
    """The perceptron rule as a loss: only mistakes count, each by how far it lies on the wrong side.

    $loss = max(0, - t · z)$ with $t$ −1 or 1, where a score $z$ of 0 counts as a mistake too. Its slope for a mistake
    is $- t · x$: with a rate of 1, one row at a time, in the given order and from weights of 0, SGD on it is
    Rosenblatt's rule to the letter. The target may be −1 and 1, or 0 and 1.

    Example (reduction = sum): input = [[-2], [3], [1]], target = [[1], [1], [-1]] → 3, for 2 + 0 + 1 = 3.
    Shapes: input and target of one shape, float32 → scalar
    PyTorch: torch.relu(-target * input)
    """

    group = "Learning rules"
    synonyms = ("rosenblatt", "perceptron rule", "linear threshold", "mistake driven", "delta rule")

    def call(self, input: Float, target: Float) -> Call:
        float_targets(input, target)
        return function(_BLOCKS + "perceptron_loss", reduction=self.reduction)


class Mistakes(_Metric):
    """How many answers have the wrong sign: what the perceptron rule brings to 0, where that can be.

    $Σ (t · z ≤ 0)$ with $t$ −1 or 1: a score of exactly 0 is a mistake too. It is counted over an epoch, before each
    step of learning. The target may be −1 and 1, or 0 and 1. The stop rule *watches* this, *target* 0 ends when an
    epoch went without one.

    Example: input = [[-2], [3], [0]], target = [[1], [1], [0]] → 2, for the first and the last.
    Shapes: input and target of one shape, float32 → count
    PyTorch: (target * input <= 0).sum()
    """

    synonyms = ("errors", "wrong", "misclassified", "perceptron", "count")
    better = "lower"

    def call(self, input: Float, target: Float) -> Call:
        float_targets(input, target)
        return module(_BLOCKS + "Mistakes")


class GradientReversal(Node):
    """Lets the numbers through and turns the gradient round: what is before it learns the opposite.

    $y = x$ with the slope $- strength$. The layers behind it learn to tell something (from which source a sample is),
    and those before it learn to give nothing away of it, in one and the same step: domain-adversarial training.

    Example: [[1, -2]] → [[1, -2]], and a gradient of 3 becomes −3.
    Shapes: any → the same
    PyTorch: torch.autograd.Function
    """

    category = "Maths"
    group = "Values"
    synonyms = ("adversarial", "domain adaptation", "dann", "opposite gradient", "minimax", "flip gradient")

    strength: float = param(1.0, "What the gradient is multiplied by, beside −1.", min=0.0, max=1e6, row="strength",
                            live=True)

    def call(self, x: Float) -> Call:
        floats(x)
        return module(_BLOCKS + "GradientReversal", strength=self.strength)
