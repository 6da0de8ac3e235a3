"""A first network for data that somebody brings: small, plain, and complete, so that one click trains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuralgraph.data.guess import guess
from neuralgraph.data.reach import Reach
from neuralgraph.data.sources import describe
from neuralgraph.errors import DataError
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import counted, fresh
from neuralgraph.graph.planning import planned
from neuralgraph.spec import Catalog, Spec

COLUMN, ROW = 240.0, 200.0
WIDTH = 32
SMALLEST = 12
"""Pictures that are smaller are looked at without convolutions."""


@dataclass(frozen=True, slots=True)
class Source:
    """A data node for a file: its type, its parameters, the path it reads, what it delivers."""

    type: str
    params: dict[str, Any]
    place: Path
    specs: Mapping[str, Spec]


def source(path: Path, catalog: Catalog) -> Source:
    """The data node that reads a file or folder; `DataError` where none does.

    Gaps in a table are filled where it can be read no other way; the node says so.
    """
    kind, params = guess(path)
    place = path.parent if kind == "IdxImages" and path.is_file() and path.name.startswith("train") else path

    def read(**more: Any) -> Source:
        given = {**params, **more}
        return Source(kind, given, place, describe(catalog[kind](**given, path=place.name), Reach(place.parent)))

    try:
        return read()
    except DataError:
        if "missing" not in catalog[kind].params:
            raise
    return read(missing="median")


@dataclass(slots=True)
class _Sketch:
    """A chain of nodes from left to right."""

    graph: Graph = field(default_factory=Graph)
    last: tuple[str, str] = ("", "")
    at: float = 0.0

    def add(self, kind: str, **params: Any) -> str:
        return self.put(kind, {"x": self.last} if self.last[0] else {}, **params)

    def put(self, kind: str, wires: Mapping[str, tuple[str, str]], *, back: int = 0, **params: Any) -> str:
        """A node at the end of the chain, or so many columns before it in a row below."""
        id = fresh(self.graph, kind)
        placed = Placed(id, kind, FrozenDict(params), self.at - back * COLUMN, ROW if back else 0.0)
        edges = {(id, port): Edge(source, output, id, port) for port, (source, output) in wires.items()}
        self.graph = self.graph.having(nodes={**self.graph.nodes, id: placed}, edges={**self.graph.edges, **edges},
                                       counters=counted(self.graph.counters, id))
        if not back:
            self.at += COLUMN
            self.last = (id, "out")
        return id


def starter(path: Path, catalog: Catalog) -> tuple[Graph, Path]:
    """A document with a data node and a network on it, and the path it reads, which lies beside it.

    There is only the data node where no network is known for such data.
    """
    found = source(path, catalog)
    made = _Sketch(Graph(title=path.stem))
    data = made.add(found.type, **found.params, path=found.place.name)
    made.last = (data, "x")
    x, y = found.specs["x"], found.specs["y"]
    if not _body(made, x, y):
        return made.graph, found.place
    made.add("Linear", out_features=y.classes if y.classes is not None else y.shape[-1])
    told_on = y.classes is not None and y.rank == 2
    if told_on:
        made.add("Permute", dims=(0, 2, 1))
    losses = ("CrossEntropyLoss", "Accuracy") if y.classes is not None else ("MSELoss", "MeanAbsoluteError")
    end = {"input": made.last, "target": (data, "y")}
    for back, one in zip((3, 2), losses, strict=True):
        made.put(one, end, back=back)
    plan = planned(made.graph.plan, epochs=10, lr=1e-3) if x.rank == 4 or told_on else planned(
        made.graph.plan, epochs=100, lr=3e-3)
    return made.graph.having(plan=plan), found.place


def _body(made: _Sketch, x: Spec, y: Spec) -> bool:
    """What comes between the data and the last layer; False where there is no telling."""
    if not all(isinstance(size, int) for size in x.shape[1:]):
        return False
    if x.dtype == "int64" and x.rank == 2:
        made.add("Embedding", num_embeddings=x.classes or 1_000, embedding_dim=WIDTH)
        if y.shape == x.shape:  # at every place the next token is to be told
            made.last = made.add("LSTM", hidden_size=4 * WIDTH), "output"
            return True
        made.add("Mean", dim=(1,))
        return True
    if x.dtype != "float32" or x.rank not in (2, 4) or y.rank != (1 if y.classes is not None else 2):
        return False
    sides = [size for size in x.shape[2:] if isinstance(size, int)]
    if x.rank == 4 and min(sides) >= SMALLEST:
        for channels in (16, 32):
            made.add("Conv2d", out_channels=channels, kernel_size=3, padding=1)
            made.add("ReLU")
            made.add("MaxPool2d")
    if x.rank == 4:
        made.add("Flatten")
    else:
        made.add("Standardize")
    made.add("Linear", out_features=WIDTH)
    made.add("ReLU")
    return True
