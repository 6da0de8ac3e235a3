"""The closed list of views, in the order in which they are offered."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.explain.views.before_after import BeforeAfter, WeightsBeforeAfter
from neuralgraph.explain.views.deciding import DECIDING
from neuralgraph.explain.views.neuron import Neuron
from neuralgraph.explain.views.particles import Particles
from neuralgraph.explain.views.predicted import PREDICTED
from neuralgraph.explain.views.progress import PROGRESS
from neuralgraph.explain.views.projections import PROJECTIONS
from neuralgraph.explain.views.regions import REGIONS
from neuralgraph.explain.views.samples import SAMPLES
from neuralgraph.explain.views.score_map import ScoreMap
from neuralgraph.explain.views.series import SERIES
from neuralgraph.explain.views.settling import SETTLING
from neuralgraph.explain.views.sliding import SLIDING
from neuralgraph.explain.views.structure import STRUCTURE
from neuralgraph.explain.views.truth import LOGIC
from neuralgraph.explain.views.view import View
from neuralgraph.explain.views.why import WHY_VIEWS
from neuralgraph.explain.views.within import NODE_VIEWS
from neuralgraph.explain.views.words_attended import WordsAttended

VIEWS: tuple[type[View], ...] = (
    *NODE_VIEWS, WeightsBeforeAfter, WordsAttended, Neuron, *SLIDING, *SETTLING, *DECIDING, *PREDICTED, *REGIONS,
    ScoreMap, *SAMPLES, Particles, *PROJECTIONS, *WHY_VIEWS, *STRUCTURE, *LOGIC, *PROGRESS, BeforeAfter, *SERIES)


def named(name: str) -> type[View]:
    """The view of a name; a `ParameterError` says which there are."""
    found = {one.name(): one for one in VIEWS}
    if name not in found:
        raise ParameterError(f"There is no view «{name}». There are: {', '.join(sorted(found))}.", parameter="view")
    return found[name]
