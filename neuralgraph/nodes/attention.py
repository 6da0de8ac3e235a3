"""Layers in which every step of a sequence looks at every other."""

from __future__ import annotations

from neuralgraph.nodes.demands import divides, weighable
from neuralgraph.spec import Call, Float, Mask, Misfit, Node, Spec, module, param

_CAUSAL = "neuralgraph.compiler.blocks.causal."


def _sequence(x: Spec, port: str) -> int:
    """The features of a batch of sequences."""
    if not x.batched or x.rank != 3:
        short = x.batched and x.rank == 2
        long = x.rank > 3
        raise Misfit(
            "sequences", port=port, axes="N × L × features", insert="Unsqueeze" if short else "Flatten" if long else "",
            params={"dim": 1} if short else {"start_dim": 2} if long else {},
            hint="Unsqueeze makes each sample one step." if short else "Give it steps on axis 1, features on axis 2.")
    weighable(x, port)
    return x.size(2, port)


def _padding(mask: Spec | None, keys: Spec, port: str) -> None:
    wanted = keys.shape[:2]
    if mask is not None and mask.shape != wanted:
        raise Misfit("a mask with one entry for each step", port=port, axes=f"{wanted[0]} × {wanted[1]}",
                     hint="Yes marks a step that is only padding and is not looked at.")


def _pairs(mask: Spec | None, queries: Spec, keys: Spec, port: str) -> None:
    steps = (queries.shape[1], keys.shape[1])
    if mask is not None and mask.shape != steps:
        raise Misfit("a mask with one entry for each pair of steps", port=port, axes=f"{steps[0]} × {steps[1]}",
                     hint="Yes marks a pair that must not look at each other.")


class MultiheadAttention(Node):
    """Every query looks at all keys and takes a weighted mean of the values, in several heads at once.

    $softmax(Q K^T / √d) V$ in each head, after learnt projections; the heads are put side by side and projected once
    more. Wire the same value into all three inputs for self-attention. `weights` shows who looked at whom, averaged
    over the heads.

    Example (num_heads = 1; weights = 0, in_proj_weight = [[1], [1], [1]], out_proj.weight = [[1]]): query = [[[0]]],
    key = [[[1], [3]]], value = [[[1], [3]]] → out = [[[2]]], weights = [[[0.5, 0.5]]], for the query 0 likes both
    keys alike.
    Shapes: query N × L × E, key N × S × K, value N × S × V → out N × L × E, weights N × L × S
    PyTorch: torch.nn.MultiheadAttention
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("attention", "self-attention", "transformer", "mha", "query key value")

    num_heads: int = param(1, "Number of heads; it has to divide the features of the query.", min=1, max=4096,
    row="heads")
    dropout: float = param(0.0, "Dropout on the attention weights.", min=0.0, max=1.0, advanced=True)
    bias: bool = param(True, "Learn offsets in the projections.", advanced=True)
    is_causal: bool = param(False, "Hide the future: no step looks at a later one.", row="causal")

    def outputs(self) -> tuple[str, ...]:
        return ("out", "weights")

    def call(
        self, query: Float, key: Float, value: Float, key_padding_mask: Mask | None = None, attn_mask: Mask |
        None = None,
    ) -> Call:
        embed, kdim, vdim = _sequence(query, "query"), _sequence(key, "key"), _sequence(value, "value")
        if key.shape[1] != value.shape[1]:
            raise Misfit(f"as many steps as keys: {key.shape[1]}", port="value", axes=f"N × {key.shape[1]} × V",
                         hint="Every key belongs to one value.")
        divides(embed, self.num_heads, "a number of features", "query")
        _padding(key_padding_mask, key, "key_padding_mask")
        _pairs(attn_mask, query, key, "attn_mask")
        return module(
            _CAUSAL + "CausalAttention" if self.is_causal else "torch.nn.MultiheadAttention",
            picks=((0,), (1,)), embed_dim=embed, num_heads=self.num_heads,
            dropout=self.dropout, bias=self.bias, kdim=kdim, vdim=vdim, batch_first=True)


class TransformerEncoderLayer(Node):
    """One block of a transformer: self-attention, then a small network for each step, both with a shortcut.

    $y = norm(x + attention(x))$, then $norm(y + W_2 act(W_1 y))$; with `norm_first` the norms come before. It does not
    know the order of the steps: add positions to its input. Stack several for a deep encoder.

    Example (in use; weights = 0, norm1.weight = [1, 1], norm2.weight = [1, 1]): [[[1, 3]]] → [[[-1, 1]]], for with all
    other weights 0 only the shortcuts and the norms are left.
    Shapes: N × L × E → the same
    PyTorch: torch.nn.TransformerEncoderLayer
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("transformer", "encoder", "attention", "bert", "block")

    nhead: int = param(1, "Number of attention heads; it has to divide the features.", min=1, max=4096, row="heads")
    dim_feedforward: int = param(128, "Width of the small network.", min=1, row="width")
    dropout: float = param(0.1, "Dropout inside the block.", min=0.0, max=1.0)
    activation: str = param("relu", "Activation of the small network.", choices=("relu", "gelu"))
    norm_first: bool = param(False, "Normalise before attention and network instead of after.", advanced=True)
    is_causal: bool = param(False, "Hide the future: no step looks at a later one.", row="causal")

    def call(self, x: Float, src_mask: Mask | None = None, src_key_padding_mask: Mask | None = None) -> Call:
        features = _sequence(x, "x")
        divides(features, self.nhead, "a number of features", "x")
        _padding(src_key_padding_mask, x, "src_key_padding_mask")
        _pairs(src_mask, x, x, "src_mask")
        target = _CAUSAL + "CausalEncoderLayer" if self.is_causal else "torch.nn.TransformerEncoderLayer"
        given = {name: one for name, one in self.values.items() if name != "is_causal"}
        return module(target, d_model=features, **given, batch_first=True)
