"""What a view answers: plain values in numpy, with titles, names and units. Each kind has one drawing in `layout`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.colours import Map
from neuralgraph.figures.csv_text import csv_text

Array = NDArray[Any]
Names = tuple[str, ...]
Keys = tuple[int, ...]
"""What a spot stands for, such as the number of a row of the data: a click on it can go there."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """`title` heads the figure, `note` says in words what was left out, assumed or worth seeing."""

    title: str = ""
    note: str = ""

    def csv(self) -> str:
        """The numbers behind the picture, exactly."""
        raise NotImplementedError


@dataclass(frozen=True)
class Pen:
    """What a hand may change in a figure: an `option` of the view, a text with one sign for every entry.

    `signs` are those that a click goes through, `names` what a table writes for each and `values` what a grid shows.
    The entries are the cells of a matrix, row by row, or the rows of a table, which says it in its `column`.
    """

    option: str
    text: str
    signs: str = "01"
    names: Names = ("no", "yes")
    values: tuple[float, ...] = (-1.0, 1.0)
    column: int = 0
    picks: bool = False
    """It chooses one entry: the text is its number."""

    def next(self, entry: int) -> str:
        """The sign that a click puts in place of the present one; the last one where there is none yet."""
        if self.picks:
            return self.signs[-1]
        at = self.signs.find(self.text[entry])
        return self.signs[(at + 1) % len(self.signs)] if at >= 0 else self.signs[-1]

    def having(self, entry: int, sign: str) -> Pen:
        """With one entry set; those that nobody has set become the first sign."""
        if self.picks:
            return replace(self, text=str(entry))
        signs = [one if one in self.signs else self.signs[0] for one in self.text]
        signs[entry] = sign
        return replace(self, text="".join(signs))


@dataclass(frozen=True, eq=False)
class Grid(Shown):
    """Numbers as colours with a colour bar. `values` is (rows, columns), or (tiles, rows, columns).

    `extent` (left, right, bottom, top) are what the outer edges stand for: row 0 is at the bottom then, else on top.
    `row_names`, `column_names` and `tile_names` are those of the entries; `marked` (row, column) spots get a frame,
    `boxes` (row, column, rows, columns) one around several.
    """

    values: Array
    map: Map = "signed"
    limits: tuple[float, float] | None = None
    extent: tuple[float, float, float, float] | None = None
    row_names: Names = ()
    column_names: Names = ()
    tile_names: Names = ()
    x_label: str = ""
    y_label: str = ""
    marked: tuple[tuple[int, int], ...] = ()
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    keys: Keys = ()
    """One a tile."""
    whole: bool = False
    """The numbers are counts."""
    smooth: bool = False
    across: int = 0
    """So many tiles in a row; 0: as many as fit best."""
    aspect: float = 0.0
    """The height of a tile by its width; 0: cells are squares."""
    behind: tuple[Keys, ...] = ()
    """What each cell of a matrix stands for, row by row: numbers of rows of the data, say."""
    levels: tuple[float, ...] = ()
    """Numbers at which a line is drawn along the slope, over an `extent`."""
    path: Array | None = None
    """A walk over an `extent`: (n, 2), from a ring to a dot."""
    bar: str = ""
    """What the numbers of the colour bar are."""
    scale: bool = True
    """Whether there is a colour bar."""
    pen: Pen | None = None

    def csv(self) -> str:
        tiles = self.values if self.values.ndim == 3 else self.values[None]
        blocks = []
        for number, tile in enumerate(tiles):
            head = [["", *self.column_names]] if self.column_names else []
            names = self.row_names or ("",) * len(tile)
            rows = [([name] if self.row_names else [""] if head else []) + list(row)
                    for name, row in zip(names, tile.tolist(), strict=True)]
            title = [[self.tile_names[number]]] if number < len(self.tile_names) else []
            blocks.append(csv_text([*title, *head, *rows]))
        return "\n".join(blocks)


@dataclass(frozen=True, eq=False)
class Pictures(Shown):
    """Images side by side: `images` is (n, h, w) or (n, h, w, 3), `across` in a row, dark to bright from low to high.

    `captions` stand below each; `row_names` at the left of each row; `keys` one an image. With `heat` of the same
    (n, h, w) the numbers 0 … 1 are laid over the images in colour, NaN over none.
    """

    images: Array
    captions: Names = ()
    across: int = 8
    row_names: Names = ()
    limits: tuple[float, float] | None = None
    keys: Keys = ()
    heat: Array | None = None
    wrong: tuple[bool, ...] = ()
    """Images with a cross and a red caption."""

    def csv(self) -> str:
        flat = self.images.reshape(len(self.images), -1)
        return csv_text([caption, *row] for caption, row in
                     zip(self.captions or map(str, range(len(flat))), flat.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Bars(Shown):
    """A bar a number, from zero; `spread` (± around each) as a whisker, `kinds` say the series of each bar."""

    values: Array
    names: Names = ()
    spread: Array | None = None
    y_label: str = ""
    x_label: str = ""
    log: bool = False
    signed: bool = True
    """Blue above zero and orange below; else all in the colour of the first series."""
    bad: tuple[bool, ...] = ()
    """Bars that are worth a warning."""
    y_range: tuple[float, float] | None = None
    lines: tuple[tuple[float, str], ...] = ()
    """Dotted lines across, each with its words: what the bars are to be held against."""
    later: bool = False
    """Bars without a number are drawn open: it comes later."""

    def csv(self) -> str:
        names = self.names or tuple(map(str, range(len(self.values))))
        if self.spread is None:
            return csv_text([name, value] for name, value in zip(names, self.values.tolist(), strict=True))
        return csv_text([["name", "value", "spread"], *(
            [*row] for row in zip(names, self.values.tolist(), self.spread.tolist(), strict=True))])


@dataclass(frozen=True, eq=False)
class Distribution(Shown):
    """Counts between edges. Several rows of counts, with a name each, are drawn over one another."""

    counts: Array
    edges: Array
    names: Names = ()
    x_label: str = ""

    def csv(self) -> str:
        counts = np.atleast_2d(self.counts)
        heads = ["from", "to", *(self.names or ("count",) * len(counts))]
        rows = zip(self.edges[:-1].tolist(), self.edges[1:].tolist(), *counts.tolist(), strict=True)
        return csv_text([heads, *rows])


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through (x, y); NaN is a gap. `band` (2, n) are the lower and the upper ends of an area around it."""

    name: str
    x: Array
    y: Array
    dashed: bool = False
    dots: bool = False
    band: Array | None = None
    ghost: bool = False


@dataclass(frozen=True, eq=False)
class Curves(Shown):
    """Lines over axes. `diagonal` draws x = y as a ghost; `at` are dotted verticals, each with its words."""

    curves: tuple[Curve, ...]
    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    diagonal: bool = False
    square: bool = False
    at: tuple[tuple[float, str], ...] = ()
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None

    def csv(self) -> str:
        rows: list[Sequence[Any]] = [["curve", self.x_label or "x", self.y_label or "y"]]
        for one in self.curves:
            rows += [[one.name, x, y] for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True)]
        return csv_text(rows)


@dataclass(frozen=True, eq=False)
class Area:
    """The ground under points: `values` (rows, columns), row 0 at the bottom, over `extent` (left, right, bottom, top).

    Numbers are −1 … +1 on the signed map, or the number of a class where `classes` is more than 2. The contour is at
    zero, or between classes.
    """

    values: Array
    extent: tuple[float, float, float, float]
    classes: int = 2
    limits: tuple[float, float] | None = None
    """What −1 and +1 stand for: a colour bar tells it; 0 stands for what is half-way."""


@dataclass(frozen=True, eq=False)
class Points(Shown):
    """Dots at `xy` (n, 2); `kinds` (n) gives shape and colour by class with `names`; `keys` one a dot."""

    xy: Array
    kinds: Array | None = None
    names: Names = ()
    x_label: str = ""
    y_label: str = ""
    area: Area | None = None
    curves: tuple[Curve, ...] = ()
    diagonal: bool = False
    square: bool = False
    keys: Keys = ()
    labels: Names = ()
    """Words beside each dot, for a few."""

    def csv(self) -> str:
        kinds = self.kinds if self.kinds is not None else np.zeros(len(self.xy), int)
        heads = [self.x_label or "x", self.y_label or "y", *(["kind"] if self.kinds is not None else [])]
        rows = [[*xy, *([self.names[int(kind)] if 0 <= int(kind) < len(self.names) else int(kind)]
                        if self.kinds is not None else [])]
                for xy, kind in zip(self.xy.tolist(), kinds.tolist(), strict=True)]
        return csv_text([heads, *rows])


@dataclass(frozen=True, eq=False)
class Surface(Shown):
    """A height over a plane, seen from the side: `z` (rows, columns), row 0 nearest at `y_range[0]`.

    `turn` and `tilt` are degrees. `points` (n, 3) are dots in the same units, by `kinds`. The height goes from one end
    of `z_range` to the other; without it, from the lowest to the highest number.
    """

    z: Array
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str = ""
    y_label: str = ""
    z_label: str = ""
    turn: float = 30.0
    tilt: float = 35.0
    points: Array | None = None
    kinds: Array | None = None
    path: Array | None = None
    """A walk over it: (n, 3)."""
    z_range: tuple[float, float] | None = None

    def csv(self) -> str:
        rows, columns = self.z.shape
        xs, ys = np.linspace(*self.x_range, columns), np.linspace(*self.y_range, rows)
        return csv_text([["", *xs.tolist()], *([y, *row] for y, row in zip(ys.tolist(), self.z.tolist(), strict=True))])


@dataclass(frozen=True, eq=False)
class Table(Shown):
    """Rows of words and numbers; numbers stand at the right. `keys` one a row; `marked` rows stand out."""

    columns: Names
    rows: tuple[tuple[Any, ...], ...]
    keys: Keys = ()
    marked: frozenset[int] = frozenset()
    total: tuple[Any, ...] = ()
    pen: Pen | None = None

    def csv(self) -> str:
        return csv_text([self.columns, *self.rows, *([self.total] if self.total else [])])


@dataclass(frozen=True, eq=False)
class Words(Shown):
    """Words in a row, each on a ground as strong as its weight by the largest; `signed` weights are written below."""

    words: Names
    weights: Array
    signed: bool = False

    def csv(self) -> str:
        return csv_text([word, weight] for word, weight in zip(self.words, self.weights.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Figures(Shown):
    """A few numbers by name, large, with `digits` figures or, at 0, about three."""

    rows: tuple[tuple[str, Any, str], ...]
    """Each is (name, value, words that explain it)."""
    digits: int = 0

    def csv(self) -> str:
        return csv_text([name, value] for name, value, _ in self.rows)


@dataclass(frozen=True, eq=False)
class Strips(Shown):
    """A dot for each of `runs` in a strip for each of `names`; `values` is (runs, names), `keys` one a run."""

    values: Array
    names: Names
    runs: Names
    keys: Keys = ()

    def marks(self, figure: int) -> tuple[float, float, float]:
        """Least, median and greatest of a figure; NaN where no run has it."""
        kept = self.values[:, figure][np.isfinite(self.values[:, figure])]
        return (float(kept.min()), float(np.median(kept)), float(kept.max())) if len(kept) else (np.nan,) * 3

    def csv(self) -> str:
        marks = [self.marks(figure) for figure in range(len(self.names))]
        named = ([name, *(one[at] for one in marks)] for at, name in enumerate(("min", "median", "max")))
        rows = ([run, *row] for run, row in zip(self.runs, self.values.tolist(), strict=True))
        return csv_text([["run", *self.names], *rows, *named])


@dataclass(frozen=True, eq=False)
class Cell(Shown):
    """A unit as a nerve cell: what comes in along each dendrite, the sum in the soma, what leaves along the axon.

    `inputs` and `weights` are n numbers with `names`; `rest` is what all inputs that are not drawn bring together.
    `total` is the sum with the `bias`, `value` what `function` makes of it. `spikes` says for each step whether it
    fires, which it does with `chance`.
    """

    names: Names
    inputs: Array
    weights: Array
    bias: float
    total: float
    function: str
    value: float
    spikes: Array
    chance: float
    rest: tuple[str, float] | None = None

    def csv(self) -> str:
        rows: list[Sequence[Any]] = [["input", "value", "weight", "product"]]
        rows += [[name, x, w, x * w] for name, x, w in zip(self.names, self.inputs.tolist(), self.weights.tolist(),
                                                           strict=True)]
        rows += [[self.rest[0], "", "", self.rest[1]]] if self.rest is not None else []
        rows += [["bias", "", "", self.bias], ["sum", "", "", self.total], [self.function, "", "", self.value],
                 ["chance to fire", "", "", self.chance], ["share of steps", "", "", float(self.spikes.mean())]]
        return csv_text(rows)


@dataclass(frozen=True, eq=False)
class Board(Shown):
    """Several figures, each with its title, `across` in a row: 0 is as many as suit the room."""

    parts: tuple[Shown, ...]
    across: int = 0
    shares: tuple[float, ...] = field(default=())
    """How the height is shared between them where they stand one below the other, or the width side by side."""

    spacing: ClassVar[int] = 16

    def csv(self) -> str:
        return "\n".join(f"{one.title}\n{one.csv()}" if one.title else one.csv() for one in self.parts)
