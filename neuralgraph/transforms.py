"""Networks laid out in another way that compute the same: layers as convolutions, chains as one layer, a layer as the
elementary nodes that it is made of. Each is one undoable edit, and what was learnt goes along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Group, RemoveNode, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.reading import node_in
from neuralgraph.graph.stages import names_it, renamed
from neuralgraph.graph.typed import pinned
from neuralgraph.graph.wiring import Refusal
from neuralgraph.spec import Catalog, Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

Made = tuple[Edit, tuple[str, ...]]
"""The edit, and the ids of what it brings."""
Weights = Callable[[str], "Mapping[str, NDArray[Any]] | None"]
"""The present weights of a node by name; None where they are not known, or too many to be typed in."""

ACROSS = ("Softmax", "LogSoftmax", "Softmin", "GLU")
"""Activations that look at several numbers at once."""
BETWEEN = ("Dropout", "AlphaDropout", "GaussianNoise", "Dot")
"""What else takes every number by itself."""
WIDE, HIGH = 150.0, 120.0


class _Drawing:
    """Collects edits."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.edits: list[Edit] = []
        self.taken: dict[str, object] = {}
        self.moves: list[tuple[str, str]] = []

    def put(self, like: Placed, type: str, params: Mapping[str, object], dx: float = 0.0, dy: float = 0.0) -> str:
        """A new node beside another one."""
        id = fresh(self.graph, type, self.taken)
        self.taken[id] = True
        self.edits.append(AddNode(Placed(id, type, FrozenDict(params), like.x + dx, like.y + dy, frozen=like.frozen)))
        return id

    def wire(self, source: tuple[str, str], target: str, port: str) -> None:
        self.edits.append(Connect(Edge(*source, target, port)))

    def instead(self, old: str, start: tuple[str, str]) -> None:
        """All that an output fed is fed from there."""
        for edge in self.graph.out_of(old):
            self.wire(start, *edge.end)

    def done(self, label: str, *new: str) -> Made:
        plan = self.graph.plan
        for old, now in self.moves:
            plan = renamed(plan, old, now) if names_it(plan, old) else plan
        if plan is not self.graph.plan:
            self.edits.append(SetPlan(plan))
        return Group(label, tuple(self.edits), tuple(self.moves)), new


# -- fully connected as convolutions ---------------------------------------------------------------------------------


def to_convolutions(
    graph: Graph, catalog: Catalog, id: str, inputs: Mapping[str, Mapping[str, Spec]]
) -> Made | Refusal:
    """The Linears behind a Flatten as Conv2d: the first as wide as the image, the others 1 × 1.

    It computes the same, and behind the Flatten that now stands at the end of it lie maps of scores, where larger
    images come in. `id` is the Flatten or a Linear directly behind it.
    """
    placed = graph.nodes[id]
    edge = graph.edges.get((id, "x"))
    if placed.type == "Linear" and edge is not None and graph.nodes[edge.source].type == "Flatten":
        id = edge.source
    elif placed.type != "Flatten":
        return Refusal("Select the Flatten before fully connected layers, or the first Linear behind it.")
    spec, start = inputs.get(id, {}).get("x"), graph.edges.get((id, "x"))
    node = node_in(graph, id, catalog)
    whole = node is not None and node.values["start_dim"] == 1 and node.values["end_dim"] in (-1, 3)
    if spec is None or start is None or spec.rank != 4 or not whole:
        return Refusal(f"{graph.nodes[id].name} does not flatten images N × C × H × W, so there is nothing to slide "
                       "over.")
    size = (int(spec.shape[2]), int(spec.shape[3]))
    drawing = _Drawing(graph)
    found = _Convolved(drawing, catalog).walk(id, start.start, size)
    return found if isinstance(found, Refusal) else drawing.done("Turn into convolutions", *found)


class _Convolved:
    """Walks from a Flatten to where values are no longer taken one by one."""

    def __init__(self, drawing: _Drawing, catalog: Catalog) -> None:
        self.drawing, self.graph, self.catalog = drawing, drawing.graph, catalog
        self.made: list[str] = []

    def walk(self, flatten: str, start: tuple[str, str], size: tuple[int, int]) -> list[str] | Refusal:
        drawing, todo = self.drawing, [(flatten, start, size)]
        ends: dict[tuple[str, str], str] = {}
        while todo:
            old, source, kernel = todo.pop()
            for edge in self.graph.out_of(old):
                placed = self.graph.nodes[edge.target]
                if placed.type == "Linear":
                    if why := self._unfit(placed):
                        return Refusal(why)
                    new = self._convolution(placed, source, kernel)
                    todo.append((placed.id, (new, "out"), (1, 1)))
                elif self._one_by_one(placed):
                    if edge.source != source[0]:
                        drawing.wire(source, *edge.end)
                    todo.append((placed.id, (placed.id, "out"), kernel))
                else:
                    if source not in ends:
                        ends[source] = drawing.put(placed, "Flatten", {}, -WIDE)
                        drawing.wire(source, ends[source], "x")
                    drawing.wire((ends[source], "out"), *edge.end)
        if not self.made:
            return Refusal("There is no Linear behind it.")
        drawing.edits += [RemoveNode(one) for one in (flatten, *(old for old, _ in drawing.moves))]
        return self.made

    def _unfit(self, placed: Placed) -> str:
        twins = [one.id for one in self.graph.nodes.values() if one.shares == placed.id]
        if placed.shares is not None or twins:
            return f"{placed.name} shares its weights. Give it weights of its own first."
        if placed.weights or placed.bypassed:
            return f"{placed.name} has typed-in weights or is bypassed. Unpin them, or take it out, first."
        return ""

    def _one_by_one(self, placed: Placed) -> bool:
        node = node_in(self.graph, placed.id, self.catalog)
        return node is not None and (placed.type in BETWEEN or (
            node.category == "Activations" and placed.type not in ACROSS)) and len(node.ports) == 1

    def _convolution(self, placed: Placed, source: tuple[str, str], kernel: tuple[int, int]) -> str:
        drawing, values = self.drawing, self.catalog["Linear"](**placed.params).values
        new = fresh(self.graph, "Conv2d", drawing.taken)
        drawing.taken[new] = True
        params = {"out_channels": values["out_features"], "kernel_size": kernel, "bias": values["bias"]}
        drawing.edits.append(AddNode(replace(placed, id=new, type="Conv2d", params=FrozenDict(params))))
        drawing.wire(source, new, "x")
        drawing.moves.append((placed.id, new))
        self.made.append(new)
        return new


# -- a chain of linear layers as one ---------------------------------------------------------------------------------


def collapse(graph: Graph, catalog: Catalog, id: str, weights: Weights) -> Made | Refusal:
    """Linears that follow each other without an activation between, as one Linear: the product of their matrices."""
    import numpy as np

    if graph.nodes[id].type != "Linear":
        return Refusal("Select a Linear that follows another one without an activation between.")
    chain = _chain(graph, id)
    layers = [one for one in chain if graph.nodes[one].type == "Linear"]
    if len(layers) < 2:
        return Refusal(f"{graph.nodes[id].name} stands alone: no Linear lies next to it without an activation between.")
    shared = next((one for one in layers if graph.nodes[one].shares or any(
        other.shares == one for other in graph.nodes.values())), None)
    if shared is not None:
        return Refusal(f"{graph.nodes[shared].name} shares its weights. Give it weights of its own first.")
    matrix: Any = None
    offset: Any = 0.0
    biased = False
    for one in layers:
        own = weights(one)
        if own is None or "weight" not in own:
            return Refusal(f"The weights of {graph.nodes[one].name} are not known yet, or too many to multiply here.")
        matrix = own["weight"] if matrix is None else own["weight"] @ matrix
        offset = own["weight"] @ offset if biased else 0.0
        if "bias" in own:
            offset, biased = offset + own["bias"], True
    first, last = graph.nodes[chain[0]], graph.nodes[chain[-1]]
    drawing = _Drawing(graph)
    new = drawing.put(last, "Linear", {"out_features": len(matrix), **({} if biased else {"bias": False})})
    drawing.wire(graph.edges[first.id, "x"].start, new, "x")
    drawing.instead(last.id, (new, "out"))
    drawing.edits += [RemoveNode(one) for one in chain]
    numbers = {"weight": np.asarray(matrix, float)} | ({"bias": np.asarray(offset, float)} if biased else {})
    return _typed(drawing, "Collapse linear layers", {new: numbers}, (new,))


def _chain(graph: Graph, id: str) -> list[str]:
    """Linears and what only passes, each the only one fed by the one before."""
    def passes(one: str) -> bool:
        placed = graph.nodes[one]
        return placed.type in ("Linear", "Identity", "Dot") and not placed.bypassed

    chain = [id]
    while (edge := graph.edges.get((chain[0], "x"))) is not None and passes(edge.source) and (
            len(list(graph.out_of(edge.source))) == 1) and edge.source not in chain:
        chain.insert(0, edge.source)
    while len(after := list(graph.out_of(chain[-1]))) == 1 and passes(after[0].target) and (
            after[0].target not in chain):
        chain.append(after[0].target)
    while graph.nodes[chain[0]].type != "Linear":
        del chain[0]
    while graph.nodes[chain[-1]].type != "Linear":
        del chain[-1]
    return chain


def _typed(drawing: _Drawing, label: str, numbers: Mapping[str, Mapping[str, Any]], new: tuple[str, ...]) -> Made:
    """With these weights typed in."""
    after = Group(label, tuple(drawing.edits)).apply(drawing.graph)[0]
    for id, some in numbers.items():
        edit = pinned(after, id, {name: one.tolist() for name, one in some.items()})
        drawing.edits.append(edit)
        after = edit.apply(after)[0]
    return drawing.done(label, *new)


# -- a layer as elementary nodes -------------------------------------------------------------------------------------


def expand(graph: Graph, id: str, weights: Weights) -> Made | Refusal:
    """A Linear, Sigmoid, Tanh or ReLU as the elementary nodes that it is made of."""
    placed, edge = graph.nodes[id], graph.edges.get((id, "x"))
    if placed.type not in EXPANDED:
        return Refusal(f"{placed.name} cannot be expanded. These can: {', '.join(EXPANDED)}.")
    if edge is None:
        return Refusal(f"Wire the input of {placed.name} first.")
    if placed.shares is not None or any(one.shares == id for one in graph.nodes.values()):
        return Refusal(f"{placed.name} shares its weights. Give it weights of its own first.")
    drawing = _Drawing(graph)
    numbers: dict[str, Mapping[str, Any]] = {}
    if placed.type == "Linear":
        own = weights(id)
        if own is None or "weight" not in own:
            return Refusal(f"The weights of {placed.name} are not known yet, or too many to be typed in.")
        end = _linear(drawing, placed, edge.start, own, numbers)
    else:
        end = edge.start
        for at, (type, params, constant) in enumerate(EXPANDED[placed.type]):
            one = drawing.put(placed, type, params, at * WIDE)
            drawing.wire(end, one, "a" if constant is not None else "x")
            if constant is not None:
                fixed = drawing.put(placed, "Constant", {"value": constant}, at * WIDE - 40.0, HIGH)
                drawing.wire((fixed, "out"), one, "b")
            end = (one, "out")
    drawing.instead(id, end)
    drawing.edits.append(RemoveNode(id))
    return _typed(drawing, f"Expand {placed.name}", numbers, tuple(_added(drawing)))


def _linear(
    drawing: _Drawing, placed: Placed, start: tuple[str, str], own: Mapping[str, Any],
    numbers: dict[str, Mapping[str, Any]],
) -> tuple[str, str]:
    """Product with a Parameter, plus another one."""
    matrix = drawing.put(placed, "Parameter", {"shape": own["weight"].T.shape}, 0.0, HIGH)
    numbers[matrix] = {"value": own["weight"].T}
    product = drawing.put(placed, "MatMul", {}, WIDE)
    drawing.wire(start, product, "a")
    drawing.wire((matrix, "out"), product, "b")
    if "bias" not in own:
        return product, "out"
    offset = drawing.put(placed, "Parameter", {"shape": own["bias"].shape}, WIDE, HIGH)
    numbers[offset] = {"value": own["bias"]}
    total = drawing.put(placed, "Add", {}, 2 * WIDE)
    drawing.wire((product, "out"), total, "a")
    drawing.wire((offset, "out"), total, "b")
    return total, "out"


def _added(drawing: _Drawing) -> Iterator[str]:
    return (edit.node.id for edit in drawing.edits if isinstance(edit, AddNode))


Step = tuple[str, Mapping[str, object], float | None]
"""A node type, its parameters, and the constant that is wired to its second input."""
EXPANDED: Mapping[str, tuple[Step, ...]] = {
    "Linear": (),
    "Sigmoid": (("Neg", {}, None), ("Exp", {}, None), ("Add", {}, 1.0), ("Pow", {"power": -1.0}, None)),
    "Tanh": (("Mul", {}, 2.0), ("Sigmoid", {}, None), ("Mul", {}, 2.0), ("Sub", {}, 1.0)),
    "ReLU": (("Maximum", {}, 0.0),),
}
"""What layers are made of, in order: tanh x = 2 σ(2x) − 1, σ(x) = 1 / (1 + e^−x)."""
