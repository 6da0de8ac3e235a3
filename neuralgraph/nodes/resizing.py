"""Layers that change the size of sequences, images and volumes, or trade size for channels."""

from __future__ import annotations

from typing import Any

from neuralgraph.nodes.convolution import WIDEST
from neuralgraph.nodes.demands import Spatial, divides, image, per_axis, window
from neuralgraph.nodes.pooling import _AdaptivePool, placed
from neuralgraph.nodes.windowed import Windowed
from neuralgraph.spec import Call, Float, Misfit, Node, Size, Spec, function, module, param

_F = "torch.nn.functional."


class _AdaptiveMaxPool(_AdaptivePool):
    way = "max"

    return_indices: bool = param(False, "A second output: where each number was.", advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return ("out", "indices") if self.return_indices else ("out",)

    def call(self, x: Float) -> Call:
        image(x, self.axes)
        return placed(f"{_F}adaptive_max_pool{self.axes}d", self.values)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Keeps the largest of each part of a sequence, for a fixed number of parts.

    $y_t = max_k x_k$ over the steps of part $t$. Size 1 gives the largest of each channel.

    Example (output_size = 2): [[[1, 5, 2, 4]]] → [[[5, 4]]]
    Example (output_size = 2, return_indices = yes): [[[1, 5, 2, 4]]] → out = [[[5, 4]]], indices = [[[1, 3]]]
    Shapes: N × C × L → N × C × output_size
    PyTorch: torch.nn.AdaptiveMaxPool1d
    """

    axes = 1
    synonyms = ("global max pooling", "max over time")


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Keeps the largest of each part of an image, for a fixed number of parts.

    $y_{ij} = max_{k,l} x_{kl}$ over the pixels of part $i, j$. Size 1 gives the largest of each feature map. With size
    2, 8 × 8 becomes 2 × 2.

    Example: [[[[1, 2], [3, 4]]]] → [[[[4]]]]
    Shapes: N × C × H × W → N × C × output_size × output_size
    PyTorch: torch.nn.AdaptiveMaxPool2d
    """

    axes = 2
    synonyms = ("global max pooling", "resize")


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Keeps the largest of each part of a volume, for a fixed number of parts.

    $y_t = max_k x_k$ over the points of part $t$. With size 2, 8 × 8 × 8 becomes 2 × 2 × 2.

    Example: [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] → [[[[[8]]]]]
    Shapes: N × C × D × H × W → N × C × output_size × output_size × output_size
    PyTorch: torch.nn.AdaptiveMaxPool3d
    """

    axes = 3
    synonyms = ("global max pooling", "scan")


class _FractionalMaxPool(Spatial):
    category = "Layers"
    group = "Pooling"

    kernel_size: Size = param(2, "Size of the windows.", min=1, max=WIDEST, row="kernel")
    output_size: Size = param(5, "Size that comes out.", min=1, max=WIDEST, row="size")

    def call(self, x: Float) -> Call:
        image(x, self.axes)
        kernel, wanted = per_axis(self.kernel_size, self.axes), per_axis(self.output_size, self.axes)
        sizes = [x.size(2 + at) for at in range(self.axes)]
        spare = 1 if self.axes == 3 else 0  # in volumes torch wants room to move the windows
        if any(out + window - 1 + spare > size for out, window, size in zip(wanted, kernel, sizes, strict=True)):
            raise Misfit("an input that is larger than what comes out", hint="Choose a smaller output_size.")
        return module(f"torch.nn.{self.type}", kernel_size=self.kernel_size, output_size=self.output_size)


class FractionalMaxPool2d(_FractionalMaxPool):
    """Keeps the largest of windows that are laid at random, so that images shrink by any factor.

    $y_{ij} = max_{k,l} x_{kl}$ over the pixels of window $i, j$. The windows are drawn anew for every batch, in use
    too. With size 5, 8 × 8 becomes 5 × 5.

    Example (output_size = 1): [[[[1, 2], [3, 4]]]] → [[[[4]]]], for there is one window only.
    Shapes: N × C × H × W → N × C × output_size × output_size
    PyTorch: torch.nn.FractionalMaxPool2d
    """

    axes = 2
    synonyms = ("random pooling", "stochastic", "shrink")


class FractionalMaxPool3d(_FractionalMaxPool):
    """Keeps the largest of windows that are laid at random, so that volumes shrink by any factor.

    $y_i = max_k x_k$ over the points $k$ of window $i$. As FractionalMaxPool2d with one more axis.

    Example (output_size = 1): 1 × 2 × 5 × 5 × 5 → 1 × 2 × 1 × 1 × 1
    Example (kernel_size = 1, output_size = 1): [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] → [[[[[8]]]]], for a single
    window lies at the far end.
    Shapes: N × C × D × H × W → N × C × output_size × output_size × output_size
    PyTorch: torch.nn.FractionalMaxPool3d
    """

    axes = 3
    synonyms = ("random pooling", "stochastic", "volume")

    output_size: Size = param(3, "Size that comes out.", min=1, max=WIDEST, row="size")


class _LPPool(Windowed):
    category = "Layers"
    group = "Pooling"

    norm_type: float = param(2.0, "Power: 1 is the sum, larger comes near the largest.", min=1.0, max=64.0, row="power")
    kernel_size: Size = param(2, "Size of the window.", min=1, max=WIDEST, row="kernel")
    stride: Size | None = param(None, "Step of the window; empty is its size.", min=1, max=WIDEST, row="stride")
    ceil_mode: bool = param(False, "Keep a window that hangs over the far edge.", advanced=True)

    def call(self, x: Float) -> Call:
        image(x, self.axes)
        kernel = per_axis(self.kernel_size, self.axes)
        window(x, kernel, (0,) * self.axes, (1,) * self.axes)
        return function(f"{_F}lp_pool{self.axes}d", **self.values)


class LPPool1d(_LPPool):
    """Joins neighbouring steps by a power mean, between average and largest.

    $(Σ x^p)^{1/p}$ in every window.

    Example: [[[3, 4]]] → [[[5]]], the root of 9 + 16.
    Shapes: N × C × L → N × C × L'
    PyTorch: torch.nn.LPPool1d
    """

    axes = 1
    synonyms = ("power average pooling", "downsample", "norm pooling")


class LPPool2d(_LPPool):
    """Joins neighbouring pixels by a power mean, between average and largest.

    $(Σ x^p)^{1/p}$ in every window.

    Example: [[[[1, 1], [1, 1]]]] → [[[[2]]]], the root of 4.
    Shapes: N × C × H × W → N × C × H' × W'
    PyTorch: torch.nn.LPPool2d
    """

    axes = 2
    synonyms = ("power average pooling", "downsample", "norm pooling")


class LPPool3d(_LPPool):
    """Joins neighbouring points of a volume by a power mean, between average and largest.

    $(Σ x^p)^{1/p}$ in every window.

    Example (norm_type = 1): [[[[[1, 1], [1, 1]], [[1, 1], [1, 1]]]]] → [[[[[8]]]]], for with p = 1 it is the sum.
    Shapes: N × C × D × H × W → N × C × D' × H' × W'
    PyTorch: torch.nn.LPPool3d
    """

    axes = 3
    synonyms = ("power average pooling", "norm pooling", "scan")


class Upsample(Node):
    """Makes sequences, images or volumes larger, by repeating or by blending neighbours.

    Example: [[[1, 3]]] → [[[1, 1, 3, 3]]]
    Example (mode = linear): [[[0, 4]]] → [[[0, 1, 3, 4]]]
    Shapes: N × C × L → N × C × factor·L; N × C × H × W → N × C × factor·H × factor·W
    PyTorch: torch.nn.Upsample
    """

    category = "Layers"
    group = "Shape"
    synonyms = ("resize", "interpolate", "enlarge", "unpool", "bilinear")

    scale_factor: int = param(2, "How many times larger.", min=1, max=64, row="factor")
    mode: str = param("nearest", "Repeat the nearest, or blend.", choices=("nearest", "linear", "cubic"), row="by")

    def call(self, x: Float) -> Call:
        if x.rank not in (3, 4, 5):
            raise Misfit("sequences, images or volumes with channels", axes="N × C × …",
                         hint="Give it the output of a convolution.")
        axes = x.rank - 2
        image(x, axes)
        if self.mode == "cubic" and axes != 2:
            raise Misfit("images, for cubic blending", axes="N × C × H × W", hint="Choose linear or nearest.")
        names = {"linear": ("linear", "bilinear", "trilinear")[axes - 1], "cubic": "bicubic"}
        given: dict[str, Any] = {} if self.mode == "nearest" else {"align_corners": False}
        return function(_F + "interpolate", scale_factor=self.scale_factor, mode=names.get(self.mode, "nearest"),
                        **given)


class PixelShuffle(Node):
    """Makes images larger out of channels: r·r channels become one that is r times as high and as wide.

    Nothing is computed, numbers only change places. With r = 2, 4 channels of 3 × 3 become one of 6 × 6.

    Example: [[[[1]], [[2]], [[3]], [[4]]]] → [[[[1, 2], [3, 4]]]]
    Shapes: N × C·r·r × H × W → N × C × r·H × r·W
    PyTorch: torch.nn.PixelShuffle
    """

    category = "Layers"
    group = "Shape"
    synonyms = ("sub-pixel", "super resolution", "depth to space", "upsample")

    upscale_factor: int = param(2, "How many times larger: r.", min=1, max=256, row="factor")

    def call(self, x: Float) -> Call:
        divides(image(x, 2), self.upscale_factor**2, "input channels")
        return function(_F + "pixel_shuffle", upscale_factor=self.upscale_factor)


class PixelUnshuffle(Node):
    """Makes channels out of pixels: r × r neighbours become channels of an image that is r times smaller.

    With r = 2, one channel of 6 × 6 becomes 4 of 3 × 3.

    Example: [[[[1, 2], [3, 4]]]] → [[[[1]], [[2]], [[3]], [[4]]]]
    Shapes: N × C × r·H × r·W → N × C·r·r × H × W
    PyTorch: torch.nn.PixelUnshuffle
    """

    category = "Layers"
    group = "Shape"
    synonyms = ("space to depth", "downsample", "inverse sub-pixel")

    downscale_factor: int = param(2, "How many times smaller: r.", min=1, max=256, row="factor")

    def call(self, x: Float) -> Call:
        image(x, 2)
        for at, what in ((2, "height"), (3, "width")):
            divides(x.size(at), self.downscale_factor, f"a {what}")
        return function(_F + "pixel_unshuffle", downscale_factor=self.downscale_factor)


class ChannelShuffle(Node):
    """Mixes groups of channels like cards, so that grouped convolutions hear of each other.

    Nothing is computed, channels only change places.

    Example: [[[1], [2], [3], [4]]] → [[[1], [3], [2], [4]]]
    Shapes: N × C × … → the same
    PyTorch: torch.nn.ChannelShuffle
    """

    category = "Layers"
    group = "Shape"
    synonyms = ("shufflenet", "groups", "interleave")

    groups: int = param(2, "Number of groups.", min=1, max=65536, row="groups")

    def call(self, x: Spec) -> Call:
        if x.rank < 3:
            raise Misfit("sequences, images or volumes with channels", axes="N × C × …",
                         hint="Give it the output of a convolution.")
        divides(x.size(1), self.groups, "input channels")
        return module("torch.nn.ChannelShuffle", groups=self.groups)


class Unfold(Windowed):
    """Cuts images into overlapping patches, one column for each: im2col.

    A convolution is a matrix product with these columns.

    Example (kernel_size = 2): [[[[1, 2, 3], [4, 5, 6]]]] → [[[1, 2], [2, 3], [4, 5], [5, 6]]], one column for each
    window.
    Shapes: N × C × H × W → N × C·kernel·kernel × patches
    PyTorch: torch.nn.Unfold
    """

    category = "Layers"
    group = "Convolution"
    axes = 2
    synonyms = ("im2col", "patches", "sliding window", "extract")

    kernel_size: Size = param(3, "Size of the patches.", min=1, max=WIDEST, row="patch")
    dilation: Size = param(1, "Gap between the points of a patch; 1 is none.", min=1, max=WIDEST, advanced=True)
    padding: Size = param(0, "Rows and columns of zeros added at every edge.", min=0, max=WIDEST)
    stride: Size = param(1, "Step from one patch to the next.", min=1, max=WIDEST, row="stride")

    def call(self, x: Float) -> Call:
        image(x, 2)
        window(x, per_axis(self.kernel_size, 2), per_axis(self.padding, 2), per_axis(self.dilation, 2))
        return function(_F + "unfold", **self.values)


class Fold(Spatial):
    """Lays patches back into images and adds where they overlap: the way back from Unfold.

    4 columns of 4 numbers with kernel 2 make an image of 3 × 3.

    Example (output_size = 3, kernel_size = 2): [[[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]] → [[[[1, 2,
    1], [2, 4, 2], [1, 2, 1]]]], for all four patches meet in the middle.
    Shapes: N × C·kernel·kernel × patches → N × C × output_size × output_size
    PyTorch: torch.nn.Fold
    """

    category = "Layers"
    group = "Convolution"
    axes = 2
    synonyms = ("col2im", "patches", "overlap add", "reassemble")

    output_size: Size = param(8, "Height and width of the image.", min=1, max=WIDEST, row="size")
    kernel_size: Size = param(3, "Size of the patches.", min=1, max=WIDEST, row="patch")
    dilation: Size = param(1, "Gap between the points of a patch; 1 is none.", min=1, max=WIDEST, advanced=True)
    padding: Size = param(0, "Rows and columns cut off at every edge.", min=0, max=WIDEST)
    stride: Size = param(1, "Step from one patch to the next.", min=1, max=WIDEST, row="stride")

    def call(self, x: Float) -> Call:
        image(x, 1)
        size, kernel, dilation, padding, stride = (per_axis(one, 2) for one in (
            self.output_size, self.kernel_size, self.dilation, self.padding, self.stride))
        divides(x.size(1), kernel[0] * kernel[1], "rows")
        counts = [(size[at] + 2 * padding[at] - dilation[at] * (kernel[at] - 1) - 1) // stride[at] + 1
                  for at in range(2)]
        if min(counts) < 1 or x.size(2) != counts[0] * counts[1]:
            raise Misfit(f"{max(0, counts[0]) * max(0, counts[1])} patches, for an image of this size",
                         axes="N × C·kernel·kernel × patches", hint="Use the numbers of the Unfold that made them.")
        return function(_F + "fold", **self.values)
