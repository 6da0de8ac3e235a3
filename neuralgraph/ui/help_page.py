"""The help page of a node type, from its declaration: words, formulas, shapes, worked examples, parameters, a link."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from neuralgraph.spec import Node
from neuralgraph.spec.example import Example
from neuralgraph.spec.help import Help, help_of
from neuralgraph.ui.controls import words
from neuralgraph.ui.icons import tile
from neuralgraph.ui.prose import formula_label, leading, prose_html, rich
from neuralgraph.ui.theme import Theme


def node_help(parent: QWidget, kind: type[Node], theme: Theme) -> QDialog:
    """The help page of a node type in a window of its own."""
    return NodeHelp(parent, kind, theme)


class NodeHelp(QDialog):
    """Set anew when the theme or the size of text changes."""

    def __init__(self, parent: QWidget, kind: type[Node], theme: Theme) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(kind.__name__)
        self.kind, self.theme = kind, theme
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(16), theme.px(12), theme.px(4), theme.px(12))
        box.addWidget(self._area)
        self._fill()
        theme.changed.connect(self._fill)
        self.resize(theme.px(480), theme.px(600))

    def _fill(self) -> None:
        page = HelpPage(self.kind, self.theme, self.devicePixelRatioF())
        page.link.connect(open_page)
        self._area.setWidget(page)


class HelpPage(QWidget):
    """The parts of a page, one below the other."""

    def __init__(self, kind: type[Node], theme: Theme, ratio: float = 1.0) -> None:
        super().__init__()
        self.theme, self.ratio = theme, ratio
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, theme.px(12), 0)
        self._box.setSpacing(theme.px(8))
        found = help_of(kind)
        self._head(kind, found)
        for paragraph in found.body:
            formulas, rest = leading(paragraph)
            for one in formulas:
                self._box.addWidget(formula_label(theme, one, ratio=ratio))
            if rest:
                self._prose_html(prose_html(rest, theme, ratio=ratio))
        self._shapes(kind, found)
        if found.examples:
            self._title("Example" if len(found.examples) == 1 else "Examples")
            for example in found.examples:
                self._prose_html(example_html(example, theme))
        self._params(kind)
        self.link = self._link(found).linkActivated
        self._box.addStretch(1)

    def _head(self, kind: type[Node], found: Help) -> None:
        head = QHBoxLayout()
        head.setSpacing(self.theme.px(8))
        sign = QLabel()
        sign.setPixmap(tile(kind.category, self.theme.px(28), self.theme.tokens))
        head.addWidget(sign)
        head.addWidget(words(self.theme, kind.__name__, 17, 600), 1)
        self._box.addLayout(head)
        self._box.addWidget(rich(self.theme, prose_html(found.summary, self.theme), weight=600))

    def _title(self, text: str) -> None:
        self._box.addSpacing(self.theme.px(4))
        self._box.addWidget(words(self.theme, text, 12, 600, "text2"))

    def _prose_html(self, html: str) -> None:
        self._box.addWidget(rich(self.theme, html))

    def _shapes(self, kind: type[Node], found: Help) -> None:
        self._title("Shapes" if found.shapes else "Outputs")
        self._prose_html("<br>".join(escape(one) for one in (found.shapes or found.outputs).split("; ")))
        marks = {(True, False): " (optional)", (False, True): " …"}
        inputs = ", ".join(port.name + marks.get((port.optional, port.many), "") for port in kind.ports)
        line = words(self.theme, f"In: {inputs or 'nothing, it is a source'}", 12, 400, "text2")
        line.setWordWrap(True)
        self._box.addWidget(line)

    def _params(self, kind: type[Node]) -> None:
        if kind.params:
            self._title("Parameters")
        for name, param in kind.params.items():
            self._prose_html(f"<b>{name}</b> = {_figures(_said(param.default))}<br>{escape(param.doc)} "
                             f"{_figures(param.expected().capitalize())}.")

    def _link(self, found: Help) -> QLabel:
        self._title("PyTorch")
        colour = self.theme.tokens.accent
        made = rich(self.theme, escape(found.pytorch) if not found.url else
                    f'<a href="{found.url}" style="color: {colour}">{escape(found.pytorch)}</a>')
        made.setToolTip(found.url)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._box.addWidget(made)
        made.setVisible(bool(found.pytorch))
        return made


def example_html(example: Example, theme: Theme) -> str:
    """What is set, what goes in, what comes out and why."""
    quiet = f'<span style="color: {theme.tokens.text2}">{{}}</span>'
    lines = []
    if example.settings_text:
        start = "" if example.mode and example.settings_text.startswith(example.mode) else "with "
        lines.append(quiet.format(start + _figures(example.settings_text)))
    lines.append(_figures(example.text).replace("→", f'<span style="color: {theme.tokens.accent}">→</span>'))
    if example.remark:
        lines.append(quiet.format(_figures(example.remark)))
    return "<br>".join(lines)


def _said(value: object) -> str:
    return "none" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _figures(text: str) -> str:
    """With a minus as long as a plus, but for what is quoted."""
    return escape(re.sub(r'"[^"]*"|-(?=[\d∞])', lambda found: "−" if found[0] == "-" else found[0], text), quote=False)


def open_page(url: str) -> None:
    """PyTorch's page in the browser; only ever on a click."""
    QDesktopServices.openUrl(QUrl(url))
