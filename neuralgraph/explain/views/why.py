"""The views that ask why: what an answer hangs on, and what parts of a network do."""

from __future__ import annotations

from neuralgraph.explain.views import why_input, why_landscape, why_maps, why_rows, why_units
from neuralgraph.explain.views.view import View

WHY_VIEWS: tuple[type[View], ...] = (
    *why_input.VIEWS, *why_maps.VIEWS, *why_rows.VIEWS, *why_units.VIEWS, *why_landscape.VIEWS)
