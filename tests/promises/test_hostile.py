"""Hostile files are data: one typed error or a document, quickly, in little memory, and nothing in them runs."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import Describe
from neuralgraph.graph.file import dumps, loads
from neuralgraph.graph.fragment import paste
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.session import Session
from tests.conftest import SCALE
from tests.promises.walker import Walker

FUZZED = 2000 * SCALE
TOKENS = (b'"', b"{", b"[" * 50, b"1e999", b"NaN", b"null", b",", b"\\ud800", b"\x00", b"9" * 400)
JUNK: tuple[Any, ...] = (
    None, True, -1, 10**30, 1.5, "", "x" * 300, [], {}, [[]], {"a": {"b": []}}, "__class__", "os.system")

_FORBIDDEN = {"exec", "compile", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect",
              "socket.bind", "pickle.find_class", "os.remove", "os.rename", "shutil.rmtree", "ctypes.dlopen"}
_watching: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching is None:
        return
    written = event == "open" and isinstance(arguments[1], str) and any(mark in arguments[1] for mark in "wax+")
    if event in _FORBIDDEN or written:
        _watching.append(f"{event} {arguments[:1]!r}")


sys.addaudithook(_hook)


def watched(act: Callable[[], object]) -> list[str]:
    """What an act does beyond reading and thinking."""
    global _watching
    _watching = []
    try:
        act()
    finally:
        found, _watching = _watching, None
    return found


def sources() -> list[bytes]:
    return [dumps(Walker(seed).graph(30)).encode() for seed in range(6)]


def broken(rng: random.Random, data: bytes) -> bytes:
    """Bytes flipped, cut, doubled; tokens and brackets put where they do not belong."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(made) or 1)
        match rng.randrange(5):
            case 0:
                made[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del made[at : at + rng.randint(1, 60)]
            case 2:
                made[at:at] = rng.choice(TOKENS)
            case 3:
                made[at:at] = made[at : at + rng.randint(1, 200)]
            case _:
                made = made[: max(at, 1)]
    return bytes(made)


def twisted(rng: random.Random, data: bytes) -> bytes:
    """The same with the structure of JSON kept: values of other kinds, keys that are gone, doubled or new."""
    content = json.loads(data)
    for _ in range(rng.randint(1, 4)):
        home: Any = content
        while True:
            keys = list(home) if isinstance(home, dict) else list(range(len(home)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(home[key], dict | list) and home[key] and rng.random() < 0.8:
                home = home[key]
                continue
            match rng.randrange(3):
                case 0:
                    home[key] = rng.choice(JUNK)
                case 1:
                    del home[key]
                case _ if isinstance(home, dict):
                    home[f"{key}_more"] = rng.choice(JUNK)
                case _:
                    home.append(rng.choice(JUNK))
            break
    return json.dumps(content).encode()


def opened(data: bytes) -> None:
    try:
        graph = loads(data).graph
    except DocumentError as error:
        assert 0 < len(str(error)) < 20_000
    else:
        assert loads(dumps(graph)).graph == graph


def test_two_thousand_broken_files_are_data() -> None:
    rng, every = random.Random(0), sources()
    for data in every:
        opened(data)
    before = psutil.Process().memory_info().rss
    slowest = 0.0

    def all_of_them() -> None:
        nonlocal slowest
        for number in range(FUZZED):
            data = (broken if number % 2 else twisted)(rng, rng.choice(every))
            began = time.process_time()
            opened(data)
            slowest = max(slowest, time.process_time() - began)

    assert watched(all_of_them) == []
    assert slowest < 2.0
    assert psutil.Process().memory_info().rss - before < 300 * 2**20


def test_every_prefix_of_a_file_is_refused() -> None:
    data = dumps(Walker(1).graph(8)).encode().rstrip()
    for length in range(len(data)):
        with pytest.raises(DocumentError):
            loads(data[:length])


CANARIES = (
    b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
    b"cos\nsystem\n(S'true'\ntR.",
    b'{"format": 1, "nodes": [{"id": "a", "type": "os.system", "params": {"command": "true"}, "x": 0, "y": 0}]}',
    b'{"format": 1, "nodes": [{"id": "a", "type": "torch.hub.load", "params": {}, "x": 0, "y": 0}]}',
    b'{"format": 1, "nodes": [{"id": "a", "type": "Linear", "params": {"__reduce__": ["os.system", ["true"]]}, '
    b'"x": 0, "y": 0}]}',
    b'{"format": 1, "py/object": "os.system", "py/reduce": [1]}',
    b'{"format": 1, "title": "{0.__class__.__mro__}", "about": "%n%s${IFS}"}',
    b"!!python/object/apply:os.system ['true']",
    b"PK\x03\x04" + b"\x00" * 60,
)


@pytest.mark.parametrize("data", CANARIES, ids=range(len(CANARIES)))
def test_code_in_a_file_is_only_text(data: bytes) -> None:
    def act() -> None:
        opened(data)
        try:
            session = Session(loads(data).graph)
        except DocumentError:
            return
        session.analyse()

    Session(Graph({"a": Placed("a", "Linear")})).analyse()  # what torch compiles for itself is not the file's doing
    assert [one for one in watched(act) if not one.startswith(("compile", "exec"))] == []
    assert watched(lambda: opened(data)) == []


def test_the_watch_would_notice(tmp_path: Path) -> None:
    """The canary of the canaries."""
    assert watched(lambda: eval("1 + 1"))
    assert watched(lambda: (tmp_path / "x").write_text("x"))
    assert watched(lambda: subprocess.run([sys.executable, "-c", ""], check=True))
    assert watched(lambda: os.remove(tmp_path / "x"))
    assert watched(lambda: [os.listdir(tmp_path), (tmp_path / "y").is_file()]) == []


def test_a_loader_that_does_not_check_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault seeded into the loader's checks: what it lets pass does not come back the same, or fails untyped."""
    from neuralgraph.graph import assemble

    monkeypatch.setattr(assemble, "checked", lambda model, content: model.model_construct(**content))
    rng, every = random.Random(0), sources()
    with pytest.raises(Exception) as caught:
        for _ in range(300):
            opened(twisted(rng, rng.choice(every)))
    assert not isinstance(caught.value, DocumentError)


@pytest.mark.parametrize("text", [
    "", "x", "{}", "[1]", '{"neuralgraph": 3}', "\x00", '{"nodes": [{"id": "a"}]}', "[" * 9999,
    '{"format": 99, "nodes": []}', dumps(Graph())[:40]])
def test_a_fragment_from_anywhere_is_checked_like_a_file(text: str) -> None:
    with pytest.raises(DocumentError) as caught:
        paste(text, Graph())
    assert 0 < len(str(caught.value)) < 2000


def test_a_newer_format_is_refused_politely() -> None:
    newer = dumps(Graph()).replace('"format": 1', '"format": 7')
    with pytest.raises(DocumentError, match="newer"):
        loads(newer)


def test_a_type_from_the_future_is_kept_and_said() -> None:
    params = FrozenDict({"depth": 7, "name": "x", "sizes": (1, 2)})
    graph = Graph({"future": Placed("future", "HolographicLayer", params, 8.0, 16.0, "mine")})
    text = dumps(graph)
    again = loads(text).graph
    assert dumps(again) == text and again.nodes["future"].params == params
    session = Session(again)
    problems = session.analyse().problems_of("future")
    assert problems and "HolographicLayer" in problems[0].message
    session.edit(Describe("changed elsewhere", ""))
    assert loads(dumps(session.graph)).graph.nodes["future"] == graph.nodes["future"]
