"""Layers that put a border around sequences, images and volumes."""

from __future__ import annotations

from typing import Any, ClassVar

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.convolution import WIDEST
from neuralgraph.nodes.demands import image
from neuralgraph.spec import Call, Misfit, Node, Spec, function, param


class _Pad(Node):
    """A border of one width at every edge of `axes` axes, unless front and back are given apart."""

    category = "Layers"
    group = "Padding"
    mode: ClassVar[str] = "constant"
    inside: ClassVar[int | None] = None
    """How much smaller than the input the border has to be, where it is made of it."""

    padding: int = param(1, "Width of the border at every edge.", min=0, max=WIDEST, row="width")
    edges: tuple[int, ...] = param((), "Width of each edge by itself: left, right, top, bottom, …; empty = all alike.",
                                   min=0, max=WIDEST, advanced=True)

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.edges and len(self.edges) != 2 * self.axes:
            raise ParameterError(f"edges expects {2 * self.axes} widths, two for each axis, or none.",
                                 parameter="edges")

    def call(self, x: Spec) -> Call:
        image(x, self.axes)
        edges = self.edges or (self.padding,) * 2 * self.axes
        sizes = [x.size(-1 - at // 2) for at in range(2 * self.axes)]
        inside = self.inside
        if inside is not None and any(edge > size - inside for edge, size in zip(edges, sizes, strict=True)):
            raise Misfit("an input larger than its border", hint="Use less padding, or fill it with zeros.")
        filled = {"value": value} if (value := getattr(self, "value", 0.0)) else {}
        given: dict[str, Any] = {"pad": edges, "mode": self.mode, **filled}
        return function("torch.nn.functional.pad", **given)


class _Constant(_Pad):
    value: float = param(0.0, "What the border is filled with.", min=-1e6, max=1e6, row="value")


class _Reflect(_Pad):
    mode = "reflect"
    inside = 1


class _Replicate(_Pad):
    mode = "replicate"


class _Circular(_Pad):
    mode = "circular"
    inside = 0


class ZeroPad1d(_Pad):
    """Puts zeros before and after a sequence.

    A convolution after it then reaches the ends, and keeps the length with kernel 3.

    Example: [[[1, 2]]] → [[[0, 1, 2, 0]]]
    Shapes: N × C × L → N × C × L + 2·padding
    PyTorch: torch.nn.ZeroPad1d
    """

    axes = 1
    synonyms = ("zeros", "edge")


class ZeroPad2d(_Pad):
    """Puts a border of zeros around images.

    A convolution after it then reaches the edges. With a width of 1, 8 × 8 becomes 10 × 10.

    Example: [[[[5]]]] → [[[[0, 0, 0], [0, 5, 0], [0, 0, 0]]]]
    Shapes: N × C × H × W → N × C × H + 2·padding × W + 2·padding
    PyTorch: torch.nn.ZeroPad2d
    """

    axes = 2
    synonyms = ("zeros", "frame")


class ZeroPad3d(_Pad):
    """Puts a border of zeros around volumes.

    With a width of 1, 4 × 4 × 4 becomes 6 × 6 × 6.

    Example (edges = (1, 0, 0, 0, 0, 0)): [[[[[5]]]]] → [[[[[0, 5]]]]]
    Shapes: N × C × D × H × W → each of D, H, W larger by 2·padding
    PyTorch: torch.nn.ZeroPad3d
    """

    axes = 3
    synonyms = ("zeros", "shell")


class ConstantPad1d(_Constant):
    """Puts one number before and after a sequence.

    Example (value = 9): [[[1, 2]]] → [[[9, 1, 2, 9]]]
    Shapes: N × C × L → N × C × L + 2·padding
    PyTorch: torch.nn.ConstantPad1d
    """

    axes = 1
    synonyms = ("fill", "edge")


class ConstantPad2d(_Constant):
    """Puts a border of one number around images.

    Example (value = 1): [[[[0]]]] → [[[[1, 1, 1], [1, 0, 1], [1, 1, 1]]]], a dark point in a white frame.
    Shapes: N × C × H × W → N × C × H + 2·padding × W + 2·padding
    PyTorch: torch.nn.ConstantPad2d
    """

    axes = 2
    synonyms = ("fill", "frame")


class ConstantPad3d(_Constant):
    """Puts a border of one number around volumes.

    With a width of 1, 4 × 4 × 4 becomes 6 × 6 × 6.

    Example (value = 9, edges = (1, 0, 0, 0, 0, 0)): [[[[[5]]]]] → [[[[[9, 5]]]]]
    Shapes: N × C × D × H × W → each of D, H, W larger by 2·padding
    PyTorch: torch.nn.ConstantPad3d
    """

    axes = 3
    synonyms = ("fill", "shell")


class ReflectionPad1d(_Reflect):
    """Continues a sequence by its mirror image, the end itself not repeated.

    Example (padding = 2): [[[1, 2, 3]]] → [[[3, 2, 1, 2, 3, 2, 1]]]
    Shapes: N × C × L → N × C × L + 2·padding
    PyTorch: torch.nn.ReflectionPad1d
    """

    axes = 1
    synonyms = ("mirror", "reflect")


class ReflectionPad2d(_Reflect):
    """Continues images by their mirror image, so that no dark frame appears.

    Example: [[[[1, 2], [3, 4]]]] → [[[[4, 3, 4, 3], [2, 1, 2, 1], [4, 3, 4, 3], [2, 1, 2, 1]]]]
    Shapes: N × C × H × W → N × C × H + 2·padding × W + 2·padding
    PyTorch: torch.nn.ReflectionPad2d
    """

    axes = 2
    synonyms = ("mirror", "reflect")


class ReflectionPad3d(_Reflect):
    """Continues volumes by their mirror image.

    With a width of 1, 4 × 4 × 4 becomes 6 × 6 × 6.

    Example (edges = (2, 0, 0, 0, 0, 0)): [[[[[1, 2, 3]]]]] → [[[[[3, 2, 1, 2, 3]]]]]
    Shapes: N × C × D × H × W → each of D, H, W larger by 2·padding
    PyTorch: torch.nn.ReflectionPad3d
    """

    axes = 3
    synonyms = ("mirror", "reflect")


class ReplicationPad1d(_Replicate):
    """Continues a sequence by repeating its ends.

    Example (padding = 2): [[[1, 2]]] → [[[1, 1, 1, 2, 2, 2]]]
    Shapes: N × C × L → N × C × L + 2·padding
    PyTorch: torch.nn.ReplicationPad1d
    """

    axes = 1
    synonyms = ("repeat edge", "replicate")


class ReplicationPad2d(_Replicate):
    """Continues images by repeating their edges.

    Example: [[[[1, 2], [3, 4]]]] → [[[[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]]]
    Shapes: N × C × H × W → N × C × H + 2·padding × W + 2·padding
    PyTorch: torch.nn.ReplicationPad2d
    """

    axes = 2
    synonyms = ("repeat edge", "replicate")


class ReplicationPad3d(_Replicate):
    """Continues volumes by repeating their faces.

    With a width of 1, 4 × 4 × 4 becomes 6 × 6 × 6.

    Example (edges = (2, 0, 0, 0, 0, 0)): [[[[[1, 2]]]]] → [[[[[1, 1, 1, 2]]]]]
    Shapes: N × C × D × H × W → each of D, H, W larger by 2·padding
    PyTorch: torch.nn.ReplicationPad3d
    """

    axes = 3
    synonyms = ("repeat edge", "replicate")


class CircularPad1d(_Circular):
    """Continues a sequence by itself, as if it were a ring.

    Example: [[[1, 2, 3]]] → [[[3, 1, 2, 3, 1]]]
    Shapes: N × C × L → N × C × L + 2·padding
    PyTorch: torch.nn.CircularPad1d
    """

    axes = 1
    synonyms = ("wrap", "periodic", "ring")


class CircularPad2d(_Circular):
    """Continues images by themselves, as if they were tiles.

    Example: [[[[1, 2, 3]]]] → [[[[3, 1, 2, 3, 1], [3, 1, 2, 3, 1], [3, 1, 2, 3, 1]]]]
    Shapes: N × C × H × W → N × C × H + 2·padding × W + 2·padding
    PyTorch: torch.nn.CircularPad2d
    """

    axes = 2
    synonyms = ("wrap", "periodic", "torus")


class CircularPad3d(_Circular):
    """Continues volumes by themselves, as if they were bricks.

    With a width of 1, 4 × 4 × 4 becomes 6 × 6 × 6.

    Example (edges = (1, 0, 0, 0, 0, 0)): [[[[[1, 2, 3]]]]] → [[[[[3, 1, 2, 3]]]]]
    Shapes: N × C × D × H × W → each of D, H, W larger by 2·padding
    PyTorch: torch.nn.CircularPad3d
    """

    axes = 3
    synonyms = ("wrap", "periodic", "torus")
