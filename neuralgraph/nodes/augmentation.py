"""Nodes that change images by chance while training, so that a network sees more images than there are.

In use, and where validation or test rows are judged, everything passes unchanged. Random numbers come from the run:
the same seed gives the same images, also where a run goes on.
"""

from __future__ import annotations

from neuralgraph.nodes.demands import image
from neuralgraph.spec import Call, Float, Misfit, Node, module, param

_BLOCKS = "neuralgraph.compiler.blocks.augmentation."


class _Augmentation(Node):
    category = "Data"
    group = "Augmentation"


class RandomFlip(_Augmentation):
    """Mirrors images by chance while training: a cat that looks left becomes one that looks right.

    Each image is mirrored with the probability `p`, anew at every step. In use every image passes unchanged. Not for
    digits and letters: a mirrored 2 is no 2.

    Example (in use): [[[[1, 2]]]] → [[[[1, 2]]]], for images are mirrored only while training.
    Example (p = 1, while training): [[[[1, 2]]]] → [[[[2, 1]]]]
    Shapes: N × C × H × W → the same
    PyTorch: x.flip(-1) where torch.rand(N) < p
    """

    synonyms = ("augmentation", "mirror", "horizontal flip", "vertical flip", "randomhorizontalflip")

    p: float = param(0.5, "How often an image is mirrored.", min=0.0, max=1.0, row="how often")
    direction: str = param("left-right", "Which sides change places.",
                           choices=("left-right", "top-bottom", "both"), row="sides")

    def call(self, x: Float) -> Call:
        image(x, 2)
        return module(_BLOCKS + "RandomFlip", p=self.p, across=self.direction != "top-bottom",
                      down=self.direction != "left-right")


class RandomShift(_Augmentation):
    """Moves images by chance while training: where a thing stands in the image does not matter.

    Each image moves by up to `pixels` whole pixels to any side, anew at every step; 0 comes in from outside. In use
    every image passes unchanged.

    Example (pixels = 1, in use): [[[[1, 2], [3, 4]]]] → [[[[1, 2], [3, 4]]]], for images move only while training.
    Example (pixels = 0, while training): [[[[1, 2]]]] → [[[[1, 2]]]]
    Shapes: N × C × H × W → the same
    PyTorch: x.roll(by, dims=(-2, -1)), with 0 in place of what comes round
    """

    synonyms = ("augmentation", "translate", "translation", "move", "jitter", "randomaffine")

    pixels: int = param(2, "How far it moves at most.", min=0, max=1024, row="pixels")

    def call(self, x: Float) -> Call:
        image(x, 2)
        if self.pixels >= min(x.size(2), x.size(3)):
            raise Misfit(f"images of more than {self.pixels} pixels", axes=f"N × C × > {self.pixels} × > {self.pixels}",
                         hint="Nothing would be left of some. Move them less far.")
        return module(_BLOCKS + "RandomShift", pixels=self.pixels)


class RandomRotation(_Augmentation):
    """Turns images by chance while training: things need not stand upright.

    Each image is turned about its middle by up to `degrees` to either side, anew at every step; in between pixels are
    mixed (bilinear), and 0 comes in from outside. In use every image passes unchanged.

    Example (in use): [[[[1, 2]]]] → [[[[1, 2]]]], for images turn only while training.
    Example (degrees = 0, while training): [[[[1, 2]]]] → [[[[1, 2]]]]
    Shapes: N × C × H × W → the same
    PyTorch: nn.functional.grid_sample(x, nn.functional.affine_grid(turns, x.shape))
    """

    synonyms = ("augmentation", "rotate", "rotation", "turn", "tilt", "randomaffine")

    degrees: float = param(10.0, "How far it turns at most.", min=0.0, max=180.0, row="degrees")

    def call(self, x: Float) -> Call:
        image(x, 2)
        return module(_BLOCKS + "RandomRotation", degrees=self.degrees)


class RandomCrop(_Augmentation):
    """Shows a part of each image by chance while training, enlarged: size and place do not matter.

    A part with `smallest` … 1 of height and width is cut out at any place and enlarged to the size that the image had
    (bilinear), anew at every step. In use every image passes unchanged.

    Example (in use): [[[[1, 2]]]] → [[[[1, 2]]]], for parts are shown only while training.
    Example (smallest = 1, while training): [[[[1, 2]]]] → [[[[1, 2]]]]
    Shapes: N × C × H × W → the same
    PyTorch: nn.functional.grid_sample(x, nn.functional.affine_grid(parts, x.shape))
    """

    synonyms = ("augmentation", "zoom", "random resized crop", "scale", "cut out a part", "randomresizedcrop")

    smallest: float = param(0.8, "The least part of height and width that is shown.", min=0.05, max=1.0, row="smallest")

    def call(self, x: Float) -> Call:
        image(x, 2)
        return module(_BLOCKS + "RandomCrop", smallest=self.smallest)


class RandomBrightness(_Augmentation):
    """Changes light and contrast of images by chance while training: the hour of the day does not matter.

    $y = m + c · (b · x - m)$ with $m$ the mean of $b · x$. Each image gets a brightness $b$ of 1 ± `brightness` and a
    contrast $c$ of 1 ± `contrast`, anew at every step. Nothing is cut off at 0 or 1. In use every image passes
    unchanged. For noise in single pixels take GaussianNoise.

    Example (in use): [[[[1, 2]]]] → [[[[1, 2]]]], for light changes only while training.
    Example (brightness = 0, contrast = 0, while training): [[[[1, 3]]]] → [[[[1, 3]]]]
    Shapes: N × C × H × W → the same
    PyTorch: x * (1 + brightness * (2 * torch.rand(N, 1, 1, 1) - 1))
    """

    synonyms = ("augmentation", "contrast", "light", "colour jitter", "color jitter", "colorjitter", "exposure")

    brightness: float = param(0.2, "How much brighter or darker at most.", min=0.0, max=1.0, row="light")
    contrast: float = param(0.2, "How much more or less contrast at most.", min=0.0, max=1.0, row="contrast")

    def call(self, x: Float) -> Call:
        image(x, 2)
        return module(_BLOCKS + "RandomBrightness", brightness=self.brightness, contrast=self.contrast)


class RandomErase(_Augmentation):
    """Covers a rectangle of images by chance while training: a network may not rely on one spot alone.

    With the probability `p` a rectangle of up to `largest` of the area, at any place, becomes `value`, anew at every
    step. In use every image passes unchanged.

    Example (in use): [[[[1, 2]]]] → [[[[1, 2]]]], for spots are covered only while training.
    Example (p = 0, while training): [[[[1, 2]]]] → [[[[1, 2]]]]
    Shapes: N × C × H × W → the same
    PyTorch: x.masked_fill(rectangle, value)
    """

    synonyms = ("augmentation", "cutout", "random erasing", "occlusion", "mask", "hide", "randomerasing")

    p: float = param(0.5, "How often an image is covered.", min=0.0, max=1.0, row="how often")
    largest: float = param(0.25, "The largest share of the image that is covered.", min=0.01, max=1.0, row="largest")
    value: float = param(0.0, "What the rectangle is filled with.", min=-1e6, max=1e6, advanced=True)

    def call(self, x: Float) -> Call:
        image(x, 2)
        return module(_BLOCKS + "RandomErase", p=self.p, largest=self.largest, value=self.value)
