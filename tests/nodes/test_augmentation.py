"""Images changed by chance: only while training, each by itself, within the bounds that the node tells, repeatably."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from tests.nodes.alone import alone, complaint, values

ALL: dict[str, dict[str, Any]] = {
    "RandomFlip": {"direction": "both"}, "RandomShift": {"pixels": 2}, "RandomRotation": {"degrees": 40.0},
    "RandomCrop": {"smallest": 0.5}, "RandomBrightness": {}, "RandomErase": {"p": 1.0},
}
X = torch.rand(64, 3, 9, 7, generator=torch.Generator().manual_seed(1)) + 0.1
every = pytest.mark.parametrize("kind", ALL)


def changed(kind: str, x: torch.Tensor = X, seed: int = 0, *, training: bool = True, **params: Any) -> torch.Tensor:
    made = alone(kind, {"x": x}, **(params or ALL[kind]))
    made.root.train(training)
    torch.manual_seed(seed)
    return values(made, {"x": x})[0]


@every
def test_in_use_nothing_changes(kind: str) -> None:
    assert torch.equal(changed(kind, training=False), X)


@every
def test_changes_each_image_by_itself_and_repeats(kind: str) -> None:
    alike = X[:1].expand(64, -1, -1, -1).contiguous()
    got = changed(kind, alike)
    assert len({one.numpy().tobytes() for one in got}) > 3
    assert torch.equal(got, changed(kind, alike))
    assert not torch.equal(got, changed(kind, alike, seed=1))
    assert got.shape == X.shape
    assert torch.isfinite(got).all()


def test_flips_as_often_as_it_says() -> None:
    got = changed("RandomFlip", p=0.25, direction="left-right")
    flipped = sum(bool(torch.equal(a, b.flip(-1))) for a, b in zip(got, X, strict=True))
    same = sum(bool(torch.equal(a, b)) for a, b in zip(got, X, strict=True))
    assert flipped + same == 64
    assert 6 <= flipped <= 28
    assert torch.equal(changed("RandomFlip", p=1.0, direction="top-bottom"), X.flip(-2))
    assert torch.equal(changed("RandomFlip", p=1.0, direction="both"), X.flip(-1, -2))


def test_shifts_by_whole_pixels_within_bounds() -> None:
    places = set()
    for got, before in zip(changed("RandomShift", pixels=2), X, strict=True):
        moves = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if torch.equal(got, moved(before, dy, dx))]
        assert len(moves) == 1
        places.add(moves[0])
    assert {dy for dy, _ in places} == {dx for _, dx in places} == {-2, -1, 0, 1, 2}


def moved(x: torch.Tensor, dy: int, dx: int) -> torch.Tensor:
    out = np.zeros(x.shape, np.float32)
    height, width = x.shape[1:]
    ys, xs = slice(max(dy, 0), height + min(dy, 0)), slice(max(dx, 0), width + min(dx, 0))
    from_y, from_x = slice(max(-dy, 0), height + min(-dy, 0)), slice(max(-dx, 0), width + min(-dx, 0))
    out[:, ys, xs] = x.numpy()[:, from_y, from_x]
    return torch.from_numpy(out)


def test_turns_about_the_middle_and_keeps_pixels_square() -> None:
    high = torch.zeros(200, 1, 21, 11)
    high[:, :, 10, 5] = 1.0  # the middle stays
    high[:, :, 6, 5] = 2.0  # four above it: it goes round on a circle of four pixels
    got = changed("RandomRotation", high, degrees=180.0)
    assert torch.allclose(got[:, 0, 10, 5], torch.ones(200), atol=0.05)
    ys, xs = torch.meshgrid(torch.arange(21.0) - 10, torch.arange(11.0) - 5, indexing="ij")
    away = (ys**2 + xs**2).sqrt() > 1.5
    spot = got[:, 0] * away
    mass = spot.sum((1, 2))
    whole = mass > 1.0
    assert int(whole.sum()) > 150
    radius = (((spot * ys).sum((1, 2)) / mass) ** 2 + ((spot * xs).sum((1, 2)) / mass) ** 2).sqrt()
    assert torch.allclose(radius[whole], torch.full((int(whole.sum()),), 4.0), atol=0.35)


def test_crops_stay_inside() -> None:
    flat = torch.full((64, 1, 12, 12), 3.0)
    inner = changed("RandomCrop", flat, smallest=0.5)[:, :, 1:-1, 1:-1]
    assert torch.allclose(inner, torch.full_like(inner, 3.0), atol=1e-5)


def test_light_and_contrast_are_within_bounds() -> None:
    light = changed("RandomBrightness", brightness=0.3, contrast=0.0) / X
    factor = light.flatten(1)
    assert torch.allclose(factor, factor[:, :1].expand_as(factor), atol=1e-4)
    assert 0.7 <= float(factor.min()) < 0.78
    assert 1.22 < float(factor.max()) <= 1.3001
    deep = changed("RandomBrightness", brightness=0.0, contrast=0.5)
    assert torch.allclose(deep.mean((1, 2, 3)), X.mean((1, 2, 3)), atol=1e-5)
    spread = deep.std((1, 2, 3)) / X.std((1, 2, 3))
    assert 0.49 < float(spread.min()) < 0.65
    assert 1.35 < float(spread.max()) < 1.51


def test_erases_one_rectangle_no_larger_than_it_says() -> None:
    x = torch.ones(300, 2, 20, 20)
    gone = changed("RandomErase", x, p=1.0, largest=0.25, value=-4.0) == -4.0
    assert torch.equal(gone[:, 0], gone[:, 1])
    for one in gone[:, 0]:
        ys, xs = torch.nonzero(one.any(1)).flatten(), torch.nonzero(one.any(0)).flatten()
        if len(ys):
            assert bool(one[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].all())
            assert len(ys) * len(xs) == int(one.sum())
    share = gone[:, 0].float().mean((1, 2))
    assert 0.15 < float(share.max()) < 0.33
    seldom = changed("RandomErase", x, p=0.2, largest=0.25)
    assert 30 <= sum(bool((one == 0).any()) for one in seldom) <= 90


def test_a_shift_that_leaves_nothing_is_refused() -> None:
    assert "more than 9 pixels" in complaint("RandomShift", {"x": X}, pixels=9)
    assert "images with channels" in complaint("RandomFlip", {"x": torch.zeros(3, 5)})


def augmented() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    x = data["x"]
    for kind, params in ALL.items():
        x = graph.add(kind, x, **params)
    graph.add("CrossEntropyLoss", graph.add("Linear", graph.add("Flatten", x), out_features=10, id="head"), data["y"],
              id="cost")
    return graph


def test_a_run_repeats_bit_for_bit_and_goes_on_exactly() -> None:
    graph = augmented()
    whole = ng.train(graph, epochs=3, batch_size=200, seed=4)
    assert whole.history["loss"] == ng.train(graph, epochs=3, batch_size=200, seed=4).history["loss"]
    first = ng.train(graph, epochs=1, batch_size=200, seed=4)
    rest = ng.train(graph, resume=first, epochs=2, batch_size=200, seed=4)
    assert [*first.history["loss"], *rest.history["loss"]][-2:] == whole.history["loss"][-2:]
