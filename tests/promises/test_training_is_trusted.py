"""Training can be trusted: whatever goes wrong stops the run, is named, and leaves weights that work."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.training.events import Event, Failed, Finished
from neuralgraph.training.loop import fit
from tests.conftest import SCALE

NANS, MEMORY, BREAKS = 50 * SCALE, 20 * SCALE, 20 * SCALE
ROWS, BATCH = 160, 16
MARK = 7.0
"""The first feature of the row that brings the trouble."""
LAYERS = ("Linear", "Tanh", "BatchNorm1d", "Sigmoid", "LayerNorm", "ELU", "Dropout", "Hardtanh")
MODULES = {"Linear", "BatchNorm1d", "LayerNorm", "Dropout"}

Harm = Callable[[Any, Any, Any], Any]


def network(rng: random.Random) -> tuple[ng.Graph, list[str]]:
    """A chain of random layers; the ids of all that is a module of its own."""
    graph = ng.Graph()
    x, y = graph.add("Input", id="x", shape=(4,)), graph.add("Input", id="y", shape=(2,))
    h, ids = graph.add("Linear", x, out_features=6, id="first"), ["first"]
    for number in range(rng.randrange(1, 6)):
        kind, id = rng.choice(LAYERS), f"layer_{number}"
        h = graph.add(kind, h, id=id, **({"out_features": 6} if kind == "Linear" else {}))
        ids += [id] if kind in MODULES else []
    h = graph.add("Linear", h, out_features=2, id="last")
    graph.add("MSELoss", h, y, id="loss")
    graph.add("MeanAbsoluteError", h, y, id="error")
    return graph, [*ids, "last"]


def arrays(rng: random.Random) -> dict[str, Any]:
    numbers = np.random.default_rng(rng.randrange(1000))
    x = numbers.normal(size=(ROWS, 4)).astype(np.float32)
    x[rng.randrange(ROWS), 0] = MARK
    return {"x": x, "y": numbers.normal(size=(ROWS, 2)).astype(np.float32)}


def harmed(graph: ng.Graph, data: dict[str, Any], id: str, harm: Harm, seed: int) -> tuple[Any, list[Event]]:
    """A run in which the module of `id` does harm in the batch that holds the marked row."""
    session = graph.session
    plan = ng.api.planned(session.graph.plan, epochs=2, batch_size=BATCH, seed=seed, validation=0.0)
    program = session.compile(seed=seed, graph=session.graph.having(plan=plan))
    present = [False]

    def look(_module: Any, given: Any) -> None:
        present[0] = bool((given[0][:, 0] == MARK).any())

    def act(module: Any, given: Any, out: Any) -> Any:
        return harm(module, given, out) if present[0] else out

    handles = [program.root.first.register_forward_pre_hook(look), getattr(program.root, id).register_forward_hook(act)]
    feed = session.feed(program, plan, data)
    events = list(fit(program, feed, plan))
    for one in handles:
        one.remove()
    return program, events


def place(data: dict[str, Any], seed: int) -> int:
    """The number of the first batch that holds the marked row, counted from 1."""
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(seed))
    marked = int(np.flatnonzero(data["x"][:, 0] == MARK)[0])
    return int((order == marked).nonzero()[0]) // BATCH + 1


def well(program: Any) -> bool:
    """Nothing is spoilt, and the next run works."""
    return all(torch.isfinite(one).all() for one in program.state_dict().values() if one.is_floating_point())


def learns(graph: ng.Graph) -> bool:
    data = arrays(random.Random(0))
    data["x"][:, 0] = 0
    return isinstance(list(ng.fit(graph, data=data, epochs=1))[-1], Finished)


@pytest.mark.parametrize("seed", range(NANS))
def test_a_number_that_is_none_stops_the_run_and_names_its_node(seed: int) -> None:
    rng = random.Random(seed)
    graph, ids = network(rng)
    data, id, value = arrays(rng), rng.choice(ids), rng.choice([float("nan"), float("inf"), -float("inf")])
    program, events = harmed(graph, data, id, lambda _m, _i, out: out * value, seed)
    failed = events[-1]
    assert isinstance(failed, Failed) and failed.node == id and failed.hint
    assert failed.message.startswith(f"At step {place(data, seed)} the output of {id}")
    assert well(program) and learns(graph)


def breaks(rng: random.Random) -> tuple[str, Harm, Exception]:
    """An exception of any kind, forwards or backwards."""
    error = rng.choice([RuntimeError("sizes do not fit"), ValueError("odd"), IndexError("far out"), ZeroDivisionError(),
                        KeyError("key"), AssertionError(), OSError(5, "input/output error"), RecursionError("deep")])

    def forwards(_module: Any, _given: Any, _out: Any) -> Any:
        raise error

    def backwards(_module: Any, _given: Any, out: Any) -> Any:
        def thrown(_gradient: Any) -> Any:
            raise error

        out.register_hook(thrown)
        return out

    return rng.choice([("forwards", forwards, error), ("backwards", backwards, error)])


@pytest.mark.parametrize("seed", range(BREAKS))
def test_an_exception_stops_the_run_in_words(seed: int) -> None:
    rng = random.Random(seed)
    graph, ids = network(rng)
    way, harm, error = breaks(rng)
    id = rng.choice(ids)
    program, events = harmed(graph, arrays(rng), id, harm, seed)
    failed = events[-1]
    assert isinstance(failed, Failed) and "Traceback" not in failed.message and failed.hint
    assert (str(error) or type(error).__name__) in failed.message
    assert failed.node == id, f"{way}: {failed.message}"
    assert well(program) and learns(graph)


@pytest.mark.parametrize("seed", range(MEMORY))
def test_out_of_memory_is_said_and_the_next_run_works(seed: int) -> None:
    rng = random.Random(seed)
    graph, ids = network(rng)
    full = rng.choice([torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"), MemoryError(),
                       RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")])
    id = rng.choice(ids)

    def harm(_module: Any, _given: Any, out: Any) -> Any:
        raise full

    program, events = harmed(graph, arrays(rng), id, harm, seed)
    failed = events[-1]
    assert isinstance(failed, Failed) and failed.node == id
    assert "not enough memory" in failed.message and "smaller" in failed.hint
    assert well(program) and learns(graph)


def rows_end(*_arguments: Any) -> Iterator[Any]:
    """A loader that breaks in the middle."""
    yield from ()
    raise OSError(5, "the disk went away")


def test_a_loader_that_breaks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, _ = network(random.Random(0))
    with monkeypatch.context() as patch:
        patch.setattr("neuralgraph.training.loop.batches", rows_end)
        failed = list(ng.fit(graph, data=arrays(random.Random(0)), epochs=1))[-1]
    assert isinstance(failed, Failed) and "the disk went away" in failed.message
    assert learns(graph)


def test_a_metric_that_breaks_is_said() -> None:
    graph, _ = network(random.Random(0))
    session = graph.session
    plan = ng.api.planned(session.graph.plan, epochs=1, validation=0.0)
    program = session.compile(graph=session.graph.having(plan=plan))

    def broken(*_given: Any) -> Any:
        raise ValueError("no such class")

    program.metrics["error"].statistics = broken
    failed = list(fit(program, session.feed(program, plan, arrays(random.Random(0))), plan))[-1]
    assert isinstance(failed, Failed) and "no such class" in failed.message
    assert failed.node == "error"
    assert well(program) and learns(graph)
