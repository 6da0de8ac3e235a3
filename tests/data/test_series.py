"""Windows over what follows in time, and arrays from .npz."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.data import npz, series
from neuralgraph.data.sources import deliver, describe
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG


def read(path: Path, text: str, **settings: Any) -> Any:
    (path / "series.csv").write_text(text, encoding="utf-8")
    node = CATALOG["TimeSeries"](path=str(path / "series.csv"), **settings)
    found = deliver(node)
    assert dict(describe(node)) == dict(found.specs)
    return found


TABLE = "when,wind,v\n" + "".join(f"2020-01-{n + 1:02},{'NS'[n % 2]},{n}\n" for n in range(30))


def test_windows_of_several_columns(tmp_path: Path) -> None:
    found = read(tmp_path, TABLE, window=3, horizon=2, test=0.25)
    assert found.feature_names == ("wind = N", "wind = S", "v")
    assert found.arrays["x"].shape == (26, 3, 3)
    assert found.arrays["x"][4].tolist() == [[1, 0, 4], [0, 1, 5], [1, 0, 6]]
    assert found.arrays["y"][4].tolist() == [8]
    assert (found.test_rows, found.ordered) == (7, True)
    assert found.notes[0].startswith("The column 'when' was left out: 30 different texts")


def test_all_steps_chosen_columns_and_strides(tmp_path: Path) -> None:
    found = read(tmp_path, TABLE, window=4, horizon=3, predict="every step", columns="v", stride=5)
    assert found.arrays["x"].shape == (5, 4, 1)
    assert found.arrays["y"].tolist()[1] == [9, 10, 11]


def test_one_column_without_a_header(tmp_path: Path) -> None:
    assert read(tmp_path, "1\n2\n4\n8\n", window=2).arrays["y"].tolist() == [[4], [8]]


def test_missing_values_stop_skip_or_carry(tmp_path: Path) -> None:
    text = "a,v\n" + "".join(f"{n},{'NA' if n in (0, 5) else n}\n" for n in range(10))
    with pytest.raises(DataError, match=r"series\.csv, line 2, column 'v': the value is missing") as caught:
        read(tmp_path, text, window=2)
    assert (caught.value.row, caught.value.column) == (2, "v")
    skipped = read(tmp_path, text, window=2, missing="skip windows")
    assert skipped.arrays["y"].ravel().tolist() == [3, 4, 8, 9]
    assert skipped.notes == ("4 of 8 windows were left out: a value is missing.",)
    carried = read(tmp_path, text, window=2, missing="carry forward")
    assert carried.arrays["y"].ravel().tolist() == [3, 4, 4, 6, 7, 8, 9]
    assert carried.notes[0] == "1 missing values of 'v' became the last one before."


@pytest.mark.parametrize(("text", "settings", "words"), [
    ("a,v\n1,2\n2,3\n", {}, "2 rows, too few for a window of 24"),
    ("a,v\n" + "1,2\n" * 40 + "1,x\n", {}, "line 42, column 'v': 'x' is not a number"),
    ("a,v\n" + "1,x\n" * 40, {"header": "yes"}, "column 'v': 'x' is not a number to predict"),
    ("a,v\n" + "1,1e39\n" * 40, {}, "line 2, column 'v': '1e39' is not a number that can be learned from"),
    ("a,v\n" + "1,2\n" * 40, {"target": "w"}, "has no column 'w'"),
    ("a,v\n" + "1,2\n" * 40, {"columns": "a, w"}, "has no column 'w'"),
    ("a,v\n" + "1,2\n" * 40 + "1\n", {}, "line 42: 1 cells"),
    ("a,v\n" + "1,2\n2,NA\n" * 40, {"missing": "skip windows"}, "every window lacks a value"),
])  # fmt: skip
def test_what_is_wrong_is_named(text: str, settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"series\.csv") as caught:
        read(tmp_path, text, **settings)
    assert words in str(caught.value)


def test_too_many_windows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_CELLS", 100)
    with pytest.raises(DataError, match="at most 100 are held"):
        read(tmp_path, TABLE, window=10)


def test_a_forecast_beats_persistence(shared_data: Path) -> None:
    path = str(shared_data / "timeseries" / "pollution.csv")
    node = CATALOG["TimeSeries"](path=path, target="pm2.5", window=24, horizon=24, missing="skip windows",
                                 columns="hour,pm2.5,DEWP,TEMP,PRES,cbwd,Iws")
    graph = ng.Graph()
    data = graph.add("TimeSeries", **node.values)
    x = graph.add("Flatten", graph.add("Standardize", data["x"]))
    x = graph.add("Linear", graph.add("ReLU", graph.add("Linear", x, out_features=16)), out_features=1)
    graph.add("MSELoss", x, graph.add("Standardize", data["y"]), id="cost")
    run = ng.train(graph, epochs=2, batch_size=128, optimizer="Adam", lr=1e-3, seed=0, validation=0.2)
    found = deliver(node)
    first = found.rows - round(found.rows * 0.2)
    now, later = found.arrays["x"][:, -1, found.feature_names.index("pm2.5")], found.arrays["y"][:, 0]
    persistence = float(((now[first:] - later[first:]) ** 2).mean() / later[:first].var())
    assert run.history["val_loss"][-1] < 0.8 * persistence


def arrays(path: Path, **given: Any) -> Path:
    np.savez(path / "a.npz", **given)
    return path / "a.npz"


def load(path: Path, **settings: Any) -> Any:
    node = CATALOG["Npz"](path=str(path), **settings)
    found = deliver(node)
    assert dict(describe(node)) == dict(found.specs)
    return found


def test_arrays_with_classes_numbers_and_several_answers(tmp_path: Path) -> None:
    x = np.arange(12.0).reshape(4, 3)
    found = load(arrays(tmp_path, x=x, y=np.array([7, 3, 7, 9])))
    assert found.class_names == ("3", "7", "9") and found.arrays["y"].tolist() == [1, 0, 1, 2]
    assert found.arrays["x"].dtype == np.float32
    assert load(arrays(tmp_path, x=x, y=np.arange(4)), task="number").arrays["y"].tolist() == [[0], [1], [2], [3]]
    assert load(arrays(tmp_path, a=x[:, 0], b=x[:, :2]), x="a", y="b").specs["y"].shape == ("N", 2)


def test_images_and_a_test_set_as_keras_saves_them(tmp_path: Path) -> None:
    pixels = np.full((3, 4, 5), 255, np.uint8)
    found = load(arrays(tmp_path, x_train=pixels, y_train=np.array([0, 1, 0]), x_test=pixels[:1], y_test=np.array([1])))
    assert found.arrays["x"].shape == (4, 1, 4, 5) and found.arrays["x"].max() == 1.0
    assert found.test_rows == 1
    colour = np.zeros((2, 4, 5, 3), np.uint8)
    assert load(arrays(tmp_path, x=colour, y=np.array([0, 1]))).specs["x"].shape == ("N", 3, 4, 5)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemError",)


@pytest.mark.parametrize(("given", "words"), [
    ({"x": np.array([Bomb()], dtype=object), "y": np.zeros(1)}, "'x' holds object; numbers were expected"),
    ({"x": np.array(["a"]), "y": np.zeros(1)}, "'x' holds <U1"),
    ({"x": np.ones(1), "z": np.zeros(1)}, "no array 'y'. It holds: x, z"),
    ({"x": np.ones((3, 2)), "y": np.zeros(2)}, "'x' has 3 rows, but 'y' 2"),
    ({"x": np.ones(()), "y": np.zeros(1)}, "the shape ()"),
    ({"x": np.ones((0, 2)), "y": np.zeros(0)}, "the shape (0, 2)"),
    ({"x": np.array([[1.0], [np.nan]]), "y": np.zeros(2)}, "a.npz: x holds NaN in row 1, column 0"),
    ({"x": np.array([[1e300]]), "y": np.zeros(1)}, "x holds an infinite number in row 0"),
    ({"x": np.ones((1001, 1)), "y": np.arange(1001)}, "1,001 different whole numbers"),
])  # fmt: skip
def test_arrays_that_cannot_be_learned_from(given: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(arrays(tmp_path, **given))
    assert words in str(caught.value)


def test_a_header_that_lies_and_a_file_that_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = arrays(tmp_path, x=np.ones((4, 2)), y=np.zeros(4))
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])
    with pytest.raises(DataError, match=r"a\.npz cannot be read"):
        load(path)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", head.getvalue())
        file.writestr("y.npy", b"\x93NUMPY\x01\x00\x02\x00{}")
    with pytest.raises(DataError, match=r"takes 8000\.0 GB"):
        load(path)
    monkeypatch.setattr(npz, "MOST_BYTES", 1 << 60)
    with pytest.raises(DataError, match=r"array 'x' holds less than the 8,000,000,000,000 bytes"):
        load(path)
    with pytest.raises(DataError, match=r"array 'y' is no array that can be read"):
        load(path, x="y")


def test_series_from_parquet_and_other_encodings(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    write_table(pyarrow.table({"many": [[1]] * 6, "v": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}), tmp_path / "s.parquet")
    found = deliver(CATALOG["TimeSeries"](path=str(tmp_path / "s.parquet"), window=2))
    assert found.arrays["y"].tolist() == [[3], [4], [5], [6]] and "'many' was left out" in found.notes[0]
    (tmp_path / "s.csv").write_bytes("größe;v\n1;0,5\n2;1,5\n3;2,5\n4;3,5\n".encode("cp1252"))
    comma = deliver(CATALOG["TimeSeries"](path=str(tmp_path / "s.csv"), window=2, encoding="windows-1252"))
    assert comma.feature_names == ("größe", "v") and comma.arrays["y"].tolist() == [[2.5], [3.5]]
