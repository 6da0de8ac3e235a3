"""Numbers that a network predicts, beside the true ones: how near, where not, and the function it has learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.explain.answers import probabilities
from neuralgraph.explain.judging import Head, Judged, head, of_rows, unscaled
from neuralgraph.explain.scoring import Fit, fit
from neuralgraph.explain.slicing import Slice, affords, chosen, inputs, sliced
from neuralgraph.explain.views.deciding import Judging
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Curve, Curves, Distribution, Points, Shown
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param

Array = NDArray[Any]
BINS = 31
CLASSES = 8


class Numbers(Judging):
    """What looks at predicted numbers: which of them, where there are several."""

    kinds = ("numbers",)
    of: str = param("", "Which number, where the network predicts several; the first where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        one = head(at, "", *cls.kinds)
        return one.names if option == "of" and one is not None else super().choices(at, option)

    def column(self, found: Judged) -> tuple[str, Array, Array]:
        """The name of the number, what is predicted and what is true."""
        names = found.head.names
        which = names.index(self.of) if self.of in names else 0
        return names[which], found.said[:, which], found.true[:, which]


def words_of(one: Fit) -> str:
    """R², MAE and RMSE in a sentence."""
    return (f"R² {one.r2:.3f}".replace("-", "−") + f", MAE {spelled(one.mae)}, RMSE {spelled(one.rmse)}. Always "
            f"answering the mean has RMSE {spelled(one.plain)}.")


class PredictedTrue(Numbers):
    """Each row as a dot: right what is true, up what the network predicts.

    On the dotted line it is exact. A cloud that is flatter than the line keeps to the mean; dots far off are worth a
    look: click them. R² is the share of the spread that is explained, 1 at best.
    """

    title = "Predicted against true"
    icon = "chart-scatter-plot"

    def look(self, at: At) -> Shown:
        found = self.found(at)
        name, said, true = self.column(found)
        return Points(np.stack([true, said], axis=1), x_label=f"true {name}", y_label=f"predicted {name}",
                      diagonal=True, keys=tuple(found.rows.tolist()), title=f"Predicted against true: {name}",
                      note=f"{words_of(fit(said, true))} {found.note}".strip())


class Residuals(Numbers):
    """What is left over: the true number less the predicted one, along the prediction, and how often.

    Good residuals are a shapeless band around zero. A bow means that the function is too simple, a funnel that errors
    grow with the size, a hump off zero that it is always too high or too low.
    """

    icon = "chart-scatter-plot"

    def look(self, at: At) -> Shown:
        found = self.found(at)
        name, said, true = self.column(found)
        left = true - said
        reach = float(np.abs(left).max(initial=0)) or 1.0
        counts, edges = np.histogram(left, bins=BINS, range=(-reach, reach))
        ends = np.array([said.min(), said.max()])
        note = f"Mean {spelled(float(left.mean()), signed=True)}, sd {spelled(float(left.std()))}. {found.note}"
        return Board((
            Points(np.stack([said, left], axis=1), x_label=f"predicted {name}", y_label="true − predicted",
                   curves=(Curve("", ends, np.zeros(2), ghost=True),), keys=tuple(found.rows.tolist()),
                   title=f"Residuals: {name}"),
            Distribution(counts, edges, x_label="true − predicted: how many", note=note.strip())), shares=(2.0, 1.0))


class LearnedFunction(Judging):
    """What the network answers along one input, with the data on it, and what is left over.

    With a single input this is the whole network: the curve that it has learned. With more the others are held, and the
    dots have theirs. Where there are no dots the curve is a guess.
    """

    icon = "chart-bell-curve"
    kinds = ("numbers", "classes")
    x: str = param("", "Along which input; the first where nothing is said.")
    others: str = param("mean", "Where the other inputs are held: each at its mean, or at the chosen sample's.",
                        choices=("mean", "sample"))

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        one = head(at, "", *cls.kinds)
        if option == "x" and one is not None:
            return tuple(found.name for found in inputs(at, [one.node]))
        return super().choices(at, option)

    @classmethod
    def fits(cls, at: At) -> str:
        why = super().fits(at)
        one = head(at, "", *cls.kinds)
        if why or one is None:
            return why
        if one.spec(at.program).rank != 2:
            return "It gives many answers to each row, which are no curve."
        if not inputs(at, [one.node]):
            return "Its inputs are words or chance, not numbers on an axis."
        if not affords(at, [one.node], 1):
            return "A curve of answers would take too long: one answer alone is a lot of work here."
        return ""

    def look(self, at: At) -> Shown:
        which = self.head(at)
        where = sliced(at, [which.node], chosen(at, [which.node], (self.x,)), self.others, 241)  # type: ignore[arg-type]
        line = np.linspace(where.low[0], where.high[0], where.side)
        raw = where.values(at, which.node, which.output)
        name = where.axes[0].name
        if which.kind == "classes":
            return _chances(at, which, where, line, probabilities(
                at.program, torch.as_tensor(raw.reshape(len(raw), -1)), which.node))
        found, curve = of_rows(at, which, where.rows), unscaled(at, which, raw)[:, 0]
        said, true = found.said[:, 0], found.true[:, 0]
        x, keys = where.points[: len(said), 0], tuple(found.rows.tolist())
        zero = Curve("", np.array([line[0], line[-1]]), np.zeros(2), ghost=True)
        return Board((
            Points(np.stack([x, true], axis=1), x_label=name, y_label=which.names[0],
                   curves=(Curve("", line, curve),), keys=keys, title=f"Learned function of {name}"),
            Points(np.stack([x, true - said], axis=1), x_label=name, y_label="true − predicted", curves=(zero,),
                   keys=keys, note=f"{words_of(fit(said, true))} {where.dotted}".strip())), shares=(2.0, 1.0))


def _chances(at: At, which: Head, where: Slice, line: Array, chances: Array) -> Shown:
    """How likely each class is along an input; of two classes the second, with the rows of both as dots."""
    name, title = where.axes[0].name, f"Learned function of {where.axes[0].name}"
    if len(which.names) == 2:
        found = of_rows(at, which, where.rows)
        xy = np.stack([where.points[: len(found.true), 0], found.true.astype(float)], axis=1)
        return Points(xy, found.true, which.names, name, f"probability of {which.names[1]}", keys=tuple(
            found.rows.tolist()), curves=(Curve("", line, chances[:, 1]),), title=title, note=where.dotted)
    curves = tuple(Curve(one, line, chances[:, n]) for n, one in enumerate(which.names[:CLASSES]))
    note = f"The first {CLASSES} of {len(which.names)} classes. " if len(which.names) > CLASSES else ""
    return Curves(curves, name, "probability", y_range=(0.0, 1.0), title=title, note=(note + where.note).strip())


class Forecast(Numbers):
    """What is predicted of a series, beside what came, and beside «it stays as it is».

    Persistence answers the last term that is known. A forecast is worth something where it is nearer than that; one
    that follows the truth a step late has learned no more than persistence.
    """

    icon = "chart-timeline-variant"
    shown: int = param(200, "How many terms are drawn; the numbers are of all that are looked at.", min=2, max=5000)

    @classmethod
    def fits(cls, at: At) -> str:
        why = super().fits(at)
        one = head(at, "", *cls.kinds)
        if why or one is None or at.rows is None:
            return why
        if _window(at) is None:
            return "It does not look back on a series: its input has no axis of time."
        return ""

    def look(self, at: At) -> Shown:
        found = self.found(at)
        name, said, true = self.column(found)
        assert at.rows is not None
        window = np.asarray(at.rows.arrays[_window(at) or ""][found.rows])
        column = next((n for n, one in enumerate(at.rows.features) if one == name and window.shape[2] > 1), None)
        if column is None and window.shape[2] > 1:
            ends = window[:, -1]
            error = ((ends - true[:, None]) ** 2).mean(axis=0)
            column = int(error.argmin())
        last = window[:, -1, column or 0]
        ours, theirs = fit(said, true), fit(last, true)
        gain = 1 - ours.rmse / theirs.rmse if theirs.rmse else 0.0
        words = f"{abs(gain):.0%} {'nearer' if gain >= 0 else 'farther off'} than persistence"
        source = f"Persistence repeats «{at.rows.features[column or 0]}». " if window.shape[2] > 1 and \
            len(at.rows.features) == window.shape[2] else ""
        count = min(self.shown, len(true))
        tail = slice(len(true) - count, None)
        note = (f"RMSE {spelled(ours.rmse)}, of persistence {spelled(theirs.rmse)}: {words}. {source}"
                f"{f'The last {count:,} are drawn. ' if count < len(true) else ''}{found.note}")
        x = found.rows[tail].astype(float)
        return Curves((Curve("what came", x, true[tail]), Curve("forecast", x, said[tail]),
                       Curve("persistence", x, last[tail], ghost=True)), "row", name, title=f"Forecast: {name}",
                      note=note.strip())


def _window(at: At) -> str | None:
    """The source with an axis of time that the prediction looks at."""
    one = head(at, "", "numbers")
    if one is None or at.rows is None:
        return None
    return next((key for key in at.program.needed([one.node])
                 if at.rows.arrays[key].ndim == 3 and at.rows.arrays[key].dtype.kind == "f"), None)


PREDICTED: tuple[type[View], ...] = (PredictedTrue, Residuals, LearnedFunction, Forecast)
