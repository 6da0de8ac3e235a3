"""The document as Python that a student can read and run, written from the same calls as the compiled module."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from neuralgraph.compiler.build import mangled
from neuralgraph.compiler.learning import drawn, groups
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.resolve import resolve
from neuralgraph.compiler.writing.body import Body, class_text, indented
from neuralgraph.compiler.writing.classes import Classes
from neuralgraph.compiler.writing.lines import Key, Made
from neuralgraph.compiler.writing.loop import WORDS, loop
from neuralgraph.compiler.writing.pen import Names, Pen, comment, docstring, folded, literal
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
            *indented(body.run(self.keys[start] for start in program.outputs.values())),
        ]
        given = [(name, self._value(start)) for name, start in program.outputs.items()]
        shown = ", ".join(f"{literal(name)}: {value}" for name, value in given)
        lines.append(f"        return {given[0][1] if len(given) == 1 else f'{{{shown}}}'}")
        if program.losses:
            keys = program.needed(program.losses)
            lines += ["", f"    def {self.objective}({self._signature(keys)}):",
                      '        """What training makes small."""',
                      *indented(body.run(self.keys[id, "loss"] for id in program.losses)),
                      f"        return {self._total()}"]
        return "\n".join(lines)

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


_ALONE = '''if __name__ == "__main__":
    print(Network())'''


def _training(program: Program, plan: Plan, network: _Network) -> str:
    free = Names(WORDS)
    names = [free.take(name) for name in network.names(program.needed(program.losses))]
    if not names:
        return _ALONE
    batches = ", ".join(f"{name}[rows]" for name in names)
    pulls = "".join(f" + {pull!r} * {_field(name)}.abs().sum()"
                    for pull, names in drawn(program.graph, _learnt(program)).items() for name in names)
    text = loop(plan, args=", ".join(names), first=names[0], parameters=_parameters(program, plan),
                objective=f"network.{network.objective}({batches}){pulls}")
    return f"{text}\n\n\n{_ALONE}"


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
