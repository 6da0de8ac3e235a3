"""Documents: undo is exact, load after save is the identity, big and deep graphs open, exported code is inert."""

from __future__ import annotations

import ast
import itertools
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import DocumentError
from neuralgraph.graph import edits as module
from neuralgraph.graph.document import Edge, Graph, Note, Placed
from neuralgraph.graph.edits import Describe, Edit, Group, Move
from neuralgraph.graph.file import canonical, dumps, loads
from neuralgraph.graph.history import History
from neuralgraph.session import Session
from tests.conftest import SCALE
from tests.promises.walker import WORDS, Walker

WALKS, LENGTH, GRAPHS, NAMES, DEEP = 200 * SCALE, 100, 500 * SCALE, 300 * SCALE, 10_000
FORMATS = sorted((Path(__file__).parents[1] / "files").glob("*.ngraph"))


def inexact(walks: int) -> list[int]:
    """Walks after which undoing or redoing everything gives another document."""
    wrong = []
    for seed in range(walks):
        walker, history = Walker(seed), History(Walker(seed + 10_000).graph(12))
        start = canonical(history.graph)
        for _ in range(LENGTH):
            history.do(walker.edit(history.graph))
        end = canonical(history.graph)
        history.jump(0)
        back = canonical(history.graph) == start
        history.jump(LENGTH)
        if not (back and canonical(history.graph) == end and history.position == LENGTH):
            wrong.append(seed)
    return wrong


def test_undo_is_exact_over_long_walks() -> None:
    assert inexact(WALKS) == []


def test_a_wrong_inverse_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary: a fault seeded into the inverse of one kind of edit."""
    apply = Move.apply

    def careless(self: Move, graph: Graph) -> tuple[Graph, Edit]:
        after, _ = apply(self, graph)
        return after, Move(tuple((id, 0.0, 0.0) for id, _, _ in self.places))

    monkeypatch.setattr(Move, "apply", careless)
    assert inexact(20)


def test_the_walks_hold_every_kind_of_edit() -> None:
    kinds = {one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Edit)} - {Edit}
    seen: set[type] = set()

    def note(edit: Edit) -> None:
        seen.add(type(edit))
        for one in edit.edits if isinstance(edit, Group) else ():
            note(one)

    for seed in range(20):
        walker, graph = Walker(seed), Graph()
        for _ in range(LENGTH):
            edit = walker.edit(graph)
            note(edit)
            graph, _ = edit.apply(graph)
    assert seen == kinds


def test_a_thousand_steps_and_more_can_be_undone() -> None:
    history = History()
    for number in range(2000):
        history.do(Describe(str(number), ""))
    history.jump(0)
    assert history.graph == Graph()
    history.jump(1500)
    assert history.graph.title == "1499" and history.labels[0] == history.undo_label


def test_load_after_save_is_the_identity() -> None:
    for seed in range(GRAPHS):
        graph = Walker(seed).graph(seed % 40)
        text = dumps(graph)
        again = loads(text).graph
        assert dumps(again) == text and canonical(again) == canonical(graph)


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.name)
def test_a_file_of_every_format_opens_and_is_saved_the_same_twice(path: Path) -> None:
    once = dumps(loads(path.read_bytes()).graph)
    assert dumps(loads(once).graph) == once


def shapes() -> dict[str, Graph]:
    """Graphs that make careless programs slow or deep."""
    def wired(edges: list[tuple[str, str, str]], type: str = "ReLU") -> Graph:
        ids = dict.fromkeys(id for one in edges for id in one[:2])
        made = [Edge(source, "out", target, port) for source, target, port in edges]
        return Graph({id: Placed(id, type) for id in ids}, {edge.end: edge for edge in made})

    names = [f"n_{k}" for k in range(DEEP + 1)]
    rng = random.Random(0)
    ladder = [(f"n_{k}", f"n_{k + 1}", port) for k in range(50) for port in ("a", "b")]
    many = [(f"n_{rng.randrange(k)}", f"n_{k}", f"xs_{port}") for k in range(1, 10_001) for port in range(10)]
    return {
        "chain": wired([(a, b, "x") for a, b in itertools.pairwise(names)]),
        "fan": wired([("n_0", one, "x") for one in names[1:]]),
        "100,000 wires": wired(many, "Concat"),
        "2^50 paths": wired(ladder, "Add"),
        "cycle": wired([(a, b, "x") for a, b in zip(names[:2000], [*names[1:2000], names[0]], strict=True)]),
        "self-loop": wired([("n_0", "n_0", "x")]),
    }


@pytest.mark.parametrize("name", ["chain", "fan", "100,000 wires", "2^50 paths", "cycle", "self-loop"])
def test_big_and_deep_graphs_open_and_are_checked(name: str) -> None:
    from neuralgraph.nodes import CATALOG
    from neuralgraph.validation.rules import View, check

    graph = shapes()[name]
    text = dumps(graph)
    began = time.process_time()
    opened = loads(text).graph
    found = list(check(View(opened, CATALOG, {}, {}, {})))
    assert time.process_time() - began < 20, "a hang; how fast it is stands in the benchmarks"
    assert opened == graph
    assert ("cycle" in {one.code for one in found}) == (name in ("cycle", "self-loop"))


def test_ids_that_come_twice_are_refused() -> None:
    text = dumps(Graph({"a": Placed("a", "ReLU")})).replace(
        '{"id": "a"', '{"id": "a", "params": {}, "type": "ReLU", "x": 0.0, "y": 0.0},\n  {"id": "a"', 1)
    with pytest.raises(DocumentError, match=r"twice|already|more than one|same id"):
        loads(text)


NASTY = (*WORDS, "\n", "\r", "'''", '"""', ";import os", "\\N{DIGIT ONE}", "\u202e", "\u2066", "#", "\x00", "${x}",
         "f'{1}'", "__import__('os')", "\\\n", "\ufeff", "\x1b[31m")


def network(rng: random.Random) -> Graph:
    def word() -> str:
        return "".join(rng.choice(NASTY) for _ in range(rng.randint(1, 4)))

    g = ng.Graph()
    data = g.add("Dataset", name="xor", title=word())
    hidden = g.add("Tanh", g.add("Linear", data["x"], out_features=4, title=word()), title=word())
    answer = g.add("Linear", hidden, out_features=2, id="answer", title=word())
    g.add("CrossEntropyLoss", answer, data["y"], id="loss")
    graph = g.session.graph
    notes = {"note_1": Note("note_1", word())}
    nodes = {id: replace(one, note=word()) for id, one in graph.nodes.items()}
    return graph.having(title=word(), about=word(), notes=notes, nodes=nodes)


MODULES = {"__future__", "torch", "torch.nn", "torch.nn.functional", "math", "numpy"}


def test_exported_code_is_inert() -> None:
    rng = random.Random(0)
    plain = Session(network(random.Random(1)).having(title="plain", about="", notes={}))
    kinds = {type(node).__name__ for node in ast.walk(ast.parse(plain.to_python()))}
    assert "Call" in kinds
    for _ in range(NAMES):
        text = Session(network(rng)).to_python()
        tree = ast.parse(text)
        compile(tree, "exported", "exec")
        found = {type(node).__name__ for node in ast.walk(tree)}
        assert found <= kinds, found - kinds
        imports = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        imports |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        assert imports <= MODULES, imports
        calls = {node.func.id for node in ast.walk(tree)
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        assert not calls & {"eval", "exec", "__import__", "open", "compile", "getattr", "input"}
        assert not any(mark in text for mark in "\u202e\u2066\x00\x1b\ufeff")


def test_exported_code_with_nasty_words_runs_and_is_bit_equal(tmp_path: Path) -> None:
    session = Session(network(random.Random(7)))
    file = tmp_path / "exported.py"
    file.write_text(session.to_python(), encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", str(file)], capture_output=True, text=True, timeout=120,
                          cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert np.isfinite(session.compile().predict(x=np.zeros((2, 2), np.float32)).detach().numpy()).all()
