"""Wires as they were drawn, those at modules too: from where each takes its value, to which wires laid out it goes."""

from __future__ import annotations

from neuralgraph.compiler.program import Program
from neuralgraph.explain.apart.moment import End, Place
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import Flat


def drawn_wires(program: Program) -> dict[End, tuple[Place, tuple[End, ...]]]:
    """By the path and port that a wire enters: the place of its value, and the wires laid out that it stands for."""
    flat, modules = program.inference.flat, program.document.modules
    rooms: list[tuple[str, Graph]] = [("", program.document)]
    rooms += [(path, modules[name]) for path, name in flat.rooms.items() if name in modules]
    found: dict[End, tuple[Place, tuple[End, ...]]] = {}
    for path, graph in rooms:
        before = f"{path}/" if path else ""
        for edge in graph.edges.values():
            source, target = before + edge.source, before + edge.target
            place, ends = _start(flat, source, edge.output), _ends(flat, target, edge.input)
            if ends:
                found[target, edge.input] = (place, ends)
    return found


def _start(flat: Flat, path: str, output: str) -> Place:
    bead = flat.doors(path).get(output) if path in flat.copies else None
    return (bead, "out") if bead is not None else (path, output)


def _ends(flat: Flat, path: str, port: str) -> tuple[End, ...]:
    if path not in flat.copies:
        return ((path, port),)
    copy = flat.copies[path]
    fed = len(copy.interface.exits)
    return tuple((f"{turn}/{door.id}", "x") for at, door in enumerate(copy.interface.entries) if door.name == port
                 for turn in copy.turns[:1 if at < fed else None])
