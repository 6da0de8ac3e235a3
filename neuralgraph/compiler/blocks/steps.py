"""Modules of torch that take or give tuples, made to take and give tensors one by one."""

from __future__ import annotations

import torch
from torch import nn

from neuralgraph.compiler.blocks.rules import joined


class LSTMCell(nn.LSTMCell):
    """`nn.LSTMCell` with its two states as two inputs; without them it starts from zeros."""

    def forward(  # type: ignore[override]
        self, x: torch.Tensor, hx: torch.Tensor | None = None, cx: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        zeros = x.new_zeros(len(x), self.hidden_size)
        return super().forward(x, (zeros if hx is None else hx, zeros if cx is None else cx))


class TransformerEncoder(nn.TransformerEncoder):
    """`nn.TransformerEncoder` made from numbers instead of a layer."""

    def __init__(
        self, d_model: int, nhead: int, num_layers: int, dim_feedforward: int, dropout: float, activation: str,
        norm_first: bool, is_causal: bool = False,
    ) -> None:
        layer = nn.TransformerEncoderLayer(
            d_model, nhead, dim_feedforward, dropout, activation, norm_first=norm_first, batch_first=True)
        super().__init__(layer, num_layers, enable_nested_tensor=False)
        self.is_causal = is_causal

    def forward(  # type: ignore[override]
        self, x: torch.Tensor, mask: torch.Tensor | None = None, src_key_padding_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        if self.is_causal:
            future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
            mask = future if mask is None else mask | future
        # told that the mask is any mask, torch does not look into it for a causal one
        return super().forward(x, mask, src_key_padding_mask, is_causal=False)


class GaussianNLLLoss(nn.Module):
    """As `nn.GaussianNLLLoss`, without looking at the numbers: a variance below `eps` counts as `eps`."""

    def __init__(self, reduction: str, full: bool, eps: float) -> None:
        super().__init__()
        self.reduction, self.full, self.eps = reduction, full, eps

    def forward(self, input: torch.Tensor, target: torch.Tensor, var: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            floor = var.clamp(min=self.eps) - var
        var = var + floor  # torch too lets the gradient through as if nothing had been raised
        loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
        if self.full:
            loss = loss + 0.918938533204672741
        return joined(loss, self.reduction)
