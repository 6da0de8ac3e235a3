"""One node alone in a graph, on tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from neuralgraph.compiler.infer import Inference, infer
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import Memo
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Spec


def inferred(
    kind: str, tensors: Mapping[str, Tensor], unbatched: Iterable[str] = (), **params: Any
) -> tuple[Graph, Inference]:
    """The node with an input on each port; the first axis is the batch but where `unbatched` says otherwise."""
    nodes, edges, sources = {"it": Placed("it", kind, FrozenDict(params))}, {}, {}
    for port, one in tensors.items():
        nodes[f"in_{port}"] = Placed(f"in_{port}", "Input")
        edges["it", port] = Edge(f"in_{port}", "out", "it", port)
        shape = tuple(one.shape) if port in unbatched else ("N", *one.shape[1:])
        sources[f"in_{port}"] = {"out": Spec(shape, str(one.dtype).removeprefix("torch."))}
    graph = Graph(nodes, edges)
    return graph, infer(graph, CATALOG, sources, Memo())


def alone(kind: str, tensors: Mapping[str, Tensor], unbatched: Iterable[str] = (), **params: Any) -> Program:
    """The same, compiled."""
    graph, inference = inferred(kind, tensors, unbatched, **params)
    assert not inference.problems, inference.problems
    return Program(graph, inference, seed=0)


def values(made: Program, tensors: Mapping[str, Tensor], *, grad: bool = False) -> list[Tensor]:
    """What comes out of it."""
    return list(made.trace({f"in_{port}": one for port, one in tensors.items()}, ["it"], grad=grad).values())


def complaint(kind: str, tensors: Mapping[str, Tensor], unbatched: Iterable[str] = (), **params: Any) -> str:
    """The message of its one problem."""
    (problem,) = inferred(kind, tensors, unbatched, **params)[1].problems
    return problem.message
