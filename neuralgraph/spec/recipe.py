"""One of torch's optimisers or schedules as a declaration: the form, the checks and torch's keywords follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from neuralgraph.errors import ParameterError
from neuralgraph.spec.param import Param, declared, param

BELOW_1 = 0.999999


@dataclass(frozen=True, slots=True)
class Recipe:
    """What it does, and its options by name. `pairs` are torch's keywords that hold two of them."""

    doc: str
    options: Mapping[str, Param] = field(default_factory=dict)
    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lr: float = 1e-3
    """The rate that torch takes where none is said."""
    by: str = "epoch"
    """What a schedule counts: "epoch" or "step"."""
    length: str = ""
    """The option of a schedule that is its length: nothing there means to the end of the stage."""

    def spread(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options one by one, where somebody wrote torch's pairs: `betas=(0.9, 0.99)`."""
        found = dict(given)
        for pair, names in self.pairs.items():
            value = found.get(pair)
            if isinstance(value, tuple) and len(value) == 2:
                del found[pair]
                found.update(zip(names, value, strict=True))
        return found

    def checked(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given options, each as it should be; a `ParameterError` names the first that is not."""
        found = {}
        for option, value in self.spread(given).items():
            known = self.options.get(option)
            if known is None:
                raise ParameterError(f"{name} has no option {option!r}. It has: {', '.join(self.options) or 'none'}.",
                                     parameter=option)
            if known.kind == "bool" and isinstance(value, int) and value in (0, 1):
                value = bool(value)
            try:
                found[option] = known.check(value)
            except ParameterError as error:
                raise ParameterError(f"{name}: {error}", parameter=option) from None
        return found

    def keywords(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given options as torch takes them."""
        found = self.checked(name, given)
        for pair, names in self.pairs.items():
            if any(one in found for one in names):
                found[pair] = tuple(found.pop(one, self.options[one].default) for one in names)
        return found


def option(name: str, kind: Any, default: Any, doc: str, *, low: float | None = None, high: float | None = None,
           choices: tuple[str, ...] = ()) -> Param:  # fmt: skip
    """One option of a recipe."""
    return declared(param(default, doc, min=low, max=high, choices=choices), name, kind)


def table(*options: Param, rare: Sequence[Param] = ()) -> dict[str, Param]:
    """Options by name; those that are seldom touched are shown on request."""
    return {one.name: one for one in (*options, *(replace(one, advanced=True) for one in rare))}
