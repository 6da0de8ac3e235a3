"""Nodes that bring files into the graph: images, arrays, texts and series, as people have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neuralgraph.nodes.data import _Source
from neuralgraph.spec import Size, param

RELATIVE = "relative to the folder of the document"


class ImageFolder(_Source):
    """Images sorted into folders, one folder for each class: any size, grey or colour.

    `path` is a folder with `cat/1.jpg`, `dog/2.png` and so on, or a `.zip` of such folders, which is read in place.
    Where there are `train/cat/1.jpg` and `test/cat/2.jpg`, the second are the test set and are never trained on (the
    test set may also be called `val`). Every image is brought to one `size`, in grey or colour; what is transparent
    lies on white. Where all images together take more than 2.1 GB as numbers they stay on the disk, and are read while
    training. PNG, JPEG, BMP, GIF, WebP, PPM and TIFF are read. An image that is cut off is named.

    Outputs: x N × 3 (grey: 1) × height × width (float32, 0 … 1); y classes (int64, N)
    """

    synonyms = ("images", "photos", "pictures", "folder", "png", "jpg", "jpeg", "zip", "image dataset", "cifar")

    path: Path = param("", f"The folder, or a .zip of such folders; {RELATIVE}.",
                       files="folder or Archives (*.zip)", row="folder")
    size: Size = param(32, "Height and width that every image is brought to.", min=1, max=2048, row="size")
    colour: str = param("colour", "Three colours, or one grey.", choices=("colour", "grey"), row="in")
    fit: str = param("stretch", "How an image of another shape fits: stretched, its middle cut out, or black borders.",
                     choices=("stretch", "crop", "pad"))
    most: int = param(0, "At most so many images of each class, the first by name; 0 takes all.", min=0, advanced=True)
    together: str = param("", "Images whose names begin alike up to this sign, such as _, belong together in a split "
                          "by groups: those of one patient.", advanced=True)


class CifarBinary(_Source):
    """CIFAR-10 or CIFAR-100 in its binary version: 32 × 32 colour images.

    `path` is the folder with `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`, or with `train.bin` and
    `test.bin` of CIFAR-100. The test batch is the test set and is never trained on. The names of the classes come from
    the text file that lies beside them.

    Outputs: x N × 3 × 32 × 32 (float32, 0 … 1); y classes (int64, N)
    """

    synonyms = ("cifar", "cifar-10", "cifar-100", "images", "bin")

    path: Path = param("", f"The folder; {RELATIVE}.", files="folder", row="folder")
    labels: str = param("fine", "CIFAR-100: the 100 fine classes, or the 20 coarse ones.", choices=("fine", "coarse"),
                        advanced=True)


class Npz(_Source):
    """Arrays that NumPy saved in a .npz file: one with the samples, one with what to predict.

    The first axis counts samples. Whole numbers to predict become classes, others numbers. If an array is not there,
    `x_train` and `y_train` are taken, and `x_test` and `y_test` become the test set, which is never trained on. 8-bit
    images (N × height × width, or with 1 or 3 colours at the end) become numbers from 0 to 1 with the colours in front.
    Objects and texts are refused: they could run a program.

    Outputs: x N × … (float32); y classes (int64, N) or numbers (float32, N × …)
    """

    synonyms = ("numpy", "array", "npy", "savez", "matrix")

    path: Path = param("", f"The file; {RELATIVE}.", files="NumPy (*.npz)", row="file")
    x: str = param("x", "The name of the array with the samples.", row="x")
    groups: str = param("", "The name of an array that says which samples belong together in a split by groups.",
                        advanced=True)
    y: str = param("y", "The name of the array with what to predict.", row="y")
    task: str = param("auto", "Predict a class or a number.", choices=("auto", "class", "number"))


class TextFile(_Source):
    """Text as whole numbers: words, characters or bytes, to classify or to tell what comes next.

    **class:** every line is a sample. `path` is a folder with one file for each class (`reviews.neg`, `reviews.pos`),
    a folder with a folder for each class (every file in it is a sample; `train` and `test` as in ImageFolder), or one
    file whose lines begin or end with their class. Longer samples are cut, shorter ones filled with 0; 1 stands for
    what the vocabulary does not hold. **next:** the text is cut into pieces of `length`; y is x moved on by one token.
    Then the first pieces train and the last validate, whatever the split says.

    The numbers go through Embedding with at least as many rows as there are different numbers.

    Example (path = "good film,yes" "bad film,no", length = 3): → x = [[3, 2, 0], [4, 2, 0]], y = [1, 0]
    Example (path = "to" "be", task = next, tokens = characters, length = 2): → x = [[4, 3], [0, 1]], y = [[3, 0],
    [1, 2]], for the signs are end of line, b, e, o and t.
    Outputs: x N × length (int64); y classes (int64, N), or the next tokens (int64, N × length)
    """

    synonyms = ("text", "words", "characters", "tokens", "tokenizer", "vocabulary", "nlp", "reviews", "language model",
                "sentiment", "next token", "shakespeare", "padding")

    path: Path = param("", f"A file or folder; {RELATIVE}.", files="folder or All files (*)", row="file")
    task: str = param("class", "Classify samples, or tell the next token.", choices=("class", "next"), row="task")
    tokens: str = param("words", "What one number stands for.", choices=("words", "characters", "bytes"), row="of")
    length: int = param(50, "Tokens in a sample.", min=1, max=100_000, row="length")
    vocabulary: int = param(10_000, "At most so many different numbers: the most frequent words or characters.", min=3,
                            max=1_000_000)
    lower: bool = param(False, "Take capitals as small letters.")
    side: str = param("end", "At which side samples are cut and filled.", choices=("end", "start"), advanced=True)
    labels: str = param("last", "Where a line of a single file holds its class: its first or its last word.",
                        choices=("first", "last"))
    pattern: str = param("*", "Which files of a folder are read, such as *.txt.", advanced=True)
    encoding: str = param(
        "auto", "How the file writes letters.", choices=("auto", "utf-8", "utf-16", "windows-1252"), advanced=True)
    stride: int = param(0, "Next token: how far the next sample starts from this one; 0 means its length.", min=0,
                        advanced=True)


class TimeSeries(_Source):
    """Windows over a table in the order of time: the last rows are the input, what comes is to be predicted.

    Every row of the file is one moment. A sample is a `window` of rows, and the target is the value of one column
    `horizon` rows after it, or all values until then. A column of a few texts becomes one column for each; a column of
    dates is left out. Missing values stop, or their windows are left out, or the last value is carried forward. The
    first windows train, later ones validate and the last `test` part tests, whatever the split says: by chance, the
    future would leak into the past.

    Example (path = "t,v" "1,5" "2,6" "3,8" "4,7", window = 2, test = 0): → x = [[[1, 5], [2, 6]], [[2, 6], [3, 8]]],
    y = [[8], [7]]
    Outputs: x N × window × columns (float32); y N × 1, or N × horizon (float32)
    """

    synonyms = ("series", "forecast", "sequence", "sliding window", "lag", "horizon", "stock", "weather", "csv")

    path: Path = param("", f"The file; {RELATIVE}.", files="Tables (*.csv *.tsv *.txt *.parquet)", row="file")
    target: str = param(
        "-1", "The column to predict: its name, or its number (0 is the first, -1 the last).", row="target")
    columns: str = param("all", "The columns to look at, with commas between; all of them, also the target.")
    window: int = param(24, "Rows in a sample.", min=1, max=10_000, row="window")
    horizon: int = param(1, "How many rows after the window the value lies that is predicted.", min=1, max=10_000,
                         row="ahead")
    predict: str = param("last step", "The value at the horizon, or every value until then.",
                         choices=("last step", "every step"))
    stride: int = param(1, "How many rows the next window starts after this one.", min=1, max=10_000, advanced=True)
    missing: str = param("stop", "What to do where a value is missing.",
                         choices=("stop", "skip windows", "carry forward"))
    test: float = param(0.0, "The last part of the windows, kept for the test.", min=0.0, max=0.9)
    header: str = param("auto", "Does the first line name the columns?", choices=("auto", "yes", "no"), advanced=True)
    separator: str = param(
        "auto", "What stands between the columns.", choices=("auto", "comma", "semicolon", "tab", "space", "bar"),
        advanced=True)
    encoding: str = param(
        "auto", "How the file writes letters.", choices=("auto", "utf-8", "utf-16", "windows-1252"), advanced=True)
    decimal: str = param("auto", "The decimal sign.", choices=("auto", "point", "comma"), advanced=True)

    def __init__(self, **values: Any) -> None:
        target = values.get("target")
        if isinstance(target, int) and not isinstance(target, bool):
            values["target"] = str(target)
        super().__init__(**values)
