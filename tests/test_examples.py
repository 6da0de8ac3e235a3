"""Every example opens as a copy, is free of errors, reads at a glance and learns."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.lessons.course import lesson_of
from neuralgraph.resources import examples
from neuralgraph.session import Session

EXAMPLES = [path for path in sorted(examples().glob("*.ngraph")) if lesson_of(path) is None]
"""Those of the course have a test of their own."""
NEEDS_A_FOLDER = "mnist-cnn"
FLOORS = {
    "xor": ("accuracy", 1.0),
    "letters": ("accuracy", 1.0),
    "breast-cancer": ("val_accuracy", 0.93),
    "iris": ("val_accuracy", 0.86),
    "spiral": ("val_accuracy", 0.95),
    "digits-mlp": ("val_accuracy", 0.94),
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_opens_as_a_copy_without_errors(path: Path) -> None:
    session = Session.open(path, as_copy=True)
    assert session.path is None
    assert session.title == path.name
    assert session.graph.title
    assert session.graph.about
    codes = [problem.code for problem in session.analyse().problems]
    assert codes == (["data"] if path.stem == NEEDS_A_FOLDER else [])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_nodes_do_not_overlap_and_lie_on_the_grid(path: Path) -> None:
    nodes = Session.open(path).graph.nodes.values()
    assert all(one.x % 8 == 0 and one.y % 8 == 0 for one in nodes)
    assert all(abs(a.x - b.x) >= 176 or abs(a.y - b.y) >= 96 for a, b in combinations(nodes, 2))


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.stem != NEEDS_A_FOLDER], ids=lambda path: path.stem)
def test_it_learns_and_the_same_seed_gives_the_same_curves(path: Path) -> None:
    runs = [ng.train(ng.load(path), epochs=3) for _ in range(2)]
    assert runs[0].history == runs[1].history
    assert runs[0].history["loss"][-1] < runs[0].history["loss"][0]


@pytest.mark.parametrize("name", FLOORS)
def test_the_quick_ones_reach_their_figure(name: str) -> None:
    figure, floor = FLOORS[name]
    run = ng.train(ng.load(examples() / f"{name}.ngraph"))
    assert run.final[figure] >= floor


def test_mnist_learns_from_a_folder(shared_data: Path) -> None:
    from dataclasses import replace

    from neuralgraph.graph.edits import ChangeNode

    g = ng.load(examples() / f"{NEEDS_A_FOLDER}.ngraph")
    node = g.session.graph.nodes["mnist"]
    params = node.params.having(path=str(shared_data / "mnist"))
    g.session.edit(ChangeNode(replace(node, params=params)))
    assert ng.check(g) == ()
    assert ng.shapes(g)["mnist"]["x"].shape == ("N", 1, 28, 28)
