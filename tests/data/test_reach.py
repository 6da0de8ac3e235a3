"""A document reads in its own folder; elsewhere only what its user has agreed to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.data import sources
from neuralgraph.data.reach import Reach
from neuralgraph.data.relocation import relocated
from neuralgraph.errors import OutsideError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.file import dumps
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session

TABLE = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n"


def csv(path: str) -> Graph:
    return Graph({"csv_1": Placed("csv_1", "Csv", FrozenDict({"path": path}))})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("home", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "table.csv").write_text(TABLE)
    return tmp_path / "home"


def test_inside_is_read_and_outside_is_refused_until_it_is_agreed(home: Path) -> None:
    outside = str(home.parent / "elsewhere" / "table.csv")
    reach = Reach(home, guarded=True)
    assert reach.to("table.csv") == home / "table.csv"
    assert reach.to(str(home / "table.csv")) == home / "table.csv"
    for raw in (outside, "../elsewhere/table.csv", "sub/../../elsewhere/table.csv"):
        with pytest.raises(OutsideError, match="outside the folder of this document"):
            reach.to(raw)
        agreed = Reach(home, guarded=True, agreed=frozenset({reach.name(raw)}))
        assert agreed.to(raw).samefile(outside)
    assert Reach(home).to(outside) == Path(outside)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_does_not_lead_out(home: Path) -> None:
    (home / "link.csv").symlink_to(home.parent / "elsewhere" / "table.csv")
    (home / "linked").symlink_to(home.parent / "elsewhere")
    (home / "fine.csv").symlink_to(home / "table.csv")
    reach = Reach(home, guarded=True)
    for raw in ("link.csv", "linked/table.csv"):
        with pytest.raises(OutsideError):
            reach.to(raw)
    assert reach.to("fine.csv") == home / "fine.csv"


@pytest.mark.parametrize("raw", [
    "\\\\server\\share\\x.csv", "//server/share/x.csv", "/dev/zero", "/proc/self/environ", "https://host/x.csv",
    "file:///etc/passwd", "smb://host/x"])
def test_other_computers_and_devices_are_not_even_looked_at(
    home: Path, raw: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the disk was touched")

    import os

    monkeypatch.setattr(os.path, "realpath", touched)
    with pytest.raises(OutsideError):
        Reach(home, guarded=True).to(raw)


def test_a_document_from_elsewhere_opens_nothing_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = home.parent / "elsewhere" / "table.csv"
    Session(csv(str(outside))).save(home / "theirs.ngraph")
    assert "elsewhere" in (home / "theirs.ngraph").read_text()
    opened: list[str] = []
    monkeypatch.setattr(sources, "read_csv", lambda path, **_: opened.append(str(path)) or pytest.fail("it was read"))
    session = Session.open(home / "theirs.ngraph", guarded=True)
    (problem,) = [one for one in session.analyse().problems if one.code == "outside"]
    assert problem.node == "csv_1" and [fix.ask for fix in problem.fixes] == ["allow", "locate"]
    assert not opened
    session.looks(session.graph)
    assert not opened


def test_consent_opens_it_and_is_not_saved_in_the_document(home: Path) -> None:
    outside = str(home.parent / "elsewhere" / "table.csv")
    Session(csv(outside)).save(home / "theirs.ngraph")
    session = Session.open(home / "theirs.ngraph", guarded=True)
    session.agree(session.graph.nodes["csv_1"].params["path"])
    assert not [one for one in session.analyse().problems if one.code in ("outside", "data")]
    session.save()
    assert "agree" not in (home / "theirs.ngraph").read_text()
    assert Session.open(home / "theirs.ngraph").agreed == frozenset()
    assert "outside" in [one.code for one in ng.check(ng.load(home / "theirs.ngraph"))]
    allowed = ng.check(ng.load(home / "theirs.ngraph", allow_outside=True))
    assert "outside" not in [one.code for one in allowed]


def test_a_missing_file_can_be_located(home: Path) -> None:
    session = Session(csv("gone.csv"))
    session.save(home / "mine.ngraph")
    (problem,) = [one for one in session.analyse().problems if one.code == "data"]
    assert [(fix.ask, fix.node, fix.path) for fix in problem.fixes] == [("locate", "csv_1", "gone.csv")]


def test_paths_become_relative_and_go_on_meaning_the_same_file(home: Path, tmp_path: Path) -> None:
    session = Session(csv(str(home / "table.csv")))
    session.save(home / "a.ngraph")
    assert session.graph.nodes["csv_1"].params["path"] == "table.csv"
    session.save(tmp_path / "b.ngraph")
    assert session.graph.nodes["csv_1"].params["path"] == "home/table.csv"
    session.save(home.parent / "elsewhere" / "c.ngraph")
    assert session.graph.nodes["csv_1"].params["path"] == str(home / "table.csv")
    assert not [one for one in session.analyse().problems if one.code in ("data", "outside")]
    session.undo()
    assert session.graph.nodes["csv_1"].params["path"] == "home/table.csv"


def test_a_document_without_paths_stays_as_it_is(home: Path) -> None:
    graph = Graph({"csv_1": Placed("csv_1", "Csv"), "old": Placed("old", "FromTheFuture", FrozenDict({"path": "x"}))})
    assert relocated(graph, CATALOG, home, home.parent) is None
    assert relocated(csv("\\\\server\\x.csv"), CATALOG, home, home.parent) is None


def test_what_code_adds_is_its_own_act(home: Path) -> None:
    Session().save(home / "a.ngraph")
    g = ng.load(home / "a.ngraph")
    g.add("Csv", path=str(home.parent / "elsewhere" / "table.csv"), id="mine")
    assert "outside" not in [one.code for one in ng.check(g)]
    g.session.edit(ChangeNode(Placed("mine", "Csv", FrozenDict({"path": "/etc/hostname"}))))
    assert "outside" not in [one.code for one in ng.check(g)]


def test_what_could_be_read_stays_readable_when_the_document_moves(home: Path) -> None:
    session = Session(csv("table.csv"))
    session.save(home / "a.ngraph")
    session = Session.open(home / "a.ngraph", guarded=True)
    session.save(home.parent / "elsewhere" / "b.ngraph")
    assert not [one for one in session.analyse().problems if one.code in ("data", "outside")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_links_inside_a_folder_of_images_do_not_lead_out(home: Path) -> None:
    import struct

    elsewhere, inside = home.parent / "elsewhere", home / "d"
    inside.mkdir()
    files = (("train-images-idx3-ubyte", (2, 2, 2), bytes(8)), ("train-labels-idx1-ubyte", (2,), b"\x00\x01"))
    for name, dims, body in files:
        head = struct.pack(">HBB", 0, 8, len(dims)) + struct.pack(f">{len(dims)}I", *dims)
        (elsewhere / name).write_bytes(head + body)
        (inside / name).symlink_to(elsewhere / name)
    session = Session(Graph({"idx_1": Placed("idx_1", "IdxImages", FrozenDict({"path": "d"}))}))
    session.save(home / "a.ngraph")
    guarded = Session.open(home / "a.ngraph", guarded=True)
    assert "outside" in {one.code for one in guarded.analyse().problems}
    guarded.agree("d")
    assert "outside" not in {one.code for one in guarded.analyse().problems}


def test_a_document_opened_by_a_relative_path_reads_its_own_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "a.ngraph").write_text(dumps(csv(str(home / "table.csv"))))
    monkeypatch.chdir(home)
    assert "outside" not in {one.code for one in ng.check(ng.load("a.ngraph"))}
