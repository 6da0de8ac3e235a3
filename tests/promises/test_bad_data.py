"""Bad data is named: file, row and column, or it is read as it stands; nothing else happens."""

from __future__ import annotations

import gzip
import random
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.data.sources import deliver
from neuralgraph.errors import DataError, NeuralGraphError
from neuralgraph.nodes import CATALOG
from tests.conftest import SCALE

TABLES, IMAGES = 400 * SCALE, 200 * SCALE
COLUMNS = ("size", "weight", "kind", "price")


def table(rng: random.Random) -> list[list[str]]:
    """A good table: numbers, a category, a number to predict."""
    kinds = rng.choice([["cat", "dog"], ["x", "y", "z"]])
    return [[str(rng.randrange(9)), f"{rng.uniform(0, 9):.2f}", rng.choice(kinds), f"{rng.uniform(0, 99):.1f}"]
            for _ in range(rng.randrange(8, 40))]


def ragged(rows: list[list[str]], at: int, column: int) -> str:
    rows[at] = rows[at][:column]
    return "row"


def longer(rows: list[list[str]], at: int, column: int) -> str:
    rows[at].append("1")
    return "row"


def cell(text: str) -> Callable[[list[list[str]], int, int], str]:
    def spoil(rows: list[list[str]], at: int, column: int) -> str:
        rows[at][column] = text
        return "cell"

    return spoil


FAULTS = [ragged, longer, *map(cell, ["", "?", "NaN", "n/a", "inf", "-inf", "1e999", "one", "0x10", "1_000", "--"])]


@pytest.mark.parametrize("block", range(8))
def test_the_first_bad_cell_of_a_table_is_named(block: int, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    for seed in range(block * TABLES // 8, (block + 1) * TABLES // 8):
        rng = random.Random(seed)
        rows = table(rng)
        at, column = rng.randrange(1, len(rows)), rng.choice([1, 3])
        kind = rng.choice(FAULTS)(rows, at, column)
        mark = rng.choice(["", "\ufeff"])
        file.write_text(mark + "\n".join(",".join(row) for row in [list(COLUMNS), *rows]) + "\n", encoding="utf-8")
        with pytest.raises(DataError, match=r"table\.csv") as caught:
            deliver(CATALOG["Csv"](path=str(file)))
        assert caught.value.row == at + 2, (seed, str(caught.value))
        if kind == "cell":
            assert caught.value.column == COLUMNS[column], (seed, str(caught.value))
        assert re.search(rf"line {at + 2}\b", str(caught.value))


@pytest.mark.parametrize("block", range(4))
def test_whatever_a_table_holds_it_is_read_or_refused(block: int, tmp_path: Path) -> None:
    file = tmp_path / "noise.csv"
    good = b"size;weight;kind;price\n1;2,5;cat;1\n2;3,5;dog;2\n3;1,5;cat;3\n"
    read = 0
    for seed in range(block * TABLES // 4, (block + 1) * TABLES // 4):
        rng = random.Random(seed)
        data = bytearray(good)
        for _ in range(rng.randrange(1, 5)):
            place = rng.randrange(len(data))
            data[place:place + rng.randrange(3)] = bytes(rng.choices(b'";,.\n\r\t\0\xff\xc3- e9', k=rng.randrange(4)))
        file.write_bytes(bytes(data))
        try:
            found = deliver(CATALOG["Csv"](path=str(file)))
        except DataError as error:
            assert "noise.csv" in str(error)
            continue
        read += 1
        assert all(np.isfinite(one).all() and len(one) == found.rows for one in found.arrays.values())
        assert all(one.dtype != object for one in found.arrays.values())
    assert read > 10


def idx(rng: random.Random) -> tuple[bytes, bytes]:
    rows = rng.randrange(1, 9)
    pixels = struct.pack(">4i", 2051, rows, 4, 5) + rng.randbytes(rows * 20)
    return pixels, struct.pack(">2i", 2049, rows) + bytes(rng.randrange(10) for _ in range(rows))


@pytest.mark.parametrize("block", range(4))
def test_broken_images_are_refused_by_file(block: int, tmp_path: Path) -> None:
    for seed in range(block * IMAGES // 4, (block + 1) * IMAGES // 4):
        rng = random.Random(seed)
        zipped = rng.random() < 0.5
        parts = list(idx(rng))
        which, way = rng.randrange(2), rng.choice(["cut", "longer", "header", "bomb"])
        name = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")[which]
        whole = parts[which]
        if way == "cut":
            parts[which] = whole[: rng.randrange(len(whole))]
        elif way == "longer":
            parts[which] = whole + b"\0"
        elif way == "header":
            parts[which] = rng.randbytes(4) + whole[4:]
        else:
            parts[which] = whole + bytes(30_000_000 if zipped else 10_000)
        for file in tmp_path.iterdir():
            file.unlink()
        for stem, data in zip(("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), parts, strict=True):
            (tmp_path / (stem + ".gz" * zipped)).write_bytes(gzip.compress(data, 1) if zipped else data)
        with pytest.raises(DataError) as caught:
            deliver(CATALOG["IdxImages"](path=str(tmp_path)))
        assert name in str(caught.value), (seed, way, str(caught.value))


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemError",)


@pytest.mark.parametrize("array", [
    np.array([Bomb(), Bomb()], dtype=object), np.array([["a", "b"]]), np.array([[1 + 2j]]), [[1, 2], [3]],
    np.array([[np.nan, 1.0]]), np.array([[np.inf, 1.0]]), np.zeros((0, 2)), np.zeros((4, 3)), np.zeros(2), "text", None,
], ids=["objects", "texts", "complex", "ragged", "nan", "inf", "none", "width", "rank", "str", "None"])  # fmt: skip
def test_arrays_that_cannot_be_learned_from_are_refused(array: object) -> None:
    graph = ng.Graph()
    x, y = graph.add("Input", id="x", shape=(2,)), graph.add("Input", id="y", shape=(1,))
    graph.add("MSELoss", graph.add("Linear", x, out_features=1), y, id="loss")
    rows = len(array) if isinstance(array, np.ndarray) and array.ndim else 1
    with pytest.raises(NeuralGraphError, match="x"):
        ng.train(graph, data={"x": array, "y": np.zeros((rows, 1), np.float32)}, epochs=1, validation=0)
