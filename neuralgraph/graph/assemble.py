"""From checked JSON to a document: schema findings in plain words, then what only the whole file can tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import numbered, stem
from neuralgraph.graph.limits import LIMITS, check
from neuralgraph.graph.plan import Optimizer, Plan, Schedule, Stage, Step, Stop
from neuralgraph.graph.schema import EdgeEntry, GraphEntry, NodeEntry, PlanEntry, StepEntry

Model = TypeVar("Model", bound=BaseModel)

_SAY: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is nothing that this format knows",
    "string_type": "should be text, not {input}",
    "int_type": "should be a whole number, not {input}",
    "int_from_float": "should be a whole number, not {input}",
    "float_type": "should be a number, not {input}",
    "finite_number": "should be a finite number",
    "bool_type": "should be true or false, not {input}",
    "list_type": "should be a list, not {input}",
    "dict_type": "should be an object, not {input}",
    "model_type": "should be an object, not {input}",
    "literal_error": "should be {expected}, not {input}",
    "string_too_long": "has more than {max_length:,} characters",
    "string_too_short": "is empty",
    "too_long": "has more than {max_length:,} entries",
    "too_short": "is empty",
    "greater_than_equal": "should be at least {ge}, not {input}",
    "less_than_equal": "should be at most {le:,}, not {input}",
    "value_error": "{input} {error}",
}


def checked(model: type[Model], content: Any) -> Model:
    """`content` as the format describes it; a `DocumentError` with every finding and its path."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise refusal([_sentence(one, content) for one in error.errors(include_url=False)]) from None


def refusal(findings: Sequence[str], *, repairable: bool = False) -> DocumentError:
    """One error for all findings; the first twenty are shown."""
    most = LIMITS["findings"].most
    shown = [f"{one}." for one in findings[:most]]
    if len(findings) > most:
        shown.append(f"… and {len(findings) - most:,} more.")
    text = shown[0] if len(shown) == 1 else f"{len(findings):,} things are wrong:\n" + "\n".join(shown)
    return DocumentError(text, findings=shown, repairable=repairable)


def _sentence(error: ErrorDetails, content: Any) -> str:
    words = {**error.get("ctx", {}), "input": _shown(error["input"])}
    if error["type"] == "value_error" and isinstance(error["input"], (list, dict)):
        words["input"] = ""
    template = _SAY.get(error["type"])
    said = template.format(**words) if template else error["msg"][0].lower() + error["msg"][1:]
    return f"{_path(error['loc'], content)} {said.strip()}"


def _path(place: Sequence[int | str], content: Any) -> str:
    """`("nodes", 3, "params", "kernel")` → `nodes[3].params.kernel (in conv2d_1)`."""
    path, owner = "", ""
    for step in place:
        if step == "[key]":
            continue
        path += f"[{step}]" if isinstance(step, int) else ("." if path else "") + step[:60]
        content = _inside(content, step)
        if isinstance(content, dict) and isinstance(content.get("id"), str):
            owner = content["id"][:60]
    return f"{path} (in {owner})" if owner and not path.endswith((".id", "]")) else path


def _inside(content: Any, step: int | str) -> Any:
    try:
        return content[step]
    except (KeyError, IndexError, TypeError):
        return None


def _shown(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


class _Names:
    """Which ids of one graph are taken, by what, and the highest number given out for each word."""

    def __init__(self, counters: Mapping[str, int]) -> None:
        self.owners: dict[str, str] = {}
        self.counters = dict(counters)

    def take(self, id: str, owner: str) -> None:
        self.owners[id] = owner
        word, number = numbered(id)
        if number > self.counters.get(word, 0):
            self.counters[word] = number

    def fresh(self, word: str) -> str:
        number = self.counters.get(word, 0) + 1
        while f"{word}_{number}" in self.owners:
            number += 1
        return f"{word}_{number}"


class _Reading:
    """One file on its way to a document: what does not fit is found, and mended where that was asked for."""

    def __init__(self, repair: bool) -> None:
        self.repair = repair
        self.findings: list[str] = []
        self.notes: list[str] = []
        self.numbers = 0

    def graph(self, entry: GraphEntry, path: str = "") -> Graph:
        names = _Names(entry.counters)
        nodes = {node.id: node for node in self._nodes(entry.nodes, path, names)}
        edges = {edge.end: edge for edge in self._edges(entry.edges, path, nodes)}
        notes = {one.id: Note(**{**vars(one), "id": one.id}) for one in self._slips(entry.notes, path + "notes", names)}
        frames = {
            one.id: Frame(**{**vars(one), "id": one.id}) for one in self._slips(entry.frames, path + "frames", names)}
        modules = {name: self.graph(one, f"{path}modules.{name[:60]}.") for name, one in entry.modules.items()}
        return Graph(
            nodes=nodes, edges=edges, notes=notes, frames=frames, modules=modules,
            exposed={name: tuple(some) for name, some in entry.exposed.items()}, plan=_plan(entry.plan),
            title=entry.title, about=entry.about, counters=names.counters)

    def _nodes(self, entries: Sequence[NodeEntry], path: str, names: _Names) -> list[Placed]:
        found = []
        for index, one in enumerate(entries):
            id = self._id(one.id, stem(one.type), f"{path}nodes[{index}]", names)
            self.numbers += sum(_amount(tensor) for tensor in one.weights.values())
            check("weights", self.numbers)
            found.append(Placed(
                id=id, type=one.type, params=FrozenDict(one.params), x=one.x, y=one.y, title=one.title,
                note=one.note, frozen=one.frozen, bypassed=one.bypassed, shares=one.shares,
                initialiser=FrozenDict(one.initialiser), weights=FrozenDict(one.weights),
                learning=FrozenDict(one.learning), search=FrozenDict(one.search)))
        return found

    def _edges(self, entries: Sequence[EdgeEntry], path: str, nodes: Mapping[str, Placed]) -> list[Edge]:
        found: list[Edge] = []
        ends: dict[tuple[str, str], int] = {}
        for index, one in enumerate(entries):
            where = f"{path}edges[{index}]"
            missing = next((end for end in (one.source, one.target) if end not in nodes), None)
            if missing is not None:
                self._wrong(f"{where} is a wire {_wire(one)}, but there is no node {missing!r}",
                            f"The wire {_wire(one)} was left out: there is no node {missing!r}.")
            elif (first := ends.get((one.target, one.input))) is not None:
                self._wrong(f"{where} ends in {one.target}.{one.input}, where {path}edges[{first}] already ends",
                            f"The wire {_wire(one)} was left out: another one ends in that port.")
            else:
                ends[one.target, one.input] = index
                found.append(Edge(one.source, one.output, one.target, one.input))
        return found

    def _slips(self, entries: Sequence[Any], path: str, names: _Names) -> list[Any]:
        for index, one in enumerate(entries):
            one.id = self._id(one.id, path.rpartition(".")[2][:-1], f"{path}[{index}]", names)
        return list(entries)

    def _id(self, id: str, word: str, where: str, names: _Names) -> str:
        if id in names.owners:
            new = names.fresh(word)
            self._wrong(f"{where} has the id {id!r}, which {names.owners[id]} already has",
                        f"The second {id!r} was renamed to {new!r}; its wires stay with the first.")
            id = new
        names.take(id, where)
        return id

    def _wrong(self, finding: str, repaired: str) -> None:
        (self.notes if self.repair else self.findings).append(repaired if self.repair else finding)


def graph_of(entry: GraphEntry, *, repair: bool = False) -> tuple[Graph, tuple[str, ...]]:
    """The document that a checked entry describes, and what was mended, if that was asked for."""
    reading = _Reading(repair)
    graph = reading.graph(entry)
    if reading.findings:
        raise refusal(reading.findings, repairable=True)
    return graph, tuple(reading.notes)


def _plan(entry: PlanEntry) -> Plan:
    stages = tuple(Stage(stage.epochs, tuple(map(_step, stage.steps))) for stage in entry.stages)
    return Plan(stages, entry.batch_size, entry.shuffle, entry.seed, entry.validation, entry.test, entry.split,
                entry.precision, entry.full_batch, entry.ema, Stop(**vars(entry.stop)), entry.memory_format,
                FrozenDict(entry.search))


def _step(entry: StepEntry) -> Step:
    optimizer, schedule = entry.optimizer, entry.schedule
    return Step(
        tuple(entry.losses), tuple(entry.nodes),
        Optimizer(optimizer.name, optimizer.lr, FrozenDict(optimizer.options)), entry.l1, entry.clip, entry.every,
        Schedule(schedule.name, FrozenDict(schedule.options), schedule.warmup, schedule.by), entry.clip_value,
        entry.accumulate)


def _amount(tensor: Any) -> int:
    todo, total = [tensor], 0
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo.extend(one)
        else:
            total += 1
    return total


def _wire(one: EdgeEntry) -> str:
    return f"from {one.source}.{one.output} to {one.target}.{one.input}"
