"""The plain-language difference: says each change once, and is silent exactly where nothing changed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from neuralgraph.graph.difference import difference, shortened
from neuralgraph.graph.document import Edge, Graph, Note, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Move, PutNote, RemoveNode, RenameNode, SetPlan
from neuralgraph.graph.file import canonical
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.history import History
from tests.graph.walks import an_edit


def base() -> Graph:
    history = History()
    history.do(AddNode(Placed("linear_1", "Linear", FrozenDict({"out_features": 64}))))
    history.do(AddNode(Placed("relu_1", "ReLU", x=200.0)))
    history.do(Connect(Edge("linear_1", "out", "relu_1", "x")))
    return history.graph


def after(*edits: object) -> tuple[str, ...]:
    graph = start = base()
    for edit in edits:
        graph, _ = edit.apply(graph)  # type: ignore[attr-defined]
    return difference(start, graph)


def test_each_change_is_one_sentence() -> None:
    wider = ChangeNode(replace(base().nodes["linear_1"], params=FrozenDict({"out_features": 128})))
    assert after(wider) == ("linear_1: out features 64 → 128",)
    assert after(AddNode(Placed("conv_1", "Conv2d", title="eye"))) == ("Conv2d eye added",)
    assert after(RemoveNode("relu_1")) == ("ReLU relu_1 removed",)
    assert after(RenameNode("linear_1", "head")) == ("linear_1 is now called head",)
    assert after(Move((("linear_1", 8.0, 8.0),))) == ("linear_1 moved",)
    assert after(Move((("linear_1", 8.0, 8.0), ("relu_1", 1.0, 1.0)))) == ("2 nodes moved",)
    assert after(PutNote(Note("note_1", "Try this"))) == ("note «Try this» added",)
    plan = base().plan
    assert after(SetPlan(replace(plan, batch_size=16))) == (f"batch size {plan.batch_size} → 16",)
    stage = replace(plan.stages[0], epochs=77)
    assert after(SetPlan(replace(plan, stages=(stage,)))) == (f"epochs {plan.epochs} → 77",)


def test_wires_are_named_by_their_ends() -> None:
    more = AddNode(Placed("tanh_1", "Tanh"))
    start, _ = more.apply(base())
    moved, _ = Connect(Edge("tanh_1", "out", "relu_1", "x")).apply(start)
    assert difference(start, moved) == (
        "wire tanh_1 → relu_1 (x) laid", "wire linear_1 → relu_1 (x) taken away")


@given(st.data())
def test_it_is_silent_exactly_where_nothing_changed(data: st.DataObject) -> None:
    history, states = History(), [Graph()]
    for _ in range(data.draw(st.integers(1, 8))):
        history.do(data.draw(an_edit(history.graph)))
        states.append(history.graph)
    one, other = data.draw(st.sampled_from(states)), data.draw(st.sampled_from(states))
    said = difference(one, other)
    assert (said == ()) == (canonical(one) == canonical(other)), said
    assert all(sentence and "\n" not in sentence for sentence in said)


def test_long_lists_are_cut() -> None:
    assert shortened(str(n) for n in range(20)) == ("0", "1", "2", "3", "4", "and 15 more")
    assert shortened(["a", "b"]) == ("a", "b")
