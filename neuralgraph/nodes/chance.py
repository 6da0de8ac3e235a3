"""Nodes that draw random numbers at every step, from the random state of the run: the same seed, the same run."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import floats, inner_axis
from neuralgraph.spec import Call, Float, Misfit, Node, function, module, param

_BLOCKS = "neuralgraph.compiler.blocks.chance."


class GaussianNoise(Node):
    """Adds normally distributed noise while training, so that the network does not learn every number by heart.

    $y = x + std · ε$, with a new $ε$ of mean 0 and spread 1 for every number at every step. When the network is only
    used, everything passes unchanged. A denoising autoencoder is this before the encoder.

    Example (in use): [[1, -2]] → [[1, -2]], for noise is added only while training.
    Example (std = 0, while training): [[1, -2]] → [[1, -2]]
    Shapes: any → the same
    PyTorch: x + std * torch.randn_like(x)
    """

    category = "Layers"
    group = "Dropout and noise"
    synonyms = ("noise", "jitter", "augmentation", "denoising", "regularisation", "regularization")

    std: float = param(0.1, "Spread of the noise.", min=0.0, max=1e6, row="spread")

    def call(self, x: Float) -> Call:
        floats(x)
        return module(_BLOCKS + "GaussianNoise", std=self.std)


class Bernoulli(Node):
    """Tosses a coin for every number: 1 with the probability that comes in, else 0.

    $P(y = 1) = x$. The input holds probabilities, 0 … 1. Anew at every step, in use too: a stochastic neuron is Linear,
    Sigmoid and this. No gradient passes; see Detach for what goes around it.

    Example: [[0, 1]] → [[0, 1]], for both are certain; 0.5 would be 1 every other time.
    Shapes: any → the same
    PyTorch: torch.bernoulli
    """

    category = "Maths"
    group = "Random"
    synonyms = ("coin", "sample", "stochastic", "gibbs", "boltzmann", "binary", "random")

    def call(self, x: Float) -> Call:
        floats(x)
        return function("torch.bernoulli")


class Multinomial(Node):
    """Draws places at random, each with the weight that its number gives it.

    $P(y = k) = x_k / Σ_j x_j$. A row of weights, not necessarily adding up to 1: behind Softmax it chooses a word, an
    action, a class. Anew at every step, in use too; no gradient passes.

    Example (num_samples = 3): [[0, 5]] → [[1, 1, 1]], for only place 1 has a weight.
    Shapes: N × classes → N × num_samples (int64)
    PyTorch: torch.multinomial
    """

    category = "Maths"
    group = "Random"
    synonyms = ("sample", "categorical", "draw", "random choice", "generate text", "policy")

    num_samples: int = param(1, "How many are drawn.", min=1, max=10**6, row="draws")
    replacement: bool = param(True, "The same place may be drawn again.", row="again")

    def call(self, x: Float) -> Call:
        floats(x)
        if x.rank != 2:
            raise Misfit("one row of weights for each sample", axes="N × classes", insert="Flatten" if x.rank > 2
                         else "", hint="Flatten lines up the numbers of each sample.")
        size = x.size(inner_axis(x, 1))
        if not self.replacement and self.num_samples > size:
            raise Misfit(f"at least {self.num_samples} weights", hint=f"There are {size}: draw fewer, or with again.")
        return function("torch.multinomial", num_samples=self.num_samples, replacement=self.replacement)


class RandnLike(Node):
    """New normally distributed numbers in the shape of the input: what comes in does not matter.

    $mean + std · ε$. Mean `mean`, spread `std`, anew at every step, in use too. The noise of a variational autoencoder
    ($μ + σ · ε$), of a generator, of diffusion. No gradient passes.

    Example (mean = 3, std = 0): [[5, 6]] → [[3, 3]], for without spread all is the mean.
    Example: 4 × 2 → 4 × 2
    Shapes: any → the same
    PyTorch: torch.randn_like
    """

    category = "Maths"
    group = "Random"
    synonyms = ("random normal", "noise", "gaussian", "vae", "reparameterisation", "reparameterization", "latent")

    mean: float = param(0.0, "The mean.", min=-1e6, max=1e6, row="mean")
    std: float = param(1.0, "The spread.", min=0.0, max=1e6, row="spread")

    def call(self, x: Float) -> Call:
        floats(x)
        return function(_BLOCKS + "randn_like", mean=self.mean, std=self.std)


class RandLike(Node):
    """New evenly spread numbers in the shape of the input: what comes in does not matter.

    $low + (high - low) · u$ with a new $u$ from 0 to 1 for every number. From `low` to `high`, anew at every step, in
    use too. Less than a probability means yes that often. No gradient passes.

    Example (low = 2, high = 2): [[5, 6]] → [[2, 2]], for between 2 and 2 lies nothing else.
    Example: 4 × 2 → 4 × 2
    Shapes: any → the same
    PyTorch: torch.rand_like
    """

    category = "Maths"
    group = "Random"
    synonyms = ("random uniform", "noise", "chance", "latent")

    low: float = param(0.0, "The smallest number.", min=-1e6, max=1e6, row="from")
    high: float = param(1.0, "Below this.", min=-1e6, max=1e6, row="to")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.low > self.high:
            raise ParameterError("high expects a number of at least low.", parameter="high")

    def call(self, x: Float) -> Call:
        floats(x)
        return function(_BLOCKS + "rand_like", low=self.low, high=self.high)
