"""Rules about modules: definitions that are lost or contain themselves, states without a partner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from neuralgraph.errors import ParameterError
from neuralgraph.graph.definitions import uses
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import Within
from neuralgraph.graph.reading import Failure
from neuralgraph.spec import Catalog, Drawn, Node
from neuralgraph.validation.problem import Fix, Problem
from neuralgraph.validation.view import View

_TITLES = {
    "no_module": ("Its module is not there", "Choose another module in its properties, or delete it."),
    "module_in_itself": ("It contains itself", "Take the copy out of its own inside: only a Recurrent can repeat "
                         "without end."),
    "too_many_nodes": ("Too large to lay out", "Repeat it less often."),
}


def lost_modules(view: View) -> Iterator[Problem]:
    """A module that cannot be laid out: no definition, one that contains itself, one that is too large."""
    for id, node in view.nodes.items():
        if isinstance(node, Failure) and node.code in _TITLES:
            title, hint = _TITLES[node.code]
            fixes = [Fix("Delete it", RemoveNode(id))]
            if node.code == "module_in_itself":
                fixes = [*_taken_out(view.graph, view.catalog, id), *fixes]
            yield Problem(
                node.code, "error", f"{id}: {node.message}", id, None, title, hint, fixes=tuple(fixes))
        elif isinstance(node, Drawn) and node.interface is None:
            yield Problem(
                "no_module", "error", f"{id} stands for no module yet.", id, None, "It has no inside",
                "Choose a module in its properties, or select nodes and press Ctrl+G to make one.",
                fixes=(Fix("Delete it", RemoveNode(id)),))


def unfit_values(view: View) -> Iterator[Problem]:
    """A value that is set outside and does not fit everything inside that it sets."""
    for id, node in view.nodes.items():
        if not isinstance(node, Drawn) or node.interface is None:
            continue
        placed = view.graph.nodes[id]
        for name, value in placed.params.items():
            why = _unfit(view, node.interface.name, name, value)
            if why:
                own = replace(placed, params=FrozenDict(placed.params.without(name)))
                yield Problem(
                    "bad_parameter", "error", f"{id}: {name} = {value!r} does not fit its inside: {why}", id, None,
                    f"{node.interface.name}: {name}", "Set it to a value that fits all that it sets.",
                    fixes=(Fix(f"Reset {name}", ChangeNode(own, f"Reset {name}")),))


def _unfit(view: View, module: str, name: str, value: object) -> str:
    """What the first node says that does not take the value, through modules in modules; "" where all do."""
    todo, seen = [(module, name)], {("", "")}
    while todo:
        at = todo.pop()
        definition = view.graph.modules.get(at[0])
        if at in seen or definition is None:
            continue
        seen.add(at)
        for id, _, own in (target.rpartition(".") for target in definition.exposed.get(at[1], ())):
            placed = definition.nodes.get(id)
            if placed is None or placed.type not in view.catalog:
                continue
            kind = view.catalog[placed.type]
            if issubclass(kind, Drawn) and own not in kind.params:
                todo.append((str(placed.params.get("definition")), own))
            elif own in kind.params and not (placed.type == "State" and isinstance(value, int)):
                try:
                    kind(**{**placed.params, own: value})
                except ParameterError as error:
                    return f"at {id}, {error}"
    return ""


def _taken_out(graph: Graph, catalog: Catalog, id: str) -> Iterator[Fix]:
    """The fix that deletes, inside the module, the copy that leads back to it."""
    name = str(graph.nodes[id].params.get("definition"))
    for inner in graph.modules[name].nodes.values():
        used = inner.params.get("definition")
        if isinstance(used, str) and name in _reach(graph, catalog, used):
            yield Fix(f"Take {inner.id} out of {name}", Within(name, RemoveNode(inner.id)))
            return


def _reach(graph: Graph, catalog: Catalog, name: str) -> set[str]:
    """A definition and all that lie in it."""
    found: set[str] = set()
    todo = [name]
    while todo:
        one = todo.pop()
        if one not in found and one in graph.modules:
            found.add(one)
            todo += uses(graph.modules[one], catalog)
    return found


def stray_states(view: View) -> Iterator[Problem]:
    """A state outside every module: there is no step before."""
    for id, node in view.nodes.items():
        if isinstance(node, Node) and node.type in ("State", "NextState"):
            yield Problem(
                "stray_state", "error", f"{id} remembers from step to step, but here there are no steps.", id, None,
                f"{node.type} belongs into a module", "Make a module of it (Ctrl+G) and run that with a Recurrent.",
                fixes=(Fix("Delete it", RemoveNode(id)),))


def lonely_states(view: View) -> Iterator[Problem]:
    """A NextState that sets no State."""
    held = {str(getattr(node, "state", "")) for _, node in view.of_role("source") if node.type == "State"}
    for id, node in view.of_role("output"):
        name = str(getattr(node, "state", ""))
        if node.type == "NextState" and name not in held:
            yield Problem(
                "lonely_state", "error", f"{id} sets the state {name}, and there is no State of that name.", id, None,
                f"There is no State {name}", "Add a State of that name, or choose another.")


def two_of_a_name(view: View) -> Iterator[Problem]:
    """Two doors that would be one port: two States or two NextStates of one name, a State called as an Input is."""
    held: dict[tuple[str, str], str] = {}
    for id, node in view.nodes.items():
        if not isinstance(node, Node) or not node.door:
            continue
        name = node.door_name(id)
        first = held.setdefault((node.door, name), id)
        if first == id:
            continue
        kinds = {node.type, view.graph.nodes[first].type}
        what = f"{node.type}s" if len(kinds) == 1 else "ports"
        yield Problem(
            "two_states", "error", f"{first} and {id} are both called {name}.", id, None, f"Two {what} called {name}",
            "Give one of them another name.")
