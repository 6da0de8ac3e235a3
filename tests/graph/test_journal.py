"""The journal: every change on disk within a second, read back exactly, set aside where it is damaged."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import AddNode
from neuralgraph.graph.file import canonical
from neuralgraph.graph.journal import Journal, Origin
from neuralgraph.graph.lost import DAYS, YOUNG, give_up, lost, read, take
from neuralgraph.graph.save import Disk
from tests.graph.test_file import FailingDisk


def grown(graph: Graph, number: int) -> Graph:
    return AddNode(Placed(f"relu_{number}", "ReLU", x=float(number))).apply(graph)[0]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Callable[..., Journal]]:
    made: list[Journal] = []

    def begin(start: Graph | None = None, **more: object) -> Journal:
        start = Graph() if start is None else start
        made.append(Journal(tmp_path, start, Origin(Path("a.ngraph"), "a.ngraph"), **more))  # type: ignore[arg-type]
        return made[-1]

    yield begin
    for one in made:
        one.close()


def test_nothing_is_written_before_the_first_edit(journal: Callable[..., Journal], tmp_path: Path) -> None:
    one = journal()
    assert one.file is None and not list(tmp_path.iterdir())


def test_what_was_done_is_found_after_a_crash(journal: Callable[..., Journal], tmp_path: Path) -> None:
    one, graph = journal(), Graph()
    for number in range(5):
        graph = grown(graph, number)
        one.follow(graph)
        assert one.flush()
    assert lost(tmp_path) == ([], []), "its window lives"
    one.close(keep=True)
    (found,), notes = lost(tmp_path)
    assert canonical(found.graph) == canonical(graph) and found.graph.counters == graph.counters
    assert (found.origin, found.title, notes) == (Origin(Path("a.ngraph"), "a.ngraph"), "a.ngraph", [])
    assert found.edits == 4 and found.file.stat().st_size == found.length


def test_following_never_waits_for_the_disk(journal: Callable[..., Journal]) -> None:
    class Slow(Disk):
        def sync(self, file: int) -> None:
            time.sleep(0.5)
            super().sync(file)

    one, graph = journal(disk=Slow()), Graph()
    longest = 0.0
    for number in range(20):
        graph = grown(graph, number)
        began = time.perf_counter()
        one.follow(graph)
        longest = max(longest, time.perf_counter() - began)
        time.sleep(0.02)
    assert longest < 0.25
    assert one.flush()


def test_a_saved_document_needs_no_journal_and_the_next_edit_begins_another(
    journal: Callable[..., Journal], tmp_path: Path,
) -> None:
    one, graph = journal(), grown(Graph(), 1)
    one.follow(graph)
    assert one.flush()
    one.rest(graph, Origin(Path("b.ngraph"), "b.ngraph"))
    assert not list(tmp_path.iterdir())
    one.follow(grown(graph, 2))
    assert one.flush()
    one.close(keep=True)
    (found,), _ = lost(tmp_path)
    assert found.origin.path == Path("b.ngraph") and len(found.graph.nodes) == 2


def test_closing_takes_the_journal_away(journal: Callable[..., Journal], tmp_path: Path) -> None:
    one = journal()
    one.follow(grown(Graph(), 1))
    assert one.flush()
    one.close()
    assert not list(tmp_path.iterdir())


def test_it_begins_anew_before_it_grows_without_end(
    journal: Callable[..., Journal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("neuralgraph.graph.journal.ROOM", 300)
    one, graph, files = journal(), Graph(), set()
    for number in range(12):
        graph = grown(graph, number)
        one.follow(graph)
        one.flush()
        files.add(one.file)
        assert len(list(tmp_path.iterdir())) == 1
    assert len(files) > 2
    one.close(keep=True)
    assert canonical(lost(tmp_path)[0][0].graph) == canonical(graph)


@given(st.data())
def test_a_torn_or_damaged_tail_is_cut(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("torn")
    one, graph, states = Journal(folder, Graph(), Origin()), Graph(), [Graph()]
    for number in range(3):
        graph = grown(graph, number)
        states.append(graph)
        one._write(graph)
    one.close(keep=True)
    (file,) = folder.iterdir()
    good = file.read_bytes()
    head = good.index(b"\n") + 1
    at = head + data.draw(st.integers(0, 999)) * (len(good) - head) // 1000
    broken = good[:at] if data.draw(st.booleans()) else good[:at] + bytes([good[at] ^ 0x04]) + good[at + 1:]
    file.write_bytes(broken)
    found = read(file)
    assert found is not None and good[: found.length] == broken[: found.length]
    whole = broken[:at].count(b"\n")
    assert canonical(found.graph) == canonical(states[whole])


def test_a_journal_without_a_beginning_is_set_aside_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "1.journal").write_bytes(b"nothing of the kind\n")
    (tmp_path / "2.journal").write_bytes(b"")
    assert lost(tmp_path) == ([], []), "a window may be about to begin them"
    then = time.time() - YOUNG - 1
    for name in ("1.journal", "2.journal"):
        os.utime(tmp_path / name, (then, then))
    found, notes = lost(tmp_path)
    assert not found and len(notes) == 2 and "set aside" in notes[0]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["1.bad", "2.bad"]


def test_what_is_given_up_is_kept_for_a_month(journal: Callable[..., Journal], tmp_path: Path) -> None:
    one = journal()
    one.follow(grown(Graph(), 1))
    one.close(keep=True)
    aside = give_up(lost(tmp_path)[0][0])
    assert lost(tmp_path) == ([], []) and aside.is_file()
    then = time.time() - (DAYS + 1) * 86_400
    os.utime(aside, (then, then))
    lost(tmp_path)
    assert not aside.exists()


def test_recovering_goes_on_in_the_same_file(journal: Callable[..., Journal], tmp_path: Path) -> None:
    one, graph = journal(), grown(Graph(), 1)
    one.follow(graph)
    one.close(keep=True)
    with next(tmp_path.iterdir()).open("ab") as file:
        file.write(b"torn")
    (found,), _ = lost(tmp_path)
    again, taken = journal(found.graph), take(found.file)
    assert taken is not None
    again.adopt(found.file, taken[0], taken[1].length)
    assert take(found.file) is None and give_up(found) is None, "one window has it"
    assert lost(tmp_path) == ([], [])
    again.follow(grown(found.graph, 2))
    again.close(keep=True)
    (twice,), _ = lost(tmp_path)
    assert set(twice.graph.nodes) == {"relu_1", "relu_2"}


def test_a_disk_that_fails_is_told_once_and_tried_again(tmp_path: Path) -> None:
    """Whichever call fails: the program goes on, and the next edit brings everything to the disk."""
    failures = 0
    for at in range(1, 13):
        folder, said = tmp_path / str(at), []
        disk = FailingDisk(at)
        one, graph = Journal(folder, Graph(), Origin(), told=said.append, disk=disk), Graph()
        for number in range(3):
            graph = grown(graph, number)
            one._write(graph)
        for number in range(3, 6):
            one._write(graph := grown(graph, number))
        failures += bool(said)
        assert len(said) <= 1 and all("not kept" in text for text in said)
        one.close(keep=True)
        found, notes = lost(folder)
        assert [canonical(each.graph) for each in found][:1] == [canonical(graph)], (at, notes)
    assert failures >= 8


def test_a_value_that_no_file_can_hold_is_told(journal: Callable[..., Journal]) -> None:
    said: list[str] = []
    one = journal(told=said.append)
    one.follow(Graph({"relu_1": Placed("relu_1", "ReLU", x=float("nan"))}))
    assert not one.flush() and "finite numbers" in said[0]
    one.follow(grown(Graph(), 2))
    with one._writing:
        one._write(one._wanted)
    assert one.flush()


def test_what_another_window_added_meanwhile_is_not_cut(journal: Callable[..., Journal], tmp_path: Path) -> None:
    """Two windows have the same list: one recovers, edits and dies; the other recovers what is there then."""
    one, graph = journal(), grown(Graph(), 1)
    one.follow(graph)
    one.close(keep=True)
    (stale,), _ = lost(tmp_path)
    second, taken = journal(stale.graph), take(stale.file)
    assert taken is not None
    second.adopt(stale.file, taken[0], taken[1].length)
    second.follow(grown(stale.graph, 2))
    second.close(keep=True)
    again = take(stale.file)
    assert again is not None and set(again[1].graph.nodes) == {"relu_1", "relu_2"}
    os.close(again[0])


def test_one_change_that_no_document_can_hold_does_not_cost_the_others(
    journal: Callable[..., Journal], tmp_path: Path,
) -> None:
    one, graph = journal(), grown(Graph(), 1)
    one.follow(graph)
    assert one.flush()
    one.follow(graph.having(title="x" * 20_000))
    assert one.flush()
    one.close(keep=True)
    (found,), notes = lost(tmp_path)
    assert canonical(found.graph) == canonical(graph) and found.unread == 1 and not notes


def test_a_journal_that_is_gone_is_no_surprise(journal: Callable[..., Journal], tmp_path: Path) -> None:
    one = journal()
    one.follow(grown(Graph(), 1))
    one.close(keep=True)
    (found,), _ = lost(tmp_path)
    found.file.unlink()
    with pytest.raises(FileNotFoundError):
        give_up(found)
