"""Nodes that learn from the training data before training starts."""

from __future__ import annotations

from neuralgraph.nodes.demands import weighable
from neuralgraph.spec import Call, Float, Misfit, Node, module, param


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
    synonyms = ("normalise", "normalize", "standardise", "z-score", "scale", "whiten", "preprocess")

    per: str = param("feature",
                     "What has a mean and spread of its own.", choices=("feature", "channel", "all"), row="per")

    def call(self, x: Float) -> Call:
        if not x.batched or x.rank < 2:
            raise Misfit("samples with features", axes="N × features", insert="Unsqueeze" if x.batched else "",
                         params={"dim": 1}, hint="Unsqueeze makes one feature of a single number.")
        weighable(x)
        sizes = tuple(x.size(at) for at in range(1, x.rank))
        kept = {"feature": len(sizes), "channel": 1, "all": 0}[self.per]
        shape = sizes[:kept] + (1,) * (len(sizes) - kept)
        return module("neuralgraph.compiler.blocks.standardize.Standardize", shape=shape)
