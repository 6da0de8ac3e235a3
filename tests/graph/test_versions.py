"""Earlier saves: the last ten and one an hour are kept; what others write is noticed; one window at a time."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.errors import ChangedOutside, DocumentError
from neuralgraph.graph.claim import Claim, claim
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import AddNode, Describe
from neuralgraph.graph.file import canonical, dumps
from neuralgraph.graph.outside import compared, seen
from neuralgraph.graph.versions import LAST, MONTH, ROOM, Version, keep, superfluous, versions
from neuralgraph.session import Session

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def at(minutes: float, size: int = 100) -> Version:
    return Version(Path(f"{minutes}"), NOW - timedelta(minutes=minutes), size)


@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 40), st.sampled_from([100, ROOM // 4])), max_size=80, unique=True))
def test_the_last_ten_stay_and_one_of_every_hour_of_the_month(times: list[tuple[int, int]]) -> None:
    every = sorted((at(*one) for one in times), key=lambda one: one.when, reverse=True)
    gone = superfluous(every, NOW)
    kept = [one for one in every if one not in gone]
    assert kept[:LAST] == every[:LAST]
    older = kept[LAST:]
    assert all(NOW - one.when < MONTH for one in older)
    hours = [one.when.replace(minute=0) for one in older]
    assert len(set(hours)) == len(hours)
    if sum(one.size for one in every) <= ROOM:
        wanted = {one.when.replace(minute=0) for one in every if NOW - one.when < MONTH}
        assert wanted <= {one.when.replace(minute=0) for one in kept}


def test_saves_can_be_read_again_the_latest_first(tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    graphs = [Graph(title=str(n)) for n in range(15)]
    for n, graph in enumerate(graphs):
        assert keep(tmp_path / "shelf", path, dumps(graph).encode(), when=NOW + timedelta(seconds=n))
    assert keep(tmp_path / "shelf", path, dumps(graphs[-1]).encode()) is None, "the same again is no version"
    found = versions(tmp_path / "shelf", path)
    assert [one.read().graph.title for one in found] == [str(n) for n in range(14, 4, -1)]
    assert versions(tmp_path / "shelf", tmp_path / "b.ngraph") == []


def test_a_session_keeps_what_it_saves_and_what_it_writes_over(tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    path.write_text(dumps(Graph(title="somebody else's")))
    session = Session.open(path)
    session.shelves = tmp_path / "shelf"
    session.edit(Describe("mine", ""))
    session.save()
    session.edit(Describe("mine again", ""))
    session.save()
    titles = [one.read().graph.title for one in versions(session.shelves, path)]
    assert titles == ["mine again", "mine", "somebody else's"]


def test_a_shelf_that_cannot_be_written_never_stops_a_save(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("a file is in the way")
    session = Session()
    session.shelves = tmp_path / "shelf"
    session.edit(AddNode(Placed("relu_1", "ReLU")))
    where = session.save(tmp_path / "a.ngraph")
    assert where.is_file() and not session.modified
    assert any("No earlier version" in note for note in session.notes)


def test_what_another_program_wrote_is_never_written_over_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    Session().save(path)
    session = Session.open(path)
    session.edit(Describe("mine", ""))
    theirs = dumps(Graph(title="theirs"))
    path.write_text(theirs)
    assert session.outside == "changed"
    with pytest.raises(ChangedOutside, match="another program has changed it"):
        session.save()
    assert path.read_text() == theirs and session.modified
    session.save(overwrite=True)
    assert Session.open(path).graph.title == "mine" and session.outside == "same"
    path.unlink()
    assert session.outside == "gone"
    session.save()
    assert path.is_file()


def test_a_file_that_was_only_touched_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("abc")
    known = seen(path)
    assert known is not None and seen(tmp_path / "b") is None
    path.write_text("abc")
    assert compared(path, known) == "same"
    path.write_text("abd")
    assert compared(path, known) == "changed"


def test_one_window_has_a_document_until_its_process_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.ngraph"
    code = ("import sys; from pathlib import Path; from neuralgraph.graph.claim import claim\n"
            "mine = claim(Path(sys.argv[1]), Path(sys.argv[2])); print('held', flush=True); sys.stdin.read()")
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "claims"), str(path)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert other.stdout is not None and other.stdin is not None
    assert other.stdout.readline() == b"held\n"
    assert isinstance(claim(tmp_path / "claims", path), datetime)
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    mine = claim(tmp_path / "claims", path)
    assert isinstance(mine, Claim)
    assert isinstance(claim(tmp_path / "claims", tmp_path / "." / "a.ngraph"), datetime)
    mine.release()
    mine.release()
    again = claim(tmp_path / "claims", path)
    assert isinstance(again, Claim)
    again.release()


def test_a_recovered_document_is_saved_nowhere(tmp_path: Path) -> None:
    from neuralgraph.graph.journal import Journal, Origin
    from neuralgraph.graph.lost import lost

    path = tmp_path / "work.ngraph"
    graph = Graph({"relu_1": Placed("relu_1", "ReLU")})
    journal = Journal(tmp_path / "journals", Graph(), Origin(path, path.name))
    journal.follow(graph)
    journal.close(keep=True)
    session = Session.recovered(lost(tmp_path / "journals")[0][0])
    assert session.modified and session.path is None and session.title == "work (recovered).ngraph"
    assert session.folder == tmp_path and canonical(session.graph) == canonical(graph)
    with pytest.raises(Exception, match="no file yet"):
        session.save()


def test_damage_in_a_version_is_said(tmp_path: Path) -> None:
    file = keep(tmp_path, tmp_path / "a.ngraph", dumps(Graph()).encode())
    assert file is not None
    file.write_text("{")
    with pytest.raises(DocumentError):
        versions(tmp_path, tmp_path / "a.ngraph")[0].read()
