"""Weights in a `.safetensors` file, with a checksum of every tensor in its metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from neuralgraph.errors import DocumentError, RunError
from neuralgraph.graph.save import write_checked

FORMAT = "neuralgraph-weights-1"


def write_weights(path: Path, state: Mapping[str, Any], about: Mapping[str, str] | None = None) -> None:
    """Write tensors by name, all or nothing. `about` is kept as text beside them. `RunError` says why it failed."""
    tensors = {name: torch.as_tensor(one).detach().cpu().contiguous().clone() for name, one in state.items()}
    sums = json.dumps({name: checksum(one) for name, one in tensors.items()}, sort_keys=True)
    data = save(tensors, {**(about or {}), "format": FORMAT, "checksums": sums})
    try:
        write_checked(path, data)
    except DocumentError as error:
        raise RunError(f"The weights were not saved. {error}") from None


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor by name; a `RunError` names the file, and the tensor that is damaged.

    Files that others wrote have no checksums and are taken as they are.
    """
    return read_with_facts(path)[0]


def read_with_facts(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors, and the text that was kept beside them."""
    path = Path(path)
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            facts = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except FileNotFoundError:
        raise RunError(f"There is no weights file {path.name!r} in {path.parent}.") from None
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError) as error:
        raise RunError(f"{path.name} is not a whole .safetensors file: {error}.") from None
    _verify(path, tensors, facts)
    return tensors, facts


def _verify(path: Path, tensors: Mapping[str, Tensor], facts: dict[str, str]) -> None:
    if facts.get("format") != FORMAT:
        return
    try:
        sums = json.loads(facts.pop("checksums", ""))
        known = {str(name): str(value) for name, value in sums.items()}
    except (ValueError, AttributeError):
        raise RunError(f"{path.name} is damaged: its list of checksums cannot be read.") from None
    for name, one in tensors.items():
        if known.get(name) != checksum(one):
            raise RunError(f"{path.name} is damaged: the numbers of {name!r} are not those that were saved.")
    lost = sorted(set(known) - set(tensors))
    if lost:
        raise RunError(f"{path.name} is damaged: {lost[0]!r} is missing.")


def checksum(tensor: Tensor) -> str:
    """A digest of shape, dtype and every byte."""
    digest = hashlib.blake2b(f"{tensor.dtype}{tuple(tensor.shape)}".encode(), digest_size=16)
    if tensor.numel():
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
