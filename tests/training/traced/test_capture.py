"""Steps recorded on a device: who may, the same bit for bit, and back to the usual way with the reason.

The logic is tested with a stand-in for the recording that works on the processor; CUDA itself where there is a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.plan import Optimizer, Step
from neuralgraph.training import learner
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Event, Note
from neuralgraph.training.loop import Loop
from neuralgraph.training.traced import quick
from neuralgraph.training.traced.capture import Captured, CudaGraphs, Run, recorder_for
from tests.training.traced.test_quick import NETWORKS, drawn, everything, heard, loop_of, mlp, plan

cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


class Recording:
    """Records as a CUDA graph does: what comes out lies in the same places every time. Works on the processor."""

    words = "as a CUDA graph"

    def __init__(self, device: str) -> None:
        self.device = device
        self.recorded = self.replayed = 0

    def warm_up(self, run: Run) -> None:
        for _ in range(3):
            run()

    def record(self, run: Run) -> tuple[list[torch.Tensor], Callable[[], None]]:
        self.recorded += 1
        places = [one.clone() for one in run()]

        def again() -> None:
            self.replayed += 1
            for place, one in zip(places, run(), strict=True):
                place.copy_(one)

        return places, again


@contextmanager
def recording(made: Callable[[str], Any] = Recording, to_come: int = 1) -> Iterator[None]:
    with patch.object(learner, "recorder_for", made), patch.object(quick, "RECORDED_TO_COME", to_come):
        yield


def notes(events: list[Event]) -> list[str]:
    return [one.message for one in events if isinstance(one, Note)]


def recorder_of(loop: Loop) -> Any:
    return loop.learners[0].quick.recorder


@pytest.mark.parametrize("name", NETWORKS)
def test_is_the_usual_way(name: str) -> None:
    usual = loop_of(NETWORKS[name](), plan())
    expected, _ = heard(usual)
    with recording():
        mine = loop_of(NETWORKS[name](), plan())
        losses, events = heard(mine)
    assert notes(events) == [] and mine.learners[0].quick.replays
    assert losses == expected and everything(mine) == everything(usual)
    assert recorder_of(mine).recorded == 2  # whole batches, and the smaller one that ends an epoch
    assert recorder_of(mine).replayed > 50


@pytest.mark.parametrize("step", [
    Step(optimizer=Optimizer("SGD", 0.1, {"momentum": 0.9})), Step(clip=0.05), Step(l1=0.01), Step(nodes=("logits",)),
    Step(optimizer=Optimizer("RMSprop", 0.01)), Step(every=2)],
    ids=["momentum", "clip", "l1", "some", "other", "every"])
def test_with_what_a_plan_can_say(step: Step) -> None:
    usual = loop_of(mlp(), plan(step))
    expected, _ = heard(usual)
    with recording():
        mine = loop_of(mlp(), plan(step))
        losses, _ = heard(mine)
    assert mine.learners[0].quick.replays and losses == expected and everything(mine) == everything(usual)


def test_what_changes_between_epochs_is_recorded_anew() -> None:
    def run(made: Any) -> tuple[list[float], dict[str, Any], Loop]:
        control = Control()
        control.repeat(Changed(at, 0.0, name, 0.0, value) for at, name, value in (
            (30, "lr", 0.005), (40, "l1", 0.02), (55, "dropout_1.p", 0.1), (62, "loss.weight", 0.5)))
        with recording(made):
            loop = loop_of(NETWORKS["dropout"](), plan(), control)
            losses, _ = heard(loop)
        return losses, everything(loop), loop

    losses, stood, mine = run(Recording)
    expected, there, _ = run(lambda device: None)
    assert losses == expected and stood == there and recorder_of(mine).recorded > 2


class Refuses(Recording):
    def record(self, run: Run) -> tuple[list[torch.Tensor], Callable[[], None]]:
        run()
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore of it")


class Waits(Recording):
    def warm_up(self, run: Run) -> None:
        run()
        raise RuntimeError("called a synchronizing CUDA operation")


class Full(Recording):
    def record(self, run: Run) -> tuple[list[torch.Tensor], Callable[[], None]]:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")


@pytest.mark.parametrize(("made", "why"), [
    (Refuses, "it cannot be recorded (CUDA error: operation not permitted when stream is capturing)"),
    (Waits, "it cannot be recorded (called a synchronizing CUDA operation)"),
    (Full, "there is not memory enough on the device for a recording")])
def test_what_cannot_be_recorded_goes_the_usual_way_and_says_why(made: Any, why: str) -> None:
    """Running figures and random numbers that were used up by trying are given back."""
    network = drawn(("Linear", {"out_features": 8}), ("BatchNorm1d", {}), ("Dropout", {"p": 0.4}))
    usual = loop_of(network, plan())
    expected, _ = heard(usual)
    with recording(made):
        mine = loop_of(network, plan())
        losses, events = heard(mine)
    assert notes(events) == [f"Steps go the usual way, not as a CUDA graph: {why}."]
    assert losses == expected and everything(mine) == everything(usual)


@pytest.mark.parametrize("what", ["losses", "gradients", "weights and running figures", "random numbers"])
def test_a_recording_that_gives_other_numbers_is_noticed(what: str) -> None:
    original = Captured.__call__

    def spoilt(self: Any, batch: Any) -> Any:
        heard = original(self, batch)
        match what:
            case "losses":
                return heard[0] + 1e-6, heard[1], heard[2]
            case "gradients":
                loop.learners[0].quick._places[0].view(-1)[0] += 1e-4
            case "random numbers":
                torch.rand(1)
            case _:
                next(one for name, one in loop.program.root.named_buffers() if "mean" in name)[0] += 1e-3
        return heard

    usual = loop_of(NETWORKS["norms"](), plan())
    expected, _ = heard(usual)
    with recording(), patch.object(Captured, "__call__", spoilt):
        loop = loop_of(NETWORKS["norms"](), plan())
        losses, events = heard(loop)
    assert losses == expected and everything(loop) == everything(usual)
    assert notes(events) == [f"Steps go the usual way, not as a CUDA graph: its {what} are not the same bit for bit."]


@pytest.mark.parametrize("given", [{"precision": "bfloat16"}, {"step": Step(accumulate=2)}], ids=str)
def test_some_plans_are_not_recorded(given: dict[str, Any]) -> None:
    with recording():
        loop = loop_of(mlp(), plan(given.pop("step", None), **given))
        heard(loop)
    assert not loop.learners[0].quick.replays and not recorder_of(loop).recorded


def test_short_runs_are_not_recorded() -> None:
    with recording(to_come=10**6):
        loop = loop_of(mlp(), plan())
        heard(loop)
    assert not recorder_of(loop).recorded


def test_only_cuda_records() -> None:
    assert recorder_for("cpu") is None and recorder_for("mps") is None
    assert isinstance(recorder_for("cuda:1"), CudaGraphs)


@cuda
@pytest.mark.parametrize("name", NETWORKS)
def test_on_cuda_a_graph_is_the_usual_way_or_says_why(name: str) -> None:
    def run(to_come: int) -> tuple[Any, list[Event], bool]:
        with patch.object(quick, "RECORDED_TO_COME", to_come):
            g = ng.Graph(NETWORKS[name]().session)
            events = list(ng.fit(g, data=_rows(g), device="cuda", **_settings()))
        assert g.run is not None
        weights = {key: one.tolist() for key, one in g.run.program.state_dict().items()}
        return weights, events, not notes(events)

    expected, _, _ = run(10**9)
    weights, events, quiet = run(1)
    assert quiet or "not as a CUDA graph" in notes(events)[0]
    if name in ("mlp", "dropout"):
        assert quiet and weights == expected


@cuda
def test_on_cuda_random_numbers_go_on_after_a_recording_that_broke() -> None:
    def breaks() -> list[torch.Tensor]:
        return [torch.tensor(torch.rand(3, device="cuda").sum().item())]

    recorder = CudaGraphs("cuda")
    torch.rand(1, device="cuda")
    stream = torch.cuda.current_stream()
    with pytest.raises(RuntimeError):
        recorder.warm_up(breaks)
    with pytest.raises(RuntimeError):
        recorder.record(breaks)
    assert torch.cuda.current_stream() == stream
    assert torch.rand(1, device="cuda").isfinite().all()


def _rows(g: ng.Graph) -> dict[str, Any]:
    rng = torch.Generator().manual_seed(0)
    shape = tuple(g.session.graph.nodes["x"].params["shape"])
    return {"x": torch.randn(50, *shape, generator=rng).numpy(), "y": torch.randint(0, 3, (50,), generator=rng).numpy()}


def _settings() -> dict[str, Any]:
    return {"epochs": 14, "batch_size": 8, "validation": 0.0, "seed": 3, "optimizer": "Adam", "lr": 1e-2}
