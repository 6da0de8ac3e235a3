"""Receptive fields: by arithmetic, by trying, by a gradient of ones, and by the textbook."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.explain.receptive import counted, field, probed
from neuralgraph.session import Session


def network(*layers: tuple[str, dict[str, Any]], size: int = 24) -> tuple[Session, list[str]]:
    graph = ng.Graph()
    image = graph.add("Input", id="image", shape=(1, size, size))
    x, ids = image, []
    for number, (type, params) in enumerate(layers):
        x = graph.add(type, x, id=f"n{number}", **params)
        ids.append(x.id)
    graph.add("Output", x, id="answer")
    return graph.session, ids


CONV = ("Conv2d", {"out_channels": 3, "kernel_size": 3, "padding": 1})
STACKS = {
    "two convolutions": (CONV, ("ReLU", {}), CONV),
    "pool between": (CONV, ("MaxPool2d", {"kernel_size": 2}), CONV, ("Tanh", {})),
    "stride and dilation": (("Conv2d", {"out_channels": 2, "kernel_size": 5, "stride": 2, "padding": 2}),
                            ("Conv2d", {"out_channels": 2, "kernel_size": 3, "dilation": 2})),
    "average": (CONV, ("AvgPool2d", {"kernel_size": 3, "stride": 2}), ("BatchNorm2d", {}), CONV),
    "up again": (CONV, ("MaxPool2d", {"kernel_size": 2}),
                 ("ConvTranspose2d", {"out_channels": 2, "kernel_size": 3, "stride": 2, "padding": 1})),
    "one axis": (("Conv2d", {"out_channels": 2, "kernel_size": (1, 5), "padding": (0, 2)}), CONV),
}


@pytest.mark.parametrize("name", STACKS)
def test_counting_and_trying_agree_at_every_place(name: str) -> None:
    session, ids = network(*STACKS[name])
    program = session.compile()
    start = ("image", "out")
    value = torch.rand(1, 1, 24, 24)
    shape = program.inference.specs[ids[-1]]["out"].shape[2:]
    with program.quiet():
        for place in ((0, 0), (int(shape[0]) // 2, int(shape[1]) // 3), (int(shape[0]) - 1, int(shape[1]) - 1)):
            found = counted(program, start, ids[-1], place)
            assert found is not None
            assert found.inside((24, 24)) == probed(program, start, ids[-1], place, value, {}), place


def test_a_gradient_of_ones_says_the_same() -> None:
    session, ids = network(*STACKS["stride and dilation"])
    program = session.compile()
    with torch.no_grad():
        for one in program.root.parameters():
            one.fill_(1.0)
    x = torch.ones(1, 1, 24, 24, requires_grad=True)
    value = program.trace({"image": x}, (ids[-1],), grad=True)[ids[-1]]
    slope = torch.autograd.grad(value[0, 0, 3, 4], x)[0][0, 0]
    rows, columns = slope.sum(dim=1).nonzero().flatten(), slope.sum(dim=0).nonzero().flatten()
    found = counted(program, ("image", "out"), ids[-1], (3, 4))
    assert found is not None
    assert found.spans == ((int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1])))
    assert found.stride == (2.0, 2.0) and found.size == (13, 13)  # 5 + 2 · (3 − 1) · 2


def test_sizes_of_the_textbook() -> None:
    session, ids = network(*[CONV] * 3)
    program = session.compile()
    sizes = [one.size if (one := counted(program, ("image", "out"), id, (9, 9))) else None for id in ids]
    assert sizes == [(3, 3), (5, 5), (7, 7)]


def test_what_mixes_places_is_tried() -> None:
    session, ids = network(CONV, ("AdaptiveAvgPool2d", {"output_size": 2}))
    program = session.compile()
    assert counted(program, ("image", "out"), ids[-1], (0, 0)) is None
    with program.quiet():
        found, how = field(program, ("image", "out"), ids[-1], (0, 0), torch.rand(1, 1, 24, 24), {})
    assert found is not None and how == "found by trying"
    assert found.spans == ((0, 12), (0, 12))
