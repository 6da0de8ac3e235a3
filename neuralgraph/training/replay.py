"""A traced step on memory that stays where it is: a list of calls without arguments, run one after the other.

Every value has its place: operations write into it (`out=`), views of it are made once, constants are computed once. A
replay allocates nothing but what it hands out, and asks Python for next to nothing between two operations.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx

from neuralgraph.training.batches import Batch
from neuralgraph.training.operations import filled, is_shaped_only, is_view, writing
from neuralgraph.training.tracing import NotWorthIt, Trace, Untraceable

MOST_BYTES = 64 * 2**20
"""What a replay may hold: every intermediate number has a place of its own. Bigger steps gain little."""
MOST_COPIED = 2**20
"""What it may copy at every step because an operation can't write into a place, as convolutions can't."""

Heard = tuple[Tensor, Sequence[Tensor], Sequence[Sequence[Tensor]]]


class Replay:
    """Computes losses and gradients of a batch as the traced step does; the gradients are left in `gradients`.

    `gradients` are places for those of the wanted parameters, shared with other replays of the same weights; what the
    losses do not depend on has None in `known`.
    """

    def __init__(self, trace: Trace, batch: Batch, gradients: Sequence[Tensor]) -> None:
        self._inputs = [torch.empty_like(one, memory_format=torch.contiguous_format).copy_(one) for one in batch]
        self._calls: list[Callable[[], Any]] = []
        self.bytes = 0
        builder = _Builder(trace, [*trace.fixed, *self._inputs], self._calls)
        ends = builder.build(gradients)
        self.bytes = builder.bytes
        heard = 1 + trace.losses + sum(trace.watched)
        self.known = [one is not None for one in ends[heard:]]
        self._given = [self._way_out(one) for one in ends[:heard]]
        self._losses, self._watched = trace.losses, trace.watched
        self._single = trace.losses == 1 and not sum(trace.watched) and ends[0] is ends[1]
        self._empty = tuple(() for _ in trace.watched)
        self._total = ends[0]

    def _way_out(self, value: Any) -> tuple[Tensor, int]:
        """A value that is handed out, and which input of the batch it is, -1 for none."""
        return value, next((at for at, one in enumerate(self._inputs) if one is value), -1)

    def __call__(self, batch: Batch) -> Heard:
        for place, given in zip(self._inputs, batch, strict=True):
            place.copy_(given)
        for call in self._calls:
            call()
        if self._single:
            total = self._total.clone()
            return total, (total,), self._empty
        out = [batch[at] if at >= 0 else one.clone() for one, at in self._given]
        last = 1 + self._losses
        watched = []
        for count in self._watched:
            watched.append(out[last : last + count])
            last += count
        return out[0], out[1 : 1 + self._losses], watched


class _Builder:
    """Walks the operations once to see what they give, and once more to give everything its place."""

    def __init__(self, trace: Trace, inputs: Sequence[Tensor], calls: list[Callable[[], Any]]) -> None:
        self.trace, self.inputs, self.calls = trace, inputs, calls
        self.nodes = list(trace.graph.graph.nodes)
        self.seen: dict[fx.Node, Any] = {}
        self.placed: dict[fx.Node, Any] = {}
        self.mutated: set[int] = set()
        self.bytes = self.copied = 0

    def build(self, gradients: Sequence[Tensor]) -> list[Any]:
        """Fill `calls`; the places of what comes out."""
        state, kept = torch.get_rng_state(), [one.clone() for one in self.trace.fixed]
        try:
            self._look([one.clone() for one in self.inputs])
            if self.bytes > MOST_BYTES:
                raise NotWorthIt(f"it would hold {self.bytes / 2**20:,.0f} MiB, more than {MOST_BYTES >> 20} MiB")
            torch.set_rng_state(state)
            wishes = self._wishes(gradients)
            inputs = iter(self.inputs)
            for node in self.nodes[:-1]:
                self.placed[node] = next(inputs) if node.op == "placeholder" else self._place(node, wishes)
            return self._ends(gradients)
        finally:
            torch.set_rng_state(state)
            for mine, before in zip(self.trace.fixed, kept, strict=True):
                mine.copy_(before)
            self.seen.clear()

    # -- what they give ---------------------------------------------------------------------------------------------

    def _look(self, copies: Sequence[Tensor]) -> None:
        given = iter(copies)
        for node in self.nodes[:-1]:
            if node.op == "placeholder":
                self.seen[node] = next(given)
            elif node.op == "get_attr":
                self.seen[node] = getattr(self.trace.graph, node.target)
            else:
                self._run(node)

    def _run(self, node: fx.Node) -> None:
        args, kwargs = self._arguments(node, self.seen)
        if node.target is operator.getitem:
            self.seen[node] = args[0][args[1]]
            return
        if not isinstance(node.target, torch._ops.OpOverload):
            raise Untraceable(f"{node.target} is no operation of torch")
        if torch.Tag.inplace_view in node.target.tags:
            self.seen[node] = _reshaped(node.target, args, kwargs)
            return
        for argument, value in zip(node.target._schema.arguments, args, strict=False):
            if argument.alias_info is not None and argument.alias_info.is_write:
                self.mutated.update(one.untyped_storage().data_ptr() for one in _tensors(value))
        result = node.target(*args, **kwargs)
        self.seen[node] = result
        if not is_view(node.target, result, [self.seen[one] for one in node.all_input_nodes]):
            self.bytes += sum(one.nbytes for one in _tensors(result))

    def _wishes(self, gradients: Sequence[Tensor]) -> dict[fx.Node, Tensor]:
        """The operations that can write a gradient to where it belongs at once: a node, and the place for it."""
        wishes: dict[fx.Node, Tensor] = {}
        for end, place in zip(self._gradient_nodes(), gradients, strict=True):
            if end is None:
                continue
            value, source = self.seen[end], end
            while self._looks_at_one(source):
                source = source.all_input_nodes[0]
            base = self.seen[source]
            fits = (isinstance(base, Tensor) and base.data_ptr() == value.data_ptr() and base.numel() == value.numel()
                    and value.stride() == place.stride() and value.is_contiguous() and value.dtype == place.dtype)
            if fits and source.op == "call_function" and source not in wishes:
                wishes[source] = place.as_strided(base.shape, base.stride())
        return wishes

    def _looks_at_one(self, node: fx.Node) -> bool:
        """It is a view of another value."""
        before = node.all_input_nodes
        return (isinstance(node.target, torch._ops.OpOverload) and len(before) == 1
                and is_view(node.target, self.seen[node], [self.seen[before[0]]]))

    def _gradient_nodes(self) -> list[fx.Node | None]:
        ends = self.nodes[-1].args[0]
        assert isinstance(ends, (list, tuple))
        return list(ends[len(ends) - self.trace.wanted :])

    # -- where they go ----------------------------------------------------------------------------------------------

    def _place(self, node: fx.Node, wishes: dict[fx.Node, Tensor]) -> Any:
        """The place of what a node gives; what has to be done for it at every step is added to `calls`."""
        if node.op == "get_attr":
            return self.seen[node]
        args, kwargs = self._arguments(node, self.placed)
        target: Any = node.target
        if target is operator.getitem:
            return args[0][args[1]]
        example, inputs = self.seen[node], [*_tensors(args), *_tensors(kwargs)]
        if torch.Tag.inplace_view in target.tags:
            return _reshaped(target, args, kwargs)
        if target._schema.is_mutable:
            return self._in_place(target, args, kwargs, example)
        if is_view(target, example, [self.seen[one] for one in node.all_input_nodes]):
            return target(*args, **kwargs)
        if example is None:
            return self._only_done(target, args, kwargs)
        if not inputs or is_shaped_only(target):
            if torch.Tag.nondeterministic_seeded in target.tags:
                return self._kept(target, args, kwargs, example)
            return self._constant(example)
        wish = wishes.get(node)
        call = writing(target, args, kwargs, example, wish)
        if call is None:
            return self._kept(target, args, kwargs, example, wish)
        self.calls.append(call.run)
        return call.place

    def _in_place(self, target: Any, args: list[Any], kwargs: dict[str, Any], example: Any) -> Any:
        written = [one for argument, one in zip(target._schema.arguments, args, strict=False)
                   if argument.alias_info is not None and argument.alias_info.is_write]
        returned = target._schema.returns
        if len(returned) == 1 and returned[0].alias_info is not None:
            self.calls.append(partial(target._op, *args, **kwargs))
            target._op(*args, **kwargs)
            return written[0]
        if any(one.alias_info is not None for one in returned):
            raise Untraceable(f"{target} both changes its input and gives it")
        return self._kept(target, args, kwargs, example) if returned else self._only_done(target, args, kwargs)

    def _only_done(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.calls.append(partial(target._op, *args, **kwargs))
        target._op(*args, **kwargs)

    def _constant(self, example: Any) -> Any:
        """Computed once; filled anew at every step where something writes into it."""
        if not isinstance(example, Tensor):
            return example
        place = example.clone()
        if example.untyped_storage().data_ptr() in self.mutated:
            self.calls.append(partial(place.copy_, example.clone()))
        return place

    def _kept(self, target: Any, args: list[Any], kwargs: dict[str, Any], example: Any,
              wish: Tensor | None = None) -> Any:
        """An operation that allocates: what it gives is copied to its place."""
        self.copied += sum(one.nbytes for one in _tensors(example))
        if self.copied > MOST_COPIED:
            raise NotWorthIt(f"it would copy more than {MOST_COPIED >> 20} MiB at every step")
        call = filled(partial(target._op, *args, **kwargs), example, wish)
        call.run()
        self.calls.append(call.run)
        return call.place

    def _ends(self, gradients: Sequence[Tensor]) -> list[Any]:
        """The places of what comes out; a gradient that is not yet where it belongs is copied there."""
        ends = self.nodes[-1].args[0]
        assert isinstance(ends, (list, tuple))
        values = [self.placed[one] if isinstance(one, fx.Node) else one for one in ends]
        first = len(values) - self.trace.wanted
        for at, place in enumerate(gradients):
            value = values[first + at]
            if value is not None and not same_place(value, place):
                self.calls.append(partial(place.copy_, value))
                values[first + at] = place
        return values

    def _arguments(self, node: fx.Node, values: dict[fx.Node, Any]) -> tuple[list[Any], dict[str, Any]]:
        args = fx.map_arg(node.args, values.__getitem__)
        kwargs = fx.map_arg(node.kwargs, values.__getitem__)
        return list(args), dict(kwargs)


def _reshaped(target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`squeeze_` and the like change how a tensor is read, not its numbers: a view, made once."""
    return target(args[0].detach(), *args[1:], **kwargs)


def same_place(one: Tensor, other: Tensor) -> bool:
    return one.data_ptr() == other.data_ptr() and one.stride() == other.stride() and one.shape == other.shape


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [one for item in value.values() for one in _tensors(item)]
    return [one for item in value for one in _tensors(item)] if isinstance(value, (list, tuple)) else []
