"""How an elementary operation of torch is run so that its result lands in a given place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor

from neuralgraph.training.traced.tracing import Untraceable

aten = torch.ops.aten


@dataclass(frozen=True)
class Call:
    """Something to do at every step, and the place where its result lies afterwards."""

    run: Callable[[], Any]
    place: Any


def is_view(target: Any, result: Any, inputs: Sequence[Any]) -> bool:
    """The result, or every one of several, lies in the memory of an input, and nothing was computed."""
    if isinstance(result, (list, tuple)):
        return bool(result) and all(is_view(target, one, inputs) for one in result)
    if not isinstance(result, Tensor) or not result.numel() or target._schema.is_mutable:
        return False
    storage = result.untyped_storage().data_ptr()
    return any(isinstance(one, Tensor) and one.untyped_storage().data_ptr() == storage for one in inputs)


_SHAPED = ("zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty",
           "new_empty_strided")


def is_shaped_only(target: Any) -> bool:
    """What it gives depends on the shape and type of its input, not on the numbers in it."""
    return target._schema.name.removeprefix("aten::") in _SHAPED


_REDUCED = ("mse_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss", "binary_cross_entropy")
"""Losses that make a scalar through their place for as many numbers as there are: torch warns of that every time."""


def writing(target: Any, args: Sequence[Any], kwargs: dict[str, Any], example: Any, wish: Tensor | None) -> Call | None:
    """The operation writing straight into a place of its own, run once; None where torch has no such form of it."""
    if torch.Tag.nondeterministic_seeded in target.tags or target._schema.name.removeprefix("aten::") in _REDUCED:
        return None
    if target in _COPIES:
        place = _room(example, wish)
        run: Callable[[], Any] = partial(place.copy_, args[0])
        run()
        return Call(run, place)
    if target is aten.relu.default and wish is None:  # the same numbers, and it can write into a place
        target, args = aten.clamp_min.default, [args[0], 0]
    form = _out_form(target)
    if form is None:
        return None
    examples = [example] if isinstance(example, Tensor) else list(example)
    if any(not isinstance(one, Tensor) for one in examples):
        return None
    places = [_room(examples[0], wish), *(_room(one, None) for one in examples[1:])]
    run = partial(form.op._op, *args, **kwargs, **dict(zip(form.outs, places, strict=True)))
    run()
    if not all(map(same, places, examples)):
        return None
    if len(places) == 1:
        quick = _quick(target, args, kwargs, example, places[0])
        return Call(quick or run, places[0])
    return Call(run, tuple(places))


def filled(run: Callable[[], Any], example: Any, wish: Tensor | None) -> Call:
    """An operation that allocates, and a copy of what it gives to its place."""
    if isinstance(example, Tensor):
        place = _room(example, wish)

        def one() -> None:
            place.copy_(run())

        return Call(one, place)
    places = [_room(item, None) if isinstance(item, Tensor) else item for item in example]
    kept = [at for at, item in enumerate(example) if isinstance(item, Tensor)]

    def several() -> None:
        result = run()
        for at in kept:
            places[at].copy_(result[at])

    return Call(several, tuple(places))


def same(one: Tensor, other: Tensor) -> bool:
    """Bit for bit, but for which not-a-number it is."""
    return one.shape == other.shape and one.dtype == other.dtype and (
        torch.equal(one, other) or bool(((one == other) | ((one != one) & (other != other))).all()))


_COPIES = (aten.clone.default, aten._to_copy.default, aten.contiguous.default)


@dataclass(frozen=True)
class _Form:
    op: Any
    outs: tuple[str, ...]


@lru_cache(maxsize=512)
def _out_form(target: Any) -> _Form | None:
    """The overload that takes places to write into and has a kernel that does so on the processor."""
    packet = target.overloadpacket
    plain = [(one.name, str(one.type)) for one in target._schema.arguments]
    for name in packet.overloads():
        op = getattr(packet, name)
        outs = tuple(one.name for one in op._schema.arguments if one.is_out)
        if not outs or len(outs) != len(target._schema.returns):
            continue
        rest = [(one.name, str(one.type)) for one in op._schema.arguments if not one.is_out]
        if rest == plain and torch._C._dispatch_has_kernel_for_dispatch_key(op._schema.name + "." + name, "CPU"):
            return _Form(op, outs)
    return None


def _quick(target: Any, args: Sequence[Any], kwargs: dict[str, Any], example: Tensor, place: Tensor
           ) -> Callable[[], Any] | None:
    """The same through torch's own Python function, which is called faster; None where it is not the same."""
    function = getattr(torch, target._schema.name.removeprefix("aten::"), None)
    if function is None or not callable(function):
        return None
    run = partial(function, *args, **kwargs, out=place)
    before = place.clone()
    place.zero_()
    try:
        run()
        good = same(place, example)
    except (TypeError, RuntimeError, ValueError):
        good = False
    place.copy_(before)
    return run if good else None


def _room(example: Tensor, wish: Tensor | None) -> Tensor:
    if wish is not None:
        return wish
    if example.layout is not torch.strided or example.is_mkldnn:
        raise Untraceable("an operation gives a tensor of another layout")
    return torch.empty_strided(example.shape, example.stride(), dtype=example.dtype, device=example.device)
