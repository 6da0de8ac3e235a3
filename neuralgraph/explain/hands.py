"""What a hand in a network comes to: which touches fit it, the network as it would be, and its figures."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.touched import Touched, cannot_skip, copied, outside, parameter, unit_at, unit_axis
from neuralgraph.errors import NeuralGraphError, ParameterError, UnknownNodeError
from neuralgraph.explain.answers import probabilities, scores
from neuralgraph.explain.cut import at as value_at
from neuralgraph.explain.goal import affordable, tensors
from neuralgraph.explain.rows import Rows
from neuralgraph.explain.seeing import part_of
from neuralgraph.graph.touches import MEAN, Place, Spot, Touches
from neuralgraph.training.metrics import evaluate, rows_at_once
from neuralgraph.training.randomness import undisturbed

MEAN_ROWS, JUDGED_ROWS = 256, 2048
MOST_SAID = 32


@dataclass(frozen=True, eq=False)
class Judged:
    figures: Mapping[str, float]
    rows: int
    part: str


def touched(base: Program, touches: Touches, rows: Rows | None) -> Program:
    """The network as it would be; `touches` fit it."""
    levels = {_laid(base, spot): _mean(base, _laid(base, spot), rows) if level == MEAN else float(level)
              for spot, level in touches.held.items()}
    return Touched(base, touches, levels)


def with_numbers(base: Program, touches: Touches) -> Program:
    """A program like `base` with weights of its own, of which some numbers are changed."""
    made = copy.copy(base)
    made.root = copied(base)
    made._trainings, made._traces, made.checkpoint = {}, {}, None
    with torch.no_grad():
        for spot, value in touches.numbers.items():
            parameter(made, spot)[spot.at] = value
    made.module, made.module_inputs = made._inference_module()
    return made


def fitting(base: Program, touches: Touches) -> tuple[Touches, tuple[str, ...]]:
    """What of the touches fits a network, and why the rest does not."""
    lost: list[str] = []
    found = Touches()
    for spot, value in touches.numbers.items():
        try:
            parameter(base, spot)
            found = found.number(spot, value)
        except NeuralGraphError as error:
            lost.append(str(error))
    for spot, level in touches.held.items():
        why = outside(base, _laid(base, spot))
        lost += [why] if why else []
        found = found if why else found.hold(spot, level)
    for node in sorted(touches.skipped):
        why = cannot_skip(base, node)
        lost += [why] if why else []
        found = found if why else found.skip(node)
    return found, tuple(lost)


def demanded(base: Program, touches: Touches) -> Touches:
    """The touches, all of them; `ParameterError` says what does not fit."""
    found, lost = fitting(base, touches)
    if lost:
        raise ParameterError(lost[0])
    return found


def spot_of(base: Program, node: str, name: str, at: Place) -> tuple[Spot, bool]:
    """A place by its words, and whether it is a number that is learnt."""
    if not base.holds(node):
        raise UnknownNodeError(f"There is no node {node!r} in what is computed. There are: "
                               f"{', '.join(list(base.inference.order)[:12])}.")
    outputs = base.outputs_of(node)
    if name and name not in outputs:
        spot = Spot(node, name, at)
        parameter(base, spot)
        return spot, True
    if not outputs:
        raise ParameterError(f"{node} gives nothing that could be held.", parameter=name)
    output = name or outputs[0]
    if not name and len(at) == 1 and at[0] is not None and node in base.inference.specs:
        at = unit_at(base, node, output, at[0])
    return Spot(node, output, at), False


def unit_spot(base: Program, node: str, unit: int, output: str = "") -> Spot:
    """A whole unit of what a node gives: a neuron, or a map. `ParameterError` says why it cannot be held."""
    name = output or next(iter(base.outputs_of(node) if base.holds(node) else ()), "out")
    laid = _laid(base, Spot(node, name))
    if why := outside(base, laid):
        raise ParameterError(why)
    return Spot(node, name, unit_at(base, laid.node, laid.name, unit))


def unit_of(base: Program, node: str, output: str, place: Place) -> Spot:
    """The unit that a place of an output belongs to."""
    laid = _laid(base, Spot(node, output, place))
    if why := outside(base, laid):
        raise ParameterError(why)
    axis = unit_axis(base, laid.node, laid.name)
    if not 0 < axis <= len(place):
        raise ParameterError(f"{node} gives a single number for each sample: there are no units to hold.")
    return unit_spot(base, node, int(place[axis - 1] or 0), output)


def state_of(base: Program) -> tuple[float, int]:
    """Another one when any weight or fitted number has changed."""
    total, versions = 0.0, 0
    for one in base.root.state_dict(keep_vars=True).values():
        versions += one._version
        if one.is_floating_point():
            total += float(one.detach().double().sum())
    return total, versions


def figures_of(program: Program, rows: Rows) -> Judged:
    """Losses and metrics of the validation rows, of the training rows where there are none; bounded."""
    validated = len(rows.split.validation) > 0
    chosen, part = (rows.split.validation, "validation") if validated else (rows.split.train, "training")
    numbers = chosen[: min(affordable(program, JUDGED_ROWS), rows.quick)]
    if not len(numbers) or not program.losses:
        return Judged({}, 0, part)
    given = tensors(program, {key: np.asarray(rows.arrays[key][numbers]) for key in program.training_inputs})
    return Judged(evaluate(program, given, batch_size=rows_at_once(program, 64)).figures, len(numbers), part)


def said(program: Program, rows: Rows, part: str, place: int) -> dict[str, float]:
    """The first answer to a sample: the probability of each class, else its numbers."""
    given = {key: one for key, one in rows.one(_row(rows, part, place)).items() if key in program.module_inputs}
    value = scores(program, given) if given else None
    if value is None:
        return {}
    if rows.names and value.shape[1] in (1, len(rows.names)):
        chances = probabilities(program, value)[0]
        if len(chances) == len(rows.names):
            return {name: float(one) for name, one in zip(rows.names, chances, strict=True)}
    return {f"{n}": float(one) for n, one in enumerate(value[0][:MOST_SAID])}


def truth_of(rows: Rows, part: str, place: int) -> str:
    """The class of a sample, or its number; "" where that is not known."""
    if rows.target is None:
        return ""
    value = np.asarray(rows.target[_row(rows, part, place)]).reshape(-1)
    if value.size != 1:
        return ""
    if rows.names:
        return rows.names[int(value[0])] if 0 <= int(value[0]) < len(rows.names) else ""
    return f"{float(value[0]):.4g}"


def _row(rows: Rows, part: str, place: int) -> int:
    numbers = part_of(rows, part)
    numbers = numbers if len(numbers) else part_of(rows, "all")
    return int(numbers[min(max(place, 0), len(numbers) - 1)])


def _laid(base: Program, spot: Spot) -> Spot:
    """Where an output of a module comes from inside of it."""
    flat = base.inference.flat
    doors = flat.doors(spot.node) if spot.node in flat.copies else {}
    return Spot(doors[spot.name], "out", spot.at) if spot.name in doors else spot


def _mean(base: Program, spot: Spot, rows: Rows | None) -> float:
    """The mean of what is held there over some training rows."""
    if rows is None:
        return 0.0
    numbers = (rows.split.train if len(rows.split.train) else part_of(rows, "all"))[: min(MEAN_ROWS, rows.quick)]
    with undisturbed(base.device, base.seed), base.quiet():
        value = value_at(base, (spot.node, spot.name), tensors(
            base, {key: np.asarray(one[numbers]) for key, one in rows.arrays.items()}))
    return float(value[(slice(None), *(slice(None) if one is None else one for one in spot.at))].double().mean())
