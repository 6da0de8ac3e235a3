"""Documents on disk: strict, bounded, all or nothing, and open for ever."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.file import canonical, dumps, loads, read, write
from neuralgraph.graph.save import Disk
from neuralgraph.graph.schema import published
from neuralgraph.resources import examples, resources
from tests.conftest import SCALE

FILES = sorted((Path(__file__).resolve().parents[1] / "files").glob("*.ngraph"))


@pytest.mark.parametrize("path", [*FILES, *sorted(examples().glob("*.ngraph"))], ids=lambda path: path.stem)
def test_every_file_ever_opens_and_saves_back_byte_for_byte(path: Path) -> None:
    assert dumps(read(path).graph) == path.read_text(encoding="utf-8")


def test_the_published_schema_is_current() -> None:
    text = (resources() / "ngraph-format-1.schema.json").read_text(encoding="utf-8")
    assert json.loads(text) == published()


def test_every_prefix_of_a_file_is_refused_in_one_sentence() -> None:
    text = FILES[0].read_bytes()
    for length in range(0, len(text.rstrip()), 7):
        with pytest.raises(DocumentError, match="cannot be opened"):
            loads(text[:length])


def test_fuzzed_files_give_a_document_or_one_typed_error() -> None:
    source = FILES[0].read_bytes()
    rng = random.Random(1)
    for _ in range(400 * SCALE):
        data = bytearray(source)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    del data[at : at + rng.randint(1, 40)]
                case 2:
                    data[at:at] = bytes(rng.choice((b'"', b"{", b"[", b"1e999", b"NaN", b"null", b",", b"\\ud800")))
                case _:
                    data[at:at] = data[at : at + rng.randint(1, 60)]
        try:
            graph = loads(bytes(data)).graph
        except DocumentError:
            continue
        assert loads(dumps(graph)).graph == graph


@pytest.mark.parametrize(
    "text",
    ["[]", "NaN", '{"format": 1, "format": 1}',
     '{"format": 1, "title": "\\ud800"}', '{"format": 1, "nodes": ' + "[" * 5000,
     '{"format": 1, "plan": {"seed": ' + "9" * 5000 + "}}", '{"format": 1, "plan": {"batch_size": 1e999}}',
     '{"format": 2}', '{"format": true}', '{"nodes": []}', '{"format": 1, "nodes": [{"id": "a"}]}',
     '{"format": 1, "surprise": 1}', "\0", '{"format": 1, "nodes": [{"id": "__class__", "type": "ReLU"}]}'],
    ids=range(14),
)  # fmt: skip
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(DocumentError) as caught:
        loads(text)
    assert len(str(caught.value)) < 2000


def test_a_wrong_graph_is_a_document_like_any_other() -> None:
    nodes = {"a": Placed("a", "ReLU"), "b": Placed("b", "Unknown")}
    edges = {("a", "x"): Edge("b", "out", "a", "x"), ("b", "x"): Edge("a", "out", "b", "x")}
    graph = Graph(nodes, edges)
    assert loads(dumps(graph)).graph == graph


def test_big_and_deep_graphs_open() -> None:
    nodes = {f"relu_{n}": Placed(f"relu_{n}", "ReLU") for n in range(1, 10_001)}
    edges = {(f"relu_{n}", "x"): Edge(f"relu_{n - 1}", "out", f"relu_{n}", "x") for n in range(2, 10_001)}
    assert len(loads(dumps(Graph(nodes, edges))).graph.edges) == 9_999


class FailingDisk(Disk):
    """Fails the n-th call of any operation."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        if name.startswith("_") or name == "left" or not callable(found):
            return found

        def counted(*args: object, **kwargs: object) -> object:
            self.left -= 1
            if self.left == 0:
                raise OSError(28, "No space left on device")
            return found(*args, **kwargs)

        return counted


def test_a_save_is_all_or_nothing_whichever_call_fails(tmp_path: Path) -> None:
    old, new = Graph(title="old"), Graph(title="new")
    path = tmp_path / "document.ngraph"
    failures = 0
    for at in range(1, 60):
        write(path, old)
        try:
            write(path, new, disk=FailingDisk(at))
        except DocumentError as error:
            failures += 1
            assert "document.ngraph" in str(error)
            assert canonical(read(path).graph) in (canonical(old), canonical(new))
        else:
            assert canonical(read(path).graph) == canonical(new)
    assert 3 < failures < 55


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"absent\.ngraph cannot be opened"):
        read(tmp_path / "absent.ngraph")
    with pytest.raises(DocumentError, match="folder"):
        read(tmp_path)
