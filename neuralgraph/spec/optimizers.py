"""torch's optimisers with their options, declared once.

Left out: SparseAdam, which takes only sparse gradients, and no node makes such. Of the options: `maximize` (a plan
makes losses small) and `foreach`, `fused`, `capturable`, `differentiable` (how torch computes, not what).
"""

from __future__ import annotations

from collections.abc import Mapping

from neuralgraph.errors import ParameterError
from neuralgraph.spec.param import Param
from neuralgraph.spec.recipe import BELOW_1, Recipe, option, table


def _share(name: str, default: float, doc: str) -> Param:
    return option(name, float, default, doc, low=0.0, high=BELOW_1)


def _amount(name: str, default: float, doc: str, *, most: float = 1e6) -> Param:
    return option(name, float, default, doc, low=0.0, high=most)


def _switch(name: str, doc: str, *, default: bool = False) -> Param:
    return option(name, bool, default, doc)


def _decay(default: float = 0.0) -> Param:
    return _amount("weight_decay", default, "Pulls every weight towards zero.")


def _momentum(default: float = 0.0) -> Param:
    return _share("momentum", default, "Share of the last step in the next one.")


def _adam(*more: Param, decay: float = 0.0, eps: float = 1e-8) -> dict[str, Param]:
    return table(_decay(decay), rare=(
        _share("beta1", 0.9, "How much of the mean gradient stays from step to step."),
        _share("beta2", 0.999, "How much of the mean squared gradient stays from step to step."),
        _amount("eps", eps, "Added below the fraction, so that nothing is divided by 0."), *more))


_EPS = "Added below the fraction, so that nothing is divided by 0."
_BETAS = {"betas": ("beta1", "beta2")}
_AMSGRAD = _switch("amsgrad", "Divide by the largest mean squared gradient so far, so that steps never grow again.")
_APART = _switch("decoupled_weight_decay", "Pull at the weights themselves, as AdamW does, not through the gradient.")

OPTIMIZERS: Mapping[str, Recipe] = {
    "SGD": Recipe("A step against the gradient, with momentum where that is asked for.", table(
        _momentum(), _switch("nesterov", "Look ahead along the momentum."), _decay(),
        rare=(_amount("dampening", 0.0, "How much less of the new gradient goes into the momentum."),)), lr=1e-3),
    "Adam": Recipe("Steps of about equal size for every weight, whatever the size of its gradient.",
                   _adam(_AMSGRAD), _BETAS),
    "AdamW": Recipe("Adam with a weight decay that pulls at the weights themselves.", _adam(_AMSGRAD, decay=0.01),
                    _BETAS),
    "NAdam": Recipe("Adam that looks ahead along its momentum, as Nesterov's does.", _adam(
        _amount("momentum_decay", 0.004, "How fast the momentum grows to its full size."), _APART), _BETAS, lr=2e-3),
    "RAdam": Recipe("Adam that is careful in its first steps, until it knows how gradients vary.", _adam(_APART),
                    _BETAS),
    "Adamax": Recipe("Adam that divides by the largest recent gradient.", _adam(), _BETAS, lr=2e-3),
    "RMSprop": Recipe("Divides the gradient by its recent size.", table(
        _momentum(), _decay(), rare=(
            _share("alpha", 0.99, "How much of the mean squared gradient stays."), _amount("eps", 1e-8, _EPS),
            _switch("centered", "Subtract the mean gradient first."))), lr=0.01),
    "Adagrad": Recipe("Divides by all gradients so far: weights that seldom learn take larger steps.", table(
        _decay(), _amount("lr_decay", 0.0, "How fast the learning rate falls."), rare=(
            _amount("initial_accumulator_value", 0.0, "What the sum of squares starts from."),
            _amount("eps", 1e-10, _EPS))), lr=0.01),
    "Adadelta": Recipe("Finds the size of its steps from the last ones; a learning rate of 1 is usual.", table(
        _decay(), _share("rho", 0.9, "How much of the mean squares stays."),
        rare=(_amount("eps", 1e-6, _EPS),)), lr=1.0),
    "Rprop": Recipe("Goes by the sign of the gradient alone. For the full batch; the learning rate is its first step.",
                    table(
        option("eta_minus", float, 0.5, "Times the step where the sign changes.", low=1e-6, high=BELOW_1),
        option("eta_plus", float, 1.2, "Times the step where the sign stays.", low=1.000001, high=1e3),
        _amount("step_min", 1e-6, "The smallest step."), _amount("step_max", 50.0, "The largest step.")),
        {"etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max")}, lr=0.01),
    "ASGD": Recipe("Plain steps whose learning rate falls, with an average of the weights kept beside.", table(
        _decay(), _amount("lambd", 1e-4, "How fast the learning rate falls."),
        _amount("alpha", 0.75, "The power of that fall."), _amount("t0", 1e6, "When the average begins.", most=1e12)),
        lr=0.01),
    "Adafactor": Recipe("Adam that remembers rows and columns only: little memory for large layers.", table(
        _decay(), rare=(option("beta2_decay", float, -0.8, "How the mean of squares ages.", low=-10.0, high=0.0),
        option("eps1", float | None, None, "Least squared gradient; nothing is that of the precision.", low=0.0,
               high=1.0),
        _amount("eps2", 1e-3, "Least size of a weight that steps are measured by."),
        option("d", float, 1.0, "Steps larger than this are clipped.", low=1.0, high=1e6))),
        {"eps": ("eps1", "eps2")}, lr=0.01),
    "LBFGS": Recipe("Looks at a batch several times and goes along the curvature. For the full batch.", table(
        option("max_iter", int, 20, "At most so many looks at a batch.", low=1, high=10_000),
        option("history_size", int, 100, "So many steps are remembered.", low=1, high=10_000),
        option("line_search_fn", str | None, None, "How the length of a step is sought.", choices=("strong_wolfe",)),
        rare=(_amount("tolerance_grad", 1e-7, "A gradient below this is none."),
              _amount("tolerance_change", 1e-9, "A change below this is none."))), lr=1.0),
    "Muon": Recipe("Turns every step into an orthogonal one. For matrices of weights only, without offsets.", table(
        _momentum(0.95), _switch("nesterov", "Look ahead along the momentum.", default=True), _decay(0.1), rare=(
        option("ns_steps", int, 5, "Rounds of the iteration that makes it orthogonal.", low=1, high=99),
        _amount("eps", 1e-7, _EPS),
        option("adjust_lr_fn", str | None, None, "How the learning rate follows the shape of a matrix.",
               choices=("original", "match_rms_adamw"))))),
}
"""Every optimiser by the name torch has for it."""


def keywords(name: str, options: Mapping[str, object]) -> dict[str, object]:
    """The options of an optimiser as torch takes them; a `ParameterError` says what is wrong."""
    recipe = OPTIMIZERS.get(name)
    if recipe is None:
        raise ParameterError(f"There is no optimiser {name!r}. There are: {', '.join(OPTIMIZERS)}.",
                             parameter="optimizer")
    found = recipe.keywords(name, options)
    if name == "SGD" and found.get("nesterov") and not (found.get("momentum") and not found.get("dampening")):
        raise ParameterError("SGD with nesterov expects a momentum above 0 and no dampening.", parameter="nesterov")
    return found

FUSED: Mapping[str, tuple[str, ...]] = {
    "SGD": ("cpu", "cuda", "mps"), "Adam": ("cpu", "cuda", "mps"), "AdamW": ("cpu", "cuda", "mps"), "Adagrad": ("cpu",),
}
"""Where torch has them fused: faster, and rounded otherwise."""
