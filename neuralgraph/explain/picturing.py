"""Rows of a source as pictures, where they are any."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.cards import bitmap
from neuralgraph.explain.rows import Rows

Array = NDArray[Any]


def pictured(rows: Rows, values: Array) -> Array | None:
    """n × … as n × h × w, or n × h × w × 3; None where these numbers are no pictures."""
    if values.dtype.kind != "f":
        return None
    if values.ndim == 4 and values.shape[1] == 1:
        return np.asarray(values[:, 0])
    if values.ndim == 4 and values.shape[1] == 3:
        return np.asarray(np.moveaxis(values, 1, -1))
    if values.ndim == 3 and min(values.shape[1:]) > 3 and not rows.features:
        return values
    size = bitmap(rows.features) if values.ndim == 2 and len(rows.features) == values.shape[1] else None
    return values.reshape(-1, *size) if size is not None else None


def sentence(tokens: tuple[str, ...], numbers: Array, most: int = 24) -> str:
    """The words of a row of a text, without the filling."""
    words = [tokens[int(one)] for one in numbers.reshape(-1) if 0 <= int(one) < len(tokens) and int(one) != 0]
    glue = "" if all(len(one) == 1 for one in tokens[2:40]) else " "
    text = glue.join(words[:most]) + ("…" if len(words) > most else "")
    return "".join(one if one.isprintable() else " " for one in text)
