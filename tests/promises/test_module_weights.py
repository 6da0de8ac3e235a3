"""What was learnt stays: modules are made, taken apart, renamed, repeated, and the network answers the same."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph import grouping
from neuralgraph.graph.edits import ChangeNode, Edit, RenameNode
from neuralgraph.graph.flatten import scope
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.module_edits import Expose, RenameModule
from neuralgraph.graph.places import paths_of
from neuralgraph.graph.wiring import Refusal
from neuralgraph.nodes import CATALOG
from neuralgraph.room import Inside, Room
from neuralgraph.session import Session
from tests.conftest import SCALE

X = torch.linspace(-2, 2, 24).reshape(4, 6)


def drawn(repeat: int = 1) -> Session:
    """x → Outer (Inner, Linear) → Linear, with weights of its own."""
    inner = ng.Graph()
    x = inner.add("Input", id="x", shape=(6,))
    inner.add("Output", inner.add("Tanh", inner.add("Linear", x, out_features=6, id="deep"), id="tanh"), id="y")
    outer = ng.Graph()
    outer.define("Inner", inner)
    x = outer.add("Input", id="x", shape=(6,))
    h = outer.add("Module", x, definition="Inner", id="pair", repeat=2)
    outer.add("Output", outer.add("Linear", h, out_features=6, id="mix"), id="y")
    g = ng.Graph()
    g.define("Outer", outer)
    h = g.add("Module", g.add("Input", shape=(6,), id="entry"), definition="Outer", id="body", repeat=repeat)
    g.add("Output", g.add("Linear", h, out_features=2, id="head"), id="answer")
    session = Session(g.session.graph)
    session.program = session.compile(seed=3)
    return session


def answer(session: Session) -> torch.Tensor:
    program = session._present()
    assert program is not None
    found: torch.Tensor = program.predict(entry=X)
    return found


def set_repeat(session: Session, repeat: int) -> None:
    placed = session.graph.nodes["body"]
    session.edit(ChangeNode(replace(placed, params=FrozenDict(placed.params.having(repeat=repeat)))))


def weights(session: Session) -> dict[str, torch.Tensor]:
    program = session._present()
    assert program is not None
    return {name: one.clone() for name, one in program.state_dict().items()}


@pytest.mark.parametrize(("first", "then"), [(1, 3), (3, 1), (3, 2), (2, 5)])
def test_turns_that_stay_keep_their_weights(first: int, then: int) -> None:
    session = drawn(first)
    before, learnt = answer(session), weights(session)
    set_repeat(session, then)
    now = weights(session)
    for turn in range(min(first, then)):
        old, new = (f"body.{turn}.mix.weight" if many > 1 else "body.mix.weight" for many in (first, then))
        assert torch.equal(learnt[old], now[new])
    set_repeat(session, first)
    assert torch.equal(answer(session), before)


def test_a_rename_inside_before_anything_was_checked_keeps_weights() -> None:
    session = drawn(2)
    before = answer(session)
    session.analysis = None
    Inside(session, "body/0", "Outer").edit(RenameNode("mix", "mixed"))
    Inside(session, "body/0/pair/0", "Inner").edit(RenameNode("deep", "deeper"))
    assert torch.equal(answer(session), before)
    session.undo()
    session.undo()
    assert torch.equal(answer(session), before)


def step(session: Session, rng: random.Random) -> None:
    """One edit that does not change the function, somewhere; done where it can be."""
    graph = session.graph
    name = rng.choice(["", *graph.modules])
    paths = paths_of(graph, CATALOG, name) if name else ()
    room: Room = Inside(session, paths[0], name) if paths else session
    here = scope(graph, name) if paths else graph
    inner = [id for id, one in here.nodes.items() if not CATALOG[one.type].door]
    copies = [id for id in inner if here.nodes[id].type == "Module"]
    made: object = None
    match rng.choice(("group", "apart", "unique", "rename", "rename", "module", "expose", "back")):
        case "group":
            made = grouping.make(here, CATALOG, rng.sample(inner, min(len(inner), rng.randint(1, 2))))
        case "apart" if copies:
            made = grouping.dissolve(here, CATALOG, rng.choice(copies))
        case "unique" if copies:
            made = grouping.unique(here, rng.choice(copies))
        case "rename":
            made = RenameNode(rng.choice(inner), fresh(here, rng.choice(["named", "deep"])))
        case "module" if graph.modules:
            session.edit(RenameModule(rng.choice(sorted(graph.modules)), grouping.free_name(graph, "Other")))
        case "expose" if paths:
            made = Expose(tuple((f"p_{k}", (f"{id}.bias",)) for k, id in enumerate(inner)))
        case "back":
            rng.choice((session.undo, session.redo))()
    edit = made[0] if isinstance(made, tuple) else made
    if isinstance(edit, Edit) and not isinstance(edit, Refusal):
        room.edit(edit)


@pytest.mark.parametrize("seed", range(12 * SCALE))
def test_no_walk_loses_what_was_learnt(seed: int) -> None:
    session, rng = drawn(1 + seed % 3), random.Random(seed)
    before = answer(session)
    for number in range(20):
        step(session, rng)
        if number % 4 == 3:
            assert torch.equal(answer(session), before), number
    session.history.jump(0)
    assert torch.equal(answer(session), before)
