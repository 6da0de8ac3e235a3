"""Weights are what was saved: every flipped bit and every cut is noticed; no file of tensors runs code."""

from __future__ import annotations

import pickle
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.compiler import weights
from neuralgraph.compiler.weights import read_weights, write_weights
from neuralgraph.errors import RunError, WeightsMismatch
from neuralgraph.session import Session
from tests.conftest import SCALE

FLIPS, CUTS = 500 * SCALE, 100 * SCALE


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {"hidden.weight": torch.randn(12, 7), "hidden.bias": torch.randn(12), "norm.count": torch.tensor(3),
            "norm.mean": torch.zeros(4, dtype=torch.float64)}


def flipped(data: bytes, bit: int) -> bytes:
    found = bytearray(data)
    found[bit // 8] ^= 1 << bit % 8
    return bytes(found)


def unnoticed(file: Path, state: dict[str, torch.Tensor]) -> list[int]:
    """Bits that can be flipped without an error."""
    write_weights(file, state, {"seed": "7", "graph": "a"})
    data = file.read_bytes()
    missed = []
    for bit in random.Random(0).choices(range(8 * len(data)), k=FLIPS):
        file.write_bytes(flipped(data, bit))
        try:
            read_weights(file)
        except RunError as error:
            assert file.name in str(error)
        else:
            missed.append(bit)
    return missed


def test_every_flipped_bit_is_noticed(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    assert unnoticed(tmp_path / "w.safetensors", state) == []


def test_without_checksums_flips_would_pass(
    tmp_path: Path, state: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The canary: the same flips against a reader that does not look."""
    monkeypatch.setattr(weights, "_verify", lambda *_: None)
    assert len(unnoticed(tmp_path / "w.safetensors", state)) > FLIPS // 4


def test_a_flip_among_the_numbers_names_its_tensor(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    file = tmp_path / "w.safetensors"
    write_weights(file, state)
    data = file.read_bytes()
    for name, one in state.items():
        at = data.rindex(one.numpy().tobytes())
        file.write_bytes(flipped(data, 8 * at))
        with pytest.raises(RunError, match=f"'{name}'"):
            read_weights(file)


def test_every_cut_is_noticed(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    file = tmp_path / "w.safetensors"
    write_weights(file, state)
    data = file.read_bytes()
    for length in random.Random(1).choices(range(len(data)), k=CUTS):
        file.write_bytes(data[:length])
        with pytest.raises(RunError, match=r"w\.safetensors"):
            read_weights(file)


def test_tensors_of_a_pt_file_are_read(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    for content in (state, {"state_dict": state, "epoch": 3}):
        torch.save(content, tmp_path / "w.pt")
        found = read_weights(tmp_path / "w.pt")
        assert found.keys() == state.keys() and all(torch.equal(found[name], one) for name, one in state.items())


class Harmful:
    def __reduce__(self) -> Any:
        return open, ("harm", "w")


def test_no_pt_file_runs_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"hidden.weight": Harmful()}, tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(pickle.dumps(Harmful()))
    torch.save([torch.zeros(1)], tmp_path / "c.pt")
    torch.save({"hidden.weight": "text"}, tmp_path / "d.pt")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "e.pt")
    (tmp_path / "f.pt").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "g.pt", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("archive/data.pkl", b"0" * 10_000_000)
    torch.save({"hidden.weight": torch.eye(3).to_sparse()}, tmp_path / "h.pt")
    torch.save({"hidden.weight": torch.empty(3, device="meta")}, tmp_path / "i.pt")
    for name in "abcdefghi":
        with pytest.raises(RunError, match=rf"{name}\.pt"):
            read_weights(tmp_path / f"{name}.pt")
    assert not (tmp_path / "harm").exists()


def mlp(hidden: int = 8) -> ng.Graph:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    x = g.add("Linear", data["x"], out_features=hidden, id="hidden")
    x = g.add("Linear", g.add("ReLU", x), out_features=3, id="logits")
    g.add("CrossEntropyLoss", x, data["y"], id="loss")
    return g


def test_a_mismatch_says_which_nodes_match_and_can_take_those(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    source = ng.compile(mlp(), seed=1)
    write_weights(file, source.state_dict())
    other = ng.compile(mlp(9), seed=2)
    before = {name: one.clone() for name, one in other.state_dict().items()}
    with pytest.raises(WeightsMismatch, match="0 of 2 nodes match") as caught:
        other.load_weights(file)
    assert caught.value.fits == () and "hidden.weight has shape (8, 4) in the file, (9, 4)" in caught.value.sentences[0]
    assert all(torch.equal(one, before[name]) for name, one in other.state_dict().items())


def test_matching_nodes_are_taken_and_the_others_left(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    source = ng.compile(mlp(), seed=1).state_dict()
    write_weights(file, {name: one for name, one in source.items() if name != "logits.bias"} | {
        "gone.weight": torch.zeros(3)})
    session = Session(mlp().session.graph)
    with pytest.raises(WeightsMismatch) as caught:
        session.load_weights(file)
    assert session.program is None and caught.value.fits == ("hidden",)
    found = session.load_weights(file, only_matching=True)
    assert found.fits == ("hidden",) and found.left == ("gone",) and "logits.bias is not in the file" in found.sentences
    assert session.program is not None
    state = session.program.state_dict()
    fresh = ng.compile(mlp()).state_dict()
    assert torch.equal(state["hidden.weight"], source["hidden.weight"])
    assert torch.equal(state["logits.weight"], fresh["logits.weight"])
