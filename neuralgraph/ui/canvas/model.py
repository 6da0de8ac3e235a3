"""What the canvas knows about a document, item-free: faces, cards, nets, routes, labels. Kept in step by diffs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF

from neuralgraph.graph.document import Edge, Graph
from neuralgraph.spec import Catalog, Spec
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.content import Face, face_of, label_of, tight
from neuralgraph.ui.canvas.geometry import Card, PlacedPort, layout
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.routing import Net, Places, weave
from neuralgraph.ui.canvas.wires import End, Lane, Route
from neuralgraph.validation.analysis import Analysis

EdgeEnd = tuple[str, str]


class Model:
    """Derived from one `Graph` and one `Analysis`; `follow` brings it from one document to the next."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.graph = Graph()
        self.analysis: Analysis | None = None
        self.previews: dict[str, Preview] = {}
        self.values: dict[str, str] = {}
        self.finished: frozenset[str] = frozenset()
        self.stale = False
        self.faces: dict[str, Face] = {}
        self.cards: dict[str, Card] = {}
        self.offsets: dict[str, QPointF] = {}
        """Where nodes are drawn while a hand drags them, instead of where the document has them."""
        self.places = Places()
        self.into: dict[str, dict[str, Edge]] = defaultdict(dict)
        self.fed: dict[Net, dict[EdgeEnd, Edge]] = defaultdict(dict)
        self.routes: dict[EdgeEnd, Route] = {}
        self.dots: dict[EdgeEnd, tuple[QPointF, ...]] = {}
        self.labels: dict[EdgeEnd, str] = {}
        self.letters: dict[EdgeEnd, str] = {}
        self.bad: set[EdgeEnd] = set()
        self._lanes: dict[Net, list[Lane]] = {}
        self._used: dict[str, set[str]] = defaultdict(set)

    def follow(self, after: Graph) -> tuple[set[str], set[EdgeEnd]]:
        """Take the next document; the nodes that are new or changed, and the wires that are new or changed."""
        before, self.graph = self.graph, after
        nodes = {id for id, one in after.nodes.items() if before.nodes.get(id) is not one}
        nodes |= before.nodes.keys() - after.nodes.keys()
        wires: set[EdgeEnd] = set()
        if before.edges is not after.edges:
            wires = {end for end, one in after.edges.items() if before.edges.get(end) is not one}
            wires |= before.edges.keys() - after.edges.keys()
            for end in wires:
                self._rewire(before.edges.get(end), after.edges.get(end))
                for edge in (before.edges.get(end), after.edges.get(end)):
                    if edge is not None:
                        nodes |= {edge.source, edge.target}
        for id in nodes - after.nodes.keys():
            self._drop(id)
        return nodes, wires

    def refresh(self, ids: Iterable[str]) -> dict[str, bool]:
        """Make the faces of these nodes anew; those that look different now, and whether their wires have to follow."""
        changed: dict[str, bool] = {}
        for id in ids:
            if id not in self.graph.nodes:
                continue
            face = self._face(id)
            if self.faces.get(id) != face:
                card, old = layout(face), self.cards.get(id)
                changed[id] = old is None or card != old
                self.faces[id], self.cards[id] = face, card
            self.places.put(id, self._rect(id))
        return changed

    def position(self, id: str) -> QPointF:
        placed = self.graph.nodes[id]
        return self.offsets.get(id) or QPointF(placed.x, placed.y)

    def port(self, id: str, name: str, *, is_input: bool) -> PlacedPort | None:
        card = self.cards.get(id)
        return card.port(name, is_input=is_input) if card is not None else None

    def nets_at(self, ids: Iterable[str]) -> set[Net]:
        """The nets that start or end in these nodes."""
        wanted = set(ids)
        nets = {edge.start for id in wanted for edge in self.into.get(id, {}).values()}
        for id in wanted:
            if (face := self.faces.get(id)) is not None:
                nets |= {(id, port.name) for port in face.outputs if self.fed.get((id, port.name))}
        return nets

    def nets_across(self, areas: Iterable[QRectF]) -> set[Net]:
        """The nets with a wire whose box touches one of these areas."""
        found, boxes = set(), list(areas)
        for end, route in self.routes.items():
            box = route.path.boundingRect().adjusted(-2, -2, 2, 2)
            if any(box.intersects(area) for area in boxes) and end in self.graph.edges:
                found.add(self.graph.edges[end].start)
        return found

    def weave(self, nets: Iterable[Net]) -> set[EdgeEnd]:
        """Route these nets; the wires that have a new route."""
        done: set[EdgeEnd] = set()
        nets = sorted(nets)
        for net in nets:
            self._lanes.pop(net, None)
        for net in nets:
            start = self._end(net[0], net[1], is_input=False)
            edges = self.fed.get(net, {})
            ends = {end: there for end in edges if (there := self._end(*end, is_input=True)) is not None}
            if start is None or not ends:
                continue
            taken = [lane for other in self._lanes.values() for lane in other]
            known = len(taken)
            web = weave(sorted(edges.values(), key=lambda edge: edge.end), start, ends, self.places, taken)
            if len(taken) > known:
                self._lanes[net] = taken[known:]
            self.routes.update(web.routes)
            for end in web.routes:
                self.dots[end] = web.dots  # each wire paints them: the casing of the next would cut them
            self.name(net, web.labelled)
            done |= web.routes.keys()
        return done

    def name(self, net: Net, labelled: EdgeEnd | None) -> None:
        """Set label, letter and state of the wires of a net."""
        spec = self.spec(net)
        port = self.port(net[0], net[1], is_input=False)
        for end in self.fed.get(net, {}):
            self.letters[end] = spec.letter if spec else (port.face.letter if port else "?")
            self.labels.pop(end, None)
            self.bad.discard(end)
            into = self.port(*end, is_input=True)
            if into is not None and into.face.bad:
                self.bad.add(end)
                if wrong := self._mismatch(end):
                    self.labels[end] = wrong
            if end == labelled and end not in self.labels and not self._bead(net[0]) and (text := label_of(spec)):
                short = self.routes[end].room < fonts.width(text, 11, 500) + 60
                self.labels[end] = tight(text) if short else text

    def spec(self, net: Net) -> Spec | None:
        """What travels on the wires of an output, as far as it is known."""
        return self.analysis.specs.get(net[0], {}).get(net[1]) if self.analysis else None

    def _mismatch(self, end: EdgeEnd) -> str:
        for one in self.analysis.problems_of(end[0]) if self.analysis else ():
            if one.port == end[1] and one.received and one.expected:
                return f"{one.received}\u2002≠\u2002{one.expected}"
        return ""

    def _bead(self, id: str) -> bool:
        """Its wire says already what travels."""
        return id in self.faces and self.faces[id].dot

    def _end(self, id: str, name: str, *, is_input: bool) -> End | None:
        port = self.port(id, name, is_input=is_input)
        if port is None:
            return None
        return End(self.position(id) + port.centre, self.places.rects[id], port.row)

    def _face(self, id: str) -> Face:
        preview = self.previews.get(id)
        outputs = frozenset(edge.output for edge in self._outgoing(id))
        return face_of(
            self.graph.nodes[id], self.graph, self.catalog, self.analysis, wires=self.into.get(id, {}).values(),
            fed=outputs, value=self.values.get(id), preview=(preview.kind, preview.height) if preview else ("", 0),
            finished=id in self.finished and not self.stale, stale=self.stale)

    def _outgoing(self, id: str) -> Iterable[Edge]:
        return (edge for output in self._used.get(id, ()) for edge in self.fed.get((id, output), {}).values())

    def _rect(self, id: str) -> QRectF:
        return self.cards[id].rect.translated(self.position(id))

    def _rewire(self, old: Edge | None, new: Edge | None) -> None:
        if old is not None:
            self.into[old.target].pop(old.input, None)
            self.fed[old.start].pop(old.end, None)
            for kept in (self.routes, self.labels, self.dots, self.letters):
                kept.pop(old.end, None)
            self.bad.discard(old.end)
            if not self.fed[old.start]:
                self._lanes.pop(old.start, None)
        if new is not None:
            self.into[new.target][new.input] = new
            self.fed[new.start][new.end] = new
            self._used[new.source].add(new.output)

    def _drop(self, id: str) -> None:
        for kept in (self.faces, self.cards, self.offsets, self.previews, self.values):
            kept.pop(id, None)
        self.places.drop(id)
