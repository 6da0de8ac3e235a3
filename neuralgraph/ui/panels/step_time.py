"""Inside a Recurrent, or not; and at which time step it is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from neuralgraph.ui.controls import Choice, dress, flat, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme

WHOLE = "All time steps as one moment"
SIGNS = ("chevron-left", "chevron-right")


class StepTime(QWidget):
    """Hidden where nothing runs over time. `wanted`: go inside, or out again; `stepped`: to the time before or after.
    """

    wanted = Signal()
    stepped = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._loops: tuple[str, ...] = ()
        self.inside = Choice(theme)
        self.inside.setAccessibleName("Go through the time steps of a Recurrent")
        self.inside.setToolTip("Go inside a Recurrent, from one time step to the next")
        self.inside.activated.connect(lambda _at: self.wanted.emit())
        self.at = words(theme, "", 12, 600)
        self.buttons = [flat(theme, SIGNS[0], "Time step before", clicked=lambda: self.stepped.emit(-1), size=24),
                        flat(theme, SIGNS[1], "Next time step", clicked=lambda: self.stepped.emit(1), size=24)]
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.at, 1)
        for one in self.buttons:
            row.addWidget(one)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.inside)
        box.addLayout(row)
        self.offer(())

    @property
    def chosen(self) -> str:
        """The path of the Recurrent to go through; "" for none."""
        at = self.inside.currentIndex()
        return self._loops[at - 1] if 0 < at <= len(self._loops) else ""

    def offer(self, loops: tuple[str, ...]) -> None:
        """The Recurrents there are; the choice stays as far as it can."""
        if loops != self._loops:
            before = self.chosen
            self._loops = loops
            self.inside.clear()
            self.inside.addItems([WHOLE, *(f"Inside {one.replace('/', ' › ')}, step by step" for one in loops)])
            self.choose(before)
        self.setVisible(bool(loops))

    def choose(self, loop: str) -> bool:
        """Go inside; False where it cannot, or where it is there already."""
        at = self._loops.index(loop) + 1 if loop in self._loops else 0
        changed = at != self.inside.currentIndex()
        self.inside.setCurrentIndex(at)
        return changed

    def within(self, room: str) -> str:
        """The innermost Recurrent that a room lies in; "" for none."""
        return max((one for one in self._loops if room == one or room.startswith(f"{one}/")), key=len, default="")

    def show_time(self, time: tuple[int, ...], last: int, *, before: bool, after: bool) -> None:
        """Where it is; nothing where it is not inside."""
        on = bool(self.chosen)
        self.at.setText(f"t = {'.'.join(map(str, time))} of {last}" if time else "before or after the time steps")
        for one, there in zip((self.at, *self.buttons), (True, before, after), strict=True):
            one.setVisible(on)
            one.setEnabled(there)

    def dress(self) -> None:
        for one, sign in zip(self.buttons, SIGNS, strict=True):
            one.setIcon(icon(sign, self._theme.tokens.text2, self._theme.tokens.hairline))
        dress(self.at, self._theme)
