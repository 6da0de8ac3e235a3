"""The true figures beside the checkout, by their ids; tests that need one skip where they are absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference.json"


def reference(id: str) -> dict[str, Any]:
    """An entry: what is «expected», its «tolerance», «inputs» and the rest."""
    if not REFERENCE.is_file():
        pytest.skip("there is no reference.json beside the checkout")
    return next(dict(one) for one in json.loads(REFERENCE.read_text("utf-8"))["entries"] if one["id"] == id)


def expected(id: str) -> Any:
    """What an entry says that comes out."""
    return reference(id)["expected"]
