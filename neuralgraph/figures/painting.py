"""A hand in a figure: what it shows with another entry set, before a view has answered anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuralgraph.figures.shown import Board, Grid, Pen, Shown, Table


def pen_of(what: Shown | None) -> Pen | None:
    """The pen of a figure, or of the first of several that has one."""
    match what:
        case Grid() | Table():
            return what.pen
        case Board():
            return next((pen for part in what.parts if (pen := pen_of(part)) is not None), None)
        case _:
            return None


def painted(what: Shown, pen: Pen) -> Shown:
    """The figure as the pen says it; parts without one stay as they are."""
    match what:
        case Board():
            return replace(what, parts=tuple(painted(part, pen) if pen_of(part) is not None else part
                                             for part in what.parts))
        case Grid() if what.pen is not None and pen.picks:
            return replace(what, pen=pen, marked=(divmod(int(pen.text), np.shape(what.values)[1]),))
        case Grid() if what.pen is not None:
            worth = dict(zip(pen.signs, pen.values, strict=True))
            cells = [worth.get(one, old) for one, old in zip(pen.text, np.ravel(what.values).tolist(), strict=True)]
            return replace(what, values=np.array(cells).reshape(np.shape(what.values)), pen=pen)
        case Table() if what.pen is not None:
            names = dict(zip(pen.signs, pen.names, strict=True))
            rows = tuple((*row[:pen.column], names.get(sign, ""), *row[pen.column + 1:])
                         for row, sign in zip(what.rows, pen.text, strict=True))
            return replace(what, rows=rows, pen=pen)
        case _:
            return what
