"""Pieces of a document as readable text: what the clipboard carries between windows, machines and mails."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from neuralgraph.errors import DocumentError
from neuralgraph.graph.assemble import checked, graph_of
from neuralgraph.graph.bringing import brought, needed, renamed
from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Group, PutFrame, PutNote
from neuralgraph.graph.file import entry, graph_entry, node_entry
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.schema import FragmentEntry, GraphEntry
from neuralgraph.graph.strictjson import parse

VERSION = 1


def copy(graph: Graph, ids: Iterable[str]) -> str:
    """These nodes, notes and frames as JSON text, with the wires among them and those that come in from outside."""
    chosen = set(ids)
    inner = [edge for edge in graph.edges.values() if {edge.source, edge.target} <= chosen]
    outer = [edge for edge in graph.edges.values() if edge.target in chosen and edge.source not in chosen]
    content = {
        "fragment": VERSION,
        "nodes": [node_entry(graph.nodes[id]) for id in sorted(chosen & graph.nodes.keys())],
        "edges": [entry(edge) for edge in sorted(inner, key=lambda edge: edge.end)],
        "outside": [
            {**entry(edge), "type": graph.nodes[edge.source].type} for edge in sorted(outer, key=lambda edge: edge.end)
        ],
        "notes": [entry(graph.notes[id]) for id in sorted(chosen & graph.notes.keys())],
        "frames": [entry(graph.frames[id]) for id in sorted(chosen & graph.frames.keys())],
    }
    modules = needed((graph.nodes[id] for id in chosen & graph.nodes.keys()), graph.modules)
    if modules:
        content["modules"] = {name: graph_entry(one) for name, one in sorted(modules.items())}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def paste(text: str, graph: Graph, at: tuple[float, float] | None = None) -> Edit:
    """The edit that puts a copied piece into `graph`, its upper left corner at `at`; a `DocumentError` if it is none.

    Everything gets a fresh id. A wire from outside is laid again where `graph` has that node with the same type.
    Definitions come along; one that is there already and computes the same is used as it is.
    """
    piece, outside = _read(text)
    shift = _shift(piece, at)
    names = _renamed(piece, graph)
    definitions, called = brought(graph, piece.modules)
    edits: list[Edit] = []
    for id, one in piece.nodes.items():
        node = renamed(one, called)
        shares = names.get(node.shares or "", node.shares if node.shares in graph.nodes else None)
        placed = replace(node, id=names[id], x=node.x + shift[0], y=node.y + shift[1], shares=shares)
        edits.append(AddNode(placed))
    for note in piece.notes.values():
        edits.append(PutNote(replace(note, id=names[note.id], x=note.x + shift[0], y=note.y + shift[1])))
    for frame in piece.frames.values():
        edits.append(PutFrame(replace(frame, id=names[frame.id], x=frame.x + shift[0], y=frame.y + shift[1])))
    for edge in piece.edges.values():
        edits.append(Connect(Edge(names[edge.source], edge.output, names[edge.target], edge.input)))
    for edge, kind in outside:
        source = graph.nodes.get(edge.source)
        if edge.target in names and source is not None and source.type == kind:
            edits.append(Connect(Edge(edge.source, edge.output, names[edge.target], edge.input)))
    if not edits:
        raise DocumentError("There is nothing to paste: the piece is empty.")
    return Group("Paste", (*definitions, *edits))


def _read(text: str) -> tuple[Graph, list[tuple[Edge, str]]]:
    """The piece as a graph of its own, and the wires from outside with the type of the node they came from."""
    try:
        content = parse(text)
        if not isinstance(content, dict) or "fragment" not in content:
            raise DocumentError("It is not a piece of a NeuralGraph document.")
        piece = checked(FragmentEntry, content)
        inside = GraphEntry(
            nodes=piece.nodes, edges=piece.edges, notes=piece.notes, frames=piece.frames, modules=piece.modules)
        graph, _ = graph_of(inside)
    except DocumentError as error:
        raise DocumentError(f"This cannot be pasted. {error} Copy nodes in a NeuralGraph window first.") from None
    return graph, [(Edge(one.source, one.output, one.target, one.input), one.type) for one in piece.outside]


def _shift(piece: Graph, at: tuple[float, float] | None) -> tuple[float, float]:
    items: list[Placed | Note | Frame] = [*piece.nodes.values(), *piece.notes.values(), *piece.frames.values()]
    if at is None or not items:
        return 24.0, 24.0
    return at[0] - min(item.x for item in items), at[1] - min(item.y for item in items)


def _renamed(piece: Graph, graph: Graph) -> Mapping[str, str]:
    names: dict[str, str] = {}
    taken: dict[str, object] = {}
    words = {
        **{id: node.type for id, node in piece.nodes.items()},
        **dict.fromkeys(piece.notes, "note"),
        **dict.fromkeys(piece.frames, "frame"),
    }
    for id, word in words.items():
        names[id] = fresh(graph, word, taken)
        taken[names[id]] = True
    return names
