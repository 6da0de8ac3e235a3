"""Nodes that learn from the training data before training starts."""

from __future__ import annotations

from neuralgraph.nodes.demands import inner_axis, weighable
from neuralgraph.spec import Call, Float, Misfit, Node, Spec, module, param

MOST_FEATURES = 4096
"""PCA holds a number for every pair of features."""
_PER = ("feature", "channel", "all")


class Standardize(Node):
    """Brings the data to mean 0 and spread 1, measured once on the training part.

    $(x - mean) / std$. Before training starts, mean and standard deviation are taken from the training rows only, then
    kept with the weights: validation, test and later data are treated with the same numbers. A column that never
    changes is only shifted to 0. It measures each feature by itself, each channel of images, or everything together.

    Example: [[1], [3]] → [[-1], [1]], for the mean is 2 and the spread 1.
    Shapes: N × F → the same; N × C × H × W → the same
    PyTorch: (x - x.mean(dim=0)) / x.std(dim=0, correction=0)
    """

    category = "Data"
    group = "Preparation"
    synonyms = ("normalise", "normalize", "standardise", "z-score", "scale", "whiten", "preprocess")

    per: str = param("feature", "What has a mean and spread of its own.", choices=_PER, row="per")

    def call(self, x: Float) -> Call:
        return module("neuralgraph.compiler.blocks.standardize.Standardize", shape=_kept(x, self.per))


class MinMax(Node):
    """Brings the data into a range, 0 to 1 or another, measured once on the training part.

    $low + (x - min) / (max - min) · (high - low)$. Before training starts, least and greatest are taken from the
    training rows only, then kept with the weights: validation, test and later data are treated with the same numbers,
    and may leave the range unless `clip` cuts them off. A column that never changes becomes `low`. It measures each
    feature by itself, each channel of images, or everything together.

    Example: [[1], [3], [2]] → [[0], [1], [0.5]], for the least is 1 and the greatest 3.
    Example (low = -1): [[1], [3], [2]] → [[-1], [1], [0]]
    Shapes: N × F → the same; N × C × H × W → the same
    PyTorch: (x - x.amin(dim=0)) / (x.amax(dim=0) - x.amin(dim=0))
    """

    category = "Data"
    group = "Preparation"
    synonyms = ("normalise", "normalize", "rescale", "scale", "range", "min-max", "minmaxscaler", "preprocess")

    per: str = param("feature", "What has a least and greatest of its own.", choices=_PER, row="per")
    low: float = param(0.0, "Where the least number goes.", min=-1e6, max=1e6, row="from")
    high: float = param(1.0, "Where the greatest number goes.", min=-1e6, max=1e6, row="to")
    clip: bool = param(False, "Cut off what lies outside of what the training part had.", advanced=True)

    def call(self, x: Float) -> Call:
        shape = _kept(x, self.per)
        return module("neuralgraph.compiler.blocks.projection.MinMax", shape=shape, low=self.low, high=self.high,
                      clip=self.clip)


class PCA(Node):
    """Principal components: the few directions in which the training part spreads most, in place of all features.

    $(x - mean) · components^T$. Before training starts, the directions are taken from the training rows only, then kept
    with the weights; `explained` tells which share of the spread each holds. `whiten` divides each result by its
    spread. Scale the features alike before it, with Standardize: what is measured in millimetres spreads a thousand
    times further than the same in metres.

    Example (n_components = 1): [[1, 1], [3, 3]] → [[-1.414], [1.414]], the way along the diagonal.
    Example (n_components = 1, whiten = yes): [[1, 1], [3, 3]] → [[-0.707], [0.707]]
    Shapes: N × F → N × n_components
    PyTorch: (x - x.mean(dim=0)) @ torch.linalg.eigh(torch.cov(x.T)).eigenvectors
    """

    category = "Data"
    group = "Preparation"
    synonyms = ("principal component analysis", "components", "dimensionality reduction", "eigenvectors", "karhunen",
                "whiten", "decorrelate", "preprocess")

    n_components: int = param(2, "How many directions are kept.", min=1, max=MOST_FEATURES, row="keep")
    whiten: bool = param(False, "Divide by the spread along each direction.", row="whiten")

    def call(self, x: Float) -> Call:
        if not x.batched or x.rank != 2:
            raise Misfit("flat samples", axes="N × features", insert="Flatten" if x.batched and x.rank > 2 else "",
                         hint="Flatten lines up the numbers of each sample.")
        weighable(x)
        features = x.size(inner_axis(x, 1))
        if features > MOST_FEATURES:
            raise Misfit(f"at most {MOST_FEATURES:,} features", axes=f"N × ≤ {MOST_FEATURES}",
                         hint=f"These are {features:,}: make the images smaller, or choose columns with Slice.")
        if features < self.n_components:
            raise Misfit(f"at least {self.n_components} features", axes=f"N × ≥ {self.n_components}",
                         hint=f"There are {features}: keep no more.")
        return module("neuralgraph.compiler.blocks.projection.PCA", features=features,
                      n_components=self.n_components, whiten=self.whiten)


def _kept(x: Spec, per: str) -> tuple[int, ...]:
    """The shape of what is measured: one sample's, with 1 for axes that are measured together."""
    if not x.batched or x.rank < 2:
        raise Misfit("samples with features", axes="N × features", insert="Unsqueeze" if x.batched else "",
                     params={"dim": 1}, hint="Unsqueeze makes one feature of a single number.")
    weighable(x)
    sizes = tuple(x.size(at) for at in range(1, x.rank))
    kept = {"feature": len(sizes), "channel": 1, "all": 0}[per]
    return sizes[:kept] + (1,) * (len(sizes) - kept)
