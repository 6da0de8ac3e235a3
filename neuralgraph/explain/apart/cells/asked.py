"""The node that is asked about: its inputs, its module and its call in float64, to be run again in other ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from neuralgraph.compiler.resolve import resolve
from neuralgraph.compiler.shapes import invoke, pick
from neuralgraph.explain.apart.seats import Seat
from neuralgraph.explain.apart.terms import Spot
from neuralgraph.spec import Call, Node


@dataclass(eq=False)
class Asked:
    """`inputs` by port in the order of the call; `optional` are those of them that go by name.

    `names` are the full names of the module's parameters by their own names. `shown` is what the node gave where that
    is known: of a node that draws by chance it is not computed again.
    """

    node: str
    kind: Node
    call: Call | None
    inputs: dict[str, Tensor]
    optional: frozenset[str]
    module: nn.Module | None
    names: Mapping[str, str]
    output: str
    index: Spot
    shown: float | None = None
    seat: Seat | None = None

    @property
    def at(self) -> int:
        """Which of the outputs it is."""
        return self.kind.outputs().index(self.output)

    @property
    def weights(self) -> dict[str, Tensor]:
        return dict(self.module.named_parameters()) if self.module is not None else {}

    @property
    def floats(self) -> dict[str, Tensor]:
        """The inputs that can be derived by."""
        return {port: one for port, one in self.inputs.items() if one.is_floating_point()}

    def run(self, changed: Mapping[str, Tensor] | None = None, weights: Mapping[str, Tensor] | None = None) -> Tensor:
        """The output that is asked about, on these inputs and weights instead of its own."""
        inputs = {**self.inputs, **(changed or {})}
        if self.call is None:
            return next(iter(inputs.values()))
        target: Any = resolve(self.call.target)
        if self.module is not None:
            module, state = self.module, dict(weights or {})
            target = (lambda *args, **named: functional_call(module, state, args, named)) if state else module
        given = [one for port, one in inputs.items() if port not in self.optional]
        named = {port: one for port, one in inputs.items() if port in self.optional}
        result = invoke(self.call, target, given, named)
        found: Tensor = pick(result, self.call.picks[self.at]) if self.call.picks is not None else result
        return found

    def cell(self, changed: Mapping[str, Tensor] | None = None, weights: Mapping[str, Tensor] | None = None) -> Tensor:
        """The number that is asked about, as a tensor without axes."""
        return self.run(changed, weights)[self.index]

    @property
    def value(self) -> float:
        if self.shown is not None:
            return self.shown
        with torch.no_grad():
            return float(self.cell())


def spots(mask: Tensor) -> list[Spot]:
    """The places at which it is not zero, row by row."""
    return [tuple(int(one) for one in row) for row in mask.nonzero().tolist()]
