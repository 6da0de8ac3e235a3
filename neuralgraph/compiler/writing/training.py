"""What trains the exported network: the loop of its plan, and how every step of it reaches data and weights."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from neuralgraph.compiler.learning import chosen, drawn, groups
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.resolve import resolve
from neuralgraph.compiler.writing.loop import WORDS, loop
from neuralgraph.compiler.writing.pen import WIDTH, Names, attribute
from neuralgraph.compiler.writing.stages import GATHERS, Learned, marked, staged, words
from neuralgraph.graph.plan import Plan, Step

_ALONE = """if __name__ == "__main__":
    print(Network())"""
_ABOUT = "The textbook loop, for `train(Network(), {})`; tensors with samples in the first axis."
_EVERY = "network.parameters()"


@dataclass(frozen=True)
class Told:
    """What is known of the written network: what its data are, their names in it, and the method for each objective."""

    shapes: Mapping[str, str]
    names: Sequence[str]
    objectives: Mapping[tuple[str, ...], str]


def asked_for(program: Program) -> tuple[tuple[str, ...], ...]:
    """The sets of losses that need a method: all of them, and those of the steps that learn from some."""
    every = tuple(program.losses)
    if not every:
        return ()
    steps = (step for stage in program.graph.plan.stages for step in stage.steps)
    return tuple(dict.fromkeys((every, *(chosen(step.losses, every, "loss") for step in steps))))


def written(program: Program, plan: Plan, told: Told) -> str:
    """The function `train`, and what the file does when it is run."""
    keys = list(told.shapes)
    whole = _whole(program, plan)
    free = Names(WORDS if whole else words(plan))
    names = {key: free.take(name) for key, name in zip(keys, told.names, strict=True)}
    if not names:
        return _ALONE
    args, first = ", ".join(names.values()), names[keys[0]]
    about = [*textwrap.wrap(_ABOUT.format(args), WIDTH - 10), "",
             *(f"{name}: {told.shapes[key]}" for key, name in names.items())]
    fitting, step = _fitting(program, names), plan.stages[0].steps[0]
    if whole:
        mine = _learnt(program)
        text = loop(plan, args=args, first=first, about=about, fitting=fitting, clips=bool(mine),
                    parameters=_groups(program, step, mine) or _EVERY, pulls=_pulls(program, step, mine),
                    objective=_objective(program, told, names, tuple(program.losses)))
        return f"{text}\n\n\n{_ALONE}"
    stages = [[_learned(program, step, _objective(program, told, names, _losses(program, step)), at, len(stage.steps))
               for at, step in enumerate(stage.steps)] for stage in plan.stages]
    text = staged(plan, stages, args=args, first=first, about=about, fitting=fitting)
    gathers = [GATHERS] if any(one.gathers for stage in stages for one in stage) else []
    return "\n\n\n".join([*gathers, text, _ALONE])


def _whole(program: Program, plan: Plan) -> bool:
    """The plan is no more than one step, which learns all from all losses with every batch."""
    step = plan.stages[0].steps[0]
    return (len(plan.stages), len(plan.stages[0].steps), step.every) == (1, 1, 1) and (
        _losses(program, step) == tuple(program.losses) and _mine(program, step) == _learnt(program))


def _losses(program: Program, step: Step) -> tuple[str, ...]:
    return chosen(step.losses, tuple(program.losses), "loss")


def _objective(program: Program, told: Told, names: Mapping[str, str], losses: tuple[str, ...]) -> str:
    given = (f"{names[key]}[rows]" for key in program.needed(losses))
    return f"network.{told.objectives[losses]}({', '.join(given)})"


def _fitting(program: Program, names: Mapping[str, str]) -> list[str]:
    """What measures the data before training does so, where it is known by what enters it."""
    wires, calls, lines = program.inference.wires, program.inference.calls, []
    known = {program.sources[key][:2]: name for key, name in names.items()}
    for id in program.fitted:
        edge = next(iter(wires[id].values()))
        while edge.source not in calls and wires[edge.source]:  # it passes through
            edge = next(iter(wires[edge.source].values()))
        field, given = f"network{attribute(id).removeprefix('self')}", known.get(edge.start)
        lines.append(f"{field}.fit({given})" if given else f"# {field}.fit(…): give it here what enters it")
        if given:
            known[id, "out"] = f"{field}({given})"
    return lines


def _learned(program: Program, step: Step, objective: str, at: int, count: int) -> Learned:
    """A step of the plan, one of so many in its stage."""
    mine, mark = _mine(program, step), marked(at, count)
    sorted_ = [name for one in groups(program.graph, mine) for name in one.names]
    some = f"[{_fields(sorted_)}]" if mine != _learnt(program) else ""
    pulls = _pulls(program, step, mine, f"weights{mark}" if some else _EVERY)
    return Learned(step, objective, some, _groups(program, step, mine), tuple(pulls), still=not mine)


def _pulls(program: Program, step: Step, mine: Sequence[str], weights: str = _EVERY) -> list[str]:
    """What draws weights to 0, beside the loss."""
    pulls = [f"{float(step.l1)!r} * sum(one.abs().sum() for one in {weights})"] if step.l1 and mine else []
    return pulls + [f"{pull!r} * {_field(name)}.abs().sum()"
                    for pull, names in drawn(program.graph, mine).items() for name in names]


def _learnt(program: Program) -> list[str]:
    return [name for name, one in program.root.named_parameters() if one.requires_grad]


def _mine(program: Program, step: Step) -> list[str]:
    """The weights that a step moves."""
    owners = {name: program.owner(name) for name in _learnt(program)}
    moved = chosen(step.nodes, tuple(dict.fromkeys(owners.values())), "node", strict=False)
    return [name for name, owner in owners.items() if owner in moved]


def _groups(program: Program, step: Step, mine: Sequence[str]) -> str:
    """What the optimiser gets, where nodes learn in ways of their own; else ""."""
    plain, *others = groups(program.graph, mine)
    if not others:
        return ""
    optimizer = step.optimizer
    usual = inspect.signature(resolve(f"torch.optim.{optimizer.name}")).parameters.get("weight_decay")
    decay = optimizer.options.get("weight_decay", usual.default if usual is not None else 0.0)
    lines = [f'        {{"params": [{_fields(plain.names)}]}},'] if plain.names else []
    for one in others:
        said = (f', "lr": {optimizer.lr * one.rate!r}' if one.rate != 1.0 else "") + (
            f', "weight_decay": {decay + one.l2!r}' if one.l2 and usual is not None else "")
        lines.append(f'        {{"params": [{_fields(one.names)}]{said}}},')
    return "\n".join(["[", *lines, "    ]"])


def _fields(names: Iterable[str]) -> str:
    return ", ".join(_field(name) for name in names)


def _field(name: str) -> str:
    plain = all(part.isidentifier() for part in name.split("."))
    return f"network.{name}" if plain else f"network.get_parameter({name!r})"
