"""Nodes with several inputs or outputs that belong together: pooling and its way back, CTC, transforms, products."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import neuralgraph as ng
from neuralgraph.errors import ParameterError
from neuralgraph.nodes import CATALOG
from tests.nodes.alone import alone, complaint, values


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("settings", [{}, {"kernel_size": 3, "stride": 2, "padding": 1}])
def test_unpooling_puts_back_what_pooling_took(axes: int, settings: dict[str, Any]) -> None:
    side = 6
    graph = ng.Graph()
    x = graph.add("Input", shape=(2, *[side] * axes), id="x")
    pool = graph.add(f"MaxPool{axes}d", x, return_indices=True, id="pool", **settings)
    graph.add(f"MaxUnpool{axes}d", pool["out"], pool["indices"], id="back", output_size=side, **settings)
    images = draw(3, 2, *[side] * axes)
    found = ng.evaluate(graph, {"x": images.numpy()})
    given = {"kernel_size": 2, **settings}
    taken, places = getattr(nn, f"MaxPool{axes}d")(**given, return_indices=True)(images)
    expected = getattr(nn, f"MaxUnpool{axes}d")(**given)(taken, places, output_size=[side] * axes)
    assert torch.equal(torch.from_numpy(found["pool.indices"]), places)
    assert torch.equal(torch.from_numpy(found["back"]), expected)
    kept = expected != 0
    assert torch.equal(expected[kept], images[kept])


@pytest.mark.parametrize("kind", ["MaxPool2d", "AdaptiveMaxPool2d"])
def test_places_are_an_output_only_where_they_are_wanted(kind: str) -> None:
    assert CATALOG[kind]().outputs() == ("out",)
    assert CATALOG[kind](return_indices=True).outputs() == ("out", "indices")
    x = {"x": draw(2, 3, 6, 6)}
    (plain,) = values(alone(kind, x), x)
    out, places = values(alone(kind, x, return_indices=True), x)
    assert torch.equal(plain, out)
    assert torch.equal(x["x"].flatten(2).gather(2, places.flatten(2)).reshape_as(out), out)


def test_unpooling_wants_the_places_of_its_input() -> None:
    wrong = {"x": draw(2, 3, 4, 4), "indices": torch.zeros(2, 3, 2, 2, dtype=torch.int64)}
    assert "a place for every number" in complaint("MaxUnpool2d", wrong)


LOGITS = draw(3, 7, 5).log_softmax(-1)
TARGET = torch.tensor([[1, 2, 3], [4, 4, 0], [2, 0, 0]])
TAKEN, LONG = torch.tensor([7, 5, 4]), torch.tensor([3, 2, 1])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("given", [(), ("input_lengths",), ("target_lengths",), ("input_lengths", "target_lengths")])
def test_ctc_is_torchs_with_and_without_lengths(reduction: str, given: tuple[str, ...]) -> None:
    lengths = {"input_lengths": TAKEN, "target_lengths": LONG}
    tensors = {"input": LOGITS.clone().requires_grad_(), "target": TARGET, **{name: lengths[name] for name in given}}
    (mine,) = values(alone("CTCLoss", tensors, reduction=reduction), tensors, grad=True)
    theirs_in = LOGITS.clone().requires_grad_()
    steps = TAKEN if "input_lengths" in given else torch.full((3,), 7)
    theirs = nn.CTCLoss(reduction=reduction)(theirs_in.transpose(0, 1), TARGET, steps, LONG)
    assert torch.equal(mine, theirs)
    assert torch.equal(*(torch.autograd.grad(loss, leaf)[0]
                         for loss, leaf in ((mine, tensors["input"]), (theirs, theirs_in))))


def test_ctc_counts_what_cannot_be_spelt_as_nothing_if_told_so() -> None:
    tensors = {"input": LOGITS[:, :2], "target": TARGET}
    assert values(alone("CTCLoss", tensors), tensors)[0].isinf()
    assert values(alone("CTCLoss", tensors, zero_infinity=True), tensors)[0].isfinite()


def test_ctc_learns_to_read_a_sequence() -> None:
    graph = ng.Graph()
    x, y = graph.add("Input", shape=(6, 4), id="x"), graph.add("Input", shape=(2,), dtype="int64", id="y")
    scores = graph.add("LogSoftmax", graph.add("Linear", x, out_features=4))
    graph.add("CTCLoss", scores, y, id="loss")
    images = torch.eye(4)[torch.tensor([[0, 1, 1, 0, 2, 0], [3, 3, 0, 0, 1, 1]])].repeat(8, 1, 1).numpy()
    labels = torch.tensor([[1, 2], [3, 1]]).repeat(8, 1).numpy()
    run = ng.train(graph, data={"x": images, "y": labels}, epochs=40, lr=0.1, validation=0)
    assert run.history["loss"][-1] < 0.1 * run.history["loss"][0]


@pytest.mark.parametrize(("mode", "padding_idx"), [("sum", None), ("mean", 2), ("max", None)])
def test_a_bag_of_embeddings_is_torchs(mode: str, padding_idx: int | None) -> None:
    given = {"num_embeddings": 6, "embedding_dim": 3, "mode": mode, "padding_idx": padding_idx}
    words = {"x": torch.tensor([[0, 2, 5, 2], [1, 1, 4, 0]])}
    oracle = nn.EmbeddingBag(**given)
    made = alone("EmbeddingBag", words, **given)
    made.root.get_submodule("it").load_state_dict(oracle.state_dict())
    assert torch.equal(values(made, words)[0], oracle(words["x"]))
    weighed = words | {"per_sample_weights": draw(2, 4)}
    if mode == "sum":
        made = alone("EmbeddingBag", weighed, **given)
        made.root.get_submodule("it").load_state_dict(oracle.state_dict())
        expected = oracle(words["x"], per_sample_weights=weighed["per_sample_weights"])
        assert torch.equal(values(made, weighed)[0], expected)
    else:
        assert "the mode sum" in complaint("EmbeddingBag", weighed, **given)


@pytest.mark.parametrize(("there", "back", "shape"), [("FFT", "IFFT", (3, 8)), ("FFT2", "IFFT2", (2, 3, 4, 6)),
                                                      ("RFFT", "IRFFT", (3, 8)), ("RFFT", "IRFFT", (3, 7))])
def test_there_and_back_again_through_the_spectrum(there: str, back: str, shape: tuple[int, ...]) -> None:
    x = {"x": draw(*shape)}
    real, imag = values(alone(there, x), x)
    spectrum = {"real": real, "imag": imag}
    odd = {"n": shape[-1]} if back == "IRFFT" else {}
    found = values(alone(back, spectrum, **odd), spectrum)
    assert torch.allclose(found[0], x["x"], atol=1e-6)
    assert len(found) == 1 or torch.allclose(found[1], torch.zeros_like(found[1]), atol=1e-6)
    if there == "FFT":  # complex going in
        both = {"x": x["x"], "imag": draw(*shape, seed=1)}
        got = torch.complex(*values(alone(there, both), both))
        assert torch.equal(got, torch.fft.fft(torch.complex(both["x"], both["imag"])))


@pytest.mark.parametrize(("equation", "shapes"), [
    ("bij,bjk->bik", ((2, 3, 4), (2, 4, 5))), ("bhid,bhjd->bhij", ((2, 2, 3, 4), (2, 2, 5, 4))),
    ("bi,bi->b", ((2, 3),) * 2),
    ("bii->bi", ((2, 3, 3),)), ("b...i,b...i->b...", ((2, 4, 3), (2, 4, 3))),
    ("bi,bj,bk->bijk", ((2, 2), (2, 3), (2, 4))),
])
def test_einsum_is_torchs_backwards_too(equation: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    tensors = {f"xs_{number}": draw(*shape, seed=number).requires_grad_() for number, shape in enumerate(shapes)}
    (mine,) = values(alone("Einsum", tensors, equation=equation), tensors, grad=True)
    theirs = torch.einsum(equation, *tensors.values())
    assert torch.equal(mine, theirs)
    weight = draw(*mine.shape, seed=9)
    found, expected = (torch.autograd.grad(one, list(tensors.values()), weight) for one in (mine, theirs))
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("equation", ["ij,jk", "ij->ik", "i1->i", "ij;jk->ik", "ij,jk->ik" * 30])
def test_einsum_refuses_what_is_no_equation(equation: str) -> None:
    with pytest.raises(ParameterError):
        CATALOG["Einsum"](equation=equation)


def test_a_decomposition_puts_the_matrix_together_again() -> None:
    a = draw(3, 4, 4)
    x = {"x": a @ a.mT + torch.eye(4)}
    u, s, v = values(alone("SVD", x), x)
    q, r = values(alone("QR", x), x)
    eigen, vectors = values(alone("Eigh", x), x)
    (lower,) = values(alone("Cholesky", x), x)
    sign, size = values(alone("Slogdet", x), x)
    for made in ((u * s[:, None]) @ v, q @ r, (vectors * eigen[:, None]) @ vectors.mT, lower @ lower.mT):
        assert torch.allclose(made, x["x"], rtol=1e-4, atol=1e-4)
    assert torch.allclose(sign * size.exp(), torch.linalg.det(x["x"]), rtol=1e-3)


@pytest.mark.parametrize(("kind", "params"), [
    ("Arange", {"step": 0}), ("Arange", {"start": 3, "end": 1}), ("Arange", {"end": 1e9}), ("Arange", {"step": 0.5}),
    ("Full", {"shape": (10**5, 10**5)}), ("RandLike", {"low": 2.0, "high": 1.0}),
])
def test_refuses(kind: str, params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        CATALOG[kind](**params)


@pytest.mark.parametrize(("kind", "shape", "params", "words"), [
    ("Expand", (3, 4), {"shape": (8,)}, "axes of size 1"), ("Expand", (3, 4), {"shape": (2, 4)}, "samples with 2 axes"),
    ("Tile", (3, 4), {"dims": (2, 2)}, "samples with 2 axes"), ("Cross", (3, 4), {}, ""),
    ("Kthvalue", (3, 4), {"k": 5}, "at least 5"), ("CumMax", (3, 4), {"dim": 0}, "beside the batch"),
    ("Multinomial", (3, 4, 5), {}, "one row of weights"), ("DiagEmbed", (3,), {}, "rows of numbers"),
])
def test_explains_what_does_not_fit(kind: str, shape: tuple[int, ...], params: dict[str, Any], words: str) -> None:
    tensors = {"a": draw(*shape), "b": draw(*shape)} if kind == "Cross" else {"x": draw(*shape)}
    assert (words or "vectors of three numbers") in complaint(kind, tensors, **params)


def test_a_grid_beyond_all_memory_is_refused_before_it_is_made() -> None:
    graph = ng.Graph()
    marks = graph.add("Linspace", steps=10**6)
    graph.add("Meshgrid", marks, marks, id="grid")
    (problem,) = ng.check(graph)
    assert problem.node == "grid" and "at most 10,000,000 points" in problem.message
