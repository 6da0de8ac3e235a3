"""Random walks over documents with modules: made, entered, changed inside, shown outside, renamed, taken apart."""

from __future__ import annotations

from dataclasses import replace

from neuralgraph.errors import DocumentError
from neuralgraph.graph import fragment, grouping
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Edit, Group, RenameNode
from neuralgraph.graph.flatten import scope
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.module_edits import Expose, PutModule, RemoveModule, RenameModule, Within
from neuralgraph.graph.wiring import Refusal
from neuralgraph.nodes import CATALOG
from tests.promises.walker import Walker

NAMES = ("Block", "Häuser 数", "a.b", "x/y", "0")


class ModuleWalker(Walker):
    """Half of its edits are about modules. Names come back on purpose: ids that once were, definitions that went."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.inside: tuple[str, ...] = ()

    def names(self, graph: Graph) -> list[str]:
        """Definitions that can be edited: those that the walk is inside of are not, as in the window."""
        return [one for one in graph.modules if one not in self.inside]

    def edit(self, graph: Graph, depth: int = 0) -> Edit:
        if self.rng.random() < 0.5:
            return super().edit(graph, depth)
        kinds = ["define", "reuse", "expose"]
        kinds += ["group", "paste", "copy", "old_name", "door"] if graph.nodes else []
        kinds += ["within"] * 6 + ["undefine", "rename_module"] if self.names(graph) and depth < 3 else []
        kinds += ["apart", "unique"] if self.copies(graph) else []
        made: Edit | None = getattr(self, f"_m_{self.rng.choice(kinds)}")(graph, depth)
        return made if made is not None else super().edit(graph, depth)

    def copies(self, graph: Graph) -> list[str]:
        return [id for id, one in graph.nodes.items() if one.type in ("Module", "Recurrent")]

    def _m_define(self, graph: Graph, depth: int) -> Edit:
        inner = Walker(self.rng.randint(0, 99)).graph(4)
        for kind in ("Input", "Output", "State"):
            inner, _ = AddNode(Placed(fresh(inner, kind), kind, y=self.place())).apply(inner)
        return PutModule(self.rng.choice([one for one in NAMES if one not in self.inside]), inner)

    def _m_reuse(self, graph: Graph, depth: int) -> Edit:
        kind = self.rng.choice(("Module", "Recurrent"))
        params = FrozenDict(definition=self.rng.choice(NAMES), repeat=self.rng.randint(1, 3))
        return AddNode(Placed(fresh(graph, kind), kind, params, self.place(), self.place()))

    def _m_expose(self, graph: Graph, depth: int) -> Edit:
        ids = [*graph.nodes, "renamed_1", "gone"]
        return Expose(tuple((name, (f"{self.rng.choice(ids)}.bias", "a.b.c", ".")) for name in ("bias", "wide")))

    def _m_group(self, graph: Graph, depth: int) -> Edit | None:
        ids = self.rng.sample(list(graph.nodes), min(len(graph.nodes), self.rng.randint(1, 3)))
        made = grouping.make(graph, CATALOG, ids, self.rng.choice(NAMES))
        return None if isinstance(made, Refusal) else made[0]

    def _m_paste(self, graph: Graph, depth: int) -> Edit | None:
        text = fragment.copy(graph, self.rng.sample(list(graph.nodes), 1))
        try:
            return fragment.paste(text, graph)
        except DocumentError:  # it contains itself
            return None

    def _m_copy(self, graph: Graph, depth: int) -> Edit:
        """A wire between a copy and anything, at a door that may be there or not."""
        ids = list(graph.nodes)
        port = self.rng.choice(("input_1", "output_1", "renamed_1", "other_1", "h"))
        return Connect(Edge(self.rng.choice(ids), port, self.rng.choice(ids), port))

    def _m_old_name(self, graph: Graph, depth: int) -> Edit | None:
        """An id that is typed in, and may have been another node's."""
        new = self.rng.choice(("input_1", "output_1", "renamed_1", "other_1", "linear_1"))
        taken = new in graph.nodes or new in graph.notes or new in graph.frames
        return None if taken else RenameNode(self.rng.choice(list(graph.nodes)), new)

    def _m_door(self, graph: Graph, depth: int) -> Edit:
        id = self.rng.choice(list(graph.nodes))
        owner = self.rng.choice([*graph.nodes, "renamed_1", "linear_1"])
        return ChangeNode(replace(graph.nodes[id], shares=owner if owner != id else None))

    def _m_within(self, graph: Graph, depth: int) -> Edit | None:
        name = self.rng.choice(self.names(graph))
        inner, around = scope(graph, name), self.inside
        self.inside = (*around, name)
        first = self.edit(inner, depth + 1)
        if self.rng.random() < 0.3:
            first = Group("Both", (first, self.edit(first.apply(inner)[0], depth + 1)))
        self.inside = around
        return Within(name, first, ("a", "a/0"))

    def _m_undefine(self, graph: Graph, depth: int) -> Edit:
        return RemoveModule(self.rng.choice(self.names(graph)))

    def _m_rename_module(self, graph: Graph, depth: int) -> Edit | None:
        free = [one for one in NAMES if one not in graph.modules]
        return RenameModule(self.rng.choice(self.names(graph)), self.rng.choice(free)) if free else None

    def _m_apart(self, graph: Graph, depth: int) -> Edit | None:
        made = grouping.dissolve(graph, CATALOG, self.rng.choice(self.copies(graph)))
        return None if isinstance(made, Refusal) else made[0]

    def _m_unique(self, graph: Graph, depth: int) -> Edit | None:
        made = grouping.unique(graph, self.rng.choice(self.copies(graph)))
        return None if isinstance(made, Refusal) else made
