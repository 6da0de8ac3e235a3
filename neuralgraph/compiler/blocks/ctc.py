"""Connectionist temporal classification, with batches first."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class CTCLoss(nn.CTCLoss):
    """`nn.CTCLoss` of N × L × classes and N × S; lengths that are not given are found."""

    def forward(
        self, input: torch.Tensor, target: torch.Tensor, input_lengths: torch.Tensor | None = None,
        target_lengths: torch.Tensor | None = None,
    ) -> torch.Tensor:
        if input.is_meta:  # torch has no rule for its shape, which is that of any loss
            return input.sum()
        if input_lengths is None:
            input_lengths = torch.full((len(input),), input.shape[1], dtype=torch.int64, device=input.device)
        if target_lengths is None:
            target_lengths = (target != self.blank).sum(1)
        loss = functional.ctc_loss(
            input.transpose(0, 1), target, input_lengths, target_lengths, self.blank,
            "mean" if self.reduction == "mean" else "sum", self.zero_infinity)
        return loss / len(input) if self.reduction == "per sample" else loss
