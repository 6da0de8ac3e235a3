"""The closed list of views, in the order in which they are offered."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.explain.views.view import View
from neuralgraph.explain.views.weights import Weights
from neuralgraph.explain.views.why import WHY_VIEWS

VIEWS: tuple[type[View], ...] = (Weights, *WHY_VIEWS)


def named(name: str) -> type[View]:
    """The view of a name; a `ParameterError` says which there are."""
    found = {one.name(): one for one in VIEWS}
    if name not in found:
        raise ParameterError(f"There is no view «{name}». There are: {', '.join(sorted(found))}.", parameter="view")
    return found[name]
