"""Texts as whole numbers: samples with classes, or a running text whose next token is to be told."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.data import reading, texts
from neuralgraph.data.reach import Reach
from neuralgraph.data.sources import deliver, describe
from neuralgraph.errors import DataError, OutsideError
from neuralgraph.nodes import CATALOG


def read(path: Path, **settings: Any) -> Any:
    node = CATALOG["TextFile"](path=str(path), **settings)
    found = deliver(node)
    assert dict(describe(node)) == dict(found.specs)
    for name, spec in found.specs.items():
        assert found.arrays[name].shape[1:] == spec.shape[1:]
        assert spec.classes is None or found.arrays[name].max() < spec.classes
    return found


def test_a_file_for_each_class_and_a_line_for_each_sample(tmp_path: Path) -> None:
    (tmp_path / "film.neg").write_text("a bad film .\n\nbad\n", encoding="utf-8")
    (tmp_path / "film.pos").write_text("\ufeffa good, good film it's\n", encoding="utf-8")
    found = read(tmp_path, length=5)
    assert found.class_names == ("neg", "pos")
    assert found.arrays["y"].tolist() == [0, 0, 1]
    said = [[found.tokens[one] for one in row] for row in found.arrays["x"]]
    assert said == [["a", "bad", "film", ".", "·"], ["bad", "·", "·", "·", "·"], ["a", "good", ",", "good", "film"]]
    assert found.notes == ("1 of 3 texts were cut to 5 tokens.",)
    front = read(tmp_path, length=5, side="start")
    assert [front.tokens[one] for one in front.arrays["x"][2]] == ["good", ",", "good", "film", "it's"]
    assert front.arrays["x"][1, :4].tolist() == [0, 0, 0, 0]


def test_rare_words_are_unknown_and_capitals_can_be_small(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("Yes\tone one TWO\nno\ttwo three\n", encoding="utf-8")
    found = read(path, labels="first", length=3, vocabulary=4, lower=True)
    assert found.tokens == ("·", "?", "one", "two")
    assert found.arrays["x"].tolist() == [[2, 2, 3], [3, 1, 0]]
    assert found.class_names == ("Yes", "no")


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_for_each_class_learns_no_word_from_its_test_part(packed: bool, tmp_path: Path) -> None:
    for part, word in (("train", "known"), ("test", "new")):
        for label in ("neg", "pos"):
            (tmp_path / "d" / part / label).mkdir(parents=True)
            (tmp_path / "d" / part / label / "1.txt").write_text(f"{word} {label}", encoding="utf-8")
    path = tmp_path / "d"
    if packed:
        path = tmp_path / "d.zip"
        with zipfile.ZipFile(path, "w") as file:
            for one in sorted((tmp_path / "d").rglob("*.txt")):
                file.write(one, one.relative_to(tmp_path).as_posix())
    found = read(path, length=2)
    assert (found.rows, found.test_rows, found.class_names) == (4, 2, ("neg", "pos"))
    assert "new" not in found.tokens and found.arrays["x"][2, 0] == 1


@pytest.mark.parametrize(("tokens", "classes"), [("characters", 4), ("bytes", 256)])
def test_the_next_token_of_a_running_text(tokens: str, classes: int, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcabcabcad", encoding="utf-8")
    found = read(path, task="next", tokens=tokens, length=3)
    x, y = found.arrays["x"], found.arrays["y"]
    assert (x.shape, found.specs["y"].classes, found.ordered) == ((3, 3), classes, True)
    assert np.array_equal(x[:, 1:], y[:, :-1]) and np.array_equal(x[1:, 0], y[:-1, -1])
    assert found.notes == ("The last 1 tokens make no whole sample.",)
    assert read(path, task="next", tokens=tokens, length=3, stride=1).rows == 8


def test_what_is_ordered_is_split_in_time(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcd" * 40, encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("TextFile", path=str(path), task="next", tokens="characters", length=4)
    x = graph.add("Embedding", data["x"], num_embeddings=4, embedding_dim=4)
    x = graph.add("Permute", graph.add("Linear", x, out_features=4), dims=(0, 2, 1))
    graph.add("CrossEntropyLoss", x, data["y"], id="cost")
    run = ng.train(graph, epochs=10, batch_size=4, lr=0.1, seed=0, validation=0.25)
    assert run.history["val_loss"][-1] < 0.2
    rows = graph.session._rows(run.program)
    assert rows is not None and rows.split.train.tolist() == list(range(29))
    assert graph.session.answers() is None


@pytest.mark.parametrize(("text", "settings", "words"), [
    (b"good\xff yes\n", {}, "line 1: a byte that is not UTF-8"),
    (b"a\0b yes\n", {}, "is not a text file"),
    (b"", {}, "is empty"),
    (b"one yes\nno\n", {}, "line 2: a text and its class"),
    (b"\tx\n", {"labels": "first", "length": 2}, "text.txt"),
    (b"abc", {"task": "next", "length": 3, "tokens": "bytes"}, "has 3 tokens, too few"),
    (b"", {"task": "next"}, "has 0 tokens, too few"),
])  # fmt: skip
def test_what_is_wrong_is_named(text: bytes, settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(text)
    with pytest.raises(DataError, match=r"text\.txt") as caught:
        read(path, **settings)
    assert words in str(caught.value)


def test_folders_that_hold_no_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no f"):
        read(tmp_path / "absent")
    with pytest.raises(DataError, match=r"no file whose name matches '\*'"):
        read(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match="would be the only class"):
        read(tmp_path)
    (tmp_path / "b.txt").write_text("\n")
    with pytest.raises(DataError, match=r"b\.txt is empty"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"matches '\*\.md'"):
        read(tmp_path, pattern="*.md", task="next")


def test_large_texts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "text.txt"
    path.write_text("a b c yes\n" * 20)
    monkeypatch.setattr(reading, "MOST_TOKENS", 100)
    with pytest.raises(DataError, match="20 samples of 6 tokens; at most 100"):
        read(path, length=6)
    assert deliver(CATALOG["TextFile"](path=str(path), task="next", length=4, stride=1)).stays
    monkeypatch.setattr(texts, "MOST_BYTES", 100)
    with pytest.raises(DataError, match="200 bytes of text; at most 100"):
        read(path, length=5)


def test_a_link_must_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "home" / "a.txt").write_text("plain")
    (tmp_path / "home" / "b.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(OutsideError):
        deliver(CATALOG["TextFile"](path="."), Reach(tmp_path / "home", guarded=True))


def reviews(path: str, **settings: Any) -> ng.Graph:
    """Words, a vector for each, their mean, a straight line."""
    graph = ng.Graph()
    data = graph.add("TextFile", path=path, pattern="rt-polarity.*", lower=True, length=40, **settings)
    x = graph.add("Embedding", data["x"], num_embeddings=10_000, embedding_dim=32, padding_idx=0)
    x = graph.add("Linear", graph.add("Mean", x, dim=(1,)), out_features=2)
    graph.add("CrossEntropyLoss", x, data["y"], id="cost")
    graph.add("Accuracy", x, data["y"], id="right")
    return graph


def test_reviews_are_told_apart(shared_data: Path) -> None:
    run = ng.train(reviews(str(shared_data / "text")), epochs=6, batch_size=64, optimizer="Adam", lr=5e-3, seed=0,
                   validation=0.1, split="stratified")
    assert max(run.history["val_right"]) >= 0.74


def test_characters_of_shakespeare_are_learnt(shared_data: Path, tmp_path: Path) -> None:
    text = (shared_data / "text" / "tinyshakespeare.txt").read_text("utf-8")[:20_000]
    (tmp_path / "short.txt").write_text(text, encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("TextFile", path=str(tmp_path / "short.txt"), task="next", tokens="characters", length=40)
    x = graph.add("Embedding", data["x"], num_embeddings=65, embedding_dim=16)
    x = graph.add("LSTM", x, hidden_size=48)["output"]
    x = graph.add("Permute", graph.add("Linear", x, out_features=65), dims=(0, 2, 1))
    graph.add("CrossEntropyLoss", x, data["y"], id="cost")
    run = ng.train(graph, epochs=6, batch_size=16, optimizer="Adam", lr=1e-2, seed=0, validation=0.1)
    assert run.history["val_loss"][-1] < 2.6 < 3.0 < run.history["loss"][0]


def test_texts_of_other_encodings(tmp_path: Path) -> None:
    for kind, text in (("gut", "schöner Film"), ("schlecht", "müder Film")):
        (tmp_path / f"{kind}.txt").write_bytes(text.encode("cp1252"))
    with pytest.raises(DataError, match="«encoding»"):
        read(tmp_path)
    assert {"schöner", "müder"} <= set(read(tmp_path, encoding="windows-1252").tokens)
    (tmp_path / "play.txt").write_bytes("größe ".encode("utf-16") * 1)
    assert "ö" in read(tmp_path / "play.txt", task="next", tokens="characters", length=2).tokens
