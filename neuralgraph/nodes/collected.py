"""Nodes whose data a user brings in another way than a file: painted with the mouse, fetched by name."""

from __future__ import annotations

from neuralgraph.nodes.data import _Source
from neuralgraph.spec import Points, param

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
