"""Networks to export, and what every exported file has to hold."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import torch

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import concrete
from neuralgraph.graph.edits import ChangeNode


def values(program: Program, keys: tuple[str, ...], rows: int = 3) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    found = []
    for key in keys:
        id, output, _ = program.sources[key]
        spec = program.inference.specs[id][output]
        shape = [concrete(size, rows) for size in spec.shape]
        found.append(torch.randn(shape, generator=draw) if spec.dtype == "float32"
                     else torch.randint(spec.classes or 2, shape, generator=draw))
    return found


def exported(g: ng.Graph, width: int = 120) -> str:
    """The text, after everything was compared that it promises."""
    program, text = ng.compile(g, seed=3), ng.to_python(g)
    assert all(len(line) <= width for line in text.splitlines()), max(text.splitlines(), key=len)
    network = namespace(text)["Network"]()
    own, wanted = network.state_dict(), program.state_dict()
    assert {name: one.shape for name, one in own.items()} == {name: one.shape for name, one in wanted.items()}
    learns = {name: one.requires_grad for name, one in program.root.named_parameters()}
    assert {name: one.requires_grad for name, one in network.named_parameters()} == learns
    program.load_state_dict(own)
    network.load_state_dict(wanted)
    program.load_state_dict(wanted)
    network.eval()
    rows = values(program, program.module_inputs)
    with program.quiet(), torch.no_grad():
        expected, made = program.module(*rows), network(*rows)
        if len(expected) == 1:
            made = {next(iter(expected)): made}
        assert list(made) == list(expected)
        for name, one in expected.items():
            assert torch.equal(made[name], one), name
        if program.losses:
            keys = program.needed(program.losses)
            tensors = dict(zip(program.training_inputs, values(program, program.training_inputs), strict=True))
            total = getattr(network, "total_loss" if "def total_loss" in text else "objective")
            assert torch.equal(total(*(tensors[key] for key in keys)), program.training(*tensors.values())[0])
    return text


def namespace(text: str) -> dict[str, Any]:
    """What a file defines."""
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "exported", "exec"), space)  # our own code, written a line ago
    return space


def classes(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]


def tail(text: str, name: str = "Network") -> str:
    """The source of one class."""
    node = next(one for one in ast.parse(text).body if isinstance(one, ast.ClassDef) and one.name == name)
    return ast.get_source_segment(text, node) or ""


def block(width: int = 6) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(width,))
    h = g.add("ReLU", g.add("Linear", x, out_features=width, id="inner"))
    g.add("Output", g.add("Add", x, h), id="y")
    return g


def blocks(repeat: int = 1, **params: Any) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(6,), id="x")
    g.define("Block", block())
    h = g.add("Module", x, definition="Block", repeat=repeat, id="b", **params)
    g.add("Output", g.add("Linear", h, out_features=3, id="head"), id="out")
    return g


def change(g: ng.Graph, id: str, **fields: Any) -> None:
    g.session.edit(ChangeNode(replace(g.session.graph.nodes[id], **fields)))


# -- cells -----------------------------------------------------------------------------------------------------------


def lstm_cell(initial: str = "zero") -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3,))
    h = g.add("State", state="h", shape=(4,), initial=initial, id="h")
    c = g.add("State", state="c", shape=(4,), initial=initial, id="c")
    both = g.add("Concat", x, h, id="both")
    gates = {id: g.add("Linear", both, out_features=4, id=id) for id in ("i", "f", "g", "o")}
    kept = g.add("Mul", g.add("Sigmoid", gates["f"]), c, id="kept")
    new = g.add("Mul", g.add("Sigmoid", gates["i"]), g.add("Tanh", gates["g"]), id="new")
    memory = g.add("Add", kept, new, id="memory")
    y = g.add("Mul", g.add("Sigmoid", gates["o"]), g.add("Tanh", memory), id="hidden")
    g.add("Output", y, id="y")
    g.add("NextState", y, state="h", id="next_h")
    g.add("NextState", memory, state="c", id="next_c")
    return g


def gru_cell(initial: str = "zero") -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(3,))
    h = g.add("State", state="h", shape=(4,), initial=initial, id="h")
    both = g.add("Concat", x, h)
    z = g.add("Sigmoid", g.add("Linear", both, out_features=4, id="update"), id="z")
    r = g.add("Sigmoid", g.add("Linear", both, out_features=4, id="reset"), id="r")
    new = g.add("Tanh", g.add("Linear", g.add("Concat", x, g.add("Mul", r, h)), out_features=4, id="fresh"), id="n")
    y = g.add("Add", new, g.add("Mul", z, g.add("Sub", h, new)), id="mixed")
    g.add("Output", y, id="y")
    g.add("NextState", y, state="h", id="next_h")
    return g


def over_time(cell: ng.Graph, name: str, wired: tuple[str, ...] = (), **params: Any) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Input", shape=(5, 3), id="x")
    g.define(name, cell)
    firsts = [g.add("Input", shape=(4,), id=f"first_{state}") for state in wired]
    run = g.add("Recurrent", x, *firsts, definition=name, id="run", **params)
    for output in g.session.ports_of("run")[1]:
        g.add("Output", run[output], id=f"out_{output}")
    return g
