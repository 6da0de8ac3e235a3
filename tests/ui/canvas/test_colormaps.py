"""Colours for numbers are symmetric, pass through the tokens, and never depend on NaN."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.tokens import DARK, LIGHT, Tokens
from neuralgraph.ui.canvas.colormaps import magnitude, oklab, paint_signed, signed, srgb


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda one: one.name)
def test_the_signed_map_is_symmetric_in_lightness_and_zero_is_the_surface(tokens: Tokens) -> None:
    table = signed(tokens)
    light = oklab(table / 255)[:, 0]
    assert np.abs(light - light[::-1]).max() < 0.06
    assert "#{:02X}{:02X}{:02X}".format(*table[128]) == tokens.signed[3]
    assert "#{:02X}{:02X}{:02X}".format(*table[0]) == tokens.signed[0]


def test_signed_painting_is_symmetric_and_takes_nan_as_zero() -> None:
    painted = paint_signed(np.array([-2.0, 0.0, 2.0, np.nan]), LIGHT)
    table = signed(LIGHT)
    assert np.array_equal(painted, table[[0, 128, 256, 128]])
    assert np.array_equal(paint_signed(np.zeros(3), LIGHT), table[[128] * 3])


def test_the_magnitude_map_gets_lighter_all_the_way() -> None:
    for name in ("viridis", "cividis"):
        light = oklab(magnitude(name) / 255)[:, 0]
        assert (np.diff(light) > -1e-3).all() and light[-1] - light[0] > 0.5


def test_oklab_comes_back() -> None:
    colours = np.random.default_rng(0).random((50, 3))
    assert np.abs(srgb(oklab(colours)) - colours).max() < 1e-3
