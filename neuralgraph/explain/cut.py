"""A network from one of its values on: what comes out where that value is another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, fx

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.touched import AlteringWriter

Start = tuple[str, str]
"""A node and one of its outputs."""


@dataclass(frozen=True, eq=False)
class Cut:
    """`run(value, tensors)` gives `wanted`, by node and output, as if `start` had given `value`."""

    module: fx.GraphModule
    keys: tuple[str, ...]
    wanted: tuple[Start, ...]

    def run(self, value: Tensor, tensors: Mapping[str, Tensor]) -> dict[Start, Tensor]:
        found = self.module(value, *(tensors[key] for key in self.keys))
        return dict(zip(self.wanted, found, strict=True))


def cut(program: Program, start: Start, wanted: Sequence[Start]) -> Cut:
    """The part of a network behind `start`, and what that needs of the data. Shares the weights of `program`."""
    wanted = tuple(wanted)
    graph, keys = _written(program, start, wanted)
    module = fx.GraphModule(program.root, graph, class_name="Behind")
    module.graph.eliminate_dead_code()
    used = {node.name for node in module.graph.nodes if node.op == "placeholder" and node.users}
    names = [node.name for node in module.graph.nodes if node.op == "placeholder"][1:]
    kept = tuple(key for key, name in zip(keys, names, strict=True) if name in used)
    for node in list(module.graph.nodes):
        if node.op == "placeholder" and node.name in names and node.name not in used:
            module.graph.erase_node(node)
    module.recompile()
    return Cut(module, kept, wanted)


def _written(program: Program, start: Start, wanted: tuple[Start, ...]) -> tuple[fx.Graph, tuple[str, ...]]:
    ids = list(dict.fromkeys(id for id, _ in wanted))
    keys = program.needed(ids)
    plain = program._writer(keys)
    writer = AlteringWriter(program.inference, program.root)
    before = plain.alter if isinstance(plain, AlteringWriter) else _as_it_is
    writer.skipped = plain.skipped if isinstance(plain, AlteringWriter) else frozenset()
    put = writer.fx.placeholder("put_in_place")

    def alter(graph: fx.Graph, id: str, output: str, value: fx.Node) -> fx.Node:
        return put if (id, output) == start else before(graph, id, output, value)

    writer.alter = alter
    writer.placeholders((key, *program._sources[key]) for key in keys)
    writer.write(program.path(ids))
    writer.fx.output(tuple(writer.values[one] for one in wanted))
    return writer.fx, keys


def _as_it_is(_graph: fx.Graph, _id: str, _output: str, value: fx.Node) -> fx.Node:
    return value


def at(program: Program, start: Start, tensors: Mapping[str, Tensor]) -> Tensor:
    """What an output is for these rows, without a tape."""
    id, output = start
    if program.node(id).role == "source":
        key = next(key for key, found in program._sources.items() if found == start)
        return tensors[key].detach().clone()
    return program.trace(tensors, (id,))[program.output_name(id, output)].detach().clone()
