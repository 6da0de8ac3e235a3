"""Damaged images, archives, arrays and tables: read, or refused by name; no code in them runs, no memory is taken."""

from __future__ import annotations

import io
import pickle
import random
import struct
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neuralgraph.data.sources import deliver
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG
from tests.conftest import SCALE

ROUNDS = 60 * SCALE
FORMATS = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "gif": "GIF", "tif": "TIFF", "webp": "WEBP"}


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Cut somewhere, or with a few bytes changed."""
    if rng.random() < 0.5:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def images(folder: Path) -> Any:
    return deliver(CATALOG["ImageFolder"](path=str(folder), size=8))


@pytest.mark.parametrize("suffix", FORMATS)
def test_damaged_images_are_read_or_named(suffix: str, tmp_path: Path) -> None:
    rng = random.Random(suffix)
    made = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8)).save(made, FORMATS[suffix])
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"1.{suffix}").write_bytes(made.getvalue())
    assert images(tmp_path).rows == 2
    named = 0
    for turn in range(ROUNDS):
        (tmp_path / "dog" / f"1.{suffix}").unlink(missing_ok=True)
        for old in (tmp_path / "dog").iterdir():
            old.unlink()
        name = f"{turn}.{suffix}"
        (tmp_path / "dog" / name).write_bytes(damaged(rng, made.getvalue()))
        try:
            found = images(tmp_path)
        except DataError as error:
            assert f"dog/{name}" in str(error), (turn, str(error))
            named += 1
            continue
        assert np.isfinite(found.arrays["x"]).all()
    assert named > ROUNDS // 8


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_bombs_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    head = chunk(b"IHDR", struct.pack(">2I5B", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")
    for name in ("cat", "dog"):
        (tmp_path / "png" / name).mkdir(parents=True)
        (tmp_path / "png" / name / "1.png").write_bytes(bomb)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("cat/1.png", "dog/1.png"):
            file.writestr(name, bytes(150_000_000))
    with zipfile.ZipFile(tmp_path / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as file:
        text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }"
        array = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.ljust(117) + b"\n"
        for name in ("x.npy", "y.npy"):
            file.writestr(name, array + bytes(1_000))
    tracemalloc.start()
    try:
        for node in (CATALOG["ImageFolder"](path=str(tmp_path / "png")),
                     CATALOG["ImageFolder"](path=str(tmp_path / "packed.zip")),
                     CATALOG["Npz"](path=str(tmp_path / "arrays.npz"))):
            with pytest.raises(DataError) as caught:
                deliver(node)
            assert Path(node.values["path"]).name in str(caught.value)
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


class Evil:
    """What it would do if it were unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("raise SystemExit('it ran')",)


def test_objects_in_arrays_are_refused_and_nothing_runs(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([Evil(), Evil()], dtype=object), y=np.array([0, 1]))
    np.savez(tmp_path / "b.npz", x=np.array([[1.0], [2.0]]), y=np.array(["cat", None], dtype=object))
    (tmp_path / "c.npz").write_bytes(pickle.dumps(Evil()))
    ran: list[str] = []
    watching = [True]
    sys.addaudithook(lambda event, _: ran.append(event) if watching[0] and event in (
        "pickle.find_class", "exec.pickle", "os.system", "subprocess.Popen") else None)
    try:
        for name in ("a.npz", "b.npz", "c.npz"):
            with pytest.raises(DataError, match=name):
                deliver(CATALOG["Npz"](path=str(tmp_path / name)))
    finally:
        watching[0] = False
    assert ran == []


@pytest.mark.parametrize("codec", ["snappy", "gzip", "none", "zstd"])
def test_damaged_parquet_is_read_or_named(codec: str, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    rng = random.Random(codec)
    rows = pyarrow.table({"a": [rng.random() for _ in range(99)], "k": list("xyz" * 33), "y": list(range(99))})
    write_table(rows, tmp_path / "whole.parquet", compression=codec)
    whole = (tmp_path / "whole.parquet").read_bytes()
    named = 0
    for turn in range(ROUNDS):
        file = tmp_path / f"{turn}.parquet"
        file.write_bytes(damaged(rng, whole))
        try:
            found = deliver(CATALOG["Csv"](path=str(file)))
        except DataError as error:
            assert file.name in str(error), str(error)
            named += 1
            continue
        assert np.isfinite(found.arrays["x"]).all() and len(found.arrays["y"]) == found.rows
    assert named > ROUNDS // 4


WRONG = {
    "ragged": ("a,b,y\n1,2,3\n4,5\n", {}, 3, ""), "a gap": ("a,b,y\n1,2,3\n4,,5\n", {}, 3, "b"),
    "a decimal comma": ("a;b;y\n1.5;2;3\n1,5;2;3\n", {}, 3, "a"),
    "a gap in the target": ("a,b,y\n1,2,3\n4,5,NA\n", {}, 3, "y"),
    "no date": ("a,day,y\n1,2026-01-01,3\n2,2026-02-30,4\n", {"columns": (("day", "auto", "date"),)}, 3, "day"),
    "no number": ("a,b,y\n1,2,3\n4,x,5\n", {"columns": (("b", "auto", "number"),)}, 3, "b"),
    "a label that is no number": ("a,b,y\n1,2,cat\n4,5,dog\n", {"task": "number"}, 2, "y"),
    "an infinite label": ("a,b,y\n1,2,3.5\n4,5,inf\n", {}, 3, "y"),
    "two targets, one of words": (
        "a,b,y\n1,x,3\n4,z,5\n4,w,5\n", {"columns": (("b", "target", "auto"), ("y", "target", "auto"))}, 2, "b"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
def test_what_is_wrong_in_a_table_is_named_by_line_and_column(case: str, mark: str, tmp_path: Path) -> None:
    text, settings, line, column = WRONG[case]
    (tmp_path / "wrong.csv").write_text(mark + text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"wrong\.csv, line {line}\b") as caught:
        deliver(CATALOG["Csv"](path=str(tmp_path / "wrong.csv"), header="yes", **settings))
    assert (caught.value.row, caught.value.column) == (line, column)
    if column:
        assert f"column {column!r}" in str(caught.value)
