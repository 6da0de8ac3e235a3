"""What a node card says: plain values read from the document and what is known about it, without Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.reading import input_names, instance, port_of
from neuralgraph.spec import Catalog, Drawn, Node, Param, Spec
from neuralgraph.validation.analysis import Analysis

PreviewKind = Literal["", "images", "maps", "bars", "heat", "spark", "strip", "signed", "number", "words", "rows",
                      "points", "bundle"]
MOST_ROWS = 3
PICTURE = 5
"""Of so many rows and columns the numbers say nothing on a card: their picture does."""


@dataclass(frozen=True, slots=True)
class PortFace:
    """One port as it is drawn. `open` is an input that still needs a wire; `bad` one that cannot take what it gets."""

    name: str
    label: str
    letter: str = "F"
    many: bool = False
    open: bool = False
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """Everything a card shows that does not depend on the mouse or the zoom. Equal faces look the same."""

    category: str
    title: str
    after: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    inputs: tuple[PortFace, ...] = ()
    outputs: tuple[PortFace, ...] = ()
    footer: tuple[str, str] = ("", "")
    preview: PreviewKind = ""
    preview_height: int = 0
    repeat: int = 1
    severity: str = ""
    frozen: bool = False
    bypassed: bool = False
    done: bool = False
    stale: bool = False
    dot: bool = False
    """A bead on a wire: only its ports and what lies between them."""


NOTHING: Mapping[str, Any] = {}


def face_of(
    placed: Placed, graph: Graph, catalog: Catalog, analysis: Analysis | None = None, *,
    wires: Iterable[Edge] = (), fed: frozenset[str] = frozenset(), value: str | None = None,
    preview: tuple[PreviewKind, int] = ("", 0), finished: bool = False, stale: bool = False,
) -> Face:
    """The face of a placed node.

    `wires` are those that enter it, `fed` its outputs that feed something. `value` is the text in the footer of a loss
    or a metric. Everything of `analysis` is used even where it speaks of an older document: the newest known truth.
    """
    found = instance(placed, catalog, graph.modules)
    node = found if isinstance(found, Node) else None
    entering = {edge.input: edge for edge in wires}
    specs = analysis.specs.get(placed.id, NOTHING) if analysis else NOTHING
    inputs = analysis.inputs.get(placed.id, NOTHING) if analysis else NOTHING
    problems = analysis.problems_of(placed.id) if analysis else ()
    bad = frozenset(one.port for one in problems if one.severity == "error" and one.port and one.code != "open_input")
    if node is not None and node.passes:
        return Face(type(node).category, placed.type, inputs=_inputs(node, entering, inputs, bad),
                    outputs=_outputs(node, placed, specs, fed, "?"), severity="error" if bad else "", dot=True)
    severity = next((one.severity for one in problems if one.severity != "note"), "")
    rows = 1 if preview[0] and preview[0] != "spark" else MOST_ROWS
    return Face(
        category=type(node).category if node else "Modules" if placed.type in graph.modules else "Unknown",
        title=_title(placed, node),
        after=_after(placed, node),
        rows=_rows(placed, node, NOTHING if bad else inputs, graph)[:rows],
        inputs=_inputs(node, entering, inputs, bad),
        outputs=_outputs(node, placed, specs, fed),
        footer=_footer(placed, node, analysis, specs, fed, value, preview[0]),
        preview=preview[0],
        preview_height=preview[1],
        repeat=_repeat(placed),
        severity=severity if severity in ("error", "warning") else "" if node else "error",
        frozen=placed.frozen,
        bypassed=placed.bypassed,
        done=finished,
        stale=stale and value is not None,
    )


def label_of(spec: Spec | None) -> str:
    """What stands on a wire, with spaced ×: `N × 16 × 14 × 14`, `N  class 0 … 9`, `scalar`; "" where unknown."""
    if spec is None:
        return ""
    text = " × ".join(_size(one) for one in spec.shape)
    if spec.classes:
        return f"{text}\u2002class 0 … {spec.classes - 1}" if spec.classes > 1 else f"{text}\u2002class"
    return text or "scalar"


def tight(label: str) -> str:
    """The same label for a short wire: `N×16×14×14`."""
    return label.replace(" × ", "×")


def number(value: float) -> str:
    """A number as people write it: 15,690 · 0.5 · −3."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}".replace("-", "−")
    return f"{value:g}".replace("-", "−")


def _size(size: int | str) -> str:
    return str(size)


def _title(placed: Placed, node: Node | None) -> str:
    """A module is called by its definition, anything else by its type."""
    return node.interface.name if isinstance(node, Drawn) and node.interface is not None else placed.type


def _after(placed: Placed, node: Node | None) -> str:
    if placed.title:
        return placed.title
    if node is not None and node.role == "source":
        return str(node.values.get("name", "") or "")
    return "over time" if isinstance(node, Drawn) and node.runs else ""


def _repeat(placed: Placed) -> int:
    repeat = placed.params.get("repeat", 1)
    return repeat if isinstance(repeat, int) and not isinstance(repeat, bool) else 1


def _rows(
    placed: Placed, node: Node | None, inputs: Mapping[str, Spec], graph: Graph,
) -> tuple[tuple[str, str], ...]:
    if node is None:
        return ()
    definition = graph.modules.get(str(placed.params.get("definition", "")))
    if node.category == "Modules" and definition is not None:
        inside = len(definition.nodes)
        counted = f"{inside} nodes" if inside != 1 else "1 node"
        own = () if placed.shares is None else (("weights", f"of {placed.shares}"),)
        shown = [(name, _plain(getattr(node, name))) for name in definition.exposed if name in placed.params]
        return ("inside", counted), *own, *shown
    rows, sizes = [], 0
    for param in node.params.values():
        value = getattr(node, param.name)
        if not param.row or value is None or (node.role == "source" and param.name == "name"):
            continue
        sizes += param.kind == "size"
        kept = param.axis is not None or (param.kind == "size" and sizes == 1) or value != param.default
        if kept:
            rows.append((param.row, _shown(param, value, node, inputs)))
    return tuple(rows) if placed.shares is None else (("weights", f"of {placed.shares}"), *rows)


def _shown(param: Param, value: Any, node: Node, inputs: Mapping[str, Spec]) -> str:
    if param.axis is not None:
        return f"{_before(param.axis, node, inputs)} → {_plain(value)}"
    if param.kind == "size":
        sizes = value if isinstance(value, tuple) else (value,) * max(1, node.axes)
        return " × ".join(number(one) for one in sizes)
    return _plain(value) + (f" {param.suffix}" if param.suffix else "")


def _before(axis: int, node: Node, inputs: Mapping[str, Spec]) -> str:
    spec = inputs.get(node.ports[0].name) if node.ports else None
    if spec is None or not -spec.rank <= axis < spec.rank:
        return "?"
    return str(spec.shape[axis])


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value).replace("-", "−")
        case float():
            return number(value)
        case tuple() if len(sizes := _sides(value)) > 1 and min(sizes[-2:]) >= PICTURE:
            return " × ".join(map(str, sizes))
        case tuple():
            shown = ", ".join(_plain(one) for one in value[:4])
            return shown + (", …" if len(value) > 4 else "")
        case _:
            return str(value).rpartition("/")[2]


def _sides(value: Any) -> tuple[int, ...]:
    """The sizes of nested tuples."""
    found: list[int] = []
    while isinstance(value, tuple) and value:
        found.append(len(value))
        value = value[0]
    return tuple(found)


def _inputs(
    node: Node | None, wires: Mapping[str, Edge], specs: Mapping[str, Spec], bad: frozenset[str],
) -> tuple[PortFace, ...]:
    if node is None:
        return tuple(PortFace(name, name, "?") for name in sorted(wires))
    faces = []
    for name in input_names(node, wires):
        declared = port_of(node, name)
        assert declared is not None
        spec = specs.get(name)
        spare = declared.many and name not in wires
        label = name.rpartition("_")[2] if declared.many else name
        faces.append(PortFace(
            name, "" if spare else _ordinal(label) if declared.many else label,
            spec.letter if spec else declared.letter, spare,
            open=name not in wires and not declared.optional and (not declared.many or name.endswith("_0")),
            bad=name in bad or (declared.many and declared.name in bad)))
    return tuple(faces)


def _ordinal(index: str) -> str:
    return str(int(index) + 1) if index.isdigit() else index


def _outputs(
    node: Node | None, placed: Placed, specs: Mapping[str, Spec], fed: frozenset[str],
    otherwise: str = "F",
) -> tuple[PortFace, ...]:
    names = node.outputs() if node is not None else tuple(sorted(fed))
    fallback = "?" if node is None else {"loss": "S", "transform": "F", "metric": "S"}.get(node.role, otherwise)
    faces = []
    for name in names:
        spec = specs.get(name)
        plain = "loss" if node is not None and node.role == "loss" and name == "out" else name
        label = spec.label if spec is not None and spec.label else plain
        faces.append(PortFace(name, label, spec.letter if spec else fallback))
    return tuple(faces)


def _footer(
    placed: Placed, node: Node | None, analysis: Analysis | None, specs: Mapping[str, Spec], fed: frozenset[str],
    value: str | None, preview: str,
) -> tuple[str, str]:
    if node is None:
        return "unknown type", ""
    if node.role == "loss":
        return "loss", value or "–"
    if node.role == "metric":
        return "validation", value or "–"
    figures = analysis.figures.get(placed.id) if analysis else None
    learnable = any(param.axis is not None for param in node.params.values())
    left = ""
    if not preview and figures is not None and figures.parameters:
        left = f"{figures.parameters:,} parameter" + ("s" if figures.parameters != 1 else "")
    elif not preview and learnable and analysis is not None and not specs:
        left = "parameters unknown"
    loose = [spec for name, spec in specs.items() if name not in fed]
    shape = tight(label_of(loose[0])) if len(loose) == 1 and node.role == "transform" else ""
    return (left, shape) if left else (shape, "")
