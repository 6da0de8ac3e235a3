"""What a data node delivers, in numbers: against numpy, bounded, and the same on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.cli import main
from neuralgraph.data import npz
from neuralgraph.data.sources import _CACHE, deliver
from neuralgraph.errors import DataError
from neuralgraph.explain.overview import LOOKED, digest, overview
from neuralgraph.graph.plan import Plan
from neuralgraph.nodes import CATALOG


def wine() -> ng.Graph:
    graph = ng.Graph()
    graph.add("Dataset", name="wine", id="data")
    return graph


def test_columns_classes_and_correlations_are_those_of_numpy() -> None:
    seen = wine().session.overview("data")
    x = deliver(CATALOG["Dataset"](name="wine")).arrays["x"].astype(np.float64)
    assert (seen.kind, seen.rows, seen.looked, len(seen.columns)) == ("table", 178, 178, 13)
    for n, one in enumerate(seen.columns):
        assert one.mean == pytest.approx(x[:, n].mean())
        assert one.std == pytest.approx(x[:, n].std())
        assert (one.low, one.high, one.different) == (x[:, n].min(), x[:, n].max(), len(np.unique(x[:, n])))
        assert int(one.counts.sum()) == 178
    assert np.allclose(seen.related, np.corrcoef(x.T))
    assert seen.classes == (("class_0", 59), ("class_1", 71), ("class_2", 48))
    assert dict(seen.parts) == {"training": 142, "validation": 36}


def test_a_column_that_never_changes_goes_with_nothing(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(20, 3))
    x[:, 1] = 4.0
    np.savez(tmp_path / "a.npz", x=x, y=x[:, 0] * 2.5 + 0.1)
    seen = overview("data", "Npz", deliver(CATALOG["Npz"](path=str(tmp_path / "a.npz"))), Plan())
    assert seen.relations == ("x0", "x1", "x2", "value")
    assert np.isfinite(seen.related).all()
    assert not seen.related[1].any()
    assert seen.related[0, 3] == pytest.approx(1.0, abs=1e-5)


def test_large_data_is_looked_at_in_part_and_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(50_000, 20)).astype(np.float32),
             y=np.arange(50_000) % 2)
    node = CATALOG["Npz"](path=str(tmp_path / "a.npz"))
    given = deliver(node)
    begun = perf_counter()
    seen = overview("data", "Npz", given, Plan())
    assert perf_counter() - begun < 2
    assert (seen.looked, seen.rows) == (LOOKED, 50_000)
    assert dict(seen.classes) == {"0": 25_000, "1": 25_000}
    _CACHE._held.clear()
    monkeypatch.setattr(npz, "MOST_BYTES", 1_000_000)
    streamed = overview("data", "Npz", deliver(node), Plan())
    assert streamed.columns[0].mean == seen.columns[0].mean
    assert "stay on the disk" in streamed.notes[-1]


def test_the_fingerprint_tells_one_number_that_changed(tmp_path: Path) -> None:
    found = []
    for value in (1.0, 1.0, 2.0):
        x = np.ones((5, 2))
        x[3, 1] = value
        np.savez(tmp_path / "a.npz", x=x, y=np.arange(5) % 2)
        _CACHE._held.clear()
        found.append(digest(deliver(CATALOG["Npz"](path=str(tmp_path / "a.npz")))))
    assert found[0] == found[1] != found[2]


def test_the_command_line_tells_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = wine()
    ng.save(graph, tmp_path / "a.ngraph")
    assert main(["data", str(tmp_path / "a.ngraph"), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["data"]
    assert one["classes"][1] == {"name": "class_1", "rows": 71}
    assert one["columns"][0]["name"] == "alcohol"
    assert one["parts"] == {"training": 142, "validation": 36}
    assert one["fingerprint"] == graph.session.fingerprint("data")
    assert main(["data", str(tmp_path / "a.ngraph")]) == 0
    said = capsys.readouterr().out
    assert "alcohol" in said and "142 training, 36 validation; divided at random (seed 0)." in said
    assert main(["data", str(tmp_path / "a.ngraph"), "--node", "other"]) == 1
    assert "has no data node 'other'. It has: data." in " ".join(capsys.readouterr().err.split())


def test_data_that_cannot_be_read_is_an_error_with_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = ng.Graph()
    graph.add("Npz", path="absent.npz", id="data")
    ng.save(graph, tmp_path / "a.ngraph")
    assert main(["data", str(tmp_path / "a.ngraph"), "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["data"]
    assert one["node"] == "data" and "absent.npz" in one["error"]
    with pytest.raises(DataError):
        graph.session.overview("nothing")


def test_steps_change_nothing_and_draw_again() -> None:
    graph = wine()
    graph.add("CrossEntropyLoss", graph.add("Linear", graph.add("MinMax", graph["data"]["x"], id="range"),
                                            out_features=3), graph["data"]["y"])
    run = ng.train(graph, epochs=1)
    before = {name: one.clone() for name, one in run.program.state_dict().items()}
    steps = graph.session.steps("data", 5)
    assert [one.id for one in steps] == ["data", "range"]
    assert -0.5 < float(steps[1].value.min()) <= float(steps[1].value.max()) < 1.5
    assert all(bool((one == before[name]).all()) for name, one in run.program.state_dict().items())
