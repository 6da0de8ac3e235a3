"""From an inferred document to torch: one root module that owns the weights, and straight-line `fx` programs on it."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import fx, nn

from neuralgraph.compiler.infer import Inference, inner
from neuralgraph.compiler.initial import given, start
from neuralgraph.compiler.learning import learns
from neuralgraph.compiler.pinned import pin
from neuralgraph.compiler.resolve import resolve, value
from neuralgraph.compiler.turns import seeded
from neuralgraph.errors import GraphError
from neuralgraph.graph.document import Placed
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Call, Network, Node
from neuralgraph.validation.lens import digraph, upstream

METHODS = "torch.Tensor."


def source_key(node: Node, id: str, output: str) -> str:
    """What a source's output is called everywhere: `"input_1"`, or `"dataset_1.x"` where it has several."""
    return id if len(node.outputs()) == 1 else f"{id}.{output}"


def seed_of(seed: int, id: str) -> int:
    """The seed of one node's weights: an edit elsewhere leaves its initial weights as they are."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{id}".encode(), digest_size=7).digest(), "big")


def mangled(id: str) -> str:
    """A path as a name in code: `block_1/7/linear_2` → `block_1__7__linear_2`. Ids hold no `__`."""
    return id.replace("/", "__")


def dotted(id: str) -> str:
    """A path as the name of a submodule: `block_1.7.linear_2`."""
    return id.replace("/", ".")


class Room(nn.Module):
    """Holds the submodules of one copy of a drawn module."""

    def forward(self) -> None:
        """Never called: what is drawn inside is laid out in the programs."""


class Root(nn.Module):
    """Owns every submodule by node id, those of modules in rooms."""

    def forward(self) -> None:
        """Never called: the fx programs do the work."""


def put(root: Root, id: str, built: nn.Module) -> None:
    """Put a submodule where its path says."""
    home: nn.Module = root
    *rooms, own = id.split("/")
    for room in rooms:
        inside = home._modules.get(room)
        if inside is None:
            inside = Room()
            home.add_module(room, inside)
        home = inside
    home.add_module(own, built)


def part(root: Root, id: str) -> nn.Module | None:
    """The submodule of a node, or the room of a module; None where it has none."""
    try:
        return root.get_submodule(dotted(id))
    except AttributeError:
        return None


def build_root(inference: Inference, seed: int) -> Root:
    """Every module node constructed with weights that depend on the seed and its path alone."""
    root, graph = Root(), inference.graph
    for id in inference.order:
        call = inference.calls.get(id)
        if call is None or call.kind != "module" or graph.nodes[id].shares is not None:
            continue
        put(root, id, built(graph.nodes[id], call, seed, inference.starts.get(id, {})))
    return root


def built(placed: Placed, call: Call, seed: int, arrays: Mapping[str, Any]) -> nn.Module:
    """The module of one node with the weights that it starts from; `arrays` were read from files."""
    id = placed.id
    made = construct(call, seed_of(seed, id))
    start(id, placed.initialiser, made, seed_of(seed, f"{id}/initial"))
    given(made, arrays)
    if why := pin(placed, dict(made.named_parameters())):
        raise GraphError(f"{id}: {why}.")
    if not learns(placed):
        made.requires_grad_(False)
    return made


def construct(call: Call, seed: int) -> nn.Module:
    """The module of a call, initialised from its own seed; the global random state is left as it was."""
    given = {name: cell(raw, seed_of(seed, name)) if isinstance(raw, Network) else value(raw)
             for name, raw in call.kwargs}
    with seeded(seed):
        built = resolve(call.target)(**given)
    assert isinstance(built, nn.Module)
    return built


def cell(network: Network, seed: int) -> fx.GraphModule:
    """A drawn module that a node runs: takes the values of its entries, gives those of its exits."""
    inference = inner(network)
    writer = Writer(inference, build_root(inference, seed))
    writer.placeholders((mangled(id), id, "out") for id, _ in network.entries)
    needed = upstream(digraph(inference.graph), network.exits)
    writer.write([id for id in inference.order if id in needed])
    return writer.finish(tuple(writer.values[id, "out"] for id in network.exits), "Cell")


@dataclass
class Writer:
    """Writes nodes of the document into one `fx.Graph`, each once, its inputs first."""

    inference: Inference
    root: Root

    def __post_init__(self) -> None:
        self.fx = fx.Graph()
        self.values: dict[tuple[str, str], fx.Node] = {}

    def placeholders(self, keys: Iterable[tuple[str, str, str]]) -> None:
        """Inputs first, in this order: (key, node id, output)."""
        for key, id, output in keys:
            made = self.fx.placeholder(mangled(key).replace(".", "_"))
            made.meta.update(id=id, output=output)
            self.values[id, output] = made

    def write(self, ids: Iterable[str]) -> None:
        """All these nodes, given in topological order."""
        for id in ids:
            node = self.inference.nodes[id]
            assert isinstance(node, Node)
            if node.role not in ("source", "metric"):
                self._node(id, node)

    def _node(self, id: str, node: Node) -> None:
        args, kwargs = self.inputs(id, node)
        call = self.inference.calls.get(id)
        outputs = node.outputs()
        if call is None:  # bypassed, or a bead on the wire: its input passes through
            self.values[id, outputs[0]] = args[0]
            return
        made = self._call(id, call, args, kwargs)
        if call.picks is None:
            self.values[id, outputs[0]] = made
            return
        for output, path in zip(outputs, call.picks, strict=True):
            item = made
            for index in path:
                item = self._marked(self.fx.call_function(operator.getitem, (item, index)), id)
            self.values[id, output] = item

    def inputs(self, id: str, node: Node) -> tuple[list[fx.Node], dict[str, fx.Node]]:
        """The values that enter a node."""
        positional, optional = arguments(node, self.inference.wires[id])
        args = [self.values[edge.start] for _, edge in positional if edge is not None]
        return args, {name: self.values[edge.start] for name, edge in optional.items()}

    def _call(self, id: str, call: Call, args: list[fx.Node], kwargs: dict[str, fx.Node]) -> fx.Node:
        packed = (tuple(args),) if call.pack else tuple(args)
        if call.kind == "module":
            extra = {name: value(raw) for name, raw in call.extra}
            home = dotted(self.inference.graph.nodes[id].shares or id)
            made = self.fx.create_node("call_module", home, packed, {**extra, **kwargs}, name=mangled(id))
        else:
            given: dict[str, Any] = {name: value(raw) for name, raw in call.kwargs} | kwargs
            if call.target.startswith(METHODS):
                method = call.target.removeprefix(METHODS)
                made = self.fx.create_node("call_method", method, packed, given, name=mangled(id))
            else:
                made = self.fx.create_node("call_function", resolve(call.target), packed, given, name=mangled(id))
        return self._marked(made, id)

    def _marked(self, made: fx.Node, id: str) -> fx.Node:
        made.meta["id"] = id
        return made

    def total(self, losses: Mapping[str, fx.Node], shares: Mapping[str, float]) -> fx.Node:
        """The sum of the losses by their shares; a single one of share 1 is the total itself."""
        total: fx.Node | None = None
        for id, loss in losses.items():
            share = shares[id]
            part = loss if share == 1.0 else self._marked(self.fx.call_function(operator.mul, (loss, share)), id)
            total = part if total is None else self._marked(self.fx.call_function(operator.add, (total, part)), id)
        assert total is not None
        return total

    def finish(self, result: Any, name: str) -> fx.GraphModule:
        """The program that returns `result`, on the shared weights."""
        self.fx.output(result)
        self.fx.lint()
        return fx.GraphModule(self.root, self.fx, class_name=name)
