"""What made the number that was clicked: the formula with its numbers, and every product in a list."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from neuralgraph.figures.words import spelled
from neuralgraph.ui.controls import dress, words
from neuralgraph.ui.formula import formula_html
from neuralgraph.ui.panels.step_tensor import TensorBox
from neuralgraph.ui.theme import Theme

LISTED = 40
LARGEST = 4_000
"""Numbers of the matrices of a convolution that are shown."""


class TermsBox(QWidget):
    """Empty until `show_terms`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.found: Any = None
        self.says = words(theme, "", 12, 400, "text2")
        self.says.setWordWrap(True)
        self.formula, self.table = QLabel(), QLabel()
        for one in (self.formula, self.table):
            one.setTextFormat(Qt.TextFormat.RichText)
            one.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            one.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.title = words(theme, "", 12, 600)
        self.matrices = QWidget()
        self._laid = QVBoxLayout(self.matrices)
        self._laid.setContentsMargins(0, 0, 0, 0)
        self._laid.setSpacing(6)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        for made in (self.title, self.says, self.formula, self.table, self.matrices):
            box.addWidget(made)
        box.addStretch(1)
        self.setFixedWidth(theme.px(330))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.hide()

    def show_terms(self, found: Any) -> None:
        """A `Terms`; None goes back to nothing."""
        self.found = found
        self.setVisible(found is not None)
        while self._laid.count():
            item = self._laid.takeAt(0)
            if item is not None and (old := item.widget()) is not None:
                old.deleteLater()
        if found is None:
            return
        place = f"[{', '.join(map(str, found.index))}]" if found.index else ""
        self.title.setText(f"What made {found.output}{place} = {spelled(found.value)}")
        self.says.setText(found.says)
        self._typeset()
        self._matrices()
        self.adjustSize()

    def say(self, text: str) -> None:
        """In place of an answer: why there is none."""
        self.found = None
        self.show()
        for one in (self.formula, self.table):
            one.setText("")
        self.title.setText("")
        self.says.setText(text)

    def dress(self) -> None:
        for one in (self.says, self.title):
            dress(one, self.theme)
        self.setFixedWidth(self.theme.px(330))
        if self.found is not None:
            self._typeset()

    def _typeset(self) -> None:
        ratio = self.devicePixelRatioF()
        found = self.found
        lines = [formula_html(found.formula, self.theme, 14, "text", ratio, alone=True)] if found.formula else []
        for name, part in found.parts.items():
            if part.formula:
                lines.append(f"{escape(name)}: " + formula_html(part.formula, self.theme, 12, "text2", ratio))
        for label in (self.formula, self.table):
            label.setFont(self.theme.font(12, figures=True))
            label.setStyleSheet(f"color: {self.theme.tokens.text};")
        self.formula.setText("<br>".join(lines))
        self.formula.setWordWrap(True)
        self.formula.setVisible(bool(lines))
        self.table.setText(table(found))

    def _matrices(self) -> None:
        columns = self.found.columns
        if columns is None or columns.windows.size > LARGEST:
            return
        room = self.theme.px(330)
        self._laid.addWidget(words(self.theme, "The same as one product of matrices (im2col)", 12, 600))
        if columns.note:
            note = words(self.theme, columns.note, 11, 400, "text2")
            note.setWordWrap(True)
            self._laid.addWidget(note)
        left = TensorBox(self.theme, "filters × window", columns.weights, width=room)
        left.mark([(columns.row, at) for at in range(columns.weights.shape[1])])
        right = TensorBox(self.theme, "window × places", columns.windows, width=room)
        right.mark([(at, columns.column) for at in range(len(columns.windows))])
        for one in (left, right):
            self._laid.addWidget(one)


def table(found: Any) -> str:
    """The terms as rows of HTML."""
    if not found.terms:
        return ""
    rows = []
    for one in found.terms[:LISTED]:
        times = f"× {spelled(one.w)}" if one.product == one.product else f"slope {spelled(one.w)}"
        made = f"= {spelled(one.product)}" if one.product == one.product else ""
        if found.how == "share":
            times, made = "", f"e^… = {spelled(one.product)}"
        rows.append(_row(_place(one.port, one.spot), spelled(one.x), times, _place(_own(one.weight), one.at), made,
                         one.label))
    if len(found.terms) > LISTED:
        rows.append(f"<tr><td colspan=6>… and {len(found.terms) - LISTED:,} more</td></tr>")
    if found.bias_name:
        rows.append(_row(_own(found.bias_name), spelled(found.bias), "", "", "", ""))
    if found.how in ("sum", "slopes"):
        then = f"{found.then} of " if found.then else ""
        rows.append(_row(f"{then}all added", f"<b>{spelled(found.value)}</b>", "", "", "", "", safe=True))
    return f"<table cellspacing=0 cellpadding=2>{''.join(rows)}</table>"


def _row(*cells: str, safe: bool = False) -> str:
    aligned = ("left", "right", "left", "left", "right", "left")
    return "<tr>" + "".join(f"<td align={way}>{one if safe else escape(one)}&nbsp;</td>"
                            for way, one in zip(aligned, cells, strict=True)) + "</tr>"


def _place(name: str, spot: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, spot))}]" if spot else name


def _own(weight: str) -> str:
    """`weight` of `conv2d_1.weight`: the node is known."""
    return " + ".join(one.rpartition(".")[2] for one in weight.split(" + "))
