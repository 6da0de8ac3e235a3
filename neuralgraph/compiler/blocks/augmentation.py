"""Images changed by chance while training, each sample by itself; in use every image passes unchanged.

Chance is torch's state of the moment: that of the run, while it learns.
"""

from __future__ import annotations

import math

import torch
from torch import nn


def between(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """One evenly spread number for every sample of x."""
    return low + (high - low) * torch.rand(len(x), device=x.device, dtype=x.dtype)


def coins(x: torch.Tensor, p: float) -> torch.Tensor:
    """Yes with the probability p, for every sample of x: N × 1 × 1 × 1."""
    return (torch.rand(len(x), device=x.device) < p)[:, None, None, None]


def warped(x: torch.Tensor, rows: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Every image seen through its own map (the six numbers of `rows`); what lies outside is 0."""
    theta = torch.stack(rows, dim=1).reshape(-1, 2, 3)
    grid = nn.functional.affine_grid(theta, list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class RandomFlip(nn.Module):
    """Mirrored, with the probability p."""

    def __init__(self, p: float, across: bool, down: bool) -> None:
        super().__init__()
        self.p, self.across, self.down = p, across, down

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        if self.across:
            x = torch.where(coins(x, self.p), x.flip(-1), x)
        return torch.where(coins(x, self.p), x.flip(-2), x) if self.down else x


class RandomShift(nn.Module):
    """Moved by up to `pixels` whole pixels each way; what comes in from outside is 0."""

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.pixels = pixels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.pixels:
            return x
        by = torch.randint(-self.pixels, self.pixels + 1, (2, len(x)), device=x.device)
        height, width = x.shape[-2:]
        rows = torch.arange(height, device=x.device) - by[0, :, None]
        columns = torch.arange(width, device=x.device) - by[1, :, None]
        inside = (((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :])
        place = rows.clamp(0, height - 1)[:, :, None] * width + columns.clamp(0, width - 1)[:, None, :]
        flat = place.reshape(len(x), 1, -1).expand(-1, x.shape[1], -1)
        moved = x.reshape(*x.shape[:2], -1).gather(2, flat).reshape(x.shape)
        return moved * inside[:, None].to(x.dtype)


class RandomRotation(nn.Module):
    """Turned about the middle by up to `degrees` either way, bilinear; what comes in from outside is 0."""

    def __init__(self, degrees: float) -> None:
        super().__init__()
        self.degrees = degrees

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.degrees:
            return x
        angle = between(x, -self.degrees, self.degrees) * (math.pi / 180)
        height, width = x.shape[-2:]
        sine, cosine, zero = angle.sin(), angle.cos(), torch.zeros_like(angle)
        # the map counts from −1 to 1 along both sides: pixels stay square where the image is not
        return warped(x, (cosine, -sine * height / width, zero, sine * width / height, cosine, zero))


class RandomCrop(nn.Module):
    """A part of each image, `smallest` … 1 of both its sides, at any place, enlarged to the whole (bilinear)."""

    def __init__(self, smallest: float) -> None:
        super().__init__()
        self.smallest = smallest

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.smallest == 1.0:
            return x
        side = between(x, self.smallest, 1.0)
        right, down = between(x, -1.0, 1.0) * (1 - side), between(x, -1.0, 1.0) * (1 - side)
        zero = torch.zeros_like(side)
        return warped(x, (side, zero, right, zero, side, down))


class RandomBrightness(nn.Module):
    """Brighter or darker by a factor, and more or less contrast around the mean of each image."""

    def __init__(self, brightness: float, contrast: float) -> None:
        super().__init__()
        self.brightness, self.contrast = brightness, contrast

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        light = between(x, 1 - self.brightness, 1 + self.brightness)[:, None, None, None]
        depth = between(x, 1 - self.contrast, 1 + self.contrast)[:, None, None, None]
        x = x * light
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return x + (x - mean) * (depth - 1)


class RandomErase(nn.Module):
    """A rectangle of up to `largest` of the area set to `value`, with the probability p."""

    def __init__(self, p: float, largest: float, value: float) -> None:
        super().__init__()
        self.p, self.largest, self.value = p, largest, value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        height, width = x.shape[-2:]
        area, shape = between(x, 0.0, self.largest), between(x, -math.log(3), math.log(3)).exp()
        high, wide = (area * shape).sqrt().clamp(max=1.0) * height, (area / shape).sqrt().clamp(max=1.0) * width
        top, left = between(x, 0.0, 1.0) * (height - high), between(x, 0.0, 1.0) * (width - wide)
        rows = torch.arange(height, device=x.device, dtype=x.dtype) + 0.5
        columns = torch.arange(width, device=x.device, dtype=x.dtype) + 0.5
        tall = (rows > top[:, None]) & (rows < (top + high)[:, None])
        broad = (columns > left[:, None]) & (columns < (left + wide)[:, None])
        gone = (tall[:, :, None] & broad[:, None, :])[:, None] & coins(x, self.p)
        return torch.where(gone, torch.full_like(x, self.value), x)
