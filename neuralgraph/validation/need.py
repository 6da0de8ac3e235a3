"""What training would take: counted from shapes before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes for one training step on a batch: weights, gradients, the optimiser's state, activations forth and back.

    `free` is what the chosen device has free; 0 where nobody asked.
    """

    parameters: int = 0
    weights: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    free: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations

    @property
    def parts(self) -> dict[str, int]:
        """The four parts by name, in the order they are shown."""
        return {"weights": self.weights, "gradients": self.gradients, "optimizer": self.optimizer,
                "activations": self.activations}  # fmt: skip
