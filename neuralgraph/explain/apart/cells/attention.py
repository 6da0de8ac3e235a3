"""Attention: one row of weights, and what every step that it looks at brings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from neuralgraph.explain.apart.cells.asked import Asked
from neuralgraph.explain.apart.terms import Term, Terms


def attention(asked: Asked) -> Terms | None:
    """The steps that a query looks at, with how much; None for other nodes."""
    match asked.kind.type:
        case "MultiheadAttention":
            return _heads(asked)
        case "ScaledDotProductAttention":
            return _plain(asked)
    return None


def looks(asked: Asked) -> tuple[Tensor, Tensor]:
    """The weights of every head (heads × L × S) and the projected values (heads × S × width) of one sample."""
    module = asked.module
    assert module is not None
    n = asked.index[0]
    own, heads = asked.weights, int(module.num_heads)  # type: ignore[arg-type]
    if "in_proj_weight" in own:
        matrices = own["in_proj_weight"].chunk(3)
    else:
        matrices = (own["q_proj_weight"], own["k_proj_weight"], own["v_proj_weight"])
    offsets = own["in_proj_bias"].chunk(3) if "in_proj_bias" in own else (None, None, None)
    q, k, v = (F.linear(asked.inputs[port][n], w, b) for port, w, b in zip(("query", "key", "value"), matrices, offsets,
                                                                         strict=True))
    q, k, v = (one.reshape(len(one), heads, -1).transpose(0, 1) for one in (q, k, v))
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    hidden = torch.zeros(scores.shape[1:], dtype=torch.bool)
    if "attn_mask" in asked.inputs:
        hidden = hidden | asked.inputs["attn_mask"].bool()
    if "key_padding_mask" in asked.inputs:
        hidden = hidden | asked.inputs["key_padding_mask"][n].bool()
    if getattr(asked.kind, "is_causal", False):
        hidden = hidden | torch.ones_like(hidden).triu(1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1).detach(), v.detach()


def _heads(asked: Asked) -> Terms | None:
    weights, values = looks(asked)
    n, step = asked.index[:2]
    heads, steps = weights.shape[0], weights.shape[2]
    if asked.output == "weights":
        other = asked.index[2]
        terms = tuple(Term("key", (n, other), float(weights[head, step, other]), "", (), 1 / heads,
                           float(weights[head, step, other]) / heads, f"head {head + 1}") for head in range(heads))
        says = "How much this query looks at this key: the mean of its heads."
        return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "sum", says, terms)
    out = asked.weights["out_proj.weight"][asked.index[2]].reshape(heads, -1).detach()
    brought = torch.einsum("hw,hsw->hs", out, values)
    name = "attention"
    terms = tuple(
        Term("value", (n, at), float(brought[head, at]), name, (head, step, at), float(weights[head, step, at]),
             float(brought[head, at] * weights[head, step, at]), f"head {head + 1}, step {at + 1}")
        for head in range(heads) for at in range(steps))
    bias = asked.weights.get("out_proj.bias")
    says = "What every step brings to this number, times how much the query looks at it."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "sum", says, terms,
                 float(bias[asked.index[2]]) if bias is not None else 0.0,
                 asked.names.get("out_proj.bias", "") if bias is not None else "")


def _plain(asked: Asked) -> Terms:
    """It is linear in the values: the derivative by them is the row of weights."""
    value = asked.inputs["value"]
    leaf = value.detach().clone().requires_grad_()
    with torch.enable_grad():
        row = torch.autograd.grad(asked.cell({"value": leaf}), leaf)[0]
    column = asked.index[-1]
    lead = asked.index[:-2]
    terms = tuple(
        Term("value", spot := (*lead, at, column), x := float(value[spot]), "attention", (*asked.index[:-1], at),
             w := float(row[spot]), x * w, f"step {at + 1}") for at in range(value.shape[-2]))
    says = "The values of all steps, each times how much the query looks at it."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "sum", says, terms)
