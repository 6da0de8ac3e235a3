"""Points that were painted: they are in the document."""

from __future__ import annotations

import numpy as np

from neuralgraph.data.delivery import Delivery, classified, measured
from neuralgraph.errors import DataError
from neuralgraph.spec import Points, Spec

FEATURES = ("x1", "x2")


def describe_painted(points: Points, task: str, classes: int) -> dict[str, Spec]:
    """Shape and classes, as they are for any points."""
    y = Spec(("N",), "int64", classes, "class") if task == "class" else Spec(("N", 1), "float32", None, "value")
    _checked(points, task, classes)
    return {"x": Spec(("N", 2), "float32", None, "point"), "y": y}


def painted(points: Points, task: str, classes: int) -> Delivery:
    """x N × 2, y a class (N) or a number (N × 1); `DataError` where there are no points, or one of another class."""
    _checked(points, task, classes)
    table = np.array(points, np.float64)
    if task == "number":
        return measured(table[:, :2], table[:, 2], x_label="point", feature_names=FEATURES)
    names = tuple(str(one) for one in range(classes))
    return classified(table[:, :2], table[:, 2], names, x_label="point", feature_names=FEATURES)


def _checked(points: Points, task: str, classes: int) -> None:
    if not points:
        raise DataError("Nothing is painted yet. Choose this node and paint points on the pad in its properties.")
    odd = next((at for at, (_, _, value) in enumerate(points) if value not in range(classes)), None)
    if odd is not None and task == "class":
        raise DataError(f"Point {odd} has the class {points[odd][2]:g}, but the classes are 0 to {classes - 1}. Allow "
                        "more classes, or erase it.", row=odd)
