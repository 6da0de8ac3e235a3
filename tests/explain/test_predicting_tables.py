"""New tables are coded as the one that was learnt from, by what the model file tells, without that table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.data.sources import deliver
from neuralgraph.errors import DataError
from neuralgraph.spec.columns import Coding

CHOICES = (("id", "left out", "auto"), ("zip", "auto", "category"))
HEAD = "id;born;town;zip;income;rent"


def rows(count: int, start: int = 0) -> str:
    """Dates with the month first, categories that look like numbers, decimal commas, gaps."""
    lines = [HEAD]
    for n in range(start, start + count):
        born = f"{n % 12 + 1}/{n % 28 + 1}/19{60 + n % 40}"
        town = ("Bonn", "Ulm", "Kiel")[n % 3] if n % 11 else ""
        income = f"{n % 7},5" if n % 5 else ""
        lines.append(f"p{n};{born};{town};{10 + n % 2};{income};{300 + 20 * (n % 9)},25")
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def trained(path: Path, **params: Any) -> ng.Graph:
    """One Linear between what is measured."""
    graph = ng.Graph()
    own = {"columns": CHOICES, "missing": "mean", "mark": True, **params}
    data = graph.add("Csv", path=str(path), id="data", **own)
    x, y = graph.add("Standardize", data["x"]), graph.add("Standardize", data["y"], id="scaled")
    y_hat = graph.add("Linear", x, out_features=1, id="answer")
    graph.add("MSELoss", y_hat, y, id="loss")
    ng.train(graph, epochs=3, batch_size=16, validation=0.0)
    return graph


@pytest.mark.parametrize("large", [False, True])
def test_a_model_without_its_table_codes_new_rows_as_it_learnt(
    large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:  # no row comes along
        monkeypatch.setattr("neuralgraph.data.holding.SMALL", 10)
    path = written(tmp_path, rows(60), "flats.csv")
    graph = trained(path)
    session = graph.session
    node = session.node("data")
    assert node is not None
    given = deliver(node, session.reach)
    assert given.feature_names == ("born", "town = Bonn", "town = Kiel", "town = Ulm", "town is missing", "zip = 10",
                                   "zip = 11", "income", "income is missing")
    judged = ng.evaluate(graph, run=session.run)
    wanted = ng.predict(graph, given.arrays["x"]).answers[0].values
    ng.save_model(graph, tmp_path / "flats.ngz")
    path.unlink()

    model = ng.load(tmp_path / "flats.ngz")
    again = written(tmp_path, rows(60), "again.csv")
    assert np.array_equal(model.session.attempt("files", [again]).prepared.x, given.arrays["x"])
    found = ng.predict(tmp_path / "flats.ngz", again)
    assert np.array_equal(found.answers[0].values, wanted)
    assert found.notes == ("Not used: 'id'.",)
    truth = np.array([float(one.replace(",", ".")) for one in found.truth])
    std = float(model.session.program.state_dict()["scaled.std"])
    error = np.square((found.answers[0].values[:, 0] - truth) / std).mean()
    assert error == pytest.approx(float(judged["loss"]), rel=1e-4), "as `evaluate` says of the same rows"

    one = ng.predict(tmp_path / "flats.ngz", written(
        tmp_path, "town,zip,income,born\nUlm,11,,2/1/1961\n", "one.csv"))
    assert one.inputs == ("line 2",)
    by_value = ng.predict(tmp_path / "flats.ngz", {"town": "Ulm", "zip": 11, "income": None, "born": "2/1/1961"})
    assert np.array_equal(one.answers[0].values, by_value.answers[0].values)
    session = model.session
    x = session.attempt("values", {"town": "Ulm", "zip": 11, "income": None, "born": "2/1/1961"}).prepared.x[0]
    fill = next(one.coding.fill for one in session.card().columns if one.name == "income")
    assert x.tolist() == [-14213.0, 0, 0, 1, 0, 0, 1, np.float32(fill), 1], "February, not January"

    with pytest.raises(DataError, match=r"new\.csv, line 3, column 'town': 'Paris' is no category that was learnt"):
        ng.predict(model, written(tmp_path, f"{HEAD}\np;1/1/1970;Ulm;10;1,5;1\np;1/1/1970;Paris;10;1,5;1\n", "new.csv"))
    with pytest.raises(DataError, match=r"The values, row 1, column 'born': 'soon' is no date"):
        ng.predict(model, {"town": "Ulm", "zip": 11, "income": 2, "born": "soon"})


def test_columns_without_names_keep_their_places_around_what_was_left_out(tmp_path: Path) -> None:
    lines = [f"{n % 5},{n % 3}.5,x{n},{n % 7}.25" for n in range(20)]
    path = written(tmp_path, "\n".join(lines) + "\n", "bare.csv")
    graph = trained(path, target="1", columns=(("column 2", "left out", "auto"),), missing="stop")
    x = deliver(graph.session.node("data"), graph.session.reach).arrays["x"]
    bare = {"whole": "4,9.5,x,6.25\n1,9.5,y,0.25\n", "without": "4,x,6.25\n1,y,0.25\n", "inputs": "4,6.25\n1,0.25\n"}
    found = [graph.session.attempt("files", [written(tmp_path, text, f"{name}.csv")]).prepared
             for name, text in bare.items()]
    assert all(one.x.tolist() == [[4, 6.25], [1, 0.25]] for one in found)
    assert found[0].truth == ("9.5", "9.5")
    assert not found[1].truth
    assert np.array_equal(graph.session.attempt("files", [path]).prepared.x, x)


def test_rows_with_a_gap_are_skipped_where_the_data_node_does_so(tmp_path: Path) -> None:
    graph = trained(written(tmp_path, rows(60), "flats.csv"), missing="skip rows")
    found = graph.session.attempt("files", [written(tmp_path, rows(12), "new.csv")]).prepared
    assert len(found.x) == len(found.truth) == 8
    assert found.notes == ("Not used: 'id'.", "4 of 12 rows were skipped: a value is missing.")
    assert found.names[0] == "line 3"


def test_several_targets_are_called_by_their_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,c\n" + "".join(f"{n},{2 * n}.5,{-n}.5\n" for n in range(20)), "two.csv")
    graph = ng.Graph()
    data = graph.add("Csv", path=str(path), columns=(("b", "target", "auto"), ("c", "target", "auto")), id="data")
    y = graph.add("MinMax", data["y"], low=-1.0)
    graph.add("MSELoss", graph.add("Linear", graph.add("MinMax", data["x"]), out_features=2), y, id="loss")
    ng.train(graph, epochs=200, batch_size=20, optimizer="Adam", lr=0.05, validation=0.0)
    found = ng.predict(graph, path)
    assert found.answers[0].names == ("b", "c")
    assert found.truth[3] == "6.5, -3.5"
    wanted = np.array([[float(part) for part in one.split(", ")] for one in found.truth])
    assert np.abs(found.answers[0].values - wanted).max() < 1.0, "in the units of b and c"


def test_a_target_in_a_range_comes_back_in_its_own_unit() -> None:
    from neuralgraph.compiler.blocks.projection import MinMax

    x = torch.tensor([[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]])
    block = MinMax((2,), -1.0, 1.0, False)
    block.measure(lambda: iter([x]))
    assert torch.allclose(block.undo(block(x)), x)
    assert block.undo(torch.tensor([[2.0, -1.0]])).tolist() == [[4.0, 5.0]]
    with pytest.raises(ValueError, match="made 1 of every number"):
        MinMax((2,), 1.0, 1.0, False).undo(x)


def test_parquet_counts_rows_and_keeps_its_notes(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = written(tmp_path, "size,kind,price\n1,a,2.5\n2,b,3.5\n3,a,4.5\n", "train.csv")
    graph = trained(path, columns=(), missing="skip rows")
    table = arrow.table({"kind": ["b", None, "c"], "size": [2.0, 1.0, 3.0], "more": [[1], [2], [3]]})
    parquet.write_table(table.slice(0, 2), tmp_path / "new.parquet")
    found = graph.session.attempt("files", [tmp_path / "new.parquet"]).prepared
    assert found.x.tolist() == [[2, 0, 1]]
    assert found.names == ("row 1",)
    assert any("'more' was left out" in one for one in found.notes)
    parquet.write_table(table, tmp_path / "odd.parquet")
    with pytest.raises(DataError, match=r"odd\.parquet, row 3, column 'kind': 'c' is no category"):
        graph.session.attempt("files", [tmp_path / "odd.parquet"])


def test_yes_and_no_are_written_as_the_data_write_them(tmp_path: Path) -> None:
    path = written(tmp_path, "open,y\nTrue,1.5\nFalse,2.5\nTrue,1.25\n", "open.csv")
    graph = trained(path, columns=(), missing="stop")
    found = graph.session.attempt("values", [{"open": True}, {"open": False}, {"open": "True"}]).prepared
    assert found.x.tolist() == [[0, 1], [1, 0], [0, 1]]


@pytest.mark.parametrize(("missing", "kept", "said"), [
    ("carry forward", 7, "Missing values became the last one before."),
    ("skip windows", 4, "3 of 7 windows were left out: a value is missing."),
])
def test_gaps_of_a_series_are_treated_as_in_training(missing: str, kept: int, said: str, tmp_path: Path) -> None:
    text = "v,w\n" + "".join(f"{'' if n == 5 else n},{n % 2}\n" for n in range(9))
    path = written(tmp_path, text, "s.csv")
    graph = ng.Graph()
    data = graph.add("TimeSeries", path=str(path), target="v", window=3, missing=missing, id="data")
    out = graph.add("Linear", graph.add("Flatten", data["x"]), out_features=1)
    graph.add("MSELoss", out, data["y"], id="loss")
    ng.train(graph, epochs=1, validation=0.0)
    x = deliver(graph.session.node("data"), graph.session.reach).arrays["x"]
    found = graph.session.attempt("files", [path]).prepared
    assert len(found.x) == kept
    assert said in found.notes
    same = {one.tobytes() for one in found.x}
    assert all(one.tobytes() in same for one in x)


def test_the_coding_travels_whole() -> None:
    from neuralgraph.data.cards import Card, Column
    from neuralgraph.data.holding import Held, as_members, of_members
    from neuralgraph.spec import Spec

    coding = (Coding("when", "date", (), 3.25, True, True), Coding("k", "category", ("a", "b"), 0.0, True))
    specs = {"x": Spec(("N", 5), "float32", None, "features")}
    columns = tuple(Column(one, 1.0, 2.0, 1.5) for one in coding)
    card = Card("Csv", "table", specs, columns=columns, table=("when", "k", "y"))
    back = of_members(*as_members({"data": Held(card)}), "model.ngz")["data"].card
    assert (back.columns, back.table) == (columns, card.table)
    for one, numbers in ((columns[0], [3.25, 1.0]), (columns[1], [0.0, 0.0, 1.0])):
        assert one.numbers(None).tolist() == numbers
        assert one.value(one.numbers(None)) is None
        assert one.value(one.numbers(1.0)) == 1.0
