"""What a node has learned: its weights, and their distribution."""

from __future__ import annotations

import numpy as np

from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Board, Distribution, Grid, Shown
from neuralgraph.spec import param


class Weights(View):
    """The weights of a node as colours: a row an output, a column an input; filters of a convolution as tiles.

    Blue is positive, orange negative; the bar says how much.
    """

    group = "Weights"
    icon = "grid"
    which: str = param("", "Which of its parameters; the first where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(at.weights)

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if at.weights else "This node learns nothing, so it has no weights."

    def look(self, at: At) -> Shown:
        name = self.which if self.which in at.weights else next(iter(at.weights))
        value = at.weights[name]
        if value.ndim <= 1:
            figure: Shown = Bars(np.atleast_1d(value), title=name)
        elif value.ndim == 2:
            figure = Grid(value, title=name, x_label="input", y_label="output")
        else:
            figure = Grid(value.reshape(-1, *value.shape[-2:]) if value.ndim > 3 else value, title=name)
        numbers = value[np.isfinite(value)].astype(float)
        counts, edges = np.histogram(numbers, bins=37, range=_even(numbers))
        return Board((figure, Distribution(counts, edges, x_label=name)), shares=(2.0, 1.0))


def _even(numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float]:
    """From the least to the most, the same on both sides of zero where there are numbers of both signs."""
    low, high = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    return (-max(-low, high), max(-low, high)) if low < 0 < high else (low, high if high > low else low + 1)
