"""Weights that start from a file: the author's own, in reach, in the right shape, or said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import neuralgraph as ng
from neuralgraph.data import starts
from neuralgraph.errors import GraphError, ParameterError
from neuralgraph.session import Session
from neuralgraph.validation.problem import Problem

WEIGHT = np.arange(6, dtype=np.float32).reshape(3, 2) / 10


def network(kind: str = "Linear", **initial: str) -> ng.Graph:
    graph = ng.Graph()
    x = graph.add("Input", id="x", shape=(4, 2) if kind == "LSTM" else (2,))
    given = {"hidden_size": 3} if kind == "LSTM" else {"out_features": 3}
    made = graph.add(kind, x, id="it", **given)
    graph.add("Output", made["output"] if kind == "LSTM" else made)
    if initial:
        graph.set_initial("it", **initial)
    return graph


def opened(home: Path, graph: ng.Graph) -> Session:
    """The document as somebody gets it: saved beside its files, opened guarded."""
    home.mkdir(exist_ok=True)
    ng.save(graph, home / "theirs.ngraph")
    return Session.open(home / "theirs.ngraph", guarded=True)


def problem(session: Session) -> Problem:
    found = [one for one in session.analyse().problems if one.code in ("initial", "outside")]
    assert len(found) == 1, found
    with pytest.raises(GraphError):
        session.compile()
    return found[0]


def test_one_array_is_the_weight(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WEIGHT)
    session = opened(tmp_path, network(weight="file", weight_path="w.npy"))
    assert not session.analyse().errors
    program, usual = session.compile(), network().session.compile()
    assert program.state_dict()["it.weight"].tolist() == WEIGHT.tolist()
    assert torch.equal(program.state_dict()["it.bias"], usual.state_dict()["it.bias"]), "offsets start as usual"
    program.root.it.weight.data.zero_()
    program.reset()
    assert program.state_dict()["it.weight"].tolist() == WEIGHT.tolist()
    seen = session.weights("it")
    assert seen is not None and seen.arrays["weight"].tolist() == pytest.approx(WEIGHT)


@pytest.mark.parametrize("prefix", ["", "it."])
def test_several_are_found_by_name(tmp_path: Path, prefix: str) -> None:
    state = {f"{prefix}{name}": torch.randn(one.shape) for name, one in torch.nn.LSTM(2, 3).named_parameters()}
    save_file({**state, "other.weight": torch.zeros(1)}, tmp_path / "all.safetensors")
    session = opened(tmp_path, network("LSTM", weight="file", weight_path="all.safetensors", bias="file",
                                       bias_path="all.safetensors"))
    got = session.compile().state_dict()
    assert all(torch.equal(got[f"it.{name.removeprefix('it.')}"], one) for name, one in state.items())


def test_what_was_typed_in_wins_and_random_ways_stay_as_they_were(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WEIGHT)
    graph = network(weight="file", weight_path=str(tmp_path / "w.npy"), bias="normal")
    same = network(bias="normal").session.compile().state_dict()["it.bias"]
    assert torch.equal(graph.session.compile().state_dict()["it.bias"], same)
    graph.set_weights("it", weight=np.ones((3, 2)))
    assert graph.session.compile().state_dict()["it.weight"].tolist() == np.ones((3, 2)).tolist()


@pytest.mark.parametrize(("file", "content", "words"), [
    ("", None, "No file is chosen"), ("gone.npy", None, "no file 'gone.npy'"), ("w.txt", b"1 2", "neither"),
    ("w.npy", WEIGHT.T, r"has shape (2, 3), but weight of it has (3, 2)"), ("w.npy", b"\x93NUMPY", "cannot be read"),
    ("w.npy", np.array([[{}]], dtype=object), "cannot be read"), ("w.safetensors", b"12345678{", "cannot be read"),
    ("w.safetensors", {"a": 1, "b": 2}, "holds no 'weight' for it"), ("nul\0l.npy", None, "no path"),
    ("w.npy", WEIGHT[:2], "has shape (2, 2)"),
])  # fmt: skip
def test_what_cannot_be_read_is_a_problem_with_a_way_out(tmp_path: Path, file: str, content: Any, words: str) -> None:
    if isinstance(content, bytes):
        (tmp_path / file).write_bytes(content)
    elif isinstance(content, dict):
        save_file({name: torch.zeros(one) for name, one in content.items()}, tmp_path / file)
    elif content is not None:
        np.save(tmp_path / file, content)
    if "\0" in file:
        with pytest.raises(ParameterError, match=words):
            network(weight="file", weight_path=file)
        return
    found = problem(opened(tmp_path, network(weight="file", weight_path=file)))
    assert words in found.message and found.node == "it"
    assert [(one.ask, one.path) for one in found.fixes] == [("locate", file)]


@pytest.mark.parametrize(("array", "words"), [
    (np.full((3, 2), np.nan), "not finite"), (np.full((3, 2), 1e300), "not finite"), (WEIGHT.astype("c8"), "numbers"),
])  # fmt: skip
def test_numbers_that_are_none_are_refused_when_they_are_read(tmp_path: Path, array: Any, words: str) -> None:
    np.save(tmp_path / "w.npy", array)
    with pytest.raises(GraphError, match=words):
        opened(tmp_path, network(weight="file", weight_path="w.npy")).compile()


def test_one_array_is_not_enough_for_several_weights(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WEIGHT)
    found = problem(opened(tmp_path, network("LSTM", weight="file", weight_path="w.npy")))
    assert "holds no 'weight_ih_l0' for it" in found.message and "It holds one array." in found.message


def test_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "w.npy", WEIGHT)
    monkeypatch.setattr(starts, "MOST_BYTES", 100)
    assert "at most 100 are read" in problem(opened(tmp_path, network(weight="file", weight_path="w.npy"))).message


def test_nothing_outside_the_folder_is_read_before_somebody_agrees(tmp_path: Path, monkeypatch: Any) -> None:
    outside = tmp_path / "w.npy"
    np.save(outside, WEIGHT)
    session = opened(tmp_path / "home", network(weight="file", weight_path=str(outside)))
    with monkeypatch.context() as patched:
        patched.setattr(np, "load", lambda *_, **__: pytest.fail("it was read"))
        found = problem(session)
    assert found.code == "outside" and [one.ask for one in found.fixes] == ["allow", "locate"]
    session.agree(found.fixes[0].path)
    assert not session.analyse().errors
    assert session.compile().state_dict()["it.weight"].tolist() == WEIGHT.tolist()


def test_a_document_that_moves_takes_the_path_along(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    for one in (home, other):
        one.mkdir()
    np.save(home / "w.npy", WEIGHT)
    session = opened(home, network(weight="file", weight_path="w.npy"))
    session.save(other / "mine.ngraph")
    assert session.graph.nodes["it"].initialiser["weight.path"] == str(home / "w.npy")
    assert session.compile().state_dict()["it.weight"].tolist() == WEIGHT.tolist(), "and it may still be read"
    session.save(home / "back.ngraph")
    assert session.graph.nodes["it"].initialiser["weight.path"] == "w.npy"
