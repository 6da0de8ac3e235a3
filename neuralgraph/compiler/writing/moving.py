"""How an exported loop moves the weights: an optimiser, its schedule, clipping, for one step of the plan."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from neuralgraph.compiler.resolve import resolve
from neuralgraph.errors import ParameterError
from neuralgraph.graph.plan import Optimizer, Step
from neuralgraph.spec import optimizers
from neuralgraph.spec.schedules import FIGURE, NONE, SCHEDULES, keywords

EVERYTHING = "network.parameters()"


def made(chosen: Optimizer, parameters: str) -> str:
    """The call that makes the optimiser."""
    try:
        said: Mapping[str, object] = optimizers.keywords(chosen.name, chosen.options)
    except ParameterError:
        said = chosen.options
    options = "".join(f", {name}={value!r}" for name, value in sorted(said.items()))
    fused = ", fused=True" if chosen.name in optimizers.FUSED else ""  # as the program does: it rounds otherwise
    return f"torch.optim.{chosen.name}({parameters}, lr={chosen.lr!r}{options}{fused})"


def goal(pulls: Sequence[str]) -> tuple[list[str], str]:
    """The lines that add what draws weights to 0, and what the gradient is of."""
    return [f"goal = {'goal' if at else 'loss'} + {pull}" for at, pull in enumerate(pulls)], "goal" if pulls else "loss"


def searches(step: Step) -> bool:
    """It looks at a batch several times."""
    return step.optimizer.name == "LBFGS"


def move(step: Step, clips: Sequence[str], mark: str = "") -> list[str]:
    """Clip, step, and let the schedule go on; `mark` ends the names of what belongs to the step."""
    optimizer, count, schedule = f"optimizer{mark}", f"steps{mark}", step.schedule
    moves = [f"loss = {optimizer}.step(closure)" if searches(step) else f"{optimizer}.step()"]
    if schedule.warmup:
        moves = [
            f'rates = [group["lr"] for group in {optimizer}.param_groups]', f"for group in {optimizer}.param_groups:",
            f'    group["lr"] *= min(1.0, ({count} + 1) / {schedule.warmup})  # warm-up', *moves,
            f"for group, rate in zip({optimizer}.param_groups, rates):", '    group["lr"] = rate', f"{count} += 1"]
    if schedule.name != NONE and counts(step) == "step":
        moves.append(f"scheduler{mark}.step()")
    return moves if searches(step) else [*clips, *moves]


def clipping(step: Step, weights: str = EVERYTHING) -> list[str]:
    """What holds the gradients of these weights within the bounds of the plan."""
    found = []
    if step.clip_value is not None:
        found.append(f"nn.utils.clip_grad_value_({weights}, {float(step.clip_value)!r})")
    if step.clip is not None:
        found.append(f"nn.utils.clip_grad_norm_({weights}, max_norm={float(step.clip)!r})")
    return found


def counts(step: Step) -> str:
    """What its schedule counts: epoch or step."""
    return SCHEDULES[step.schedule.name].by if step.schedule.by == "usual" else step.schedule.by


def schedule(step: Step, epochs: str, steps: str, mark: str = "") -> list[str]:
    """The line that makes the schedule, where there is one; `epochs` and `steps` are how long it lasts."""
    chosen, lr = step.schedule, step.optimizer.lr
    if chosen.name == NONE:
        return []
    recipe = SCHEDULES[chosen.name]
    usual = inspect.signature(resolve(f"torch.optim.lr_scheduler.{chosen.name}")).parameters
    said: dict[str, Any] = {name: value for name, value in keywords(chosen.name, chosen.options).items()
                            if name != FIGURE and (usual[name].default != value or name == recipe.length)}
    texts = {name: repr(list(one)) if isinstance(one, tuple) else repr(one) for name, one in said.items()}
    if recipe.length and said[recipe.length] is None:
        texts[recipe.length] = epochs if counts(step) == "epoch" else steps
    match chosen.name:
        case "OneCycleLR":
            texts = {"max_lr": repr(lr), **texts}
        case "CyclicLR":
            top = said.pop("max_lr", None)
            texts = {"base_lr": repr(lr), **texts, "max_lr": repr(10 * lr if top is None else top)}
    given = ", ".join([f"optimizer{mark}", *(f"{name}={text}" for name, text in texts.items())])
    return [f"scheduler{mark} = torch.optim.lr_scheduler.{chosen.name}({given})"]
