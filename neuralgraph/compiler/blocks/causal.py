"""Attention that hides the future by itself, and whole transformers made from numbers.

A mask of yes hides; what is wired is hidden too. torch is always told that the mask is any mask: it would look into
the numbers for a causal one otherwise.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class CausalAttention(nn.MultiheadAttention):
    """`nn.MultiheadAttention` in which no query looks at a later key."""

    def forward(  # type: ignore[override]
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
        key_padding_mask: torch.Tensor | None = None, attn_mask: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        future = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool, device=query.device).triu(1)
        return super().forward(query, key, value, key_padding_mask=key_padding_mask,
                               attn_mask=future if attn_mask is None else attn_mask | future)


class CausalEncoderLayer(nn.TransformerEncoderLayer):
    """`nn.TransformerEncoderLayer` in which no step looks at a later one."""

    def forward(  # type: ignore[override]
        self, x: torch.Tensor, src_mask: torch.Tensor | None = None, src_key_padding_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return super().forward(x, future if src_mask is None else src_mask | future, src_key_padding_mask)


class CausalDecoderLayer(nn.TransformerDecoderLayer):
    """`nn.TransformerDecoderLayer` in which no step of `tgt` looks at a later one."""

    def forward(  # type: ignore[override]
        self, tgt: torch.Tensor, memory: torch.Tensor, tgt_mask: torch.Tensor | None = None,
        memory_mask: torch.Tensor | None = None, tgt_key_padding_mask: torch.Tensor | None = None,
        memory_key_padding_mask: torch.Tensor | None = None, **given: Any,
    ) -> torch.Tensor:
        future = torch.ones(tgt.shape[1], tgt.shape[1], dtype=torch.bool, device=tgt.device).triu(1)
        return super().forward(tgt, memory, future if tgt_mask is None else tgt_mask | future, memory_mask,
                               tgt_key_padding_mask, memory_key_padding_mask)


class TransformerDecoder(nn.TransformerDecoder):
    """`nn.TransformerDecoder` made from numbers instead of a layer."""

    def __init__(
        self, d_model: int, nhead: int, num_layers: int, dim_feedforward: int, dropout: float, activation: str,
        norm_first: bool, is_causal: bool,
    ) -> None:
        layer = nn.TransformerDecoderLayer(
            d_model, nhead, dim_feedforward, dropout, activation, norm_first=norm_first, batch_first=True)
        super().__init__(layer, num_layers)
        self.is_causal = is_causal

    def forward(  # type: ignore[override]
        self, tgt: torch.Tensor, memory: torch.Tensor, tgt_mask: torch.Tensor | None = None,
        memory_mask: torch.Tensor | None = None, tgt_key_padding_mask: torch.Tensor | None = None,
        memory_key_padding_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        if self.is_causal:
            future = torch.ones(tgt.shape[1], tgt.shape[1], dtype=torch.bool, device=tgt.device).triu(1)
            tgt_mask = future if tgt_mask is None else tgt_mask | future
        return super().forward(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
                               tgt_is_causal=False)


class Transformer(nn.Transformer):
    """`nn.Transformer` with batches first; its weights have the names of torch's."""

    def __init__(
        self, d_model: int, nhead: int, num_encoder_layers: int, num_decoder_layers: int, dim_feedforward: int,
        dropout: float, activation: str, norm_first: bool, is_causal: bool,
    ) -> None:
        layer = nn.TransformerEncoderLayer(
            d_model, nhead, dim_feedforward, dropout, activation, norm_first=norm_first, batch_first=True)
        encoder = nn.TransformerEncoder(layer, num_encoder_layers, nn.LayerNorm(d_model), enable_nested_tensor=False)
        super().__init__(
            d_model, nhead, num_encoder_layers, num_decoder_layers, dim_feedforward, dropout, activation, encoder,
            norm_first=norm_first, batch_first=True)
        self.is_causal = is_causal

    def forward(  # type: ignore[override]
        self, src: torch.Tensor, tgt: torch.Tensor, src_mask: torch.Tensor | None = None,
        tgt_mask: torch.Tensor | None = None, memory_mask: torch.Tensor | None = None,
        src_key_padding_mask: torch.Tensor | None = None, tgt_key_padding_mask: torch.Tensor | None = None,
        memory_key_padding_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        if self.is_causal:
            future = torch.ones(tgt.shape[1], tgt.shape[1], dtype=torch.bool, device=tgt.device).triu(1)
            tgt_mask = future if tgt_mask is None else tgt_mask | future
        return super().forward(
            src, tgt, src_mask, tgt_mask, memory_mask, src_key_padding_mask, tgt_key_padding_mask,
            memory_key_padding_mask, src_is_causal=False, tgt_is_causal=False)
