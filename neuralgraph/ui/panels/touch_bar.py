"""What is touched and what comes of it, in one quiet bar above the numbers; and the chosen number, to be changed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from neuralgraph.ui.controls import NumberField, button, dress, flat, tip, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme

STEPS = 400
"""Places of the slider."""


class TouchBar(QFrame):
    """«3 numbers changed: loss 0.31 → 0.45», with the ways back."""

    undo = Signal()
    back = Signal()
    keep = Signal()
    take_back = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("offer")
        self.what, self.more = words(theme, "", 13, 600), words(theme, "", 12, 400)
        for one in (self.what, self.more):
            one.setWordWrap(True)
        self.buttons = {
            "undo": button("Undo", clicked=self.undo.emit), "back": button("Put back all", clicked=self.back.emit),
            "keep": button("Keep", kind="primary", clicked=self.keep.emit),
            "take_back": button("Take back", clicked=self.take_back.emit)}
        self.buttons["keep"].setToolTip("Make the changed numbers the weights; it can be taken back")
        said = QVBoxLayout()
        said.setSpacing(1)
        said.addWidget(self.what)
        said.addWidget(self.more)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addLayout(said, 1)
        for made in self.buttons.values():
            row.addWidget(made)
        self.hide()

    def show_outcome(self, outcome: Any, said: str, *, undo: bool, keep: bool, back: bool, kept: bool) -> None:
        """What there is to say; the bar goes where there is nothing."""
        first, second = said, ""
        if outcome is not None:
            figures = figures_of(outcome)
            first = sentence(outcome.touches.said()) + (f": {figures}" if figures else "")
            second = "  ·  ".join(part for part in (answer_of(outcome), *outcome.lost, said) if part)
        self.what.setToolTip(tip(f"Of {outcome.rows:,} {outcome.part} rows" if outcome is not None else ""))
        for one, text in ((self.what, first), (self.more, second)):
            one.setText(text)
            one.setVisible(bool(text))
        for name, on in (("undo", undo), ("back", back), ("keep", keep), ("take_back", kept)):
            self.buttons[name].setVisible(on)
        self.setVisible(bool(first or second) or kept or back)

    def dress(self) -> None:
        for one in (self.what, self.more):
            dress(one, self.theme)


class TouchRow(QWidget):
    """One number: its place, a field, a slider, and the way back. `typed` brings what it is to be."""

    typed = Signal(float)
    back = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self._reach, self._quiet = theme, 1.0, False
        self.name = words(theme, "", 12, 600)
        self.field = NumberField(theme)
        self.field.setAccessibleName("The number")
        self.field.setFixedWidth(theme.px(96))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-STEPS, STEPS)
        self.slider.setAccessibleName("The number, by a slider")
        self.zero = flat(theme, "numeric-0-box-outline", "Set it to 0", clicked=lambda: self.typed.emit(0.0), size=26)
        self.undone = flat(theme, "restore", "Put it back", clicked=self.back.emit, size=26)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.name, 1)
        head.addWidget(self.field)
        head.addWidget(self.zero)
        head.addWidget(self.undone)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(head)
        box.addWidget(self.slider)
        self.field.typed.connect(lambda value: self.typed.emit(float(value)) if value is not None else None)
        self.slider.valueChanged.connect(self._slid)
        self.hide()

    def show_number(self, name: str, value: float, reach: float, *, touched: bool, meant: float | None = None) -> None:
        """A number to be changed; the slider goes from −`reach` to `reach`. `meant` is what was typed, where it was.

        Who is in the field is not disturbed as long as it says what is meant.
        """
        self._quiet = True
        self._reach = max(reach, abs(value), 1e-6)
        self.name.setText(name)
        short = float(f"{value:.5g}")
        if not self.field.hasFocus() or self.field.value() != (short if meant is None else meant):
            self.field.set_value(short if meant is None else meant)
        if not self.slider.isSliderDown():
            self.slider.setValue(round(value / self._reach * STEPS))
        self.undone.setEnabled(touched)
        self._quiet = False
        self.show()

    def _slid(self, place: int) -> None:
        if not self._quiet:
            self.typed.emit(float(f"{place / STEPS * self._reach:.4g}"))

    def dress(self) -> None:
        dress(self.name, self.theme)
        for made, sign in ((self.zero, "numeric-0-box-outline"), (self.undone, "restore")):
            made.setIcon(icon(sign, self.theme.tokens.text2, self.theme.tokens.hairline))


def sentence(text: str) -> str:
    """With a capital letter at its head."""
    return text[:1].upper() + text[1:]


def figures_of(outcome: Any) -> str:
    """«loss 0.31 → 0.45, accuracy 0.95 → 0.81»."""
    names = ["loss", *(name for name in outcome.after if name != "loss" and name not in outcome.program.losses)]
    return ", ".join(f"{name} {short(outcome.before[name])} → {short(outcome.after[name])}"
                     for name in names if name in outcome.before and name in outcome.after)


def answer_of(outcome: Any) -> str:
    """What the network says of the sample in sight, before and after: «This sample: 3 (98 %) → 8 (61 %), it is 3»."""
    before, after = outcome.said_before, outcome.said_after
    if not before or before.keys() != after.keys():
        return ""
    truth = f", it is {outcome.truth}" if outcome.truth else ""
    if len(before) == 1 or not all(0 <= one <= 1 for one in (*before.values(), *after.values())):
        pairs = [f"{short(before[name])} → {short(after[name])}" for name in list(before)[:3]]
        return f"This sample: {', '.join(pairs)}{truth if len(before) == 1 else ''}"
    first, second = (max(one, key=one.__getitem__) for one in (before, after))
    return f"This sample: {first} ({before[first]:.0%}) → {second} ({after[second]:.0%}){truth}".replace("%", " %")


def short(value: float) -> str:
    """A figure in three places with a real minus."""
    return (f"{value:.3f}" if 1e-3 <= abs(value) < 100 or value == 0 else f"{value:.3g}").replace("-", "−")
