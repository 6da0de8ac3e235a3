"""What the views ask of an open document: pictures, readings, answers, regions. torch is loaded at first need."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import DataError, GraphError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.history import Change
from neuralgraph.graph.reading import instances
from neuralgraph.graph.wiring import heal
from neuralgraph.spec import Catalog, Node

if TYPE_CHECKING:
    from torch import Tensor

    from neuralgraph.compiler.program import Program
    from neuralgraph.data.reach import Reach
    from neuralgraph.explain.answers import Answers, Region
    from neuralgraph.explain.flowing import Wires
    from neuralgraph.explain.glance import Glance
    from neuralgraph.explain.overview import Overview
    from neuralgraph.explain.previews import Look
    from neuralgraph.explain.rows import Rows
    from neuralgraph.explain.seeing import Seen
    from neuralgraph.explain.steps import Step
    from neuralgraph.explain.units import Units
    from neuralgraph.training.control import Probe
    from neuralgraph.training.events import Reading
    from neuralgraph.training.rewinding import Shown
    from neuralgraph.training.seeds import Spread
    from neuralgraph.validation.analysis import Analysis


MOST_UNASKED = 4_000_000
"""So many parameters a network may have to be given weights only for the pictures in its cards."""


class Looking:
    """The part of a session that looks. It asks the program of a run under way, else the last one, else a fresh one."""

    catalog: Catalog
    shown: Shown | None
    """The moment that is shown, where a run was wound back."""

    def __init__(self) -> None:
        self.program: Program | None = None
        self._fresh: Program | None = None
        self._fresh_of: Program | None = None
        """Whose weights the fresh one has."""
        self._measured: Program | None = None
        self._looked: tuple[Any, str, Any, Overview] | None = None
        self._moves: list[dict[str, str]] = []
        self._moves_of: Program | None = None
        """Nodes that were named otherwise since that program was made: its weights follow."""
        self.sample_rows = 0
        """How many rows there are to look at, as far as `inspect` has seen."""
        self.series: tuple[Graph, Spread] | None = None
        """The document that was trained last with several seeds, and what came of it."""
        self.row = 0
        """The row whose values cards and wires show: the one that the inspector looks at."""

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The document as it is now."""

    @property
    @abstractmethod
    def reach(self) -> Reach:
        """Where relative data paths start, and what may be read."""

    @property
    def stale(self) -> bool:
        """What was learnt belongs to another drawing than the present one."""
        return self.program is not None and not self._alike(self.program.document, self.graph)

    def _alike(self, one: Graph, other: Graph) -> bool:
        """Both compute the same, beads on wires aside."""
        return one.computes(other) or self._bare(one).computes(self._bare(other))

    def _bare(self, graph: Graph) -> Graph:
        """Without the nodes through which values only pass."""
        beads = [id for id, one in graph.nodes.items() if one.type in self.catalog and self.catalog[one.type].passes]
        healed = heal(graph, self.catalog, beads) if beads else None
        return healed.apply(graph)[0] if healed is not None else graph

    @abstractmethod
    def analyse(self, graph: Graph | None = None, *, free: int | None = None) -> Analysis:
        """Check a document and find every shape."""

    @abstractmethod
    def compile(self, *, seed: int | None = None, device: str = "cpu", graph: Graph | None = None) -> Program:
        """A document as a program with initial weights."""

    def _follow(self, change: Change) -> None:
        if self._moves_of is not self.program:
            self._moves, self._moves_of = [], self.program
        if self.program is not None:
            self._moves += _batches(change.edit.moves)

    def carry(self, old: Program, new: Program) -> tuple[str, ...]:
        """Copy every weight that has the same place and shape in both; the names copied.

        Weights of nodes that were renamed, or went into a module or out of it, follow; those of a module that is
        repeated now, or no longer, are those of its first turn. A Linear that became a convolution is folded, and laid
        flat again on the way back. What was typed in since holds.
        """
        import torch

        from neuralgraph.compiler.pinned import retyped

        moves = self._moves if old is self._moves_of or (self.shown is not None and old is self.shown.program) else []
        known = {_followed(_key(name), moves): one for name, one in old.state_dict().items()}
        target, typed = new.state_dict(), retyped(old.graph, new.graph)
        found = {name: known[_key(name)] for name in target if _key(name) in known and name not in typed}
        copied = tuple(name for name, one in found.items() if _fits(one, target[name]))
        with torch.no_grad():
            for name in copied:
                target[name].copy_(found[name].reshape(target[name].shape))
        return copied

    def looks(self, graph: Graph, program: Program | None = None) -> dict[str, Look]:
        """What the cards show, by node id: samples of the sources, and the network's activations for one row."""
        return dict(self.glance(graph, program).cards)

    def glance(
        self, graph: Graph, program: Program | None = None, *, cards: bool = True, wires: Wires = "off"
    ) -> Glance:
        """What the cards and the wires show, for row `row` of the data.

        `program` is that of the run that asks; without one, that of the last run, if it was made from `graph`; else
        the initial weights answer, so that a drawing is alive before it has learnt anything.
        """
        from neuralgraph.explain.glance import glance, heads

        program = program or self._present(graph, most=MOST_UNASKED)
        program = self._world(program) if program is not None else None
        return glance(program, heads(graph, self.catalog, self.reach, self.row), cards=cards, wires=wires)

    def inspect(self, node: str, row: int, program: Program | None = None) -> Reading | None:
        """Weights, gradients and activations of a node for one row; None where nothing is known yet."""
        from neuralgraph.training.probes import read

        program = self._world(program)
        if program is None or not program.holds(node):
            return None
        rows = self._rows(program)
        self.sample_rows = rows.count if rows is not None else 0
        sample = rows.one(min(row, rows.count - 1)) if rows is not None else None
        return read(program, self.probe(node, sample), 0)

    def see(
        self, node: str, part: str = "all", place: int = 0, program: Program | None = None, *, wrong: bool = False
    ) -> Seen | None:
        """A node for sample `place` of a part of the data, with what it means; `wrong`: for the next wrong one."""
        from neuralgraph.explain.seeing import see

        program = self._world(program)
        if program is None or not program.holds(node):
            return None
        return see(program, self._rows(program), node, part, place, wrong=wrong)

    def region(self, program: Program | None = None) -> Region | None:
        """How the network divides the plane of its two features."""
        from neuralgraph.explain.answers import region

        program = self._world(program)
        rows = self._rows(program) if program is not None else None
        if program is None or rows is None:
            return None
        return region(program, rows.arrays, rows.target, rows.names, rows.features)

    def units(self, program: Program | None = None) -> Units | None:
        """A small network of two features, neuron by neuron."""
        from neuralgraph.explain.units import units

        program = self._world(program)
        rows = self._rows(program) if program is not None else None
        return units(program, rows.arrays, rows.features) if program is not None and rows is not None else None

    def answers(self, program: Program | None = None, most: int = 2000) -> Answers | None:
        """What the network says about validation rows (or training rows, where there are none)."""
        from neuralgraph.explain.answers import answers

        program = self._world(program)
        rows = self._rows(program) if program is not None else None
        if program is None or rows is None or rows.target is None:
            return None
        chosen = rows.split.validation if len(rows.split.validation) else rows.split.train
        return answers(program, rows.arrays, chosen[: min(most, rows.quick)], rows.target, rows.names, rows.tokens)

    def data_nodes(self) -> tuple[str, ...]:
        """The data nodes that bring rows of their own, by path."""
        return tuple(id for id, node in instances(flatten(self.graph, self.catalog).graph, self.catalog).items()
                     if isinstance(node, Node) and node.role == "source" and node.type not in ("Input", "State"))

    def overview(self, node: str) -> Overview:
        """What a data node delivers: columns, classes, ranges, some rows. `DataError` where it cannot be read."""
        from neuralgraph.data.sources import deliver
        from neuralgraph.explain.overview import overview

        found = instances(flatten(self.graph, self.catalog).graph, self.catalog).get(node)
        if not isinstance(found, Node) or found.role != "source":
            raise DataError(f"{node} is no data node of this document.")
        given, plan = deliver(found, self.reach), self.graph.plan
        known = self._looked
        if known is None or known[0] is not given or known[1:3] != (node, plan):
            self._looked = known = (given, node, plan, overview(node, found.type, given, plan))
        return known[3]

    def fingerprint(self, node: str) -> str:
        """A digest of all that a data node delivers: another one where anything changed."""
        from neuralgraph.data.sources import deliver
        from neuralgraph.explain.overview import digest

        found = instances(flatten(self.graph, self.catalog).graph, self.catalog)[node]
        if not isinstance(found, Node):
            raise DataError(f"{node} is no data node of this document.")
        return digest(deliver(found, self.reach, thorough=True))

    def steps(self, node: str, row: int, draw: int = 0, program: Program | None = None) -> tuple[Step, ...]:
        """What each step of preparation below a data node does to one of its rows."""
        from neuralgraph.explain.steps import steps

        program = self._world(program)
        rows = self._rows(program) if program is not None else None
        if program is None or rows is None:
            return ()
        if program is self._fresh and program is not self._measured:
            self._measure(program, rows)
        return steps(program, node, rows.one(min(row, rows.count - 1)), draw)

    def _measure(self, program: Program, rows: Rows) -> None:
        """Before any run: what is fitted on the training part looks at some of its rows."""
        from neuralgraph.training.fitting import fit_block

        some = rows.split.train[: min(2000, rows.quick)]
        train = {key: program.tensor(key, array[some]) for key, array in rows.arrays.items()}
        for id in program.fitted:
            fit_block(program, id, train, program.seed)
        self._measured = program

    @staticmethod
    def probe(node: str, sample: Mapping[str, Any] | None) -> Probe:
        """The wish of an inspector."""
        from neuralgraph.training.control import Probe

        return Probe(node, sample)

    def _present(self, graph: Graph | None = None, *, most: int | None = None) -> Program | None:
        """The program of a graph, the present one by default: the last one, or a fresh one with its weights.

        While a moment is shown, that one. None where it has errors, or where a fresh one would have more than `most`
        parameters.
        """
        return self._made_from(self.shown.program if self.shown is not None else self.program, graph, most)

    def _now(self) -> Program | None:
        """As `_present`, whatever moment is shown: what is kept and saved is what was learnt last."""
        return self._made_from(self.program, None, None)

    def _made_from(self, last: Program | None, graph: Graph | None, most: int | None) -> Program | None:
        graph, fresh = graph or self.graph, self._fresh
        if last is not None and self._alike(last.document, graph):
            return last
        if fresh is None or self._fresh_of is not last or not self._alike(fresh.document, graph):
            try:
                analysis = self.analyse(graph)
                fresh = self.compile(graph=graph) if most is None or analysis.parameters <= most else None
                if fresh is not None and last is not None:
                    self.carry(last, fresh)
            except GraphError:
                fresh = None
            self._fresh, self._fresh_of = fresh, last
        return fresh

    def _world(self, program: Program | None = None) -> Program | None:
        """What is looked at where `program`, or the present one, is asked: that, and what somebody tries on it."""
        return program or self._present()

    def _rows(self, program: Program) -> Rows | None:
        from neuralgraph.explain.rows import rows_of

        try:
            return rows_of(program.sources, program.graph.plan, self.reach) if program.sources else None
        except DataError:
            return None


def _fits(one: Tensor, other: Tensor) -> bool:
    """Of one shape, or the weights of a Linear and of the convolution that computes the same."""
    folded = {one.ndim, other.ndim} == {2, 4} and one.numel() == other.numel() and len(one) == len(other)
    return one.shape == other.shape or folded


def _key(name: str) -> str:
    """The path of a weight. The first turn of a repeated module goes without its number: `b.0.x` is `b/x`."""
    return "/".join(part for part in name.replace("/", ".").split(".") if part != "0")


def _batches(moves: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Moves that come about together, one batch after the other: what moved in one can move again in the next."""
    found: list[dict[str, str]] = []
    came: set[str] = set()
    for old, new in ((_key(old), _key(new)) for old, new in moves):
        if not found or old in came or old in found[-1]:
            found.append({})
            came = set()
        found[-1][old] = new
        came.add(new)
    return found


def _followed(path: str, batches: Sequence[dict[str, str]]) -> str:
    """What a weight is called after these moves of nodes."""
    for moves in batches:
        around = path.rpartition("/")[0]
        while around and around not in moves:
            around = around.rpartition("/")[0]
        if around:
            path = moves[around] + path[len(around):]
    return path
