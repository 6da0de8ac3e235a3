"""The film of a run: its kept moments one after the other, at so many pictures a second."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from neuralgraph.ui.bridge import Pulse

SPEED = 10


class Film(QObject):
    """`wanted` asks for the next picture; `turned` says whether it runs."""

    wanted = Signal()
    turned = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pulse = Pulse(1000 // SPEED, self)
        self._pulse.beat.connect(self.wanted)

    @property
    def on(self) -> bool:
        return self._pulse.on

    def start(self) -> None:
        self._pulse.start()
        self.turned.emit(True)

    def hold(self) -> bool:
        """Whether it ran until now."""
        if not self._pulse.on:
            return False
        self._pulse.stop()
        self.turned.emit(False)
        return True

    def set_speed(self, pictures: int) -> None:
        """So many pictures a second."""
        self._pulse.set_every(1000 // pictures)
