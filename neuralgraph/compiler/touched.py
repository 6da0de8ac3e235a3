"""A program with a hand in it: its own copy of the weights, some numbers of it changed, values held, nodes skipped."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import fx

from neuralgraph.compiler.blocks.holding import held
from neuralgraph.compiler.build import Root, Writer
from neuralgraph.compiler.program import Program
from neuralgraph.errors import ParameterError, UnknownNodeError
from neuralgraph.graph.touches import Place, Spot, Touches
from neuralgraph.spec import Node

Alter = Callable[[fx.Graph, str, str, fx.Node], fx.Node]
"""What is computed of an output (graph, node, output, value) before anybody else sees it."""


class AlteringWriter(Writer):
    """Writes programs in which the values of some outputs are altered on their way."""

    alter: Alter
    skipped: frozenset[str] = frozenset()

    def placeholders(self, keys: Iterable[tuple[str, str, str]]) -> None:
        keys = tuple(keys)
        super().placeholders(keys)
        for _, id, output in keys:
            self._altered(id, (output,))

    def _node(self, id: str, node: Node) -> None:
        if id in self.skipped:
            self.values[id, node.outputs()[0]] = self.inputs(id, node)[0][0]
        else:
            super()._node(id, node)
        self._altered(id, node.outputs())

    def _altered(self, id: str, outputs: Iterable[str]) -> None:
        for output in outputs:
            if (id, output) in self.values:
                value = self.values[id, output]
                made = self.alter(self.fx, id, output, value)
                if made is not value:
                    made.meta.update(id=id, output=output)
                self.values[id, output] = made


class Touched(Program):
    """What `of` would be if it were as `touches` say. Its weights are copies: `of` stays as it is.

    `levels` are the numbers at which outputs are held. It predicts, traces and is judged like any other program.
    """

    def __init__(self, of: Program, touches: Touches, levels: Mapping[Spot, float]) -> None:
        self.__dict__.update(of.__dict__)
        self.touches, self.levels = touches, dict(levels)
        self.root = copied(of)
        self.checkpoint = None
        self._trainings, self._traces = {}, {}
        with torch.no_grad():
            for spot, value in touches.numbers.items():
                parameter(self, spot)[spot.at] = value
        self.module, self.module_inputs = self._inference_module()

    def _writer(self, keys: Iterable[str]) -> Writer:
        writer = AlteringWriter(self.inference, self.root)
        writer.alter, writer.skipped = self._held, self.touches.skipped
        writer.placeholders((key, *self._sources[key]) for key in keys)
        return writer

    def _held(self, graph: fx.Graph, id: str, output: str, value: fx.Node) -> fx.Node:
        for spot, level in self.levels.items():
            if (spot.node, spot.name) == (id, output):
                value = graph.call_function(held, (value, spot.at, level))
        return value


def copied(of: Program) -> Root:
    """The root of a program with every weight copied, and what the last batch left as gradients."""
    root = copy.deepcopy(of.root)
    for old, new in zip(of.root.parameters(), root.parameters(), strict=True):
        new.grad = None if old.grad is None else old.grad.detach().clone()
    return root


def parameter(program: Program, spot: Spot) -> torch.Tensor:
    """The parameter that a spot is in; `UnknownNodeError` or `ParameterError` where there is none."""
    placed = program.graph.nodes.get(spot.node)
    module = program.part((placed.shares if placed is not None else "") or spot.node)
    named = dict(module.named_parameters()) if module is not None else {}
    if spot.name not in named:
        there = ", ".join(named) or "none"
        raise UnknownNodeError(f"{spot.node} has no parameter {spot.name!r}. It has: {there}.")
    found = named[spot.name]
    _within(spot, tuple(found.shape), whole=True)
    return found


def outside(program: Program, spot: Spot) -> str:
    """Why an output cannot be held there; "" where it can."""
    if spot.node not in program.inference.specs:
        inner = next((one for one in program.inference.within if spot.node.startswith(f"{one}/")), None)
        return (f"{spot.node} is inside {inner}, which runs it by itself: hold what {inner} gives." if inner is not None
                else f"There is no node {spot.node!r} that gives numbers.")
    spec = program.inference.specs[spot.node].get(spot.name)
    if spec is None:
        return f"{spot.node} has no output {spot.name!r}. It has: {', '.join(program.inference.specs[spot.node])}."
    if not len(spec.shape) or spec.shape[0] != "N":
        return f"{spot.node} gives no number for each sample."
    try:
        _within(spot, tuple(one if isinstance(one, int) else 10**9 for one in spec.shape[1:]), whole=False)
    except ParameterError as error:
        return str(error)
    return ""


def cannot_skip(program: Program, id: str) -> str:
    """Why a node cannot hand on what it gets; "" where it can."""
    if id not in program.inference.calls:
        return f"There is no node {id!r} that computes anything."
    node, given = program.node(id), program.inference.inputs.get(id, {})
    gives = list(program.inference.specs.get(id, {}).values())
    if node.role != "transform" or len(given) != 1 or len(gives) != 1:
        return f"{id} has not one input and one output: nothing could take its place."
    into = next(iter(given.values()))
    if into.shape != gives[0].shape or into.dtype != gives[0].dtype:
        return f"{id} makes {_shape(into.shape)} into {_shape(gives[0].shape)}: without it, shapes would not fit."
    return ""


def unit_axis(program: Program, id: str, output: str) -> int:
    """Along which axis the units of a value lie: channels of maps, features of rows and of steps."""
    spec = program.inference.specs[id][output]
    rank = len(spec.shape)
    if rank <= 2:
        return rank - 1
    return 1 if rank >= 4 or _by_channel(program, id) else rank - 1


def unit_at(program: Program, id: str, output: str, unit: int) -> Place:
    """The place of a whole unit, behind the axis of the samples."""
    axis = unit_axis(program, id, output)
    return (*(None for _ in range(axis - 1)), unit)


CHANNELS = ("Conv", "BatchNorm", "Pool", "InstanceNorm", "GroupNorm", "Upsample", "Pad")


def _by_channel(program: Program, id: str) -> bool:
    """A value of rank 3 has its channels in the middle behind a convolution, up to the next node that mixes axes."""
    while True:
        kind = program.graph.nodes[id].type
        if any(word in kind for word in CHANNELS):
            return True
        node = program.node(id)
        wires = list(program.inference.wires.get(id, {}).values())
        if len(wires) != 1 or not (node.passes or node.category == "Activations" or "Dropout" in kind):
            return False
        id = wires[0].source


def _within(spot: Spot, shape: tuple[int, ...], *, whole: bool) -> None:
    fits = len(spot.at) == len(shape) if whole else len(spot.at) <= len(shape)
    if not fits:
        raise ParameterError(f"{spot.node} {spot.name} has {len(shape)} axes ({_shape(shape)}), so a place in it has "
                             f"{len(shape)} numbers, not {len(spot.at)}.", parameter=spot.name)
    for axis, (one, size) in enumerate(zip(spot.at, shape, strict=False)):
        if one is None and whole:
            raise ParameterError(f"{spot}: say which number.", parameter=spot.name)
        if one is not None and one >= size:
            raise ParameterError(f"{spot.node} {spot.name} has {size} places along axis {axis}, from 0 to {size - 1}, "
                                 f"not {one}.", parameter=spot.name)


def _shape(shape: Iterable[object]) -> str:
    return "×".join(str(one) for one in shape) or "a single number"
