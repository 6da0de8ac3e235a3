"""Attention with masks and with its future hidden, against torch's own modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from tests.nodes.alone import alone, complaint, values

N, L, S, E = 3, 4, 5, 8
SIZES = {"nhead": 2, "dim_feedforward": 6, "dropout": 0.0}


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def future(rows: int, columns: int | None = None) -> Tensor:
    return torch.ones(rows, columns or rows, dtype=torch.bool).triu(1)


def padding(steps: int) -> Tensor:
    """The last step of the first sample, the last two of the second are padding."""
    mask = torch.zeros(N, steps, dtype=torch.bool)
    mask[0, -1:], mask[1, -2:] = True, True
    return mask


SRC, TGT, MEMORY = draw(N, S, E), draw(N, L, E, seed=1), draw(N, S, E, seed=2)
HOLES = torch.zeros(L, S, dtype=torch.bool)
HOLES[0, 1] = HOLES[2, 3] = HOLES[3, 0] = True

LAYER = nn.TransformerEncoderLayer(E, 2, 6, 0.0, batch_first=True)
DECODER_LAYER = nn.TransformerDecoderLayer(E, 2, 6, 0.0, batch_first=True)
WHOLE = nn.Transformer(E, 2, 2, 2, 6, 0.0, batch_first=True)
WHOLE.encoder.use_nested_tensor = False  # torch warns of its own nested tensors
CASES: dict[str, tuple[nn.Module, dict[str, Tensor], dict[str, Tensor], str, dict[str, Any]]] = {
    "MultiheadAttention": (
        nn.MultiheadAttention(E, 2, batch_first=True), {"query": SRC, "key": SRC, "value": SRC},
        {"key_padding_mask": padding(S), "attn_mask": future(S).mT.triu(-1).tril(-1)}, "attn_mask", {"num_heads": 2}),
    "TransformerEncoderLayer": (
        LAYER, {"x": SRC}, {"src_mask": future(S).flip(0).tril(-1), "src_key_padding_mask": padding(S)}, "src_mask",
        SIZES),
    "TransformerEncoder": (
        nn.TransformerEncoder(LAYER, 2, enable_nested_tensor=False), {"x": SRC},
        {"mask": future(S).flip(0).tril(-1), "src_key_padding_mask": padding(S)}, "mask", SIZES),
    "TransformerDecoderLayer": (
        DECODER_LAYER, {"tgt": TGT, "memory": MEMORY},
        {"tgt_mask": future(L).flip(0).tril(-1), "memory_mask": HOLES, "tgt_key_padding_mask": padding(L),
         "memory_key_padding_mask": padding(S)}, "tgt_mask", SIZES),
    "TransformerDecoder": (
        nn.TransformerDecoder(DECODER_LAYER, 2), {"tgt": TGT, "memory": MEMORY},
        {"tgt_mask": future(L).flip(0).tril(-1), "memory_mask": HOLES, "tgt_key_padding_mask": padding(L),
         "memory_key_padding_mask": padding(S)}, "tgt_mask", SIZES),
    "Transformer": (
        WHOLE, {"src": SRC, "tgt": TGT},
        {"src_mask": future(S).flip(0).tril(-1), "tgt_mask": future(L).flip(0).tril(-1), "memory_mask": HOLES,
         "src_key_padding_mask": padding(S), "tgt_key_padding_mask": padding(L), "memory_key_padding_mask": padding(S)},
        "tgt_mask", SIZES),
}
UNBATCHED = {"attn_mask", "src_mask", "tgt_mask", "memory_mask", "mask"}
each = pytest.mark.parametrize("kind", CASES)


def computed(kind: str, oracle: nn.Module, tensors: dict[str, Tensor], training: bool, **params: Any) -> Tensor:
    made = alone(kind, tensors, UNBATCHED, **params)
    made.root.get_submodule("it").load_state_dict(oracle.state_dict())
    made.root.train(training)
    return values(made, tensors, grad=training)[0].detach()


def wanted(oracle: nn.Module, inputs: dict[str, Tensor], masks: dict[str, Tensor], training: bool) -> Tensor:
    with torch.set_grad_enabled(training):
        found = oracle.train(training)(*inputs.values(), **masks)
    return (found[0] if isinstance(found, tuple) else found).detach()


def combinations(masks: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Each mask by itself, and all."""
    return [{name: one} for name, one in masks.items()] + [masks]


@each
@pytest.mark.parametrize("training", [True, False])
def test_masks_are_torchs(kind: str, training: bool) -> None:
    oracle, inputs, masks, _, params = CASES[kind]
    plain = wanted(oracle, inputs, {}, training)
    for some in combinations(masks):
        expected = wanted(oracle, inputs, some, training)
        got = computed(kind, oracle, inputs | some, training, **params)
        assert torch.allclose(got, expected, rtol=1e-5, atol=1e-6, equal_nan=True), list(some)
        assert not torch.allclose(expected, plain, atol=1e-3, equal_nan=True), "the mask does nothing"


@each
@pytest.mark.parametrize("training", [True, False])
def test_hiding_the_future_is_a_mask_of_it(kind: str, training: bool) -> None:
    oracle, inputs, masks, name, params = CASES[kind]
    steps = masks[name].shape
    expected = wanted(oracle, inputs, {name: future(*steps)}, training)
    got = computed(kind, oracle, inputs, training, is_causal=True, **params)
    assert torch.allclose(got, expected, rtol=1e-5, atol=1e-6)
    both = computed(kind, oracle, inputs | {name: masks[name]}, training, is_causal=True, **params)
    joined = wanted(oracle, inputs, {name: masks[name] | future(*steps)}, training)
    assert torch.allclose(both, joined, rtol=1e-5, atol=1e-6, equal_nan=True)


@each
def test_what_comes_later_does_not_matter(kind: str) -> None:
    oracle, inputs, _, name, params = CASES[kind]
    last = {"attn_mask": ("query", "key", "value"), "tgt_mask": ("tgt",)}.get(name, ("x",))
    changed = {port: one.clone() for port, one in inputs.items()}
    for port in last:
        changed[port][:, -1] += 1.0
    before = computed(kind, oracle, inputs, False, is_causal=True, **params)
    after = computed(kind, oracle, changed, False, is_causal=True, **params)
    assert torch.allclose(before[:, :-1], after[:, :-1], atol=1e-6)
    assert not torch.allclose(before[:, -1], after[:, -1], atol=1e-3)


@each
def test_a_mask_of_another_size_is_refused_in_words(kind: str) -> None:
    _, inputs, masks, _, params = CASES[kind]
    for name in masks:
        assert "expects a mask with one entry for each" in complaint(
            kind, inputs | {name: torch.zeros(N, 7, dtype=torch.bool)}, UNBATCHED, **params)


def test_attention_without_weights_is_its_formula() -> None:
    query, key, value = draw(N, L, E), draw(N, S, E, seed=1), draw(N, S, 2, seed=2)
    inputs = {"query": query, "key": key, "value": value}
    plain = (query @ key.mT / E**0.5).softmax(-1) @ value
    assert torch.allclose(values(alone("ScaledDotProductAttention", inputs), inputs)[0], plain, atol=1e-6)
    masked = inputs | {"attn_mask": ~HOLES}
    expected = (query @ key.mT / E**0.5).masked_fill(HOLES, -torch.inf).softmax(-1) @ value
    got = values(alone("ScaledDotProductAttention", masked, {"attn_mask"}), masked)[0]
    assert torch.allclose(got, expected, atol=1e-6)
    hidden = values(alone("ScaledDotProductAttention", inputs, is_causal=True, scale=1.0), inputs)[0]
    assert torch.allclose(hidden, (query @ key.mT).masked_fill(future(L, S), -torch.inf).softmax(-1) @ value, atol=1e-6)
    assert torch.equal(hidden, F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0))


def test_attention_without_weights_refuses_what_does_not_meet() -> None:
    inputs = {"query": draw(N, L, E), "key": draw(N, S, E), "value": draw(N, S, 2)}
    node = "ScaledDotProductAttention"
    assert "8 features" in complaint(node, inputs | {"key": draw(N, S, 3)})
    assert "as many steps as keys: 5" in complaint(node, inputs | {"value": draw(N, L, 2)})
    assert "a mask or is_causal" in complaint(node, inputs | {"attn_mask": ~HOLES}, {"attn_mask"}, is_causal=True)
    assert "yes or no for each pair" in complaint(node, inputs | {"attn_mask": HOLES.float()}, {"attn_mask"})
