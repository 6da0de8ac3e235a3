"""How a file of weights stands to a graph: which nodes fit, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

SHOWN = 6


@dataclass(frozen=True)
class Match:
    """Nodes whose every tensor is there in the right shape and kind, and a sentence for each that is not so.

    `left` names what the file holds beyond the graph.
    """

    fits: tuple[str, ...]
    wrong: Mapping[str, str]
    left: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return not self.wrong and not self.left

    @property
    def sentences(self) -> tuple[str, ...]:
        """What does not fit, in plain words."""
        left = (f"{', '.join(self.left)} is in the file, but not in the graph",) if self.left else ()
        return (*self.wrong.values(), *left)

    def refusal(self) -> str:
        """The message where all of it was wanted."""
        said = self.sentences
        more = f" (and {len(said) - SHOWN} more)" if len(said) > SHOWN else ""
        count = len(self.fits) + len(self.wrong)
        return (f"The weights do not fit this graph: {'; '.join(said[:SHOWN])}{more}. "
                f"{len(self.fits)} of {count} nodes match.")


def match(own: Mapping[str, Tensor], given: Mapping[str, Tensor], owner: Callable[[str], str]) -> Match:
    """Compare the tensors of a graph with those of a file, node by node; `owner` says whose a tensor is."""
    wrong: dict[str, str] = {}
    for name, one in own.items():
        trouble = _trouble(name, one, given.get(name))
        if trouble:
            wrong.setdefault(owner(name), trouble)
    nodes = dict.fromkeys(owner(name) for name in own)
    left = dict.fromkeys(owner(name) for name in given if name not in own)
    return Match(tuple(id for id in nodes if id not in wrong), wrong, tuple(id for id in left if id not in wrong))


def _trouble(name: str, own: Tensor, given: Tensor | None) -> str:
    if given is None:
        return f"{name} is not in the file"
    if given.shape != own.shape:
        return f"{name} has shape {tuple(given.shape)} in the file, {tuple(own.shape)} in the graph"
    if given.is_floating_point() != own.is_floating_point() or given.is_complex() != own.is_complex():
        return f"{name} is {_dtype(given)} in the file, {_dtype(own)} in the graph"
    return ""


def _dtype(one: Tensor) -> str:
    return str(one.dtype).removeprefix("torch.")
