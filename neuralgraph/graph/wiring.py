"""Which output may go to which port, and the edits that lay, splice, mend and cut wires. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from neuralgraph.graph.document import Edge, Graph, Note, Placed
from neuralgraph.graph.edits import (
    AddNode,
    Connect,
    Disconnect,
    Edit,
    Group,
    PutFrame,
    PutNote,
    RemoveFrame,
    RemoveNode,
    RemoveNote,
)
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.reading import Failure, arguments, input_names, instance, port_of
from neuralgraph.spec import Catalog, Node, Spec

Specs = Mapping[str, Mapping[str, Spec]]
"""What is known of every output, by node and output name."""

NOTHING: Specs = {}
TARGETS = ("target", "targets", "y", "labels")
TAKES = {"F": "FS", "I": "I", "B": "B", "S": "S", "T": "T"}
"""Port letter → letters of the outputs it takes; "?" takes and fits everything."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a wire cannot be laid: one plain sentence."""

    message: str


def connect(
    graph: Graph, catalog: Catalog, source: str, output: str, target: str, input: str | None = None,
    specs: Specs = NOTHING,
) -> Edit | Refusal:
    """The edit that lays a wire to `input`, or to the port of `target` that suits best; it replaces a wire there."""
    if refused := _no_output(graph, catalog, source, output) or _no_way(graph, source, target):
        return refused
    if input is None:
        found = best_port(graph, catalog, source, output, target, specs)
        if isinstance(found, Refusal):
            return found
        input = found
    elif refused := _no_input(graph, catalog, target, input):
        return refused
    edge = Edge(source, output, target, input)
    if graph.edges.get(edge.end) == edge:
        return Refusal(f"{_name(graph, source)} already feeds this port.")
    return Connect(edge)


def best_port(
    graph: Graph, catalog: Catalog, source: str, output: str, target: str, specs: Specs = NOTHING
) -> str | Refusal:
    """The input of `target` that suits an output best: by letter, by label (`y` wants a target), free before taken."""
    node = instance(graph.nodes[target], catalog, graph.modules)
    if isinstance(node, Failure):
        return Refusal(f"The ports of {_name(graph, target)} are not known, so no wire can end there.")
    wires = {edge.input: edge for edge in graph.into(target)}
    names = input_names(node, wires)
    if not names:
        return Refusal(f"{_name(graph, target)} takes no input.")
    letter = letter_of(graph, catalog, source, output, specs)
    wants = _is_target(output, specs.get(source, {}).get(output))
    scored = [(_suits(node, name, letter, wants) - 8 * (name in wires), -place, name)
              for place, name in enumerate(names)]
    return max(scored)[2]


def letter_of(graph: Graph, catalog: Catalog, id: str, output: str, specs: Specs = NOTHING) -> str:
    """The letter of an output: of its spec where that is known, else what its node type suggests."""
    spec = specs.get(id, {}).get(output)
    if spec is not None:
        return spec.letter
    node = instance(graph.nodes[id], catalog, graph.modules)
    return guess(node, output) if isinstance(node, Node) else "?"


def guess(node: Node, output: str) -> str:
    """The letter of an output before anything is computed; "?" where it may be anything."""
    if node.role == "source":
        return "?" if output == "y" else "F"
    return {"loss": "S", "metric": "S"}.get(node.role, "F")


def fits(letter: str, port: str) -> bool:
    """An output of this letter may go into a port of that letter."""
    return "?" in (letter, port) or letter in TAKES.get(port, port)


def fitting(graph: Graph, catalog: Catalog, end: tuple[str, str], *, forward: bool, specs: Specs = NOTHING
            ) -> list[type[Node]]:
    """Node types with a port for a wire that starts at the output `end`, or (not `forward`) ends in the input `end`."""
    if forward:
        letter = letter_of(graph, catalog, *end, specs)
        return [one for one in catalog.values() if any(fits(letter, port.letter) for port in one.ports)]
    port = _declared(graph, catalog, *end)
    return [one for one in catalog.values() if _delivers(one, port)]


def place(
    graph: Graph, catalog: Catalog, placed: Placed, *, after: tuple[str, str] | None = None,
    before: tuple[str, str] | None = None, specs: Specs = NOTHING,
) -> Edit:
    """Put a node into the document and wire it, as one step: from the output `after`, into the input `before`.

    Where no wire is possible the node is placed alone.
    """
    add = AddNode(placed)
    trial, _ = add.apply(graph)
    edits: list[Edit] = [add]
    if after is not None:
        edits += _laid(connect(trial, catalog, *after, placed.id, None, specs))
    if before is not None and (output := _first_output(trial, catalog, placed.id, before)) is not None:
        edits += _laid(connect(trial, catalog, placed.id, output, *before, specs))
    return add if len(edits) == 1 else Group(add.label, tuple(edits))


def splice(graph: Graph, catalog: Catalog, id: str, edge: Edge, specs: Specs = NOTHING) -> Edit | Refusal:
    """The edit that puts the unconnected node `id` of the document into the wire `edge`."""
    if id in (edge.source, edge.target) or any(graph.touching(id)):
        return Refusal(f"{_name(graph, id)} already has wires. Only a free node goes into a wire.")
    node = instance(graph.nodes[id], catalog, graph.modules)
    if isinstance(node, Failure) or not node.ports or not node.outputs():
        return Refusal(f"{_name(graph, id)} has no way through: it needs an input and an output.")
    port = best_port(graph, catalog, edge.source, edge.output, id, specs)
    if isinstance(port, Refusal):
        return port
    label = f"Insert {graph.nodes[id].type}"
    return Group(label, (
        Connect(Edge(edge.source, edge.output, id, port)), Connect(Edge(id, node.outputs()[0], *edge.end))))


def bend(graph: Graph, catalog: Catalog, placed: Placed, edge: Edge, specs: Specs = NOTHING) -> Edit | Refusal:
    """The edit that puts a new node into the wire `edge`: a bead, where the wire is to bend."""
    add = AddNode(placed)
    found = splice(add.apply(graph)[0], catalog, placed.id, edge, specs)
    return found if isinstance(found, Refusal) else Group(found.label, (add, found))


def delete(graph: Graph, ids: Iterable[str], wires: Iterable[tuple[str, str]] = ()) -> Edit | None:
    """The edit that takes nodes, notes, frames and wires (by where they end) away; None where there is nothing."""
    gone = [one for one in dict.fromkeys(ids) if one in graph.nodes or one in graph.notes or one in graph.frames]
    nodes = {one for one in gone if one in graph.nodes}
    edits: list[Edit] = [
        Disconnect(*end) for end in dict.fromkeys(wires)
        if end in graph.edges and not nodes & {graph.edges[end].source, graph.edges[end].target}
    ]
    for one in gone:
        edits.append(RemoveNode(one) if one in nodes else RemoveNote(one) if one in graph.notes else RemoveFrame(one))
    return _step(edits, "items")


def heal(graph: Graph, catalog: Catalog, ids: Iterable[str]) -> Edit | None:
    """Delete nodes and join what they stood between: what fed a node's first input feeds what it fed."""
    gone = [one for one in dict.fromkeys(ids) if one in graph.nodes]
    removed = set(gone)
    mended: list[Edit] = []
    for edge in graph.edges.values():
        if edge.source in removed and edge.target not in removed:
            start = _through(graph, catalog, edge, removed)
            if start is not None:
                mended.append(Connect(Edge(*start, *edge.end)))
    deleted = delete(graph, gone)
    if deleted is None:
        return None
    parts = deleted.edits if isinstance(deleted, Group) else (deleted,)
    return Group(f"{deleted.label} and join", (*parts, *mended)) if mended else deleted


def cut(graph: Graph, ends: Iterable[tuple[str, str]]) -> Edit | None:
    """The edit that takes these wires away, as one step."""
    return _step([Disconnect(*end) for end in dict.fromkeys(ends) if end in graph.edges], "wires", "Cut")


def bypass_refusal(graph: Graph, catalog: Catalog, id: str, specs: Specs = NOTHING, inputs: Specs = NOTHING) -> str:
    """Why a node cannot be bypassed; "" where one input fits one output."""
    name, node = _name(graph, id), instance(graph.nodes[id], catalog, graph.modules)
    if isinstance(node, Failure) or node.role != "transform":
        return f"{name} cannot be bypassed: only a node that turns an input into an output can."
    needed = [port for port in node.ports if not port.optional]
    if len(needed) != 1 or len(node.outputs()) != 1:
        return f"{name} cannot be bypassed: it needs exactly one input and one output."
    comes, goes = inputs.get(id, {}).get(needed[0].name), specs.get(id, {}).get(node.outputs()[0])
    if comes is not None and goes is not None and (comes.shape, comes.dtype) != (goes.shape, goes.dtype):
        return f"{name} cannot be bypassed: it gets {comes} but what follows expects {goes}."
    return ""


def neighbour(graph: Graph, id: str, direction: str) -> str | None:
    """The node one step away: `left` and `right` along the first wire, `up` and `down` the nearest above or below."""
    here = graph.nodes.get(id)
    if here is None:
        return None
    match direction:
        case "right":
            near = [graph.nodes[edge.target] for edge in graph.out_of(id) if edge.target in graph.nodes]
        case "left":
            near = [graph.nodes[edge.source] for edge in graph.into(id) if edge.source in graph.nodes]
        case _:
            sign = 1 if direction == "down" else -1
            near = [one for one in graph.nodes.values() if sign * (one.y - here.y) > 0]
    near = [one for one in near if one.id != id] or _beside(graph, here, direction)
    weight = (1.0, 3.0) if direction in ("left", "right") else (3.0, 1.0)
    ranked = sorted(near, key=lambda one: (weight[0] * abs(one.x - here.x) + weight[1] * abs(one.y - here.y), one.id))
    return ranked[0].id if ranked else None


def reach(graph: Graph, ids: Iterable[str], *, forward: bool) -> set[str]:
    """These nodes and everything downstream (`forward`) or upstream of them."""
    next_of: dict[str, list[str]] = {}
    for edge in graph.edges.values():
        here, there = (edge.source, edge.target) if forward else (edge.target, edge.source)
        next_of.setdefault(here, []).append(there)
    found: set[str] = set()
    todo = [one for one in ids if one in graph.nodes]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(next_of.get(one, ()))
    return found


def path(graph: Graph, start: str, end: str) -> list[str]:
    """The shortest way along wires from `start` to `end`, both included; empty where there is none."""
    next_of: dict[str, list[str]] = {}
    for edge in graph.edges.values():
        next_of.setdefault(edge.source, []).append(edge.target)
    came: dict[str, str | None] = {start: None}
    front = [start]
    while front and end not in came:
        later = []
        for one in front:
            for other in next_of.get(one, ()):
                if other not in came:
                    came[other] = one
                    later.append(other)
        front = later
    way: list[str] = []
    at: str | None = end if end in came else None
    while at is not None:
        way.append(at)
        at = came[at]
    return way[::-1]


def _name(graph: Graph, id: str) -> str:
    return graph.nodes[id].name if id in graph.nodes else id


def _no_output(graph: Graph, catalog: Catalog, source: str, output: str) -> Refusal | None:
    node = instance(graph.nodes[source], catalog, graph.modules)
    if isinstance(node, Failure):
        return Refusal(f"The outputs of {_name(graph, source)} are not known, so no wire can start there.")
    if output in node.outputs():
        return None
    if node.role == "metric":
        return Refusal(f"{_name(graph, source)} only watches: it has no output to wire on.")
    return Refusal(f"{_name(graph, source)} has no output {output!r}.")


def _no_input(graph: Graph, catalog: Catalog, target: str, input: str) -> Refusal | None:
    node = instance(graph.nodes[target], catalog, graph.modules)
    if isinstance(node, Failure):
        return Refusal(f"The ports of {_name(graph, target)} are not known, so no wire can end there.")
    if port_of(node, input) is None:
        takes = f"has no input {input!r}" if node.ports else "takes no input"
        return Refusal(f"{_name(graph, target)} {takes}.")
    return None


def _no_way(graph: Graph, source: str, target: str) -> Refusal | None:
    if source == target:
        return Refusal(f"{_name(graph, source)} cannot feed itself.")
    back = path(graph, target, source)
    if not back:
        return None
    names = [_name(graph, one) for one in back]
    shown = names if len(names) <= 5 else [*names[:2], "…", *names[-2:]]
    return Refusal(f"This would be a cycle: {' → '.join([*shown, names[0]])}.")


def _suits(node: Node, name: str, letter: str, wants_target: bool) -> int:
    port = port_of(node, name)
    if port is None:
        return -100
    score = 0 if fits(letter, port.letter) else -4
    if port.letter == letter:
        score = 3
    elif "?" in (port.letter, letter):
        score = 1
    named = port.name in TARGETS
    score += (5 if named else -2) if wants_target else (-5 if named else 0)
    return score - (2 if port.optional else 0)


def _is_target(output: str, spec: Spec | None) -> bool:
    return output == "y" or (spec is not None and spec.classes is not None)


def _declared(graph: Graph, catalog: Catalog, target: str, input: str) -> str:
    node = instance(graph.nodes[target], catalog, graph.modules)
    port = port_of(node, input) if isinstance(node, Node) else None
    return port.letter if port is not None else "?"


def _delivers(kind: type[Node], letter: str) -> bool:
    if kind.role == "metric":
        return False
    node = kind()
    return any(fits(guess(node, output), letter) for output in node.outputs())


def _first_output(graph: Graph, catalog: Catalog, id: str, before: tuple[str, str]) -> str | None:
    node = instance(graph.nodes[id], catalog, graph.modules)
    if isinstance(node, Failure) or not node.outputs():
        return None
    if before[1] in TARGETS and "y" in node.outputs():
        return "y"
    letter = _declared(graph, catalog, *before)
    return next((one for one in node.outputs() if fits(guess(node, one), letter)), node.outputs()[0])


def _laid(found: Edit | Refusal) -> list[Edit]:
    return [] if isinstance(found, Refusal) else [found]


def _step(edits: list[Edit], what: str, verb: str = "Delete") -> Edit | None:
    if len(edits) <= 1:
        return edits[0] if edits else None
    return Group(f"{verb} {len(edits)} {what}", tuple(edits))


def _through(graph: Graph, catalog: Catalog, edge: Edge, removed: set[str]) -> tuple[str, str] | None:
    """Where the wire comes from once the removed nodes are passed through by their first wired inputs."""
    seen: set[str] = set()
    while edge.source in removed:
        if edge.source in seen:
            return None
        seen.add(edge.source)
        before = _main_input(graph, catalog, edge.source)
        if before is None:
            return None
        edge = before
    return None if edge.source == edge.target else edge.start


def _main_input(graph: Graph, catalog: Catalog, id: str) -> Edge | None:
    node = instance(graph.nodes[id], catalog, graph.modules)
    wires = {edge.input: edge for edge in graph.into(id)}
    if isinstance(node, Failure):
        return next(iter(wires.values()), None)
    if node.role != "transform":
        return None
    positional, optional = arguments(node, wires)
    return next((edge for _, edge in positional if edge is not None), next(iter(optional.values()), None))


def _beside(graph: Graph, here: Placed, direction: str) -> list[Placed]:
    """Nodes that lie on that side, where no wire leads there."""
    sign = 1 if direction == "right" else -1
    if direction not in ("left", "right"):
        return []
    return [one for one in graph.nodes.values() if sign * (one.x - here.x) > 0 and one.id != here.id]


def duplicate(graph: Graph, ids: Iterable[str], dx: float, dy: float) -> tuple[Edit, dict[str, str]] | None:
    """Copies of nodes, notes and frames with the wires between them, moved by (dx, dy); and the new id of each."""
    new: dict[str, str] = {}
    edits: list[Edit] = []
    for id in dict.fromkeys(ids):
        item = graph.nodes.get(id) or graph.notes.get(id) or graph.frames.get(id)
        if item is None:
            continue
        kind = item.type if isinstance(item, Placed) else "note" if isinstance(item, Note) else "frame"
        name = fresh(graph, kind, dict.fromkeys(new.values()))
        new[id] = name
        copy = replace(item, id=name, x=item.x + dx, y=item.y + dy)
        edits.append(AddNode(copy) if isinstance(copy, Placed) else PutNote(copy) if isinstance(copy, Note)
                     else PutFrame(copy))
    if not edits:
        return None
    edits += [Connect(Edge(new[e.source], e.output, new[e.target], e.input)) for e in graph.edges.values()
              if e.source in new and e.target in new]
    return Group("Duplicate" if len(new) == 1 else f"Duplicate {len(new)} items", tuple(edits)), new
