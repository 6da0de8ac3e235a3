"""Which node types there are: one class each, gathered here from the modules that define them."""

from __future__ import annotations

from types import ModuleType

from neuralgraph.nodes import (
    activations,
    algebra,
    attention,
    cells,
    comparison,
    convolution,
    data,
    files,
    functions,
    joining,
    layers,
    losses,
    margins,
    maths,
    metrics,
    modules,
    normalisation,
    padding,
    pairs,
    pooling,
    preparation,
    rectifiers,
    recurrence,
    recurrent,
    reductions,
    resizing,
    scaling,
    shape,
)
from neuralgraph.nodes.left_out import LEFT_OUT
from neuralgraph.spec import Catalog, Node

MODULES: tuple[ModuleType, ...] = (
    data, files, preparation, layers, convolution, pooling, maths, functions, shape, joining, normalisation, recurrent,
    attention, cells, resizing, padding, scaling, activations, rectifiers, reductions, algebra, comparison, losses,
    margins, pairs, metrics, modules, recurrence,
)
"""In the order of the palette, within each category."""


def gather(module: ModuleType) -> list[type[Node]]:
    """Every node type that a module defines; a class whose name starts with an underscore is only a family."""
    return [
        one for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, Node) and one.__module__ == module.__name__ and name[0] != "_"
    ]


CATALOG = Catalog((one for module in MODULES for one in gather(module)), LEFT_OUT)
"""Every node type of this version."""
