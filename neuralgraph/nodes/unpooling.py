"""Layers that put back what a pooling with `return_indices` took out."""

from __future__ import annotations

from neuralgraph.nodes.convolution import WIDEST
from neuralgraph.nodes.demands import Spatial, image, integers
from neuralgraph.spec import Call, Float, Integer, Misfit, Size, function, param


class _MaxUnpool(Spatial):
    category = "Layers"
    group = "Pooling"

    kernel_size: Size = param(2, "Size of the window, as in the pooling.", min=1, max=WIDEST, row="kernel")
    stride: Size | None = param(None, "Step of the window, as in the pooling; empty is its size.", min=1, max=WIDEST,
                                row="stride")
    padding: Size = param(0, "Padding, as in the pooling.", min=0, max=WIDEST)
    output_size: Size | None = param(None, "Size that comes out, where the pooling had cut something off; empty: what "
                                     "the window makes.", min=1, max=WIDEST, advanced=True)

    def call(self, x: Float, indices: Integer) -> Call:
        image(x, self.axes, "x")
        integers(indices, "indices", "places (int64)")
        if indices.dtype != "int64" or indices.shape != x.shape:
            raise Misfit("a place for every number", port="indices", axes=str(x),
                         hint="Wire the indices of the pooling here: switch its return_indices on.")
        wanted = self.output_size
        size = None if wanted is None else wanted if isinstance(wanted, tuple) else (wanted,) * self.axes
        return function(f"torch.nn.functional.max_unpool{self.axes}d", kernel_size=self.kernel_size,
                        stride=self.stride, padding=self.padding, output_size=size)


class MaxUnpool1d(_MaxUnpool):
    """Puts the largest numbers back where MaxPool1d found them, with 0 everywhere else.

    $y_{indices_i} = x_i$, the rest 0. Wire `indices` of a MaxPool1d with `return_indices` here. The patterns come back
    to their places, which Upsample does not know.

    Example: x = [[[5, 4]]], indices = [[[1, 3]]] → [[[0, 5, 0, 4]]]
    Shapes: x and indices N × C × L → N × C × L'
    PyTorch: torch.nn.MaxUnpool1d
    """

    axes = 1
    synonyms = ("unpooling", "inverse pooling", "decoder", "upsample")


class MaxUnpool2d(_MaxUnpool):
    """Puts the largest numbers back where MaxPool2d found them, with 0 everywhere else.

    $y_{indices_i} = x_i$, the rest 0. Wire `indices` of a MaxPool2d with `return_indices` here. Edges come back to
    their places: for outlining things in images (SegNet).

    Example: x = [[[[5]]]], indices = [[[[2]]]] → [[[[0, 0], [5, 0]]]], for places are counted row by row, from 0.
    Shapes: x and indices N × C × H × W → N × C × H' × W'
    PyTorch: torch.nn.MaxUnpool2d
    """

    axes = 2
    synonyms = ("unpooling", "inverse pooling", "decoder", "segnet", "segmentation", "upsample")


class MaxUnpool3d(_MaxUnpool):
    """Puts the largest numbers back where MaxPool3d found them, with 0 everywhere else.

    $y_{indices_i} = x_i$, the rest 0. As MaxUnpool2d with one more axis.

    Example: x = [[[[[5]]]]], indices = [[[[[6]]]]] → [[[[[0, 0], [0, 0]], [[0, 0], [5, 0]]]]], for places are counted
    layer by layer, row by row, from 0.
    Shapes: x and indices N × C × D × H × W → N × C × D' × H' × W'
    PyTorch: torch.nn.MaxUnpool3d
    """

    axes = 3
    synonyms = ("unpooling", "inverse pooling", "upsample")
