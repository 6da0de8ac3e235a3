"""A drawn module run over the time axis."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Recurrence(nn.Module):
    """Runs `cell` on every step of sequences N × L × …, from its first states on.

    `cell(*inputs of one step, *states)` gives the outputs of that step and the next states. `states` says of each its
    name, how it starts (zero, learned, wired) and the shape for one sample. `back` is the cell that reads from the end,
    where both directions are read; its numbers stand behind the others on the last axis. Without inputs it runs by
    itself for so many `steps`.
    """

    def __init__(
        self, cell: nn.Module, back: nn.Module | None, inputs: int, states: Sequence[tuple[str, str, tuple[int, ...]]],
        direction: str, last: bool, truncate: int, steps: int = 0,
    ) -> None:
        super().__init__()
        self.cell = cell
        if back is not None:
            self.back = back
        self.inputs, self.states, self.direction = inputs, states, direction
        self.last, self.truncate, self.steps = last, truncate, steps
        for name, start, shape in states:
            if start == "learned":
                self.register_parameter(f"{name}_0", nn.Parameter(torch.zeros(shape)))
                if back is not None:
                    self.register_parameter(f"{name}_0_back", nn.Parameter(torch.zeros(shape)))

    def forward(self, *values: Tensor, mask: Tensor | None = None) -> Tensor | tuple[Tensor, ...]:
        """All outputs, then all final states; a single one comes alone."""
        sequences, wired = values[: self.inputs], list(values[self.inputs :])
        if self.direction == "both":
            there = self.run(self.cell, sequences, wired, mask, "")
            again = self.run(self.back, sequences, wired, mask, "_back", backwards=True)
            found = tuple(torch.cat(pair, dim=-1) for pair in zip(there, again, strict=True))
        else:
            found = self.run(self.cell, sequences, wired, mask, "", backwards=self.direction == "backward")
        return found[0] if len(found) == 1 else found

    def run(
        self, cell: nn.Module, sequences: Sequence[Tensor], wired: Sequence[Tensor], mask: Tensor | None, suffix: str,
        backwards: bool = False,
    ) -> tuple[Tensor, ...]:
        """One direction: every output over all steps, or at the last one that there is, and the final states."""
        x = sequences[0] if sequences else wired[0]
        states = self.first(x, list(wired), suffix)
        steps = range(x.shape[1] if sequences else self.steps)
        kept: list[list[Tensor]] = []
        final: list[Tensor] = []
        for at in reversed(steps) if backwards else steps:
            if self.truncate and kept and len(kept) % self.truncate == 0:
                states = [one.detach() for one in states]
            found = cell(*(one[:, at] for one in sequences), *states)
            count = len(found) - len(states)
            outputs, after = list(found[:count]), list(found[count:])
            if mask is not None:
                here = mask[:, at]
                after = [choose(here, new, old) for new, old in zip(after, states, strict=True)]
                before = final or [torch.zeros_like(one) for one in outputs]
                final = [choose(here, new, old) for new, old in zip(outputs, before, strict=True)]
                outputs = [choose(here, one, torch.zeros_like(one)) for one in outputs]
            else:
                final = outputs
            kept.append(outputs)
            states = after
        if self.last:
            return (*final, *states)
        ordered = kept[::-1] if backwards else kept
        return (*(torch.stack(steps_of, dim=1) for steps_of in zip(*ordered, strict=True)), *states)

    def first(self, x: Tensor, wired: list[Tensor], suffix: str) -> list[Tensor]:
        """The states before the first step."""
        found = []
        for name, start, shape in self.states:
            if start == "wired":
                found.append(wired.pop(0))
            elif start == "learned":
                found.append(getattr(self, f"{name}_0{suffix}").expand(x.shape[0], *shape))
            else:
                number = x.dtype if x.is_floating_point() else torch.get_default_dtype()
                dtype = next((one.dtype for one in self.parameters()), number)
                found.append(torch.zeros(x.shape[0], *shape, dtype=dtype, device=x.device))
        return found


def choose(here: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """`new` for the samples where `here` is true, else `old`."""
    return torch.where(here.view(-1, *[1] * (new.ndim - 1)), new, old)
