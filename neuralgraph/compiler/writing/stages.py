"""The training loop of an exported file for a plan of several stages or steps: each moves its own weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuralgraph.compiler.writing.loop import WORDS, left, order, quoted
from neuralgraph.compiler.writing.moving import EVERYTHING, clipping, counts, goal, made, move, schedule, searches
from neuralgraph.graph.plan import Plan, Step
from neuralgraph.spec.schedules import NONE, WATCHING

GATHERED = "GatheredGradients"
GATHERS = f'''class {GATHERED}:
    """The gradients of several batches, each with the share that its rows have, for one step."""

    def __init__(self, weights, count):
        self.weights, self.count = weights, count
        self.begin()

    def begin(self):
        self.sums, self.batches, self.rows, self.usual = [None] * len(self.weights), 0, 0, 0

    def share(self, rows):
        self.usual = self.usual or rows * self.count
        return rows / self.usual

    def add(self, rows):
        """Take over the gradients of a batch; True where there are enough for a step."""
        for at, one in enumerate(self.weights):
            if one.grad is not None:
                self.sums[at] = one.grad.clone() if self.sums[at] is None else self.sums[at] + one.grad
        self.batches, self.rows = self.batches + 1, self.rows + rows
        return self.batches == self.count

    def give(self):
        """Put their mean over all rows into the weights."""
        for one, held in zip(self.weights, self.sums):
            one.grad = held if held is None or self.rows == self.usual else held * (self.usual / self.rows)
        self.begin()'''


@dataclass(frozen=True, slots=True)
class Learned:
    """What a step of the plan learns, as Python: the loss of `rows`, its weights, and how the optimiser gets them.

    `weights` is "" where it moves everything that learns, `groups` "" where all of it learns in the same way; `pulls`
    is what is added to the loss for the gradient alone.
    """

    step: Step
    objective: str
    weights: str
    groups: str = ""
    pulls: tuple[str, ...] = ()
    still: bool = False
    """It has nothing to move."""

    @property
    def gathers(self) -> bool:
        return self.step.accumulate > 1


Stages = Sequence[Sequence[Learned]]


def marked(at: int, count: int) -> str:
    """What ends the names of a step, one of so many in its stage."""
    return f"_{at + 1}" if count > 1 else ""


def words(plan: Plan) -> tuple[str, ...]:
    """Names that the loop uses."""
    marks = ["", *(marked(at, 2) for at in range(max(len(stage.steps) for stage in plan.stages)))]
    own = ("weights", "optimizer", "scheduler", "steps", "gathered")
    return (*WORDS, "batch", "totals", "seen", "max", GATHERED, *(f"{name}{mark}" for name in own for mark in marks))


def staged(plan: Plan, stages: Stages, *, args: str, first: str, about: Sequence[str], fitting: Sequence[str]) -> str:
    """The function that trains: stage after stage, and in a batch step after step."""
    lengths = [stage.epochs for stage in plan.stages]
    epochs = str(lengths[0]) if len(lengths) == 1 else f"({', '.join(map(str, lengths))})"
    size = None if plan.full_batch else plan.batch_size
    rare = any(one.step.every > 1 for stage in stages for one in stage)
    lines = [
        f"def train(network, {args}, *, epochs={epochs}, batch_size={size}, seed={plan.seed}):",
        *quoted(about),
        *(f"    # Left to NeuralGraph: {one}." for one in left(plan)),
        *([f"    batch_size = batch_size or len({first})"] if plan.full_batch else []),
        *(f"    {line}" for line in fitting),
        "    torch.manual_seed(seed)",
        *(["    generator = torch.Generator().manual_seed(seed)"] if plan.shuffle else []),
        *(["    batch = 0"] if rare else []),
    ]
    for at, stage in enumerate(stages):
        often = "epochs" if len(stages) == 1 else f"epochs[{at}]"
        if len(stages) > 1:
            lines += ["", f"    # Stage {at + 1} of {len(stages)}"]
        lines += [f"    {line}" for line in _stage(plan, stage, often, first, rare=rare,
                                                   name=f"stage {at + 1}, " if len(stages) > 1 else "")]
    return "\n".join(lines)


def _stage(plan: Plan, stage: Sequence[Learned], epochs: str, first: str, *, rare: bool, name: str) -> list[str]:
    many, seldom = len(stage) > 1, any(one.step.every > 1 for one in stage)
    marks = [marked(at, len(stage)) for at in range(len(stage))]
    lines = [line for one, mark in zip(stage, marks, strict=True) for line in _before(one, mark, epochs, first)]
    lines += [f"for epoch in range({epochs}):", f"    order = {order(plan, first)}",
              f"    totals = {[0.0] * len(stage)}" if many else "    total = 0.0",
              *([f"    seen = {[0] * len(stage)}"] if seldom else []), "    for rows in order.split(batch_size):"]
    for at, (one, mark) in enumerate(zip(stage, marks, strict=True)):
        inner = [*_update(one, mark), f"{f'totals[{at}]' if many else 'total'} += loss.item() * len(rows)",
                 *([f"seen[{at}] += len(rows)"] if seldom else [])]
        if one.step.every > 1:
            inner = [f"if batch % {one.step.every} == 0:", *(f"    {line}" for line in inner)]
        lines += [f"        {line}" for line in inner]
    lines += ["        batch += 1"] if rare else []
    for at, (one, mark) in enumerate(zip(stage, marks, strict=True)):
        mean = f"{f'totals[{at}]' if many else 'total'} / {f'max(seen[{at}], 1)' if seldom else 'len(order)'}"
        lines += [f"    {line}" for line in _after(one, mark, mean)]
    return [*lines, f"    {_told(name, many=many, seldom=seldom)}"]


def _told(name: str, *, many: bool, seldom: bool) -> str:
    """The line that prints the mean losses of an epoch: of every step that of the rows it learned from."""
    if not many:
        mean = "total / max(seen[0], 1)" if seldom else "total / len(order)"
        return f'print(f"{name}epoch {{epoch + 1}}: loss {{{mean}:.4f}}")'
    means = 'f"{one / max(rows, 1):.4f}" for one, rows in zip(totals, seen)' if seldom else (
        'f"{one / len(order):.4f}" for one in totals')
    return f"print(f'{name}epoch {{epoch + 1}}:', *({means}))"


def _before(one: Learned, mark: str, epochs: str, first: str) -> list[str]:
    """What a step needs before its stage begins."""
    if one.still:
        return []
    step, weights = one.step, f"weights{mark}"
    listed = one.weights or (f"[one for one in {EVERYTHING} if one.requires_grad]" if one.gathers else "")
    return [
        *([f"{weights} = {listed}"] if listed else []),
        f"optimizer{mark} = {made(step.optimizer, one.groups or (weights if listed else EVERYTHING))}",
        *schedule(step, epochs, _count(step, epochs, first), mark),
        *([f"steps{mark} = 0"] if step.schedule.warmup else []),
        *([f"gathered{mark} = {GATHERED}({weights}, {step.accumulate})"] if one.gathers else []),
    ]


def _count(step: Step, epochs: str, first: str) -> str:
    """How often a step moves the weights in a stage that is about to begin."""
    batches, count = f"-(-len({first}) // batch_size)", step.accumulate
    if step.every == 1:
        size = f"(batch_size * {count})" if count > 1 else "batch_size"
        return f"{epochs} * -(-len({first}) // {size})"
    if count == 1:
        return f"len(range(-batch % {step.every}, {epochs} * {batches}, {step.every}))"
    learned = f"len(range(-(batch + one * {batches}) % {step.every}, {batches}, {step.every}))"
    return f"sum(-(-{learned} // {count}) for one in range({epochs}))"


def _update(one: Learned, mark: str) -> list[str]:
    """What a step does with the rows of a batch."""
    if one.still:
        return ["with torch.no_grad():  # nothing is left to move", f"    loss = {one.objective}"]
    step, (more, of) = one.step, goal(one.pulls)
    only = f"inputs=weights{mark}" if one.weights else ""
    clips = clipping(step, f"weights{mark}" if one.weights or one.gathers else EVERYTHING)
    begin = [f"optimizer{mark}.zero_grad()", f"loss = {one.objective}", *more]
    if searches(step):
        inner = [*begin, f"{of}.backward({only})", *clips, f"return {of}"]
        return ["def closure():", *(f"    {line}" for line in inner), "", *move(step, clips, mark)]
    if one.gathers:
        moves = [f"gathered{mark}.give()", *move(step, clips, mark)]
        return [*begin, f"({of} * gathered{mark}.share(len(rows))).backward({only})",
                f"if gathered{mark}.add(len(rows)):  # {step.accumulate} batches make one step",
                *(f"    {line}" for line in moves)]
    return [*begin, f"{of}.backward({only})", *move(step, clips, mark)]


def _after(one: Learned, mark: str, mean: str) -> list[str]:
    """What a step does at the end of an epoch."""
    if one.still:
        return []
    step, lines = one.step, []
    if one.gathers:
        clips = clipping(step, f"weights{mark}")
        moves = [f"gathered{mark}.give()", *move(step, clips, mark)]
        lines += [f"if gathered{mark}.batches:  # fewer are left", *(f"    {line}" for line in moves)]
    if step.schedule.name != NONE and counts(step) == "epoch":
        lines.append(f"scheduler{mark}.step({mean if step.schedule.name == WATCHING else ''})")
    return lines
