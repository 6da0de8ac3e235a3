"""A training step as one CUDA graph: recorded once on memory that stays where it is, launched whole ever after.

A small step on a GPU is mostly the time in which Python asks for its kernels; a recorded step asks once. Forward and
backward pass are recorded, the optimiser's own fused kernel follows. What a recording cannot hold, such as an operation
that waits for the device, is found before anything is recorded.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from neuralgraph.training import randomness
from neuralgraph.training.batches import Batch
from neuralgraph.training.traced.replay import Heard
from neuralgraph.training.traced.tracing import Untraceable

WARM = 3
"""So often a step runs beside the recording first: libraries choose their kernels and set up what they need."""

Goal = Callable[[Tensor, Mapping[int, Tensor] | None], Tensor]
Run = Callable[[], list[Tensor]]


class Recorder(Protocol):
    """What records on a device. `words` is what a recording is called."""

    words: str
    device: str

    def warm_up(self, run: Run) -> None:
        """Run it a few times; raises where it does what no recording can hold."""

    def record(self, run: Run) -> tuple[list[Tensor], Callable[[], None]]:
        """The tensors that it gives, and what computes them anew, in their places."""


class Captured:
    """Computes losses and gradients of a batch as the learner does, like `Replay`: gradients are left in `gradients`.

    What the losses do not depend on has False in `known`. Weights, buffers and random state are as before when it is
    made. Raises `Untraceable`.
    """

    def __init__(self, forward: nn.Module, wanted: Sequence[nn.Parameter], goal: Goal, batch: Batch,
                 gradients: Sequence[Tensor], recorder: Recorder) -> None:
        self.known: list[bool] = []
        self._inputs = [torch.empty_like(one, memory_format=torch.contiguous_format).copy_(one) for one in batch]
        self._shape: tuple[int, ...] = ()
        self._losses = 0

        def step() -> list[Tensor]:
            total, losses, watched = forward(*self._inputs)
            found = torch.autograd.grad(goal(total, None), wanted, allow_unused=True)
            for place, one in zip(gradients, found, strict=True):
                if one is not None:
                    place.copy_(one)
            self.known = [one is not None for one in found]
            self._losses, self._shape = len(losses), tuple(len(some) for some in watched)
            return [one.detach() for one in (total, *losses, *(one for some in watched for one in some))]

        buffers = list(forward.buffers())
        kept, drawn = [one.clone() for one in buffers], randomness.state(recorder.device)
        try:
            recorder.warm_up(step)
            self._given, self._again = recorder.record(step)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            raise Untraceable(_why(error)) from error
        finally:
            for one, before in zip(buffers, kept, strict=True):
                one.copy_(before)
            randomness.restore(drawn, recorder.device)

    def __call__(self, batch: Batch) -> Heard:
        for place, given in zip(self._inputs, batch, strict=True):
            place.copy_(given)
        self._again()
        out = [one.clone() for one in self._given]  # the next batch overwrites them
        first, watched = 1 + self._losses, []
        for count in self._shape:
            watched.append(out[first : first + count])
            first += count
        return out[0], out[1 : 1 + self._losses], watched


class CudaGraphs:
    """Records with `torch.cuda.CUDAGraph`.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
    """

    words = "as a CUDA graph"

    def __init__(self, device: str) -> None:
        self.device = device

    def warm_up(self, run: Run) -> None:
        here, side = torch.cuda.current_stream(self.device), self._stream()
        side.wait_stream(here)
        try:
            with torch.cuda.stream(side):
                run()  # the first time may wait for the device: handles and plans are made
                with _no_waiting():
                    for _ in range(WARM - 1):
                        run()
        finally:
            here.wait_stream(side)

    def record(self, run: Run) -> tuple[list[Tensor], Callable[[], None]]:
        index = torch.device(self.device).index
        generator = torch.cuda.default_generators[torch.cuda.current_device() if index is None else index]
        graph, kept = torch.cuda.CUDAGraph(), generator.clone_state()
        try:
            # the outer stream: leaving a broken recording would leave its own as the present one
            with (torch.cuda.device(self.device), torch.cuda.stream(torch.cuda.current_stream(self.device)),
                  torch.cuda.graph(graph, stream=self._stream(), capture_error_mode="thread_local")):
                found = run()
        except BaseException:
            with suppress(RuntimeError):  # it would go on counting for a graph that there is not
                generator.graphsafe_set_state(kept)
            raise
        return found, graph.replay

    def _stream(self) -> torch.cuda.Stream:
        return torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]


class _no_waiting:  # noqa: N801  (read as a statement)
    """Inside, what waits for the device raises."""

    def __enter__(self) -> None:
        self._before = torch.cuda.get_sync_debug_mode()
        self._set("error")

    def __exit__(self, *of: object) -> None:
        self._set(self._before)

    @staticmethod
    def _set(mode: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch says that it does not find everything
            torch.cuda.set_sync_debug_mode(mode)


def recorder_for(device: str) -> Recorder | None:
    """What records steps there; None where they are traced, or only go the usual way."""
    return CudaGraphs(device) if torch.device(device).type == "cuda" else None


def _why(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0][:160].rstrip(".") if lines else type(error).__name__
    if isinstance(error, torch.OutOfMemoryError):
        return "there is not memory enough on the device for a recording"
    return f"it cannot be recorded ({first})"
