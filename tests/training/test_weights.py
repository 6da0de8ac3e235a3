"""Weights on disk: whole or refused, and damage named by tensor."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from neuralgraph.compiler.weights import read_weights, write_weights
from neuralgraph.errors import RunError


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return {"one.weight": torch.arange(6.0).reshape(2, 3), "two.count": torch.tensor(7), "two.empty": torch.zeros(0, 4)}


def test_what_is_written_is_read(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    write_weights(tmp_path / "w.safetensors", state)
    found = read_weights(tmp_path / "w.safetensors")
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], one) and found[name].dtype == one.dtype for name, one in state.items())
    assert [one.name for one in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_flipped_bit_is_named_by_its_tensor(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    file = tmp_path / "w.safetensors"
    write_weights(file, state)
    data = bytearray(file.read_bytes())
    at = data.rindex(torch.tensor(5.0).numpy().tobytes())
    data[at] ^= 1
    file.write_bytes(data)
    with pytest.raises(RunError, match=r"'one\.weight'"):
        read_weights(file)


@pytest.mark.parametrize("kept", [0, 5, 40, -1])
def test_a_torn_file_is_refused(tmp_path: Path, state: dict[str, torch.Tensor], kept: int) -> None:
    file = tmp_path / "w.safetensors"
    write_weights(file, state)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(RunError, match=r"w\.safetensors"):
        read_weights(file)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no weights file"):
        read_weights(tmp_path / "none.safetensors")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(RunError, match="not saved"):
        write_weights(tmp_path / "nowhere" / "w.safetensors", state)
