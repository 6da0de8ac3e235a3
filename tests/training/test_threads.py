"""The number of threads holds for the run alone, and is kept with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import neuralgraph as ng
from neuralgraph.training.events import Started
from neuralgraph.training.store import Store


def test_of_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = torch.get_num_threads()
    inside = []
    graph = ng.load("examples/xor.ngraph")
    for event in ng.fit(graph, epochs=2, threads=before + 1, store=True):
        if isinstance(event, Started):
            inside.append(torch.get_num_threads())
    assert inside == [before + 1] and torch.get_num_threads() == before
    run = graph.session.run
    assert run is not None and run.id is not None
    assert [one.threads for one in Store().runs()] == [before + 1]
