"""«Over seeds»: the runs of a drawing that differ in their seed alone, of this session or kept."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

import neuralgraph as ng
from neuralgraph.cli import main
from neuralgraph.errors import RunError
from neuralgraph.figures.shown import Strips
from tests.training.test_optimizers import network


def strips(graph: ng.Graph, **options: str) -> Strips:
    shown = graph.session.view("over-seeds", options=options)
    assert isinstance(shown, Strips)
    return shown


def test_a_series_of_this_session() -> None:
    graph = network()
    why = next(one.why for one in graph.session.offers() if one.name == "over-seeds")
    assert why == "There are no two runs of this document yet."
    found = ng.train_seeds(graph, 4, first=2, epochs=2)
    shown = strips(graph)
    assert shown.runs == ("seed 2", "seed 3", "seed 4", "seed 5")
    assert shown.names[0].startswith("val_") and set(shown.names) == set(found.figures)
    for at, name in enumerate(shown.names):
        assert shown.values[:, at].tolist() == [one[name] for one in found.finals]
        assert shown.marks(at) == pytest.approx((found.figures[name][0], median(one[name] for one in found.finals),
                                                 found.figures[name][2]))
    assert strips(graph, of="VAL").names == ("val_loss",)
    with pytest.raises(RunError, match=r"No figure has 'nothing' in its name\. There are: "):
        strips(graph, of="nothing")
    graph.add("Linear", graph.add("Input", shape=(2,)), out_features=1)
    with pytest.raises(RunError, match="There are no two runs"):
        strips(graph)


def test_runs_that_were_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "iris.ngraph"
    graph = network()
    ng.save(graph, path)
    for seed in (3, 1, 1):
        ng.train(graph, seed=seed, epochs=2, store=True)
    with_more = ng.train(graph, seed=5, epochs=4, store=True)
    assert strips(ng.load(path)).runs == ("seed 1", "seed 3"), "one of a kind, each seed once"
    ng.train(graph, seed=6, epochs=4, store=True)
    newest = strips(ng.load(path))
    assert newest.runs == ("seed 5", "seed 6"), "the newest series"
    assert newest.values[0, newest.names.index("loss")] == with_more.final["loss"]
    other = ng.load(path)
    other.add("Linear", other.add("Input", shape=(2,)), out_features=1)
    with pytest.raises(RunError, match=r"No two runs of this drawing differ in their seed alone.*--seeds 5"):
        strips(other)
    assert main(["train", str(path), "--seeds", "3", "--epochs", "1", "--json"]) == 0
    capsys.readouterr()
    assert main(["inspect", str(path), "--view", "over-seeds"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("seed 0,")
