"""What an input of a network is to people: a picture, words, a row of a table; and numbers of it shown as that."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.explain.rows import Rows
from neuralgraph.figures.shown import Bars, Grid, Pictures, Shown, Words

Array = NDArray[Any]
Kind = Literal["picture", "words", "table", "numbers"]
MOST_BARS = 40
MOST_WORDS = 200
FILLING = "·"
"""What stands where a text was filled up to its length."""


def kind(program: Program, rows: Rows | None, key: str) -> Kind:
    """What the input of this key is."""
    id, output = program._sources[key]
    spec = program.inference.specs[id][output]
    if len(spec.shape) == 4 and spec.shape[1] in (1, 3):
        return "picture"
    if rows is not None and rows.tokens and spec.dtype == "int64":
        return "words"
    return "table" if len(spec.shape) == 2 else "numbers"


def picture(one: Array) -> Array:
    """(channels, h, w) as (h, w), or (h, w, 3) for colours."""
    return np.asarray(one[0] if len(one) == 1 else np.moveaxis(one[:3], 0, -1), dtype=float)


def words(rows: Rows, one: Array) -> tuple[str, ...]:
    """The words that whole numbers stand for; a line break and a space as signs that can be seen."""
    signs = {"\n": "⏎", " ": "␣", "\t": "⇥"}
    found = (rows.tokens[int(n)] if 0 <= int(n) < len(rows.tokens) else "?" for n in one.reshape(-1))
    return tuple(signs.get(word, word) or FILLING for word in found)


def text(rows: Rows, one: Array, most: int = 80) -> str:
    """Whole numbers as the text that they stand for, without the filling at its ends."""
    found = [rows.tokens[int(n)] for n in one.reshape(-1)[:most] if 0 <= int(n) < len(rows.tokens)]
    between = " " if max(map(len, rows.tokens), default=0) > 1 else ""
    return between.join(word for word in found if word not in ("", FILLING)).strip()


def features(program: Program, rows: Rows | None, key: str, count: int) -> tuple[str, ...]:
    """What the columns of an input are called."""
    names = rows.features if rows is not None else ()
    return names if len(names) == count else tuple(f"input {n}" for n in range(count))


def heat(program: Program, rows: Rows | None, key: str, one: Array, weight: Array, *, title: str, unit: str,
         note: str) -> tuple[Shown, ...]:
    """How much each place of one input matters: over the picture, at the words, or as bars by feature."""
    match kind(program, rows, key):
        case "picture":
            whole = weight.sum(axis=0) if weight.ndim == 3 else weight
            return (overlaid(picture(one), np.abs(whole), title, note),
                    Grid(whole, title=unit, note=""))
        case "words":
            assert rows is not None
            flat, said = weight.reshape(one.size, -1).sum(axis=1), words(rows, one)
            told = [n for n, word in enumerate(said) if word != FILLING][:MOST_WORDS]
            return (Words(tuple(said[n] for n in told), flat[told], signed=True, title=title,
                          note=f"Below each word: {unit}. {note}".strip()),)
        case "table":
            return (ranked(weight.reshape(-1), features(program, rows, key, weight.size), title, unit, note),)
        case _:
            steps = weight.reshape(weight.shape[0], -1) if weight.ndim > 1 else weight[:, None]
            if steps.shape[1] == 1:
                return (Bars(steps[:, 0], title=title, note=note, x_label="step", y_label=unit),)
            return (Grid(steps, title=title, note=note, x_label="number", y_label="step", bar=unit),)


def overlaid(image: Array, strength: Array, title: str, note: str, captions: tuple[str, ...] = ()) -> Pictures:
    """A picture beside the same one with heat over it; 1 is the hottest place."""
    most = float(strength.max(initial=0)) or 1.0
    return Pictures(np.stack([image, image]), captions or ("the input", "what mattered"), across=2,
                    heat=np.stack([np.full(strength.shape, np.nan), strength / most]), title=title, note=note)


def ranked(values: Array, names: tuple[str, ...], title: str, unit: str, note: str = "",
           spread: Array | None = None) -> Bars:
    """Bars by feature, the strongest first where there are many."""
    order = np.arange(len(values))
    if len(values) > MOST_BARS:
        order = np.sort(np.argsort(-np.abs(values), kind="stable")[:MOST_BARS])
        note = f"{note} The {MOST_BARS} strongest of {len(values):,} are drawn.".strip()
    return Bars(values[order], tuple(names[n] for n in order), spread=spread[order] if spread is not None else None,
                y_label=unit, title=title, note=note)
