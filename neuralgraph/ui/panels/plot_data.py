"""The numbers behind the plots, without Qt: growing tracks, smoothing, and a running min/max pyramid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FACTOR = 4
"""How many blocks of one level make one of the next."""
LIMIT = 230.0
"""exp(±LIMIT) is what one stretch of the smoothing may scale by: far from the ends of float64."""


class Column:
    """A float64 array that grows at the end; appending is amortised O(1) per number."""

    __slots__ = ("_room", "size")

    def __init__(self) -> None:
        self._room: Floats = np.empty(256)
        self.size = 0

    def append(self, values: Floats) -> None:
        end = self.size + len(values)
        if end > len(self._room):
            bigger = np.empty(max(end, 2 * len(self._room)))
            bigger[: self.size] = self._room[: self.size]
            self._room = bigger
        self._room[self.size : end] = values
        self.size = end

    @property
    def values(self) -> Floats:
        """What is in it: a view, valid until the next append."""
        return self._room[: self.size]


class Pyramid:
    """Smallest and largest value of aligned blocks of 4, 16, 64 … numbers, kept while numbers arrive.

    Appending costs O(1) per number; a picture of any stretch costs O(pixels), however long the track is. NaN is
    skipped; a block of NaN alone is NaN.
    """

    def __init__(self, values: Floats | None = None) -> None:
        self.raw = Column()
        self._lows: list[Column] = []
        self._highs: list[Column] = []
        if values is not None:
            self.append(values)

    def __len__(self) -> int:
        return self.raw.size

    def append(self, values: Floats) -> None:
        self.raw.append(values)
        low = high = self.raw
        level = 0
        while low.size >= FACTOR:
            if level == len(self._lows):
                self._lows.append(Column())
                self._highs.append(Column())
            done, full = self._lows[level].size, low.size // FACTOR
            if full == done:
                return
            span = slice(done * FACTOR, full * FACTOR)
            self._lows[level].append(np.fmin.reduce(low.values[span].reshape(-1, FACTOR), axis=1))
            self._highs[level].append(np.fmax.reduce(high.values[span].reshape(-1, FACTOR), axis=1))
            low, high = self._lows[level], self._highs[level]
            level += 1

    def level_for(self, count: int, blocks: int) -> int:
        """The finest level at which `count` numbers are at most `blocks` blocks; 0 is the numbers themselves."""
        level = 0
        while count > blocks and level < len(self._lows):
            count = -(-count // FACTOR)
            level += 1
        return level

    def blocks(self, first: int, last: int, most: int) -> tuple[NDArray[np.int64], Floats, Floats]:
        """The numbers `first … last` (exclusive) in at most about `most` blocks: index of each start, lows, highs.

        Blocks are aligned, so that a picture does not shimmer while it grows; the first may begin before `first`.
        """
        first, last = max(0, first), min(last, len(self))
        if last <= first:
            return np.empty(0, np.int64), np.empty(0), np.empty(0)
        level = self.level_for(last - first, max(most, 1))
        width = FACTOR**level
        if level == 0:
            numbers = self.raw.values[first:last]
            return np.arange(first, last), numbers, numbers
        begin, end = first // width, -(-last // width)
        lows, highs = self._lows[level - 1].values, self._highs[level - 1].values
        starts = np.arange(begin, end) * width
        if end <= len(lows):
            return starts, lows[begin:end], highs[begin:end]
        low, high = self._tail(level)
        return starts, np.append(lows[begin:], low), np.append(highs[begin:], high)

    def _tail(self, level: int) -> tuple[float, float]:
        """Low and high of the unfinished block at the end of a level, from what the levels below have of it."""
        low = high = np.nan
        for below in range(level, 0, -1):
            below_lows = self.raw if below == 1 else self._lows[below - 2]
            below_highs = self.raw if below == 1 else self._highs[below - 2]
            done = self._lows[below - 1].size * FACTOR
            if below_lows.size > done:
                low = np.fmin(low, np.fmin.reduce(below_lows.values[done:]))
                high = np.fmax(high, np.fmax.reduce(below_highs.values[done:]))
        return float(low), float(high)


class Smoothing:
    """Debiased exponential smoothing that can be carried on: a constant stays that constant, from the first number.

    `weight` (0 … 1, exclusive) is how much of the past stays at every step. Numbers that are not finite are left out
    and give NaN. O(n), without a Python loop over numbers.
    """

    def __init__(self, weight: float) -> None:
        self.weight = min(float(weight), 0.9999) if weight > 1e-6 else 0.0
        self._sum = self._total = 0.0
        self._origin: float | None = None

    def __call__(self, values: Floats) -> Floats:
        good = np.isfinite(values)
        if self.weight == 0.0:
            return np.where(good, values, np.nan)
        if self._origin is None:
            if not good.any():
                return np.full(len(values), np.nan)
            self._origin = float(values[int(np.argmax(good))])
        steps = max(1, int(min(4096, LIMIT / -np.log(self.weight))))
        smooth = np.empty(len(values))
        for start in range(0, len(values), steps):
            part = slice(start, start + steps)
            smooth[part] = self._stretch(values[part], good[part])
        return smooth

    def _stretch(self, values: Floats, good: NDArray[np.bool_]) -> Floats:
        assert self._origin is not None
        fade = self.weight ** np.arange(1, len(values) + 1)
        offset = np.where(good, values - self._origin, 0.0) if not good.all() else values - self._origin
        sums = fade * (self._sum + np.cumsum(offset / fade))
        totals = fade * (self._total + np.cumsum(good / fade))
        self._sum, self._total = float(sums[-1]), float(totals[-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(good, self._origin + sums / totals, np.nan)


def smooth(values: Floats, weight: float) -> Floats:
    """Debiased exponential smoothing of a whole track."""
    return Smoothing(weight)(np.asarray(values, dtype=np.float64))


AXES = ("epoch", "step", "time")
"""What may run along x; time in seconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn: at most a few thousand points, with NaN where the line breaks."""

    x: Floats
    y: Floats


class Track:
    """One curve of a run: its numbers, where they stand on each x axis, and the same smoothed.

    On a log axis numbers ≤ 0 cannot be drawn: they are gaps.
    """

    def __init__(self, weight: float = 0.0) -> None:
        self.places = {axis: Column() for axis in AXES}
        self.raw = Pyramid()
        self._smoothing = Smoothing(weight)
        self._smooth = Pyramid()
        self._logs: dict[bool, Pyramid] = {}

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def weight(self) -> float:
        return self._smoothing.weight

    def append(self, values: Floats, **places: Floats) -> None:
        """More numbers; `places` gives their x on every axis (`epoch`, `step`, `time`)."""
        values = np.where(np.isfinite(values), values, np.nan)
        for axis in AXES:
            self.places[axis].append(places[axis])
        self.raw.append(values)
        smooth = self._smoothing(values)
        self._smooth.append(smooth)
        for smoothed, logs in self._logs.items():
            logs.append(_logged(smooth if smoothed else values))

    def set_weight(self, weight: float) -> None:
        """Smooths all of it anew."""
        if weight == self.weight:
            return
        self._smoothing = Smoothing(weight)
        self._smooth = Pyramid(self._smoothing(self.raw.raw.values))
        self._logs.pop(True, None)

    def values(self, *, smoothed: bool = False) -> Floats:
        """Every number of it."""
        return (self._smooth if smoothed else self.raw).raw.values

    @property
    def last(self) -> float:
        """The latest number, smoothed; NaN while there is none."""
        return float(self._smooth.raw.values[-1]) if len(self) else float("nan")

    def at(self, axis: str, place: float) -> float:
        """The last number up to a place on the axis, smoothed; NaN before the first."""
        found = int(np.searchsorted(self.x(axis), place + 1e-9, side="right"))
        return float(self._smooth.raw.values[found - 1]) if found else float("nan")

    def until(self, step: float) -> Track:
        """The numbers up to this step, as a track of its own."""
        count = int(np.searchsorted(self.x("step"), step + 1e-9, side="right"))
        cut = Track(self.weight)
        cut.append(self.raw.raw.values[:count].copy(), **{axis: self.x(axis)[:count].copy() for axis in AXES})
        return cut

    def x(self, axis: str) -> Floats:
        return self.places[axis].values

    def line(
        self, axis: str = "epoch", *, smoothed: bool = False, log: bool = False,
        low: float = -np.inf, high: float = np.inf, pixels: int = 800,
    ) -> Line:
        """What to draw between `low` and `high` on the axis, in blocks where there is more than fits.

        Numbers as they are keep the lowest and the highest of every block; smoothed ones go through its middle, to
        the last of them: a line with both would be a saw. With `log`, y is log10.
        """
        x = self.x(axis)
        first = max(0, int(np.searchsorted(x, low)) - 1)
        last = min(len(x), int(np.searchsorted(x, high, side="right")) + 1)
        starts, lows, highs = self._pyramid(smoothed, log).blocks(first, last, 2 * pixels)
        if lows is highs:
            return Line(x[first:last], lows)
        if smoothed:
            end = self._pyramid(smoothed, log).raw.values[last - 1]
            return Line(np.append(x[starts], x[last - 1]), np.append((lows + highs) / 2, end))
        both = np.empty(2 * len(starts))
        both[0::2], both[1::2] = lows, highs
        return Line(np.repeat(x[starts], 2), both)

    def breaks(self, axis: str) -> Floats:
        """Where numbers ceased to be finite, on the axis: one place for every gap."""
        gone = np.isnan(self.raw.raw.values)
        return self.x(axis)[gone & ~np.concatenate(([False], gone[:-1]))] if gone.any() else np.empty(0)

    def _pyramid(self, smoothed: bool, log: bool) -> Pyramid:
        plain = self._smooth if smoothed else self.raw
        if not log:
            return plain
        if smoothed not in self._logs:
            self._logs[smoothed] = Pyramid(_logged(plain.raw.values))
        return self._logs[smoothed]


def _logged(values: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between `low` and `high`, both ends included where they are round; at most `most`."""
    if not (np.isfinite(low) and np.isfinite(high)) or high <= low:
        return []
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.95), 10 * power)
    first = int(np.ceil(low / step - 1e-9))
    last = int(np.floor(high / step + 1e-9))
    return [number * step for number in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Ticks of a log axis as log10: whole powers of ten, or 1, 2, 5 of each where there are few powers."""
    first, last = int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9))
    if last - first + 1 >= 3:
        every = -(-(last - first + 1) // max(most, 1))
        return [float(power) for power in range(first, last + 1, every)]
    fine = [power + float(np.log10(m)) for power in range(first - 1, last + 1) for m in (1, 2, 5)]
    return [tick for tick in fine if low - 1e-9 <= tick <= high + 1e-9]


def spelled(value: float, step: float = 0.0) -> str:
    """A tick or a value with the digits that its step needs; a real minus sign."""
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if step:
        digits = max(0, int(np.ceil(-np.log10(step) - 1e-9)))
        if abs(step * 10**digits - round(step * 10**digits)) > 1e-6:
            digits += 1
        text = f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:.0e}"
    else:
        text = f"{value:.3g}" if abs(value) < 1e-3 or abs(value) >= 1e4 else f"{value:.3f}"[:6].rstrip(".")
    return text.replace("-", "−")


def quantile(values: Any, share: float) -> float:
    """A quantile of the finite numbers; NaN when there are none."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(np.quantile(finite, share)) if len(finite) else float("nan")
