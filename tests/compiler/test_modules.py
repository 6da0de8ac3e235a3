"""Modules: drawn once, laid out in place, nested, repeated, shared, grouped and taken apart without a change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import neuralgraph as ng
from neuralgraph.errors import GraphError, ParameterError, UnknownNodeError
from neuralgraph.graph.edits import ChangeNode, RenameNode
from neuralgraph.graph.file import canonical, dumps, loads
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import Expose, RenameModule, Within
from neuralgraph.nodes import CATALOG


def block(width: int = 6) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(width,))
    h = g.add("Linear", x, out_features=width, id="inner")
    h = g.add("ReLU", h)
    g.add("Output", g.add("Add", x, h), id="y")
    return g


def blocks(repeat: int = 1, **params: object) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(6,))
    g.define("Block", block())
    h = g.add("Module", x, definition="Block", repeat=repeat, id="b", **params)
    g.add("Linear", h, out_features=3, id="head")
    return g


def errors(g: ng.Graph) -> list[str]:
    return [one.code for one in ng.check(g) if one.severity == "error"]


def change(g: ng.Graph, id: str, **fields: object) -> None:
    g.session.edit(ChangeNode(replace(g.session.graph.nodes[id], **fields)))


def params(g: ng.Graph, id: str, **values: object) -> None:
    placed = g.session.graph.nodes[id]
    change(g, id, params=FrozenDict(placed.params.having(**values)))


def test_a_copy_is_laid_out_under_its_path() -> None:
    program = ng.compile(blocks())
    assert set(program.state_dict()) == {"b.inner.weight", "b.inner.bias", "head.weight", "head.bias"}
    x, sd = torch.randn(4, 6), program.state_dict()
    hidden = x + torch.relu(x @ sd["b.inner.weight"].T + sd["b.inner.bias"])
    assert torch.equal(program.predict(input_1=x), nn.functional.linear(hidden, sd["head.weight"], sd["head.bias"]))


def test_a_repeat_has_weights_for_every_turn() -> None:
    g = blocks(repeat=3)
    program = ng.compile(g)
    sd = program.state_dict()
    assert [name for name in sd if name.endswith("inner.weight")] == [f"b.{n}.inner.weight" for n in range(3)]
    assert not torch.equal(sd["b.0.inner.weight"], sd["b.1.inner.weight"])
    x = torch.randn(4, 6)
    h = x
    for turn in range(3):
        h = h + torch.relu(nn.functional.linear(h, sd[f"b.{turn}.inner.weight"], sd[f"b.{turn}.inner.bias"]))
    assert torch.equal(program.predict(input_1=x), nn.functional.linear(h, sd["head.weight"], sd["head.bias"]))
    assert ng.summary(g).parameters == 3 * 42 + 21 == sum(row.parameters for row in ng.summary(g).rows)


def test_tied_turns_use_the_weights_of_the_first() -> None:
    g = blocks(repeat=3, tied=True)
    assert [name for name in ng.compile(g).state_dict() if "inner" in name] == ["b.0.inner.weight", "b.0.inner.bias"]
    assert ng.summary(g).parameters == 42 + 21
    untied = blocks(repeat=3)
    x = torch.randn(4, 6)
    program, other = ng.compile(g), ng.compile(untied)
    first = program.state_dict()
    other.load_state_dict({name: first[name.replace("b.1", "b.0").replace("b.2", "b.0")] for name in
                           other.state_dict()})
    assert torch.equal(program.predict(input_1=x), other.predict(input_1=x))


def test_copies_are_linked_and_share_where_asked() -> None:
    g = blocks()
    second = g.add("Module", g["b"], definition="Block", id="c")
    g.add("Output", second)
    assert ng.summary(g).parameters == 2 * 42 + 21
    change(g, "c", shares="b")
    assert errors(g) == []
    assert ng.summary(g).parameters == 42 + 21
    program = ng.compile(g)
    sd, x = program.state_dict(), torch.randn(4, 6)
    h = x
    for _ in range(2):
        h = h + torch.relu(nn.functional.linear(h, sd["b.inner.weight"], sd["b.inner.bias"]))
    assert torch.equal(program.predict(input_1=x), h)
    inner = g.session.graph.modules["Block"].nodes["relu_1"]
    g.session.edit(Within("Block", ChangeNode(replace(inner, type="Tanh"))))
    value = ng.evaluate(g, {"input_1": x.numpy()})
    assert np.array_equal(value["b"], x.numpy() + np.tanh(value["b/inner"])) or np.allclose(
        value["b"], x.numpy() + np.tanh(value["b/inner"]))
    assert "c/relu_1" in value, "an edit of one is an edit of all"


def test_frozen_and_bypassed_from_outside() -> None:
    g = blocks(repeat=2)
    change(g, "b", frozen=True)
    assert not any(p.requires_grad for n, p in ng.compile(g).root.named_parameters() if n.startswith("b."))
    change(g, "b", frozen=False, bypassed=True)
    program, x = ng.compile(g), torch.randn(3, 6)
    sd = program.state_dict()
    assert set(sd) == {"head.weight", "head.bias"}
    assert torch.equal(program.predict(input_1=x), nn.functional.linear(x, sd["head.weight"], sd["head.bias"]))


def test_exposed_parameters_are_set_from_outside() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(6,))
    inside = ng.Graph()
    entry = inside.add("Input", id="x", shape=(6,))
    inside.add("Output", inside.add("Linear", inside.add("Linear", entry, id="a"), id="b"), id="y")
    g.define("Pair", inside, expose={"width": ["a.out_features", "b.out_features"], "bias": "b.bias"})
    g.add("Module", x, definition="Pair", width=5, bias=False, id="p")
    g.add("Module", x, definition="Pair", id="q")
    shapes = ng.shapes(g)
    assert shapes["p"]["y"].shape == ("N", 5)
    assert shapes["q"]["y"].shape == ("N", 64), "what is drawn inside, where nothing is said outside"
    assert "p.b.bias" not in ng.compile(g).state_dict()
    with pytest.raises(ParameterError):
        g.add("Module", x, definition="Pair", width=0)
    with pytest.raises(ParameterError):
        g.add("Module", x, definition="Pair", wide=3)
    with pytest.raises(ParameterError):
        g.define("Other", inside, expose={"depth": "a.depth"})
    with pytest.raises(UnknownNodeError):
        g.add("Module", x, definition="Nothing")


def test_nested_modules() -> None:
    outer = ng.Graph()
    x = outer.add("Input", id="x", shape=(6,))
    outer.define("Block", block())
    outer.add("Output", outer.add("Module", x, definition="Block", repeat=2, id="pair"), id="y")
    g = ng.Graph()
    entry = g.add("Input", shape=(6,))
    g.define("Stage", outer)
    g.add("Module", entry, definition="Stage", repeat=2, id="s")
    program = ng.compile(g)
    assert [n for n in program.state_dict() if n.endswith("weight")] == [
        "s.0.pair.0.inner.weight", "s.0.pair.1.inner.weight", "s.1.pair.0.inner.weight", "s.1.pair.1.inner.weight"]
    h = x = torch.randn(2, 6)
    for name, weight in program.state_dict().items():
        if name.endswith("weight"):
            h = h + torch.relu(nn.functional.linear(h, weight, program.state_dict()[name.replace("weight", "bias")]))
    assert torch.equal(program.predict(input_1=x), h)


def test_a_document_with_modules_is_saved_and_opened() -> None:
    g = blocks(repeat=3)
    g.session.edit(Within("Block", Expose((("width", ("inner.out_features",)),))))
    again = loads(dumps(g.session.graph)).graph
    assert again == g.session.graph
    assert canonical(again) == canonical(g.session.graph)


def test_training_goes_through_modules_and_the_plan_names_them() -> None:
    g = blocks(repeat=2)
    g.add("MSELoss", g["head"], g.add("Input", shape=(3,), id="target"), id="loss")
    x, y = np.random.default_rng(0).normal(size=(2, 64, 6)).astype("float32")
    plan = g.session.graph.plan
    step = replace(plan.stages[0].steps[0], nodes=("b",))
    g.session.edit(_set_plan(replace(plan, stages=(replace(plan.stages[0], steps=(step,)),))))
    before = {n: t.clone() for n, t in ng.compile(g, seed=0).state_dict().items()}
    run = ng.train(g, data={"input_1": x, "target": y[:, :3]}, epochs=3, lr=0.01, seed=0)
    after = run.program.state_dict()
    changed = {n for n in after if not torch.equal(before[n], after[n])}
    assert changed == {n for n in after if n.startswith("b.")}
    assert run.history["loss"][-1] < run.history["loss"][0]


def _set_plan(plan: object) -> object:
    from neuralgraph.graph.edits import SetPlan

    return SetPlan(plan)  # type: ignore[arg-type]


# -- what is wrong --------------------------------------------------------------------------------------------------


def test_a_repeat_that_does_not_fit_itself() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(6,))
    inside = ng.Graph()
    inside.add("Output", inside.add("Linear", inside.add("Input", id="x"), out_features=4), id="y")
    g.define("Narrow", inside)
    g.add("Module", x, definition="Narrow", repeat=3, id="n")
    problem = next(one for one in ng.check(g) if one.severity == "error")
    assert (problem.code, problem.node, problem.port) == ("repeat_mismatch", "n", "x")
    assert (problem.expected, problem.received) == ("N × 6", "N × 4")
    g.session.edit(problem.fixes[0].edit)
    assert errors(g) == []


def test_a_module_that_contains_itself() -> None:
    g = blocks()
    inner = g.session.graph.modules["Block"]
    from neuralgraph.graph.document import Placed
    from neuralgraph.graph.edits import AddNode

    g.session.edit(Within("Block", AddNode(Placed("again", "Module", FrozenDict(definition="Block")))))
    problem = next(one for one in ng.check(g) if one.severity == "error")
    assert (problem.code, problem.node) == ("module_in_itself", "b")
    with pytest.raises(GraphError):
        ng.compile(g)
    g.session.edit(problem.fixes[0].edit)
    assert errors(g) == []
    assert g.session.graph.modules["Block"].nodes == inner.nodes


def test_a_mistake_inside_is_told_once_with_place_and_fix() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(1, 8, 8))
    inside = ng.Graph()
    entry = inside.add("Input", id="x", shape=(1, 8, 8))
    inside.add("Output", inside.add("Linear", entry, id="flat"), id="y")
    g.define("Head", inside)
    for _ in range(3):
        g.add("Module", x, definition="Head")
    wrong = [one for one in ng.check(g) if one.severity == "error"]
    assert [one.node for one in wrong] == ["module_1/flat"]
    assert "In Head" in wrong[0].message
    g.session.edit(wrong[0].fixes[0].edit)
    assert errors(g) == []
    assert "flatten_1" in g.session.graph.modules["Head"].nodes
    g.session.undo()
    assert "flatten_1" not in g.session.graph.modules["Head"].nodes


def test_shares_that_cannot_be() -> None:
    g = blocks()
    g.define("Other", block())
    g.add("Module", g["input_1"], definition="Other", id="o")
    change(g, "o", shares="head")
    assert "share" in errors(g)
    change(g, "o", shares="b")
    params(g, "o", repeat=2)
    found = [one for one in ng.check(g) if one.code == "share"]
    assert found
    assert found[0].node == "o"
    g.session.edit(found[0].fixes[0].edit)
    assert errors(g) == []


def test_a_bomb_of_modules_is_counted_not_laid_out() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(4,))
    inside = ng.Graph()
    inside.add("Output", inside.add("ReLU", inside.add("Input", id="x")), id="y")
    g.define("A0", inside)
    for level in range(1, 12):
        outer = ng.Graph()
        outer.define(f"A{level - 1}", inside)
        entry = outer.add("Input", id="x")
        outer.add("Output", outer.add("Module", entry, definition=f"A{level - 1}", repeat=1000), id="y")
        inside = outer
    g.define("A11", inside)
    g.add("Module", x, definition="A11")
    assert errors(g) == ["too_many_nodes"]


# -- grouping -------------------------------------------------------------------------------------------------------


def net() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(6,))
    a = g.add("Linear", x, out_features=6, id="a")
    b = g.add("Tanh", a, id="b")
    c = g.add("Linear", b, out_features=6, id="c")
    d = g.add("Add", a, c, id="d")
    e = g.add("Linear", d, out_features=4, id="e")
    g.add("Concat", e, b, id="f")
    return g


def outcome(g: ng.Graph, weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    program = ng.compile(g)
    program.load_state_dict(weights)
    value = program.predict(input_1=x)
    assert isinstance(value, torch.Tensor)
    return value


def moved(weights: dict[str, torch.Tensor], moves: tuple[tuple[str, str], ...]) -> dict[str, torch.Tensor]:
    found = {}
    for name, one in weights.items():
        id, _, rest = name.rpartition(".")
        path = id.replace(".", "/")
        for old, new in moves:
            if path == old or path.startswith(f"{old}/"):
                path = new + path[len(old):]
                break
        found[f"{path.replace('/', '.')}.{rest}"] = one
    return found


def test_group_and_dissolve_leave_the_function_bit_equal() -> None:
    g, x = net(), torch.randn(5, 6)
    program = ng.compile(g)
    weights, value = program.state_dict(), program.predict(input_1=x)
    before = canonical(g.session.graph)
    module = g.group(["b", "c", "d"], "Middle")
    assert set(g.session.ports_of(module.id)[1]) == {"output_1", "output_2"}
    assert torch.equal(outcome(g, moved(weights, (("c", f"{module.id}/c"),)), x), value)
    out = g.dissolve(module.id)
    assert set(out) == {"b", "c", "d"}
    assert torch.equal(outcome(g, weights, x), value)
    g.session.undo()
    g.session.undo()
    assert canonical(g.session.graph) == before


def test_trained_weights_follow_into_a_module_and_out_again() -> None:
    g, x = net(), torch.randn(5, 6)
    g.add("MSELoss", g["f"], g.add("Input", shape=(10,), id="target"), id="loss")
    data = {"input_1": np.ones((8, 6), "float32"), "target": np.zeros((8, 10), "float32")}
    run = ng.train(g, data=data, epochs=1)
    value = run.program.predict(input_1=x)
    module = g.group(["b", "c", "d"])
    g.session.edit(RenameNode("a", "first"))
    program = g.session._present()
    assert torch.equal(program.predict(input_1=x), value)
    g.dissolve(module.id)
    assert torch.equal(g.session._present().predict(input_1=x), value)


def test_what_cannot_be_a_module_says_why() -> None:
    g = net()
    for ids, word in (([], "Select"), (["a", "d"], "between"), (["input_1", "a"], "comes in")):
        with pytest.raises(GraphError, match=word):
            g.group(ids)
    change(g, "e", shares="c")
    with pytest.raises(GraphError, match="uses the weights"):
        g.group(["c"])


@given(st.lists(st.tuples(st.sampled_from(["group", "dissolve", "share", "rename", "undo", "unique"]),
                          st.integers(0, 10**6)), max_size=8))
def test_no_walk_of_grouping_changes_the_function(walk: list[tuple[str, int]]) -> None:
    g, x = net(), torch.randn(2, 6, generator=torch.Generator().manual_seed(0))
    program = ng.compile(g)
    weights, value = dict(program.state_dict()), program.predict(input_1=x)
    held, start = [weights], g.session.history.position
    for verb, number in walk:
        nodes = sorted(id for id, one in g.session.graph.nodes.items() if one.type != "Input")
        modules = [id for id in nodes if g.session.graph.nodes[id].type == "Module"]
        moves: tuple[tuple[str, str], ...] = ()
        heard = g.session.history.subscribe(lambda change: held.append(moved(held[-1], change.edit.moves)))
        try:
            if verb == "group":
                g.group([id for at, id in enumerate(nodes) if number >> at & 1] or nodes)
            elif verb == "dissolve" and modules:
                g.dissolve(modules[number % len(modules)])
            elif verb == "rename":
                g.session.edit(RenameNode(nodes[number % len(nodes)], f"named_{len(held)}"))
            elif verb == "undo" and g.session.history.position > start:
                g.session.undo()
            elif verb == "unique" and g.session.graph.modules:
                old = sorted(g.session.graph.modules)[number % len(g.session.graph.modules)]
                g.session.edit(RenameModule(old, f"Module number {len(held)}"))
        except GraphError:
            continue
        finally:
            heard()
        assert errors(g) == []
        assert torch.equal(outcome(g, held[-1], x), value), moves


def test_flattening_costs_nothing_where_there_is_no_module() -> None:
    graph = net().session.graph
    assert flatten(graph, CATALOG).graph is graph
