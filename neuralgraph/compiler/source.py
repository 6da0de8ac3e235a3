"""The document as Python that a student can read and run, written from the same calls as the compiled module."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from typing import Any

from neuralgraph.compiler.build import METHODS
from neuralgraph.compiler.learning import drawn, groups, learns
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.resolve import resolve
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Call, Node, Symbol

_BLOCKS = "neuralgraph.compiler.blocks."
_SHORT = {"torch.nn.functional.": "F.", "torch.nn.": "nn."}


def to_python(program: Program) -> str:
    """A file that runs alone: the network as an `nn.Module`, its objective, and the plan's training loop."""
    pen = _Pen(program)
    network = pen.network()
    parts = [_head(program, pen), *pen.blocks(), network]
    if program.losses:
        parts.append(_training(program, program.graph.plan))
    return "\n\n\n".join(part.rstrip() for part in parts) + "\n"


def _head(program: Program, pen: _Pen) -> str:
    title = _comment(program.graph.title) or "A network drawn in NeuralGraph."
    lines = [f'"""{title}"""', "", *sorted(pen.imports)]
    return "\n".join(lines)


def _comment(text: str) -> str:
    """A user's words as they may stand in a docstring: one line, nothing that ends it, no hidden marks.

    Marks that turn the direction of writing can make code look like other code (CVE-2021-42574).
    """
    shown = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(shown.replace("\\", "/").replace('"', "'").split())


class _Pen:
    """Writes expressions; collects the imports and blocks that they need."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.imports = {"import torch", "from torch import nn"}
        self._blocks: dict[str, type] = {}

    def blocks(self) -> list[str]:
        """The source of our own small modules that the network uses."""
        sources = []
        for block in self._blocks.values():
            source = textwrap.dedent(inspect.getsource(block))
            for line in inspect.getsource(inspect.getmodule(block) or block).splitlines():
                if line.startswith(("import ", "from ")) and "neuralgraph" not in line and "__future__" not in line:
                    self.imports.add(line.split("  #")[0])
            sources.append(source)
        return sources

    def network(self) -> str:
        """The class."""
        program = self.program
        wanted = program.outputs
        lines = [
            "class Network(nn.Module):",
            '    """Built from the same calls as the drawing; weights carry the ids of its nodes."""',
            "",
            "    def __init__(self) -> None:",
            "        super().__init__()",
        ]
        for id in program.inference.order:
            call = program.inference.calls.get(id)
            if (
                call is not None
                and call.kind == "module"
                and id not in program.metrics
                and program.graph.nodes[id].shares is None
            ):
                lines.append(f"        self.{id} = {self._target(call.target)}({self._keywords(call.kwargs)})")
                if not learns(program.graph.nodes[id]):
                    lines.append(f"        self.{id}.requires_grad_(False)")
        starts = list(wanted.values())
        lines += ["", f"    def forward({self._signature(program.module_inputs)}):"]
        lines += self._body([id for id, _ in starts])
        names = {name: self._name(*start) for name, start in wanted.items()}
        one = next(iter(names.values()))
        lines.append(
            f"        return {one}"
            if len(names) == 1
            else "        return {" + ", ".join(f"{name!r}: {var}" for name, var in names.items()) + "}"
        )
        if program.losses:
            keys = program.needed(program.losses)
            lines += ["", f"    def objective({self._signature(keys)}):", '        """What training makes small."""']
            lines += self._body(program.losses)
            lines.append(f"        return {self._total()}")
        return "\n".join(lines)

    def _signature(self, keys: Iterable[str]) -> str:
        return ", ".join(["self", *(key.replace(".", "_") for key in keys)])

    def _body(self, ids: Iterable[str]) -> list[str]:
        lines = []
        for id in self.program.path(ids):
            node = self.program.node(id)
            if node.role not in ("source", "metric"):
                lines += [f"        {line}" for line in self._statement(id, node)]
        return lines

    def _statement(self, id: str, node: Node) -> list[str]:
        positional, optional = arguments(node, self.program.inference.wires[id])
        args = [self._name(*edge.start) for _, edge in positional if edge is not None]
        named = [f"{name}={self._name(*edge.start)}" for name, edge in optional.items()]
        call = self.program.inference.calls.get(id)
        if call is None:
            return [f"{id} = {args[0]}"]
        expression = self._call(id, call, args, named)
        if call.picks is None:
            return [f"{id} = {expression}"]
        lines = [f"{id} = {expression}"]
        for output, path in zip(node.outputs(), call.picks, strict=True):
            lines.append(f"{self._name(id, output)} = {id}" + "".join(f"[{index}]" for index in path))
        return lines

    def _call(self, id: str, call: Call, args: list[str], named: list[str]) -> str:
        extra = call.extra if call.kind == "module" else call.kwargs
        words = [f"{name}={self.literal(raw)}" for name, raw in extra] + named
        if call.kind == "module":
            packed = [f"({', '.join(args)},)"] if call.pack else args
            return f"self.{self.program.graph.nodes[id].shares or id}({', '.join(packed + words)})"
        if call.target.startswith(METHODS):
            return f"{args[0]}.{call.target.removeprefix(METHODS)}({', '.join(args[1:] + words)})"
        packed = [f"({', '.join(args)},)"] if call.pack else args
        return f"{self._target(call.target)}({', '.join(packed + words)})"

    def _name(self, id: str, output: str) -> str:
        node = self.program.node(id)
        if node.role == "source":
            return id if len(node.outputs()) == 1 else f"{id}_{output}"
        call = self.program.inference.calls.get(id)
        return id if call is None or call.picks is None else f"{id}__{output}"

    def _total(self) -> str:
        parts = []
        for id in self.program.losses:
            share = float(getattr(self.program.node(id), "weight", 1.0))
            parts.append(self._name(id, "loss") if share == 1.0 else f"{self._name(id, 'loss')} * {share!r}")
        return " + ".join(parts)

    def _target(self, target: str) -> str:
        if target.startswith(_BLOCKS):
            block = resolve(target)
            self._blocks[block.__name__] = block
            return str(block.__name__)
        for long, short in _SHORT.items():
            if target.startswith(long):
                if short == "F.":
                    self.imports.add("from torch.nn import functional as F")
                return short + target.removeprefix(long)
        if target.startswith("operator."):
            self.imports.add("import operator")
        return target

    def _keywords(self, kwargs: tuple[tuple[str, Any], ...]) -> str:
        return ", ".join(f"{name}={self.literal(raw)}" for name, raw in kwargs)

    def literal(self, raw: Any) -> str:
        """A value as Python source; anything but plain data is refused."""
        match raw:
            case Symbol(name):
                return name
            case bool() | int() | float() | str() | None:
                return repr(raw)
            case slice():
                return f"slice({raw.start!r}, {raw.stop!r}, {raw.step!r})"
            case tuple() if len(raw) == 1:
                return f"({self.literal(raw[0])},)"
            case tuple():
                return f"({', '.join(self.literal(one) for one in raw)})"
            case list():
                return f"[{', '.join(self.literal(one) for one in raw)}]"
            case _ if raw is Ellipsis:
                return "..."
        raise TypeError(f"{type(raw).__name__} cannot be written as Python")


_LOOP = '''def train(network, {args}, *, epochs={epochs}, batch_size={batch}, seed={seed}):
    """The textbook loop; tensors with samples in the first axis."""
    optimizer = torch.optim.{optimizer}({parameters}, lr={lr!r}{options})
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        order = torch.randperm(len({first}), generator=generator)
        total = 0.0
        for rows in order.split(batch_size):
            optimizer.zero_grad()
            loss = network.objective({batches}){pulls}
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {{epoch + 1}}: loss {{total / len(order):.4f}}")


if __name__ == "__main__":
    print(Network())'''


def _training(program: Program, plan: Plan) -> str:
    names = [key.replace(".", "_") for key in program.needed(program.losses)]
    if not names:
        return 'if __name__ == "__main__":\n    print(Network())'
    options = "".join(f", {name}={value!r}" for name, value in sorted(plan.optimizer.options.items()))
    return _LOOP.format(
        args=", ".join(names),
        epochs=plan.epochs,
        batch=plan.batch_size,
        seed=plan.seed,
        optimizer=plan.optimizer.name,
        lr=plan.optimizer.lr,
        options=options,
        parameters=_parameters(program, plan),
        pulls="".join(f" + {pull!r} * {_field(name)}.abs().sum()"
                      for pull, names in drawn(program.graph, _learnt(program)).items() for name in names),
        first=names[0],
        batches=", ".join(f"{name}[rows]" for name in names),
    )


def _learnt(program: Program) -> list[str]:
    return [name for name, one in program.root.named_parameters() if one.requires_grad]


def _parameters(program: Program, plan: Plan) -> str:
    """What the optimiser gets: everything, or groups where nodes learn in ways of their own."""
    plain, *others = groups(program.graph, _learnt(program))
    if not others:
        return "network.parameters()"
    usual = inspect.signature(resolve(f"torch.optim.{plan.optimizer.name}")).parameters["weight_decay"].default
    decay, lr = plan.optimizer.options.get("weight_decay", usual), plan.optimizer.lr
    lines = [f'        {{"params": [{_fields(plain.names)}]}},'] if plain.names else []
    for one in others:
        said = (f', "lr": {lr * one.rate!r}' if one.rate != 1.0 else "") + (
            f', "weight_decay": {decay + one.l2!r}' if one.l2 else "")
        lines.append(f'        {{"params": [{_fields(one.names)}]{said}}},')
    return "\n".join(["[", *lines, "    ]"])


def _fields(names: Iterable[str]) -> str:
    return ", ".join(_field(name) for name in names)


def _field(name: str) -> str:
    plain = all(part.isidentifier() for part in name.split("."))
    return f"network.{name}" if plain else f"network.get_parameter({name!r})"
