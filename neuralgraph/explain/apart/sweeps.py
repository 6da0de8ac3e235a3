"""Derivatives as a subject: forward mode and reverse mode on the same graph, and how many sweeps each takes.

Forward mode carries, beside every value, how fast it changes with one number; one sweep for every number to derive by.
Reverse mode carries, from the end, how fast the end changes with every value; one sweep for every number to derive.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad as _forward_ad
from torch.func import functional_call

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError, UnknownNodeError
from neuralgraph.explain.apart.moment import Array
from neuralgraph.explain.apart.tape import Place, Played, Tape, backwards, record, total

forward_ad: Any = _forward_ad  # torch gives it no types
Way = Literal["forward", "reverse"]
MOST_SWEEPS = 10_000


@dataclass(frozen=True, eq=False)
class Jacobian:
    """d `of` / d `by`: `value` has the axes of the one, then those of the other. `sweeps` is what it took by `mode`;
    `forward` and `reverse` what either would take."""

    of: str
    by: str
    value: Array
    mode: Way
    sweeps: int
    forward: int
    reverse: int


def recorded(program: Program, tensors: Mapping[str, Tensor], of: Sequence[str]) -> Tape:
    """Everything that these nodes need, in use and not in training."""
    with program.quiet():
        return record(program, tensors, program.path(of))


def place_of(program: Program, name: str) -> Place:
    """`node`, or `node.output`; `UnknownNodeError` where there is none, or where it could be several."""
    flat = program.inference.flat
    node, _, output = name.partition(".")
    outputs = program.outputs_of(node)
    if not outputs:
        raise UnknownNodeError(f"There is no node {name!r} to differentiate.")
    if not output and len(outputs) > 1:
        raise UnknownNodeError(f"{node} has several outputs: {', '.join(f'{node}.{one}' for one in outputs)}.")
    if output and output not in outputs:
        raise UnknownNodeError(f"{node} has no output {output!r}. It has: {', '.join(outputs)}.")
    output = output or outputs[0]
    return (flat.doors(node)[output], "out") if node in flat.copies else (node, output)


def start_of(program: Program, tape: Tape, name: str) -> Place | str:
    """What can be derived by: a place, or a weight by its full name."""
    named = dict(program.root.named_parameters())
    if name in named:
        return name
    place = place_of(program, name)
    if place not in tape.values:
        raise UnknownNodeError(f"What is derived does not depend on {name}.")
    if not tape.values[place].is_floating_point():
        raise RunError(f"{name} gives whole numbers: nothing changes smoothly with them. Derive by decimal numbers.")
    return place


# -- forward mode -----------------------------------------------------------------------------------------------------


def tangents(tape: Tape, by: Place | str, direction: Tensor) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """One forward sweep: how every output of every node changes when `by` moves in that direction, node by node.

    Nodes that do not depend on it are left out.
    """
    known: dict[Place, Tensor] = {by: direction} if isinstance(by, tuple) else {}
    for id, played in tape.nodes.items():
        if isinstance(by, tuple) and id == by[0]:
            continue
        given = {port: known[edge.start] for port, edge in played.wires.items() if edge.start in known}
        moved = {by: direction} if isinstance(by, str) and by in played.weights else {}
        if not (given or moved):
            continue
        with tape.program.quiet():
            found = pushed(tape.program, played, given, moved)
        known.update({(id, name): one for name, one in found.items()})
        if found:
            yield id, found


def pushed(program: Program, played: Played, given: Mapping[str, Tensor], moved: Mapping[str, Tensor]
           ) -> dict[str, Tensor]:
    """How the outputs of one node change with its inputs, and with its weights, in these directions."""
    try:
        return _dual(program, played, given, moved)
    except (NotImplementedError, RuntimeError):  # torch has no forward rule for it
        return _twice(played, given, moved)


def _dual(program: Program, played: Played, given: Mapping[str, Tensor], moved: Mapping[str, Tensor]
          ) -> dict[str, Tensor]:
    seat = played.seat
    _rules()
    with forward_ad.dual_level(), torch.no_grad():
        inputs = {port: forward_ad.make_dual(one.detach(), given[port].to(one)) if port in given else one.detach()
                  for port, one in played.inputs.items()}
        stand_in: Any = _moved(program, seat.module, moved) if moved and seat.module is not None else None
        if moved and stand_in is None:  # a start that is learned is no module's
            raise NotImplementedError
        outputs = seat.compute(inputs, stand_in)
        found = {}
        for name, one in zip(seat.kind.outputs(), outputs, strict=False):
            tangent = forward_ad.unpack_dual(one).tangent
            if tangent is not None:
                found[name] = tangent.detach().clone()
        return found


@cache
def _rules() -> None:
    """torch loads its forward rules with the first use, in a way that it warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("torch._decomp.decompositions_for_jvp")


def _moved(program: Program, module: nn.Module, moved: Mapping[str, Tensor]) -> Any:
    """The module with weights that move."""
    full = {id(one): name for name, one in program.root.named_parameters()}
    state = {name: forward_ad.make_dual(one.detach(), moved[full[id(one)]].to(one))
             for name, one in module.named_parameters() if full.get(id(one)) in moved}
    return lambda *args, **named: functional_call(module, state, args, named)


def _twice(played: Played, given: Mapping[str, Tensor], moved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """By two reverse sweeps: what is passed back is linear in what comes, so its own derivative is forward mode."""
    leaves = [(played.inputs[port], one) for port, one in given.items() if played.inputs[port].requires_grad]
    leaves += [(played.weights[name], one) for name, one in moved.items()]
    found = {}
    for name, one in played.outputs.items():
        if not one.requires_grad:
            continue
        dummy = torch.zeros_like(one, requires_grad=True)
        pulled = torch.autograd.grad(one, [leaf for leaf, _ in leaves], dummy, create_graph=True, allow_unused=True)
        parts = [(back, way) for back, (_, way) in zip(pulled, leaves, strict=True)
                 if back is not None and back.requires_grad]
        if parts:
            found[name] = torch.autograd.grad([back for back, _ in parts], dummy, [way for _, way in parts],
                                              retain_graph=True)[0]
    return found


# -- all derivatives --------------------------------------------------------------------------------------------------


def jacobian(program: Program, tensors: Mapping[str, Tensor], of: str, by: str, mode: str = "auto") -> Jacobian:
    """Every number of `of` derived by every number of `by`: a node, `node.output`, or for `by` a weight.

    "auto" takes the mode with fewer sweeps. `RunError` where it would take more than `MOST_SWEEPS`.
    """
    if mode not in ("auto", "forward", "reverse"):
        raise RunError(f"A Jacobian is found by mode 'forward' or 'reverse', or 'auto', not {mode!r}.")
    end = place_of(program, of)
    tape = recorded(program, tensors, (end[0],))
    start = start_of(program, tape, by)
    source = dict(program.root.named_parameters())[start] if isinstance(start, str) else tape.values[start]
    goal = tape.values[end]
    n, m = source.numel(), goal.numel()
    way: Way = ("forward" if n < m else "reverse") if mode == "auto" else mode  # type: ignore[assignment]
    sweeps = n if way == "forward" else m
    if sweeps > MOST_SWEEPS:
        raise RunError(f"{way.capitalize()} mode needs a sweep for each of {sweeps:,} numbers; at most "
                       f"{MOST_SWEEPS:,} are made. " + (f"Reverse mode needs {m:,}." if way == "forward" else
                                                        f"Forward mode needs {n:,}."))
    value = _by_columns(tape, end, start, source) if way == "forward" else _by_rows(tape, end, start, source)
    return Jacobian(of, by, value.reshape(*goal.shape, *source.shape).cpu().numpy(), way, sweeps, n, m)


def _units(like: Tensor) -> Iterator[Tensor]:
    """One number 1, all others 0."""
    for at in range(like.numel()):
        one = torch.zeros(like.numel(), dtype=like.dtype, device=like.device)
        one[at] = 1.0
        yield one.view(like.shape)


def _by_columns(tape: Tape, end: Place, start: Place | str, source: Tensor) -> Tensor:
    goal = tape.values[end]
    found = torch.zeros(goal.numel(), source.numel(), dtype=goal.dtype, device=goal.device)
    for at, direction in enumerate(_units(source.detach())):
        if start == end:
            found[:, at] = direction.reshape(-1)
        for id, outputs in tangents(tape, start, direction):
            if id == end[0] and end[1] in outputs:
                found[:, at] = outputs[end[1]].reshape(-1)
    return found


def _by_rows(tape: Tape, end: Place, start: Place | str, source: Tensor) -> Tensor:
    goal = tape.values[end]
    found = torch.zeros(goal.numel(), source.numel(), dtype=goal.dtype, device=goal.device)
    for at, seed in enumerate(_units(goal)):
        backs, held = backwards(tape, {end: seed})
        if isinstance(start, str):
            some = [back.weights[start] for back in backs if start in back.weights]
        else:
            some = held.get(start, [])
        if some:
            found[at] = total(some).reshape(-1)
    return found


def derivatives(program: Program, tensors: Mapping[str, Tensor], of: str, mode: Way) -> dict[str, Tensor]:
    """d (the sum of) `of` / d every value that it depends on, by the names of a trace, and every weight by its own.

    Reverse mode takes one sweep; forward mode one for every number of every value, at most `MOST_SWEEPS`.
    """
    end = place_of(program, of)
    tape = recorded(program, tensors, (end[0],))
    if mode == "reverse":
        backs, held = backwards(tape, {end: torch.ones_like(tape.values[end])})
        known: dict[Place | str, Tensor] = {place: total(some) for place, some in held.items()}
        for back in backs:
            for name, one in back.weights.items():
                known[name] = known[name] + one if name in known else one
        return _named(program, known)
    starts = _starts(program, tape, end)
    sweeps = sum(one.numel() for one in starts.values())
    if sweeps > MOST_SWEEPS:
        raise UnknownNodeError(
            f"Forward mode needs a sweep for each of {sweeps:,} numbers, at most {MOST_SWEEPS:,} are allowed. "
            "Use mode='reverse'.")
    return _named(program, {start: _by_columns(tape, end, start, one).sum(0).view(one.shape)
                            for start, one in starts.items()})


def _starts(program: Program, tape: Tape, end: Place) -> dict[Place | str, Tensor]:
    """All that the end may depend on: values, and weights that learn."""
    found: dict[Place | str, Tensor] = {place: one for place, one in tape.values.items()
                                        if one.is_floating_point() and (place == end or place[0] != end[0])}
    used = {name for played in tape.nodes.values() for name in played.weights}
    found.update({name: one.detach() for name, one in program.root.named_parameters()
                  if one.requires_grad and name in used})
    return found


def _named(program: Program, known: Mapping[Place | str, Tensor]) -> dict[str, Tensor]:
    """By the names of a trace; modules by their own paths."""
    flat = program.inference.flat
    found = {one if isinstance(one, str) else program.output_name(*one): value for one, value in known.items()}
    for path in flat.copies:
        doors = flat.doors(path)
        found.update({path if len(doors) == 1 else f"{path}.{output}": known[bead, "out"]
                      for output, bead in doors.items() if (bead, "out") in known})
    return found


def counted(of: Sequence[int], by: Sequence[int]) -> dict[str, int]:
    """What a Jacobian of such sizes takes by either mode."""
    return {"forward": math.prod(by), "reverse": math.prod(of)}
