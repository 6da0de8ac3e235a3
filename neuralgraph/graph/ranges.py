"""What a search may try: ranges of parameters, written as people type them, `16..256:log` or `Adam|SGD`.

They stand at nodes and in the plan of a document: `Placed.search` and `Plan.search`, by parameter name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from neuralgraph.errors import ParameterError
from neuralgraph.graph.definitions import kind_of
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode, Edit, Group, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.planning import planned
from neuralgraph.spec import Catalog

PLAN = "plan"
LIKE = "Write 16..256, 16..256:16 for steps, 1e-4..1e-1:log, or a choice Adam|SGD."
WHOLE = frozenset(("batch_size", "epochs", "seed", "accumulate", "warmup", "patience"))
CHOICES = 100
_SPAN = re.compile(r"\s*(?P<low>[-+.\deE]+)\s*\.\.\s*(?P<high>[-+.\deE]+)\s*(?::\s*(?P<more>log|[.\deE+-]+))?\s*")


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both among them, in steps or evenly over the powers of ten; or one of `choices`."""

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def __str__(self) -> str:
        if self.choices:
            return "|".join(_word(one) for one in self.choices)
        more = ":log" if self.log else "" if self.step is None else f":{self._number(self.step)}"
        return f"{self._number(self.low)}..{self._number(self.high)}{more}"

    def _number(self, value: float) -> str:
        return str(int(value)) if self.whole else repr(float(value))


def parse(text: str, *, whole: bool | None = None) -> Range:
    """What a text says; `whole` says whether numbers are whole where the text leaves it open.

    `ParameterError` where it says nothing sensible.
    """
    if "|" in text:
        choices = tuple(_value(one.strip()) for one in text.split("|") if one.strip())
        if not 2 <= len(choices) <= CHOICES or len(set(map(repr, choices))) < len(choices):
            raise ParameterError(f"«{text[:60]}» is no choice: give two to {CHOICES} different values.")
        return Range(choices=choices)
    match = _SPAN.fullmatch(text) if len(text) <= 100 else None
    try:
        low, high = (float(match[one]) for one in ("low", "high")) if match else (math.nan, math.nan)
        more = match["more"] if match else None
        step = float(more) if more not in (None, "log") else None
    except ValueError:
        low = high = math.nan
        more = step = None
    if match is None or not math.isfinite(low) or not math.isfinite(high):
        raise ParameterError(f"«{text[:60]}» is no range. {LIKE}")
    if low >= high:
        raise ParameterError(f"«{text}»: {match['low']} is not below {match['high']}.")
    if more == "log" and low <= 0:
        raise ParameterError(f"«{text}»: powers of ten begin above 0, not at {match['low']}.")
    if step is not None and not 0 < step <= high - low:
        raise ParameterError(f"«{text}»: a step lies above 0 and within the range.")
    written = [one for one in (match["low"], match["high"], more) if one not in (None, "log")]
    plain = all(re.fullmatch(r"[-+]?\d+", one) for one in written)
    if whole and not (low.is_integer() and high.is_integer() and (step is None or step.is_integer())):
        raise ParameterError(f"«{text}»: this takes whole numbers.")
    return Range(low, high, more == "log", step, plain if whole is None else whole)


def marked(graph: Graph) -> dict[str, str]:
    """Every range that stands in a document, by what it is for: `linear_1.out_features`, `plan.lr`."""
    found = {f"{id}.{name}": str(text) for id, placed in graph.nodes.items() for name, text in placed.search.items()}
    return {**found, **{f"{PLAN}.{name}": str(text) for name, text in graph.plan.search.items()}}


def checked(graph: Graph, catalog: Catalog, wanted: Mapping[str, str]) -> dict[str, Range]:
    """The ranges by what they are for. `ParameterError` names what there is not, or what takes no such values."""
    found = {}
    for target, text in wanted.items():
        id, _, name = target.rpartition(".")
        if id == PLAN:
            found[target] = one = parse(text, whole=name in WHOLE)
        else:
            found[target] = one = parse(text, whole=_whole(graph, catalog, id, name))
        for value in one.choices or tuple(int(end) if one.whole else end for end in (one.low, one.high)):
            try:
                applied(graph, catalog, {target: value})
            except ParameterError as error:
                raise ParameterError(f"{target}={text}: {error}", parameter=target) from None
    return found


def _whole(graph: Graph, catalog: Catalog, id: str, name: str) -> bool | None:
    if id not in graph.nodes:
        known = ", ".join(list(graph.nodes)[:20]) or "none"
        raise ParameterError(f"«{id}.{name}»: there is no node {id!r}. Nodes: {known}; the plan is called «plan».")
    kind = kind_of(graph.nodes[id], catalog, graph.modules)
    if name not in kind.params:
        known = ", ".join(kind.params) or "none"
        raise ParameterError(f"«{id}.{name}»: {kind.__name__} has no parameter {name!r}. It has: {known}.")
    return {"int": True, "float": False}.get(kind.params[name].kind)


def applied(graph: Graph, catalog: Catalog, values: Mapping[str, Any]) -> Edit:
    """The edit that gives nodes and plan these values; `ParameterError` where one does not take its value."""
    settings = {target.rpartition(".")[2]: value for target, value in values.items() if target.startswith(f"{PLAN}.")}
    edits: list[Edit] = [SetPlan(planned(graph.plan, **settings))] if settings else []
    nodes: dict[str, dict[str, Any]] = {}
    for target, value in values.items():
        id, _, name = target.rpartition(".")
        if id != PLAN:
            nodes.setdefault(id, {})[name] = value
    for id, some in nodes.items():
        placed = graph.nodes[id]
        kind_of(placed, catalog, graph.modules)(**{**dict(placed.params), **some})
        edits.append(ChangeNode(replace(placed, params=placed.params.having(**some)), f"Set {id}"))
    return Group("Set what was searched", tuple(edits))


def marking(graph: Graph, wanted: Mapping[str, str]) -> Edit:
    """The edit after which exactly these ranges stand in the document."""
    by_node: dict[str, dict[str, str]] = {}
    for target, text in wanted.items():
        id, _, name = target.rpartition(".")
        by_node.setdefault(id, {})[name] = text
    edits: list[Edit] = []
    for id, placed in graph.nodes.items():
        if dict(placed.search) != by_node.get(id, {}):
            edits.append(ChangeNode(replace(placed, search=FrozenDict(by_node.get(id, {}))), f"Search {id}"))
    if dict(graph.plan.search) != by_node.get(PLAN, {}):
        edits.append(SetPlan(replace(graph.plan, search=FrozenDict(by_node.get(PLAN, {})))))
    return Group("Choose what to search", tuple(edits))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _value(word: str) -> Any:
    """A number, yes or no, nothing, or the word itself."""
    try:
        found = json.loads(word)
    except ValueError:
        return word
    return found if isinstance(found, (bool, int, float)) or found is None else word
