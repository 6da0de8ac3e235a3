"""The networks of `drawn_networks` written by hand in torch, from their papers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from drawn_networks import STAGES
from torch import Tensor, nn
from torch.nn import functional as f


def conv(module: nn.Module, name: str, before: int, after: int, kernel: int = 3, stride: int = 1, groups: int = 1
         ) -> Callable[[Tensor], Tensor]:
    """Add a convolution and its normalisation to a module; what runs them."""
    made = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    norm = nn.BatchNorm2d(after)
    module.add_module(name, made)
    module.add_module(f"{name}_bn", norm)
    return lambda x: norm(made(x))


class BasicBlock(nn.Module):
    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.first = conv(self, "conv1", before, after, stride=stride)
        self.second = conv(self, "conv2", after, after)
        self.aside = conv(self, "short", before, after, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return f.relu(self.second(f.relu(self.first(x))) + self.aside(x))


class ResNet18(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.start = conv(self, "stem", 3, 64, 7, 2)
        self.stage1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        for stage, channels in enumerate((128, 256, 512), 2):
            self.add_module(f"stage{stage}_down", BasicBlock(channels // 2, channels, 2))
            self.add_module(f"stage{stage}", BasicBlock(channels, channels))
        self.fc = nn.Linear(512, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage1(f.max_pool2d(f.relu(self.start(x)), 3, 2, 1))
        for stage in (2, 3, 4):
            x = self.get_submodule(f"stage{stage}")(self.get_submodule(f"stage{stage}_down")(x))
        return self.fc(x.mean((2, 3)))


class Chain(nn.Module):
    """Convolutions with ReLU after each."""

    def __init__(self, before: int, after: int, depth: int) -> None:
        super().__init__()
        for number in range(1, depth + 1):
            self.add_module(f"conv{number}", nn.Conv2d(before if number == 1 else after, after, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        for one in self.children():
            x = f.relu(one(x))
        return x


class VGG16(nn.Module):
    def __init__(self, hidden: int = 4096, classes: int = 1000) -> None:
        super().__init__()
        before = 3
        for stage, (depth, channels) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
            self.add_module(f"stage{stage}", Chain(before, channels, depth))
            before = channels
        self.fc1, self.fc2 = nn.Linear(512 * 7 * 7, hidden), nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        for stage in range(1, 6):
            x = f.max_pool2d(self.get_submodule(f"stage{stage}")(x), 2)
        x = f.adaptive_avg_pool2d(x, 7).flatten(1)
        return self.fc3(f.relu(self.fc2(f.relu(self.fc1(x)))))


class Up(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * channels, channels, 2, 2)
        self.pair = Chain(2 * channels, channels, 2)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.pair(torch.cat((skip, self.up(x)), 1))


class UNet(nn.Module):
    def __init__(self, base: int = 64) -> None:
        super().__init__()
        self.down0 = Chain(1, base, 2)
        for level in range(1, 4):
            self.add_module(f"down{level}", Chain(base << level - 1, base << level, 2))
        self.bottom = Chain(base << 3, base << 4, 2)
        for level in range(4):
            self.add_module(f"up{level}", Up(base << level))
        self.head = nn.Conv2d(base, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level in range(4):
            x = self.get_submodule(f"down{level}")(x)
            skips.append(x)
            x = f.max_pool2d(x, 2)
        x = self.bottom(x)
        for level in (3, 2, 1, 0):
            x = self.get_submodule(f"up{level}")(x, skips[level])
        return self.head(x)


class Inverted(nn.Module):
    def __init__(self, before: int, after: int, stride: int, factor: int) -> None:
        super().__init__()
        wide = before * factor
        self.widen = conv(self, "expand", before, wide, 1) if factor > 1 else None
        self.inside = conv(self, "depthwise", wide, wide, stride=stride, groups=wide)
        self.narrow = conv(self, "project", wide, after, 1)
        self.skip = before == after and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        h = f.relu6(self.widen(x)) if self.widen is not None else x
        h = self.narrow(f.relu6(self.inside(h)))
        return x + h if self.skip else h


class MobileNetV2(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.start, before = conv(self, "stem", 3, 32, stride=2), 32
        for stage, (channels, count, stride, factor) in enumerate(STAGES):
            self.add_module(f"stage{stage}_first", Inverted(before, channels, stride, factor))
            after = [Inverted(channels, channels, 1, factor) for _ in range(count - 1)]
            if len(after) == 1:  # what runs once has no number in its name
                self.add_module(f"stage{stage}", after[0])
            elif after:
                self.add_module(f"stage{stage}", nn.Sequential(*after))
            before = channels
        self.end = conv(self, "last", before, 1280, 1)
        self.fc = nn.Linear(1280, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = f.relu6(self.start(x))
        for name, one in self.named_children():
            if name.startswith("stage"):
                x = one(x)
        return self.fc(f.relu6(self.end(x)).mean((2, 3)))


class Attention(nn.Module):
    """Self-attention from its formula, with the names that torch gives the weights."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.randn(3 * width, width) / width**0.5)
        self.in_proj_bias = nn.Parameter(torch.randn(3 * width) / 10)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        count, length, width = x.shape
        projected = x @ self.in_proj_weight.T + self.in_proj_bias
        q, k, v = projected.view(count, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        share = (q @ k.transpose(-2, -1) / (width // self.heads) ** 0.5).softmax(-1)
        return self.out_proj((share @ v).transpose(1, 2).reshape(x.shape))


class EncoderBlock(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.narrow(f.gelu(self.widen(self.norm2(x))))


class Encoder(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(EncoderBlock(width, heads, hidden) for _ in range(layers)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


class LanguageModel(nn.Module):
    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.table = nn.Embedding(words, size)
        self.lstm = nn.LSTM(size, size, num_layers=2, batch_first=True)
        self.head = nn.Linear(size, words)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.lstm(self.table(tokens))[0])
