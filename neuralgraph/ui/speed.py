"""How fast a run learns, as one can read it: over about the last second."""

from __future__ import annotations

from collections import deque

OVER = 1.0
"""Seconds that count. A single stretch between two tellings may be a few milliseconds long, and says anything."""


class Speed:
    """Samples a second. `hear` every stretch in order; a fresh run begins with `forget`."""

    def __init__(self) -> None:
        self._stretches: deque[tuple[float, float]] = deque()
        self._seconds = 0.0
        """Of all stretches together."""
        self._heard = 0.0

    def forget(self) -> None:
        self._stretches.clear()
        self._seconds = self._heard = 0.0

    def hear(self, rate: float, at: float) -> float:
        """So many samples a second since the last telling, told `at` seconds of training; the speed to show."""
        stretch = at - self._heard
        if stretch < 0:  # it goes on elsewhere
            self.forget()
            stretch = at
        self._heard = at
        if stretch > 0 and rate > 0:
            self._stretches.append((stretch, rate * stretch))
            self._seconds += stretch
        while len(self._stretches) > 1 and self._seconds - self._stretches[0][0] >= OVER:
            self._seconds -= self._stretches.popleft()[0]
        total = sum(seconds for seconds, _ in self._stretches)
        return sum(samples for _, samples in self._stretches) / total if total else 0.0


def spelled(speed: float) -> str:
    """Three figures are enough, and jump less: 784, 12,300."""
    if speed <= 0:
        return "–"
    return f"{speed:,.0f}" if speed < 1000 else f"{float(f'{speed:.3g}'):,.0f}"
