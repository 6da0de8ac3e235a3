"""Layers that bring numbers to mean 0 and spread 1 inside the network, where learning goes well."""

from __future__ import annotations

from neuralgraph.nodes.demands import divides, image, weighable
from neuralgraph.spec import Call, Float, Misfit, Node, module, param


class _BatchNorm(Node):
    category = "Layers"
    group = "Normalisation"

    eps: float = param(1e-5, "Added to the variance, so that nothing is divided by 0.", min=1e-12, max=1.0,
    advanced=True)
    momentum: float = param(0.1, "Share of the new batch in the running mean and variance.", min=0.0, max=1.0,
                            row="momentum")
    affine: bool = param(True, "Learn a factor and an offset for every channel.", row="affine")
    track_running_stats: bool = param(True, "Keep running figures for use after training.", advanced=True)

    def _made(self, channels: int) -> Call:
        return module(f"torch.nn.{self.type}", num_features=channels, **self.values)


class BatchNorm1d(_BatchNorm):
    """Brings every feature to mean 0 and spread 1 over the batch.

    $y = (x - mean) / √(var + eps) · γ + β$, with mean and variance of the batch while training, and their running
    averages afterwards; γ and β are learnt. It mixes the samples of a batch, and a training batch of one sample has no
    variance.

    Example (while training): [[1], [3]] → [[-1], [1]], for the mean is 2 and the spread 1.
    Shapes: N × C → the same; N × C × L → the same
    PyTorch: torch.nn.BatchNorm1d
    """

    synonyms = ("batchnorm", "bn", "batch normalization", "batch normalisation")

    def call(self, x: Float) -> Call:
        if not x.batched or x.rank not in (2, 3):
            more = x.rank > 3
            raise Misfit("rows of features, or sequences with channels", axes="N × C or N × C × L",
                         insert="Flatten" if more else "Unsqueeze" if x.rank == 1 else "",
                         params={"start_dim": 2} if more else {"dim": 1} if x.rank == 1 else {},
                         hint="For images take BatchNorm2d." if x.rank == 4 else "Give it two or three axes.")
        weighable(x)
        return self._made(x.size(1))


class BatchNorm2d(_BatchNorm):
    """Brings every channel to mean 0 and spread 1 over the batch and all pixels.

    $y = (x - mean) / √(var + eps) · γ + β$, with mean and variance of the batch while training, and their running
    averages afterwards; γ and β are learnt for each channel. It mixes the samples of a batch.

    Example (while training): [[[[1, 3]]]] → [[[[-1, 1]]]], for the mean is 2 and the spread 1.
    Shapes: N × C × H × W → the same
    PyTorch: torch.nn.BatchNorm2d
    """

    synonyms = ("batchnorm", "bn", "batch normalization", "batch normalisation")

    def call(self, x: Float) -> Call:
        channels = image(x, 2)
        weighable(x)
        return self._made(channels)


class BatchNorm3d(_BatchNorm):
    """Brings every channel to mean 0 and spread 1 over the batch and all points of its volumes.

    $y = (x - mean) / √(var + eps) · γ + β$, over the batch and all points of a channel. As BatchNorm2d, with one more
    axis.

    Example (while training): [[[[[1, 3]]]]] → [[[[[-1, 1]]]]], for the mean is 2 and the spread 1.
    Shapes: N × C × D × H × W → the same
    PyTorch: torch.nn.BatchNorm3d
    """

    synonyms = ("batchnorm", "bn", "volume")

    def call(self, x: Float) -> Call:
        channels = image(x, 3)
        weighable(x)
        return self._made(channels)


class LayerNorm(Node):
    """Brings the features of each sample to mean 0 and spread 1, whatever the rest of the batch is.

    $y = (x - mean) / √(var + eps) · γ + β$ over the last `axes_joined` axes; γ and β are learnt for each feature. It
    does the same in training and in use, and is what transformers have.

    Example: [[1, 3], [10, 30]] → [[-1, 1], [-1, 1]], each row by itself.
    Shapes: N × F → the same; N × L × F → the same
    PyTorch: torch.nn.LayerNorm
    """

    category = "Layers"
    group = "Normalisation"
    synonyms = ("layer normalization", "layer normalisation", "ln", "transformer")

    axes_joined: int = param(1, "How many of the last axes are normalised together.", min=1, max=7, row="axes")
    eps: float = param(1e-5, "Added to the variance, so that nothing is divided by 0.", min=1e-12, max=1.0,
    advanced=True)
    elementwise_affine: bool = param(True, "Learn a factor and an offset for every feature.", row="affine")

    def call(self, x: Float) -> Call:
        weighable(x)
        shape = tuple(x.size(at) for at in range(-self.axes_joined, 0))
        return module("torch.nn.LayerNorm", normalized_shape=shape, eps=self.eps,
                      elementwise_affine=self.elementwise_affine)


class GroupNorm(Node):
    """Brings groups of channels of each sample to mean 0 and spread 1.

    $y = (x - mean) / √(var + eps) · γ + β$ over a group; $γ$ and $β$ are learnt for each channel. The channels are
    shared out over `num_groups`; each group is normalised over its channels and pixels. It works with small batches,
    where BatchNorm does not. One group for all is like LayerNorm over channels and pixels.

    Example (num_groups = 2): [[1, 3, 10, 30]] → [[-1, 1, -1, 1]], two channels to a group.
    Shapes: N × C → the same; N × C × H × W → the same
    PyTorch: torch.nn.GroupNorm
    """

    category = "Layers"
    group = "Normalisation"
    synonyms = ("group normalization", "group normalisation", "gn", "instance norm")

    num_groups: int = param(1, "Number of groups; it has to divide the channels.", min=1, max=65536, row="groups")
    eps: float = param(1e-5, "Added to the variance, so that nothing is divided by 0.", min=1e-12, max=1.0,
    advanced=True)
    affine: bool = param(True, "Learn a factor and an offset for every channel.", row="affine")

    def call(self, x: Float) -> Call:
        if not x.batched or x.rank < 2:
            raise Misfit("samples with channels", axes="N × C × …", insert="Unsqueeze" if x.rank == 1 else "",
                         params={"dim": 1}, hint="The channels stand on axis 1.")
        weighable(x)
        channels = x.size(1)
        divides(channels, self.num_groups, "channels")
        return module("torch.nn.GroupNorm", num_groups=self.num_groups, num_channels=channels, eps=self.eps,
                      affine=self.affine)
