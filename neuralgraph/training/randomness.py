"""torch's random state: a run has its own, and gives the rest of the program back what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from neuralgraph.compiler.turns import TURNS

State = dict[str, Tensor]



def state(device: str) -> State:
    """The random state of the processor and of the device."""
    found = {"cpu": torch.get_rng_state()}
    match torch.device(device).type:
        case "cuda":
            found["cuda"] = torch.cuda.get_rng_state(device)
        case "mps":
            found["mps"] = torch.mps.get_rng_state()
    return found


def restore(saved: Mapping[str, Tensor], device: str) -> None:
    """Put a state back; what belongs to another kind of device is left out."""
    torch.set_rng_state(saved["cpu"])
    kind = torch.device(device).type
    if kind == "cuda" and "cuda" in saved:
        torch.cuda.set_rng_state(saved["cuda"], device)
    if kind == "mps" and "mps" in saved:
        torch.mps.set_rng_state(saved["mps"])


@contextmanager
def undisturbed(device: str, seed: int | None = None) -> Iterator[None]:
    """Whatever is drawn inside, the state is afterwards as it was. With `seed`, the same is drawn every time."""
    TURNS.take()
    try:
        before = state(device)
        try:
            if seed is not None:
                torch.manual_seed(seed)
            yield
        finally:
            restore(before, device)
    finally:
        TURNS.give()


class Randomness:
    """A random state of its own, in force while it is entered. `aside` gives the others theirs for a while."""

    def __init__(self, seed: int, device: str) -> None:
        self.device = device
        with undisturbed(device):
            torch.manual_seed(seed)
            self._own = state(device)
        self._others = self._own

    @property
    def own(self) -> State:
        """The state of the run, while it is not in force."""
        return self._own

    @own.setter
    def own(self, saved: State) -> None:
        self._own = saved

    def __enter__(self) -> None:
        TURNS.take()
        self._others = state(self.device)
        restore(self._own, self.device)

    def __exit__(self, *_: object) -> None:
        self._own = state(self.device)
        restore(self._others, self.device)
        TURNS.give()
        TURNS.polite()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Out of force inside, while the run stands still."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()
