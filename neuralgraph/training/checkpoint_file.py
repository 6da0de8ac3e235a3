"""A checkpoint as a `.safetensors` file: its tensors, and beside them the shape of what they belong to, as JSON.

Nothing but checkpoints, tensors, numbers, words and documents is ever made from such a file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neuralgraph.compiler.weights import as_bytes, of_bytes, read_with_facts, write_weights
from neuralgraph.errors import DocumentError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import dumps, loads
from neuralgraph.training.checkpoint import Checkpoint, Seen, Updates

KIND = "neuralgraph-checkpoint-1"
_CLASSES: Mapping[str, type] = {one.__name__: one for one in (Checkpoint, Seen, Updates)}


def write_checkpoint(path: Path, checkpoint: Checkpoint, about: Mapping[str, Any] | None = None) -> None:
    """Write it, all or nothing, with a checksum of every tensor; `about` is kept beside it. `RunError` if it cannot."""
    write_weights(path, *_parts(checkpoint, about))


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """What `write_checkpoint` writes."""
    return as_bytes(*_parts(checkpoint, None))


def _parts(checkpoint: Checkpoint, about: Mapping[str, Any] | None) -> tuple[dict[str, Tensor], dict[str, str]]:
    tensors: dict[str, Tensor] = {}
    layout = _put(checkpoint, "", tensors)
    return tensors, {"kind": KIND, "layout": json.dumps(layout), "about": json.dumps(dict(about or {}))}


def read_checkpoint(path: Path) -> tuple[Checkpoint, dict[str, Any]]:
    """The very same checkpoint, bit for bit, and what was kept beside it. `RunError` where it is not whole."""
    return _made(*read_with_facts(path), path.name)


def checkpoint_of(data: bytes, name: str) -> Checkpoint:
    """As `read_checkpoint`, of the bytes of such a file; `name` is what messages call it."""
    return _made(*of_bytes(data, name), name)[0]


def _made(tensors: Mapping[str, Tensor], facts: Mapping[str, str], name: str) -> tuple[Checkpoint, dict[str, Any]]:
    if facts.get("kind") != KIND:
        raise RunError(f"{name} holds weights, but not all that it takes to go on from them.")
    try:
        found = _take(json.loads(facts["layout"]), tensors)
        about = json.loads(facts["about"])
    except (KeyError, ValueError, TypeError, RecursionError, DocumentError) as error:
        raise RunError(f"{name} cannot be gone on from: {error}.") from None
    if not isinstance(found, Checkpoint) or not isinstance(about, dict):
        raise RunError(f"{name} cannot be gone on from: it holds no checkpoint.")
    return found, about


def laid_out(checkpoint: Checkpoint, name: str, tensors: dict[str, Tensor]) -> Any:
    """It as JSON; its tensors go into `tensors`, their names beginning with `name`."""
    return _put(checkpoint, name, tensors)


def put_together(layout: Any, tensors: Mapping[str, Tensor], name: str) -> Checkpoint:
    """The checkpoint of such a layout; `RunError` where it is none. `name` is what messages call it."""
    try:
        found = _take(layout, tensors)
    except (KeyError, ValueError, TypeError, RecursionError, DocumentError) as error:
        raise RunError(f"{name} cannot be read: {error}.") from None
    if not isinstance(found, Checkpoint):
        raise RunError(f"{name} cannot be read: it holds no moment.")
    return found


def _put(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """`value` as JSON; its tensors go into `tensors` under the path at which they stand."""
    match value:
        case Tensor():
            tensors[name] = value
            device = str(value.device)
            return {"tensor": name} if device == "cpu" else {"tensor": name, "device": device}
        case float() if not math.isfinite(value):
            return {"float": str(value)}
        case None | bool() | int() | float() | str():
            return value
        case Graph():
            return {"graph": dumps(value)}
        case Mapping():
            return {"table": [[key, _put(one, f"{name}.{key}".lstrip("."), tensors)] for key, one in value.items()]}
        case tuple():
            return {"tuple": [_put(one, f"{name}.{at}", tensors) for at, one in enumerate(value)]}
        case list():
            return [_put(one, f"{name}.{at}", tensors) for at, one in enumerate(value)]
    kind = type(value).__name__
    if _CLASSES.get(kind) is not type(value):
        raise RunError(f"A checkpoint holds a {kind} at {name}, which cannot be written.")
    inner = {one.name: _put(getattr(value, one.name), f"{name}.{one.name}".lstrip("."), tensors)
             for one in fields(_CLASSES[kind])}
    return {"class": kind, "fields": inner}


def _take(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    match value:
        case list():
            return [_take(one, tensors) for one in value]
        case {"tensor": str(name)}:
            return tensors[name].to(_device(value.get("device", "cpu")))
        case {"float": str(number)}:
            return float(number)
        case {"graph": str(text)}:
            return loads(text).graph
        case {"table": list(rows)}:
            return {str(key): _take(one, tensors) for key, one in rows}
        case {"tuple": list(some)}:
            return tuple(_take(one, tensors) for one in some)
        case {"class": str(kind), "fields": dict(inner)}:
            return _CLASSES[kind](**{name: _take(one, tensors) for name, one in inner.items()})
        case dict():
            raise ValueError(f"an entry of an unknown kind: {', '.join(map(str, value))}")
    return value


def _device(name: str) -> str:
    """Where it was, if this computer has that; else the processor."""
    kind = torch.device(name).type
    there = (kind == "cuda" and torch.cuda.is_available()) or (kind == "mps" and torch.backends.mps.is_available())
    return name if there else "cpu"
