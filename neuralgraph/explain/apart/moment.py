"""The moments of one training step: what a panel walks through, forwards and back. Numpy, nothing live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from neuralgraph.explain.apart.schedule import Schedule

Array = NDArray[Any]
Phase = Literal["data", "forward", "loss", "backward", "optimiser"]
PHASES: tuple[Phase, ...] = ("data", "forward", "loss", "backward", "optimiser")
Mode = Literal["step", "forward", "reverse", "static", "dynamic"]
Place = tuple[str, str]
"""Node path and output."""
End = tuple[str, str]
"""A wire, named by the node path and the port that it enters."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """A part of a derivative that arrives: number `number` (from 1) of `count`, with the `sum` of all so far.

    `of` is what is derived by: `"node"`, `"node.output"` or a weight; `came` is the node that it comes from.
    """

    of: str
    came: str
    value: Array
    sum: Array
    number: int = 1
    count: int = 1

    @property
    def last(self) -> bool:
        return self.number == self.count


@dataclass(frozen=True, eq=False)
class Change:
    """What the optimiser did to one weight. `used` is the gradient after clipping; `memory` what it remembers now."""

    weight: str
    old: Array
    gradient: Array
    used: Array
    new: Array
    memory: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Moment:
    """One thing that happens. What does not belong to its phase is empty.

    `inputs` are by port, `outputs` by name, `weights` by the names that they have in the whole network. `tangents` say,
    in a forward sweep, how each output moves. `wire` is the one that the derivative comes down on. `equation` is BP1 …
    BP4 where that is what happens. `formulas` are those of the node's help; `notes` say what is otherwise than one
    might think.
    """

    phase: Phase
    node: str
    says: str
    inputs: Mapping[str, Array] = field(default_factory=dict)
    outputs: Mapping[str, Array] = field(default_factory=dict)
    weights: Mapping[str, Array] = field(default_factory=dict)
    tangents: Mapping[str, Array] = field(default_factory=dict)
    wire: End | None = None
    contributions: tuple[Contribution, ...] = ()
    changes: tuple[Change, ...] = ()
    formulas: tuple[str, ...] = ()
    equation: str = ""
    notes: tuple[str, ...] = ()
    time: tuple[int, ...] = ()
    """Inside a Recurrent that is laid out: which step it is, from 1; of one in the cell of another, both."""
    drawn: str = ""
    """Then, the path of the node as it is drawn; `node` has the step in it."""


@dataclass(frozen=True, eq=False)
class Apart:
    """One step, moment by moment.

    `values` and `adjoints` (of the total loss) by place; `wires` the derivative that came down each wire; `gradients`
    by weight, as torch gives them to the optimiser, before clipping. `seen` and `pulled` say at which moment a value,
    and the derivative of a wire, is first there. `rows` are the rows of the data; `unused` nodes no loss needs.
    """

    moments: tuple[Moment, ...]
    order: tuple[str, ...]
    values: Mapping[Place, Array]
    adjoints: Mapping[Place, Array]
    wires: Mapping[End, Array]
    gradients: Mapping[str, Array]
    losses: Mapping[str, float]
    total: float
    seen: Mapping[Place, int]
    pulled: Mapping[End, int]
    rows: tuple[int, ...] = ()
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    optimizer: str = ""
    precision: str = "float32"
    mode: Mode = "step"
    tangents: Mapping[Place, Array] = field(default_factory=dict)
    schedule: Schedule | None = None
    sweeps: str = ""
    """In words: how many sweeps all derivatives would take by either mode."""
    drawn: Mapping[End, tuple[Place, tuple[End, ...]]] = field(default_factory=dict)
    """Every wire as it was drawn, also those at modules: where its value comes from, and the wires that it stands
    for."""

    def csv(self, at: int | None = None) -> str:
        """Every number of all moments, or of the moment `at` (from 0), a row for each."""
        from neuralgraph.explain.apart.tables import table

        return table(self, at)

    def plain(self, at: int | None = None) -> dict[str, Any]:
        """The same as dictionaries and lists, for JSON."""
        from neuralgraph.explain.apart.tables import plain

        return plain(self, at)

    def next_time(self, at: int, by: int = 1) -> int:
        """The first moment of another time step, forwards or back; where there is none, this one."""
        def step(n: int) -> tuple[object, ...]:
            return self.moments[n].phase, self.moments[n].time

        if by > 0:
            return next((n for n in range(at + 1, len(self.moments)) if self.moments[n].time and step(n) != step(at)),
                        at)
        earlier = next((n for n in range(at - 1, -1, -1) if self.moments[n].time and step(n) != step(at)), None)
        while earlier and step(earlier - 1) == step(earlier):
            earlier -= 1
        return at if earlier is None else earlier

    def next_phase(self, at: int, by: int = 1) -> int:
        """The first moment of the next phase; back, of this one or, at its beginning, of the one before."""
        phase = self.moments[at].phase
        starts = [n for n, one in enumerate(self.moments) if not n or self.moments[n - 1].phase != one.phase]
        if by > 0:
            return next((n for n in starts if n > at and self.moments[n].phase != phase), len(self.moments) - 1)
        return max((n for n in starts if n < at), default=0)
