"""The one torch call that a node stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Symbol:
    """A torch constant by name, `Symbol("torch.float32")`: a value in our code that must not load torch."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A torch call by name, with everything but its inputs.

    Required ports are passed by position in the order of `Node.call`, optional ones by keyword. `pack` passes all of
    them as one tuple (`torch.cat`). `kwargs` go to the constructor of a module, or to the function; `extra` to a
    module's forward. `picks` says, for every output, where it lies in what the call returns: `((0,), (1, 0), (1, 1))`
    for an LSTM; `None` means that the one output is the result.
    """

    kind: Literal["module", "function", "source"]
    target: str
    kwargs: tuple[tuple[str, Any], ...] = ()
    extra: tuple[tuple[str, Any], ...] = ()
    pack: bool = False
    picks: tuple[tuple[int, ...], ...] | None = None


def module(
    target: str,
    *,
    picks: tuple[tuple[int, ...], ...] | None = None,
    extra: dict[str, Any] | None = None,
    pack: bool = False,
    **kwargs: Any,
) -> Call:
    """A call of an `nn.Module`, constructed with `kwargs`: `module("torch.nn.Linear", in_features=3, …)`."""
    return Call("module", target, tuple(kwargs.items()), tuple((extra or {}).items()), pack, picks)


def function(
    target: str, *, picks: tuple[tuple[int, ...], ...] | None = None, pack: bool = False, **kwargs: Any
) -> Call:
    """A call of a function: `function("torch.flatten", start_dim=1)`; `"torch.Tensor.to"` names a method."""
    return Call("function", target, tuple(kwargs.items()), (), pack, picks)


def source() -> Call:
    """No torch call: the data layer delivers the outputs."""
    return Call("source", "")
