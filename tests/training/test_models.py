"""A trained model as one file: it predicts without its data, and trains on as if it had never been put away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.data.holding import as_members, of_members
from neuralgraph.errors import DataError, DocumentError, NeuralGraphError, RunError
from neuralgraph.graph import packed
from neuralgraph.resources import examples
from neuralgraph.session import Session

TABLE = "width;height;kind;colour\n" + "\n".join(
    f"{n},5;{40 - n};{'cat' if n % 3 else 'dog'};{('red', 'blue', 'green')[n % 3]}" for n in range(40)) + "\n"


MODEL_1 = [[0.002036, 0.997965], [0.997679, 0.002321]]
"""What the first model file said when it was written."""


def table_model(folder: Path, *, epochs: int = 3) -> ng.Graph:
    """Cats and dogs from a table with a decimal comma and categories, scaled; trained."""
    (folder / "pets.csv").write_text(TABLE, encoding="utf-8")
    graph = ng.Graph()
    ng.save(graph, folder / "pets.ngraph")
    data = graph.add("Csv", path="pets.csv", target="kind", id="pets")
    x = graph.add("Standardize", data["x"])
    x = graph.add("Linear", x, out_features=2, id="logits")
    graph.add("CrossEntropyLoss", x, data["y"], id="loss")
    ng.save(graph, folder / "pets.ngraph")
    ng.train(graph, epochs=epochs, batch_size=8, optimizer="Adam", lr=0.05, seed=1)
    return graph


def weights_of(graph: ng.Graph) -> dict[str, torch.Tensor]:
    assert graph.session.program is not None
    return {name: one.clone() for name, one in graph.session.program.state_dict().items()}


def equal(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return some.keys() == others.keys() and all(torch.equal(one, others[name]) for name, one in some.items())


def test_it_opens_anywhere_and_predicts_the_same(tmp_path: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    graph = table_model(home)
    before = ng.predict(graph, home / "pets.csv")
    ng.save_model(graph, away / "pets.ngz")
    shutil.rmtree(home)
    opened = ng.load(away / "pets.ngz")
    assert [(one.severity, "rows that came with the model" in one.message) for one in ng.check(opened)] == [
        ("note", True)]
    assert equal(weights_of(opened), weights_of(graph))
    (away / "new.csv").write_text(TABLE, encoding="utf-8")
    after = ng.predict(opened, away / "new.csv")
    assert np.array_equal(before.answers[0].values, after.answers[0].values)
    assert after.best == before.best
    assert after.truth[:3] == ("dog", "cat", "cat")


@pytest.mark.parametrize("way", ["file", "resume"])
def test_it_trains_on_bit_for_bit(way: str, tmp_path: Path) -> None:
    graph = table_model(tmp_path)
    run = graph.run
    ng.save_model(graph, tmp_path / "pets.ngz")
    ng.train(graph, resume=run, epochs=4)
    unbroken = weights_of(graph)
    if way == "file":
        opened = ng.load(tmp_path / "pets.ngz")
        later = ng.train(opened, resume=opened.run, epochs=4)
    else:
        session = Session.open(tmp_path / "pets.ngz")
        assert session.brought
        opened = ng.Graph(session)
        list(session.train(fresh=False, plan=session.graph.plan.further(3, 4)))
        assert session.run is not None
        later = session.run
    assert equal(weights_of(opened), unbroken)
    assert later.history["loss"]


def test_large_data_stay_where_they_are_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuralgraph.data.holding.SMALL", 10)
    graph = table_model(tmp_path)
    ng.save_model(graph, tmp_path / "pets.ngz")
    wanted = ng.predict(graph, tmp_path / "pets.csv").best
    (tmp_path / "pets.csv").rename(tmp_path / "moved.csv")
    opened = ng.load(tmp_path / "pets.ngz")
    problems = ng.check(opened)
    assert [one.severity for one in problems] == ["note"]
    assert "predicts but cannot learn more" in problems[0].message
    assert ng.predict(opened, tmp_path / "moved.csv").best == wanted
    assert ng.predict(opened, {"width": 3, "height": 20, "colour": "red"}).inputs == ("row 1",)
    with pytest.raises(NeuralGraphError, match=r"pets\.csv"):
        ng.train(opened, epochs=1)
    ng.save(opened, tmp_path / "again.ngz")
    assert ng.predict(ng.load(tmp_path / "again.ngz"), tmp_path / "moved.csv").best == wanted
    (tmp_path / "moved.csv").rename(tmp_path / "pets.csv")
    assert [one.code for one in ng.check(opened)] == ["data_note"], "how the columns were read"


def test_a_checkpoint_that_is_too_large_stays_behind_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = table_model(tmp_path)
    ng.save_model(graph, tmp_path / "whole.ngz")
    assert graph.session.left_behind == ()
    monkeypatch.setattr("neuralgraph.training.packing.MOST", {**packed.MOST, packed.CHECKPOINT: 100})
    ng.save_model(graph, tmp_path / "pets.ngz")
    (said,) = graph.session.left_behind
    assert "Where training stands was left out" in said
    assert "at most 100 fit" in said
    assert packed.CHECKPOINT not in packed.opened(tmp_path / "pets.ngz").names
    ng.save(graph, tmp_path / "saved.ngz")
    assert said in graph.session.notes
    opened = ng.load(tmp_path / "pets.ngz")
    assert equal(weights_of(opened), weights_of(graph))
    ng.train(opened, epochs=1)


def test_saving_twice_gives_the_same_bytes_and_nothing_is_lost_unopened(tmp_path: Path) -> None:
    graph = table_model(tmp_path)
    one = ng.save_model(graph, tmp_path / "one").read_bytes()
    assert (tmp_path / "one.ngz").read_bytes() == one
    session = Session.open(tmp_path / "one.ngz")
    session.save(tmp_path / "two.ngz")  # its weights were never looked at
    assert session.brought
    first, second = (packed.opened(tmp_path / name).everything() for name in ("one.ngz", "two.ngz"))
    assert first == second


def test_only_a_trained_graph_is_exported_but_any_is_saved(tmp_path: Path) -> None:
    session = Session.open(examples() / "xor.ngraph", as_copy=True)
    with pytest.raises(RunError, match="There are no weights yet"):
        session.save_model(tmp_path / "x.ngz")
    assert not (tmp_path / "x.ngz").exists()
    session.save(tmp_path / "x.ngz")
    again = Session.open(tmp_path / "x.ngz")
    assert again.graph == session.graph
    assert not again.trained
    assert packed.opened(tmp_path / "x.ngz").take(packed.PICTURE).startswith(b"\x89PNG")
    assert session.outside == "same"


def test_weights_of_another_graph_are_not_taken_in_silence(tmp_path: Path) -> None:
    graph = table_model(tmp_path)
    ng.save_model(graph, tmp_path / "pets.ngz")
    session = Session.open(tmp_path / "pets.ngz")
    from neuralgraph.graph.edits import ChangeNode

    placed = session.graph.nodes["logits"]
    session.edit(ChangeNode(type(placed)(**{**{name: getattr(placed, name) for name in placed.__slots__},
                                            "params": placed.params.having(bias=False)})))
    with pytest.raises(RunError, match="logits"):
        session.unpack()
    assert session.brought


def members(tmp_path: Path) -> dict[str, bytes]:
    return packed.opened(ng.save_model(table_model(tmp_path), tmp_path / "pets.ngz")).everything()


@pytest.mark.parametrize(("member", "change", "said"), [
    (packed.WEIGHTS, lambda data: data[:-4] + b"\0\0\0\1", "weights.safetensors is damaged"),
    (packed.WEIGHTS, lambda data: b"", "weights.safetensors is not a whole"),
    (packed.CHECKPOINT, lambda data: data[:40], "checkpoint.safetensors is not a whole"),
    (packed.GRAPH, lambda data: b"{}", "cannot be opened"),
    (packed.DATA, lambda data: b"[]", "description of the data"),
    (packed.DATA, lambda data: data.replace(b'"form": "table"', b'"form": "picture"'), "description of the data"),
    (packed.ROWS, lambda data: b"\xff" * 30, "description of the data"),
])
def test_what_is_wrong_inside_is_named(member: str, change: Any, said: str, tmp_path: Path) -> None:
    found = members(tmp_path)
    changed = change(found[member])
    assert changed != found[member]
    packed.write_packed(tmp_path / "bad.ngz", {**found, member: changed})
    with pytest.raises(NeuralGraphError, match=said):
        ng.load(tmp_path / "bad.ngz")


def test_hostile_descriptions_never_do_more_than_be_refused(tmp_path: Path) -> None:
    found = members(tmp_path)
    rng = np.random.default_rng(0)
    refused = 0
    for turn in range(300):
        data, rows = bytearray(found[packed.DATA]), bytearray(found[packed.ROWS])
        one = data if turn % 2 else rows
        for _ in range(1 + turn % 3):
            one[rng.integers(len(one))] = rng.integers(256)
        try:
            held = of_members(bytes(data), bytes(rows), "model.ngz")
        except DocumentError as error:
            refused += 1
            assert "model.ngz cannot be opened" in str(error)
            continue
        as_members(held)
    assert refused > 50


def test_the_shape_of_hostile_data_is_bounded() -> None:
    huge = (b'{"sources": {"a": {"type": "Csv", "form": "table", "classes": [], "tokens": [], "specs": {"x": {"shape": '
            b'[2147483647, 2147483647], "dtype": "float32", "classes": null, "label": ""}}, "columns": [], "grid": [], '
            b'"ink": null, "settings": {}, "whole": null}}}')
    with pytest.raises(DocumentError, match="too large"):
        of_members(huge, as_members({})[1], "model.ngz")


def test_a_model_file_reads_nothing_outside_its_folder_unasked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    graph = table_model(tmp_path)
    ng.save_model(graph, tmp_path / "in" / "pets.ngz")
    found = packed.opened(tmp_path / "in" / "pets.ngz").everything()
    text = found[packed.GRAPH].replace(b'"pets.csv"', b'"../pets.csv"')
    packed.write_packed(tmp_path / "in" / "sly.ngz", {**found, packed.GRAPH: text})
    session = Session.open(tmp_path / "in" / "sly.ngz", guarded=True)
    node = session.node("pets")
    assert node is not None
    from neuralgraph.data.sources import deliver

    assert deliver(node, session.reach).rows == 40  # what came along, not what lies outside
    session.held = {}
    with pytest.raises(DataError, match="outside the folder"):
        deliver(node, session.reach)


def test_a_file_that_another_program_wrote_is_read_again_with_its_weights(tmp_path: Path) -> None:
    path = ng.save_model(table_model(tmp_path), tmp_path / "pets.ngz")
    session = ng.load(path).session
    later = table_model(tmp_path, epochs=6)
    ng.save_model(later, path)
    assert session.outside == "changed"
    session.reload()
    assert session.brought
    session.save()  # the weights of the file, not those from before
    session.unpack()
    assert equal(weights_of(ng.Graph(session)), weights_of(later))
    assert equal(weights_of(ng.load(path)), weights_of(later))


def test_a_file_that_cannot_be_read_any_more_is_said_though_its_rows_came_along(tmp_path: Path) -> None:
    graph = table_model(tmp_path)
    ng.save_model(graph, tmp_path / "pets.ngz")
    (tmp_path / "pets.csv").write_text("width;height\n1;x;3\n", encoding="utf-8")
    (problem,) = ng.check(ng.load(tmp_path / "pets.ngz"))
    assert problem.severity == "note"
    assert "line 2: 3 cells" in problem.message
    assert problem.fixes[0].ask == "locate"


def test_flipped_models_open_whole_or_not_at_all(tmp_path: Path) -> None:
    graph = table_model(tmp_path)
    path = ng.save_model(graph, tmp_path / "pets.ngz")
    data, wanted = path.read_bytes(), weights_of(graph)
    rng = np.random.default_rng(1)
    refused = 0
    for turn in range(150):
        bad = bytearray(data)
        bad[rng.integers(len(bad))] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad if turn % 5 else bad[:rng.integers(len(bad))])
        try:
            opened = ng.load(path)
        except NeuralGraphError as error:
            refused += 1
            assert "pets.ngz cannot be opened" in str(error)
        else:
            assert equal(weights_of(opened), wanted)
    assert refused > 100


def test_the_first_model_file_ever_opens_and_predicts() -> None:
    path = Path(__file__).parents[1] / "files" / "model-1.ngz"
    rows = [{"width": 3, "height": 37, "colour": "red"}, {"width": 4, "height": 36, "colour": "blue"}]
    found = ng.predict(path, rows)
    assert found.best == ("dog", "cat")
    assert np.allclose(found.answers[0].values, MODEL_1, atol=1e-5)
    opened = ng.load(path)
    assert opened.run is not None
    assert ng.train(opened, resume=opened.run, epochs=1).epochs == 1


def test_what_was_learnt_is_saved_also_while_an_earlier_moment_is_shown(tmp_path: Path) -> None:
    graph = table_model(tmp_path)
    wanted = weights_of(graph)
    graph.session.moment = 2
    graph.session.save_model(tmp_path / "pets.ngz")
    opened = ng.load(tmp_path / "pets.ngz")
    opened.session.unpack()
    assert equal(weights_of(opened), wanted)
    assert graph.session.moment == 2, "and it goes on being shown"
