"""Blocks that measure the training part: what they take from it, in one piece or several, and that it is saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import decomposition
from sklearn.preprocessing import MinMaxScaler

import neuralgraph as ng
from neuralgraph.compiler.blocks.fitted import Fitted
from neuralgraph.compiler.blocks.projection import PCA, MinMax
from neuralgraph.compiler.blocks.standardize import Standardize
from neuralgraph.data.split import split_rows
from tests.nodes.alone import complaint


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


def test_min_max_is_the_scaler() -> None:
    x = draw(40, 3) * 100 + 50
    x[:, 2] = 7.0
    block = MinMax((3,), -1.0, 2.0, clip=False)
    block.fit(x)
    assert np.allclose(block(x), MinMaxScaler((-1.0, 2.0)).fit_transform(x.numpy()), atol=1e-5)
    assert float(block(x + 1000).max()) > 2.0
    cut = MinMax((3,), -1.0, 2.0, clip=True)
    cut.fit(x)
    assert float(cut(x + 1000).max()) == 2.0
    assert set(block.state_dict()) == {"minimum", "maximum"}
    block.reset_fit()
    assert float(block.maximum.min()) == 1.0
    assert float(block.minimum.max()) == 0.0


@pytest.mark.parametrize("whiten", [False, True])
def test_pca_is_that_of_scikit_learn(whiten: bool) -> None:
    x = draw(60, 5) @ draw(5, 5) + 4
    block = PCA(5, 3, whiten)
    block.fit(x)
    oracle = decomposition.PCA(3, whiten=whiten, svd_solver="full").fit(x.double().numpy())
    wanted = oracle.transform(x.double().numpy())
    turned = np.sign((wanted * block(x).numpy()).sum(axis=0))  # a direction and its opposite are the same
    assert np.allclose(block(x), wanted * turned, atol=1e-4)
    assert np.allclose(block.explained, oracle.explained_variance_ratio_, atol=1e-5)
    assert (block.components.gather(1, block.components.abs().argmax(1, keepdim=True)) > 0).all()


def test_pca_without_spread_stays_finite() -> None:
    block = PCA(3, 3, whiten=True)
    block.fit(torch.ones(4, 3))
    assert torch.equal(block(torch.ones(4, 3)), torch.zeros(4, 3))
    block.fit(torch.tensor([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]))
    assert torch.isfinite(block(draw(4, 3))).all()
    block.reset_fit()
    assert torch.equal(block(torch.ones(2, 3)), torch.ones(2, 3))


@pytest.mark.parametrize("block", [Standardize((4,)), MinMax((4,), 0.0, 1.0, clip=False), PCA(4, 2, whiten=True)],
                         ids=lambda one: type(one).__name__)
def test_the_same_numbers_in_one_piece_or_several(block: Fitted) -> None:
    x = draw(50, 4) * 3 + 1
    block.fit(x)
    whole = {name: one.clone() for name, one in block.state_dict().items()}
    block.measure(lambda: x.split(7))
    for name, one in block.state_dict().items():
        assert torch.allclose(one, whole[name], atol=1e-6), name


@pytest.mark.parametrize("kind", ["Standardize", "MinMax", "PCA"])
def test_only_the_training_part_is_measured_and_kept_with_the_weights(kind: str, tmp_path: Path) -> None:
    x = np.zeros((20, 4), np.float32)
    x[:] = np.arange(80).reshape(20, 4) % 7
    held = split_rows(20, validation=0.25, test=0.25, method="random", seed=0)
    spoilt = x.copy()
    spoilt[np.concatenate([held.validation, held.test])] += 1e4  # what must not be looked at
    found = []
    for rows in (x, spoilt):
        g = ng.Graph()
        head = g.add("Linear", g.add(kind, g.add("Input", shape=(4,), id="i"), id="fit"), out_features=1)
        g.add("MSELoss", head, g.add("Input", shape=(1,), id="t"), id="cost")
        run = ng.train(g, data={"i": rows, "t": x[:, :1]}, epochs=1, validation=0.25, test=0.25)
        found.append({name: one.clone() for name, one in run.program.state_dict().items() if name.startswith("fit.")})
        assert run.stop_reason, run
    assert found[0]
    for name, one in found[0].items():
        assert torch.equal(one, found[1][name]), name
    ng.save_weights(run, tmp_path / "w.safetensors")
    fresh = ng.compile(g)
    fresh.load_weights(tmp_path / "w.safetensors")
    for name, one in found[1].items():
        assert torch.equal(fresh.state_dict()[name], one)


def test_pca_says_what_it_cannot_do() -> None:
    assert "at least 9 features" in complaint("PCA", {"x": torch.zeros(4, 3)}, n_components=9)
    assert "flat samples" in complaint("PCA", {"x": torch.zeros(4, 1, 8, 8)})
    assert "at most 4,096 features" in complaint("PCA", {"x": torch.zeros(4, 5000)})
