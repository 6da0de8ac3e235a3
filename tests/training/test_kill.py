"""A run that is killed goes on as if nothing had happened: bit for bit the unbroken one, curves and all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.training.checkpoint_file import read_checkpoint
from neuralgraph.training.kept import CHECKPOINT, FINISHED, INTERRUPTED
from neuralgraph.training.store import Store
from tests.conftest import SCALE

KILLS = 4 * SCALE
EPOCHS = 60
RUN = """
import sys
import neuralgraph as ng
from neuralgraph.training import recorder
recorder.BEAT, recorder.FIRST, recorder.EVERY, recorder.SHARE = 0.02, 0.05, 0.1, 0.5
g = ng.load("examples/digits-mlp.ngraph")
resume = int(sys.argv[1]) if len(sys.argv) > 1 else None
for event in ng.fit(g, store=True, **({"resume": resume} if resume else {"epochs": EPOCHS, "seed": 5})):
    if type(event).__name__ == "Started":
        print(g.session.run.id, flush=True)
    elif type(event).__name__ in ("Note", "Failed"):
        print(event.message, flush=True)
""".replace("EPOCHS", str(EPOCHS))


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", RUN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return Store()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_random_moments_and_gone_on_with(own_store: Store) -> None:
    whole = ng.train(ng.load("examples/digits-mlp.ngraph"), epochs=EPOCHS, seed=5, store=True)
    assert whole.id is not None
    rng, id, resumed = random.Random(3), "", 0
    for kill in range(KILLS + 1):
        process = start(*([id] if id else []))
        with process:
            assert process.stdout is not None
            id = process.stdout.readline().strip()
            assert id.isdigit(), process.communicate()
            if kill == KILLS:
                said, trouble = process.communicate(timeout=120)
                assert process.returncode == 0 and said == "" and not trouble, (said, trouble)
                break
            time.sleep(rng.uniform(0.05, 0.4))
            process.send_signal(signal.SIGKILL)
        kept = own_store.get(int(id))
        if kept.state == FINISHED:  # it was faster than we were
            break
        assert kept.state == INTERRUPTED and kept.reason
        resumed += (kept.folder / CHECKPOINT).is_file()
    assert resumed, "no kill came after a checkpoint"
    same(own_store, whole.id, int(id))


def same(store: Store, first: int, second: int) -> None:
    """Weights, optimiser, random numbers, place, best weights, figures of every epoch, the loss of every batch."""
    one, two = store.get(first), store.get(second)
    assert (one.state, one.final, one.best, one.step) == (two.state, two.final, two.best, two.step)
    for name in ("checkpoint", "last", "best"):
        from safetensors.torch import load_file

        a, b = load_file(one.files[name]), load_file(two.files[name])
        assert a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a), name
    a, b = read_checkpoint(one.files["checkpoint"])[0], read_checkpoint(two.files["checkpoint"])[0]
    assert (a.epoch, a.batch, a.step, a.sums, a.facts) == (b.epoch, b.batch, b.step, b.sums, b.facts)
    bare = [[(row["epoch"], row["step"], row["figures"]) for row in store.epochs(id)] for id in (first, second)]
    assert bare[0] == bare[1]
    for here, there in zip(store.curves(first)["loss"], store.curves(second)["loss"], strict=True):
        assert np.array_equal(here, there)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_at_most_the_last_second_of_figures_is_missing(own_store: Store) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time, neuralgraph as ng\ng = ng.load('examples/digits-mlp.ngraph')\n"
         "for e in ng.fit(g, store=True, epochs=100000):\n"
         "    if type(e).__name__ == 'EpochEnded': print(e.epoch, time.monotonic(), flush=True)"],
        stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        time.sleep(1.6)
        process.kill()
        killed = time.monotonic()
        told = [line.split() for line in process.stdout if line.endswith("\n")]
    kept = own_store.runs()[0]
    assert kept.state == INTERRUPTED
    old = [int(epoch) for epoch, at in told if float(at) < killed - 1]
    assert old and [one["epoch"] for one in own_store.epochs(kept.id)][: len(old)] == list(range(1, len(old) + 1))
    steps, losses = own_store.curves(kept.id)["loss"]
    assert steps[-1] >= 45 * old[-1] and np.isfinite(losses).all()
