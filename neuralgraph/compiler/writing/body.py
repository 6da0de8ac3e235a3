"""The lines of a class written out: what its constructor makes, and what it runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from neuralgraph.compiler.writing.lines import Key, Line, Made, Part, Step, needed
from neuralgraph.compiler.writing.pen import Names, Pen, attribute, docstring, group, packed
from neuralgraph.compiler.writing.starts import filling, typing


class Body:
    """Writes one class; `used` are the classes that it needs."""

    def __init__(self, pen: Pen, made: Made, arguments: dict[Key, str] | None = None) -> None:
        self.pen, self.made, self.skeleton = pen, made, made.skeleton
        self.used: dict[Made, None] = {}
        self._names = Names(pen.taken)
        self._values: dict[Key, str] = {}
        for key in self.skeleton.entries:
            self._values[key] = self._names.take((arguments or {}).get(key, key[0]))
        for line in sorted(self.skeleton.lines, key=lambda one: "/" in one.path):  # short names for what lies here
            for output in line.outputs:
                wishes = (line.path,) if len(line.outputs) == 1 else (f"{line.path}_{output}", f"{line.path}__{output}")
                self._values[line.path, output] = self._names.take(
                    *(one.replace("/", "_") for one in wishes), wishes[-1].replace("/", "__"))
        self._turn = ""

    def value(self, key: Key) -> str:
        """The variable that holds a value."""
        return self._values[key]

    def attributes(self) -> set[str]:
        """The names of its attributes."""
        return {line.path.partition("/")[0] for line in self.skeleton.lines if _holds(line)}

    # -- the constructor --------------------------------------------------------------------------------------------

    def init(self) -> list[str]:
        """What the constructor does after that of `nn.Module`."""
        made = self.made
        kept = {made.filled[at, place] for at, line in enumerate(self.skeleton.lines)
                for place in range(len(line.init), len(line.init) + len(line.run)) if (at, place) in made.filled}
        lines = [f"self.{name} = {name}" for name, _ in made.params if name in kept]
        held = [line.path for line in self.skeleton.lines if _holds(line)]
        for room, turns in self.skeleton.rooms:
            if any(one.startswith(f"{room}/") for one in held):
                many = f"nn.ModuleList(nn.Module() for _ in range({turns}))"
                lines.append(f"{attribute(room)} = {'nn.Module()' if turns == 1 else many}")
        for at, line in enumerate(self.skeleton.lines):
            if _holds(line):
                lines.append(f"{attribute(line.path)} = {self._built(at, line)}")
                if isinstance(line, Step):
                    lines += filling(line.starts, line.path)
                if line.frozen:
                    lines.append(f"{attribute(line.path)}.requires_grad_(False)")
        typed = [f"    {one}" for line in self.skeleton.lines if isinstance(line, Step)
                 for one in typing(line.starts, line.path)]
        return [*lines, *(["with torch.no_grad():  # typed-in weights"] if typed else []), *typed]

    def _built(self, at: int, line: Line) -> str:
        texts = self._texts(at, line)[: len(line.init)]
        if isinstance(line, Part):
            return self._copies(line, texts)
        assert line.call is not None
        given = dict(zip(line.init, texts, strict=True))
        words = []
        for name, made in line.cells:
            inner = [given.pop(f"{name}.{word}") for word, _ in made.params]
            words.append(f"{name}={self._made(made, inner)}")
        words += [f"{name}={text}" for name, text in given.items()]
        return f"{self.pen.target(line.call.target)}({', '.join(words)})"

    def _copies(self, line: Part, texts: Sequence[str]) -> str:
        if line.own == "one":
            return self._made(line.classes[0], texts)
        if line.own == "repeat":
            return f"nn.ModuleList({self._made(line.classes[0], texts[1:])} for _ in range({texts[0]}))"
        each, start = [], 0
        for made in line.classes:
            each.append(self._made(made, texts[start : start + len(made.params)]))
            start += len(made.params)
        return f"nn.ModuleList([{', '.join(each)}])"

    def _made(self, made: Made, texts: Sequence[str]) -> str:
        self.used[made] = None
        words = [f"{name}={text}" for (name, _), text in zip(made.params, texts, strict=True)]
        return f"{made.name}({', '.join(words)})"

    def _texts(self, at: int, line: Line) -> list[str]:
        """What stands in the slots: values, or parameters of the constructor, which are kept for running."""
        filled, found = self.made.filled, []
        for place, text in enumerate(self.made.texts[at]):
            name = filled.get((at, place))
            found.append(text if name is None else name if place < len(line.init) else f"self.{name}")
        return found

    # -- running ----------------------------------------------------------------------------------------------------

    def run(self, keys: Iterable[Key], known: Collection[str] = ()) -> list[str]:
        """The statements that give these values, but for those at the paths `known`."""
        wanted = needed(self.skeleton.lines, keys)
        found: list[str] = []
        for at, line in enumerate(self.skeleton.lines):
            if line.path in wanted and line.path not in known:
                texts = self._texts(at, line)[len(line.init) :]
                found += self._part(line, texts) if isinstance(line, Part) else [self._step(line, texts)]
        return found

    def _step(self, line: Step, texts: Sequence[str]) -> str:
        args = [self.value(key) for key in line.takes]
        if line.call is None:
            return f"{self.value((line.path, line.outputs[0]))} = {args[0]}"
        words = [f"{name}={text}" for name, text in zip(line.run, texts, strict=True)]
        words += [f"{name}={self.value(key)}" for name, key in line.named]
        if line.call.kind == "module":
            expression = f"{attribute(line.owner)}({', '.join(packed(args, line.call.pack) + words)})"
        else:
            expression = self.pen.call(line.call.target, args, words, line.call.pack)
        names = [self.value((line.path, output)) for output in line.outputs]
        picks = line.call.picks
        if picks is None:
            return f"{names[0]} = {expression}"
        if len(picks) == 1:
            return f"{names[0]} = {expression}" + "".join(f"[{index}]" for index in picks[0])
        return f"{_pattern(dict(zip(picks, names, strict=True)))} = {expression}"

    def _part(self, line: Part, texts: Sequence[str]) -> list[str]:
        args = [self.value(key) for key in line.takes]
        names = [self.value((line.path, output)) for output in line.outputs]
        gives = ", ".join(names)
        again = [arg if feed < 0 else names[feed] for arg, feed in zip(args, line.feeds, strict=True)]
        if line.loop in ("once", "unrolled"):
            first, *others = line.calls
            return [f"{gives} = {attribute(first)}({', '.join(args)})",
                    *(f"{gives} = {attribute(one)}({', '.join(again)})" for one in others)]
        fed = {names[feed]: arg for arg, feed in zip(args, line.feeds, strict=True) if feed >= 0}
        lines = [f"{', '.join(fed)} = {', '.join(fed.values())}"] if fed else []
        called = attribute(line.calls[0])
        if line.loop == "each":
            self._turn = self._turn or self._names.take("block", "layer", "turn")
            lines.append(f"for {self._turn} in {called}:")
            called = self._turn
        else:
            lines.append(f"for _ in range({texts[0]}):")
        return [*lines, f"    {gives} = {called}({', '.join(again)})"]


def class_text(made: Made, body: Body) -> str:
    """A drawn module as a class."""
    words = [f"{name}: {kind}" if kind else name for name, kind in made.params]
    init = body.init()
    lines = [f"class {made.name}(nn.Module):", *([*docstring(made.about, "    "), ""] if made.about else [])]
    if init or words:
        lines += [f"    def __init__({', '.join(['self', *words])}) -> None:", "        super().__init__()"]
        lines += [*indented(init), ""]
    shape = made.skeleton
    lines.append(f"    def forward({', '.join(['self', *(body.value(key) for key in shape.entries)])}):")
    lines += indented(body.run(shape.exits))
    gives = [body.value(key) for key in shape.exits]
    said = f"  # {', '.join(shape.doors)}" if len(gives) > 1 and gives != list(shape.doors) else ""
    lines.append(f"        return {group(gives) if shape.alone else ', '.join(gives)}{said}")
    return "\n".join(lines)


def indented(lines: Iterable[str]) -> list[str]:
    return [f"        {line}" for line in lines]


def _holds(line: Line) -> bool:
    """It has an attribute of its own."""
    if isinstance(line, Part):
        return bool(line.own)
    return line.call is not None and line.call.kind == "module" and line.owner == line.path


def _pattern(names: dict[tuple[int, ...], str], at: tuple[int, ...] = ()) -> str:
    """Where the outputs lie in what a call gives: `output, (h_n, c_n)`."""
    if at in names:
        return names[at]
    inner = [_pattern(names, (*at, one)) for one in sorted({path[len(at)] for path in names if path[: len(at)] == at})]
    return f"({', '.join(inner)})" if at else ", ".join(inner)
