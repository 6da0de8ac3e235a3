"""A Recurrent laid out: for every step the nodes of its cell, and between the steps what goes from one to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from neuralgraph.compiler.blocks.recurrence import Recurrence, choose
from neuralgraph.compiler.cells import network_of
from neuralgraph.compiler.infer import Inference
from neuralgraph.errors import RunError
from neuralgraph.explain.apart.moment import Place
from neuralgraph.explain.apart.seats import Joint, Scope, Seat, within
from neuralgraph.graph.document import Edge
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Network, Node
from neuralgraph.validation.lens import digraph, upstream

MOST_STEPS = 200
"""So many steps of a sequence are laid out at most."""


def steps(scope: Scope, id: str, inside: Collection[str]) -> Iterator[Seat]:
    """All steps of the Recurrent `id` in the order in which they are computed, then itself: it gathers them."""
    return _Loop(scope, id, inside).seats()


@dataclass(frozen=True, eq=False)
class _Way:
    """One direction: the cell that it runs, the steps in its order, where its paths and its own weights lie."""

    cell: nn.Module
    order: Sequence[int]
    folder: str
    suffix: str
    backwards: bool

    @property
    def last(self) -> int:
        return self.order[-1]


class _Loop:
    def __init__(self, scope: Scope, id: str, inside: Collection[str]) -> None:
        self.scope, self.id, self.inside = scope, id, inside
        self.inner: Inference = scope.inference.within[id]
        self.own = scope.seat(id)
        call = self.own.call
        assert call is not None and isinstance(self.own.module, Recurrence)
        self.module = self.own.module
        self.settings: dict[str, Any] = dict(call.kwargs)
        network = network_of(call)
        assert network is not None
        self.network: Network = network
        count = self.settings["inputs"]
        entries = [name for name, _ in network.entries]
        self.entries, self.doors = entries[:count], entries[count:]
        self.names = [name for name, _ in arguments(self.own.kind, self.own.wires)[0]]
        self.sequences, self.wired = self.names[:count], self.names[count:]
        self.mask = self.own.wires.get("mask") if "mask" in self.own.optional else None
        states = self.settings["states"]
        self.states: Sequence[tuple[str, str, tuple[int, ...]]] = states
        cut = len(network.exits) - len(states)
        self.exits, self.follow = network.exits[:cut], network.exits[cut:]
        self.length = self._length()
        self.rows: Place = self.own.wires[self.names[0]].start

    def _length(self) -> int:
        free = self.settings.get("steps")
        size = free or self.scope.inference.inputs[self.id][self.names[0]].shape[1]
        assert isinstance(size, int)
        if size > MOST_STEPS:
            raise RunError(f"{self.scope.drawn}{self.id} runs {size:,} steps; at most {MOST_STEPS} are laid out one by "
                           "one. Look at it as one moment, or give it shorter sequences.")
        return size

    def _ways(self) -> list[_Way]:
        there, direction = range(self.length), self.settings["direction"]
        back = there[::-1]
        if direction == "both":
            return [_Way(self.module.cell, there, "", "", False), _Way(self.module.back, back, "back/", "_back", True)]
        return [_Way(self.module.cell, back if direction == "backward" else there, "", "", direction == "backward")]

    def seats(self) -> Iterator[Seat]:
        needed = upstream(digraph(self.inner.graph), self.network.exits)
        body = [id for id in self.inner.order if id in needed]
        for way in self._ways():
            for number, at in enumerate(way.order):
                scope = self._scope(way, at)
                for port, entry in zip(self.sequences, self.entries, strict=True):
                    yield self._entry(scope, entry, port, at)
                wired = iter(self.wired)
                for state, door in enumerate(self.doors):
                    port = next(wired) if self.states[state][1] == "wired" else ""
                    yield self._state(scope, way, number, state, door, port)
                yield from within(scope, body, self.inside)
        yield self._gathered()

    def _prefix(self, way: _Way, at: int) -> str:
        return f"{self.scope.prefix}{self.id}/{way.folder}{at + 1}/"

    def _scope(self, way: _Way, at: int) -> Scope:
        return Scope(self.inner, self.network.inside.graph, partial(_part, way.cell), self._prefix(way, at),
                     f"{self.scope.drawn}{self.id}/", (*self.scope.time, at + 1), way.backwards)

    def _entry(self, scope: Scope, id: str, port: str, at: int) -> Seat:
        """Step `at` of a sequence."""
        edge, path = self.own.wires[port], scope.prefix + id
        says = f"{port} at t = {at + 1}: step {at + 1} of {self.length} of the sequence."
        return Seat(scope, id, _node(self.inner, id), {"x": Edge(*edge.start, path, "x")}, None, None,
                    joint=partial(_taken, at), outside=(self.own.path, port), says=says)

    def _state(self, scope: Scope, way: _Way, number: int, state: int, id: str, port: str) -> Seat:
        """What is remembered at this step."""
        name, start, shape = self.states[state]
        kind, path, at = _node(self.inner, id), scope.prefix + id, way.order[number]
        if number:
            return self._remembered(scope, way, number, state, kind)
        if start == "wired":
            edge = self.own.wires[port]
            return Seat(scope, id, kind, {"x": Edge(*edge.start, path, "x")}, None, None, joint=_same,
                        outside=(self.own.path, port),
                        says=f"The state {name} begins, at t = {at + 1}, with what is wired to it.")
        says = f"The state {name} begins, at t = {at + 1}, "
        if start == "learned":
            own = f"{name}_0{way.suffix}"
            return Seat(scope, id, kind, {}, None, None, joint=partial(_learned, getattr(self.module, own)),
                        rows=self.rows, says=f"{says}with what was learned.",
                        weights={own: getattr(self.module, own)})
        dtype = next((one.dtype for one in self.module.parameters()), None)
        return Seat(scope, id, kind, {}, None, None, joint=partial(_zeros, shape, dtype), rows=self.rows,
                    says=f"{says}at 0.")

    def _remembered(self, scope: Scope, way: _Way, number: int, state: int, kind: Node) -> Seat:
        """What the step before left."""
        id, name, then = self.doors[state], self.states[state][0], way.order[number - 1]
        path, before = scope.prefix + id, self._prefix(way, then)
        wires = {"x": Edge(before + self.follow[state], "out", path, "x"), **self._kept(before, id, path)}
        every = self.module.truncate
        cut = bool(every) and number % every == 0
        says = f"The state {name} at t = {way.order[number] + 1} is what t = {then + 1} left."
        says += f" Here gradients are cut: they go back at most {every} steps." if cut else ""
        return Seat(scope, id, kind, wires, None, None, joint=partial(_carried, then, cut), says=says)

    def _kept(self, before: str, door: str, target: str, named: str = "") -> dict[str, Edge]:
        """With a mask: what stays where there is no step."""
        if self.mask is None:
            return {}
        return {f"{named}kept": Edge(before + door, "out", target, f"{named}kept"),
                "mask": Edge(*self.mask.start, target, "mask")}

    def _gathered(self) -> Seat:
        """The Recurrent itself: all steps side by side, or the last one."""
        path, wires, plan = self.own.path, dict[str, Edge](), []
        for way in self._ways():
            outputs, final = [], []
            some = way.order if not self.module.last or self.mask is not None else [way.last]
            for id, name in zip(self.exits, self.own.kind.outputs(), strict=False):
                ports = []
                for at in some:
                    ports.append(f"{name}{_back(way)}, t = {at + 1}")
                    wires[ports[-1]] = Edge(self._prefix(way, at) + id, "out", path, ports[-1])
                outputs.append(ports)
            for state, (name, _, _) in enumerate(self.states):
                port = f"{name}{_back(way)}"
                before = self._prefix(way, way.last)
                wires[port] = Edge(before + self.follow[state], "out", path, port)
                wires |= self._kept(before, self.doors[state], path, f"{port} ")
                final.append(port)
            plan.append((outputs, final, list(some), way))
        mask = {"mask": wires.pop("mask")} if "mask" in wires else {}
        if self.mask is not None and not mask:
            mask = {"mask": Edge(*self.mask.start, path, "mask")}
        says = f"All {self.length} steps are gathered." if not self.module.last else "The last step is what it gives."
        return Seat(self.scope, self.id, self.own.kind, wires | mask, None, None,
                    joint=partial(_gather, plan, self.module.last), says=says)


def _back(way: _Way) -> str:
    return " from the end" if way.folder else ""


def _node(inner: Inference, id: str) -> Node:
    found = inner.nodes[id]
    assert isinstance(found, Node)
    return found


def _part(cell: nn.Module, id: str) -> nn.Module | None:
    try:
        return cell.get_submodule(id.replace("/", "."))
    except AttributeError:
        return None


# -- what goes from one step to the next ------------------------------------------------------------------------------


def _same(inputs: Mapping[str, Tensor], _: Tensor | None) -> list[Tensor]:
    return [one.view_as(one) for one in inputs.values()]


def _taken(at: int, inputs: Mapping[str, Tensor], _: Tensor | None) -> list[Tensor]:
    return [inputs["x"][:, at]]


def _zeros(shape: tuple[int, ...], dtype: torch.dtype | None, _: Mapping[str, Tensor], rows: Tensor | None
           ) -> list[Tensor]:
    assert rows is not None
    number = dtype or (rows.dtype if rows.is_floating_point() else torch.get_default_dtype())
    return [torch.zeros(rows.shape[0], *shape, dtype=number, device=rows.device)]


def _learned(start: nn.Parameter, _: Mapping[str, Tensor], rows: Tensor | None) -> list[Tensor]:
    assert rows is not None
    return [start.expand(rows.shape[0], *start.shape)]


def _carried(at: int, cut: bool, inputs: Mapping[str, Tensor], _: Tensor | None) -> list[Tensor]:
    found = inputs["x"]
    if "mask" in inputs:
        found = choose(inputs["mask"][:, at], found, inputs["kept"])
    return [found.detach() if cut else found.view_as(found)]


def _gather(plan: Sequence[Any], last: bool, inputs: Mapping[str, Tensor], _: Tensor | None) -> list[Tensor]:
    mask, ways = inputs.get("mask"), []
    for outputs, final, order, way in plan:
        found = [_output([inputs[port] for port in ports], order, mask, last, way.backwards) for ports in outputs]
        for port in final:
            one = inputs[port]
            found.append(one.view_as(one) if mask is None else choose(mask[:, way.last], one, inputs[f"{port} kept"]))
        ways.append(found)
    return [pair[0] if len(pair) == 1 else torch.cat(pair, dim=-1) for pair in zip(*ways, strict=True)]


def _output(values: list[Tensor], order: Sequence[int], mask: Tensor | None, last: bool, backwards: bool) -> Tensor:
    """One output over all steps (`values` in the order in which they were computed), or at the last there is."""
    if last:
        found = values[-1] if mask is None else torch.zeros_like(values[0])
        if mask is not None:
            for at, one in zip(order, values, strict=True):
                found = choose(mask[:, at], one, found)
        return found.view_as(found)
    if mask is not None:
        values = [choose(mask[:, at], one, torch.zeros_like(one)) for at, one in zip(order, values, strict=True)]
    return torch.stack(values[::-1] if backwards else values, dim=1)


__all__ = ["MOST_STEPS", "Joint", "steps"]
