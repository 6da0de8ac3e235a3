"""An edit is never lost: processes are killed while they edit, and killed again while they recover."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuralgraph.graph.lost import lost
from tests.conftest import SCALE

KILLED, KILLED_AGAIN = 50 * SCALE, 20 * SCALE
AT_ONCE = 10

EDITOR = '''
import sys, time
from pathlib import Path
from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode
from neuralgraph.graph.history import History
from neuralgraph.graph.journal import Journal, Origin
from neuralgraph.graph.lost import lost, take

folder, log, recover = Path(sys.argv[1]), open(sys.argv[2], "a", buffering=1), sys.argv[3] == "recover"
found = lost(folder)[0] if recover else []
history = History(found[0].graph if found else None)
journal = Journal(folder, history.graph, Origin(Path("a.ngraph"), "a.ngraph"))
SEEDED_FAULT = sys.argv[4] == "fault"
if SEEDED_FAULT:
    append, times = journal._append, [0]
    def forgetful(handle, data):
        times[0] += 1
        if times[0] % 3 or times[0] == 1:
            append(handle, data)
    journal._append = forgetful
if found:
    handle, now = take(found[0].file)
    journal.adopt(now.file, handle, now.length)
history.subscribe(lambda change: journal.follow(change.after))
number = len(history.graph.nodes)
while True:
    history.do(AddNode(Placed(f"relu_{number}", "ReLU", x=float(number))))
    log.write(f"{time.time()} relu_{number}\\n")
    number += 1
    time.sleep(0.02)
'''


def start(folder: Path, *, recover: bool = False, fault: bool = False) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([
        sys.executable, "-c", EDITOR, str(folder / "journals"), str(folder / "log"),
        "recover" if recover else "begin", "fault" if fault else "sound"])  # fmt: skip


def kill(child: subprocess.Popen[bytes]) -> float:
    then = time.time()
    child.send_signal(signal.SIGKILL)
    child.wait()
    return then


def edits(folder: Path) -> list[tuple[float, str]]:
    """What the editor says it did, and when."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.is_file() else []
    return [(float(line.split()[0]), line.split()[1]) for line in lines if len(line.split()) == 2]


def missing(folder: Path, then: float) -> list[str]:
    """Edits older than a second that recovery does not bring back."""
    old = [id for when, id in edits(folder) if when < then - 1.0]
    found, notes = lost(folder / "journals")
    assert not notes, notes
    graph = found[0].graph.nodes if found else {}
    return [id for id in old if id not in graph]


def batches(total: int) -> list[range]:
    return [range(first, min(first + AT_ONCE, total)) for first in range(0, total, AT_ONCE)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_at_any_moment_everything_older_than_a_second_is_back(tmp_path: Path) -> None:
    rng = random.Random(0)
    seen = 0
    for batch in batches(KILLED):
        children = {k: start(tmp_path / str(k)) for k in batch}
        for k in batch:
            while not edits(tmp_path / str(k)):
                time.sleep(0.01)
        time.sleep(1.0)
        for k, child in children.items():
            time.sleep(rng.random() * 0.25)
            then = kill(child)
            assert missing(tmp_path / str(k), then) == [], k
            seen += len(edits(tmp_path / str(k)))
    assert seen > 20 * KILLED


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_again_while_recovering_nothing_is_lost_and_no_journal_deleted(tmp_path: Path) -> None:
    rng = random.Random(1)
    folders = [tmp_path / str(k) for k in range(AT_ONCE)]
    children = [start(one) for one in folders]
    for one in folders:
        while not edits(one):
            time.sleep(0.01)
    time.sleep(1.2)
    kept = {}
    for one, child in zip(folders, children, strict=True):
        then = kill(child)
        assert missing(one, then) == []
        kept[one] = set(lost(one / "journals")[0][0].graph.nodes)
    for _ in range(max(1, KILLED_AGAIN // AT_ONCE)):
        again = [start(one, recover=True) for one in folders]
        for one, child in zip(folders, again, strict=True):
            time.sleep(rng.random() * 0.2)
            kill(child)
            (found,), notes = lost(one / "journals")
            assert not notes and kept[one] <= set(found.graph.nodes)
            kept[one] = set(found.graph.nodes)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_journal_that_forgets_would_be_noticed(tmp_path: Path) -> None:
    """The canary: with a fault seeded into the writer the same check fails."""
    child = start(tmp_path / "one", fault=True)
    while not edits(tmp_path / "one"):
        time.sleep(0.01)
    time.sleep(2.5)
    assert missing(tmp_path / "one", kill(child))
