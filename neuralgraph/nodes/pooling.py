"""Layers that make sequences and images smaller by joining neighbours."""

from __future__ import annotations

from typing import Any, ClassVar

from neuralgraph.nodes.convolution import WIDEST
from neuralgraph.nodes.demands import Spatial, image, per_axis, window
from neuralgraph.nodes.windowed import Windowed
from neuralgraph.spec import Call, Float, Misfit, Size, Spec, function, param


class _Pool(Windowed):
    """What pooling layers with a window have in common."""

    category = "Layers"
    group = "Pooling"

    kernel_size: Size = param(2, "Size of the window.", min=1, max=WIDEST, row="kernel")
    stride: Size | None = param(None, "Step of the window; empty is its size, so that windows do not overlap.",
                                min=1, max=WIDEST, row="stride")
    padding: Size = param(0, "Rows and columns added at every edge; at most half the window.", min=0, max=WIDEST)

    def _checked(self, x: Spec, dilation: Size = 1) -> None:
        image(x, self.axes)
        kernel, padding = per_axis(self.kernel_size, self.axes), per_axis(self.padding, self.axes)
        if any(2 * pad > size for pad, size in zip(padding, kernel, strict=True)):
            raise Misfit("padding of at most half its window", hint="Use less padding or a larger kernel_size.")
        window(x, kernel, padding, per_axis(dilation, self.axes))


class _MaxPool(_Pool):
    dilation: Size = param(1, "Gap between the points of the window; 1 is none.", min=1, max=WIDEST, advanced=True)
    ceil_mode: bool = param(False, "Keep a window that hangs over the far edge.", advanced=True)
    return_indices: bool = param(False, "A second output: where each number was, for MaxUnpool.", advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return ("out", "indices") if self.return_indices else ("out",)

    def call(self, x: Float) -> Call:
        self._checked(x, self.dilation)
        return placed(f"torch.nn.functional.max_pool{self.axes}d", self.values)


def placed(target: str, values: dict[str, Any]) -> Call:
    """The call of a pooling, with two results where it has `return_indices`."""
    if values.get("return_indices"):
        return function(target, picks=((0,), (1,)), **values)
    return function(target, **{name: one for name, one in values.items() if name != "return_indices"})


class MaxPool1d(_MaxPool):
    """Keeps the largest of every few neighbouring steps.

    $y_t = max_k x_{stride · t + k}$. A window of `kernel_size` moves along the sequence by `stride`; of each channel
    the largest value in it stays. It halves the length when the kernel is 2, and says that a pattern was there, not
    exactly where.

    Example: [[[1, 5, 2, 4]]] → [[[5, 4]]]
    Example (return_indices = yes): [[[1, 5, 2, 4]]] → out = [[[5, 4]]], indices = [[[1, 3]]]
    Shapes: N × C × L → N × C × L', with L' = (L + 2·padding − dilation·(kernel − 1) − 1) / stride + 1
    PyTorch: torch.nn.MaxPool1d
    """

    axes = 1
    synonyms = ("pooling", "downsample", "subsample", "max pooling")


class MaxPool2d(_MaxPool):
    """Keeps the largest of every few neighbouring pixels.

    $y_{ij} = max_{k,l} x_{stride · i + k, stride · j + l}$. A window of `kernel_size` moves over the image by `stride`;
    of each channel the largest value in it stays. Kernel 2 halves height and width: later layers see more of the image,
    and small shifts matter less.

    Example: [[[[1, 2], [3, 4]]]] → [[[[4]]]]
    Shapes: N × C × H × W → N × C × H' × W', with H' = (H + 2·padding − dilation·(kernel − 1) − 1) / stride + 1
    PyTorch: torch.nn.MaxPool2d
    """

    axes = 2
    synonyms = ("pooling", "downsample", "subsample", "max pooling")


class MaxPool3d(_MaxPool):
    """Keeps the largest of every few neighbouring points of a volume.

    $y_t = max_k x_{stride · t + k}$ along all three axes. Like MaxPool2d with one more axis. Kernel 2 turns 4 × 4 × 4
    into 2 × 2 × 2.

    Example: [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] → [[[[[8]]]]]
    Shapes: N × C × D × H × W → N × C × D' × H' × W'
    PyTorch: torch.nn.MaxPool3d
    """

    axes = 3
    synonyms = ("pooling", "volume", "max pooling")


class _AvgPool(_Pool):
    ceil_mode: bool = param(False, "Keep a window that hangs over the far edge.", advanced=True)
    count_include_pad: bool = param(True, "Count the padding as zeros in the average.", advanced=True)

    def call(self, x: Float) -> Call:
        self._checked(x)
        return function(f"torch.nn.functional.avg_pool{self.axes}d", **self.values)


class AvgPool1d(_AvgPool):
    """Averages every few neighbouring steps.

    $y_t = (1/n) Σ_k x_{stride · t + k}$ over the $n$ steps of a window. A window of `kernel_size` moves along the
    sequence by `stride`; of each channel the mean in it stays. It smooths and shortens.

    Example: [[[1, 5, 2, 6]]] → [[[3, 4]]]
    Shapes: N × C × L → N × C × L', with L' = (L + 2·padding − kernel) / stride + 1
    PyTorch: torch.nn.AvgPool1d
    """

    axes = 1
    synonyms = ("pooling", "downsample", "average pooling", "mean pooling", "moving average")


class AvgPool2d(_AvgPool):
    """Averages every few neighbouring pixels.

    $y_{ij} = (1/n) Σ_{k,l} x_{stride · i + k, stride · j + l}$ over the $n$ pixels of a window. A window of
    `kernel_size` moves over the image by `stride`; of each channel the mean in it stays. It smooths and shrinks, as the
    first convolutional networks did.

    Example: [[[[1, 2], [3, 4]]]] → [[[[2.5]]]]
    Shapes: N × C × H × W → N × C × H' × W', with H' = (H + 2·padding − kernel) / stride + 1
    PyTorch: torch.nn.AvgPool2d
    """

    axes = 2
    synonyms = ("pooling", "downsample", "average pooling", "mean pooling", "subsample")


class AvgPool3d(_AvgPool):
    """Averages every few neighbouring points of a volume.

    $y_t = (1/n) Σ_k x_{stride · t + k}$ along all three axes, over the $n$ points of a window. Like AvgPool2d with one
    more axis. Kernel 2 turns 4 × 4 × 4 into 2 × 2 × 2.

    Example: [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] → [[[[[4.5]]]]]
    Shapes: N × C × D × H × W → N × C × D' × H' × W'
    PyTorch: torch.nn.AvgPool3d
    """

    axes = 3
    synonyms = ("pooling", "volume", "average pooling")


class _AdaptivePool(Spatial):
    category = "Layers"
    group = "Pooling"
    way: ClassVar[str] = "avg"

    output_size: Size = param(1, "Size that comes out, whatever comes in.", min=1, max=WIDEST, row="size")

    def call(self, x: Float) -> Call:
        image(x, self.axes)
        return function(f"torch.nn.functional.adaptive_{self.way}_pool{self.axes}d", output_size=self.output_size)


class AdaptiveAvgPool1d(_AdaptivePool):
    """Averages a sequence down (or up) to a fixed length.

    $y_t = (1/n) Σ_k x_k$ over the $n$ steps of part $t$. It chooses windows of its own so that exactly `output_size`
    steps come out. Size 1 gives the mean of each channel.

    Example: [[[1, 2, 6]]] → [[[3]]]
    Shapes: N × C × L → N × C × output_size
    PyTorch: torch.nn.AdaptiveAvgPool1d
    """

    axes = 1
    synonyms = ("global average pooling", "gap", "pooling", "resize")


class AdaptiveAvgPool2d(_AdaptivePool):
    """Averages images down (or up) to a fixed height and width.

    $y_{ij} = (1/n) Σ_{k,l} x_{kl}$ over the $n$ pixels of part $i, j$. It chooses windows of its own so that exactly
    `output_size` rows and columns come out. Size 1 gives the mean of each feature map, so that one network serves
    images of any size.

    Example: [[[[1, 2], [3, 4]]]] → [[[[2.5]]]]
    Shapes: N × C × H × W → N × C × output_size × output_size
    PyTorch: torch.nn.AdaptiveAvgPool2d
    """

    axes = 2
    synonyms = ("global average pooling", "gap", "pooling", "resize")


class AdaptiveAvgPool3d(_AdaptivePool):
    """Averages volumes down (or up) to a fixed size.

    $y_t = (1/n) Σ_k x_k$ over the $n$ points of part $t$. Size 1 gives the mean of each channel of a scan.

    Example: [[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]] → [[[[[4.5]]]]]
    Shapes: N × C × D × H × W → N × C × output_size × output_size × output_size
    PyTorch: torch.nn.AdaptiveAvgPool3d
    """

    axes = 3
    synonyms = ("global average pooling", "volume", "resize")
