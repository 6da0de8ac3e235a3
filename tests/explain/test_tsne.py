"""t-SNE against scikit-learn's: the same neighbourhoods, a picture that keeps as much of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities

from neuralgraph.explain.tsne import STEPS, choices, divergence, gradient, positions, together
from neuralgraph.explain.views.projections import components

VALUES = load_digits(return_X_y=True)[0][:150]
START = components(VALUES - VALUES.mean(axis=0))[0]
START = START / START[:, 0].std() * 1e-4


@pytest.mark.parametrize("perplexity", [2.0, 15.0, 45.0])
def test_each_row_has_as_many_neighbours_as_asked_for(perplexity: float) -> None:
    found = choices(VALUES, perplexity)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(np.where(found > 0, found * np.log(found), 0.0), axis=1)
    np.testing.assert_allclose(np.exp(entropy), perplexity, rtol=1e-4)
    assert found.sum(axis=1) == pytest.approx(1.0) and not np.diag(found).any()


@pytest.mark.parametrize("perplexity", [15.0, 45.0])
def test_neighbourhoods_are_those_of_scikit_learn(perplexity: float) -> None:
    theirs = squareform(_joint_probabilities(squareform(pdist(VALUES, "sqeuclidean")), perplexity, 0))
    ours = together(VALUES, perplexity)
    off = ~np.eye(len(VALUES), dtype=bool)
    np.testing.assert_allclose(ours[off], theirs[off], rtol=1e-3, atol=1e-12)
    assert ours.sum() == pytest.approx(1.0, abs=1e-6)


def test_the_slope_is_that_of_the_divergence() -> None:
    wanted, place = together(VALUES, 15.0), np.random.default_rng(0).normal(size=(len(VALUES), 2))
    slope = gradient(wanted, place)
    for row, axis in ((0, 0), (7, 1), (149, 0)):
        moved = [place.copy(), place.copy()]
        for sign, one in zip((-1, 1), moved, strict=True):
            one[row, axis] += sign * 1e-5
        assert slope[row, axis] == pytest.approx(
            (divergence(wanted, moved[1]) - divergence(wanted, moved[0])) / 2e-5, rel=1e-4, abs=1e-9)


def test_the_picture_keeps_as_much_as_that_of_scikit_learn() -> None:
    steps = [one.copy() for one in positions(VALUES, START, 15.0)]
    theirs = TSNE(2, perplexity=15.0, init=START.astype(np.float32), random_state=0, max_iter=STEPS, learning_rate=50.0,
                  n_jobs=1, method="exact").fit_transform(VALUES)
    wanted = together(VALUES, 15.0)
    assert divergence(wanted, steps[-1]) <= 1.03 * divergence(wanted, theirs.astype(float))
    assert trustworthiness(VALUES, steps[-1], n_neighbors=8) >= trustworthiness(VALUES, theirs, n_neighbors=8) - 0.005
    assert divergence(wanted, steps[-1]) < divergence(wanted, steps[260]) < divergence(wanted, steps[0])


def test_rows_that_are_the_same_lie_together() -> None:
    values = np.repeat(np.eye(4) * 9, 5, axis=0)
    start = np.random.default_rng(0).normal(size=(20, 2)) * 1e-4
    *_, place = positions(values, start, 3.0)
    assert np.isfinite(place).all()
    away = squareform(pdist(place))
    own = np.kron(np.eye(4), np.ones((5, 5))).astype(bool)
    assert away[own].max() < away[~own].min()
