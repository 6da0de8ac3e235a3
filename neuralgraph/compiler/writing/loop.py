"""The training loop of an exported file, as a textbook would write it: only what the plan asks for is in it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from neuralgraph.compiler.resolve import resolve
from neuralgraph.errors import ParameterError
from neuralgraph.graph.plan import Plan, Schedule
from neuralgraph.spec import optimizers
from neuralgraph.spec.schedules import FIGURE, NONE, SCHEDULES, WATCHING, keywords

WORDS = ("network", "epochs", "batch_size", "seed", "optimizer", "generator", "epoch", "order", "total", "rows",
         "loss", "goal", "one", "nn", "sum", "torch", "range", "len", "print", "group", "batches", "scheduler",
         "rates", "rate", "steps", "closure", "zip", "min")


def loop(
    plan: Plan, *, args: str, first: str, parameters: str, objective: str, about: Sequence[str] = (),
    fitting: Sequence[str] = (), pulls: Sequence[str] = (), clips: bool = True,
) -> str:
    """The function that trains; `objective` is the expression of the loss of `rows`.

    `about` are the lines of its docstring, `fitting` those that measure the data first, `pulls` what is added to the
    loss for the gradient alone; `clips`: there is something to clip.
    """
    step = plan.stages[0].steps[0]
    order = f"torch.randperm(len({first}), generator=generator)" if plan.shuffle else (
        f"torch.arange(len({first}))  # the plan keeps the order of the rows")
    seed = f", seed={plan.seed}" if plan.shuffle else ""
    several = step.accumulate > 1
    by = SCHEDULES[step.schedule.name].by if step.schedule.by == "usual" else step.schedule.by
    made = _schedule(step.schedule, plan, by, first)
    lines = [
        f"def train(network, {args}, *, epochs={plan.epochs}, "
        f"batch_size={None if plan.full_batch else plan.batch_size}{seed}):",
        *_docstring(about, plan),
        *(f"    # Left to NeuralGraph: {one}." for one in _left(plan)),
        *([f"    batch_size = batch_size or len({first})"] if plan.full_batch else []),
        *(f"    {line}" for line in fitting),
        f"    optimizer = torch.optim.{plan.optimizer.name}({parameters}, lr={plan.optimizer.lr!r}{_options(plan)})",
        *made,
        *(["    steps = 0"] if step.schedule.warmup else []),
        *(["    generator = torch.Generator().manual_seed(seed)"] if plan.shuffle else []),
        "    for epoch in range(epochs):",
        f"        order = {order}",
        "        total = 0.0",
        *(_gathering(objective, step.accumulate, pulls) if several else _batch(plan, objective, pulls, clips)),
        *(f"            {line}" for line in (*_move(plan, by, clips), *([] if several else [_SUM]))),
        *([f"        scheduler.step({'total / len(order)' if step.schedule.name == WATCHING else ''})"]
          if made and by == "epoch" else []),
        '        print(f"epoch {epoch + 1}: loss {total / len(order):.4f}")',
    ]
    return "\n".join(lines)


_SUM = "total += loss.item() * len(rows)"


def _docstring(about: Sequence[str], plan: Plan) -> list[str]:
    lines = list(about) or ["The textbook loop; tensors with samples in the first axis."]
    if not _whole(plan):
        lines += ["", "The plan of the document has more to it: stages, or steps that learn only a part. Here "
                  "everything learns at once."]
    quotes = '"' * 3
    if len(lines) == 1:
        return [f"    {quotes}{lines[0]}{quotes}"]
    return [f"    {quotes}{lines[0]}", *(f"    {one}".rstrip() for one in lines[1:]), f"    {quotes}"]


def _whole(plan: Plan) -> bool:
    """The plan is no more than one step, which learns all from all losses with every batch."""
    step = plan.stages[0].steps[0]
    return (len(plan.stages), len(plan.stages[0].steps), step.every) == (1, 1, 1) and all(
        tuple(some) == ("*",) for some in (step.losses, step.nodes))


def _goal(pulls: Sequence[str]) -> tuple[list[str], str]:
    """The lines that add what draws weights to 0, and what the gradient is of."""
    return [f"goal = {'goal' if at else 'loss'} + {pull}" for at, pull in enumerate(pulls)], "goal" if pulls else "loss"


def _batch(plan: Plan, objective: str, pulls: Sequence[str], clips: bool) -> list[str]:
    more, goal = _goal(pulls)
    if plan.optimizer.name == "LBFGS":
        return ["        for rows in order.split(batch_size):", "            def closure():",
                "                optimizer.zero_grad()", f"                loss = {objective}",
                *(f"                {one}" for one in more), f"                {goal}.backward()",
                *(f"                {one}" for one in (_clips(plan) if clips else ())),
                f"                return {goal}", ""]
    return ["        for rows in order.split(batch_size):", "            optimizer.zero_grad()",
            f"            loss = {objective}", *(f"            {one}" for one in more),
            f"            {goal}.backward()"]


def _gathering(objective: str, count: int, pulls: Sequence[str]) -> list[str]:
    more, goal = _goal(pulls)
    return [f"        for batches in order.split(batch_size * {count}):", "            optimizer.zero_grad()",
            f"            for rows in batches.split(batch_size):  # {count} batches make one step",
            f"                loss = {objective}", *(f"                {one}" for one in more),
            f"                ({goal} * (len(rows) / len(batches))).backward()",
            f"                {_SUM}"]


def _move(plan: Plan, by: str, clips: bool) -> list[str]:
    """Clip, step, and let the schedule go on."""
    schedule = plan.stages[0].steps[0].schedule
    moves = ["optimizer.step()"] if plan.optimizer.name != "LBFGS" else ["loss = optimizer.step(closure)"]
    if schedule.warmup:
        moves = [
            'rates = [group["lr"] for group in optimizer.param_groups]', "for group in optimizer.param_groups:",
            f'    group["lr"] *= min(1.0, (steps + 1) / {schedule.warmup})  # warm-up', *moves,
            "for group, rate in zip(optimizer.param_groups, rates):", '    group["lr"] = rate', "steps += 1"]
    if schedule.name != NONE and by == "step":
        moves.append("scheduler.step()")
    return moves if plan.optimizer.name == "LBFGS" else [*(_clips(plan) if clips else ()), *moves]


def _clips(plan: Plan) -> list[str]:
    step = plan.stages[0].steps[0]
    found = []
    if step.clip_value is not None:
        found.append(f"nn.utils.clip_grad_value_(network.parameters(), {float(step.clip_value)!r})")
    if step.clip is not None:
        found.append(f"nn.utils.clip_grad_norm_(network.parameters(), max_norm={float(step.clip)!r})")
    return found


def _schedule(chosen: Schedule, plan: Plan, by: str, first: str) -> list[str]:
    if chosen.name == NONE:
        return []
    recipe, lr, count = SCHEDULES[chosen.name], plan.optimizer.lr, plan.stages[0].steps[0].accumulate
    usual = inspect.signature(resolve(f"torch.optim.lr_scheduler.{chosen.name}")).parameters
    said: dict[str, Any] = {name: value for name, value in keywords(chosen.name, chosen.options).items()
                            if name != FIGURE and (usual[name].default != value or name == recipe.length)}
    texts = {name: repr(list(one)) if isinstance(one, tuple) else repr(one) for name, one in said.items()}
    if recipe.length and said[recipe.length] is None:
        each = f"batch_size * {count}" if count > 1 else "batch_size"
        size = f"({each})" if count > 1 else each
        texts[recipe.length] = "epochs" if by == "epoch" else f"epochs * -(-len({first}) // {size})"
    match chosen.name:
        case "OneCycleLR":
            texts = {"max_lr": repr(lr), **texts}
        case "CyclicLR":
            top = said.pop("max_lr", None)
            texts = {"base_lr": repr(lr), **texts, "max_lr": repr(10 * lr if top is None else top)}
    given = ", ".join(["optimizer", *(f"{name}={text}" for name, text in texts.items())])
    return [f"    scheduler = torch.optim.lr_scheduler.{chosen.name}({given})"]


def _options(plan: Plan) -> str:
    try:
        said: Mapping[str, object] = optimizers.keywords(plan.optimizer.name, plan.optimizer.options)
    except ParameterError:
        said = plan.optimizer.options
    return "".join(f", {name}={value!r}" for name, value in sorted(said.items()))


def _left(plan: Plan) -> list[str]:
    """What of the plan is not in the loop."""
    stop, step = plan.stop, plan.stages[0].steps[0]
    found = {
        f"computing in {plan.precision}": plan.precision != "float32",
        f"the mean of the weights (decay {plan.ema!r})": plan.ema is not None,
        "the rules that stop early and keep the best weights": stop != type(stop)(),
        "the figure that the schedule watches; here it is the training loss": step.schedule.name == WATCHING,
    }
    return [words for words, so in found.items() if so]
