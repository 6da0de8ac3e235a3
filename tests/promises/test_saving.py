"""A save is all or nothing: killed at any moment, on a full disk, whichever call fails."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import Describe
from neuralgraph.graph.file import dumps, read
from neuralgraph.graph.save import Disk
from neuralgraph.session import Session
from tests.conftest import SCALE

KILLS, FULL = 100 * SCALE, 50 * SCALE
NODES = 10_000

SAVER = '''
import sys
from pathlib import Path
from neuralgraph.graph import save
from neuralgraph.graph.save import write_checked
path, one, two = (Path(word) for word in sys.argv[1:4])
def in_place(path, data):
    path.write_bytes(data)
writing = in_place if sys.argv[4] == "fault" else write_checked
texts = one.read_bytes(), two.read_bytes()
print("ready", flush=True)
number = 0
while True:
    number += 1
    writing(path, texts[number % 2])
'''


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two documents of 10,000 nodes."""
    folder = tmp_path_factory.mktemp("texts")
    nodes = {f"relu_{n}": Placed(f"relu_{n}", "ReLU", x=200.0 * n) for n in range(NODES)}
    found = folder / "one.ngraph", folder / "two.ngraph"
    for number, path in enumerate(found):
        path.write_text(dumps(Graph(nodes, title=f"version {number}")))
    return found


def killed(folder: Path, texts: tuple[Path, Path], times: int, *, fault: bool = False) -> int:
    """How often a file was neither of both after its writer was killed."""
    rng = random.Random(0)
    whole = {path.read_bytes() for path in texts}
    path = folder / "work.ngraph"
    shutil.copy(texts[0], path)
    broken = 0
    for _ in range(times):
        child = subprocess.Popen(
            [sys.executable, "-c", SAVER, str(path), *map(str, texts), "fault" if fault else "sound"],
            stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        time.sleep(rng.random() * 0.04)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        broken += path.read_bytes() not in whole
    return broken


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_while_saving_the_file_is_the_old_or_the_new_one(tmp_path: Path, texts: tuple[Path, Path]) -> None:
    assert killed(tmp_path, texts, KILLS) == 0
    assert len(read(tmp_path / "work.ngraph").graph.nodes) == NODES


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_writer_that_writes_in_place_would_be_noticed(tmp_path: Path, texts: tuple[Path, Path]) -> None:
    """The canary: the same kills find a file torn by a careless writer."""
    assert killed(tmp_path, texts, 25, fault=True) > 0


class Full(Disk):
    """A disk with so many bytes left."""

    def __init__(self, left: int) -> None:
        self.left = left

    def write(self, file: int, data: memoryview) -> int:
        if self.left <= 0:
            raise OSError(28, "No space left on device")
        taken = super().write(file, data[: self.left])
        self.left -= taken
        return taken


def test_a_full_disk_keeps_the_old_file_and_the_document_unsaved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from neuralgraph.graph import file

    path = tmp_path / "a.ngraph"
    session = Session(Graph({f"relu_{n}": Placed(f"relu_{n}", "ReLU") for n in range(100)}))
    session.save(path)
    session.edit(Describe("new", ""))
    old, length = path.read_bytes(), len(dumps(session.graph).encode())
    plain = file.write_checked
    def full(left: int) -> None:
        def write(path: Path, data: bytes, *, disk: Disk) -> None:
            plain(path, data, disk=Full(left))

        monkeypatch.setattr(file, "write_checked", write)

    for left in random.Random(0).sample(range(length), min(FULL, length)):
        full(left)
        with pytest.raises(DocumentError, match="disk is full"):
            session.save()
        assert path.read_bytes() == old and session.modified
        assert [one.name for one in tmp_path.iterdir()] == ["a.ngraph"]
    full(length)
    session.save()
    assert not session.modified and Session.open(path).graph.title == "new"


def test_a_small_disk_that_is_really_full(tmp_path: Path, texts: tuple[Path, Path]) -> None:
    """A file system of half a megabyte, where the computer lets us make one."""
    if shutil.which("mount") is None or sys.platform != "linux":
        pytest.skip("this computer has no mount command")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], capture_output=True)
    if made.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        session = Session()
        session.save(disk / "a.ngraph")
        old = (disk / "a.ngraph").read_bytes()
        session = Session.open(disk / "a.ngraph")
        nodes = {f"relu_{n}": Placed(f"relu_{n}", "ReLU", note="x" * 100) for n in range(NODES)}
        session.history._graph = session.graph.having(nodes=nodes)
        with pytest.raises(DocumentError, match="disk is full"):
            session.save()
        assert (disk / "a.ngraph").read_bytes() == old and session.modified
    finally:
        subprocess.run(["umount", str(disk)], check=True)
