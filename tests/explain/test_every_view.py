"""One harness over every view: it fits somewhere, is drawn at every size, says its numbers, and changes nothing."""

from __future__ import annotations

import math
from functools import lru_cache
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from neuralgraph.errors import NeuralGraphError
from neuralgraph.explain.views.every import VIEWS, named
from neuralgraph.explain.views.view import View
from neuralgraph.figures.draw import draw
from neuralgraph.figures.marks import Dots, Drawing, Line, Picture, Rect, Text
from neuralgraph.figures.png import png
from neuralgraph.figures.svg import svg
from neuralgraph.graph.planning import planned
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.training.events import Failed
from neuralgraph.training.seeds import over
from tests.explain.drawn_views import DRAWN

LEARNED = ("spiral", "digits-cnn", "digits-lstm", "digits-transformer", "diabetes", "letters", "digits-mlp",
           "27-toxic", "28-hopfield", "29-rbm", *DRAWN)
"""Documents on which every view has something to show, each learned for an epoch."""


@lru_cache(maxsize=len(LEARNED))
def learned(name: str) -> Session:
    session = DRAWN[name]().session if name in DRAWN else Session.open(examples() / f"{name}.ngraph")
    if name == "letters":
        over(session, planned(session.graph.plan, epochs=1), 3)
    for _ in session.train(plan=planned(session.graph.plan, epochs=1)):
        pass
    return session


@lru_cache(maxsize=256)
def places(view: str) -> tuple[tuple[str, str], ...]:
    """Where a view fits: at most two nodes of every document that was learned."""
    kind, found = named(view), list[tuple[str, str]]()
    for name in LEARNED:
        if name in DRAWN and kind.scope == "node" and name != "scanner":
            continue  # the examples have every other kind of node
        session = learned(name)
        nodes = [""] if kind.scope == "network" else list(session.program.inference.order)
        fitting = [node for node in nodes if not _offer(session, view, node)]
        found += [(name, node) for node in fitting[:1] + fitting[-1:]]
    return tuple(dict.fromkeys(found))


def _offer(session: Session, view: str, node: str) -> str:
    return next(one.why for one in session.offers(node) if one.name == view)


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.name())
def test_a_view_fits_somewhere_and_is_drawn(kind: type[View]) -> None:
    assert kind.__doc__ and kind.group and kind.title
    found = places(kind.name())
    assert found, f"{kind.name()} fits none of {LEARNED}"
    for name, node in found:
        session = learned(name)
        before = {key: value.clone() for key, value in session.program.state_dict().items()}
        state = torch.random.get_rng_state()
        shown = session.view(kind.name(), node, part="validation")
        assert shown is not None
        assert torch.equal(state, torch.random.get_rng_state())
        after = session.program.state_dict()
        assert all(torch.equal(value, after[key]) for key, value in before.items())
        assert shown.csv()
        again = session.view(kind.name(), node, part="validation")
        assert again is not None and again.csv() == shown.csv(), "the same question has the same answer"
        for width, height in ((240, 160), (640, 440), (1800, 1000)):
            assert sound(draw(shown, width, height)) is None
        drawing = draw(shown, 640, 440)
        ElementTree.fromstring(svg(drawing, DARK))
        assert png(drawing, LIGHT, scale=0.5).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.name())
def test_every_spot_can_be_read(kind: type[View]) -> None:
    name, node = places(kind.name())[0]
    shown = learned(name).view(kind.name(), node)
    assert shown is not None
    spots = draw(shown, 640, 440).spots
    for number in {0, spots.count // 2, spots.count - 1} if spots.count else set():
        assert spots.said(number)
        x, y, wide, high = spots.box(number)
        assert all(map(math.isfinite, (x, y, wide, high)))
        assert spots.at(x + wide / 2, y + high / 2) is not None


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.name())
def test_where_it_does_not_fit_it_says_why(kind: type[View]) -> None:
    for name in LEARNED[:3]:
        session = learned(name)
        for node in [""] if kind.scope == "network" else list(session.program.inference.order):
            why = _offer(session, kind.name(), node)
            if why:
                assert why.endswith((".", "?")), why
                with pytest.raises(NeuralGraphError):
                    session.view(kind.name(), node)
                break


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.name())
def test_every_option_can_be_set(kind: type[View]) -> None:
    name, node = places(kind.name())[0]
    session = learned(name)
    offer = next(one for one in session.offers(node) if one.name == kind.name())
    for option, param in kind.params.items():
        values: list[object] = list(param.choices) or list(offer.choices.get(option, ()))[:3]
        if param.kind == "bool":
            values = [True, False]
        elif param.kind in ("int", "float") and param.min is not None:
            values = [param.min]
        for value in values:
            shown = session.view(kind.name(), node, {option: value})
            assert shown is not None and sound(draw(shown, 640, 440)) is None
    with pytest.raises(NeuralGraphError, match="has no option"):
        session.view(kind.name(), node, {"no_such": 1})


def sound(drawing: Drawing) -> str | None:
    """What is wrong with a drawing: numbers that are none, or marks far outside."""
    for mark in drawing.marks:
        match mark:
            case Line():
                points = np.asarray(mark.points, float)
            case Dots():
                points = np.asarray(mark.points, float)
            case Rect() | Picture():
                x, y, wide, high = mark.box
                points = np.array([(x, y), (x + wide, y + high)])
                if wide < 0 or high < 0:
                    return f"a box of {wide} × {high}"
            case Text():
                points = np.array([(mark.x, mark.y)])
                if not mark.text.isprintable():
                    return f"a text that cannot be read: {mark.text!r}"
        kept = points[np.isfinite(points).all(axis=1)]
        if not isinstance(mark, Line | Dots) and len(kept) < len(points):
            return f"{type(mark).__name__} at {points}"
        if len(kept) and (np.abs(kept).max() > 1e5 or kept[:, 0].min() < -drawing.width):
            return f"{type(mark).__name__} far outside: {kept.min(axis=0)} … {kept.max(axis=0)}"
    return None


def test_canary_a_bad_drawing_is_found() -> None:
    assert sound(Drawing(10, 10, (Rect((0, 0, -1, 2)),))) is not None
    assert sound(Drawing(10, 10, (Text(float("nan"), 0, "a"),))) is not None
    unread = Text(0, 0, "a\n")
    assert sound(Drawing(10, 10, (unread,))) is None  # a mark makes its words such as can be read
    object.__setattr__(unread, "text", "a\n")
    assert sound(Drawing(10, 10, (unread,))) is not None


def test_a_run_that_failed_before_its_first_step_hides_no_view() -> None:
    session = Session.open(examples() / "07-logic.ngraph")
    assert isinstance(list(session.train())[-1], Failed), "there is nothing to learn from"
    assert session.offers("")
    assert session.view("node-table") is not None
