"""Where nodes are computed when a graph is walked, the steps of a Recurrent laid out one after the other if wanted.

A node of its cell has a path for every step: `recurrent_1/3/linear_1` at t = 3, `recurrent_1/back/3/linear_1` where it
is read from the end as well. All steps use the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from neuralgraph.compiler.infer import Inference
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.resolve import resolve
from neuralgraph.compiler.shapes import invoke, pick
from neuralgraph.explain.apart.moment import End, Place
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Call, Node

Joint = Callable[[Mapping[str, Tensor], Tensor | None], list[Tensor]]
"""What a node passes on that only joins steps: from its inputs by port, and a value with as many rows."""


@dataclass(frozen=True, eq=False)
class Scope:
    """A drawing that is computed: the document, or a cell at one step. `prefix` stands before all its paths, `drawn`
    before the paths as they are drawn; `graph` has modules that are not laid out."""

    inference: Inference
    graph: Graph
    part: Callable[[str], nn.Module | None]
    prefix: str = ""
    drawn: str = ""
    time: tuple[int, ...] = ()
    backwards: bool = False

    def placed(self, id: str) -> Placed:
        return self.inference.graph.nodes[id]

    def wires(self, id: str) -> dict[str, Edge]:
        """What enters a node, by port, with the paths of this step."""
        return {port: Edge(self.prefix + edge.source, edge.output, self.prefix + id, port)
                for port, edge in self.inference.wires[id].items()}

    def seat(self, id: str) -> Seat:
        """A node that computes what it computes anywhere."""
        kind = self.inference.nodes[id]
        assert isinstance(kind, Node)
        positional, optional = arguments(kind, self.wires(id))
        wires = {name: edge for name, edge in (*positional, *optional.items()) if edge is not None}
        return Seat(self, id, kind, wires, self.inference.calls.get(id), self.part(self.placed(id).shares or id),
                    frozenset(optional))


@dataclass(frozen=True, eq=False)
class Seat:
    """A node in its scope: its type, the wires that enter it, and how it is computed.

    `joint` stands in for a call where steps are joined; `rows` is then a place with as many rows as it gives. `outside`
    is the wire at the Recurrent that one of its own is a part of; `weights` are those of a learned start by full name.
    """

    scope: Scope
    id: str
    kind: Node
    wires: Mapping[str, Edge]
    call: Call | None
    module: nn.Module | None
    optional: frozenset[str] = frozenset()
    joint: Joint | None = None
    rows: Place | None = None
    outside: End | None = None
    says: str = ""
    weights: Mapping[str, nn.Parameter] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.scope.prefix + self.id

    @property
    def drawn(self) -> str:
        """Its path as it was drawn: the same for all steps."""
        return self.scope.drawn + self.id

    @property
    def placed(self) -> Placed:
        return self.scope.placed(self.id)

    @property
    def passes(self) -> bool:
        """It gives what comes in: bypassed, or a bead on the wire."""
        return self.call is None and self.joint is None

    @property
    def when(self) -> str:
        """« at t = 3», or nothing."""
        if not self.scope.time:
            return ""
        return f" at t = {'.'.join(map(str, self.scope.time))}" + (", from the end" if self.scope.backwards else "")

    @property
    def named_weights(self) -> list[nn.Parameter]:
        return [*self.weights.values(), *(self.module.parameters() if self.module is not None else ())]

    def compute(self, inputs: Mapping[str, Tensor], module: nn.Module | None = None, rows: Tensor | None = None
                ) -> list[Tensor]:
        """What it gives, by the order of its outputs; `module` stands in for its own."""
        if self.joint is not None:
            return self.joint(inputs, rows)
        call = self.call
        if call is None:
            return [next(iter(inputs.values()))]
        target: Any = resolve(call.target)
        if call.kind == "module":
            target = module if module is not None else self.module
        given = [one for port, one in inputs.items() if port not in self.optional]
        result = invoke(call, target, given, {port: one for port, one in inputs.items() if port in self.optional})
        return [pick(result, path) for path in call.picks] if call.picks is not None else [result]


def outermost(program: Program) -> Scope:
    """The document itself."""
    return Scope(program.inference, program.document, program.part)


def seats(program: Program, ids: Iterable[str], inside: Collection[str] = ()) -> Iterator[Seat]:
    """The nodes `ids`, given in topological order, without sources and metrics; the Recurrents of the paths `inside`,
    as they are drawn, step by step."""
    return within(outermost(program), ids, inside)


def within(scope: Scope, ids: Iterable[str], inside: Collection[str]) -> Iterator[Seat]:
    """The same in any scope."""
    from neuralgraph.explain.apart.over_time import steps

    for id in ids:
        kind = scope.inference.nodes[id]
        if not isinstance(kind, Node) or kind.role in ("source", "metric"):
            continue
        if scope.drawn + id in inside and id in scope.inference.within and id in scope.inference.calls:
            yield from steps(scope, id, inside)
        else:
            yield scope.seat(id)


def recurrents(program: Program) -> tuple[str, ...]:
    """The Recurrents that can be laid out, by their paths as they are drawn: also those in the cell of another."""
    return tuple(_recurrents(program.inference, ""))


def _recurrents(inference: Inference, before: str) -> Iterator[str]:
    for id, inner in inference.within.items():
        if id in inference.calls:
            yield before + id
            yield from _recurrents(inner, f"{before}{id}/")


def around(program: Program, path: str) -> tuple[str, ...]:
    """The Recurrents to lay out so that there is a node of that path: `r/3/linear` → `("r",)`."""
    own = drawn_path(path)
    return tuple(one for one in recurrents(program) if own.startswith(f"{one}/") or path.startswith(f"{one}/")) \
        if path not in program.graph.nodes else ()


def drawn_path(path: str) -> str:
    """A path without the numbers of steps and turns: `r/3/block/linear` → `r/block/linear`."""
    return "/".join(one for one in path.split("/") if not one.isdigit() and one != "back")


def seat_of(program: Program, path: str) -> Seat | None:
    """The seat of a path, as it is drawn or at one step; None where nothing is computed there."""
    if path in program.graph.nodes:
        return outermost(program).seat(path) if path in program.inference.nodes else None
    return _found(program, path, around(program, path))


def gathering(program: Program, path: str) -> Seat | None:
    """The seat of a Recurrent whose steps are laid out: where they come together."""
    return _found(program, path, {*around(program, path), drawn_path(path)})


def _found(program: Program, path: str, inside: Collection[str]) -> Seat | None:
    ends = [one for one in program.inference.within if path == one or path.startswith(f"{one}/")]
    return next((one for one in seats(program, ends, inside) if one.path == path), None) if inside else None
