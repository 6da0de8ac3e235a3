"""From the name of a torch target in a `Call` to the thing itself. Only names in our own code get here."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from neuralgraph.spec import Symbol

_ROOTS = ("torch.", "operator.", "neuralgraph.compiler.blocks.")


@cache
def resolve(target: str) -> Any:
    """`"torch.nn.Linear"` → the class. Anything outside torch, operator and our blocks is refused."""
    if not target.startswith(_ROOTS):
        raise ValueError(f"{target!r} is not a target a node may name")
    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ValueError(f"there is no {target!r}")


def value(raw: Any) -> Any:
    """A keyword value with every `Symbol` replaced by what it names."""
    match raw:
        case Symbol(name):
            return resolve(name)
        case tuple() | list():
            return type(raw)(value(one) for one in raw)
        case dict():
            return {key: value(one) for key, one in raw.items()}
        case _:
            return raw
