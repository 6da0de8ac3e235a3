"""The document as Python that a student can read and run, written from the same calls as the compiled module."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Mapping

from neuralgraph.compiler.build import mangled
from neuralgraph.compiler.learning import drawn, groups
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.resolve import resolve
from neuralgraph.compiler.writing.body import Body, class_text, indented
from neuralgraph.compiler.writing.classes import Classes
from neuralgraph.compiler.writing.lines import Key, Made, needed, wants
from neuralgraph.compiler.writing.loop import WORDS, loop
from neuralgraph.compiler.writing.pen import WIDTH, Names, Pen, attribute, comment, docstring, folded, literal
from neuralgraph.graph.plan import Plan


def to_python(program: Program) -> str:
    """A file that runs alone: drawn modules as classes, the network, its objective, and the plan's training loop."""
    pen = Pen()
    asked = [(tuple(program.outputs.values()), program.module_inputs)]
    if program.losses:
        asked.append((tuple((id, "loss") for id in program.losses), program.needed(program.losses)))
    given = ((starts, frozenset(program.sources[key][:2] for key in keys)) for starts, keys in asked)
    classes = Classes(program, pen, tuple(given))
    network = _Network(program, pen, classes)
    text = network.text()
    modules = _written(pen, classes.made, network.body.used)
    parts = [*pen.library.sources.values(), *modules, text]
    if program.losses:
        parts.append(_training(program, program.graph.plan, network))
    return folded("\n\n\n".join(part.rstrip() for part in (_head(program, pen), *parts)) + "\n")


def _head(program: Program, pen: Pen) -> str:
    title = comment(program.graph.title) or "A network drawn in NeuralGraph."
    return "\n".join([*docstring(title), "", pen.library.header()])


def _written(pen: Pen, known: Iterable[Made], used: Iterable[Made]) -> list[str]:
    """The classes that are used, those that others need before them."""
    wanted, texts = set(used), []
    for made in reversed(list(known)):
        if made in wanted:
            body = Body(pen, made)
            texts.append(class_text(made, body))
            wanted |= set(body.used)
    return texts[::-1]


class _Network:
    """Writes the class of the whole."""

    def __init__(self, program: Program, pen: Pen, classes: Classes) -> None:
        self.program, self.keys = program, classes.keys
        self.starts: dict[str, Key] = {key: one[:2] for key, one in program.sources.items()}
        names = {start: mangled(key).replace(".", "_") for key, start in self.starts.items()}
        self.body = Body(pen, classes.network, names)
        self._asked = [self.keys[start] for start in program.outputs.values()]
        self.objective = Names(self.body.attributes()).take("objective", "total_loss")

    def text(self) -> str:
        """Its constructor, what it gives, and what training makes small."""
        program, body = self.program, self.body
        lines = [
            "class Network(nn.Module):",
            '    """Built from the same calls as the drawing; weights carry the ids of its nodes."""',
            "",
            "    def __init__(self) -> None:",
            "        super().__init__()",
            *indented(body.init()),
            "",
            f"    def forward({self._signature(program.module_inputs)}):",
            *self._shapes(),
            *indented(body.run(self._asked)),
        ]
        given = [(name, body.value(key)) for name, key in zip(program.outputs, self._asked, strict=True)]
        shown = ", ".join(f"{literal(name)}: {value}" for name, value in given)
        lines.append(f"        return {given[0][1] if len(given) == 1 else f'{{{shown}}}'}")
        if program.losses:
            lines += ["", f"    def {self.objective}({self._signature(program.needed(program.losses))}):",
                      '        """What training makes small."""', *indented(self._judging()),
                      f"        return {self._total()}"]
        return "\n".join(lines)

    def _judging(self) -> list[str]:
        """The statements that give the losses: by what the network gives, where they look at nothing else in it."""
        program, lines = self.program, self.body.skeleton.lines
        wanted, given = [self.keys[id, "loss"] for id in program.losses], program.module_inputs
        inside, used = needed(lines, self._asked[:1]), needed(lines, wanted)
        own = {line.path for line in lines} & inside
        seen = {key for line in lines if line.path in used - own for key in wants(line) if key[0] in own}
        known = own <= used and set(given) <= set(program.needed(program.losses))
        if not known or len(own) < 2 or len(self._asked) > 1 or seen != set(self._asked):
            return self.body.run(wanted)
        called = f"{self.body.value(self._asked[0])} = self({', '.join(self.names(given))})"
        return [called, *self.body.run(wanted, own)]

    def shapes(self, key: str) -> str:
        """What the argument for a source is, in words."""
        id, output = self.starts[key]
        spec = self.program.inference.specs[id][output]
        return f"{spec}, {spec.dtype}"

    def _shapes(self) -> list[str]:
        keys = self.program.module_inputs
        said = "; ".join(f"{name}: {self.shapes(key)}" for name, key in zip(self.names(keys), keys, strict=True))
        return docstring(said, " " * 8) if keys else []

    def names(self, keys: Iterable[str]) -> list[str]:
        """The arguments for these sources."""
        return [self.body.value(self.starts[key]) for key in keys]

    def _signature(self, keys: Iterable[str]) -> str:
        return ", ".join(["self", *self.names(keys)])

    def _value(self, start: Key) -> str:
        return self.body.value(self.keys[start])

    def _total(self) -> str:
        found = ((self._value((id, "loss")), self.program.shares[id]) for id in self.program.losses)
        return " + ".join(value if share == 1.0 else f"{value} * {share!r}" for value, share in found)


_ALONE = """if __name__ == "__main__":
    print(Network())"""
_ABOUT = "The textbook loop, for `train(Network(), {})`; tensors with samples in the first axis."


def _training(program: Program, plan: Plan, network: _Network) -> str:
    free = Names(WORDS)
    keys = program.needed(program.losses)
    names = [free.take(name) for name in network.names(keys)]
    if not names:
        return _ALONE
    about = [*textwrap.wrap(_ABOUT.format(", ".join(names)), WIDTH - 10), "",
             *(f"{name}: {network.shapes(key)}" for name, key in zip(names, keys, strict=True))]
    text = loop(plan, args=", ".join(names), first=names[0], parameters=_parameters(program, plan), about=about,
                objective=f"network.{network.objective}({', '.join(f'{name}[rows]' for name in names)})",
                fitting=_fitting(program, dict(zip(keys, names, strict=True))), pulls=_pulls(program, plan),
                clips=bool(_learnt(program)))
    return f"{text}\n\n\n{_ALONE}"


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


def _pulls(program: Program, plan: Plan) -> list[str]:
    """What draws weights to 0, beside the loss."""
    step, learnt = plan.stages[0].steps[0], _learnt(program)
    every = "network.parameters()"
    pulls = [f"{float(step.l1)!r} * sum(one.abs().sum() for one in {every})"] if step.l1 and learnt else []
    return pulls + [f"{pull!r} * {_field(name)}.abs().sum()"
                    for pull, names in drawn(program.graph, learnt).items() for name in names]


def _learnt(program: Program) -> list[str]:
    return [name for name, one in program.root.named_parameters() if one.requires_grad]


def _parameters(program: Program, plan: Plan) -> str:
    """What the optimiser gets: everything, or groups where nodes learn in ways of their own."""
    plain, *others = groups(program.graph, _learnt(program))
    if not others:
        return "network.parameters()"
    usual = inspect.signature(resolve(f"torch.optim.{plan.optimizer.name}")).parameters.get("weight_decay")
    decay = plan.optimizer.options.get("weight_decay", usual.default if usual is not None else 0.0)
    lr = plan.optimizer.lr
    lines = [f'        {{"params": [{_fields(plain.names)}]}},'] if plain.names else []
    for one in others:
        said = (f', "lr": {lr * one.rate!r}' if one.rate != 1.0 else "") + (
            f', "weight_decay": {decay + one.l2!r}' if one.l2 and usual is not None else "")
        lines.append(f'        {{"params": [{_fields(one.names)}]{said}}},')
    return "\n".join(["[", *lines, "    ]"])


def _fields(names: Iterable[str]) -> str:
    return ", ".join(_field(name) for name in names)


def _field(name: str) -> str:
    plain = all(part.isidentifier() for part in name.split("."))
    return f"network.{name}" if plain else f"network.get_parameter({name!r})"
