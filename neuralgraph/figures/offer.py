"""A view as a front end offers it: what it is called, whether it can be shown now, and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neuralgraph.spec import Param


@dataclass(frozen=True, slots=True)
class Offer:
    """`why` says why it cannot be shown, "" where it can. `choices` are what text options can be, by option."""

    name: str
    title: str
    scope: Literal["node", "network"]
    group: str
    icon: str
    help: str
    why: str = ""
    costly: bool = False
    params: Mapping[str, Param] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    act: str = ""
    """The command of the window that makes something of what is shown, "" for none."""
