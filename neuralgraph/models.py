"""The part of a session that knows trained models: one file with the document, what it learned and its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import DataError, GraphError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.packed import CHECKPOINT, DATA, ROWS, WEIGHTS, opened, write_packed
from neuralgraph.graph.reading import instances
from neuralgraph.spec import Catalog, Node

if TYPE_CHECKING:
    from neuralgraph.compiler.matching import Match
    from neuralgraph.compiler.program import Program
    from neuralgraph.data.holding import Held
    from neuralgraph.data.reach import Reach
    from neuralgraph.training.run import Run


class Models:
    """Saves and opens `.ngz`. Weights of such a file are taken at first need: opening loads no torch."""

    catalog: Catalog
    program: Program | None
    run: Run | None
    shown: Any
    past: Any

    def __init__(self) -> None:
        self.held: Mapping[Any, Any] = {}
        """What a model file told of its data, by the data node as a value."""
        self._brought: dict[str, bytes] = {}
        """Weights and checkpoint of the file, until they are taken."""
        self.left_behind: tuple[str, ...] = ()
        """What the model made last does not hold, in sentences."""
        self.picture_of: Callable[[Graph], bytes] | None = None
        """Draws the picture in the file; None draws a plain one."""
        self.at_rest: Callable[[Callable[[Any], Any]], Any] = lambda make: make(None)
        """Calls `make(checkpoint)` while no weight changes: between two batches of a run under way."""

    if TYPE_CHECKING:  # what the other parts of a session bring

        @property
        def graph(self) -> Graph: ...

        @property
        def reach(self) -> Reach: ...

        def compile(self, *, seed: int | None = None, device: str = "cpu", graph: Graph | None = None) -> Program: ...

        def _now(self) -> Program | None: ...

    @property
    def brought(self) -> bool:
        """The file brought weights that have not been taken yet."""
        return bool(self._brought)

    @property
    def weights_brought(self) -> Mapping[str, bytes]:
        """What the file brought and nobody has taken yet, by member."""
        return self._brought

    @property
    def trained(self) -> bool:
        """There are weights that were learnt, or read from a file."""
        return self.program is not None or self.brought

    def _bring(self, path: Path) -> None:
        """Look what a model file holds beside the document; `DocumentError` names what is damaged."""
        from neuralgraph.data.holding import of_members

        file = opened(path)
        self._brought = {name: file.take(name) for name in (WEIGHTS, CHECKPOINT) if name in file.names}
        if {DATA, ROWS} <= set(file.names):
            told = of_members(file.take(DATA), file.take(ROWS), path.name)
            nodes = self._data_nodes()
            self.held = {nodes[id].key: one for id, one in told.items() if id in nodes}

    def unpack(self, *, device: str = "cpu") -> bool:
        """Take the weights that the file brought: training goes on from them. Whether there were any.

        `RunError` names a tensor that is damaged or fits nowhere, `GraphError` says why the document cannot run.
        """
        if not self._brought:
            return False
        self.accept_model(self.unpacked(device=device))
        return True

    def _reread(self, path: Path) -> None:
        """The file was written by another program, and is taken as it is now: what it holds counts."""
        self.held = {}
        self._bring(path)

    def unpacked(self, *, device: str = "cpu") -> Run:
        """What the file brought, as a run to go on with; nothing is changed by it. As `unpack`."""
        from neuralgraph.training.packing import learnt_of
        from neuralgraph.training.run import Run

        learnt = learnt_of(self._brought, "The trained model")
        if learnt is None:
            raise RunError("There are no weights in this model.")
        program = self.compile(device=device)
        program.load_state_dict(learnt.weights)
        run = Run(program)
        run.checkpoint = learnt.checkpoint
        return run

    def accept_model(self, run: Run) -> None:
        """Go on with what `unpacked` brought."""
        self.program, self.run, self._brought, self.shown, self.past = run.program, run, {}, None, None

    def forget(self) -> None:
        """Throw away what was learnt: back to initial weights."""
        self.program = self.run = self.shown = self.past = None
        self._brought = {}

    def model(self, *, untrained: bool = False) -> dict[str, bytes]:
        """The members of a model file; `RunError` where nothing was learnt, unless it may be `untrained`."""
        from neuralgraph.explain.drawing import drawn
        from neuralgraph.training.packing import members_of

        if not self.trained and not untrained:
            raise RunError("There are no weights yet. Train first, or save the drawing alone as .ngraph.")
        graph = self.graph
        learnt, self.left_behind = (dict(self._brought), ()) if self._brought else self.at_rest(self._learnt)
        picture = self.picture_of(graph) if self.picture_of is not None else b""
        return members_of(graph, learnt, self._holding(), picture or drawn(graph))

    def save_weights(self, path: str | Path) -> None:
        """Write the present weights as `.safetensors`; `RunError` where nothing was trained."""
        from neuralgraph.compiler.weights import write_weights

        self.unpack()
        if self.program is None:
            raise RunError("There are no weights yet. Train first.")
        write_weights(Path(path), self.program.state_dict())

    def load_weights(self, path: str | Path, *, device: str = "cpu", only_matching: bool = False) -> Match:
        """Take weights from a file: the next run goes on from them. `WeightsMismatch` says what does not fit."""
        program = self.compile(device=device)
        found = program.load_weights(path, only_matching=only_matching)
        self.program, self._brought, self.shown, self.past = program, {}, None, None
        return found

    def save_model(self, path: str | Path) -> Path:
        """Write a model file, all or nothing; the document goes on living where it is. `left_behind` tells what did
        not fit.
        """
        from neuralgraph.graph.packed import SUFFIX

        where = Path(path)
        where = where if where.suffix else where.with_suffix(SUFFIX)
        write_packed(where, self.model())
        return where

    def _learnt(self, stand: Any) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Weights and checkpoint as they are now, nothing where there are none; and what did not fit."""
        from neuralgraph.training.packing import learnt_bytes

        if self.program is None:
            return {}, ()
        try:
            program = (self.program if stand is not None else self._now()) or self.program
        except GraphError:
            program = self.program
        own = self.run.checkpoint if self.run is not None and self.run.program is self.program else None
        return learnt_bytes(program.state_dict(), stand or own)

    def _data_nodes(self) -> dict[str, Node]:
        """The data nodes that read files, by path."""
        found = instances(flatten(self.graph, self.catalog).graph, self.catalog)
        return {id: node for id, node in found.items() if isinstance(node, Node) and node.role == "source"
                and any(one.kind == "file" for one in node.params.values())}

    def _holding(self) -> dict[str, Held]:
        """What travels of the data: as they are here, else as they came."""
        from neuralgraph.data.cards import card_of
        from neuralgraph.data.holding import SMALL, Held
        from neuralgraph.data.sources import deliver

        found: dict[str, Held] = {}
        for id, node in self._data_nodes().items():
            try:
                delivery = deliver(node, self.reach)
                found[id] = Held(card_of(node, delivery),
                                 delivery if delivery.bytes <= SMALL and not delivery.stays else None)
            except DataError:
                if node.key in self.held:
                    found[id] = self.held[node.key]
        return found
