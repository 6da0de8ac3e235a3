"""torch's optimisers by name, their options checked before a step is taken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.plan import Optimizer
from neuralgraph.spec import optimizers
from neuralgraph.training.checkpoint import copied

_SWITCHES = ("amsgrad", "centered", "history_size")


def make_optimizer(
    chosen: Optimizer, parameters: Iterable[nn.Parameter | dict[str, Any]], device: str = "cpu",
    called: Sequence[str] = (),
) -> torch.optim.Optimizer:
    """The torch optimiser of a plan step, fused where torch has that on the device; `RunError` names a wrong option.

    `parameters` may be groups, as torch takes them, those that learn as the plan says first; `rate` of a group is a
    factor on the learning rate, `l2` what is added to the weight decay, whatever these are changed to. `called` are
    their names, for messages.
    """
    keywords = checked(chosen)
    held = list(parameters)
    _suits(chosen.name, held, called)
    if torch.device(device).type in optimizers.FUSED.get(chosen.name, ()):
        keywords["fused"] = True
    made: torch.optim.Optimizer = getattr(torch.optim, chosen.name)(held, lr=chosen.lr, **keywords)
    for name in ("lr", "weight_decay"):
        if name in made.param_groups[0]:
            change(made, name, made.param_groups[0][name])
    return made


def checked(chosen: Optimizer) -> dict[str, Any]:
    """The options as torch takes them."""
    try:
        found = optimizers.keywords(chosen.name, chosen.options)
    except ParameterError as error:
        raise RunError(str(error)) from None
    if not _number(chosen.lr) or chosen.lr < 0:
        raise RunError(f"The learning rate expects a number of at least 0, not {chosen.lr!r}.")
    return found


def _suits(name: str, held: Sequence[nn.Parameter | dict[str, Any]], called: Sequence[str]) -> None:
    """torch takes no groups for LBFGS, and only matrices for Muon: said before it is tried."""
    if name == "LBFGS" and any(isinstance(one, dict) for one in held):
        raise RunError("LBFGS goes one way for all weights, so no node can have a learning rate or weight decay of its "
                       "own. Set them back in «Learning» of the nodes, or choose another optimiser.")
    if name == "Muon":
        flat = [one for one in held if isinstance(one, nn.Parameter)]
        flat += [one for group in held if isinstance(group, dict) for one in group["params"]]
        wrong = next((at for at, one in enumerate(flat) if one.ndim != 2), None)
        if wrong is not None:
            what = called[wrong] if wrong < len(called) else "a weight"
            raise RunError(f"Muon expects matrices of weights (2 axes); {what} has {flat[wrong].ndim}. Switch offsets "
                           "off, or let a step of its own with another optimiser update that node.")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


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


def switches(optimizer: torch.optim.Optimizer) -> dict[str, int]:
    """The options that say which numbers it remembers of a parameter."""
    return {name: int(optimizer.param_groups[0][name]) for name in _SWITCHES if name in optimizer.param_groups[0]}


def state(optimizer: torch.optim.Optimizer, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """A copy of what it remembers, by the names of its parameters in order. LBFGS remembers all with the first."""
    held = optimizer.state_dict()["state"]
    every = held and isinstance(optimizer, torch.optim.LBFGS)
    return {name: {key: copied(one) for key, one in held.get(at, {}).items() if one is not None}
            for at, name in enumerate(names) if at in held or every}


def remember(optimizer: torch.optim.Optimizer, names: Sequence[str], saved: Mapping[str, Mapping[str, Any]]) -> None:
    """Take over what was remembered of the parameters that are still there in the same shape."""
    now = optimizer.state_dict()
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    if isinstance(optimizer, torch.optim.LBFGS):
        whole = tuple(saved) == tuple(names) and _flat(saved, names, parameters)
        saved = {names[0]: saved[names[0]]} if whole else {}
    for at, name in enumerate(names):
        if name in saved and (isinstance(optimizer, torch.optim.LBFGS) or all(
                _fits(key, one, parameters[at]) for key, one in saved[name].items())):
            now["state"][at] = copied(saved[name])
    optimizer.load_state_dict(now)
    for at, name in enumerate(names):
        _as_it_was(optimizer.state.get(parameters[at], {}), saved.get(name, {}))
        _lie_alike(optimizer.state.get(parameters[at], {}), parameters[at])
    if isinstance(optimizer, torch.optim.RMSprop) and optimizer.param_groups[0]["momentum"]:
        _give_buffers(optimizer, parameters)


def _as_it_was(mine: dict[str, Any], saved: Mapping[str, Any]) -> None:
    # torch gives counters and products the precision of the weights; they would go on otherwise
    for key, one in saved.items():
        if isinstance(one, torch.Tensor) and not one.ndim and isinstance(mine.get(key), torch.Tensor):
            mine[key] = one.detach().clone().to(mine[key].device)


def _lie_alike(mine: dict[str, Any], parameter: torch.Tensor) -> None:
    # fused kernels go through weight, gradient and what is remembered side by side in memory
    for key, one in mine.items():
        if isinstance(one, torch.Tensor) and one.shape == parameter.shape and one.stride() != parameter.stride():
            mine[key] = torch.empty_like(parameter, dtype=one.dtype).copy_(one)


def _flat(saved: Mapping[str, Mapping[str, Any]], names: Sequence[str], parameters: Sequence[torch.Tensor]) -> bool:
    gradient = saved[names[0]].get("prev_flat_grad")
    return gradient is None or gradient.numel() == sum(one.numel() for one in parameters)


def _fits(key: str, remembered: Any, parameter: torch.Tensor) -> bool:
    if not isinstance(remembered, torch.Tensor) or not remembered.ndim:
        return True
    shape = tuple(parameter.shape)
    match key:  # Adafactor keeps the sums of rows and columns
        case "row_var":
            shape = (*shape[:-1], 1)
        case "col_var":
            shape = (*shape[:-2], 1, shape[-1])
    return tuple(remembered.shape) == shape
