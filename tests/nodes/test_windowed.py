"""Windows that end before the edge: what is said of it is what torch leaves out, and every remedy mends it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.nodes import CATALOG
from neuralgraph.nodes.windowed import Slide
from neuralgraph.spec import Remark, Spec


def remarks(name: str, *shape: int, **params: object) -> tuple[Remark, ...]:
    return CATALOG[name](**params).remarks(Spec(("N", 3, *shape)))


def reached(size: int, kernel: int, stride: int, padding: int) -> int:
    """How many points before the far edge get no gradient from any window."""
    x = torch.zeros(1, 1, size, requires_grad=True)
    ones = torch.ones(1, 1, kernel)
    torch.nn.functional.conv1d(x, ones, stride=stride, padding=padding).sum().backward()
    assert x.grad is not None
    seen = x.grad[0, 0].nonzero()
    return size - 1 - int(seen[-1])


def test_it_counts_what_torch_never_sees() -> None:
    tried = 0
    for size, kernel, stride, padding, dilation in itertools.product(
            range(4, 14), (1, 2, 3, 5), (1, 2, 3, 4), (0, 1, 2), (1, 2)):
        slide = Slide(size, kernel, stride, padding, dilation)
        if slide.room < 0 or stride > slide.span or padding >= slide.span:
            continue
        tried += 1
        assert slide.unseen == reached(size, slide.span, stride, padding), slide
    assert tried > 300


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), [(11, 3, 5, 1), (12, 3, 4, 1), (14, 4, 4, 1)])
def test_a_rim_that_goes_around_shows_the_far_edge(size: int, kernel: int, stride: int, padding: int) -> None:
    x = torch.zeros(1, 3, size, requires_grad=True)
    call = CATALOG["Conv1d"](kernel_size=kernel, stride=stride, padding=padding, padding_mode="circular")
    layer = torch.nn.Conv1d(3, 1, kernel, stride, padding, padding_mode="circular")
    layer(x).sum().backward()
    assert x.grad is not None
    gap = max(0, stride - kernel)
    unseen = int((x.grad[0].abs().sum(0) == 0).sum())
    edge = Slide(size, kernel, stride, padding, around=True)
    inner = gap * (edge.room // stride)  # the gaps between the windows
    assert max(0, unseen - inner - gap) == edge.unseen
    assert bool(call.remarks(Spec(("N", 3, size)))) == bool(edge.unseen)


def test_a_gap_such_as_lies_between_all_windows_is_nothing_to_tell() -> None:
    assert Slide(8, 1, 2).unseen == 0  # a shortcut that takes every second pixel
    assert Slide(9, 2, 4).unseen == reached(9, 2, 4, 0) - 2 == 1


def test_the_row_of_the_mission() -> None:
    (found,) = remarks("Conv2d", 10, 10, kernel_size=3, stride=2)
    assert found.text == "the last row and column of the 10 × 10 that come in are never seen"
    assert found.hint == ("(10 − 3) / 2 + 1 = 4.5 is rounded down to 4. "
                          "All is seen with padding = 1 or kernel_size = 4.")
    (alex,) = remarks("Conv2d", 224, 224, kernel_size=11, stride=4)
    assert "54.25 is rounded down to 54" in alex.hint
    assert not remarks("Conv2d", 227, 227, kernel_size=11, stride=4)


@pytest.mark.parametrize(("name", "shape", "params", "text"), [
    ("Conv1d", (10,), {"stride": 2}, "the last step of the 10 that come in is never seen"),
    ("MaxPool1d", (11,), {"kernel_size": 3}, "the last 2 steps of the 11 that come in are never seen"),
    ("AvgPool2d", (8, 11), {"kernel_size": (2, 3)}, "the last 2 columns of the 8 × 11 that come in are never seen"),
    ("MaxPool2d", (7, 11), {"kernel_size": (2, 3)},
     "the last row and the last 2 columns of the 7 × 11 that come in are never seen"),
    ("Conv3d", (4, 4, 4), {"stride": 2}, "the last slice, row and column of the 4 × 4 × 4 that come in are never seen"),
    ("LPPool2d", (5, 4), {}, "the last row of the 5 × 4 that come in is never seen"),
    ("Unfold", (6, 6), {"stride": 2}, "the last row and column of the 6 × 6 that come in are never seen"),
    ("MaxPool3d", (5, 4, 4), {}, "the last slice of the 5 × 4 × 4 that come in is never seen"),
])
def test_every_layer_with_a_window_says_so(name: str, shape: tuple[int, ...], params: dict[str, object],
                                           text: str) -> None:
    (found,) = remarks(name, *shape, **params)
    assert found.text == text
    for way in found.ways:
        mended = {**params, **dict(way)}
        assert not remarks(name, *shape, **mended), way


def test_what_leaves_nothing_out_says_nothing() -> None:
    assert not remarks("Conv2d", 32, 32, kernel_size=3, stride=2, padding=1)  # only the rim is cut
    assert not remarks("MaxPool2d", 7, 7, ceil_mode=True)
    assert not remarks("ConvTranspose2d", 7, 7)
    assert not remarks("AdaptiveAvgPool2d", 7, 7, output_size=2)
    assert not remarks("Conv2d", 7, 7)


def test_a_wider_pooling_window_would_move_further_too_and_is_not_proposed() -> None:
    (found,) = remarks("MaxPool2d", 7, 7)
    assert [name for way in found.ways for name, _ in way] == ["ceil_mode", "padding"]
    (found,) = remarks("MaxPool2d", 8, 8, kernel_size=3, stride=2)
    assert [name for way in found.ways for name, _ in way] == ["ceil_mode", "padding", "kernel_size"]


def drawn() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(1, 10, 10), id="x")
    g.add("Output", g.add("Conv2d", x, kernel_size=3, stride=2, out_channels=2, id="window"))
    return g


def test_it_is_a_note_with_a_place_that_stops_nothing_and_its_fix_mends_it() -> None:
    g = drawn()
    (found,) = [one for one in ng.check(g) if one.code == "unseen_edge"]
    assert (found.severity, found.node, found.port) == ("note", "window", "x")
    assert found.message == "window: the last row and column of the 10 × 10 that come in are never seen."
    assert ng.compile(g) is not None
    for fix in found.fixes:
        assert fix.edit is not None
        g.session.edit(fix.edit)
        assert not [one for one in ng.check(g) if one.code == "unseen_edge"], fix.label
        g.session.history.undo()
    assert [fix.label for fix in found.fixes] == ["Set padding = 1", "Set kernel_size = 4"]


def test_in_a_module_it_is_told_once_and_the_fix_goes_inside() -> None:
    inside = ng.Graph()
    x = inside.add("Input", shape=(1, 10, 10), id="x")
    inside.add("Output", inside.add("MaxPool2d", x, kernel_size=3, stride=2, id="pool"), id="out")
    g = ng.Graph()
    name = g.define("Half", inside)
    x = g.add("Input", shape=(1, 10, 10), id="x")
    for id in ("one", "two"):
        g.add("Output", g.add("Module", x, definition=name, id=id))
    (found,) = [one for one in ng.check(g) if one.code == "unseen_edge"]
    assert found.node == "one/pool" and found.message.startswith("In Half: pool: the last row")
    assert found.fixes[0].edit is not None
    g.session.edit(found.fixes[0].edit)
    assert not [one for one in ng.check(g) if one.code == "unseen_edge"]


def test_a_bypassed_window_leaves_nothing_out() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(1, 7, 7), id="x")
    g.add("Output", g.add("MaxPool2d", x, id="pool"))
    g.session.edit(ChangeNode(replace(g.session.graph.nodes["pool"], bypassed=True)))
    assert not [one for one in ng.check(g) if one.code == "unseen_edge"]
