"""The training loop of an exported file, as a textbook would write it: only what the plan asks for is in it."""

from __future__ import annotations

from collections.abc import Sequence

from neuralgraph.compiler.writing.moving import clipping, counts, goal, made, move, schedule, searches
from neuralgraph.graph.plan import Plan, Step
from neuralgraph.spec.schedules import WATCHING

WORDS = ("network", "epochs", "batch_size", "seed", "optimizer", "generator", "epoch", "order", "total", "rows",
         "loss", "goal", "one", "nn", "sum", "torch", "range", "len", "print", "group", "batches", "scheduler",
         "rates", "rate", "steps", "closure", "zip", "min")


def loop(
    plan: Plan, *, args: str, first: str, parameters: str, objective: str, about: Sequence[str] = (),
    fitting: Sequence[str] = (), pulls: Sequence[str] = (), clips: bool = True,
) -> str:
    """The function that trains, for a plan of one step; `objective` is the expression of the loss of `rows`.

    `about` are the lines of its docstring, `fitting` those that measure the data first, `pulls` what is added to the
    loss for the gradient alone; `clips`: there is something to clip.
    """
    step = plan.stages[0].steps[0]
    several, clipped = step.accumulate > 1, clipping(step) if clips else []
    size = f"(batch_size * {step.accumulate})" if several else "batch_size"
    scheduled = schedule(step, "epochs", f"epochs * -(-len({first}) // {size})")
    seed = f", seed={plan.seed}" if plan.shuffle else ""
    lines = [
        f"def train(network, {args}, *, epochs={plan.epochs}, "
        f"batch_size={None if plan.full_batch else plan.batch_size}{seed}):",
        *quoted(about),
        *(f"    # Left to NeuralGraph: {one}." for one in left(plan)),
        *([f"    batch_size = batch_size or len({first})"] if plan.full_batch else []),
        *(f"    {line}" for line in fitting),
        f"    optimizer = {made(step.optimizer, parameters)}",
        *(f"    {line}" for line in scheduled),
        *(["    steps = 0"] if step.schedule.warmup else []),
        *(["    torch.manual_seed(seed)", "    generator = torch.Generator().manual_seed(seed)"]
          if plan.shuffle else []),
        "    for epoch in range(epochs):",
        f"        order = {order(plan, first)}",
        "        total = 0.0",
        *(_gathering(objective, step.accumulate, pulls) if several else _batch(step, objective, pulls, clipped)),
        *(f"            {line}" for line in (*move(step, clipped), *([] if several else [_SUM]))),
        *([f"        scheduler.step({'total / len(order)' if step.schedule.name == WATCHING else ''})"]
          if scheduled and counts(step) == "epoch" else []),
        '        print(f"epoch {epoch + 1}: loss {total / len(order):.4f}")',
    ]
    return "\n".join(lines)


_SUM = "total += loss.item() * len(rows)"


def quoted(about: Sequence[str]) -> list[str]:
    """The docstring of the loop."""
    lines = list(about) or ["The textbook loop; tensors with samples in the first axis."]
    quotes = '"' * 3
    if len(lines) == 1:
        return [f"    {quotes}{lines[0]}{quotes}"]
    return [f"    {quotes}{lines[0]}", *(f"    {one}".rstrip() for one in lines[1:]), f"    {quotes}"]


def order(plan: Plan, first: str) -> str:
    """The rows of an epoch."""
    return f"torch.randperm(len({first}), generator=generator)" if plan.shuffle else (
        f"torch.arange(len({first}))  # the plan keeps the order of the rows")


def _batch(step: Step, objective: str, pulls: Sequence[str], clips: Sequence[str]) -> list[str]:
    more, of = goal(pulls)
    if searches(step):
        return ["        for rows in order.split(batch_size):", "            def closure():",
                "                optimizer.zero_grad()", f"                loss = {objective}",
                *(f"                {one}" for one in more), f"                {of}.backward()",
                *(f"                {one}" for one in clips),
                f"                return {of}", ""]
    return ["        for rows in order.split(batch_size):", "            optimizer.zero_grad()",
            f"            loss = {objective}", *(f"            {one}" for one in more),
            f"            {of}.backward()"]


def _gathering(objective: str, count: int, pulls: Sequence[str]) -> list[str]:
    more, of = goal(pulls)
    return [f"        for batches in order.split(batch_size * {count}):", "            optimizer.zero_grad()",
            f"            for rows in batches.split(batch_size):  # {count} batches make one step",
            f"                loss = {objective}", *(f"                {one}" for one in more),
            f"                ({of} * (len(rows) / len(batches))).backward()",
            f"                {_SUM}"]


def left(plan: Plan) -> list[str]:
    """What of the plan is not in the loop."""
    stop = plan.stop
    watching = any(step.schedule.name == WATCHING for stage in plan.stages for step in stage.steps)
    found = {
        f"computing in {plan.precision}": plan.precision != "float32",
        f"the mean of the weights (decay {plan.ema!r})": plan.ema is not None,
        "the rules that stop early and keep the best weights": stop != type(stop)(),
        "the figure that the schedule watches; here it is the training loss": watching,
    }
    return [words for words, so in found.items() if so]
