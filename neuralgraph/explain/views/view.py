"""What a view is: a question about a node or the whole network, with options, that is answered with a figure."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.blocks.fitted import measured
from neuralgraph.compiler.program import Program
from neuralgraph.errors import ParameterError
from neuralgraph.explain.rows import Rows
from neuralgraph.explain.seeing import part_of
from neuralgraph.figures.shown import Shown
from neuralgraph.spec import Node, Param
from neuralgraph.spec.param import gather
from neuralgraph.training.randomness import undisturbed
from neuralgraph.training.seeds import Sown

Array = NDArray[Any]
AT_ONCE = 256
"""So many rows go through the network together."""
Scope = Literal["node", "network"]
Hear = Callable[[int, int, Callable[[], Shown]], None]
"""Takes how much is done, of how much, and what makes the figure of it."""


@dataclass(frozen=True)
class At:
    """What a view looks at: a program with its weights, the rows of its data, a node of it, and a sample.

    `node` is a path ("" for the network), `place` the number of the sample within `part` ("all", "train",
    "validation", "test"). `past` brings programs of earlier moments of the run by step, oldest first, where there are
    any; `stop` says that nobody waits for the answer any more. `hear` takes figures that are true already while a
    finer one is still at work. Looking changes nothing, bit for bit.
    """

    program: Program
    rows: Rows | None = None
    node: str = ""
    part: str = "all"
    place: int = 0
    past: Sequence[tuple[int, Callable[[], Program]]] = ()
    stop: Callable[[], bool] = field(default=lambda: False)
    hear: Hear | None = None
    sown: Sown | None = None
    """The runs of the same drawing with other seeds."""

    def so_far(self, done: int, of: int, make: Callable[[], Shown]) -> None:
        """`done` of `of` pieces of work are behind: `make` gives the figure as it is now, where somebody waits for it.

        What it gives for the last piece is the answer itself. Call it after every piece: how often a figure is made of
        it is the listener's business.
        """
        if self.hear is not None:
            self.hear(done, of, make)

    def on(self, node: str) -> At:
        """The same with another node in sight."""
        return replace(self, node=node)

    def over(self, part: str) -> At:
        """The same with another part of the data in sight."""
        return replace(self, part=part, place=0)

    @property
    def kind(self) -> Node:
        """The node in sight, as a node type with its parameters."""
        return self.program.node(self.node)

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What was found out about the network on the way, which several views ask for."""
        return {}

    @cached_property
    def row(self) -> int:
        """The number of the sample among all rows; 0 where the part is empty."""
        if self.rows is None:
            return 0
        chosen = part_of(self.rows, self.part)
        return int(chosen[min(max(self.place, 0), len(chosen) - 1)]) if len(chosen) else 0

    @cached_property
    def sample(self) -> Mapping[str, Array]:
        """The row in sight by source key, (1, …)."""
        return self.rows.one(self.row) if self.rows is not None else {}

    @cached_property
    def weights(self) -> dict[str, Array]:
        """The parameters of the node by name, as copies; those of the node it shares with."""
        return {name: _copy(one) for name, one in self.parameters.items()}

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """The gradients that the last batch left, by the name of the parameter."""
        return {name: _copy(one.grad) for name, one in self.parameters.items() if one.grad is not None}

    @cached_property
    def outputs(self) -> dict[str, Array]:
        """What the node gives for the sample, by output: (1, …)."""
        return self.values(self.sample)[self.node] if self.sample else {}

    def some(self, most: int = AT_ONCE, part: str = "") -> Array:
        """The numbers of at most `most` rows of a part ("" for that in sight), the first ones."""
        if self.rows is None:
            return np.zeros(0, np.int64)
        chosen = part_of(self.rows, part or self.part)
        return np.asarray(chosen[: min(most, self.rows.quick)])

    def given(self, numbers: Array) -> dict[str, Array]:
        """These rows by source key."""
        assert self.rows is not None
        return {key: np.asarray(array[numbers]) for key, array in self.rows.arrays.items()}

    def values(self, given: Mapping[str, Array], nodes: Sequence[str] = ()) -> dict[str, dict[str, Array]]:
        """What nodes give (that in sight by default), by node and output, for rows by source key; in eval mode."""
        program, wanted = self.program, list(nodes or (self.node,))
        tensors = {key: program.tensor(key, value) for key, value in given.items()}
        with undisturbed(program.device, program.seed), program.quiet():
            found = program.trace(tensors, wanted)
        return {id: {output: _copy(found[name]) for output in program.outputs_of(id)
                     if (name := _traced(program, id, output)) in found} for id in wanted}

    @property
    def owner(self) -> str:
        """The node whose parameters that in sight uses: another one where they are shared."""
        placed = self.program.graph.nodes.get(self.node)
        return (placed.shares if placed is not None else "") or self.node

    @property
    def parameters(self) -> dict[str, torch.Tensor]:
        """The parameters themselves by name, not to be changed: for names and shapes."""
        module = self.program.part(self.owner)
        return dict(module.named_parameters()) if module is not None else {}

    @cached_property
    def measured(self) -> dict[str, Array]:
        """What the node measured on the training part, by name, as copies: the mean and spread of Standardize."""
        return {name: _copy(one) for name, one in measured(self.program.part(self.owner)).items()}


class View:
    """One view: one class. Its docstring is its help, its `param`s are its options.

    `scope` says whether it needs a node. `fits` answers why it cannot be shown, "" where it can, without computing;
    `look` computes the figure. An instance is a view with checked options.
    """

    scope: ClassVar[Scope] = "node"
    title: ClassVar[str] = ""
    group: ClassVar[str] = ""
    icon: ClassVar[str] = "grid"
    """An `mdi6` icon."""
    costly: ClassVar[bool] = False
    """It takes longer than a glance: while a run goes on it is looked at less often, and told to be under way."""
    act: ClassVar[str] = ""
    """The command of the window that makes something of what is shown, "" for none."""
    params: ClassVar[dict[str, Param]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.params = gather(cls)
        cls.title = vars(cls).get("title") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cls.__name__).capitalize()

    def __init__(self, **options: Any) -> None:
        unknown = [name for name in options if name not in self.params]
        if unknown:
            known = ", ".join(self.params) or "none"
            raise ParameterError(f"The view «{self.name()}» has no option {unknown[0]!r}. It has: {known}.",
                                 parameter=unknown[0])
        for name, one in self.params.items():
            setattr(self, name, one.check(options.get(name, one.default)))

    @classmethod
    def name(cls) -> str:
        """What it is called in a command: «class-table» for `ClassTable`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        """What a text option can be here, where that depends on the network: names of parameters, features, nodes."""
        return ()

    @classmethod
    @abstractmethod
    def fits(cls, at: At) -> str:
        """Why there is nothing to see, in one sentence; "" where there is."""

    @abstractmethod
    def look(self, at: At) -> Shown:
        """The figure. May raise a `NeuralGraphError` that says what is missing."""


def _traced(program: Program, id: str, output: str) -> str:
    """What a trace calls an output of a node, or of a module."""
    if id in program.inference.flat.copies:
        return id if len(program.outputs_of(id)) == 1 else f"{id}.{output}"
    return program.output_name(id, output)


def _copy(tensor: torch.Tensor) -> Array:
    plain = tensor.detach().resolve_neg().resolve_conj()  # numpy knows no sign that is only noted down
    return np.array((plain.float() if tensor.dtype in (torch.bfloat16, torch.float16) else plain).cpu().numpy())
