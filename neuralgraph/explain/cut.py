"""A network from one of its values on: what comes out where that value is another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, fx

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.touched import AlteringWriter
from neuralgraph.validation.lens import downstream

Start = tuple[str, str]
"""A node and one of its outputs."""
Values = Mapping[Start, Tensor]


@dataclass(frozen=True, eq=False)
class Cut:
    """`run(value, around)` gives `wanted`, by node and output, as if `start` had given `value`.

    `around` are the values beside `start` that are needed: computed once, they serve for many values.
    """

    program: Program
    module: fx.GraphModule
    beside: tuple[Start, ...]
    wanted: tuple[Start, ...]

    def around(self, tensors: Mapping[str, Tensor]) -> dict[Start, Tensor]:
        """What is needed besides, for these rows."""
        found = self.program.trace(tensors, {id for id, _ in self.beside}) if self.beside else {}
        return {one: found[self.program.output_name(*one)].detach() for one in self.beside}

    def run(self, value: Tensor, around: Values) -> dict[Start, Tensor]:
        found = self.module(value, *(around[one] for one in self.beside))
        return dict(zip(self.wanted, found, strict=True))


def cut(program: Program, start: Start, wanted: Sequence[Start]) -> Cut:
    """The part of a network behind `start`. Shares the weights of `program`, and what is touched in it."""
    wanted = tuple(wanted)
    ids = behind(program, start[0], [id for id, _ in wanted])
    plain = program._writer(())
    writer = AlteringWriter(program.inference, program.root)
    if isinstance(plain, AlteringWriter):
        writer.alter, writer.skipped = plain.alter, plain.skipped
    else:
        writer.alter = _as_it_is
    writer.values[start] = writer.fx.placeholder("put_in_place")
    beside = _beside(program, start, ids, wanted)
    for number, one in enumerate(beside):
        writer.values[one] = writer.fx.placeholder(f"beside_{number}")
    writer.write(ids)
    writer.fx.output(tuple(writer.values[one] for one in wanted))
    writer.fx.lint()
    return Cut(program, fx.GraphModule(program.root, writer.fx, class_name="Behind"), beside, wanted)


def behind(program: Program, node: str, ends: Sequence[str]) -> list[str]:
    """The nodes between a node and some ends that depend on it, in order."""
    after = set(downstream(program._lens, [node])) - {node}
    return [id for id in program.path(ends) if id in after]


def _beside(program: Program, start: Start, ids: Sequence[str], wanted: tuple[Start, ...]) -> tuple[Start, ...]:
    """The values that these nodes take from elsewhere."""
    own = set(ids)
    taken = [edge.start for id in ids for edge in program.inference.wires[id].values()] + list(wanted)
    return tuple(dict.fromkeys(one for one in taken if one[0] not in own and one != start))


def _as_it_is(_graph: fx.Graph, _id: str, _output: str, value: fx.Node) -> fx.Node:
    return value


def at(program: Program, start: Start, tensors: Mapping[str, Tensor]) -> Tensor:
    """What an output is for these rows, without a tape."""
    return program.trace(tensors, (start[0],))[program.output_name(*start)].detach().clone()
