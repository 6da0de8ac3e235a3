"""Weights in a `.safetensors` file, with a checksum of every tensor in its metadata."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from neuralgraph.errors import DocumentError, RunError
from neuralgraph.graph.save import write_checked

FORMAT = "neuralgraph-weights-1"
FACTS = "(facts)"
"""Under this name stands the checksum of the text beside the tensors."""
PT = (".pt", ".pth")
MOST_HEADER = 100_000_000
"""Bytes of names and shapes in a .safetensors file, by its own rules."""


def write_weights(path: Path, state: Mapping[str, Any], about: Mapping[str, str] | None = None) -> None:
    """Write tensors by name, all or nothing. `about` is kept as text beside them. `RunError` says why it failed."""
    try:
        write_checked(path, as_bytes(state, about))
    except DocumentError as error:
        raise RunError(f"The weights were not saved. {error}") from None


def as_bytes(state: Mapping[str, Any], about: Mapping[str, str] | None = None) -> bytes:
    """What `write_weights` writes."""
    tensors = {name: torch.as_tensor(one).detach().cpu().contiguous().clone() for name, one in state.items()}
    facts = {**(about or {}), "format": FORMAT}
    sums = json.dumps({FACTS: _digest(facts), **{name: checksum(one) for name, one in tensors.items()}}, sort_keys=True)
    return save(tensors, {**facts, "checksums": sums})


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor by name; a `RunError` names the file, and the tensor that is damaged.

    Files that others wrote have no checksums and are taken as they are. Of a `.pt` file only tensors are read: one
    that holds anything else is refused, and no code in it runs.
    """
    return read_pt(path) if path.suffix in PT else read_with_facts(path)[0]


def read_pt(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of `torch.save`; nothing but tensors and plain values is ever made from it."""
    try:
        with zipfile.ZipFile(path) as archive:
            if any(one.compress_type != zipfile.ZIP_STORED for one in archive.infolist()):
                raise RunError(f"{path.name} is compressed, which torch.save does not do. It was not read.")
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except FileNotFoundError:
        raise RunError(f"There is no weights file {path.name!r} in {path.parent}.") from None
    except zipfile.BadZipFile:
        raise RunError(
            f"{path.name} is no file of torch.save, or one from before PyTorch 1.6. Save it again.") from None
    except pickle.UnpicklingError:
        raise RunError(f"{path.name} holds more than tensors: code could run in it, so it was not read. Save only "
                       "model.state_dict(), or a .safetensors file.") from None
    except (OSError, ValueError, TypeError, RuntimeError, EOFError, KeyError, AttributeError) as error:
        raise RunError(f"{path.name} is damaged: {error}.") from None
    inner = found.get("state_dict", found) if isinstance(found, dict) else found
    if not isinstance(inner, dict) or not all(isinstance(one, Tensor) for one in inner.values()):
        raise RunError(f"{path.name} holds no table of tensors by name. Save model.state_dict().")
    odd = [name for name, one in inner.items() if one.layout != torch.strided or one.is_meta or one.is_quantized]
    if odd:
        raise RunError(f"{path.name}: {odd[0]} is sparse, quantised or empty of numbers, which weights are not.")
    return {str(name): one for name, one in inner.items()}


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


def of_bytes(data: bytes, name: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The same as `read_with_facts`, of the bytes of such a file; `name` is what messages call it."""
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + length]) if 0 < length <= min(len(data), MOST_HEADER) else None
        facts = {str(key): str(one) for key, one in header.get("__metadata__", {}).items()}  # type: ignore[union-attr]
        tensors = {key: one.clone() for key, one in load(data).items()}
    except (SafetensorError, ValueError, TypeError, RuntimeError, AttributeError, RecursionError, KeyError) as error:
        raise RunError(f"{name} is not a whole .safetensors file: {error}.") from None
    _verify(Path(name), tensors, facts)
    return tensors, facts


def _verify(path: Path, tensors: Mapping[str, Tensor], facts: dict[str, str]) -> None:
    if facts.get("format") != FORMAT and "checksums" not in facts:
        return
    try:
        sums = json.loads(facts.pop("checksums", ""))
        known = {str(name): str(value) for name, value in sums.items()}
    except (ValueError, AttributeError):
        raise RunError(f"{path.name} is damaged: its list of checksums cannot be read.") from None
    if known.pop(FACTS, "") != _digest(facts):
        raise RunError(f"{path.name} is damaged: what is written beside its tensors is not what was saved.")
    for name, one in tensors.items():
        if known.get(name) != checksum(one):
            raise RunError(f"{path.name} is damaged: the numbers of {name!r} are not those that were saved.")
    lost = sorted(set(known) - set(tensors))
    if lost:
        raise RunError(f"{path.name} is damaged: {lost[0]!r} is missing.")


def _digest(facts: Mapping[str, str]) -> str:
    return hashlib.blake2b(json.dumps(dict(facts), sort_keys=True).encode(), digest_size=16).hexdigest()


def checksum(tensor: Tensor) -> str:
    """A digest of shape, dtype and every byte."""
    digest = hashlib.blake2b(f"{tensor.dtype}{tuple(tensor.shape)}".encode(), digest_size=16)
    if tensor.numel():
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
