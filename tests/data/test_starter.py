"""Data that somebody brings: which node reads them, and a first network that trains at once."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import neuralgraph as ng
from neuralgraph.api import Graph
from neuralgraph.data.guess import could_be_data, guess
from neuralgraph.errors import DataError, DocumentError
from neuralgraph.session import Session

TABLE = "size,weight,kind\n" + "".join(f"{n % 7},{n * 37 % 11},{'cat' if n % 7 > 3 else 'dog'}\n" for n in range(60))


def table(folder: Path, text: str = TABLE, name: str = "pets.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def pictures(folder: Path) -> Path:
    for at, kind in enumerate(("cat", "dog")):
        (folder / "pets" / kind).mkdir(parents=True)
        for n in range(6):
            Image.new("RGB", (20, 16), (200 * at, 10 * n, 40)).save(folder / "pets" / kind / f"{n}.png")
    return folder / "pets"


def test_which_node_reads_what(tmp_path: Path) -> None:
    assert guess(table(tmp_path)) == ("Csv", {})
    assert guess(table(tmp_path, "1 2 3\n4 5 6\n", "numbers.txt"))[0] == "Csv"
    assert guess(table(tmp_path, "good film,yes\nbad film,no\n", "lines.txt")) == ("TextFile", {})
    assert guess(table(tmp_path, "To be\nor not to be, that is it\n", "play.txt"))[1]["task"] == "next"
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 2)), y=np.zeros(4, int))
    assert guess(tmp_path / "a.npz")[0] == "Npz"
    assert guess(pictures(tmp_path))[0] == "ImageFolder"
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as file:
        file.writestr("cat/1.png", b"")
        file.writestr("dog/1.png", b"")
    assert guess(tmp_path / "pets.zip")[0] == "ImageFolder"
    (tmp_path / "texts" / "good").mkdir(parents=True)
    (tmp_path / "texts" / "good" / "1").write_text("fine")
    assert guess(tmp_path / "texts")[0] == "TextFile"
    (tmp_path / "empty").mkdir()
    for path, words in ((tmp_path / "empty", "holds no file"), (tmp_path / "absent.csv", "There is no file"),
                        (table(tmp_path, "x", "a.docx"), "is of no kind that is read")):
        with pytest.raises(DataError, match=words):
            guess(path)
    assert could_be_data(tmp_path / "a.npz") and not could_be_data(tmp_path / "a.ngraph")


def test_a_table_opens_as_a_document_that_trains(tmp_path: Path) -> None:
    session = Session.open(table(tmp_path), guarded=True)
    assert session.path is None and session.modified and session.title == "pets.ngraph"
    assert not session.analyse().errors
    assert [one.type for one in session.graph.nodes.values()] == [
        "Csv", "Standardize", "Linear", "ReLU", "Linear", "CrossEntropyLoss", "Accuracy"]
    run = ng.train(Graph(session), seed=0, epochs=30)
    assert run.final["val_accuracy_1"] >= 0.9
    where = session.save(tmp_path / "deeper.ngraph")
    assert not Session.open(where, guarded=True).analyse().errors


def test_a_number_to_predict_and_gaps(tmp_path: Path) -> None:
    text = "a,b,y\n" + "".join(f"{n},{'' if n == 3 else n * n},{n / 4}\n" for n in range(40))
    session = Session.open(table(tmp_path, text))
    assert session.graph.nodes["csv_1"].params["missing"] == "median"
    problems = session.analyse().problems
    assert [one.severity for one in problems] == ["note"] and "the median of all rows" in problems[0].message
    assert session.graph.nodes["mseloss_1"].type == "MSELoss"


def test_pictures_arrays_and_words(tmp_path: Path) -> None:
    session = Session.open(pictures(tmp_path))
    assert not session.analyse().errors
    assert {"Conv2d", "MaxPool2d", "Flatten"} <= {one.type for one in session.graph.nodes.values()}
    np.savez(tmp_path / "small.npz", x=np.zeros((20, 5, 5), np.uint8), y=np.arange(20) % 2)
    small = Session.open(tmp_path / "small.npz")
    assert not small.analyse().errors and "Conv2d" not in {one.type for one in small.graph.nodes.values()}
    pairs = [("good", "yes"), ("bad", "no")] * 9
    lines = "".join(f"a {word} film {n},{kind}\n" for n, (word, kind) in enumerate(pairs))
    words = Session.open(table(tmp_path, lines, "lines.txt"))
    assert not words.analyse().errors
    assert "Embedding" in {one.type for one in words.graph.nodes.values()}


def test_where_no_network_is_known_there_is_the_node(tmp_path: Path) -> None:
    play = Session.open(table(tmp_path, "To be\nor not to be, that is\nthe question\n" * 9, "play.txt"))
    assert not play.analyse().errors and {"LSTM", "Permute"} <= {one.type for one in play.graph.nodes.values()}
    np.savez(tmp_path / "a.npz", x=np.zeros((20, 5, 5, 5, 5)), y=np.arange(20) % 2)
    assert [one.type for one in Session.open(tmp_path / "a.npz").graph.nodes.values()] == ["Npz"]


def test_digits_of_idx(tmp_path: Path) -> None:
    for kind, head, data in (("images-idx3", struct.pack(">4i", 2051, 30, 14, 14), bytes(30 * 196)),
                             ("labels-idx1", struct.pack(">2i", 2049, 30), bytes(n % 3 for n in range(30)))):
        (tmp_path / f"train-{kind}-ubyte").write_bytes(head + data)
    for path in (tmp_path, tmp_path / "train-images-idx3-ubyte"):
        session = Session.open(path, guarded=True)
        assert not session.analyse().errors
        assert session.graph.nodes["idx_images_1"].params["path"] == tmp_path.name


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pets\.csv, line 3: 2 cells"):
        Session.open(table(tmp_path, "a,b,y\n1,2,3\n1,2\n"))
    with pytest.raises(DocumentError):
        Session.open(table(tmp_path, "no document", "a.docx"))


@pytest.mark.parametrize(("name", "figure", "most"), [
    ("pima-indians-diabetes", "val_cross_entropy_loss_1", 0.62), ("sonar", "val_cross_entropy_loss_1", 0.6),
    ("housing", "val_mean_absolute_error_1", 3.5),
])  # fmt: skip
def test_real_tables_with_one_command(name: str, figure: str, most: float, shared_data: Path) -> None:
    session = Session.open(shared_data / "tabular" / f"{name}.csv")
    run = ng.train(Graph(session), seed=0)
    assert run.final[figure] < most
