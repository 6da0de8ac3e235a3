"""Who looks at whom: the attention weights of every head, recomputed from what goes into an attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neuralgraph.compiler.blocks.causal import CausalAttention
from neuralgraph.compiler.program import Program
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]


def attentions(program: Program, node: str) -> tuple[str, ...]:
    """The attentions in a node or a module by name within it: "" for the node itself, `layers.0.self_attn`."""
    module = program.part(node)
    return () if module is None else tuple(
        name for name, one in module.named_modules() if isinstance(one, nn.MultiheadAttention))


def attended(program: Program, node: str, given: Mapping[str, Array]) -> dict[str, Array]:
    """(rows, heads, queries, keys) of every attention in the node, for rows by source key."""
    module = program.part(node)
    assert module is not None
    found: dict[str, Array] = {}
    hooks = [one.register_forward_pre_hook(_looking(name, found), with_kwargs=True)
             for name, one in module.named_modules() if isinstance(one, nn.MultiheadAttention)]
    quick = torch.backends.mha.get_fastpath_enabled()
    try:
        with undisturbed(program.device, program.seed), program.quiet():
            torch.backends.mha.set_fastpath_enabled(False)  # it goes past the attention of a ready-made block
            program.trace({key: program.tensor(key, value) for key, value in given.items()}, (node,))
    finally:
        torch.backends.mha.set_fastpath_enabled(quick)
        for hook in hooks:
            hook.remove()
    return found


def _looking(name: str, found: dict[str, Array]) -> Any:
    def look(module: nn.MultiheadAttention, args: tuple[Tensor, ...], kwargs: dict[str, Any]) -> None:
        query, key, value = (*args, *(kwargs[one] for one in ("query", "key", "value")[len(args):]))[:3]
        mask, padding = kwargs.get("attn_mask"), kwargs.get("key_padding_mask")
        if isinstance(module, CausalAttention):
            future = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool, device=query.device).triu(1)
            mask = future if mask is None else mask | future
        _, weights = nn.MultiheadAttention.forward(
            module, query, key, value, key_padding_mask=padding, attn_mask=mask, need_weights=True,
            average_attn_weights=False)
        assert weights is not None
        found[name] = weights.detach().float().cpu().numpy()
    return look


def scaled_dot(query: Array, key: Array, mask: Array | None, scale: float | None, *, causal: bool) -> Array:
    """softmax(Q Kᵀ · scale) of ScaledDotProductAttention; `mask` says who may look, or is added to the scores."""
    scores = query.astype(np.float64) @ np.swapaxes(key, -1, -2) * (
        scale if scale is not None else query.shape[-1] ** -0.5)
    if causal:
        mask = np.tril(np.ones(scores.shape[-2:], bool))
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    top = scores.max(axis=-1, keepdims=True)
    share = np.exp(scores - np.where(np.isfinite(top), top, 0.0))
    total = share.sum(axis=-1, keepdims=True)
    return np.asarray(share / np.where(total > 0, total, 1.0))
