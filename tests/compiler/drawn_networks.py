"""Well-known networks drawn through the public API, every repeated piece once, as a module.

Nodes have the names that the same network has in `written_networks`, so that its weights fit by name.
"""

from __future__ import annotations

import neuralgraph as ng
from neuralgraph.api import Handle


def conv(
    g: ng.Graph, x: Handle, name: str, channels: int, kernel: int = 3, stride: int = 1, groups: int = 1, act: str = "",
) -> Handle:
    """A convolution that keeps the size, its normalisation and, where one is named, its activation."""
    x = g.add("Conv2d", x, out_channels=channels, kernel_size=kernel, stride=stride, padding=kernel // 2,
              groups=groups, bias=False, id=name)
    x = g.add("BatchNorm2d", x, id=f"{name}_bn")
    return g.add(act, x) if act else x


# -- ResNet-18 ------------------------------------------------------------------------------------------------------


def basic_block(down: bool) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(64, 8, 8))
    h = conv(g, conv(g, x, "conv1", 64, act="ReLU"), "conv2", 64)
    short = conv(g, x, "short", 64, kernel=1) if down else x
    g.add("Output", g.add("ReLU", g.add("Add", h, short)), id="y")
    return g


def resnet18(size: int = 224, classes: int = 1000) -> ng.Graph:
    g = ng.Graph()
    g.add("Output", residual18(g, g.add("Input", id="x", shape=(3, size, size)), classes), id="scores")
    return g


def residual18(g: ng.Graph, x: Handle, classes: int) -> Handle:
    """The layers of ResNet-18 behind a picture, up to its scores."""
    both = ["conv1.out_channels", "conv2.out_channels"]
    g.define("Basic block", basic_block(False), expose={"channels": both})
    g.define("Basic block, down", basic_block(True), expose={
        "channels": [*both, "short.out_channels"], "stride": ["conv1.stride", "short.stride"]})
    h = conv(g, x, "stem", 64, kernel=7, stride=2, act="ReLU")
    h = g.add("MaxPool2d", h, kernel_size=3, stride=2, padding=1)
    h = g.add("Module", h, definition="Basic block", repeat=2, id="stage1")
    for stage, channels in enumerate((128, 256, 512), 2):
        h = g.add("Module", h, definition="Basic block, down", channels=channels, stride=2, id=f"stage{stage}_down")
        h = g.add("Module", h, definition="Basic block", channels=channels, id=f"stage{stage}")
    h = g.add("Flatten", g.add("AdaptiveAvgPool2d", h))
    return g.add("Linear", h, out_features=classes, id="fc")


# -- VGG-16 ---------------------------------------------------------------------------------------------------------


def vgg_stage(depth: int) -> ng.Graph:
    g = ng.Graph()
    h = g.add("Input", id="x", shape=(3, 32, 32))
    for number in range(1, depth + 1):
        h = g.add("ReLU", g.add("Conv2d", h, out_channels=64, padding=1, id=f"conv{number}"))
    g.add("Output", g.add("MaxPool2d", h), id="y")
    return g


def vgg16(size: int = 224, hidden: int = 4096, classes: int = 1000) -> ng.Graph:
    g = ng.Graph()
    h = g.add("Input", id="x", shape=(3, size, size))
    for depth in (2, 3):
        g.define(f"Stage of {depth}", vgg_stage(depth), expose={
            "channels": [f"conv{number}.out_channels" for number in range(1, depth + 1)]})
    for stage, (depth, channels) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
        h = g.add("Module", h, definition=f"Stage of {depth}", channels=channels, id=f"stage{stage}")
    h = g.add("Flatten", g.add("AdaptiveAvgPool2d", h, output_size=7))
    for name in ("fc1", "fc2"):
        h = g.add("Dropout", g.add("ReLU", g.add("Linear", h, out_features=hidden, id=name)))
    g.add("Output", g.add("Linear", h, out_features=classes, id="fc3"), id="scores")
    return g


# -- U-Net ----------------------------------------------------------------------------------------------------------


def double_conv() -> ng.Graph:
    g = ng.Graph()
    h = g.add("Input", id="x", shape=(1, 32, 32))
    for name in ("conv1", "conv2"):
        h = g.add("ReLU", g.add("Conv2d", h, out_channels=64, padding=1, id=name))
    g.add("Output", h, id="y")
    return g


DOUBLE = {"channels": ["conv1.out_channels", "conv2.out_channels"]}


def unet_up() -> ng.Graph:
    g = ng.Graph()
    x, skip = g.add("Input", id="x", shape=(128, 8, 8)), g.add("Input", id="skip", shape=(64, 16, 16))
    g.define("Double conv", double_conv(), expose=DOUBLE)
    up = g.add("ConvTranspose2d", x, out_channels=64, id="up")
    g.add("Output", g.add("Module", g.add("Concat", skip, up), definition="Double conv", id="pair"), id="y")
    return g


def unet(size: int = 256, base: int = 64) -> ng.Graph:
    g = ng.Graph()
    h = g.add("Input", id="x", shape=(1, size, size))
    g.define("Level up", unet_up(), expose={"channels": ["up.out_channels", "pair.channels"]})
    skips = []
    for level in range(4):
        h = g.add("Module", h, definition="Double conv", channels=base << level, id=f"down{level}")
        skips.append(h)
        h = g.add("MaxPool2d", h)
    h = g.add("Module", h, definition="Double conv", channels=base << 4, id="bottom")
    for level in reversed(range(4)):
        h = g.add("Module", h, skips[level], definition="Level up", channels=base << level, id=f"up{level}")
    g.add("Output", g.add("Conv2d", h, out_channels=2, kernel_size=1, id="head"), id="mask")
    return g


# -- MobileNetV2 ----------------------------------------------------------------------------------------------------


def inverted_residual(expand: bool, skip: bool) -> ng.Graph:
    g = ng.Graph()
    x = h = g.add("Input", id="x", shape=(32, 8, 8))
    if expand:
        h = conv(g, h, "expand", 32, kernel=1, act="ReLU6")
    h = conv(g, conv(g, h, "depthwise", 32, groups=32, act="ReLU6"), "project", 32, kernel=1)
    g.add("Output", g.add("Add", x, h) if skip else h, id="y")
    return g


STAGES = ((16, 1, 1, 1), (24, 2, 2, 6), (32, 3, 2, 6), (64, 4, 2, 6), (96, 3, 1, 6), (160, 3, 2, 6), (320, 1, 1, 6))
"""Channels, blocks, stride of the first one, expansion."""


def mobilenet_v2(size: int = 224, classes: int = 1000) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3, size, size))
    shown = {"hidden": ["depthwise.out_channels", "depthwise.groups"], "channels": "project.out_channels",
             "stride": "depthwise.stride"}
    wide = {**shown, "hidden": ["expand.out_channels", *shown["hidden"]]}
    g.define("Separable", inverted_residual(False, False), expose=shown)
    g.define("Inverted", inverted_residual(True, False), expose=wide)
    g.define("Inverted residual", inverted_residual(True, True), expose=wide)
    h, before = conv(g, x, "stem", 32, stride=2, act="ReLU6"), 32
    for stage, (channels, count, stride, factor) in enumerate(STAGES):
        kind = "Inverted" if factor > 1 else "Separable"
        h = g.add("Module", h, definition=kind, hidden=before * factor, channels=channels, stride=stride,
                  id=f"stage{stage}_first")
        if count > 1:
            h = g.add("Module", h, definition="Inverted residual", hidden=channels * factor, channels=channels,
                      repeat=count - 1, id=f"stage{stage}")
        before = channels
    h = g.add("Flatten", g.add("AdaptiveAvgPool2d", conv(g, h, "last", 1280, kernel=1, act="ReLU6")))
    g.add("Output", g.add("Linear", g.add("Dropout", h, p=0.2), out_features=classes, id="fc"), id="scores")
    return g


# -- sequences ------------------------------------------------------------------------------------------------------


def encoder_block() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(16, 64))
    n = g.add("LayerNorm", x, id="norm1")
    h = g.add("Add", x, g.add("MultiheadAttention", n, n, n, num_heads=4, id="attention")["out"])
    m = g.add("GELU", g.add("Linear", g.add("LayerNorm", h, id="norm2"), out_features=256, id="widen"))
    g.add("Output", g.add("Add", h, g.add("Linear", m, out_features=64, id="narrow")), id="y")
    return g


def encoder(length: int = 128, width: int = 768, heads: int = 12, hidden: int = 3072, layers: int = 12) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(length, width))
    g.define("Encoder block", encoder_block(), expose={
        "width": "narrow.out_features", "hidden": "widen.out_features", "heads": "attention.num_heads"})
    h = g.add("Module", x, definition="Encoder block", repeat=layers, width=width, hidden=hidden, heads=heads,
              id="blocks")
    g.add("Output", h, id="y")
    return g


def lstm_cell(size: int) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(size,))
    h, c = (g.add("State", id=name, state=name, shape=(size,)) for name in "hc")
    gates = g.add("Split", g.add("Add", g.add("Linear", x, out_features=4 * size, id="ih"),
                                 g.add("Linear", h, out_features=4 * size, id="hh")), sections=4)
    i, f, o = (g.add("Sigmoid", gates[f"out_{at}"]) for at in (0, 1, 3))
    c_next = g.add("Add", g.add("Mul", f, c), g.add("Mul", i, g.add("Tanh", gates["out_2"])))
    h_next = g.add("Mul", o, g.add("Tanh", c_next))
    g.add("NextState", h_next, state="h")
    g.add("NextState", c_next, state="c")
    g.add("Output", h_next, id="y")
    return g


def language_model(words: int = 10_000, size: int = 650, length: int = 35) -> ng.Graph:
    """The medium network of Zaremba et al. (2014), with the two offsets a gate that torch has."""
    g = ng.Graph()
    tokens = g.add("Input", id="tokens", shape=(length,), dtype="int64", classes=words)
    h = g.add("Embedding", tokens, num_embeddings=words, embedding_dim=size, id="table")
    g.define("LSTM cell", lstm_cell(size))
    for name in ("lstm1", "lstm2"):
        h = g.add("Recurrent", g.add("Dropout", h), definition="LSTM cell", id=name)["y"]
    g.add("Output", g.add("Linear", h, out_features=words, id="head"), id="scores")
    return g
