"""Our own modules against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle
from sklearn.preprocessing import StandardScaler
from torch import fx

from neuralgraph.compiler.blocks.indexing import one_hot, part
from neuralgraph.compiler.blocks.metrics import Accuracy, ConfusionMatrix, MeanAbsoluteError
from neuralgraph.compiler.blocks.standardize import Standardize
from neuralgraph.compiler.blocks.values import Constant, Parameter


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def labels(rows: int, classes: int) -> torch.Tensor:
    return torch.randint(classes, (rows,), generator=torch.Generator().manual_seed(1))


def in_batches(block: torch.nn.Module, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    parts = [block.statistics(i, t) for i, t in zip(input.split(7), target.split(7), strict=True)]
    return sum(parts[1:], parts[0])


def test_accuracy_of_classes() -> None:
    input, target = draw(50, 4), labels(50, 4)
    block = Accuracy()
    expected = oracle.accuracy_score(target, input.argmax(1))
    assert block.result(block.statistics(input, target)) == expected
    assert block.result(in_batches(block, input, target)) == expected
    assert block.result(block.statistics(input, torch.eye(4)[target])) == expected


@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_accuracy_of_yes_or_no(threshold: float) -> None:
    input, target = draw(50, 1), labels(50, 2)
    expected = oracle.accuracy_score(target, input[:, 0] > threshold)
    block = Accuracy(threshold)
    assert block.result(block.statistics(input, target[:, None].float())) == expected
    assert block.result(block.statistics(input, target)) == expected
    assert block.result(block.statistics(input[:, 0], target.float())) == expected


def test_accuracy_counts_pixels() -> None:
    input, target = draw(3, 4, 5, 6), torch.randint(4, (3, 5, 6))
    block = Accuracy()
    assert block.result(block.statistics(input, target)) == oracle.accuracy_score(
        target.flatten(), input.argmax(1).flatten())


def test_accuracy_of_nothing_is_not_a_number() -> None:
    assert np.isnan(Accuracy().result(Accuracy().statistics(torch.empty(0, 3), torch.empty(0, dtype=torch.int64))))


def test_confusion_matrix() -> None:
    input, target = draw(60, 4), labels(60, 4)
    block = ConfusionMatrix(4)
    expected = oracle.confusion_matrix(target, input.argmax(1), labels=range(4))
    assert np.array_equal(block.result(in_batches(block, input, target)), expected)
    outside = target.clone()
    outside[0] = 9
    assert int(block.statistics(input, outside).sum()) == 59


def test_confusion_matrix_of_yes_or_no() -> None:
    input, target = draw(60, 1), labels(60, 2)
    expected = oracle.confusion_matrix(target, input[:, 0] > 0.5)
    assert np.array_equal(ConfusionMatrix(2, 0.5).statistics(input, target[:, None].float()), expected)


def test_mean_absolute_error() -> None:
    input, target = draw(50, 2), draw(50, 2, seed=5)
    block = MeanAbsoluteError()
    assert block.result(in_batches(block, input, target)) == pytest.approx(
        oracle.mean_absolute_error(target, input), rel=1e-6)


def test_standardize_is_the_standard_scaler() -> None:
    x = draw(40, 3) * 100 + 1e4
    x[:, 2] = 0.1  # a column that never changes
    block = Standardize((3,))
    assert torch.equal(block(x), x)
    block.fit(x)
    assert np.allclose(block(x), StandardScaler().fit_transform(x.double().numpy()), atol=1e-4)
    assert torch.isfinite(block(x)).all()
    assert set(block.state_dict()) == {"mean", "std"}
    block.reset_fit()
    assert torch.equal(block(x), x)


@pytest.mark.parametrize(("shape", "axes"), [((3, 1, 1), (0, 2, 3)), ((1, 1, 1), (0, 1, 2, 3)), ((3, 4, 5), (0,))])
def test_standardize_images(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    x = draw(20, 3, 4, 5)
    block = Standardize(shape)
    block.fit(x)
    assert torch.allclose(block.mean, x.mean(axes, keepdim=True)[0], atol=1e-6)
    assert torch.allclose(block.std, x.std(axes, correction=0, keepdim=True)[0], atol=1e-6)


def test_values() -> None:
    constant = Constant(((1, 2), (3, 4)), torch.int64)
    assert constant().tolist() == [[1, 2], [3, 4]]
    assert not constant.state_dict()
    torch.manual_seed(0)
    assert Parameter((2, 3), "zeros", 1.0)().tolist() == [[0.0] * 3] * 2
    assert float(Parameter((10_000,), "normal", 0.1)().detach().std()) == pytest.approx(0.1, rel=0.05)
    uniform = Parameter((10_000,), "uniform", 0.12)().detach()
    assert float(uniform.abs().max()) <= 0.12
    assert float(uniform.std()) == pytest.approx(0.12 / 3**0.5, rel=0.05)
    assert Parameter((), "ones", 1.0)().requires_grad


def test_indexing() -> None:
    x = draw(3, 4)
    assert torch.equal(part(x, (slice(None), slice(1, None))), x[:, 1:])
    assert one_hot(torch.tensor([1, 0]), 3).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_blocks_are_leaves_that_fx_can_trace() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = Standardize((3,))
            self.one = Constant(1.0, torch.float32)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.scale(x) + self.one()

    x = draw(2, 3)
    assert torch.equal(fx.symbolic_trace(Net())(x), x + 1)
