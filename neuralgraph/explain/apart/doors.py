"""Wires as they were drawn, those at modules too: from where each takes its value, to which wires laid out it goes."""

from __future__ import annotations

from neuralgraph.compiler.infer import Inference
from neuralgraph.compiler.program import Program
from neuralgraph.explain.apart.moment import End, Place
from neuralgraph.explain.apart.tape import Tape
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import Flat


def drawn_wires(program: Program, tape: Tape) -> dict[End, tuple[Place, tuple[End, ...]]]:
    """By the path and port that a wire enters: the place of its value, and the wires laid out that it stands for.

    The wires in the cell of a Recurrent that is laid out are there for every step of time.
    """
    found = _of(program.inference, program.document, "")
    outside: dict[End, list[End]] = {}
    known: set[str] = {""}
    for played in tape.nodes.values():
        seat = played.seat
        if seat.outside is not None:
            outside.setdefault(seat.outside, []).append((seat.path, "x"))
        if seat.scope.prefix not in known:
            known.add(seat.scope.prefix)
            found |= _of(seat.scope.inference, seat.scope.graph, seat.scope.prefix)
    return {end: (place, tuple(one for laid in ends for one in outside.get(laid, [laid])))
            for end, (place, ends) in found.items()}


def _of(inference: Inference, graph: Graph, prefix: str) -> dict[End, tuple[Place, tuple[End, ...]]]:
    """Those of one drawing and the modules in it, with `prefix` before every path."""
    flat = inference.flat
    rooms: list[tuple[str, Graph]] = [("", graph)]
    rooms += [(path, graph.modules[name]) for path, name in flat.rooms.items() if name in graph.modules]
    found: dict[End, tuple[Place, tuple[End, ...]]] = {}
    for path, room in rooms:
        before = f"{path}/" if path else ""
        for edge in room.edges.values():
            source, target = before + edge.source, before + edge.target
            (id, output), ends = _start(flat, source, edge.output), _ends(flat, target, edge.input)
            if ends:
                found[prefix + target, edge.input] = ((prefix + id, output),
                                                      tuple((prefix + one, port) for one, port in ends))
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
