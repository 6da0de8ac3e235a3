"""A column of a table that says which rows belong together in a split."""

from __future__ import annotations

from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.data.coded import columns_in, read_csv
from neuralgraph.data.gather import divided
from neuralgraph.errors import DataError
from neuralgraph.graph.plan import Plan

TEXT = "patient,day,pulse,sick\n" + "".join(
    f"p{n // 4},{n % 4},{60 + n % 13}.5,{'yes' if n % 3 else 'no'}\n" for n in range(48))
ROLE = (("patient", "group", "auto"),)


def written(folder: Path, text: str = TEXT) -> Path:
    (folder / "visits.csv").write_text(text)
    return folder / "visits.csv"


def test_rows_of_one_group_stay_together(tmp_path: Path) -> None:
    path = written(tmp_path)
    found = read_csv(path, columns=ROLE)
    assert found.feature_names == ("day", "pulse"), "nothing is learnt from the group"
    assert found.groups is not None
    assert found.groups.tolist() == [n // 4 for n in range(48)]
    assert [one.role for one in columns_in(path, columns=ROLE)] == ["group", "input", "input", "target"]
    assert read_csv(path).groups is None

    split, words = divided(found, Plan(split="grouped", validation=0.25, test=0.25))
    assert "whole groups together" in words
    parts = [{int(found.groups[row]) for row in part} for part in (split.train, split.validation, split.test)]
    assert all(parts)
    assert sum(len(one) for one in parts) == 12, "no group is in two parts"


def test_groups_come_along_with_a_model(tmp_path: Path) -> None:
    path = written(tmp_path)
    graph = ng.Graph()
    data = graph.add("Csv", path=str(path), columns=ROLE, id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", data["x"], out_features=2), data["y"], id="loss")
    ng.train(graph, epochs=1, split="grouped")
    ng.save_model(graph, tmp_path / "visits.ngz")
    path.unlink()
    model = ng.load(tmp_path / "visits.ngz")
    (held,) = model.session.held.values()
    assert held.delivery.groups.tolist() == [n // 4 for n in range(48)]
    ng.train(model, epochs=1, split="grouped")


def test_several_columns_are_one_group_together_and_gaps_are_named(tmp_path: Path) -> None:
    found = read_csv(written(tmp_path, "a,b,x,y\n1,u,1,0\n1,v,2,1\n1,u,3,1\n"),
                     columns=(("a", "group", "auto"), ("b", "group", "auto")))
    assert found.groups is not None
    assert found.groups.tolist() == [0, 1, 0]
    gap = written(tmp_path, "g,x,y\n1,1,0\n,2,1\n2,,1\n")
    wish = (("g", "group", "auto"),)
    with pytest.raises(DataError, match="line 3, column 'g': the value is missing"):
        read_csv(gap, columns=wish)
    filled = read_csv(gap, columns=wish, missing="mean")
    assert filled.groups is not None
    assert filled.groups.tolist() == [0, 1]
    assert filled.notes[0] == "1 of 3 rows were skipped: what is to be predicted, or its group, is missing."
