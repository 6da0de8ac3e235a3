"""A network that was taught the next character writes text: the same again by seed, from any prompt it can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph.errors import DataError, RunError

SAYING = "the cat sat on the mat.\n"


def taught(folder: Path, text: str = SAYING * 40, *, length: int = 16, epochs: int = 12, size: int | None = None,
           **params: Any) -> ng.Graph:
    """A small character LSTM, trained."""
    (folder / "text.txt").write_text(text, encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("TextFile", path=str(folder / "text.txt"), task="next", tokens=params.pop("tokens", "characters"),
                     length=length, id="text", **params)
    size = size or ng.shapes(graph)["text"]["x"].classes or 0
    x = graph.add("Embedding", data["x"], num_embeddings=size, embedding_dim=16)
    x = graph.add("LSTM", x, hidden_size=48)
    x = graph.add("Linear", x["output"], out_features=size)
    x = graph.add("Transpose", x, dim0=1, dim1=2, id="scores")
    graph.add("CrossEntropyLoss", x, data["y"], id="loss")
    ng.train(graph, epochs=epochs, batch_size=8, optimizer="Adam", lr=0.02, validation=0.0)
    return graph


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> ng.Graph:
    return taught(tmp_path_factory.mktemp("text"))


def test_it_writes_what_it_learned(writer: ng.Graph) -> None:
    assert ng.generate(writer, 40, prompt="the cat", temperature=0) == (SAYING * 3)[7:47]


def test_the_same_seed_writes_the_same_and_another_another(writer: ng.Graph) -> None:
    texts = [ng.generate(writer, 60, prompt="the ", temperature=2.0, seed=seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    hot, cold = (ng.generate(writer, 60, prompt="the ", temperature=heat, seed=3) for heat in (5.0, 0.1))
    assert cold in SAYING * 5
    assert hot not in SAYING * 5


def test_a_piece_at_a_time_is_the_same_as_all_at_once(writer: ng.Graph) -> None:
    one = writer.session.writer("the ", seed=5, temperature=1.5)
    pieces = "".join(one.write(10)) + "".join(one.write(20))
    assert pieces == ng.generate(writer, 30, prompt="the ", temperature=1.5, seed=5)


def test_the_end_of_a_long_prompt_counts(writer: ng.Graph) -> None:
    assert ng.generate(writer, 5, prompt=SAYING * 9 + "the cat", temperature=0) == " sat "
    assert len(ng.generate(writer, 5)) == 5


def test_it_goes_into_one_file_and_writes_on_without_its_text(writer: ng.Graph, tmp_path: Path) -> None:
    ng.save_model(writer, tmp_path / "writer.ngz")
    assert ng.generate(tmp_path / "writer.ngz", 30, prompt="the mat", seed=4) == ng.generate(
        writer, 30, prompt="the mat", seed=4)


def test_what_cannot_be_written_says_why(writer: ng.Graph) -> None:
    with pytest.raises(DataError, match="has no 'é', 'Z'"):
        ng.generate(writer, 5, prompt="thé Z")
    with pytest.raises(RunError, match="temperature is a number from 0"):
        ng.generate(writer, 5, temperature=-1)
    with pytest.raises(RunError, match="from 1 to 1,000,000, not 0"):
        ng.generate(writer, 0)
    with pytest.raises(DataError, match="Use --generate"):
        ng.predict(writer, "text.txt")
    other = ng.Graph()
    data = other.add("Dataset", name="iris")
    other.add("CrossEntropyLoss", other.add("Linear", data["x"], out_features=3), data["y"])
    ng.train(other, epochs=1)
    with pytest.raises(RunError, match="Only a network that was taught to tell the next token"):
        ng.generate(other, 5)


def test_words_come_with_spaces_and_bytes_as_signs(tmp_path: Path) -> None:
    words = taught(tmp_path, "the cat, too, sat.\n" * 60, tokens="words", length=7, epochs=20)
    assert ng.generate(words, 7, prompt="the cat", temperature=0).startswith(", too, sat.")
    raw = taught(tmp_path, "né né né né " * 40, tokens="bytes", length=10, epochs=20)
    assert ng.generate(raw, 8, prompt="n", temperature=0).startswith("é né")


def test_a_network_that_gives_something_else_is_refused(tmp_path: Path) -> None:
    graph = taught(tmp_path, size=40, epochs=1)
    with pytest.raises(RunError, match="a score for each of 12 tokens was expected"):
        ng.generate(graph, 3)
