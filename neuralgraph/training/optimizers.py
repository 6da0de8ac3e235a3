"""torch's optimisers by name, their options checked before a step is taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from neuralgraph.errors import RunError
from neuralgraph.graph.plan import OPTIMIZERS, Optimizer
from neuralgraph.training.checkpoint import copied

Check = tuple[str, Callable[[float], bool]]

_SHARE: Check = ("a number from 0 to below 1", lambda x: 0 <= x < 1)
_AMOUNT: Check = ("a number of at least 0", lambda x: x >= 0)
_SWITCH: Check = ("yes or no", lambda x: x in (0, 1))

_OPTIONS: Mapping[str, Mapping[str, Check]] = {
    "SGD": {"momentum": _SHARE, "dampening": _AMOUNT, "weight_decay": _AMOUNT, "nesterov": _SWITCH},
    "Adam": {"beta1": _SHARE, "beta2": _SHARE, "eps": _AMOUNT, "weight_decay": _AMOUNT, "amsgrad": _SWITCH},
    "AdamW": {"beta1": _SHARE, "beta2": _SHARE, "eps": _AMOUNT, "weight_decay": _AMOUNT, "amsgrad": _SWITCH},
    "RMSprop": {
        "alpha": _SHARE, "eps": _AMOUNT, "weight_decay": _AMOUNT, "momentum": _SHARE, "centered": _SWITCH},
    "Adagrad": {"lr_decay": _AMOUNT, "weight_decay": _AMOUNT, "initial_accumulator_value": _AMOUNT, "eps": _AMOUNT},
}
_SWITCHES = ("amsgrad", "centered")
_FUSED_DEVICES = {"SGD": ("cpu", "cuda", "mps"), "Adam": ("cpu", "cuda", "mps"), "AdamW": ("cpu", "cuda", "mps"),
                  "Adagrad": ("cpu",)}


def make_optimizer(
    chosen: Optimizer, parameters: Iterable[nn.Parameter | dict[str, Any]], device: str = "cpu"
) -> torch.optim.Optimizer:
    """The torch optimiser of a plan step, fused where torch has that on the device; `RunError` names a wrong option.

    `parameters` may be groups, as torch takes them, those that learn as the plan says first; `rate` of a group is a
    factor on the learning rate, `l2` what is added to the weight decay, whatever these are changed to.
    """
    keywords = checked(chosen)
    held = list(parameters)
    if torch.device(device).type in _FUSED_DEVICES.get(chosen.name, ()):
        keywords["fused"] = True
    made: torch.optim.Optimizer = getattr(torch.optim, chosen.name)(held, lr=chosen.lr, **keywords)
    for name in ("lr", "weight_decay"):
        change(made, name, made.param_groups[0][name])
    return made


def checked(chosen: Optimizer) -> dict[str, Any]:
    """The options as torch takes them."""
    if chosen.name not in OPTIMIZERS:
        raise RunError(f"There is no optimiser {chosen.name!r}. There are: {', '.join(OPTIMIZERS)}.")
    if not _number(chosen.lr) or chosen.lr < 0:
        raise RunError(f"The learning rate expects a number of at least 0, not {chosen.lr!r}.")
    known = _OPTIONS[chosen.name]
    given = _spread(chosen)
    for name, value in given.items():
        if name not in known:
            raise RunError(f"{chosen.name} has no option {name!r}. It has: {', '.join(known)}.")
        words, fits = known[name]
        if not _number(value, switch=known[name] is _SWITCH) or not fits(value):
            raise RunError(f"{chosen.name}: {name} expects {words}, not {value!r}.")
    if given.get("nesterov") and not (given.get("momentum", 0) > 0 and not given.get("dampening", 0)):
        raise RunError("SGD with nesterov expects a momentum above 0 and no dampening.")
    return _gathered(given, known)


def _spread(chosen: Optimizer) -> dict[str, Any]:
    """`betas=(a, b)` as torch writes it is taken too."""
    given = dict(chosen.options)
    betas = given.pop("betas", None)
    if betas is None or chosen.name not in ("Adam", "AdamW"):
        return given if betas is None else {**given, "betas": betas}
    if not isinstance(betas, tuple) or len(betas) != 2:
        raise RunError(f"{chosen.name}: betas expects two numbers, not {betas!r}.")
    return {**given, "beta1": betas[0], "beta2": betas[1]}


def _gathered(given: Mapping[str, Any], known: Mapping[str, Check]) -> dict[str, Any]:
    keywords = {name: bool(value) if known[name] is _SWITCH else value for name, value in given.items()}
    if "beta1" in keywords or "beta2" in keywords:
        keywords["betas"] = (keywords.pop("beta1", 0.9), keywords.pop("beta2", 0.999))
    return keywords


def _number(value: Any, *, switch: bool = False) -> bool:
    if isinstance(value, bool):
        return switch
    return isinstance(value, (int, float)) and math.isfinite(value)


def setting(optimizer: torch.optim.Optimizer, name: str) -> float | None:
    """The present value of a setting; None where this optimiser has no such thing. Adam's momentum is its beta1."""
    group = optimizer.param_groups[0]
    if name == "momentum" and "betas" in group:
        return float(group["betas"][0])
    return float(group[name]) if name in group else None


def change(optimizer: torch.optim.Optimizer, name: str, value: float) -> None:
    """Set it from the next step on."""
    for group in optimizer.param_groups:
        if name == "momentum" and "betas" in group:
            group["betas"] = (value, group["betas"][1])
        elif name in group:
            group[name] = _in_group(group, name, value)
            if name == "momentum" and isinstance(optimizer, torch.optim.RMSprop):
                _give_buffers(optimizer, group["params"])


def _in_group(group: Mapping[str, Any], name: str, value: float) -> float:
    match name:
        case "lr":
            return float(value * group.get("rate", 1.0))
        case "weight_decay":
            return float(value + group.get("l2", 0.0))
    return value


def _give_buffers(optimizer: torch.optim.Optimizer, parameters: Iterable[nn.Parameter]) -> None:
    # RMSprop makes its momentum buffers with the first step only
    for one in parameters:
        state = optimizer.state.get(one)
        if state and "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(one)


def switches(optimizer: torch.optim.Optimizer) -> dict[str, bool]:
    """The options that say which numbers it remembers of a parameter."""
    return {name: bool(optimizer.param_groups[0][name]) for name in _SWITCHES if name in optimizer.param_groups[0]}


def state(optimizer: torch.optim.Optimizer, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """A copy of what it remembers, by the names of its parameters in order."""
    held = optimizer.state_dict()["state"]
    return {name: {key: copied(one) for key, one in held[at].items() if one is not None}
            for at, name in enumerate(names) if at in held}


def remember(optimizer: torch.optim.Optimizer, names: Sequence[str], saved: Mapping[str, Mapping[str, Any]]) -> None:
    """Take over what was remembered of the parameters that are still there in the same shape."""
    now = optimizer.state_dict()
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for at, name in enumerate(names):
        if name in saved and all(_fits(one, parameters[at]) for one in saved[name].values()):
            now["state"][at] = copied(saved[name])
    optimizer.load_state_dict(now)
    if isinstance(optimizer, torch.optim.RMSprop) and optimizer.param_groups[0]["momentum"]:
        _give_buffers(optimizer, parameters)


def _fits(remembered: Any, parameter: torch.Tensor) -> bool:
    return not isinstance(remembered, torch.Tensor) or not remembered.ndim or remembered.shape == parameter.shape
