"""The table of rules. A rule looks at a `View` of the document and yields every problem it finds, not the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Disconnect, Edit, Group, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.reading import Failure, arguments, input_names, port_of
from neuralgraph.spec import Node
from neuralgraph.spec.initial import GATED, KEEP, refusal
from neuralgraph.validation.lens import cycles, upstream
from neuralgraph.validation.module_rules import lonely_states, lost_modules, stray_states, two_of_a_name, unfit_values
from neuralgraph.validation.own import bad_learning, plan_names
from neuralgraph.validation.problem import Fix, Problem
from neuralgraph.validation.remarked import remarked
from neuralgraph.validation.view import View

Rule = Callable[[View], Iterator[Problem]]


def unknown_types(view: View) -> Iterator[Problem]:
    """A node type this version does not know."""
    for id, node in view.nodes.items():
        if isinstance(node, Failure) and node.code == "unknown_type":
            kind = view.graph.nodes[id].type
            yield Problem(
                "unknown_type",
                "error",
                f"{id}: {node.message}",
                id,
                None,
                f"{kind} is not known here",
                "Open it with the version that made it, or replace it.",
                fixes=(Fix("Delete it", RemoveNode(id)),),
            )


def bad_parameters(view: View) -> Iterator[Problem]:
    """A parameter out of its range."""
    for id, node in view.nodes.items():
        if isinstance(node, Failure) and node.code == "bad_parameter":
            placed = view.graph.nodes[id]
            reset: Edit = ChangeNode(_without(placed, node.parameter), f"Reset {node.parameter}")
            yield Problem(
                "bad_parameter",
                "error",
                f"{id}: {node.message}",
                id,
                None,
                f"{placed.type}: {node.parameter}",
                "Set it to a value in its range.",
                fixes=(Fix(f"Reset {node.parameter}", reset),),
            )


def dangling_wires(view: View) -> Iterator[Problem]:
    """A wire to or from a port that is not there."""
    for edge in view.graph.edges.values():
        source, target = view.nodes.get(edge.source), view.nodes.get(edge.target)
        cut = Fix("Remove the wire", Disconnect(edge.target, edge.input))
        if isinstance(source, Node) and edge.output not in source.outputs():
            has = ", ".join(source.outputs()) or "none"
            yield Problem(
                "no_such_port",
                "error",
                f"{edge.source} has no output {edge.output!r}; it has: {has}.",
                edge.target,
                edge.input,
                "A wire from nowhere",
                "Remove the wire and lay it again.",
                fixes=(cut,),
            )
        if isinstance(target, Node) and port_of(target, edge.input) is None:
            yield Problem(
                "no_such_port",
                "error",
                f"{edge.target} has no input {edge.input!r}.",
                edge.target,
                None,
                "A wire to nowhere",
                "Remove the wire and lay it again.",
                fixes=(cut,),
            )


def cyclic(view: View) -> Iterator[Problem]:
    """Nodes that wait for each other."""
    for knot in cycles(view.lens):
        inside = [e for e in view.graph.edges.values() if e.source in knot and e.target in knot]
        last = max(inside, key=lambda e: (view.graph.nodes[e.source].x - view.graph.nodes[e.target].x, e.end))
        names = " → ".join(knot[:5]) + (" → …" if len(knot) > 5 else "")
        yield Problem(
            "cycle",
            "error",
            f"{names} wait for each other: a graph cannot run in a circle.",
            last.target,
            last.input,
            "This is a cycle",
            f"Remove the wire from {last.source} to {last.target}.",
            fixes=(Fix("Remove the wire", Disconnect(last.target, last.input)),),
            waiting=tuple(knot),
        )


def open_inputs(view: View) -> Iterator[Problem]:
    """A required input with no wire."""
    for id, node in view.nodes.items():
        if not isinstance(node, Node):
            continue
        positional, _ = arguments(node, view.wires[id])
        for port, edge in positional:
            if edge is None:
                yield _open(view, id, node, port)
        if not positional and any(port.many for port in node.ports):
            yield _open(view, id, node, input_names(node, {})[0])


def _open(view: View, id: str, node: Node, port: str) -> Problem:
    many = len(node.ports) > 1 or any(one.many for one in node.ports)
    which = f"its input {port!r}" if many else "its input"
    return Problem(
        "open_input",
        "error",
        f"{id} waits for {which}: nothing is connected.",
        id,
        port,
        f"{node.type} needs an input",
        "Drag a wire to the ring on its left side.",
    )


def unreachable(view: View) -> Iterator[Problem]:
    """The end of a branch that leads nowhere, in a graph that has a goal; what is before it is folded under it."""
    goals = [id for id, _ in view.of_role("loss", "metric", "output")]
    if not goals:
        return
    used = upstream(view.lens, goals)
    dead = {id for id, node in view.nodes.items() if id not in used and isinstance(node, Node)}
    for id in sorted(dead):
        if any(edge.target in dead and edge.target != id for edge in view.graph.out_of(id)):
            continue
        before = tuple(sorted((upstream(view.lens, (id,)) & dead) - {id}))
        yield Problem(
            "unreachable",
            "warning",
            f"{id} leads to no loss, metric or output: it is not computed.",
            id,
            None,
            f"{view.graph.nodes[id].type} leads nowhere",
            "Wire its output onwards, or delete it.",
            fixes=(Fix("Delete it", RemoveNode(id)),),
            waiting=before,
        )


def bad_starts(view: View) -> Iterator[Problem]:
    """Weights that are to start in a way that there is not."""
    for id, placed in view.graph.nodes.items():
        why = refusal(placed.initialiser) if placed.initialiser else ""
        if not why and placed.initialiser.get("bias") == KEEP and placed.type not in GATED:
            why = f"{placed.type} has no gate that keeps; {', '.join(GATED)} have one"
        if why:
            own = ChangeNode(replace(placed, initialiser=FrozenDict()), f"Start {id} as usual")
            yield Problem("initial", "error", f"{id}: {why}.", id, None, "Its weights cannot start like this",
                          "Choose another way in its properties.", fixes=(Fix("Start as usual", own),))


def no_loss(view: View) -> Iterator[Problem]:
    """Something that learns, but nothing to learn from."""
    if any(view.of_role("loss")) or not any(view.of_role("source")) or not any(view.of_role("transform")):
        return
    yield Problem(
        "no_loss",
        "warning",
        "The graph has no loss, so there is nothing to learn from.",
        None,
        None,
        "No loss yet",
        "Add a loss, for example CrossEntropyLoss for classes or MSELoss for numbers, and wire it.",
        fixes=_loss_fix(view),
    )


def _loss_fix(view: View) -> tuple[Fix, ...]:
    """Where one node ends and one label is known, the loss that suits both, wired."""
    ends = [id for id, node in view.of_role("transform") if not any(view.graph.out_of(id)) and node.outputs()]
    targets = [
        (id, out, spec)
        for id, node in view.of_role("source")
        for out, spec in view.specs.get(id, {}).items()
        if out == "y"
    ]
    if len(ends) != 1 or len(targets) != 1:
        return ()
    id, out, target = targets[0]
    kind = "CrossEntropyLoss" if target.classes else "MSELoss"
    if kind not in view.catalog:
        return ()
    end, new = view.graph.nodes[ends[0]], fresh(view.graph, kind)
    ports = view.catalog[kind].ports
    last = view.nodes[ends[0]]
    assert isinstance(last, Node)
    edits = (
        AddNode(Placed(new, kind, x=end.x + 240, y=end.y)),
        Connect(Edge(ends[0], last.outputs()[0], new, ports[0].name)),
        Connect(Edge(id, out, new, ports[1].name)),
    )
    return (Fix(f"Add {kind}", Group(f"Add {kind}", edits), kind),)


_LOGITS = {"CrossEntropyLoss": ("Softmax", "LogSoftmax"), "BCEWithLogitsLoss": ("Sigmoid",)}
_WORDS = {"CrossEntropyLoss": "softmax", "BCEWithLogitsLoss": "sigmoid"}


def squashed_twice(view: View) -> Iterator[Problem]:
    """Softmax before a loss that does it itself."""
    for id, node in view.of_role("loss"):
        edge = view.origin(view.into(id, "input"))
        before = view.graph.nodes.get(edge.source) if edge else None
        if edge is None or before is None or before.type not in _LOGITS.get(node.type, ()):
            continue
        above = next(iter(view.wires[edge.source].values()), None)
        fixes = (
            ()
            if above is None
            else (Fix(f"Bypass {before.type} here", Connect(Edge(above.source, above.output, id, "input"))),)
        )
        yield Problem(
            "softmax_before_loss",
            "warning",
            f"{id} does its own {_WORDS[node.type]}; after {before.id} it is done twice and learns slowly.",
            id,
            "input",
            f"{_WORDS[node.type].capitalize()} is done twice",
            f"Wire what goes into {before.id} straight into {id}.",
            fixes=fixes,
        )


_CLASS_LOSSES = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")


def class_counts(view: View) -> Iterator[Problem]:
    """A network whose width is not the number of classes; told once, at the loss."""
    told: set[tuple[str, str]] = set()
    for id, node in (*view.of_role("loss"), *view.of_role("metric")):
        logits, target = view.spec(view.into(id, "input")), view.spec(view.into(id, "target"))
        if (node.role == "loss" and node.type not in _CLASS_LOSSES) or logits is None or target is None:
            continue
        if target.classes is None or logits.rank < 2 or not isinstance(logits.shape[1], int):
            continue
        width = logits.shape[1]
        if width == target.classes or (node.role == "metric" and width == 1):
            continue
        edge = view.into(id, "input")
        assert edge is not None
        if edge.start in told:
            continue
        told.add(edge.start)
        if width < target.classes:
            text = f"{edge.source} gives {width} numbers a sample, but there are {target.classes} classes."
            severity, code = "error" if node.role == "loss" else "warning", "labels_out_of_range"
        else:
            spare = f"{width - target.classes} are never right"
            text = f"{edge.source} gives {width} numbers a sample for {target.classes} classes: {spare}."
            severity, code = "warning", "class_count"
        yield Problem(
            code,
            "error" if severity == "error" else "warning",
            text,
            id,
            "input",
            f"{target.classes} classes, {width} outputs",
            f"Give the last layer {target.classes} outputs.",
            f"N × {target.classes}",
            str(logits),
            _width_fix(view, edge.source, target.classes),
        )


def _width_fix(view: View, id: str, classes: int) -> tuple[Fix, ...]:
    seen = set()
    while id not in seen:
        seen.add(id)
        placed = view.graph.nodes[id]
        if placed.type == "Linear":
            changed = ChangeNode(_with(placed, "out_features", classes), f"Set {id} to {classes} outputs")
            return (Fix(f"Set {classes} outputs", changed),)
        above = list(view.wires[id].values())
        if len(above) != 1 or placed.type in ("Flatten", "Reshape"):
            return ()
        id = above[0].source
    return ()


def mixed_batches(view: View) -> Iterator[Problem]:
    """A value whose rows are no longer the samples of the batch, on its way into a loss or metric."""
    for id, node in view.of_role("loss", "metric"):
        if not node.by_rows:
            continue
        shapes = {port: spec for port, edge in view.wires[id].items() if (spec := view.spec(edge)) is not None}
        leading = {port: str(spec.shape[0]) for port, spec in shapes.items() if spec.shape}
        if len(set(leading.values())) > 1:
            words = " and ".join(f"{port} has {rows} rows" for port, rows in leading.items())
            yield Problem(
                "mixed_batches",
                "error",
                f"{id} gets two batch sizes: {words}.",
                id,
                "input",
                "Two batch sizes meet",
                "Something before it mixes samples: look for a Reshape or Flatten that takes in the first axis.",
                " = ".join(leading),
                ", ".join(f"{port} {shape}" for port, shape in shapes.items()),
            )


RULES: tuple[Rule, ...] = (
    unknown_types,
    lost_modules,
    stray_states,
    bad_parameters,
    unfit_values,
    dangling_wires,
    cyclic,
    open_inputs,
    unreachable,
    bad_starts,
    bad_learning,
    plan_names,
    no_loss,
    squashed_twice,
    class_counts,
    mixed_batches,
    remarked,
)
INSIDE: tuple[Rule, ...] = (
    *(rule for rule in RULES if rule not in (no_loss, stray_states, plan_names)),
    lonely_states,
    two_of_a_name,
)
"""The rules for a module: what it learns from may lie outside."""


def check(view: View, rules: tuple[Rule, ...] = RULES) -> tuple[Problem, ...]:
    """Every problem that any rule finds."""
    return tuple(problem for rule in rules for problem in rule(view))


def _with(placed: Placed, name: str, value: object) -> Placed:
    return replace(placed, params=placed.params.having(**{name: value}))


def _without(placed: Placed, name: str) -> Placed:
    return replace(placed, params=FrozenDict(placed.params.without(name)))
