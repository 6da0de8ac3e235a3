"""Fourier transforms that take and give complex numbers as two real tensors."""

from __future__ import annotations

import torch


def fft(
    x: torch.Tensor, dim: int, norm: str, imag: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """`torch.fft.fft`: real and imaginary part."""
    found = torch.fft.fft(x if imag is None else torch.complex(x, imag), dim=dim, norm=norm)
    return found.real, found.imag


def ifft(
    real: torch.Tensor, dim: int, norm: str, imag: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """`torch.fft.ifft`: real and imaginary part."""
    found = torch.fft.ifft(real if imag is None else torch.complex(real, imag), dim=dim, norm=norm)
    return found.real, found.imag


def rfft(x: torch.Tensor, dim: int, norm: str) -> tuple[torch.Tensor, torch.Tensor]:
    """`torch.fft.rfft`: real and imaginary part."""
    found = torch.fft.rfft(x, dim=dim, norm=norm)
    return found.real, found.imag


def irfft(real: torch.Tensor, imag: torch.Tensor, dim: int, norm: str, n: int | None) -> torch.Tensor:
    """`torch.fft.irfft`."""
    found: torch.Tensor = torch.fft.irfft(torch.complex(real, imag), n=n, dim=dim, norm=norm)
    return found


def fft2(
    x: torch.Tensor, dim: int, norm: str, imag: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """`torch.fft.fft2` along `dim` and the axis before it: real and imaginary part."""
    found = torch.fft.fft2(x if imag is None else torch.complex(x, imag), dim=(dim - 1, dim), norm=norm)
    return found.real, found.imag


def ifft2(
    real: torch.Tensor, dim: int, norm: str, imag: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """`torch.fft.ifft2` along `dim` and the axis before it: real and imaginary part."""
    found = torch.fft.ifft2(real if imag is None else torch.complex(real, imag), dim=(dim - 1, dim), norm=norm)
    return found.real, found.imag
