"""How well a network decides: confusion, calibration, ROC, tables by class and by label, the scores of a sample."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.judging import Head, Judged, Kind, head, heads, judged, of_rows
from neuralgraph.explain.scoring import area_under, bins_of, precision_recall, ratio, roc
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Board, Curve, Curves, Distribution, Grid, Shown, Table
from neuralgraph.spec import param

Array = NDArray[Any]
CURVES = 6
"""Of more classes the hardest ones have a curve."""
LISTED = 24


class Judging(View):
    """What looks at answers beside the truth: of which node, on how many rows."""

    group = "Answers"
    costly = True
    kinds: ClassVar[tuple[Kind, ...]] = ("classes",)
    scope = "network"

    answer: str = param("", "Whose answer, where the network gives several; the first where nothing is said.")
    rows: int = param(0, "How many rows to look at; 0 for as many as take a moment.", min=0, max=100_000,
                      advanced=True)

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(one.node for one in heads(at) if one.kind in cls.kinds) if option == "answer" else ()

    @classmethod
    def fits(cls, at: At) -> str:
        if head(at, "", *cls.kinds) is not None:
            return ""
        words = {"classes": "which class it is", "labels": "yes or no to several questions", "numbers": "a number",
                 "again": "its own input again"}
        return f"This network is not taught to tell {' or '.join(words[one] for one in cls.kinds)} from data."

    def found(self, at: At) -> Judged:
        """The rows, judged."""
        return judged(at, self.head(at), self.rows)

    def head(self, at: At) -> Head:
        """The answer that was chosen."""
        one = head(at, self.answer, *self.kinds)
        assert one is not None, "it fits"
        return one


class Confusion(Judging):
    """What is taken for what: a row for each true class, a column for each answer, and how often that happened.

    The diagonal is right. A bright spot off the diagonal is a pair that the network mixes up: click it to see the
    samples.
    """

    icon = "grid-large"
    show: str = param("counts", "Counts, or shares of each true class in per cent.", choices=("counts", "shares"))

    def look(self, at: At) -> Shown:
        found = self.found(at)
        names, count = found.head.names, len(found.head.names)
        cells = found.true * count + found.answer
        table = np.bincount(cells, minlength=count * count).reshape(count, count)
        order = np.argsort(cells, kind="stable")
        ends = np.searchsorted(cells[order], np.arange(count * count + 1))
        behind = tuple(tuple(dict.fromkeys(found.rows[order[first:last]].tolist()))
                       for first, last in pairwise(ends.tolist()))
        shares = 100.0 * table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        return Grid(table if self.show == "counts" else shares, "viridis", (0.0, 100.0) if self.show == "shares" else
                    (0.0, max(float(table.max()), 1.0)), row_names=names, column_names=names, x_label="answer",
                    y_label="truth", whole=self.show == "counts", behind=behind, smooth=False,
                    bar="rows" if self.show == "counts" else "% of each true class",
                    title="Confusion" + (" (% of each true class)" if self.show == "shares" else ""),
                    note=f"{_right(found)} {_mixed(table, names)} {found.note}".strip())


def _right(found: Judged) -> str:
    right = int((found.true == found.answer).sum())
    return f"{right:,} of {len(found.true):,} are right ({ratio(right, len(found.true)):.1%})."


def _mixed(table: Array, names: tuple[str, ...]) -> str:
    off = table * (1 - np.eye(len(table), dtype=np.int64))
    if not off.any():
        return "None is taken for another."
    true, said = np.unravel_index(int(off.argmax()), off.shape)
    return f"Most often mixed up: {names[true]} is taken for {names[said]}, {_often(int(off[true, said]))}."


def _often(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


class Calibration(Judging):
    """Whether it is as often right as it is sure: of all answers given with 80 %, 80 % should be right.

    On the diagonal the network knows how sure it may be. Below it is too sure of itself, above too modest. ECE is the
    mean distance from the diagonal, weighed by how many answers lie there (Guo et al., On Calibration of Modern Neural
    Networks, 2017).
    """

    icon = "scale-balance"
    kinds = ("classes", "labels")
    bins: int = param(10, "How many steps of sureness.", min=2, max=50)

    def look(self, at: At) -> Shown:
        found = self.found(at)
        labels = found.head.kind == "labels"
        sure = found.said.reshape(-1) if labels else found.sure
        right = found.true.reshape(-1) > 0.5 if labels else found.true == found.answer
        counts, mean, share, error = bins_of(sure, right, self.bins)
        kept = counts > 0
        gap = float(mean[kept] @ counts[kept] - share[kept] @ counts[kept]) / max(int(counts.sum()), 1)
        words = "said to be likelier than it is" if labels else "more sure than right"
        said = f"ECE {error:.3f}." + (f" On the whole {words}, by {gap:.1%}." if gap > 0.005 else "")
        said += (f" On the whole {'said to be less likely than it is' if labels else 'less sure than right'}, by "
                 f"{-gap:.1%}." if gap < -0.005 else "")
        curve = Curve("the network", mean[kept], share[kept], dots=True)
        x_label = "how likely it says yes is" if labels else "how sure it is"
        y_label = "how often it is yes" if labels else "how often it is right"
        return Board((
            Curves((curve,), x_label, y_label, diagonal=True, x_range=(0.0, 1.0), y_range=(0.0, 1.0),
                   title="Calibration"),
            Distribution(counts, np.linspace(0, 1, self.bins + 1), x_label=f"{x_label}: how many",
                         note=f"{said} {found.note}".strip())), shares=(2.4, 1.0))


class Roc(Judging):
    """What each threshold brings: of the rows that are the class, how many are found, against false alarms.

    Each curve is one class against all others, from the strictest threshold to the loosest. A curve that climbs at once
    is good; the diagonal is guessing. AUC is the chance that a row of the class gets a higher score than another one.
    Precision and recall tell more where a class is rare.
    """

    title = "ROC"
    icon = "chart-bell-curve-cumulative"
    kinds = ("classes", "labels")
    curve: str = param("roc", "Found against false alarms, or precision against recall.",
                       choices=("roc", "precision and recall"))

    def look(self, at: At) -> Shown:
        found = self.found(at)
        columns, truths = _questions(found)
        names = found.head.names
        scores = {n: area_under(found.said[:, n], truths[:, n]) for n in columns}
        told = [n for n in columns if np.isfinite(scores[n])]
        drawn = sorted(sorted(told, key=lambda n: scores[n])[:CURVES])
        curves = []
        for n in drawn:
            x, y = (roc if self.curve == "roc" else precision_recall)(found.said[:, n], truths[:, n])
            many = len(drawn) > 3 or self.curve != "roc"
            curves.append(Curve(names[n] if many else f"{names[n]} (AUC {scores[n]:.3f})", x, y))
        labels = ("false alarms: share of the others", "found: share of the class") if self.curve == "roc" else \
            ("recall: share of the class that is found", "precision: share of the found that are right")
        mean = float(np.mean([scores[n] for n in told])) if told else float("nan")
        note = f"Mean AUC {mean:.3f}." if len(told) > 1 else f"AUC {mean:.3f}." if told else ""
        note += f" The {CURVES} hardest of {len(told)} are drawn." if len(told) > CURVES else ""
        note += " A class that all rows or none belong to has no curve." if len(told) < len(columns) else ""
        main = Curves(tuple(curves), *labels, diagonal=self.curve == "roc", x_range=(0.0, 1.0), y_range=(0.0, 1.02),
                      title="ROC" if self.curve == "roc" else "Precision and recall",
                      note="" if len(told) > 3 else f"{note} {found.note}".strip())
        if len(told) <= 3:
            return main
        bars = Bars(1 - np.array([scores[n] for n in told]), tuple(names[n] for n in told), signed=False,
                    y_label="1 − AUC: pairs in the wrong order", note=f"{note} {found.note}".strip())
        return Board((main, bars), shares=(2.2, 1.0))


def _questions(found: Judged) -> tuple[list[int], Array]:
    """The classes (or labels) to be told from the others, and n × classes whether it is so."""
    if found.head.kind == "labels":
        return list(range(found.said.shape[1])), np.asarray(found.true > 0.5)
    truths = found.true[:, None] == np.arange(found.said.shape[1])
    return list(range(found.said.shape[1])) if found.said.shape[1] > 2 else [1], truths


class ClassTable(Judging):
    """Each class in numbers.

    Precision: of the rows given this answer, how many are it. Recall: of the rows that are it, how many were found. F1
    is high only where both are. The last row is the plain mean over the classes.
    """

    icon = "table"

    def look(self, at: At) -> Shown:
        found = self.found(at)
        rows = [_figures(name, found.answer == n, found.true == n) for n, name in enumerate(found.head.names)]
        known = [row for row in rows if row[4]]
        worst = min(known, key=lambda row: row[3]) if known and len(rows) > 2 else None
        worst = None if worst is not None and worst[3] == max(row[3] for row in known) else worst
        told = f" The row that stands out is the hardest class: {worst[0]}." if worst is not None else ""
        return Table(("class", "precision", "recall", "F1", "rows"), tuple(rows),
                     total=("mean", *(_mean([row[at] for row in known]) for at in (1, 2, 3)),
                            len(found.true)),
                     marked=frozenset({rows.index(worst)} if worst is not None else ()),
                     title="By class", note=f"{_right(found)}{told} {found.note}".strip())


class LabelTable(Judging):
    """Each question of a network that answers several with yes or no, in numbers.

    A row can have several labels, or none. Precision: of the rows with this answer, how many have the label. Recall: of
    the rows that have it, how many were found.
    """

    icon = "table-check"
    kinds = ("labels",)
    threshold: float = param(0.5, "From which probability on it is a yes.", min=0.0, max=1.0)

    def look(self, at: At) -> Shown:
        found = self.found(at)
        said, true = found.said >= self.threshold, found.true > 0.5
        rows = [(*_figures(name, said[:, n], true[:, n]), int(said[:, n].sum()),
                 float(area_under(found.said[:, n], true[:, n]))) for n, name in enumerate(found.head.names)]
        all_right = int((said == true).all(axis=1).sum())
        return Table(("label", "precision", "recall", "F1", "have it", "said to", "AUC"), tuple(rows),
                     total=("mean", *(_mean([row[at] for row in rows]) for at in (1, 2, 3)),
                            int(true.sum()), int(said.sum()), _mean([row[6] for row in rows])), title="By label",
                     note=f"{ratio(int((said == true).sum()), true.size):.1%} of all answers are right; every label of "
                          f"a row is right for {ratio(all_right, len(true)):.1%} of {len(true):,} rows. {found.note}")


def _figures(name: str, said: Array, true: Array) -> tuple[str, float, float, float, int]:
    """Precision, recall, F1 and how many there are; 0 where there is nothing to divide by."""
    hit = int((said & true).sum())
    precision, recall = ratio(hit, int(said.sum())), ratio(hit, int(true.sum()))
    both = 2 * hit
    return name, precision, recall, ratio(both, int(said.sum()) + int(true.sum())), int(true.sum())


def _mean(values: list[Any]) -> float:
    finite = [float(one) for one in values if np.isfinite(one)]
    return float(np.mean(finite)) if finite else 0.0


class Scores(Judging):
    """What the network says of the chosen sample: how likely each class is.

    One long bar is a sure answer, several of the same length are doubt. An amber bar with ! is a wrong answer.
    """

    icon = "chart-bar"
    kinds = ("classes", "labels")
    costly = False
    show: str = param("probabilities", "Probabilities, or the scores that they are made of.",
                      choices=("probabilities", "scores"))

    def look(self, at: At) -> Shown:
        found = of_rows(at, self.head(at), np.array([at.row]))
        if not len(found.said):
            return Bars(np.zeros(0), note="This sample has no class.")
        last, names = len(found.said) - 1, found.head.names
        values = found.said[last] if self.show == "probabilities" else found.raw[last]
        names = names if len(values) == len(names) else names[-len(values):]
        order = np.sort(np.argsort(-values, kind="stable")[:LISTED]) if len(values) > LISTED else np.arange(len(values))
        bad, words = self._verdict(found, last)
        note = f"The {LISTED} highest of {len(values):,}. " if len(values) > LISTED else ""
        note += f"The last of its {last + 1:,} answers. " if last and found.head.kind == "classes" else ""
        note += "! and amber: what is wrong." if bad.any() else ""
        return Bars(values[order], tuple(names[n] for n in order), signed=self.show == "scores",
                    y_label="probability" if self.show == "probabilities" else "score",
                    bad=tuple(bool(bad[n]) for n in order) if len(bad) == len(values) else (),
                    title=f"Row {at.row + 1:,}: {words}", note=note.strip())

    @staticmethod
    def _verdict(found: Judged, last: int) -> tuple[Array, str]:
        names = found.head.names
        if found.head.kind == "labels":
            said, true = found.said[last] >= 0.5, found.true[last] > 0.5
            listed = ", ".join(name for name, one in zip(names, said, strict=True) if one) or "none"
            right = ", ".join(name for name, one in zip(names, true, strict=True) if one) or "none"
            return said != true, f"{listed} (right)" if (said == true).all() else f"{listed}, but it is {right}"
        answer, truth = int(found.answer[last]), int(found.true[last])
        words = f"{names[answer]}, {found.sure[last]:.1%} sure"
        wrong = (np.arange(len(names)) == answer) & (answer != truth)
        return wrong, f"{words} (right)" if answer == truth else f"{words}, but it is {names[truth]}"


DECIDING: tuple[type[View], ...] = (Confusion, ClassTable, LabelTable, Roc, Calibration, Scores)
