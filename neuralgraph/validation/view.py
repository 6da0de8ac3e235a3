"""What the rules look at: one level of a document, the document itself or the inside of a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.reading import Failure
from neuralgraph.spec import Catalog, Node, Spec
from neuralgraph.validation.lens import digraph

if TYPE_CHECKING:
    import networkx as nx

Specs = Mapping[str, Mapping[str, Spec]]


@dataclass(frozen=True)
class View:
    """What rules look at: the document, its node instances, its wires, and the specs as far as they are known."""

    graph: Graph
    catalog: Catalog
    nodes: Mapping[str, Node | Failure]
    wires: Mapping[str, Mapping[str, Edge]]
    specs: Specs
    path: str = ""
    """Where this level lies; "" is the document."""

    @cached_property
    def lens(self) -> nx.MultiDiGraph[str]:
        return digraph(self.graph)

    def of_role(self, *roles: str) -> Iterator[tuple[str, Node]]:
        return ((id, node) for id, node in self.nodes.items() if isinstance(node, Node) and node.role in roles)

    def spec(self, edge: Edge | None) -> Spec | None:
        return self.specs.get(edge.source, {}).get(edge.output) if edge is not None else None

    def into(self, id: str, port: str) -> Edge | None:
        return self.wires[id].get(port)

    def origin(self, edge: Edge | None) -> Edge | None:
        """The wire that leaves what computes the value of `edge`: beads between are passed through."""
        for _ in range(len(self.nodes)):
            node = self.nodes.get(edge.source) if edge is not None else None
            if edge is None or not isinstance(node, Node) or not node.passes:
                break
            edge = next(iter(self.wires[edge.source].values()), None)
        return edge
