"""The views of a node or a wire, and of what goes on in all layers together."""

from __future__ import annotations

from neuralgraph.explain.views.activations import Activations, Flow, UnitSpread
from neuralgraph.explain.views.attention import Attention
from neuralgraph.explain.views.filters import Filters, InputImages
from neuralgraph.explain.views.gradients import GradientNorms, Gradients
from neuralgraph.explain.views.health import DeadUnits, EffectiveRank
from neuralgraph.explain.views.history import WeightHistory
from neuralgraph.explain.views.neighbours import Neighbours
from neuralgraph.explain.views.pooling import Switches
from neuralgraph.explain.views.recurrence import Gates, GradientOverTime
from neuralgraph.explain.views.updating import UpdateRatio
from neuralgraph.explain.views.view import View
from neuralgraph.explain.views.weights import Bias, Weights

NODE_VIEWS: tuple[type[View], ...] = (
    Weights, Filters, InputImages, Bias, WeightHistory, EffectiveRank, Neighbours, Activations, Flow, UnitSpread,
    Attention, Gates, Switches, DeadUnits, Gradients, GradientNorms, GradientOverTime, UpdateRatio,
)
