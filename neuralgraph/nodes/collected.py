"""Nodes whose data a user brings in another way than a file: painted with the mouse, fetched by name."""

from __future__ import annotations

from neuralgraph.nodes.data import _Source
from neuralgraph.spec import Columns, Points, param

EDGE = 6.0
"""Painted points lie between −6 and 6, as those of the playground do."""


class PaintedPoints(_Source):
    """Points in the plane that you paint with the mouse, two to six classes or a value each.

    Choose it on the canvas and paint on the pad in its properties: a click sets a point, *Spray* many around the mouse,
    *Erase* takes some away. They are part of the document: every stroke can be undone, and the file carries them. Both
    coordinates lie between −6 and 6. In a class, points are 0, 1, 2 …; as numbers, each has the value that is set while
    it is painted.

    Example (points = ((1, 2, 0), (-3, 4, 1))): → x = [[1, 2], [-3, 4]], y = [0, 1]
    Example (points = ((1, 2, 0.5), (-3, 4, -1)), task = number): → x = [[1, 2], [-3, 4]], y = [[0.5], [-1]]
    Outputs: x N × 2 (float32); y classes (int64, N) or numbers (float32, N × 1)
    """

    synonyms = ("paint", "draw points", "mouse", "own points", "spray", "hand-drawn data", "toy data")

    points: Points = param((), "The points, each with its class or value.", min=-EDGE, max=EDGE)
    task: str = param("class", "Points have a class, or a number.", choices=("class", "number"), row="with a")
    classes: int = param(2, "How many classes there are.", min=2, max=6, row="classes")


class OpenML(_Source):
    """A data set of openml.org by its name, such as credit-g: fetched once, when you say so.

    Opening a document fetches nothing: the problem of this node offers it, and `neuralgraph fetch FILE` does it. Only
    the name goes to openml.org; at most 134 MB come back, through scikit-learn, and stay in the cache folder of this
    computer, so that it is read without the network from then on. What is to be predicted is what OpenML says, unless
    `target` or `columns` says otherwise. Columns are treated as in Csv.

    Outputs: x N × features (float32); y classes (int64, N) or numbers (float32, N × targets)
    """

    synonyms = ("openml", "download", "internet", "benchmark data", "uci", "titanic", "adult", "credit-g")

    name: str = param("", "Its name on openml.org; capitals do not matter.", row="set")
    version: int = param(0, "Which version of it; 0 takes the first that is active.", min=0, max=100_000)
    target: str = param("", "The column to predict, by its name; empty: the one that OpenML says.")
    columns: Columns = param((), "What every column is for, and how it is read.")
    task: str = param("auto", "Predict a class or a number.", choices=("auto", "class", "number"))
    missing: str = param(
        "stop", "Where a value is missing: stop and say where, skip the row, or fill it with the column's mean or "
        "median. The mean of all rows is taken, also of those that validate.",
        choices=("stop", "skip rows", "mean", "median"))
    mark: bool = param(False, "Beside a column with filled gaps stands another one: 1 where the value was missing.")
