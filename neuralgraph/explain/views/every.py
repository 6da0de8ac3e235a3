"""The closed list of views, in the order in which they are offered."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.explain.views.deciding import DECIDING
from neuralgraph.explain.views.predicted import PREDICTED
from neuralgraph.explain.views.progress import PROGRESS
from neuralgraph.explain.views.projections import PROJECTIONS
from neuralgraph.explain.views.regions import REGIONS
from neuralgraph.explain.views.samples import SAMPLES
from neuralgraph.explain.views.series import SERIES
from neuralgraph.explain.views.structure import STRUCTURE
from neuralgraph.explain.views.view import View
from neuralgraph.explain.views.why import WHY_VIEWS
from neuralgraph.explain.views.within import NODE_VIEWS

VIEWS: tuple[type[View], ...] = (
    *NODE_VIEWS, *DECIDING, *PREDICTED, *REGIONS, *SAMPLES, *PROJECTIONS, *WHY_VIEWS, *STRUCTURE, *PROGRESS, *SERIES)


def named(name: str) -> type[View]:
    """The view of a name; a `ParameterError` says which there are."""
    found = {one.name(): one for one in VIEWS}
    if name not in found:
        raise ParameterError(f"There is no view «{name}». There are: {', '.join(sorted(found))}.", parameter="view")
    return found[name]
