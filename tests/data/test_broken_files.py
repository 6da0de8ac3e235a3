"""Broken files as people bring them: every message names the file, the place, what was expected, and what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neuralgraph.data.coded import read_csv
from neuralgraph.data.sources import deliver
from neuralgraph.data.starter import starter
from neuralgraph.errors import DataError
from neuralgraph.graph.reading import instances
from neuralgraph.nodes import CATALOG

FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty.csv": (b"", ("is empty", "was expected", "choose another file")),
    "blank.csv": (b"\n\n  \n", ("is empty", "was expected", "choose another file")),
    "one.csv": (b"a\n1\n2\n3\n", ("needs at least two columns", "it holds 1 column and 3 rows", "separator")),
    "header.csv": (b"a,b,y\n", ("it holds 3 columns and 0 rows", "Add rows")),
    "zero.csv": (b"a,b\n1,2\n3,\x004\n", ("line 3", "zero byte", "was expected", "save it as CSV")),
    "open.csv": (b'a,b\n1,"2\n3,4\n', ("line 2", "none closes it", "Close it")),
    "inner.csv": (b'a,b\n1,"x"y\n3,4\n', ("line 2", "',' or the end of the line was expected", "twice")),
    "huge.csv": (b"a,b\n1,2\n1e400,4\n3,3\n", ("line 3", "'a'", "'1e400'", "at most 3.4e38", "Correct it")),
    "digits.csv": (b"a,b\n1,2\n" + b"9" * 400 + b",4\n3,3\n", ("line 3", "'" + "9" * 39 + "…'", "Correct it")),
    "signs.csv": (b"a;b\n1,5;2\n1.5;4\n2,5;3\n", ("line 2", "'1,5'", "a decimal point", "Use one sign")),
    "date.csv": (b"d,y\n" + b"2026-01-01,1\n" * 5 + b"2026-02-30,2\n", ("line 7", "'2026-02-30'", "Correct it")),
    "twice.csv": (b"a,a,y\n1,2,3\n", ("line 1", "called 'a', the columns 1 and 2", "rename one")),
    "ragged.csv": (b"a,b,y\n1,2,3\n4,5\n", ("line 3", "2 cells", "the first line has 3", "Complete the row")),
    "word.csv": (b"a,b\n" + b"1,2\n" * 9 + b"x,2\n", ("line 11", "'x'", "like the others", "make the column")),
    "latin.csv": ("a,y\nfünf,1\nx,2\n".encode("latin-1"), ("line 2", "not UTF-8", "say its «encoding»")),
    "texts.csv": (b"n,r\n" + b"".join(b"a%d,b%d\n" % (n, n) for n in range(50)),
                  ("no column is left", "'n' was left out: 50 different texts", "as a number or a category")),
    "page.csv": (b"<!DOCTYPE html>\n<p>404, not found</p>\n", ("a page of the web", "save the table itself")),
    "cut.zip": (b"PK\3\4 and no more", ("a .zip", "no list of contents", "fetch it again")),
    "cut.npz": (b"PK\3\4 and no more", ("a .npz, which is a .zip of arrays", "save it anew")),
    "empty.txt": (b"", ("has 0 tokens", "It is empty", "choose a file that holds a text")),
    "note.docx": (b"x", ("is of no kind that is read", ".csv", "choose the file there")),
    "a-idx3-ubyte": (b"\0\0\x08\x03\0\0", ("should be its labels, 'a-idx1-ubyte'", "Put that file there")),
}


def brought(path: Path) -> None:
    """As somebody brings a file into the window."""
    graph, place = starter(path, CATALOG)
    deliver(next(iter(instances(graph, CATALOG).values())), place.parent)


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_explained(name: str, tmp_path: Path) -> None:
    data, said = FILES[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        brought(tmp_path / name)
    message = str(caught.value)
    assert name in message and message.endswith((".", "there.")) and ".." not in message.replace("…", "")
    assert [one for one in said if one not in message] == [], message


@pytest.mark.parametrize(("size", "said"), [(0, "it has 0 bytes"), (45, "cut off"), (-1, "another kind")])
def test_a_broken_image_is_named_by_its_folder(size: int, said: str, tmp_path: Path) -> None:
    for at in range(3):
        for kind in ("cat", "dog"):
            (tmp_path / "pets" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "pets" / kind / f"{at}.png")
    last = tmp_path / "pets" / "dog" / "2.png"
    last.write_bytes(last.read_bytes()[:size] if size >= 0 else b"hello, I am a text")
    with pytest.raises(DataError, match=rf"dog/2\.png is no image .*{said}.*Take it out of the folder"):
        brought(tmp_path / "pets")


def test_arrays_that_do_not_fit_are_explained(tmp_path: Path) -> None:
    for arrays, said in (
        ({"x": np.array([{}, 2], dtype=object), "y": np.arange(2)}, "numbers were expected.*save it as numbers"),
        ({"x": np.zeros((3, 2)), "y": np.arange(4)}, "'x' has 3 rows, but 'y' 4. One answer for each row"),
        ({"data": np.zeros((3, 2)), "target": np.arange(3)}, "It holds: data, target. Say which of them «x» and «y»"),
    ):
        np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
        with pytest.raises(DataError, match=rf"a\.npz.*{said}"):
            brought(tmp_path / "a.npz")


def test_a_zip_that_is_cut_off(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for at in range(4):
            file.writestr(f"c{at % 2}/{at}.png", b"x" * 50)
    (tmp_path / "p.zip").write_bytes(held.getvalue()[:-40])
    with pytest.raises(DataError, match=r"p\.zip cannot be read as a \.zip: .* copy or fetch it again"):
        brought(tmp_path / "p.zip")


def test_answers_that_are_all_alike_are_said(tmp_path: Path) -> None:
    path = tmp_path / "alike.csv"
    path.write_text("a,y\n1,cat\n2,cat\n3,cat\n")
    assert any("Every row has the same 'y', 'cat'" in one for one in read_csv(path).notes)
