"""Whole transformers, and attention without weights."""

from __future__ import annotations

from neuralgraph.nodes.attention import _CAUSAL, _padding, _pairs, _sequence
from neuralgraph.nodes.demands import divides, floats
from neuralgraph.spec import Call, Float, Mask, Misfit, Node, Spec, function, module, param


def _meet(tgt: Spec, memory: Spec, port: str, heads: int) -> int:
    """The features that both sequences have."""
    features = _sequence(tgt, "tgt")
    if _sequence(memory, port) != features:
        raise Misfit(f"{features} features, as the other input has", port=port, axes=f"N × S × {features}",
                     hint="A Linear makes them the same.")
    divides(features, heads, "a number of features", "tgt")
    return features


class TransformerDecoder(Node):
    """Several blocks of a transformer decoder, one after the other.

    $x_{k+1} = block_k(x_k, memory)$. `num_layers` times attention to itself, attention to `memory` (what an encoder has
    made of another sequence) and a small network. It does not know the order of the steps: add positions to its input.
    With `is_causal` no step sees a later one, as it must be where the next step is to be predicted.

    Example (num_layers = 1, in use; weights = 0, layers.0.norm1.weight = 1, layers.0.norm2.weight = 1,
    layers.0.norm3.weight = 1): tgt = [[[1, 3]]], memory = [[[5, 6]]] → [[[-1, 1]]], for with all other weights 0 only
    the shortcuts and the norms are left.
    Shapes: tgt N × L × E, memory N × S × E → N × L × E
    PyTorch: torch.nn.TransformerDecoder
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("transformer", "decoder", "cross attention", "stack", "translation")

    nhead: int = param(1, "Number of attention heads; it has to divide the features.", min=1, max=4096, row="heads")
    num_layers: int = param(2, "Number of blocks.", min=1, max=256, row="blocks")
    dim_feedforward: int = param(128, "Width of the small networks.", min=1, row="width")
    dropout: float = param(0.1, "Dropout inside the blocks.", min=0.0, max=1.0)
    activation: str = param("relu", "Activation of the small networks.", choices=("relu", "gelu"))
    norm_first: bool = param(False, "Normalise before attention and network instead of after.", advanced=True)
    is_causal: bool = param(False, "Hide the future: no step looks at a later one.", row="causal")

    def call(
        self, tgt: Float, memory: Float, tgt_mask: Mask | None = None, memory_mask: Mask | None = None,
        tgt_key_padding_mask: Mask | None = None, memory_key_padding_mask: Mask | None = None,
    ) -> Call:
        features = _meet(tgt, memory, "memory", self.nhead)
        _pairs(tgt_mask, tgt, tgt, "tgt_mask")
        _pairs(memory_mask, tgt, memory, "memory_mask")
        _padding(tgt_key_padding_mask, tgt, "tgt_key_padding_mask")
        _padding(memory_key_padding_mask, memory, "memory_key_padding_mask")
        return module(_CAUSAL + "TransformerDecoder", d_model=features, **self.values)


class Transformer(Node):
    """The whole transformer: an encoder reads one sequence, a decoder writes another from it.

    $y = decoder(tgt, encoder(src))$. Encoder blocks make a memory of `src`; decoder blocks look at `tgt` and at that
    memory. Both end in a norm. Add positions to both inputs. With `is_causal` no step of `tgt` sees a later one. As in
    «Attention is all you need».

    Example (num_encoder_layers = 1, num_decoder_layers = 1, in use; weights = 0, decoder.layers.0.norm1.weight = 1,
    decoder.layers.0.norm2.weight = 1, decoder.layers.0.norm3.weight = 1, decoder.norm.weight = 1): src = [[[5, 6]]],
    tgt = [[[1, 3]]] → [[[-1, 1]]], for with all other weights 0 only the shortcuts and the norms of the decoder are
    left.
    Shapes: src N × S × E, tgt N × L × E → N × L × E
    PyTorch: torch.nn.Transformer
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("encoder decoder", "sequence to sequence", "seq2seq", "translation", "attention is all you need")

    nhead: int = param(1, "Number of attention heads; it has to divide the features.", min=1, max=4096, row="heads")
    num_encoder_layers: int = param(2, "Number of blocks of the encoder.", min=1, max=256, row="encoder")
    num_decoder_layers: int = param(2, "Number of blocks of the decoder.", min=1, max=256, row="decoder")
    dim_feedforward: int = param(128, "Width of the small networks.", min=1, row="width")
    dropout: float = param(0.1, "Dropout inside the blocks.", min=0.0, max=1.0)
    activation: str = param("relu", "Activation of the small networks.", choices=("relu", "gelu"))
    norm_first: bool = param(False, "Normalise before attention and network instead of after.", advanced=True)
    is_causal: bool = param(False, "Hide the future of tgt: no step looks at a later one.", row="causal")

    def call(
        self, src: Float, tgt: Float, src_mask: Mask | None = None, tgt_mask: Mask | None = None,
        memory_mask: Mask | None = None, src_key_padding_mask: Mask | None = None,
        tgt_key_padding_mask: Mask | None = None, memory_key_padding_mask: Mask | None = None,
    ) -> Call:
        features = _meet(tgt, src, "src", self.nhead)
        _pairs(src_mask, src, src, "src_mask")
        _pairs(tgt_mask, tgt, tgt, "tgt_mask")
        _pairs(memory_mask, tgt, src, "memory_mask")
        _padding(src_key_padding_mask, src, "src_key_padding_mask")
        _padding(tgt_key_padding_mask, tgt, "tgt_key_padding_mask")
        _padding(memory_key_padding_mask, src, "memory_key_padding_mask")
        return module(_CAUSAL + "Transformer", d_model=features, **self.values)


class ScaledDotProductAttention(Node):
    """Attention by itself, without weights: every query takes a weighted mean of the values.

    $softmax(Q K^T / √E) V$ over the last two axes; axes before them, such as heads, are taken one by one. Here torch
    turns the mask round: yes marks a pair that **may** look, in MultiheadAttention one that must not.

    Example: query = [[[0]]], key = [[[1], [3]]], value = [[[1], [3]]] → [[[2]]], for the query 0 likes both keys alike.
    Example (is_causal = yes): query = [[[0], [0]]], key = [[[1], [3]]], value = [[[1], [3]]] → [[[1], [2]]], for the
    first query sees the first key alone.
    Shapes: query … × L × E, key … × S × E, value … × S × V → … × L × V
    PyTorch: torch.nn.functional.scaled_dot_product_attention
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("attention", "sdpa", "flash attention", "query key value", "softmax attention")

    is_causal: bool = param(False, "Hide the future: no query looks at a later key.", row="causal")
    scale: float | None = param(None, "What scores are multiplied by; empty: 1/√E.", min=-1e6, max=1e6, advanced=True)

    def call(self, query: Float, key: Float, value: Float, attn_mask: Mask | None = None) -> Call:
        for port, one in (("query", query), ("key", key), ("value", value)):
            floats(one, port)
            if one.rank < 3 or one.shape[:-2] != query.shape[:-2] or one.dtype != query.dtype:
                raise Misfit("sequences, all of the same samples", port=port, axes="N × L × E",
                             hint="Give it steps on the last axis but one, features on the last.")
        if key.shape[-1] != query.shape[-1]:
            raise Misfit(f"{query.shape[-1]} features, as a query has", port="key", axes=f"… × {query.shape[-1]}",
                         hint="A Linear makes them the same.")
        if value.shape[-2] != key.shape[-2]:
            raise Misfit(f"as many steps as keys: {key.shape[-2]}", port="value", axes=f"… × {key.shape[-2]} × V",
                         hint="Every key belongs to one value.")
        if attn_mask is not None:
            self._mask(attn_mask, query, key)
        return function("torch.nn.functional.scaled_dot_product_attention", is_causal=self.is_causal, scale=self.scale)

    def _mask(self, mask: Spec, query: Spec, key: Spec) -> None:
        steps = (query.shape[-2], key.shape[-2])
        if self.is_causal:
            raise Misfit("a mask or is_causal, not both", port="attn_mask", hint="Switch is_causal off.")
        if mask.dtype != "bool" or mask.shape not in (steps, (*query.shape[:-2], *steps)):
            raise Misfit("yes or no for each pair of steps", port="attn_mask", axes=f"{steps[0]} × {steps[1]}",
                         hint="Yes marks a pair that may look at each other.")
