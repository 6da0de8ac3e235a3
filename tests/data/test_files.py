"""Files from disk: what is right is read, what is wrong is named by file, line and column."""

from __future__ import annotations

import gzip
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from neuralgraph.data.sources import deliver, describe
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG


def csv(path: Path, text: str | bytes, **settings: object) -> object:
    file = path / "table.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return deliver(CATALOG["Csv"](path=str(file), **settings))


GOOD = "a,b,kind\n1,2.5,cat\n2,3.5,dog\n3,4.5,cat\n4,5.5,dog\n"


def test_a_header_numbers_and_classes_by_name(tmp_path: Path) -> None:
    found = csv(tmp_path, GOOD)
    assert found.feature_names == ("a", "b")
    assert found.class_names == ("cat", "dog")
    assert found.arrays["y"].tolist() == [0, 1, 0, 1]
    assert found.specs["y"].classes == 2
    assert found.arrays["x"].tolist() == [[1, 2.5], [2, 3.5], [3, 4.5], [4, 5.5]]


def test_a_target_by_name_a_category_as_columns_and_no_header(tmp_path: Path) -> None:
    found = csv(tmp_path, GOOD, target="b", task="number")
    assert found.arrays["y"].tolist() == [[2.5], [3.5], [4.5], [5.5]]
    assert found.feature_names == ("a", "kind = cat", "kind = dog")
    assert "became 2 columns" in found.notes[0]
    bare = csv(tmp_path, "1,2,0.5\n2,3,0.25\n5,4,1.5\n")
    assert bare.rows == 3
    assert bare.arrays["y"].shape == (3, 1)


def test_one_number_is_one_class_however_it_is_written(tmp_path: Path) -> None:
    found = csv(tmp_path, "a,y\n1,1\n2,1.0\n3,0\n4,2\n")
    assert found.class_names == ("0", "1", "2") and found.arrays["y"].tolist() == [1, 1, 0, 2]


def test_a_column_of_one_text_is_said(tmp_path: Path) -> None:
    assert csv(tmp_path, "a,b,y\nx,1,2\nx,2,3\n", header="yes").notes == (
        "The column 'a' became 1 column: all rows are alike.",)


def test_byte_order_mark_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    found = csv(tmp_path, b"\xef\xbb\xbfa;b;y\n1,5;2;0,5\n2,5;3;0,75\n")
    assert found.feature_names == ("a", "b")
    assert found.arrays["x"][0].tolist() == [1.5, 2.0]
    assert found.arrays["y"][1].tolist() == [0.75]


@pytest.mark.parametrize(("text", "row", "words"), [
    ("a,b,y\n1,2,3\n1,2\n", 3, "2 cells, but the first line has 3"),
    ("a,b,y\n1,2,3\n1,,3\n", 3, "column 'b': the value is missing"),
    ("a,b,y\n" + "1,2,3\n" * 9 + "1,two,3\n", 11, "'two' is not a number"),
    (b"a,b,y\n1,2,\xff\n", 2, "not UTF-8"),
    ("a,a,y\n1,2,3\n", 1, "two columns are called 'a'"),
    ('a,b,y\n1,"2,3\n', 2, "line 2"),
    ("a,b,y\n1,2,3\n1,inf,3\n", 3, "column 'b': 'inf' is not a number that can be learned from"),
    ("a,b,y\n1,-1e300,3\n1,2,3\n", 2, "column 'b': '-1e300' is not a number"),
    ("a;b;y\n1;2.5;3\n1;3,5;3\n", 3, "'3,5' is written with a comma, but numbers of this table have a decimal point"),
    ("a;b;y\n1;2.5;3\n1;3.5;0,5\n", 3, "column 'y': '0,5' is written with a comma"),
])  # fmt: skip
def test_what_is_wrong_is_named(text: str | bytes, row: int, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"table\.csv") as caught:
        csv(tmp_path, text, header="yes")
    assert words in str(caught.value)
    assert caught.value.row == row


def test_rows_with_a_gap_are_skipped_only_when_asked_and_told(tmp_path: Path) -> None:
    found = csv(tmp_path, "a,b,y\n1,2,3\n1,?,3\n2,2,4\n", missing="skip rows", task="number")
    assert found.rows == 2
    assert found.notes == ("1 of 3 rows were skipped: a value is missing.",)


def test_empty_absent_and_unknown_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is empty"):
        csv(tmp_path, "")
    with pytest.raises(DataError, match="no column 'price'"):
        csv(tmp_path, GOOD, target="price")
    with pytest.raises(DataError, match="No such file"):
        deliver(CATALOG["Csv"](path=str(tmp_path / "absent.csv")))
    with pytest.raises(DataError, match="No file is chosen"):
        deliver(CATALOG["Csv"]())


def idx(folder: Path, rows: int = 4, *, part: str = "train", labels: int | None = None, zipped: bool = False) -> None:
    pixels = np.arange(rows * 6, dtype=np.uint8)
    images = struct.pack(">4i", 2051, rows, 2, 3) + pixels.tobytes()
    count = rows if labels is None else labels
    marks = struct.pack(">2i", 2049, count) + bytes(n % 3 for n in range(count))
    for name, data in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", marks)):
        path = folder / (name + ".gz" if zipped else name)
        path.write_bytes(gzip.compress(data) if zipped else data)


def images(folder: Path) -> object:
    return deliver(CATALOG["IdxImages"](path=str(folder)))


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_images_with_their_own_test_set(zipped: bool, tmp_path: Path) -> None:
    idx(tmp_path, zipped=zipped)
    idx(tmp_path, 2, part="t10k", zipped=zipped)
    found = images(tmp_path)
    assert found.arrays["x"].shape == (6, 1, 2, 3)
    assert found.arrays["x"].max() <= 1.0
    assert found.arrays["x"][0, 0, 0, 1] == np.float32(1 / 255)
    assert found.test_rows == 2
    assert found.specs["y"].classes == 3


def test_broken_idx_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no train-images-idx3-ubyte"):
        images(tmp_path)
    with pytest.raises(DataError, match="There is no file or folder"):
        images(tmp_path / "absent")
    idx(tmp_path, labels=3)
    with pytest.raises(DataError, match="4 images, but train-labels-idx1-ubyte 3 labels"):
        images(tmp_path)
    idx(tmp_path)
    whole = (tmp_path / "train-images-idx3-ubyte").read_bytes()
    (tmp_path / "train-images-idx3-ubyte").write_bytes(whole[:-1])
    with pytest.raises(DataError, match="holds less than"):
        images(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, 2**31 - 1, 2**15, 2**15))
    with pytest.raises(DataError, match="which cannot be"):
        images(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"GIF89a" + whole)
    with pytest.raises(DataError, match="no IDX file"):
        images(tmp_path)


def test_a_wide_table_of_long_numbers_is_read(tmp_path: Path) -> None:
    header = ",".join(f"probe_set_{at:05}" for at in range(9_999)) + ",kind"
    rows = "\n".join(",".join([f"{at + turn:.9f}" for at in range(9_999)] + [str(turn % 2)]) for turn in range(4))
    found = csv(tmp_path, f"{header}\n{rows}\n")
    assert found.arrays["x"].shape == (4, 9_999) and found.arrays["y"].tolist() == [0, 1, 0, 1]


def test_what_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: longer than"):
        csv(tmp_path, "a,b\n" + "x" * 200_000 + ",1\n")
    with pytest.raises(DataError, match=r"line 2: longer than 131,072 characters in one cell\. Shorten it"):
        csv(tmp_path, 'a,b\n"' + "x\n" * 100_000 + '",1\n')
    with pytest.raises(DataError, match=r"line 1: longer than 500,000 characters.* a line for every row\?"):
        csv(tmp_path, "1," * 300_000)
    with pytest.raises(DataError, match="is not a number"):
        csv(tmp_path, "a,y\n" + "1,2.5\n" * 9 + "1e39,2\n", header="yes")
    idx(tmp_path, zipped=True)
    header = struct.pack(">4i", 2051, 1000, 1000, 1000)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(header))
    with pytest.raises(DataError, match="holds less than"):
        images(tmp_path)


def test_a_truncated_or_lying_gzip_is_refused(tmp_path: Path) -> None:
    idx(tmp_path, zipped=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged or cut off"):
        images(tmp_path)
    path.write_bytes(gzip.compress(struct.pack(">4i", 2051, 4, 2, 3) + bytes(10_000_000)))
    begun = time.perf_counter()
    with pytest.raises(DataError, match="holds more than"):
        images(tmp_path)
    assert time.perf_counter() - begun < 5.0


def test_real_data(shared_data: Path) -> None:
    mnist = describe(CATALOG["IdxImages"](path=str(shared_data / "mnist")))
    assert mnist["x"].shape == ("N", 1, 28, 28)
    assert mnist["y"].classes == 10
    pima = deliver(CATALOG["Csv"](path=str(shared_data / "tabular" / "pima-indians-diabetes.csv")))
    assert (pima.rows, pima.arrays["x"].shape[1], pima.class_names) == (768, 8, ("0", "1"))
    housing = deliver(CATALOG["Csv"](path=str(shared_data / "tabular" / "housing.csv")))
    assert housing.arrays["y"].shape == (506, 1)
