"""Why an operation gave numbers that are none from numbers that are some: a rule for each kind, with its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

MOST = 1e6
"""What the limits of a Clamp go up to."""
ROOM = 1e4
"""By how much a sum of many products may be larger than the largest of them."""
TINY = 1e-6


@dataclass(frozen=True)
class Cause:
    """`kind` in a word, `words` as a sentence without its full stop; limits for its input, if they help."""

    kind: str
    words: str
    limits: tuple[float, float] | None = None
    """Between which a Clamp before the node would have to keep its input."""


def cause_of(target: str, given: Sequence[Tensor], weights: Mapping[str, Tensor], options: Mapping[str, Any],
             largest: float) -> Cause:
    """Why `target` (`"torch.log"`) with finite inputs has an output that is not; `largest` number of its dtype.

    `given` are its floating inputs in order, `options` the numbers that go with them (`exponent`).
    """
    name = target.rpartition(".")[2]
    rule = RULES.get(name)
    found = rule(name, given, options, largest) if rule is not None and given else None
    return found or _overflow(given, weights, largest)


def steep(target: str, given: Sequence[Tensor], gradient: Tensor) -> Cause:
    """Why finite gradients that come back through `target` leave it as numbers that are none."""
    name = target.rpartition(".")[2]
    first = given[0] if given else torch.zeros(0)
    none = int((first == 0).sum())
    if none and name in ("sqrt", "rsqrt", "pow", "vector_norm", "norm", "log", "div", "reciprocal", "std", "var"):
        return Cause("zero", f"{_of(none, first)} of what comes in are 0, where it is infinitely steep",
                     (TINY, MOST) if name in ("sqrt", "rsqrt", "pow", "log") else None)
    high = _high(gradient)
    return Cause("overflow", f"the gradients that come in are as large as {high:.2g}")


Rule = Callable[[str, Sequence[Tensor], Mapping[str, Any], float], Cause | None]


def _below(limit: float, *, with_it: bool, what: str) -> Rule:
    """It takes numbers above `limit` only; `with_it`: the limit itself gives no number either."""
    def rule(_name: str, given: Sequence[Tensor], _options: Mapping[str, Any], _largest: float) -> Cause | None:
        bad = given[0] <= limit if with_it else given[0] < limit
        if not (count := int(bad.sum())):
            return None
        than = f"{limit:g} or less" if with_it else f"less than {limit:g}"
        least = float(given[0].min())
        return Cause("domain", f"{_of(count, given[0])} that come in are {than}, the least is {least:.3g}: {what} "
                     "takes no such number", (limit + TINY if with_it else limit, MOST))

    return rule


def _within(limit: float, what: str, *, low: float | None = None) -> Rule:
    def rule(_name: str, given: Sequence[Tensor], _options: Mapping[str, Any], _largest: float) -> Cause | None:
        floor = -limit if low is None else low
        bad = (given[0] <= floor) | (given[0] >= limit)
        if not (count := int(bad.sum())):
            return None
        return Cause("domain", f"{_of(count, given[0])} that come in are not between {floor:g} and {limit:g}, they go "
                     f"from {float(given[0].min()):.3g} to {float(given[0].max()):.3g}: {what} takes no such number",
                     (floor + TINY, limit - TINY))

    return rule


def _divisor(_name: str, given: Sequence[Tensor], _options: Mapping[str, Any], _largest: float) -> Cause | None:
    below = given[-1]
    count = int((below == 0).sum())
    if count:
        return Cause("zero", f"it divides by 0: {_of(count, below)} it divides by are")
    least = float(below.abs().min()) if below.numel() else 1.0
    if least < TINY and _high(given[0]) / max(least, 1e-300) > _largest:
        return Cause("zero", f"it divides {_high(given[0]):.3g} by {least:.3g}, which is almost 0")
    return None


def _grows(name: str, given: Sequence[Tensor], _options: Mapping[str, Any], largest: float) -> Cause | None:
    limit = math.log2(largest) if name == "exp2" else math.log(largest)
    high = float(given[0].abs().max()) if name in ("sinh", "cosh") else float(given[0].max())
    if high <= limit - 1e-3 * limit:
        return None
    safe = float(math.floor(limit / 8))  # what comes after it multiplies and squares
    return Cause("overflow", f"{name} of {high:.4g} is more than the largest number there is, {largest:.2g}: it takes "
                 f"up to {limit:.3g}", (-safe if name in ("sinh", "cosh") else -MOST, safe))


def _power(_name: str, given: Sequence[Tensor], options: Mapping[str, Any], largest: float) -> Cause | None:
    exponent = options.get("exponent", given[1] if len(given) > 1 else 1.0)
    power = torch.as_tensor(exponent, dtype=given[0].dtype, device=given[0].device)
    broken = (given[0] < 0) & (power != power.round())
    if count := int(broken.sum()):
        return Cause("domain", f"{_of(count, given[0])} that come in are negative, the least is "
                     f"{float(given[0].min()):.3g}: they have no such power", (0.0, MOST))
    if count := int(((given[0] == 0) & (power < 0)).sum()):
        return Cause("zero", f"it divides by 0: {_of(count, given[0])} that come in are 0, and the power is negative")
    high = _high(given[0])
    return Cause("overflow", f"{high:.3g} to the power {float(power.max()):.3g} is more than the largest number there "
                 f"is, {largest:.2g}") if high > 1 and float(power.max()) > 1 and high ** 0.5 > 1e3 else None


def _few(name: str, given: Sequence[Tensor], _options: Mapping[str, Any], _largest: float) -> Cause | None:
    return Cause("domain", f"{name} of a single number does not exist") if 1 in given[0].shape else None


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("log", "log2", "log10"), _below(0.0, with_it=True, what="a logarithm")),
    "log1p": _below(-1.0, with_it=True, what="log(1 + x)"),
    "sqrt": _below(0.0, with_it=False, what="a root"),
    "rsqrt": _below(0.0, with_it=True, what="1 divided by the root"),
    "acosh": _below(1.0, with_it=False, what="acosh"),
    "asin": _within(1.0, "asin"), "acos": _within(1.0, "acos"), "atanh": _within(1.0, "atanh"),
    "erfinv": _within(1.0, "erfinv"), "logit": _within(1.0, "logit", low=0.0),
    **dict.fromkeys(("div", "reciprocal", "remainder", "fmod", "floor_divide"), _divisor),
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh"), _grows),
    "pow": _power, "std": _few, "var": _few,
}


def _overflow(given: Sequence[Tensor], weights: Mapping[str, Tensor], largest: float) -> Cause:
    """Too large to be added up, or nobody knows."""
    high = max((_high(one) for one in given), default=0.0)
    heavy, weight = max(((_high(one), name) for name, one in weights.items()), default=(0.0, ""))
    most = max(high, heavy, 1.0)
    if most * most * ROOM < largest:
        return Cause("", f"what comes in is between {_low(given):.3g} and {high:.3g}")
    if heavy >= high:
        words = f"its {weight} has grown to {heavy:.3g}"
    else:
        words = f"what comes in has grown to {high:.3g}"
    return Cause("overflow", f"{words}, and what it computes is more than the largest number there is, {largest:.2g}")


def _high(one: Tensor) -> float:
    held = one.detach()
    held = held[torch.isfinite(held)] if held.is_floating_point() else held
    return float(held.abs().max()) if held.numel() else 0.0


def _low(given: Sequence[Tensor]) -> float:
    return min((float(one.detach().min()) for one in given if one.numel()), default=0.0)


def _of(count: int, one: Tensor) -> str:
    return f"{count:,} of {one.numel():,} numbers"
