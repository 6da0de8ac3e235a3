"""Which node types there are: one class each, gathered here from the modules that define them."""

from __future__ import annotations

from types import ModuleType

from neuralgraph.nodes import (
    activations,
    algebra,
    attention,
    augmentation,
    cells,
    chance,
    collected,
    comparison,
    competition,
    convolution,
    data,
    energy,
    files,
    functions,
    joining,
    layers,
    losses,
    making,
    margins,
    maths,
    matrices,
    metrics,
    modules,
    normalisation,
    ordering,
    padding,
    pairs,
    pooling,
    preparation,
    rectifiers,
    recurrence,
    recurrent,
    reductions,
    resizing,
    rules,
    scaling,
    shape,
    special,
    spectra,
    transformers,
    unpooling,
)
from neuralgraph.nodes.left_out import LEFT_OUT
from neuralgraph.spec import Catalog, Node

MODULES: tuple[ModuleType, ...] = (
    data, files, collected, preparation, augmentation, layers, convolution, pooling, unpooling, maths, making,
    functions, special, shape, joining, normalisation, recurrent, attention, cells, transformers, energy, competition,
    resizing, padding, scaling, activations, rectifiers, reductions, ordering, algebra, matrices, spectra, comparison,
    chance, losses, margins, pairs, rules, metrics, modules, recurrence,
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
