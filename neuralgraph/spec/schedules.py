"""torch's schedules of the learning rate with their options, declared once.

Left out: LambdaLR and MultiplicativeLR, which are a function somebody writes, and a document holds no code;
SequentialLR and ChainedScheduler, which put others together: stages of a plan do that.
"""

from __future__ import annotations

from collections.abc import Mapping

from neuralgraph.errors import ParameterError
from neuralgraph.spec.param import Param
from neuralgraph.spec.recipe import BELOW_1, Recipe, option, table

NONE = "none"
UNITS = ("usual", "epoch", "step")
FIGURE = "figure"
"""The option that names what is watched: torch is given the value, not the name."""

_GAMMA = "Times the learning rate each time."


def _count(name: str, default: int, doc: str) -> Param:
    return option(name, int, default, doc, low=1, high=2**31 - 1)


def _length(name: str, doc: str = "So many epochs or steps; nothing means to the end of the stage.") -> Param:
    return option(name, int | None, None, doc, low=1, high=2**31 - 1)


def _factor(name: str, default: float, doc: str, *, least: float = 0.0, most: float = 1.0) -> Param:
    return option(name, float, default, doc, low=least, high=most)


def _rate(name: str, default: float, doc: str) -> Param:
    return option(name, float, default, doc, low=0.0, high=1e6)


_CYCLE = (
    option("cycle_momentum", bool, False, "Move the momentum too, against the learning rate."),
    _factor("base_momentum", 0.85, "The lowest momentum.", most=BELOW_1),
    _factor("max_momentum", 0.95, "The highest momentum.", most=BELOW_1),
)

SCHEDULES: Mapping[str, Recipe] = {
    NONE: Recipe("The learning rate stays as it is."),
    "StepLR": Recipe("Falls by a factor every so many epochs.", table(
        _count("step_size", 10, "Every so many."), _factor("gamma", 0.1, _GAMMA, most=10.0))),
    "MultiStepLR": Recipe("Falls by a factor at chosen epochs.", table(
        option("milestones", tuple[int, ...], (10, 20), "When.", low=1), _factor("gamma", 0.1, _GAMMA, most=10.0))),
    "ExponentialLR": Recipe("Falls by a factor in every epoch.", table(_factor("gamma", 0.95, _GAMMA, most=10.0))),
    "CosineAnnealingLR": Recipe("Falls along half a cosine.", table(
        _length("T_max"), _rate("eta_min", 0.0, "The lowest learning rate.")), length="T_max"),
    "CosineAnnealingWarmRestarts": Recipe("Falls along half a cosine, again and again from the top.", table(
        _count("T_0", 10, "Length of the first fall."), _count("T_mult", 1, "Times the length at every restart."),
        _rate("eta_min", 0.0, "The lowest learning rate."))),
    "OneCycleLR": Recipe("Rises to the learning rate of the plan, then falls far below where it began.", table(
        _length("total_steps"),
        _factor("pct_start", 0.3, "Share of the steps in which it rises."),
        option("anneal_strategy", str, "cos", "Along a cosine or a line.", choices=("cos", "linear")),
        _factor("div_factor", 25.0, "It begins so many times lower.", least=1.0, most=1e9),
        _factor("final_div_factor", 1e4, "It ends so many times lower than it began.", least=1.0, most=1e12),
        rare=(option("three_phase", bool, False, "Fall as far as it rose first, then further."), *_CYCLE)),
        by="step", length="total_steps"),
    "CyclicLR": Recipe("Rises from the learning rate of the plan and falls back, again and again.", table(
        option("max_lr", float | None, None, "The highest learning rate; nothing: ten times that of the plan.", low=0.0,
               high=1e6),
        _count("step_size_up", 2000, "So many steps up."),
        option("step_size_down", int | None, None, "So many steps down; nothing means as many as up.", low=1),
        option("mode", str, "triangular", "Every cycle as high, half as high, or a factor lower.",
               choices=("triangular", "triangular2", "exp_range")),
        rare=(_factor("gamma", 1.0, "The factor of exp_range.", most=10.0), *_CYCLE)), by="step"),
    "PolynomialLR": Recipe("Falls to 0 along a power of the time that is left.", table(
        _length("total_iters"), _factor("power", 1.0, "1 is a straight line.", most=100.0)), length="total_iters"),
    "LinearLR": Recipe("Goes in a straight line from one factor to another.", table(
        _factor("start_factor", 1 / 3, "Times the learning rate at first.", least=1e-9),
        _factor("end_factor", 1.0, "Times the learning rate at the end."),
        _count("total_iters", 5, "So many to get there."))),
    "ConstantLR": Recipe("A factor at first, the full learning rate afterwards.", table(
        _factor("factor", 1 / 3, "Times the learning rate at first."), _count("total_iters", 5, "So many at that."))),
    "ReduceLROnPlateau": Recipe("Falls by a factor when a figure has not improved for a while.", table(
        option(FIGURE, str, "", "What is watched, `val_accuracy`; empty: the validation loss, or the loss."),
        option("mode", str, "min", "Whether smaller or larger is better.", choices=("min", "max")),
        _factor("factor", 0.1, "Times the learning rate.", most=BELOW_1),
        option("patience", int, 10, "So many epochs without improvement are borne.", low=0, high=2**31 - 1),
        _factor("threshold", 1e-4, "Less than this is no improvement.", most=1e6), rare=(
        option("threshold_mode", str, "rel", "Relative to the best, or absolute.", choices=("rel", "abs")),
        option("cooldown", int, 0, "So many epochs of rest after a fall.", low=0, high=2**31 - 1),
        _rate("min_lr", 0.0, "The lowest learning rate."), _rate("eps", 1e-8, "A smaller fall is left out.")))),
}
"""Every schedule by the name torch has for it."""
WATCHING = "ReduceLROnPlateau"


def keywords(name: str, options: Mapping[str, object]) -> dict[str, object]:
    """The options of a schedule as torch takes them, those without a default in torch filled in."""
    recipe = SCHEDULES.get(name)
    if recipe is None:
        raise ParameterError(f"There is no schedule {name!r}. There are: {', '.join(SCHEDULES)}.", parameter="schedule")
    return {**{one.name: one.default for one in recipe.options.values()}, **recipe.keywords(name, options)}
