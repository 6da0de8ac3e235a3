"""The `.ngraph` file: UTF-8 JSON in one canonical order, read strictly.

What opens and what does not: a wrong *graph* (cycle, open input, bad shape or parameter, unknown node type) is a
document like any other. A broken *file* is refused whole, with everything that is wrong in it: not strict JSON, not in
the schema, above a limit, or saying something that has no place in a document: an id given twice, a wire to a node that
is not there, two wires into one port. The last three can be opened with `repair=True`, which renames the second of two
equal ids and leaves those wires out, with a note for each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.limits import LIMITS
from neuralgraph.graph.migrations import NEWEST, migrate
from neuralgraph.graph.packed import GRAPH, is_packed, opened
from neuralgraph.graph.plan import Plan, Step
from neuralgraph.graph.save import DISK, Disk, write_checked
from neuralgraph.graph.strictjson import parse

LISTS = ("nodes", "edges", "notes", "frames")
SUFFIX = ".ngraph"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document from a file, and what was done to it by itself, in plain words."""

    graph: Graph
    notes: tuple[str, ...] = ()


def dumps(graph: Graph) -> str:
    """The document as the text of a file; a `DocumentError` where a value cannot be written."""
    try:
        return _laid_out(content_of(graph)) + "\n"
    except RecursionError:
        raise DocumentError(f"A value is nested too deep to be written; at most {LIMITS['depth']}.") from None


def canonical(graph: Graph) -> str:
    """The content as text, without the counters: equal exactly where two documents are the same."""
    return _laid_out(_content(graph, counters=False))


def loads(source: str | bytes, *, name: str = "The document", repair: bool = False) -> Loaded:
    """The document that `source` holds; a `DocumentError` that says all that is wrong, at most twenty findings."""
    from neuralgraph.graph.assemble import checked, graph_of
    from neuralgraph.graph.schema import FileEntry

    hint = "Nothing was changed. Open an older copy, or mend the file in a text editor."
    try:
        content = parse(source)
        if not isinstance(content, dict):
            raise DocumentError("It holds no JSON object, so it is not a NeuralGraph document.")
        content, notes = migrate(content)
        entry = checked(FileEntry, content)
        graph, repairs = graph_of(entry, repair=repair)
    except DocumentError as error:
        if error.repairable:
            hint = "NeuralGraph can open a repaired copy, without what does not fit."
        space = "\n" if "\n" in str(error) else " "
        raise DocumentError(
            f"{name} cannot be opened. {error}{space}{hint}", findings=error.findings or (str(error),),
            repairable=error.repairable) from None
    return Loaded(graph, (*notes, *repairs))


def read(path: Path, *, repair: bool = False) -> Loaded:
    """The document in a file, or in a trained model. Nothing is read of one that is larger than a document may be."""
    try:
        if not path.is_file():
            reason = "It is a folder." if path.is_dir() else f"There is no file of that name in {path.parent}."
            raise DocumentError(f"{path.name} cannot be opened. {reason}")
        if is_packed(path):
            source = opened(path).take(GRAPH)
        else:
            with path.open("rb") as file:
                source = file.read(LIMITS["bytes"].most + 1)
    except OSError as error:
        raise DocumentError(f"{path.name} cannot be opened. {error.strerror or error}.") from None
    return loads(source, name=path.name, repair=repair)


def write(path: Path, graph: Graph, *, disk: Disk = DISK) -> bytes:
    """Save a document: parsed back before the disk is touched, and all or nothing there. The bytes written."""
    text = dumps(graph)
    if canonical(loads(text, name="What would be saved").graph) != canonical(graph):
        raise DocumentError(f"{path.name} was not saved: it would not open again as it is. Please report this.")
    data = text.encode("utf-8")
    write_checked(path, data, disk=disk)
    return data


def content_of(graph: Graph) -> dict[str, Any]:
    """The document as the JSON of a file; a `DocumentError` where a value cannot be written."""
    return {**graph_entry(graph), "format": NEWEST}


def graph_entry(graph: Graph) -> dict[str, Any]:
    """A module definition as it stands in a file: a document without a format."""
    return _content(graph, counters=True)


def plan_entry(plan: Plan) -> dict[str, Any]:
    """A plan as it stands in a file."""
    found: dict[str, Any] = _plain(_as_dict(plan), "plan")
    return found


def _content(graph: Graph, *, counters: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "title": graph.title,
        "about": graph.about,
        "nodes": [node_entry(graph.nodes[id]) for id in sorted(graph.nodes)],
        "edges": [entry(graph.edges[end]) for end in sorted(graph.edges)],
        "notes": [entry(graph.notes[id]) for id in sorted(graph.notes)],
        "frames": [entry(graph.frames[id]) for id in sorted(graph.frames)],
        "modules": {name: _content(one, counters=counters) for name, one in graph.modules.items()},
        "plan": plan_entry(graph.plan),
    }
    if graph.exposed:
        content["exposed"] = {name: list(some) for name, some in graph.exposed.items()}
    if counters:
        content["counters"] = dict(graph.counters)
    return content


def node_entry(node: Placed) -> dict[str, Any]:
    """A node as it stands in a file: id, type, parameters and place, and what else differs from a plain node."""
    plain = Placed(node.id, node.type)
    kept = ("id", "type", "params", "x", "y")
    values = {one.name: getattr(node, one.name) for one in fields(node)
              if one.name in kept or getattr(node, one.name) != getattr(plain, one.name)}
    values["x"], values["y"] = float(node.x), float(node.y)
    found: dict[str, Any] = _plain(values, node.id)
    return found


def entry(item: Edge | Note | Frame) -> dict[str, Any]:
    """A wire, note or frame as it stands in a file."""
    values = {one.name: getattr(item, one.name) for one in fields(item)}
    places = ("x", "y", "width", "height")
    found: dict[str, Any] = _plain(
        {key: float(value) if key in places else value for key, value in values.items()}, getattr(item, "id", "wire"))
    return found


_ALWAYS = ("stages", "batch_size", "shuffle", "seed", "validation", "test", "split", "precision")
"""Settings of a plan that are written whatever they are; later ones only where they differ."""


def _as_dict(plan: Plan) -> dict[str, Any]:
    return {
        **{name: getattr(plan, name) for name in _ALWAYS},
        **_set(plan, Plan(), ("full_batch", "ema", "stop", "memory_format", "search")),
        "validation": float(plan.validation), "test": float(plan.test),
        "stages": [{"epochs": stage.epochs, "steps": [
            {"losses": step.losses, "nodes": step.nodes, "l1": float(step.l1), "every": step.every,
             "clip": None if step.clip is None else float(step.clip),
             "optimizer": {"name": step.optimizer.name, "lr": float(step.optimizer.lr),
                           "options": step.optimizer.options},
             **_set(step, Step(), ("schedule", "clip_value", "accumulate"))}
            for step in stage.steps]} for stage in plan.stages],
    }


def _set(one: Any, plain: Any, names: Collection[str]) -> dict[str, Any]:
    """These fields of it, where they differ from the usual; of those that have parts the parts that do."""
    found: dict[str, Any] = {}
    for field in fields(one):
        value, usual = getattr(one, field.name), getattr(plain, field.name)
        if field.name not in names or value == usual:
            continue
        if is_dataclass(value):
            found[field.name] = _set(value, usual, [part.name for part in fields(value)])
        else:
            found[field.name] = float(value) if "float" in str(field.type) and value is not None else value
    return found


def _plain(value: Any, where: str) -> Any:
    """`value` as JSON has it; -0.0 becomes 0.0. A `DocumentError` for what JSON does not have."""
    match value:
        case None | bool() | str():
            return value
        case int():
            if abs(value) >= 10 ** LIMITS["digits"].most:
                raise DocumentError(f"{where} holds a whole number of more than {LIMITS['digits'].most} digits, which "
                                    "cannot be saved.")
            return int(value)
        case float():
            if not math.isfinite(value):
                raise DocumentError(f"{where} holds {value}, which cannot be saved: a file holds only finite numbers.")
            return value + 0.0
        case list() | tuple():
            return [_plain(one, where) for one in value]
        case Mapping():
            return {str(key): _plain(one, f"{where}.{key}") for key, one in value.items()}
    raise DocumentError(f"{where} holds a {type(value).__name__}, which cannot be saved.")


def _laid_out(content: Mapping[str, Any], indent: str = "") -> str:
    """Sorted keys; one node, wire, note and frame on a line; everything else small enough for one."""
    inner = indent + " "
    return "{\n" + ",\n".join(f"{inner}{_text(key)}: {_member(key, content[key], inner)}" for key in sorted(content)) \
        + "\n" + indent + "}"


def _member(key: str, value: Any, indent: str) -> str:
    if key in LISTS and value:
        lines: Iterator[str] = (_text(one) for one in value)
        return f"[\n{indent} " + f",\n{indent} ".join(lines) + f"\n{indent}]"
    if key == "modules" and value:
        inner = indent + " "
        return "{\n" + ",\n".join(f"{inner}{_text(name)}: {_laid_out(value[name], inner)}" for name in sorted(value)) \
            + f"\n{indent}" + "}"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
