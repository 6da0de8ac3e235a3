"""The prose of help pages as rich text: formulas set, `names` and **bold** words. Words of the program only."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from neuralgraph.spec import Node
from neuralgraph.spec.help import FORMULA, help_of
from neuralgraph.ui.controls import words
from neuralgraph.ui.formula import formula_html
from neuralgraph.ui.theme import Theme

_LEADING = re.compile(r"\$([^$]+)\$(?:[.,:;]\s*|$)")
"""A formula that can stand on a line of its own: a paragraph begins with it and goes on behind a stop."""


def leading(paragraph: str) -> tuple[tuple[str, ...], str]:
    """The formulas that a paragraph begins with, each for a line of its own, and what it goes on to say."""
    found = []
    while match := _LEADING.match(paragraph):
        found.append(match[1])
        paragraph = paragraph[match.end():]
    return tuple(found), paragraph[:1].upper() + paragraph[1:]


def leading_formulas(kind: type[Node]) -> tuple[str, ...]:
    """What a node type's help begins with."""
    body = help_of(kind).body
    return leading(body[0])[0] if body else ()


def prose_html(text: str, theme: Theme, pixels: float = 13, role: str = "text", ratio: float = 1.0) -> str:
    """A paragraph with its formulas in the line."""
    parts = FORMULA.split(text)
    return "".join(formula_html(part, theme, pixels, role, ratio) if at % 2 else _plain(part)
                   for at, part in enumerate(parts))


def _plain(text: str) -> str:
    bold = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", escape(text, quote=False))
    return re.sub(r"`([^`]+)`", r'<span style="font-weight: 600">\1</span>', bold)


def rich(theme: Theme, html: str, pixels: float = 13, role: str = "text", weight: int = 400) -> QLabel:
    """A label of the program's own rich text, that wraps; never for the words of a document."""
    made = words(theme, html, pixels, weight, role)
    made.setTextFormat(Qt.TextFormat.RichText)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


def formula_label(theme: Theme, formula: str, pixels: float = 15, role: str = "text", ratio: float = 1.0) -> QLabel:
    """A formula on a line of its own."""
    made = rich(theme, formula_html(formula, theme, pixels, role, ratio, alone=True), pixels, role)
    made.setAccessibleName(formula)
    return made
