"""Layers that slide small learnt filters over sequences, images and volumes."""

from __future__ import annotations

from neuralgraph.nodes.demands import Spatial, divides, image, per_axis, weighable, window
from neuralgraph.nodes.windowed import Windowed
from neuralgraph.spec import Call, Float, Misfit, Size, Spec, module, param

MODES = ("zeros", "reflect", "replicate", "circular")
WIDEST = 4096
"""The largest kernel, stride, padding and dilation that can be set."""


class _Conv(Windowed):
    """What Conv1d, Conv2d and Conv3d have in common."""

    category = "Layers"
    group = "Convolution"

    out_channels: int = param(16, "Number of filters; each gives one channel.", min=1, row="channels", axis=1)
    kernel_size: Size = param(3, "Size of the filters.", min=1, max=WIDEST, row="kernel")
    stride: Size = param(1, "Step from one position to the next.", min=1, max=WIDEST, row="stride")
    padding: Size = param(0, "Rows and columns added at every edge, so that filters reach the border.", min=0,
    max=WIDEST)
    dilation: Size = param(1, "Gap between the points of a filter; 1 is none.", min=1, max=WIDEST, advanced=True)
    groups: int = param(1, "Split the channels into groups that do not mix.", min=1, max=65536, advanced=True)
    bias: bool = param(True, "Learn an offset for every filter.")
    padding_mode: str = param("zeros", "What the padding is filled with.", choices=MODES, advanced=True)

    def call(self, x: Float) -> Call:
        channels = image(x, self.axes)
        weighable(x)
        divides(channels, self.groups, "input channels")
        divides(self.out_channels, self.groups, "out_channels")
        kernel, padding = per_axis(self.kernel_size, self.axes), per_axis(self.padding, self.axes)
        window(x, kernel, padding, per_axis(self.dilation, self.axes))
        _mirrored(x, padding, self.padding_mode)
        return module(
            f"torch.nn.{self.type}", in_channels=channels, out_channels=self.out_channels,
            kernel_size=self.kernel_size, stride=self.stride, padding=self.padding, dilation=self.dilation,
            groups=self.groups, bias=self.bias, padding_mode=self.padding_mode)


def _mirrored(x: Spec, padding: tuple[int, ...], mode: str) -> None:
    """A mirrored or wrapped edge has to come from the input itself."""
    sizes = [x.size(at - len(padding)) for at in range(len(padding))]
    short = {"reflect": 1, "circular": 0}.get(mode)
    if short is not None and any(pad > size - short for pad, size in zip(padding, sizes, strict=True)):
        raise Misfit(f"an input larger than its {mode} padding", hint="Use less padding, or fill it with zeros.")


class Conv1d(_Conv):
    """Convolution along one axis: learnt filters slide over a sequence.

    $y_t = b + Σ_k w_k · x_{t+k}$, summed over all channels. Every filter looks at `kernel_size` neighbouring steps of
    all channels, weighs and sums them, and moves on by `stride`: it answers to the same pattern wherever it occurs.
    Used for time series, sound and text.

    Example (out_channels = 1, kernel_size = 2; weight = [[[1, 2]]], bias = [0]): [[[1, 2, 3]]] → [[[5, 8]]], for 1·1 +
    2·2 = 5 and 1·2 + 2·3 = 8.
    Shapes: N × C × L → N × out_channels × L', with L' = (L + 2·padding − dilation·(kernel − 1) − 1) / stride + 1
    PyTorch: torch.nn.Conv1d
    """

    axes = 1
    synonyms = ("conv", "convolution", "temporal", "filter", "sequence")


class Conv2d(_Conv):
    """Convolution over images: learnt filters slide over height and width.

    $y_{ij} = b + Σ_{k,l} w_{kl} · x_{i+k, j+l}$, summed over all channels. Every filter looks at a small window of all
    channels, weighs and sums it, and moves on by `stride`; its answers make one feature map. The same few weights serve
    the whole image, so a pattern is found wherever it is. A kernel of 3 with padding 1 keeps height and width.

    Example (out_channels = 1, kernel_size = 2; weight = [[[[1, 0], [0, 10]]]], bias = [0]): [[[[1, 2], [3, 4]]]] →
    [[[[41]]]], for 1·1 + 10·4 = 41.
    Shapes: N × C × H × W → N × out_channels × H' × W', with H' = (H + 2·padding − dilation·(kernel − 1) − 1) / stride +
    1
    PyTorch: torch.nn.Conv2d
    """

    axes = 2
    synonyms = ("conv", "convolution", "cnn", "filter", "feature map", "image")


class Conv3d(_Conv):
    """Convolution over volumes: learnt filters slide over depth, height and width.

    $y_{hij} = b + Σ_{k,l,m} w_{klm} · x_{h+k, i+l, j+m}$, summed over all channels. Like Conv2d with one more axis: for
    video (time, height, width) or scans. Its filters are blocks, so weights grow with the third power of the kernel.

    Example (out_channels = 1, kernel_size = 2; weight = 1, bias = [0]): [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] →
    [[[[[36]]]]], the sum of all eight.
    Shapes: N × C × D × H × W → N × out_channels × D' × H' × W'
    PyTorch: torch.nn.Conv3d
    """

    axes = 3
    synonyms = ("conv", "convolution", "volume", "video", "voxel")


class _ConvTranspose(Spatial):
    """What the transposed convolutions have in common."""

    category = "Layers"
    group = "Convolution"

    out_channels: int = param(16, "Number of channels it paints.", min=1, row="channels", axis=1)
    kernel_size: Size = param(2, "Size of the painted patch.", min=1, max=WIDEST, row="kernel")
    stride: Size = param(2, "How far apart the patches lie.", min=1, max=WIDEST, row="stride")
    padding: Size = param(0, "Rows and columns cut off at every edge.", min=0, max=WIDEST)
    output_padding: Size = param(0, "Rows and columns added at one edge.", min=0, max=WIDEST, advanced=True)
    dilation: Size = param(1, "Gap between the points of a patch; 1 is none.", min=1, max=WIDEST, advanced=True)
    groups: int = param(1, "Split the channels into groups that do not mix.", min=1, max=65536, advanced=True)
    bias: bool = param(True, "Learn an offset for every channel.")

    def call(self, x: Float) -> Call:
        channels = image(x, self.axes)
        weighable(x)
        divides(channels, self.groups, "input channels")
        divides(self.out_channels, self.groups, "out_channels")
        self._room(x)
        return module(
            f"torch.nn.{self.type}", in_channels=channels, out_channels=self.out_channels,
            kernel_size=self.kernel_size, stride=self.stride, padding=self.padding,
            output_padding=self.output_padding, dilation=self.dilation, groups=self.groups, bias=self.bias)

    def _room(self, x: Spec) -> None:
        kernel, stride, padding, extra, dilation = (per_axis(one, self.axes) for one in (
            self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation))
        for at in range(self.axes):
            if extra[at] and extra[at] >= max(stride[at], dilation[at]):
                raise Misfit("output_padding smaller than stride or dilation", hint="Set output_padding below stride.")
            before = x.size(at - self.axes)
            if (before - 1) * stride[at] - 2 * padding[at] + dilation[at] * (kernel[at] - 1) + extra[at] < 0:
                raise Misfit("an input larger than what its padding cuts off", hint="Use less padding.")


class ConvTranspose1d(_ConvTranspose):
    """Convolution turned round: every step paints a small learnt patch, which makes sequences longer.

    $y_t = b + Σ_s w_{t - stride · s} · x_s$, summed over all channels. As ConvTranspose2d along one axis. With stride 2
    and kernel 2, 10 steps become 20.

    Example (out_channels = 1; weight = [[[1, 10]]], bias = [0]): [[[1, 2]]] → [[[1, 10, 2, 20]]]
    Shapes: N × C × L → N × out_channels × L'
    PyTorch: torch.nn.ConvTranspose1d
    """

    axes = 1
    synonyms = ("deconvolution", "upsample", "transposed convolution", "wavenet")


class ConvTranspose2d(_ConvTranspose):
    """Convolution turned round: every input pixel paints a small learnt patch, which makes images larger.

    $y_{ij} = b + Σ_{k,l} w_{i - stride · k, j - stride · l} · x_{kl}$, summed over all channels. It computes what the
    gradient of Conv2d computes: each pixel's value scales the filter, and the scaled patches are laid `stride` apart
    and summed. With stride 2 and kernel 2 it doubles height and width. Used in decoders, segmentation and generators.

    Example (out_channels = 1; weight = [[[[1, 2], [3, 4]]]], bias = [0]): [[[[10]]]] → [[[[10, 20], [30, 40]]]]
    Shapes: N × C × H × W → N × out_channels × H' × W', with H' = (H − 1)·stride − 2·padding + dilation·(kernel − 1) +
    output_padding + 1
    PyTorch: torch.nn.ConvTranspose2d
    """

    axes = 2
    synonyms = ("deconvolution", "deconv", "upsample", "upconv", "transposed convolution", "decoder")


class ConvTranspose3d(_ConvTranspose):
    """Convolution turned round: every point paints a small learnt block, which makes volumes larger.

    $y_t = b + Σ_s w_{t - stride · s} · x_s$ along all three axes, summed over all channels. As ConvTranspose2d with one
    more axis. With stride 2 and kernel 2, 4 × 4 × 4 becomes 8 × 8 × 8.

    Example (out_channels = 1; weight = 1, bias = [0]): [[[[[7]]]]] → [[[[[7, 7], [7, 7]], [[7, 7], [7, 7]]]]]
    Shapes: N × C × D × H × W → N × out_channels × D' × H' × W'
    PyTorch: torch.nn.ConvTranspose3d
    """

    axes = 3
    synonyms = ("deconvolution", "upsample", "transposed convolution", "scan")
