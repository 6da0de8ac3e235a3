"""Random walks over documents with plain random numbers: thousands of edits of every kind in a second."""

from __future__ import annotations

import random
from dataclasses import replace

from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.edits import (
    AddNode,
    ChangeNode,
    Connect,
    Describe,
    Disconnect,
    Edit,
    Group,
    Move,
    PutFrame,
    PutNote,
    RemoveFrame,
    RemoveNode,
    RemoveNote,
    RenameNode,
    Replace,
    SetPlan,
)
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh

TYPES = ("Linear", "ReLU", "Concat", "Dataset", "Csv", "FromTheFuture", "CrossEntropyLoss")
WORDS = ("", "Häuser", "数字", "a b", "x\ty", "«»", "\u2028", "🙂", "';--", "<b>", "{0}", "%s", "\\", '"')


class Walker:
    """Makes edits that fit a document. The same seed makes the same walk."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def graph(self, edits: int) -> Graph:
        """A document after so many edits."""
        graph = Graph()
        for _ in range(edits):
            graph, _ = self.edit(graph).apply(graph)
        return graph

    def edit(self, graph: Graph, depth: int = 0) -> Edit:
        kinds = ["add", "add", "add", "note", "frame", "plan", "describe"]
        kinds += ["remove", "change", "change", "move", "rename", "connect", "connect"] if graph.nodes else []
        kinds += ["cut"] if graph.edges else []
        kinds += ["unnote"] if graph.notes else []
        kinds += ["unframe"] if graph.frames else []
        kinds += ["group", "replace"] if depth == 0 else []
        made: Edit = getattr(self, f"_{self.rng.choice(kinds)}")(graph)
        return made

    def value(self) -> object:
        rng = self.rng
        return rng.choice((rng.randint(-9, 10**9), round(rng.uniform(-1e6, 1e6), 3), rng.random() < 0.5, None,
                           self.words(), (rng.randint(1, 9), rng.randint(1, 9))))

    def words(self) -> str:
        return "".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(0, 3)))

    def place(self) -> float:
        return round(self.rng.uniform(-5000, 5000), 3)

    def _add(self, graph: Graph) -> Edit:
        kind = self.rng.choice(TYPES)
        params = {name: self.value() for name in self.rng.sample(["out_features", "bias", "dim", "odd"], 2)}
        return AddNode(Placed(fresh(graph, kind), kind, FrozenDict(params), self.place(), self.place(), self.words(),
                              self.words(), self.rng.random() < 0.2, self.rng.random() < 0.2))

    def _note(self, graph: Graph) -> Edit:
        id = self.rng.choice(list(graph.notes)) if graph.notes and self.rng.random() < 0.4 else fresh(graph, "note")
        return PutNote(Note(id, self.words(), self.place(), self.place()))

    def _frame(self, graph: Graph) -> Edit:
        id = self.rng.choice(list(graph.frames)) if graph.frames and self.rng.random() < 0.4 else fresh(graph, "frame")
        return PutFrame(Frame(id, self.words(), self.place(), self.place()))

    def _plan(self, graph: Graph) -> Edit:
        stage = replace(graph.plan.stages[0], epochs=self.rng.randint(1, 99))
        return SetPlan(replace(graph.plan, batch_size=self.rng.randint(1, 512), stages=(stage,)))

    def _describe(self, graph: Graph) -> Edit:
        return Describe(self.words(), self.words())

    def _remove(self, graph: Graph) -> Edit:
        return RemoveNode(self.rng.choice(list(graph.nodes)))

    def _change(self, graph: Graph) -> Edit:
        node = graph.nodes[self.rng.choice(list(graph.nodes))]
        params = node.params.having(**{self.rng.choice(["bias", "new"]): self.value()})
        return ChangeNode(replace(node, params=params, title=self.words(), bypassed=self.rng.random() < 0.5))

    def _move(self, graph: Graph) -> Edit:
        every = [*graph.nodes, *graph.notes, *graph.frames]
        chosen = self.rng.sample(every, min(len(every), self.rng.randint(1, 4)))
        return Move(tuple((one, self.place(), self.place()) for one in chosen))

    def _rename(self, graph: Graph) -> Edit:
        return RenameNode(self.rng.choice(list(graph.nodes)), fresh(graph, self.rng.choice(["renamed", "other"])))

    def _connect(self, graph: Graph) -> Edit:
        ids = list(graph.nodes)
        return Connect(Edge(self.rng.choice(ids), "out", self.rng.choice(ids), self.rng.choice(["x", "a", "xs_0"])))

    def _cut(self, graph: Graph) -> Edit:
        return Disconnect(*self.rng.choice(list(graph.edges)))

    def _unnote(self, graph: Graph) -> Edit:
        return RemoveNote(self.rng.choice(list(graph.notes)))

    def _unframe(self, graph: Graph) -> Edit:
        return RemoveFrame(self.rng.choice(list(graph.frames)))

    def _replace(self, graph: Graph) -> Edit:
        if self.rng.random() < 0.8:
            return self.edit(graph, 1)
        modules = {"block": Walker(self.rng.randint(0, 99)).graph(3)} if self.rng.random() < 0.5 else {}
        return Replace(self.graph(6).having(modules=modules))

    def _group(self, graph: Graph) -> Edit:
        first = self.edit(graph, 1)
        return Group("Both", (first, self.edit(first.apply(graph)[0], 1)))
