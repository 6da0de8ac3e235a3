"""Wires: what is refused and why, the best port, splicing, healing; every edit takes itself back exactly."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from neuralgraph.graph import wiring
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Group
from neuralgraph.graph.wiring import Refusal
from neuralgraph.spec import Call, Catalog, Float, Integer, Node, Scalar, Spec, function, param, source


class Rows(Node):
    """Rows of numbers with a label."""

    category, role = "Data", "source"

    def outputs(self) -> tuple[str, ...]:
        return ("x", "y")

    def call(self) -> Call:
        return source()


class Dense(Node):
    """A layer."""

    units: int = param(3, "How many.")

    def call(self, x: Float) -> Call:
        return function("torch.relu")


class Sum(Node):
    """Adds what comes."""

    category = "Maths"

    def call(self, *xs: Spec) -> Call:
        return function("torch.add")


class Cost(Node):
    """A loss."""

    category, role = "Losses", "loss"

    def call(self, input: Float, target: Integer, weight: Float | None = None) -> Call:
        return function("torch.nn.functional.cross_entropy")


class Watch(Node):
    """A metric."""

    category, role = "Metrics", "metric"

    def outputs(self) -> tuple[str, ...]:
        return ()

    def call(self, input: Float, target: Integer) -> Call:
        return function("torch.sum")


class Scale(Node):
    """Takes a scalar."""

    category = "Maths"

    def call(self, s: Scalar) -> Call:
        return function("torch.neg")


KINDS = Catalog([Rows, Dense, Sum, Cost, Watch, Scale])


def drawn(nodes: dict[str, str], *wires: tuple[str, str, str, str]) -> Graph:
    graph = Graph()
    for id, kind in nodes.items():
        graph, _ = AddNode(Placed(id, kind)).apply(graph)
    for wire in wires:
        graph, _ = Connect(Edge(*wire)).apply(graph)
    return graph


def laid(graph: Graph, found: Edit | Refusal | None) -> Graph:
    """The graph after an edit that must be there and must take itself back."""
    assert isinstance(found, Edit), found
    after, back = found.apply(graph)
    assert back.apply(after)[0] == graph
    return after


def refused(found: Edit | Refusal) -> str:
    assert isinstance(found, Refusal), found
    return found.message


BASE = {"data": "Rows", "a": "Dense", "b": "Dense", "cost": "Cost", "eye": "Watch", "add": "Sum"}


def test_a_wire_to_a_body_takes_the_port_that_suits() -> None:
    graph = drawn(BASE)
    graph = laid(graph, wiring.connect(graph, KINDS, "data", "y", "cost"))
    graph = laid(graph, wiring.connect(graph, KINDS, "a", "out", "cost"))
    graph = laid(graph, wiring.connect(graph, KINDS, "data", "y", "eye"))
    assert set(graph.edges) == {("cost", "target"), ("cost", "input"), ("eye", "target")}
    assert graph.edges["cost", "target"].start == ("data", "y")


def test_a_known_class_label_goes_to_the_target_whatever_its_name() -> None:
    graph = drawn({"rows": "Dense", "cost": "Cost"})
    specs = {"rows": {"out": Spec(("N",), "int64", classes=10)}}
    assert wiring.best_port(graph, KINDS, "rows", "out", "cost", specs) == "target"
    assert wiring.best_port(graph, KINDS, "rows", "out", "cost") == "input"


def test_a_taken_port_is_left_for_a_free_one_and_replaced_when_aimed_at() -> None:
    graph = drawn(BASE, ("a", "out", "cost", "input"))
    assert wiring.best_port(graph, KINDS, "b", "out", "cost") == "weight"
    graph = laid(graph, wiring.connect(graph, KINDS, "b", "out", "cost", "input"))
    assert graph.edges["cost", "input"].source == "b"


def test_a_port_that_takes_many_gives_the_next_free_one() -> None:
    graph = drawn(BASE)
    for one in ("a", "b", "a"):
        graph = laid(graph, wiring.connect(graph, KINDS, one, "out", "add"))
    assert [graph.edges["add", f"xs_{k}"].source for k in range(3)] == ["a", "b", "a"]


def test_refusals_say_why() -> None:
    graph = drawn(BASE, ("a", "out", "b", "x"), ("b", "out", "add", "xs_0"))
    assert refused(wiring.connect(graph, KINDS, "add", "out", "a")) == "This would be a cycle: a → b → add → a."
    assert refused(wiring.connect(graph, KINDS, "a", "out", "a", "x")) == "a cannot feed itself."
    assert "only watches" in refused(wiring.connect(graph, KINDS, "eye", "out", "a"))
    assert refused(wiring.connect(graph, KINDS, "a", "out", "data")) == "data takes no input."
    assert "no input 'z'" in refused(wiring.connect(graph, KINDS, "a", "out", "cost", "z"))
    assert "no output 'z'" in refused(wiring.connect(graph, KINDS, "a", "z", "cost"))
    assert "already feeds" in refused(wiring.connect(graph, KINDS, "a", "out", "b", "x"))
    strange = drawn({**BASE, "odd": "Future"})
    assert "not known" in refused(wiring.connect(strange, KINDS, "a", "out", "odd"))
    assert "not known" in refused(wiring.connect(strange, KINDS, "odd", "out", "a"))


def test_a_long_cycle_is_named_briefly() -> None:
    names = [f"d{k}" for k in range(9)]
    wires = [(a, "out", b, "x") for a, b in itertools.pairwise(names)]
    graph = drawn(dict.fromkeys(names, "Dense"), *wires)
    assert refused(wiring.connect(graph, KINDS, "d8", "out", "d0")) == (
        "This would be a cycle: d0 → d1 → … → d7 → d8 → d0."
    )


def test_candidates_for_a_loose_wire() -> None:
    graph = drawn(BASE)
    forward = {one.__name__ for one in wiring.fitting(graph, KINDS, ("a", "out"), forward=True)}
    assert forward == {"Dense", "Sum", "Cost", "Watch"}
    back = {one.__name__ for one in wiring.fitting(graph, KINDS, ("cost", "target"), forward=False)}
    assert back == {"Rows"}
    assert "Watch" not in {one.__name__ for one in wiring.fitting(graph, KINDS, ("a", "x"), forward=False)}


def test_placing_also_wires_in_one_step() -> None:
    graph = drawn(BASE)
    step = wiring.place(graph, KINDS, Placed("c", "Dense"), after=("a", "out"))
    assert isinstance(step, Group)
    assert laid(graph, step).edges["c", "x"].source == "a"
    assert step.label == "Add Dense"
    before = wiring.place(graph, KINDS, Placed("more", "Rows"), before=("cost", "target"))
    assert laid(graph, before).edges["cost", "target"].start == ("more", "y")
    alone = wiring.place(graph, KINDS, Placed("c", "Rows"), after=("a", "out"))
    assert isinstance(alone, AddNode)


def test_splicing_puts_a_free_node_into_a_wire() -> None:
    graph = drawn({"a": "Dense", "b": "Dense", "c": "Dense", "eye": "Watch"}, ("a", "out", "b", "x"))
    wire = graph.edges["b", "x"]
    after = laid(graph, wiring.splice(graph, KINDS, "c", wire))
    assert {e.start + e.end for e in after.edges.values()} == {("a", "out", "c", "x"), ("c", "out", "b", "x")}
    assert "already has wires" in refused(wiring.splice(after, KINDS, "c", after.edges["b", "x"]))
    assert "no way through" in refused(wiring.splice(graph, KINDS, "eye", wire))


def test_healing_joins_what_the_deleted_stood_between() -> None:
    graph = drawn(
        {"data": "Rows", **dict.fromkeys("abc", "Dense"), "d": "Dense", "cost": "Cost"},
        ("data", "x", "a", "x"),
        ("a", "out", "b", "x"),
        ("b", "out", "c", "x"),
        ("c", "out", "cost", "input"),
        ("data", "y", "cost", "target"),
    )
    after = laid(graph, wiring.heal(graph, KINDS, ["b", "a", "c"]))
    assert after.edges["cost", "input"].start == ("data", "x")
    assert set(after.nodes) == {"data", "d", "cost"}
    gone = laid(graph, wiring.heal(graph, KINDS, ["data"]))
    assert ("a", "x") not in gone.edges
    assert wiring.heal(graph, KINDS, ["nobody"]) is None


def test_bypass_says_why_not() -> None:
    graph = drawn(BASE)
    assert wiring.bypass_refusal(graph, KINDS, "a") == ""
    assert "turns an input" in wiring.bypass_refusal(graph, KINDS, "cost")
    same, other = Spec(("N", 3)), Spec(("N", 4))
    assert wiring.bypass_refusal(graph, KINDS, "a", {"a": {"out": same}}, {"a": {"x": same}}) == ""
    assert wiring.bypass_refusal(graph, KINDS, "a", {"a": {"out": other}}, {"a": {"x": same}}) == (
        "a cannot be bypassed: it gets N × 3 but what follows expects N × 4."
    )


def test_walking_and_reaching() -> None:
    graph = drawn(BASE, ("a", "out", "b", "x"), ("b", "out", "cost", "input"))
    assert wiring.neighbour(graph, "a", "right") == "b"
    assert wiring.neighbour(graph, "b", "left") == "a"
    assert wiring.reach(graph, ["b"], forward=True) == {"b", "cost"}
    assert wiring.reach(graph, ["cost"], forward=False) == {"a", "b", "cost"}
    assert wiring.path(graph, "a", "cost") == ["a", "b", "cost"]


WHAT = st.sampled_from(["connect", "cut", "delete", "heal", "splice"])
MOVES = st.lists(st.tuples(WHAT, st.integers(0, 11), st.integers(0, 11)), max_size=40)


@settings(max_examples=120, deadline=None)
@given(MOVES)
def test_no_gesture_ever_makes_a_cycle_and_each_can_be_undone(moves) -> None:
    kinds = ["Rows", "Dense", "Dense", "Sum", "Sum", "Cost", "Watch", "Dense", "Sum", "Scale", "Dense", "Rows"]
    graph = drawn({f"n{k}": kind for k, kind in enumerate(kinds)})
    for what, i, j in moves:
        a, b = f"n{i}", f"n{j}"
        wires = sorted(graph.edges.values(), key=lambda one: one.end)
        wire = wires[j % len(wires)] if wires else None
        found: Edit | Refusal | None = None
        if what == "connect" and a in graph.nodes and b in graph.nodes:
            output = "x" if graph.nodes[a].type == "Rows" else "out"
            found = wiring.connect(graph, KINDS, a, output, b)
        elif what == "cut" and wire:
            found = wiring.cut(graph, [wire.end])
        elif what == "splice" and wire and a in graph.nodes:
            found = wiring.splice(graph, KINDS, a, wire)
        elif what == "delete" and i < 3:
            found = wiring.delete(graph, [a])
        elif what == "heal" and i < 6:
            found = wiring.heal(graph, KINDS, [a, b])
        if isinstance(found, Edit):
            graph = laid(graph, found)
    for edge in graph.edges.values():
        assert edge.source in graph.nodes
        assert edge.target in graph.nodes
        assert edge.source not in wiring.reach(graph, [edge.target], forward=True)
