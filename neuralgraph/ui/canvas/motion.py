"""The clock of the comets on training wires: as often as in a film, still where motion is reduced or wires are many."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

SPEED, INTERVAL, MOST_WIRES = 160.0, 42, 150


class Motion(QObject):
    """Runs only while something trains."""

    def __init__(self, tick: Callable[[], int], parent: QObject | None = None) -> None:
        """`tick` repaints the training wires in sight and says how many they are."""
        super().__init__(parent)
        self._tick = tick
        self._began = 0.0
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self._beat)
        self.reduced = False
        self._few = True

    @property
    def on(self) -> bool:
        return self._timer.isActive() and self._few and not self.reduced

    @property
    def travelled(self) -> float:
        """How far a comet has come, in px."""
        return (time.monotonic() - self._began) * SPEED

    def run(self, running: bool) -> None:
        if running and not self.reduced and not self._timer.isActive():
            self._began = time.monotonic()
            self._timer.start()
        elif not running or self.reduced:
            self._timer.stop()

    def _beat(self) -> None:
        self._few = self._tick() <= MOST_WIRES
