"""What nodes say about their inputs although they take them, as notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from neuralgraph.graph.edits import ChangeNode
from neuralgraph.spec import Node, Remark
from neuralgraph.spec.remark import said
from neuralgraph.validation.problem import Fix, Problem
from neuralgraph.validation.view import View


def remarked(view: View) -> Iterator[Problem]:
    """What there is to know about a node that works. Each remedy sets one parameter."""
    for id, node in view.nodes.items():
        if not isinstance(node, Node) or view.graph.nodes[id].bypassed:
            continue
        wires = view.wires[id]
        inputs = [spec for port in node.ports if (spec := view.spec(wires.get(port.name))) is not None]
        if not inputs or not view.specs.get(id):  # it waits, or its own problem says what is wrong
            continue
        for one in node.remarks(*inputs):
            yield Problem(one.code, "note", f"{id}: {one.text}.", id, node.ports[0].name, _capital(one.text), one.hint,
                          fixes=tuple(_fixes(view, id, one)))


def _fixes(view: View, id: str, remark: Remark) -> Iterator[Fix]:
    placed = view.graph.nodes[id]
    for way in remark.ways:
        changed = replace(placed, params=placed.params.having(**dict(way)))
        yield Fix(f"Set {said(way)}", ChangeNode(changed, f"Set {said(way)} in {id}"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
