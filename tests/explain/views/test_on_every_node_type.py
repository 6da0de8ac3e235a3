"""Every node type, alone in a network: the views that fit it are drawn, the others say why not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from neuralgraph.compiler.program import Program
from neuralgraph.data.split import Split
from neuralgraph.explain.rows import Rows
from neuralgraph.explain.views.view import At
from neuralgraph.explain.views.within import NODE_VIEWS
from neuralgraph.figures.draw import draw
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Drawn, Node
from tests.node_examples import ORACLES
from tests.test_every_node import alone, tensors

TYPES = [one for one in CATALOG.values() if one.role != "source" and not issubclass(one, Drawn)]


@pytest.mark.parametrize("kind", TYPES, ids=lambda one: one.__name__)
def test_views_of_a_node_type(kind: type[Node]) -> None:
    given = ORACLES[kind.__name__]
    graph, inference = alone(kind, given)
    program = Program(graph, inference, seed=1)
    arrays = {key: one.numpy().copy() for key, one in tensors(given, 6).items()}
    rows = None
    if arrays and all(spec.batched for spec in given.inputs.values()):
        rows = Rows(arrays, None, (), (), Split(np.arange(4), np.arange(4, 6), np.arange(0)))
    (node,) = (id for id, one in program.graph.nodes.items() if one.type == kind.__name__)
    before = {key: one.clone() for key, one in program.state_dict().items()}
    for view in (one for one in NODE_VIEWS if one.scope == "node"):
        at = At(program, rows, node, part="validation", place=1)
        why = view.fits(at)
        assert not why or why.endswith("."), (view.name(), why)
        for option in view.params:
            assert isinstance(view.choices(at, option), tuple)
        if not why:
            shown = view().look(at)
            assert shown.csv()
            assert draw(shown, 300, 220).marks
    assert all(torch.equal(one, before[key]) for key, one in program.state_dict().items())
