"""The last phase of a step: what the plan's optimiser makes of the gradients, on a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError
from neuralgraph.explain.apart.moment import Change
from neuralgraph.explain.apart.tape import Tape
from neuralgraph.graph.plan import Plan
from neuralgraph.training.checkpoint import Checkpoint, copied
from neuralgraph.training.learner import Learner
from neuralgraph.training.optimizers import state
from neuralgraph.training.schedules import Pace


@dataclass(frozen=True, eq=False)
class Stand:
    """Where a run is: its checkpoint, and how many batches an epoch has."""

    checkpoint: Checkpoint | None = None
    batches: int = 1
    plan: Plan | None = None


@dataclass(frozen=True, eq=False)
class Moved:
    """What was done: the changes in the order of the weights, the rule, its settings, notes."""

    changes: tuple[Change, ...]
    formulas: tuple[str, ...]
    settings: Mapping[str, float]
    notes: tuple[str, ...]
    kind: str


def learner_of(program: Program, stand: Stand, number: int) -> tuple[Learner, tuple[str, ...]]:
    """The step of the plan that comes next, on this program; what is otherwise than in a run, in words."""
    if not program.losses:
        raise RunError("The graph has no loss, so there is no training step to take apart. Add a loss and wire it, "
                       "or look at the forward and the reverse sweep, which need none.")
    plan = stand.plan or program.document.plan
    checkpoint = stand.checkpoint
    at = min(checkpoint.stage, len(plan.stages) - 1) if checkpoint is not None else 0
    stage = plan.stages[at]
    if not 0 <= number < len(stage.steps):
        raise RunError(f"Stage {at + 1} of the plan has {len(stage.steps)} "
                       f"step{'s' if len(stage.steps) > 1 else ''} a batch; there is no step {number + 1}.")
    wanted, notes = stage.steps[number], []
    if wanted.accumulate > 1:
        notes.append(f"The plan gathers the gradients of {wanted.accumulate} batches for one step of the optimiser; "
                     "here it moves by this batch alone.")
        wanted = replace(wanted, accumulate=1)
    if plan.precision in ("bfloat16", "float16"):
        notes.append(f"The plan computes in {plan.precision}; here everything is in float32, so that it can be read.")
    before = sum(one.epochs for one in plan.stages[:at])
    done = checkpoint.epoch if checkpoint is not None else 0
    pace = Pace(stage.epochs, before + stage.epochs - done, max(1, stand.batches), before * max(1, stand.batches))
    learner = Learner(program, wanted, pace)
    if checkpoint is not None and number < len(checkpoint.learners):
        saved = copied_updates(checkpoint.learners[number])
        learner.restore(saved)
        learner.resume({name: one for name, one in saved.more.items() if name == "rate"})
    learner.quick.off = "it is taken apart"
    return learner, tuple(notes)


def copied_updates(saved: Any) -> Any:
    """The stand of an optimiser, so that nothing that is done here reaches it."""
    return replace(saved, state=copied(saved.state), more=copied(saved.more))


def moved(program: Program, learner: Learner, tape: Tape, gradients: Mapping[str, Tensor]) -> Moved:
    """Let the optimiser move the weights of the copy by these gradients."""
    named = dict(program.root.named_parameters())
    old = {name: named[name].detach().clone() for name in learner.names}
    for name in learner.names:
        found = gradients.get(name)
        named[name].grad = found.detach().clone() if found is not None else None
    optimizer = learner.optimizer
    if optimizer is None:
        return Moved((), (), {}, ("No node that this step moves has weights: nothing changes.",), learner.kind)
    notes: list[str] = []
    learner.clipped()
    bounds = learner.clip is not None or learner.clip_value is not None
    used = {name: grad.detach().clone() if bounds else gradients[name]  # an optimiser may write into what it is given
            for name in learner.names if (grad := named[name].grad) is not None}
    bounded = {name for name in used if bounds and not torch.equal(used[name], gradients[name])}
    if bounded:
        notes.append("The plan bounds the gradients: the optimiser uses the clipped ones.")
    if isinstance(optimizer, torch.optim.LBFGS):
        notes.append("LBFGS looks at the batch several times before it moves; the new weights are those at the end.")
        order = [tape.values[program.sources[key][:2]] for key in program.training_inputs]
        learner.learn(tuple(order))
    else:
        optimizer.step()
    given = {name: _array(gradients[name]) for name in used}
    memory = state(optimizer, learner.names)
    changes = tuple(
        Change(name, _array(old[name]), given[name], given[name] if name not in bounded else _array(used[name]),
               _array(named[name]),
               {key: _array(one) for key, one in memory.get(name, {}).items() if isinstance(one, Tensor)})
        for name in _in_order(program, tape, learner.names) if name in used)
    still = [name for name in learner.names if name not in used]
    if still:
        notes.append(f"No derivative reaches {', '.join(still[:3])}{' …' if len(still) > 3 else ''}: unchanged.")
    from neuralgraph.explain.apart.movers import rules, settings

    group = optimizer.param_groups[0]
    return Moved(changes, rules(learner.kind, group), settings(group), tuple(notes), learner.kind)


def _in_order(program: Program, tape: Tape, names: tuple[str, ...]) -> list[str]:
    """The weights in the order in which their nodes were computed."""
    place = {id: at for at, id in enumerate(tape.nodes)}
    return sorted(names, key=lambda name: place.get(program.owner(name), len(place)))


def _array(tensor: Tensor) -> Any:
    return tensor.detach().cpu().numpy()  # of tensors that nothing else holds: the program is a copy that goes now
