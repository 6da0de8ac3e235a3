"""Modules keep the promises of documents: exact undo, load after save, a journal that plays back the same."""

from __future__ import annotations

import json
import random

from neuralgraph.graph import grouping
from neuralgraph.graph.difference import difference
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import Group, Move, RenameNode
from neuralgraph.graph.file import canonical, content_of, dumps, loads
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.history import History
from neuralgraph.graph.journal import record
from neuralgraph.graph.module_edits import Within
from neuralgraph.graph.patch import Replay, patch
from neuralgraph.graph.wiring import Refusal
from neuralgraph.nodes import CATALOG
from tests.conftest import SCALE
from tests.promises.module_walker import ModuleWalker

WALKS, LENGTH = 20 * SCALE, 50


def walked(seed: int, length: int = LENGTH) -> tuple[History, list[str]]:
    walker, history = ModuleWalker(seed), History(ModuleWalker(seed + 10_000).graph(15))
    texts = [canonical(history.graph)]
    for _ in range(length):
        history.do(walker.edit(history.graph))
        texts.append(canonical(history.graph))
    return history, texts


def test_every_step_back_and_forth_is_exact() -> None:
    for seed in range(WALKS):
        history, texts = walked(seed)
        for position in (*range(LENGTH - 1, -1, -1), *range(1, LENGTH + 1)):
            label = history.labels[position if position < history.position else position - 1]
            history.jump(position)
            assert canonical(history.graph) == texts[position], (seed, position, label)


def test_merged_steps_are_exact() -> None:
    for seed in range(WALKS):
        walker, history = ModuleWalker(seed), History(ModuleWalker(seed + 10_000).graph(15))
        rng, texts = random.Random(seed), [canonical(history.graph)]
        for _ in range(LENGTH):
            merge = rng.choice((1, 1, 1, 2))
            position = history.position
            history.do(walker.edit(history.graph), merge=merge)
            if history.position == position:
                texts.pop()
            texts.append(canonical(history.graph))
        end = history.position
        for position in (*range(end - 1, -1, -1), *range(1, end + 1)):
            history.jump(position)
            assert canonical(history.graph) == texts[position], (seed, position)


def test_load_after_save_is_the_identity() -> None:
    for seed in range(WALKS):
        graph = ModuleWalker(seed).graph(seed % 40)
        text = dumps(graph)
        again = loads(text).graph
        assert dumps(again) == text and canonical(again) == canonical(graph)


def test_patches_played_one_after_the_other_give_the_same_document() -> None:
    for seed in range(WALKS // 2):
        walker, rng = ModuleWalker(seed), random.Random(seed)
        history = History(ModuleWalker(seed + 10_000).graph(15))
        replay = Replay(content_of(history.graph))
        for _ in range(LENGTH):
            before = history.graph
            match rng.choice(("do", "do", "do", "undo", "redo")):
                case "do":
                    history.do(walker.edit(history.graph))
                case "undo":
                    history.undo()
                case "redo":
                    history.redo()
            replay.play(json.loads(json.dumps(patch(before, history.graph))))
            assert dumps(loads(json.dumps(replay.content)).graph) == dumps(history.graph), seed
        assert patch(history.graph, history.graph) == {}


def test_there_is_a_sentence_for_every_difference() -> None:
    for seed in range(WALKS):
        walker, graph = ModuleWalker(seed), Graph()
        for _ in range(LENGTH):
            after, _ = walker.edit(graph).apply(graph)
            assert bool(difference(graph, after)) == (graph != after), seed
            graph = after


def inside_a_big_one(nodes: int = 1000) -> Graph:
    inner = Graph({f"relu_{k}": Placed(f"relu_{k}", "ReLU") for k in range(nodes)}, title="Big")
    return Graph(modules={"Big": inner})


def test_a_drag_inside_a_big_module_writes_little() -> None:
    graph = inside_a_big_one()
    replay, written = Replay(content_of(graph)), 0
    for step in range(200):
        after, _ = Within("Big", Move((("relu_7", float(step + 1), 3.0),))).apply(graph)
        change = record(patch(graph, after))
        written, graph = written + len(change), after
        replay.play(json.loads(change.split(b" ", 2)[2]))
    assert written < 60_000
    assert canonical(loads(json.dumps(replay.content)).graph) == canonical(graph)


def test_a_wire_to_a_door_that_is_gone_is_not_taken_for_one_to_a_door_renamed_to_it() -> None:
    inner = Graph({"input_1": Placed("input_1", "Input"), "input_2": Placed("input_2", "Input")})
    copy = Placed("m", "Module", FrozenDict(definition="M"))
    edges = {("m", port): Edge(source, "out", "m", port) for source, port in (("a", "gone"), ("b", "input_1"))}
    history = History(Graph({"m": copy, "a": Placed("a", "ReLU"), "b": Placed("b", "ReLU")}, edges,
                            modules={"M": inner}))
    start = canonical(history.graph)
    history.do(Within("M", RenameNode("input_1", "gone")))
    assert history.graph.edges["m", "gone"].source == "b", "the wire that led to the door stays"
    history.undo()
    assert canonical(history.graph) == start
    history.do(Within("M", Group("Swap", (RenameNode("input_1", "spare"), RenameNode("input_2", "input_1"),
                                          RenameNode("spare", "input_2")))))
    assert history.graph.edges["m", "input_2"].source == "b"
    history.undo()
    assert canonical(history.graph) == start


def test_a_module_of_nodes_with_wrong_parameters_can_be_made() -> None:
    graph = Graph({"a": Placed("a", "Linear", FrozenDict(out_features="wide"))})
    assert not isinstance(grouping.make(graph, CATALOG, ["a"]), Refusal)


def test_what_is_taken_apart_learns_as_its_module_did() -> None:
    inner = Graph({"linear_1": Placed("linear_1", "Linear")})
    copy = Placed("m", "Module", FrozenDict(definition="M"), learning=FrozenDict(rate=0.1))
    graph = Graph({"m": copy}, modules={"M": inner})
    made = grouping.dissolve(graph, CATALOG, "m")
    assert not isinstance(made, Refusal)
    assert made[0].apply(graph)[0].nodes["linear_1"].learning == {"rate": 0.1}
