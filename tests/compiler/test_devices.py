"""A device that is not there is said in words, before anything is put on it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import neuralgraph as ng
from neuralgraph import session as sessions
from neuralgraph.cli import main
from neuralgraph.compiler import budget
from neuralgraph.compiler.devices import there
from neuralgraph.errors import GraphError, RunError
from neuralgraph.resources import examples


def gpus(monkeypatch: pytest.MonkeyPatch, count: int, *, built: bool = True) -> None:
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_what_is_there_goes_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [there(one) for one in ("cpu", "cuda", "cuda:1", "mps")] == ["cpu", "cuda", "cuda:1", "mps"]


@pytest.mark.parametrize(("device", "count", "built", "said"), [
    ("cuda", 0, False, "installed without CUDA. Choose cpu, or install"),
    ("cuda", 0, True, "no NVIDIA GPU, or its driver does not answer"),
    ("cuda:2", 2, True, "GPUs are counted from 0, and there are 2. Choose cuda:1 or below"),
    ("cuda:1", 1, True, "GPUs are counted from 0, and there is one. Choose cuda:0."),
    ("mps", 0, True, "There is no mps here: it takes a Mac"),
    ("cpu:3", 0, True, "cpu is only one"),
    ("gpu", 1, True, "There is no device «gpu»: cpu, cuda, mps or a numbered GPU such as cuda:1 was expected"),
    ("meta", 1, True, "There is no device «meta»"),
])
def test_what_is_not_there_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, device: str, count: int, built: bool, said: str
) -> None:
    gpus(monkeypatch, count, built=built)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(RunError) as found:
        there(device)
    assert said in str(found.value)


def test_no_traceback_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    gpus(monkeypatch, 0, built=False)
    assert main(["train", str(examples() / "xor.ngraph"), "--device", "cuda"]) == 1
    assert "without CUDA" in " ".join(capsys.readouterr().err.split())
    g, before = ng.load(examples() / "xor.ngraph"), len(ng.runs())
    with pytest.raises(RunError, match="without CUDA"):
        ng.compile(g, device="cuda")
    with pytest.raises(RunError, match="without CUDA"):
        ng.train(g, device="cuda:0", store=True)
    assert len(ng.runs()) == before


def test_the_memory_that_counts_is_that_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 1)
    asked: list[str] = []

    def free(device: str = "cpu") -> int:
        asked.append(device)
        return 2**40 if device == "cpu" else 1000

    monkeypatch.setattr(budget, "free_memory", free)
    session = sessions.Session.open(examples() / "digits-mlp.ngraph")
    with pytest.raises(GraphError, match="of memory are free"):
        session.compile(device="cuda")
    assert asked == ["cuda"]
