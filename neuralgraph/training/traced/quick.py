"""Learning by replaying a step: who may, when it takes over, and how it is known to be the same.

The step as torch runs it is the reference. A size of batch is traced (on CUDA: recorded as a graph) once it was learned
often enough and enough of it is to come; then the replay runs beside the reference for some batches, and only if
losses, gradients, buffers, random state, weights and what the optimiser remembers agree bit for bit does it take over.
At every epoch it is asked whether what it was made for still holds. Whatever goes otherwise, the reference goes on, and
the reason is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from neuralgraph.training import randomness
from neuralgraph.training.batches import Batch
from neuralgraph.training.traced.capture import Captured, Recorder
from neuralgraph.training.traced.kernels import Kernel, has_kernel, remembered
from neuralgraph.training.traced.operations import same
from neuralgraph.training.traced.replay import Heard, Replay
from neuralgraph.training.traced.tracing import NotWorthIt, Untraceable, trace

if TYPE_CHECKING:
    from neuralgraph.training.learner import Learner

SEEN = 3
"""So many batches of a size are learned by the reference first."""
TO_COME = 1500
"""So many must be expected: tracing takes about as long as a thousand small steps save."""
RECORDED_TO_COME = 200
"""So many on a device: recording takes about as long as some dozens of steps."""
BESIDE = 3
"""So many batches are learned both ways before the replay takes over."""


@dataclass
class _Size:
    """What is known of batches of one size."""

    seen: int = 0
    beside: int = 0
    replay: Replay | Captured | None = None


class Quick:
    """Carries out the steps of one learner. `off` says why it only ever takes the usual way; empty where it may not.

    `expected(usual)` is how many batches of the usual size the stage has, or of the smaller one that ends an epoch.
    `notes` are sentences to tell. `recorder` records steps instead of tracing them.
    """

    def __init__(self, learner: Learner, expected: Callable[[bool], int], off: str = "",
                 recorder: Recorder | None = None) -> None:
        self.learner, self.expected, self.off, self.recorder = learner, expected, off, recorder
        self.notes: list[str] = []
        self._ready: dict[int, Replay | Captured] = {}
        self._sizes: dict[int, _Size] = {}
        self._places: list[Tensor] = []
        self._move: Callable[[], Any] | None = None
        self._kernel: Kernel | None = None
        self._key: tuple[Any, ...] = ()

    @property
    def replays(self) -> bool:
        """Some size of batch is learned by replaying."""
        return bool(self._ready)

    # -- every batch ------------------------------------------------------------------------------------------------

    def learn(self, batch: Batch) -> Heard:
        """Forward, backward, step: replayed where that is known to be the same."""
        replay, move = self._ready.get(len(batch[0]) if batch else 1), self._move
        if replay is None or move is None:
            return self._usual(batch)
        try:
            heard = replay(batch)
        except Exception as error:
            return self._failed(batch, error)
        self.learner.clipped()
        move()
        self.learner.moved_once()
        return heard

    def epoch_begins(self) -> None:
        """Between two epochs anything may have been changed: what no longer holds is made anew."""
        stale = isinstance(self._move, Kernel) and self._move.stale
        if self._ready and (stale or self._key != self._present_key()):
            self.drop()

    def drop(self) -> None:
        """What the traces were made for has changed: back to the reference, and later anew."""
        self._ready, self._move, self._kernel = {}, None, None
        self._sizes = {}

    def forget(self) -> None:
        """Let go of all memory."""
        self.drop()
        self._places = []

    # -- the way there ----------------------------------------------------------------------------------------------

    def _usual(self, batch: Batch) -> Heard:
        rows = len(batch[0]) if batch else 1
        size = self._sizes.setdefault(rows, _Size())
        size.seen += 1
        enough = TO_COME if self.recorder is None else RECORDED_TO_COME
        if self.off or size.seen <= SEEN or self.expected(rows == max(self._sizes)) < enough:
            return self._reference(batch)
        try:
            if size.replay is None:
                size.replay = self._made(batch)
            return self._both(batch, rows, size)
        except Untraceable as why:
            self._give_up(str(why), tell=not isinstance(why, NotWorthIt))
            return self._reference(batch)

    def _reference(self, batch: Batch) -> Heard:
        heard = self.learner.reference(batch)
        if self._ready:  # gradients stay where replays leave them
            for one, place in zip(self.learner.parameters, self._places, strict=True):
                if one.grad is not None:
                    one.grad = place.copy_(one.grad)
        return heard

    def _give_up(self, why: str, *, tell: bool = True) -> None:
        self.off = why
        self.forget()
        if tell:
            words = "replayed from a trace" if self.recorder is None else self.recorder.words
            self.notes.append(f"Steps go the usual way, not {words}: {why}.")

    def _made(self, batch: Batch) -> Replay | Captured:
        learner = self.learner
        key = self._present_key()
        if self._ready and key != self._key:
            self._ready, self._move = {}, None
        self._key = key
        if not self._places:
            self._places = [torch.zeros_like(one, memory_format=torch.preserve_format).detach()
                            for one in learner.parameters]
        if self.recorder is not None:
            return Captured(learner.forward, learner.parameters, learner.goal, batch, self._places, self.recorder)
        found = trace(learner.forward, learner.parameters, learner.goal, batch)
        try:
            return Replay(found, batch, self._places)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            raise Untraceable(f"an operation can't be replayed ({type(error).__name__})") from error

    def _both(self, batch: Batch, rows: int, size: _Size) -> Heard:
        """Learn by the replay, take it back, learn by the reference, and compare all there is."""
        learner, replay, optimizer = self.learner, size.replay, self.learner.optimizer
        device = learner.program.device
        assert replay is not None and optimizer is not None
        known = [one for one, there in zip(learner.parameters, replay.known, strict=True) if there]
        held = remembered(optimizer, known)
        if held is None:
            return self._reference(batch)
        places = dict(zip(learner.parameters, self._places, strict=True))
        move = self._mover(optimizer, {one: places[one] for one in known})
        held = remembered(optimizer, known) or []
        everything = [*learner.forward.buffers(), *(one.detach() for one in learner.parameters), *held]
        before, random = _copies(everything), randomness.state(device)
        try:
            mine = replay(batch)
            drawn = randomness.state(device)
            self._attach(replay)
            learner.clipped()
            move()
            after, gradients = _copies(everything), _copies([places[one] for one in known])
        except Exception as error:  # the usual way says what is wrong with this batch
            raise Untraceable(f"one failed with {type(error).__name__}") from error
        finally:
            randomness.restore(random, device)
            for one, was in zip(everything, before, strict=True):
                one.copy_(was)
        theirs = self._reference(batch)
        learned = [one.grad is not None for one in learner.parameters] == list(replay.known)
        differs = [what for what, one, other in (
            ("losses", _flat(mine), _flat(theirs)),
            ("gradients", gradients, [one.grad for one in known if one.grad is not None]),
            ("weights and running figures", after, everything),
            ("random numbers", list(drawn.values()), list(randomness.state(device).values())),
        ) if not learned or not _agree(one, other)]
        if differs:
            self._give_up(f"its {differs[0]} are not the same bit for bit")
            return theirs
        size.beside += 1
        if size.beside >= BESIDE:
            self._take_over(rows, replay, move)
        return theirs

    def _mover(self, optimizer: torch.optim.Optimizer, places: dict[nn.Parameter, Tensor]) -> Callable[[], Any]:
        """What moves the weights: one kernel for batches of all sizes, for a second one would count steps elsewhere."""
        if self.recorder is not None or not has_kernel(optimizer):
            return optimizer.step
        if self._kernel is None or self._kernel.stale or not self._kernel.moves(places):
            self._kernel = Kernel(optimizer, places)
        return self._kernel

    def _take_over(self, rows: int, replay: Replay | Captured, move: Callable[[], Any]) -> None:
        for one, place in zip(self.learner.parameters, self._places, strict=True):
            if one.grad is not None:
                place.copy_(one.grad)
        self._attach(replay)
        self._ready[rows], self._move = replay, move

    def _attach(self, replay: Replay | Captured) -> None:
        for one, place, there in zip(self.learner.parameters, self._places, replay.known, strict=True):
            one.grad = place if there else None

    def _failed(self, batch: Batch, error: Exception) -> Heard:
        """What fails in a replay fails the usual way too, and there with a message that names the node."""
        self._give_up(f"one failed with {type(error).__name__}")
        self.learner.reference(batch)
        raise error

    def _present_key(self) -> tuple[Any, ...]:
        forward: nn.Module = self.learner.forward
        tensors = [*forward.parameters(), *forward.buffers(), *self.learner.parameters]
        return (*(one.data_ptr() for one in tensors), *(one.requires_grad for one in tensors),
                *(one.training for one in forward.modules()))


def _copies(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [one.detach().clone() for one in tensors]


def _agree(mine: Sequence[Tensor], theirs: Sequence[Tensor]) -> bool:
    return len(mine) == len(theirs) and all(map(same, mine, theirs))


def _flat(heard: Heard) -> list[Tensor]:
    return [heard[0], *heard[1], *(one for some in heard[2] for one in some)]
