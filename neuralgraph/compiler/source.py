"""The document as Python that a student can read and run, written from the same calls as the compiled module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuralgraph.compiler.build import mangled
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.writing.body import Body, class_text, indented
from neuralgraph.compiler.writing.classes import Classes
from neuralgraph.compiler.writing.lines import Key, Made, needed, wants
from neuralgraph.compiler.writing.pen import Names, Pen, comment, docstring, folded, literal
from neuralgraph.compiler.writing.stages import GATHERED
from neuralgraph.compiler.writing.training import Told, asked_for, written


def to_python(program: Program) -> str:
    """A file that runs alone: drawn modules as classes, the network, its objectives, and the plan's training loop.

    A `RunError` says which loss the plan names that the graph has not.
    """
    pen = Pen()
    pen.taken.add(GATHERED)
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
        keys = program.needed(program.losses)
        told = Told({key: network.shapes(key) for key in keys}, network.names(keys), network.objectives)
        parts.append(written(program, program.graph.plan, told))
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
        free = Names(self.body.attributes() | {"forward", "train", "eval"})
        self.objectives = {losses: free.take(*(("objective", "total_loss") if losses == tuple(program.losses) else (
            "_".join(("objective", *losses)).replace("/", "_"), "objective_of_some")))
            for losses in asked_for(program)}
        """The method that gives the sum of these losses."""

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
        for losses, name in self.objectives.items():
            lines += ["", f"    def {name}({self._signature(program.needed(losses))}):",
                      f'        """What {"training" if losses == tuple(program.losses) else "a step of it"} makes '
                      'small."""', *indented(self._judging(losses)), f"        return {self._total(losses)}"]
        return "\n".join(lines)

    def _judging(self, losses: Sequence[str]) -> list[str]:
        """The statements that give the losses: by what the network gives, where they look at nothing else in it."""
        program, lines = self.program, self.body.skeleton.lines
        wanted, given = [self.keys[id, "loss"] for id in losses], program.module_inputs
        inside, used = needed(lines, self._asked[:1]), needed(lines, wanted)
        own = {line.path for line in lines} & inside
        seen = {key for line in lines if line.path in used - own for key in wants(line) if key[0] in own}
        known = own <= used and set(given) <= set(program.needed(losses))
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

    def _total(self, losses: Sequence[str]) -> str:
        found = ((self._value((id, "loss")), self.program.shares[id]) for id in losses)
        return " + ".join(value if share == 1.0 else f"{value} * {share!r}" for value, share in found)
