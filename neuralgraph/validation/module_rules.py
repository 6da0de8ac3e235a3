"""Rules about modules: definitions that are lost or contain themselves, states without a partner."""

from __future__ import annotations

from collections.abc import Iterator

from neuralgraph.graph.definitions import uses
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import RemoveNode
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
    """A NextState that sets no State, two States of one name."""
    held: dict[str, str] = {}
    for id, node in view.of_role("source"):
        if node.type != "State":
            continue
        name = str(getattr(node, "state", ""))
        if name in held:
            yield Problem(
                "two_states", "error", f"{held[name]} and {id} are both called {name}.", id, None,
                f"Two states called {name}", "Give one of them another name.")
        held.setdefault(name, id)
    for id, node in view.of_role("output"):
        name = str(getattr(node, "state", ""))
        if node.type == "NextState" and name not in held:
            yield Problem(
                "lonely_state", "error", f"{id} sets the state {name}, and there is no State of that name.", id, None,
                f"There is no State {name}", "Add a State of that name, or choose another.")
