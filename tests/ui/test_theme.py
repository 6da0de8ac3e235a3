"""Colours come from tokens and nowhere else; both themes make a whole stylesheet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMenu, QStyle

import neuralgraph.ui
from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.inspector_type import font, text_size
from neuralgraph.ui.stylesheet import stylesheet
from neuralgraph.ui.theme import Theme


def test_no_colour_is_written_outside_the_tokens() -> None:
    home = Path(neuralgraph.ui.__file__).parent
    wrong = [
        f"{path.relative_to(home)}: {found[0]}"
        for path in home.rglob("*.py") if path.name not in ("tokens.py", "colormaps.py", "heatmap_colours.py")
        for found in re.finditer(r"""["'(: ]#[0-9A-Fa-f]{6}["'; )]""", path.read_text())
    ]
    assert wrong == []


def test_the_stylesheet_is_filled_in() -> None:
    for tokens in (LIGHT, DARK):
        text = stylesheet(tokens, 1.5)
        assert "$" not in text
        assert tokens.accent in text
        assert "border-radius: 12px" in text  # 8 px times 1.5


def test_a_theme_says_that_it_changed(qtbot: Any) -> None:
    theme = Theme()
    with qtbot.waitSignal(theme.changed, timeout=1000):
        theme.set_mode("dark")
    assert theme.tokens is DARK
    theme.set_scale(9)
    assert theme.scale == 2.0
    assert theme.px(10) == 20


@pytest.mark.parametrize("scale", [1 + n / 10 for n in range(11)])
def test_the_knob_of_a_slider_is_round_at_every_text_size(scale: float) -> None:
    text = stylesheet(LIGHT, scale)
    found = re.search(r"QSlider::handle:horizontal \{.*?width: (\d+)px.*?border-radius: (\d+)px", text, re.DOTALL)
    assert found is not None
    whole, radius = int(found[1]) + 4, int(found[2])
    assert whole / 2 - 1 < radius <= whole / 2, "Qt leaves a radius of more than half aside"


def test_what_is_painted_follows_the_text_size(qapp: Any) -> None:
    before = qapp.font()
    try:
        qapp.setFont(Theme(scale=1.5).font())
        assert font(12).pixelSize() == 18 and text_size() == 1.5
        assert Notice(LIGHT, "eye", "Nothing").title.font().pixelSize() == 20
    finally:
        qapp.setFont(before)


def test_the_icons_of_menus_and_views_follow_the_text_size(qapp: Any) -> None:
    assert re.search(r"QMenu \{[^}]*icon-size: 32px", stylesheet(LIGHT, 2.0))
    before = qapp.styleSheet()
    menu = QMenu()
    try:
        qapp.setStyleSheet(stylesheet(LIGHT, 2.0))
        menu.ensurePolished()
        assert menu.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize, None, menu) == 32
    finally:
        qapp.setStyleSheet(before)
        menu.deleteLater()
