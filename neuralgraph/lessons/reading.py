"""Lessons out of text: Markdown with a head of names and values, and lines that begin with > for what can be done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from neuralgraph.errors import DocumentError
from neuralgraph.lessons.lesson import (
    PLACES,
    VERBS,
    WALKS,
    Answer,
    Bullets,
    Check,
    Do,
    Formula,
    Lesson,
    Part,
    Point,
    Prose,
    Question,
    Screen,
    Shows,
    Table,
)
from neuralgraph.spec.formula import Misread, read_formula
from neuralgraph.spec.help import FORMULA

HEAD = re.compile(r"(topic|minutes|about|rows|shows): *(.+)")
DIRECTIVE = re.compile(r"> *(do|point|check): *([^|]+?) *(?:\| *(.+))?$")
ANSWER = re.compile(r"- \(( |x)\) *(.+?) *\| *(.+)$")
CONDITION = re.compile(r"(.+?) *(<=|>=|<|>|=| is )\s*(.+)$")
NAMED = ("panel", "node", "menu")


class _Lines:
    """Lines with their numbers, one at a time."""

    def __init__(self, text: str, name: str) -> None:
        self.lines, self.at, self.name = text.splitlines(), 0, name

    def peek(self) -> str | None:
        return self.lines[self.at].rstrip() if self.at < len(self.lines) else None

    def take(self) -> str:
        self.at += 1
        return self.lines[self.at - 1].rstrip()

    def wrong(self, why: str) -> NoReturn:
        raise DocumentError(f"The lesson {self.name} cannot be read: line {self.at}: {why}")


def read_lesson(text: str, name: str) -> Lesson:
    """A lesson; `name` is that of its file without the ending, «06-one-neuron». `DocumentError` says what is wrong."""
    lines = _Lines(text, name)
    first = lines.take() if lines.lines else ""
    if not first.startswith("# "):
        lines.wrong("a lesson begins with its title: # One neuron.")
    head: dict[str, str] = {}
    shows: list[Shows] = []
    while (line := lines.peek()) is not None and not line.startswith("## "):
        lines.take()
        if not line:
            continue
        found = HEAD.fullmatch(line)
        if found is None:
            lines.wrong(f"{line!r} is neither a heading nor one of topic, minutes, about, rows, shows.")
        if found[1] == "shows":
            shows.append(_shows(lines, found[2]))
        else:
            head[found[1]] = found[2]
    for key in ("topic", "minutes", "about", "rows"):
        if key not in head:
            lines.wrong(f"{key} is missing in the head.")
    _check_formulas(lines, text)
    screens = tuple(_screens(lines))
    if not screens:
        lines.wrong("a lesson has at least one step: ## What you see.")
    return Lesson(int(name.partition("-")[0]), name, first[2:].strip(), head["topic"], int(head["minutes"]),
                  head["about"], _numbers(lines, head["rows"]), tuple(shows), screens)


def _check_formulas(lines: _Lines, text: str) -> None:
    """Every formula can be set, in the notation of the help pages."""
    for number, line in enumerate(text.splitlines(), 1):
        alone = line.startswith("$$")
        for found in [line.strip("$ ")] if alone else FORMULA.findall(line):
            try:
                read_formula(found)
            except Misread as error:
                lines.at = number
                lines.wrong(str(error))


def _numbers(lines: _Lines, text: str) -> tuple[int, ...]:
    """«23-26, 32, 35»."""
    found: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdigit() or (dash and not high.isdigit()):
            lines.wrong(f"rows are numbers: 23-26, 32; not {part.strip()!r}.")
        found += range(int(low), int(high or low) + 1)
    return tuple(found)


def _shows(lines: _Lines, text: str) -> Shows:
    parts = [one.strip() for one in text.split("|")]
    if len(parts) != 4 or not parts[0].isdigit():
        lines.wrong("shows: row | what | figure | reference.")
    return Shows(int(parts[0]), *parts[1:])


def _screens(lines: _Lines) -> Iterator[Screen]:
    while (line := lines.peek()) is not None:
        lines.take()
        if line:
            yield Screen(line[3:].strip(), tuple(_parts(lines)))


def _parts(lines: _Lines) -> Iterator[Part]:
    while (line := lines.peek()) is not None and not line.startswith("## "):
        if not line:
            lines.take()
        elif line.startswith(">"):
            yield _directive(lines)
        elif line.startswith("? "):
            yield _question(lines)
        elif line.startswith("- "):
            yield Bullets(tuple(one[2:] for one in _joined(lines, "- ")))
        elif line.startswith("|"):
            yield _table(lines)
        elif line.startswith("$$") and line.endswith("$$") and len(line) > 4:
            yield Formula(lines.take()[2:-2].strip())
        else:
            yield Prose(" ".join(_paragraph(lines)))


def _paragraph(lines: _Lines) -> Iterator[str]:
    while (line := lines.peek()) and not line.startswith((">", "? ", "- ", "## ", "|", "$$")):
        yield lines.take().strip()


def _joined(lines: _Lines, mark: str) -> list[str]:
    """Lines that begin with a mark; those that are indented belong to the one before."""
    found: list[str] = []
    while (line := lines.peek()) and (line.startswith(mark) or (found and line.startswith("  "))):
        lines.take()
        if line.startswith(mark):
            found.append(line)
        else:
            found[-1] += " " + line.strip()
    return found


def _table(lines: _Lines) -> Table:
    rows = []
    while (line := lines.peek()) and line.startswith("|"):
        cells = tuple(one.strip() for one in lines.take().strip("|").split("|"))
        if not all(set(one) <= set("-: ") for one in cells):
            rows.append(cells)
    return Table(tuple(rows))


def _question(lines: _Lines) -> Question:
    text = lines.take()[2:].strip()
    answers = []
    for line in _joined(lines, "- ("):
        found = ANSWER.fullmatch(line)
        if found is None:
            lines.wrong("an answer is - (x) the right one | why, or - ( ) a wrong one | why.")
        answers.append(Answer(found[2], found[1] == "x", found[3]))
    if len(answers) < 2 or sum(one.right for one in answers) != 1:
        lines.wrong("a question has two answers or more, and exactly one of them is right.")
    return Question(text, tuple(answers))


def _directive(lines: _Lines) -> Part:
    found = DIRECTIVE.fullmatch(lines.take())
    if found is None:
        lines.wrong("a line that begins with > is > do: …, > point: … or > check: …, perhaps with | and a label.")
    kind, what, label = found[1], found[2], found[3] or ""
    match kind:
        case "do":
            return _do(lines, what, label)
        case "point":
            place, _, name = what.partition(" ")
            if place not in PLACES or (place in NAMED) != bool(name):
                lines.wrong(f"there is no place {what!r}. There are: {', '.join(PLACES)}.")
            return Point(place, name, label or "Show me")
        case _:
            condition = CONDITION.fullmatch(what)
            if condition is None or not label:
                lines.wrong("a check is > check: loss < 0.05 | The loss is below 0.05.")
            by = condition[2].strip()
            return Check(condition[1].strip(), by, condition[3].strip(), label)  # type: ignore[arg-type]


def _do(lines: _Lines, what: str, label: str) -> Do:
    verb, _, rest = what.partition(" ")
    if verb not in VERBS:
        lines.wrong(f"there is nothing to do called {verb!r}. There are: {', '.join(VERBS)}.")
    if verb == "set":
        name, equals, value = (one.strip() for one in rest.partition("="))
        if not equals or "." not in name:
            lines.wrong("set takes node.parameter = value, or plan.setting = value.")
        words: tuple[str, ...] = (name, value)
    else:
        words = tuple(one for one in rest.split() if one != "of")
    count, begin = VERBS[verb]
    if len(words) != count if count >= 0 else not 1 <= len(words) <= 2:
        lines.wrong(f"{verb} takes {count if count >= 0 else 'one or two'} words, not {len(words)}.")
    if verb == "walk" and words[0] not in WALKS:
        lines.wrong(f"there is no walk {words[0]!r}. There are: {', '.join(WALKS)}.")
    return Do(verb, words, label or " ".join((begin, *words)))
