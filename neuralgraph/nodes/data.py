"""Nodes that bring data into the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neuralgraph.spec import Call, Columns, Node, param, source

BUNDLED = ("digits", "iris", "wine", "breast_cancer", "diabetes")
PLAYGROUND = ("circle", "xor", "gauss", "spiral", "plane", "gauss_regression")
CLOUDS = ("moons", "blobs", "ring", "rings")
TABLES = ("and_table", "or_table", "xor_table", "letters", "bars_and_stripes")
SEQUENCES = ("sine", "two_tone", "logistic_map", "latch")
DRAWN = ("edges", "sentiment", "toxicity")


class _Source(Node):
    category = "Data"
    group = "Sources"
    role = "source"

    def outputs(self) -> tuple[str, ...]:
        return ("x", "y")

    def call(self) -> Call:
        return source()


class Dataset(_Source):
    """A data set that comes with the program: nothing is downloaded.

    **Real measurements:** `digits` (1,797 handwritten digits of 8 × 8 pixels, 0 … 1), `iris` (150 flowers, 3 kinds),
    `wine` (178 wines, 3 growers), `breast_cancer` (569 tumours, malignant or benign), `diabetes` (442 patients; the
    number to predict is the progress of the disease). **Points in the plane,** drawn anew from `seed`, as in TensorFlow
    Playground: `circle`, `xor`, `gauss` and `spiral` have two classes; `plane` and `gauss_regression` a number between
    −1 and 1. `moons` has two classes, `blobs` and `rings` three, and `ring` is eight small clouds on a circle. **Tiny
    tables:** `and_table`, `or_table` and `xor_table` have the four rows of a truth table; `letters` the letters A, B
    and C as 5 × 6 bitmaps, 30 numbers 0 or 1 each (OneHot turns their classes into three numbers); `bars_and_stripes`
    all 14 bitmaps of 3 × 3 that are one or the other. **Sequences:** `sine`, `two_tone` and `logistic_map` (chaos) ask
    for the term after a window of `length` terms; the first windows train, later ones validate. In `latch` the sign of
    the first of `length` terms is to be told after the last. **Pictures:** `edges`, 9 × 9 pixels, lying or standing.
    **Texts** of up to 20 made-up words as whole numbers (0 fills up): in `sentiment` three words of praise or blame
    decide, and «not» turns the next one round; `toxicity` has three answers at once, yes (1) or no (0).

    Example (name = and_table): → x = [[0, 0], [0, 1], [1, 0], [1, 1]], y = [0, 0, 0, 1]
    Example (name = digits): → x = 1797 × 1 × 8 × 8
    Outputs: x N × features (digits: N × 1 × 8 × 8); y classes (int64, N) or numbers (float32, N × 1)
    """

    synonyms = ("data", "digits", "iris", "wine", "breast cancer", "diabetes", "playground", "spiral", "letters",
                "moons", "blobs", "sine", "chaos", "reviews", "bars and stripes", "memory", "toy data")

    name: str = param("digits", "Which data set.", choices=BUNDLED + PLAYGROUND + CLOUDS + TABLES + SEQUENCES + DRAWN,
                      row="set")
    samples: int = param(500, "How many samples are drawn (drawn sets only).", min=10, max=100_000)
    noise: float = param(0.0, "How much chance blurs them; of texts, the share of wrong answers (drawn sets only).",
                         min=0.0, max=0.5)
    length: int = param(16, "Terms in a sequence (sequences only).", min=1, max=200, advanced=True)
    seed: int = param(0, "The same seed draws the same points.", min=0, advanced=True)
    target: str = param(
        "class", "Labels as classes (for CrossEntropyLoss) or as numbers N × 1 (for BCEWithLogitsLoss, MSELoss).",
        choices=("class", "number"))


class Csv(_Source):
    """A table from a file: one row per sample, columns to learn from and one or more to predict.

    CSV, TSV and other text files are read, and Parquet where pyarrow is installed (`neuralgraph[parquet]`). Separator,
    decimal comma, encoding and header are found by themselves. In `columns` every column has a **role** (input, target,
    group, left out) and a **kind**. Rows of one *group* (a patient, a place) stay together where the plan splits by
    groups. A *number* is taken as it is; a *date* becomes the days since the start of 2000; a
    *category* becomes one column for each of its texts (one-hot); *text* that is different in nearly every row is left
    out, and said. A target of texts, or of a few whole numbers, becomes classes; any other is a number to predict.
    Several targets are numbers, or texts of two kinds as 0 and 1.

    Nothing is repaired in silence: a row of another length, a missing value or a text among numbers is named with its
    line and column, unless `missing` says what to do.

    Example (path = "width,height,kind" "1,2,cat" "3,4,dog"): → x = [[1, 2], [3, 4]], y = [0, 1]
    Example (path = "a,kind" "1,3" ",5" "3,7", missing = mean, mark = yes): → x = [[1, 0], [2, 1], [3, 0]],
    y = [0, 1, 2], for the mean of 1 and 3 is 2.
    Outputs: x N × features (float32); y classes (int64, N) or numbers (float32, N × targets)
    """

    synonyms = ("table", "tsv", "spreadsheet", "excel", "file", "tabular", "parquet", "columns", "data frame")

    path: Path = param(
        "", "The file; relative to the folder of the document.",
        files="Tables (*.csv *.tsv *.txt *.parquet)", row="file")
    target: str = param(
        "-1", "The column to predict, by its name or number (0 is the first, -1 the last), unless the columns say it.",
        row="target")
    columns: Columns = param((), "What every column is for, and how it is read.")
    header: str = param("auto", "Does the first line name the columns?", choices=("auto", "yes", "no"))
    separator: str = param(
        "auto", "What stands between the columns.", choices=("auto", "comma", "semicolon", "tab", "space", "bar"))
    task: str = param("auto", "Predict a class or a number.", choices=("auto", "class", "number"))
    missing: str = param(
        "stop", "Where a value is missing: stop and say where, skip the row, or fill it with the column's mean or "
        "median. The mean of all rows is taken, also of those that validate.",
        choices=("stop", "skip rows", "mean", "median"))
    mark: bool = param(False, "Beside a column with filled gaps stands another one: 1 where the value was missing.")
    encoding: str = param(
        "auto", "How the file writes letters.", choices=("auto", "utf-8", "utf-16", "windows-1252"), advanced=True)
    decimal: str = param("auto", "The decimal sign.", choices=("auto", "point", "comma"), advanced=True)

    def __init__(self, **values: Any) -> None:
        target = values.get("target")
        if isinstance(target, int) and not isinstance(target, bool):
            values["target"] = str(target)
        super().__init__(**values)


class IdxImages(_Source):
    """Grey images with labels in the IDX files of MNIST, plain or `.gz`.

    `path` is a folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`; if `t10k-images-idx3-ubyte` and its
    labels lie beside them, they are the test set and are never trained on. Or it is one file of images, with its labels
    beside it.

    Outputs: x N × 1 × height × width (float32, 0 … 1); y classes (int64, N)
    """

    synonyms = ("mnist", "fashion mnist", "images", "idx", "ubyte", "handwriting")

    path: Path = param("", "The folder; relative to the folder of the document.", files="folder", row="folder")


class Noise(_Source):
    """Random numbers, drawn once: the same seed gives the same numbers in every run.

    `normal` has mean 0 and spread 1, `uniform` lies evenly between 0 and 1, `bernoulli` is 1 as often as `p` says, else
    0. `scale` and `shift` are applied afterwards: $y = scale · x + shift$. It has as many rows as the other data nodes
    of the graph, and is read row by row with them; alone 1,000, unless `samples` says otherwise. For numbers that are
    new at every step take RandnLike, RandLike or Bernoulli.

    Example (distribution = bernoulli, p = 1, shape = (2,), samples = 2, scale = 3, shift = -1): → x = [[2, 2], [2, 2]],
    for 3 · 1 − 1 = 2.
    Example (shape = (2, 3), samples = 5): → x = 5 × 2 × 3
    Outputs: x N × shape (float32)
    """

    synonyms = ("random", "normal", "gaussian", "uniform", "bernoulli", "latent", "generator input")

    distribution: str = param("normal", "How the numbers lie.", choices=("normal", "uniform", "bernoulli"), row="kind")
    shape: tuple[int, ...] = param((16,), "Shape of one sample.", min=1, max=2**20, row="shape")
    seed: int = param(0, "The same seed draws the same numbers.", min=0, row="seed")
    samples: int | None = param(None, "How many rows; empty: as many as the other data nodes have.", min=1,
                                max=10_000_000)
    p: float = param(0.5, "How often 1 comes (bernoulli only).", min=0.0, max=1.0)
    scale: float = param(1.0, "What the numbers are multiplied by.", min=-1e6, max=1e6, advanced=True)
    shift: float = param(0.0, "What is added afterwards.", min=-1e6, max=1e6, advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return ("x",)
