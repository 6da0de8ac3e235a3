"""Normalisation of single samples, and noise that switches numbers off."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats, image, weighable
from neuralgraph.spec import Call, Float, Misfit, Node, module, param


class _InstanceNorm(Node):
    category = "Layers"
    group = "Normalisation"

    eps: float = param(1e-5, "Added to the variance, so that nothing is divided by 0.", min=1e-12, max=1.0,
                       advanced=True)
    affine: bool = param(False, "Learn a factor and an offset for every channel.", row="affine")

    def call(self, x: Float) -> Call:
        channels = image(x, self.axes)
        weighable(x)
        if all(x.size(2 + at) == 1 for at in range(self.axes)):
            raise Misfit("more than one number in a channel", hint="One number alone has no spread.")
        return module(f"torch.nn.{self.type}", num_features=channels, eps=self.eps, affine=self.affine)


class InstanceNorm1d(_InstanceNorm):
    """Brings every channel of every sequence to mean 0 and spread 1, each by itself.

    $y = (x - mean) / √(var + eps)$ over the steps of one sample.

    Example: [[[1, 3], [10, 30]]] → [[[-1, 1], [-1, 1]]], each channel by itself.
    Shapes: N × C × L → the same
    PyTorch: torch.nn.InstanceNorm1d
    """

    axes = 1
    synonyms = ("instance normalization", "style")


class InstanceNorm2d(_InstanceNorm):
    """Brings every channel of every image to mean 0 and spread 1, each by itself.

    $y = (x - mean) / √(var + eps)$ over the pixels of one channel of one sample. It takes brightness and contrast out
    of a picture, and does not mix the samples of a batch: for style transfer.

    Example: [[[[1, 3]]]] → [[[[-1, 1]]]], for the mean is 2 and the spread 1.
    Shapes: N × C × H × W → the same
    PyTorch: torch.nn.InstanceNorm2d
    """

    axes = 2
    synonyms = ("instance normalization", "style transfer", "contrast")


class InstanceNorm3d(_InstanceNorm):
    """Brings every channel of every volume to mean 0 and spread 1, each by itself.

    $y = (x - mean) / √(var + eps)$ over the points of one channel of one sample.

    Example: [[[[[1, 3]]]]] → [[[[[-1, 1]]]]], for the mean is 2 and the spread 1.
    Shapes: N × C × D × H × W → the same
    PyTorch: torch.nn.InstanceNorm3d
    """

    axes = 3
    synonyms = ("instance normalization", "scan")


class RMSNorm(Node):
    """Brings the features of each sample to a root mean square of 1.

    $y = x / √(mean(x^2) + eps) · γ$ over the last axis: LayerNorm without taking the mean away, as in large language
    models.

    Example: [[3, 4]] → [[0.849, 1.131]], for the mean of 9 and 16 is 12.5.
    Shapes: N × … × F → the same
    PyTorch: torch.nn.RMSNorm
    """

    category = "Layers"
    group = "Normalisation"
    synonyms = ("root mean square", "llama", "normalization")

    eps: float = param(1e-6, "Added to the mean square, so that nothing is divided by 0.", min=1e-12, max=1.0,
                       advanced=True)
    elementwise_affine: bool = param(True, "Learn a factor for every feature.", row="factor")

    def call(self, x: Float) -> Call:
        weighable(x)
        return module("torch.nn.RMSNorm", normalized_shape=(x.size(-1),), **self.values)


class LocalResponseNorm(Node):
    """Lets neighbouring channels compete: strong ones damp those beside them.

    $y = x / (k + α/size · Σ x^2)^β$ over `size` channels around each; the normalisation of AlexNet.

    Example (size = 1, alpha = 1, beta = 1): [[[1, 2]]] → [[[0.5, 0.4]]], for 1/(1 + 1) and 2/(1 + 4).
    Shapes: N × C × … → the same
    PyTorch: torch.nn.LocalResponseNorm
    """

    category = "Layers"
    group = "Normalisation"
    synonyms = ("lrn", "alexnet", "lateral inhibition")

    size: int = param(5, "Number of channels that compete.", min=1, max=65536, row="size")
    alpha: float = param(1e-4, "Strength.", min=0.0, max=1e6, row="alpha")
    beta: float = param(0.75, "Power.", min=0.0, max=1e3, row="beta")
    k: float = param(1.0, "Added below.", min=1e-6, max=1e6, advanced=True)

    def call(self, x: Float) -> Call:
        floats(x)
        if x.rank < 3:
            raise Misfit("sequences, images or volumes with channels", axes="N × C × …",
                         hint="Give it the output of a convolution.")
        x.size(1)
        return module("torch.nn.LocalResponseNorm", **self.values)


class _Channels(Node):
    category = "Layers"
    group = "Dropout and noise"

    p: float = param(0.5, "Probability that a channel is zeroed.", min=0.0, max=1.0, row="zeroed", live=True)

    def call(self, x: Float) -> Call:
        image(x, self.axes)
        return module(f"torch.nn.{self.type}", p=self.p)


class Dropout1d(_Channels):
    """Sets whole channels of sequences to zero at random while training.

    $y = m_c · x / (1 - p)$, where $m_c$ is 0 with probability $p$, else 1, for every channel $c$. Neighbouring steps
    are alike, so single numbers would be guessed from them. In use everything passes. With p = 0.5 the channels that
    stay are doubled.

    Example (in use): [[[1, 2], [3, 4]]] → [[[1, 2], [3, 4]]], for channels are dropped only while training.
    Shapes: N × C × L → the same
    PyTorch: torch.nn.Dropout1d
    """

    axes = 1
    synonyms = ("regularisation", "channel dropout", "spatial dropout")


class Dropout3d(_Channels):
    """Sets whole channels of volumes to zero at random while training.

    $y = m_c · x / (1 - p)$, where $m_c$ is 0 with probability $p$, else 1, for every channel $c$. In use everything
    passes. With p = 0.5 the channels that stay are doubled.

    Example (in use): [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] → [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]], for channels
    are dropped only while training.
    Shapes: N × C × D × H × W → the same
    PyTorch: torch.nn.Dropout3d
    """

    axes = 3
    synonyms = ("regularisation", "channel dropout", "spatial dropout")


class _Alpha(Node):
    category = "Layers"
    group = "Dropout and noise"

    p: float = param(0.5, "Probability that a number is switched off.", min=0.0, max=1.0, row="off", live=True)

    def call(self, x: Float) -> Call:
        floats(x)
        return module(f"torch.nn.{self.type}", p=self.p)


class AlphaDropout(_Alpha):
    """Dropout for SELU: what is switched off goes to SELU's floor, and mean and spread stay as they were.

    $y = a · (m ⊙ x + (1 - m) · α) + b$, where every $m$ is 0 with probability $p$, else 1, and $α$ is −1.758. In use
    everything passes.

    Example (in use): [[1, -2]] → [[1, -2]], for numbers are dropped only while training.
    Shapes: any → the same
    PyTorch: torch.nn.AlphaDropout
    """

    synonyms = ("selu", "self-normalizing", "regularisation")


class FeatureAlphaDropout(_Alpha):
    """AlphaDropout of whole channels.

    $y = a · (m_c · x + (1 - m_c) · α) + b$, where $m_c$ is 0 with probability $p$, else 1, for every channel $c$. In
    use everything passes. A channel that is off is −1.758 everywhere, before all are scaled back.

    Example (in use): [[[[1, 2], [3, 4]]]] → [[[[1, 2], [3, 4]]]], for channels are dropped only while training.
    Shapes: N × C × … → the same
    PyTorch: torch.nn.FeatureAlphaDropout
    """

    synonyms = ("selu", "channel dropout", "regularisation")
