"""Several processes learn together as one does, follow the first, and go on where one of them was lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.training.store import Store
from tests.training.together import mlp

ROOT = Path(__file__).resolve().parents[2]
Found = dict[str, dict[str, Any]]
Commands = dict[str, tuple[int, str, str]]


def start(rank: int, port: int, *arguments: str) -> subprocess.Popen[str]:
    together = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port)}
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env={**os.environ, **together},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def both(*arguments: str) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of two processes that learn together."""
    port = free_port()
    started = [start(rank, port, *arguments) for rank in (0, 1)]
    try:
        said = [one.communicate(timeout=240) for one in started]
    finally:
        for one in started:
            one.kill()
    return [(one.returncode, *words) for one, words in zip(started, said, strict=True)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the two processes write, and find their documents: one for both, and another for each."""
    folder = tmp_path_factory.mktemp("two")
    ng.save(mlp(), folder / "digits.ngraph")
    for rank in (0, 1):
        graph = mlp()
        graph.set_weights("logits", bias=[float(rank)] * 10)
        ng.save(graph, folder / f"other-{rank}.ngraph")
    return folder / "found.json"


@pytest.fixture(scope="module")
def two(place: Path) -> Found:
    path = place
    done = both("tests.training.together", str(path))
    assert [code for code, _, _ in done] == [0, 0], done
    found: Found = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def said(place: Path, two: Found) -> tuple[Commands, Commands]:
    """What the commands of both processes came to: exit code, output, errors."""
    first, second = (json.loads(place.with_name(f"{place.name}.{rank}").read_text()) for rank in (0, 1))
    return first, second


@pytest.fixture(scope="module")
def one() -> Found:
    from tests.training.together import scenes

    found: Found = json.loads(json.dumps(scenes()))
    return found


@pytest.mark.parametrize("scene", ["plain", "gathered", "small", "full", "patience", "controlled",
                                   "alternating"])
def test_two_processes_learn_what_one_does(one: Found, two: Found, scene: str) -> None:
    alone, divided = one[scene], two[scene]
    assert alone["processes"] == 1 and divided["processes"] == 2 and divided["alike"]
    assert len(alone["losses"]) == len(divided["losses"]) > 0
    np.testing.assert_allclose(divided["losses"][:100], alone["losses"][:100], rtol=0, atol=1e-5)
    assert alone["final"].keys() == divided["final"].keys()
    for name, value in alone["final"].items():
        assert divided["final"][name] == pytest.approx(value, abs=1e-4), name
    assert divided["tables"] == alone["tables"] or scene == "full"
    assert divided["reason"] == alone["reason"]


def test_what_is_otherwise_than_in_one_process_is_said(two: Found) -> None:
    assert two["plain"]["notes"] == ["2 processes learn together: each takes its part of every batch of 32 rows."]
    assert "normalises by the rows of its own part" in two["norm"]["notes"][1]
    assert two["norm"]["alike"] and two["norm"]["final"]["val_accuracy"] > 0.8


def test_dropout_is_drawn_by_each_and_comes_again(one: Found, two: Found) -> None:
    resumed = two["resumed"]
    assert resumed["whole"]["losses"] == resumed["again"]["losses"]
    assert two["chance"]["losses"] != one["chance"]["losses"] and two["chance"]["alike"]
    assert two["chance"]["final"]["val_accuracy"] > 0.8


def test_a_run_of_several_goes_on_bit_for_bit_in_the_middle_of_an_epoch(two: Found) -> None:
    whole, rest, at = two["resumed"]["whole"], two["resumed"]["rest"], two["resumed"]["at"]
    assert at % 45 and rest["losses"] == whole["losses"][at:]
    assert rest["weights"] == whole["weights"] and rest["final"] == whole["final"]
    assert two["resumed"]["early"]["alike"] and two["resumed"]["early"]["reason"] == "enough"
    assert not [note for note in rest["notes"] if note.startswith("Not bit for bit")]


def test_all_follow_the_first_process(two: Found) -> None:
    found = two["controlled"]
    assert [name for _, name, _ in found["changes"]] == ["lr"] and found["changes"][0][2] == 0.002
    assert found["order"].count("Paused") == 2 and found["reason"] == "all 3 epochs are done" and found["alike"]


@pytest.mark.parametrize(("scene", "words"), [
    ("lbfgs", "LBFGS"), ("one", "A batch of 1 row cannot be divided among 2"), ("sum", "The loss loss"),
    ("mixed", "softmax_1 mixes the samples"), ("thin", "a part of one row has no spread"),
])  # fmt: skip
def test_what_cannot_be_divided_says_so_before_the_first_batch(two: Found, scene: str, words: str) -> None:
    assert words in two[scene]["failure"]
    assert "losses" not in two[scene] or two[scene]["losses"] == []


def test_the_company_goes_on_after_a_refusal(two: Found) -> None:
    assert two["after"]["losses"] == two["plain"]["losses"]


def test_the_command_line_speaks_once_and_keeps_one_run(said: tuple[Commands, Commands], place: Path) -> None:
    first, second = (one["same"] for one in said)
    assert (first[0], second[0], second[1]) == (0, 0, ""), (first, second)
    told = json.loads(first[1])
    kept = Store().runs(document=str((place.parent / "digits.ngraph").resolve()))
    assert [run.id for run in kept] == [told["run"]] and kept[0].begun["processes"] == 2
    assert kept[0].final["accuracy"] == told["final"]["accuracy"]


def test_other_data_in_another_process_is_refused(said: tuple[Commands, Commands]) -> None:
    first, second = (one["other"] for one in said)
    assert (first[0], second[0]) == (1, 1), (first, second)
    assert "have not the same document" in first[2]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    path = tmp_path / "long.ngraph"
    ng.save(mlp(), path)
    started = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--nnodes", "1", "--nproc_per_node", "2", "--max-restarts", "1",
         "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", "--local-addr", "127.0.0.1",
         "-m", "neuralgraph", "train", str(path), "--epochs", "40", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield path, started
    started.kill()
    started.wait()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the workers are found in /proc")
def test_a_killed_process_is_started_again_and_the_run_goes_on(job: tuple[Path, subprocess.Popen[str]]) -> None:
    path, started = job
    store, until = Store(), time.monotonic() + 120
    while not any("checkpoint" in run.files for run in store.runs(document=str(path.resolve()))):
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    told = {child: Path(f"/proc/{child}/environ").read_bytes().split(b"\0") for child in children}
    workers = [int(child) for child, words in told.items() if b"RANK=1" in words]
    os.kill(workers[0], signal.SIGKILL)
    out, err = started.communicate(timeout=240)
    assert started.returncode == 0, err
    said = json.loads(out.strip().splitlines()[-1])
    (run,) = store.runs(document=str(path.resolve()))
    kinds = [one["kind"] for one in store.events(run.id)]
    assert said["run"] == run.id and run.state == "finished" and run.epoch == 40 and "resumed" in kinds
    assert f"Going on with run {run.id}" in err
    alone = ng.train(ng.load(path), epochs=40)
    assert said["final"]["loss"] == pytest.approx(alone.final["loss"], rel=1e-3)
    assert said["final"]["val_loss"] == pytest.approx(alone.final["val_loss"], rel=1e-3)
