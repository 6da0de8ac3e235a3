"""Which sample is looked at: of a part of the data, any one, the next wrong one; and what the network says of it."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from neuralgraph.ui.controls import Choice, dress, flat, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme

PARTS = (("all", "all rows"), ("train", "training"), ("validation", "validation"), ("test", "test"))


class SampleBar(QWidget):
    """`wanted` brings the part, the place in it, and whether the next wrong sample is to be looked for from there."""

    wanted = Signal(str, int, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.part, self.place, self.count = "all", 0, 0
        self.parts = Choice(theme)
        self.parts.setAccessibleName("Part of the data")
        self.parts.activated.connect(self._chosen)
        self._keys: tuple[str, ...] = ()
        rows = (("chevron-left", "Sample before", lambda: self.go(self.place - 1)),
                ("chevron-right", "Next sample", lambda: self.go(self.place + 1)),
                ("dice-5-outline", "Any sample", self.roll),
                ("close-circle-outline", "Next sample that the network gets wrong", self.seek))
        self.buttons = [flat(theme, sign, tip, clicked=act, size=26) for sign, tip, act in rows]
        self._signs = [sign for sign, _, _ in rows]
        self.number = words(theme, "", 12, 400, "text2")
        self.number.setWordWrap(True)
        self.says = words(theme, "", 12, 600)
        self.says.setWordWrap(True)
        self._line, row = QBoxLayout(QBoxLayout.Direction.LeftToRight), QHBoxLayout()
        for one in (self._line, row):
            one.setSpacing(2)
        for made in self.buttons:
            row.addWidget(made)
        self._line.addWidget(self.parts, 1)
        self._line.addLayout(row)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(self._line)
        box.addWidget(self.number)
        box.addWidget(self.says)

    def set_narrow(self, narrow: bool) -> None:
        """The buttons below the choice, where there is no room beside it."""
        self._line.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    def show_seen(self, seen: Any) -> None:
        """The sample that has come, and what the network says of it."""
        sample = seen.sample
        self.setVisible(sample is not None)
        if sample is None:
            return
        self._offer(tuple(key for key, _ in PARTS if sample.counts.get(key)))
        self.part, self.place, self.count = sample.part, sample.place, sample.counts[sample.part]
        self.parts.setCurrentIndex(self._keys.index(self.part))
        self.number.setText(f"sample {self.place + 1:,} of {self.count:,}" + (
            f", row {sample.row + 1:,}" if self.part != "all" else "") + (
            "\nMeant for the very end: what is chosen after looking here is no longer judged by unseen rows."
            if self.part == "test" else ""))
        self.says.setText(seen.note or (verdict(seen.verdict) if seen.verdict is not None else ""))
        self.says.setVisible(bool(self.says.text()))
        right = seen.verdict is None or seen.verdict.right or bool(seen.note)
        self.says.setProperty("type", (12, 600, "text" if right else "error"))
        self.buttons[3].setVisible(seen.verdict is not None or bool(seen.note))
        dress(self.says, self._theme)

    def go(self, place: int) -> None:
        """Look at another sample of this part, round the end."""
        if self.count:
            self.place = place % self.count
            self.wanted.emit(self.part, self.place, False)

    def roll(self) -> None:
        self.go(random.randrange(max(self.count, 1)))

    def seek(self) -> None:
        self.wanted.emit(self.part, self.place, True)

    def dress(self) -> None:
        """The colours of the present theme."""
        for made, sign in zip(self.buttons, self._signs, strict=True):
            made.setIcon(icon(sign, self._theme.tokens.text2, self._theme.tokens.hairline))
        dress(self.number, self._theme)
        dress(self.says, self._theme)

    def _offer(self, keys: tuple[str, ...]) -> None:
        if keys != self._keys:
            self._keys = keys
            self.parts.clear()
            self.parts.addItems([name for key, name in PARTS if key in keys])

    def _chosen(self, index: int) -> None:
        self.wanted.emit(self._keys[index], 0, False)


def verdict(one: Any) -> str:
    """«✓ 3, sure to 98 %» or «✕ says 8 (61 %), it is 3»."""
    answer, truth, sure = one.names[one.answer], one.names[one.truth], f"{100 * one.sure:.0f} %"
    return f"✓  {answer}, sure to {sure}" if one.right else f"✕  says {answer} ({sure}), it is {truth}"
