"""Words in a figure: how wide they are in Inter, how they are cut to a width, and how numbers are spelled."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from PIL import ImageFont

from neuralgraph.resources import resources

FILES = {400: "Inter-Regular.otf", 500: "Inter-Medium.otf", 600: "Inter-SemiBold.otf", 700: "Inter-Bold.otf"}
NEGATIVE = re.compile(r"(?<![\w.)\]-])-(?=\d|\.\d)")
"""A hyphen that stands for a minus."""
NUMBER = re.compile(r"_?\d+$")
EM = 64.0
"""Size at which widths are measured."""


@lru_cache(maxsize=64)
def face(size: float, weight: int = 400) -> ImageFont.FreeTypeFont:
    """The typeface of the program in a size, for Pillow."""
    return ImageFont.truetype(resources() / "fonts" / FILES.get(weight, FILES[400]), size)


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: int = 400) -> float:
    """How many pixels a text takes."""
    return float(face(EM, weight).getlength(text)) * size / EM


def cut(text: str, size: float, most: float, weight: int = 400) -> str:
    """The text, its end replaced by … where it takes more than `most` pixels."""
    if width(text, size, weight) <= most:
        return text
    while text and width(text + "…", size, weight) > most:
        text = text[:-1]
    return text + "…" if text else ""


def cut_path(text: str, size: float, most: float) -> str:
    """As `cut`; of a path such as `encoder/0/attention/norm` the rooms are cut before the name at its end is."""
    sign = "/" if "/" in text else "."
    *rooms, name = text.split(sign)
    for letters in (6, 4, 3, 2, 1):
        short = sign.join([*(_shortened(room, letters) for room in rooms), name])
        if width(short, size) <= most:
            return text if width(text, size) <= most else short
    return cut(text, size, most) if not rooms else cut(f"…{sign}{name}", size, most)


def _shortened(room: str, letters: int) -> str:
    """The first letters; the number at the end stays, for it is what tells `conv2d_1` from `conv2d_2`."""
    number = NUMBER.search(room)
    if number is None or len(room) <= letters:
        return room[:letters]
    return room[: max(letters - len(number[0]), 1)] + number[0]


def minus(text: str) -> str:
    """The text with real minus signs before its numbers."""
    return NEGATIVE.sub("−", text)


def lines(text: str, size: float, most: float, weight: int = 400) -> list[str]:
    """The text in lines of at most `most` pixels."""
    found: list[str] = []
    for word in text.split():
        if found and width(f"{found[-1]} {word}", size, weight) <= most:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def spelled(value: Any, *, signed: bool = False, digits: int = 0) -> str:
    """A number in about three figures, or in `digits`, with a real minus; words as they are."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        text = f"{value:,}"
    else:
        value = float(value)
        if not math.isfinite(value):
            return "not a number" if math.isnan(value) else "∞" if value > 0 else "−∞"
        if value == 0:
            text = "0"
        elif digits:
            text = f"{value:.{digits}g}"
        elif 0.01 <= abs(value) < 10:
            text = f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"
        elif abs(value) < 100_000 and abs(value) >= 10:
            text = f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"
        else:
            text = f"{value:.3g}"
    return ("+" if signed and value > 0 else "") + text.replace("-", "−")
