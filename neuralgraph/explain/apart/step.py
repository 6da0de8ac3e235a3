"""One training step of any graph, moment by moment: data, forward, loss, backward, optimiser.

It is computed once, on a copy, node by node, and then only looked at: nothing of the program or of a run changes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import torch

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError
from neuralgraph.explain.apart.clones import cloned
from neuralgraph.explain.apart.doors import drawn_wires
from neuralgraph.explain.apart.moment import Apart, Place
from neuralgraph.explain.apart.optimising import Stand, learner_of, moved
from neuralgraph.explain.apart.tape import Tape, record, total
from neuralgraph.explain.apart.telling import Teller
from neuralgraph.training.randomness import undisturbed

MOST_BYTES = 1 << 30
"""So much may all the numbers of a step take."""


def step_apart(
    program: Program, given: Mapping[str, Any], *, stand: Stand | None = None, rows: tuple[int, ...] = (),
    double: bool = False, step: int = 0, inside: Collection[str] = (),
) -> Apart:
    """Take one training step on `given` (arrays by source key, rows first) apart.

    `stand` is where a run is in its plan; without it the first step of stage 1. Of several steps of a stage `step` is
    taken. `double` computes in float64. The Recurrents of the paths `inside` are gone through step by step of time.
    `RunError` where there is nothing to learn from, or where it is too large.
    """
    stand = stand or Stand()
    double = double or (stand.plan or program.document.plan).precision == "float64"
    copy = cloned(program, double=double)
    copy.root.train()
    with undisturbed(program.device):
        learner, notes = learner_of(copy, stand, step)
        path = copy.path((*learner.losses, *copy.metrics))
        tensors = {key: copy.tensor(key, given[key]) for key in copy.needed(path)}
        bounded(copy, path, tensors, inside)
        torch.manual_seed(program.seed)
        tape = record(copy, tensors, path, targets=False, inside=inside)
        teller = Teller(copy, tape, tuple(learner.losses))
        teller.forward()
        seeds = _seeds(tape, learner.losses)
        gradients, adjoints = teller.backward(seeds, learner)
        teller.optimiser(moved(copy, learner, tape, gradients))
    unused = tuple(id for id in copy.inference.order if id not in set(path) and not copy.node(id).passes)
    precision = "float64" if double else "float32"
    return Apart(
        tuple(teller.moments), teller.order, {place: teller.array(one) for place, one in tape.values.items()},
        {place: teller.array(total(some)) for place, some in adjoints.items()}, dict(teller.wires),
        {name: teller.array(one) for name, one in gradients.items()}, teller.losses, _sum(copy, teller.losses),
        dict(teller.seen), dict(teller.pulled), rows, unused, (*notes, *_notes(copy, tape)),
        learner.kind, precision, drawn=drawn_wires(copy, tape))


def _seeds(tape: Tape, losses: tuple[str, ...]) -> dict[Place, torch.Tensor]:
    """The derivative of the total loss by each loss: its share."""
    found = {}
    for id in losses:
        value = tape.values[id, "loss"]
        found[id, "loss"] = torch.full_like(value, tape.program.shares[id])
    return found


def _sum(program: Program, losses: Mapping[str, float]) -> float:
    return sum(value * program.shares[id] for id, value in losses.items())


def bounded(program: Program, path: list[str], tensors: Mapping[str, torch.Tensor], inside: Collection[str]) -> None:
    """All values and derivatives are kept: refuse what would take more memory than a look is worth."""
    rows = max((len(one) for one in tensors.values() if one.ndim), default=1)
    figures = program.inference.figures
    need = 3 * rows * sum(figures[id].activation_bytes for id in path if id in figures)
    for id in path:
        if id in inside:  # every step has a derivative by the whole sequence
            for spec in program.inference.inputs[id].values():
                sizes = [size for size in spec.shape[1:] if isinstance(size, int)]
                need += 8 * rows * math.prod(sizes) * (sizes[0] if sizes else 1)
    if need > MOST_BYTES:
        fit = max(0, math.floor(MOST_BYTES * rows / need))
        raise RunError(f"All numbers of a step on {rows:,} samples take {need / 2**30:.1f} GB; at most "
                       f"{MOST_BYTES / 2**30:g} GB are kept. " + (
                           f"Look at {fit:,} or fewer." if fit else "Look at a smaller network."))


def _notes(program: Program, tape: Tape) -> list[str]:
    found = []
    within = [id for id, one in tape.nodes.items() if id in program.inference.within and one.seat.joint is None]
    if within:
        found.append(f"{', '.join(within)} runs a drawn module over time and is shown as one node: "
                     "its steps are taken together.")
    shared = [id for id in tape.nodes if id in program.graph.nodes and program.graph.nodes[id].shares]
    if shared:
        found.append(f"{', '.join(shared[:4])}{' …' if len(shared) > 4 else ''} uses the weights of another node: "
                     "what both give is added.")
    return found
