"""A network as a truth table: what any of its nodes answers to every combination of inputs that are yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.errors import ParameterError
from neuralgraph.explain.judging import BENT, Head, Judged, Kind, head, heads, meant
from neuralgraph.explain.logic import LOOKED, MOST_BITS, Bits, answering, bits_of, levels, said, separable
from neuralgraph.explain.slicing import inputs
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Pen, Shown, Table
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param

Array = NDArray[Any]
KINDS: tuple[Kind, ...] = ("classes", "numbers", "labels")
UNSAID = "?"
ASK = "Say what is wanted: click rows, or set wanted, such as 0110."


@dataclass(frozen=True)
class Answer:
    """The cells of one row, and whether it is a yes; None where that is no question of yes or no."""

    cells: tuple[Any, ...]
    yes: bool | None
    right: bool | None = None


class TruthTable(View):
    """Every combination of inputs that are yes or no, with the answer of the network and what it should be.

    Choose the answer of any node, also of hidden units, and say what you want: click the last column. A row that
    stands out is wrong. «Build the minterm net» makes a network with a hidden unit for every yes that is wanted: so
    one hidden layer can do any function of yes and no, but a single unit not every one. A row without a truth is none
    of the data: the network had to make up its mind by itself.
    """

    scope = "network"
    group = "Answers"
    icon = "table-eye"
    act = "minterms"
    answer: str = param("", "Whose answer; where nothing is said that of the chosen node, else the first one.")
    unit: int = param(0, "Of a node with several units the one that is held against what is wanted.", min=0, max=7)
    wanted: str = param("", "What it should be, row by row: 0 for no, 1 for yes. Where nothing is said, as in the "
                        "data.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(_known(at)) if option == "answer" else ()

    @classmethod
    def fits(cls, at: At) -> str:
        if _known(at):
            return ""
        one = head(at, "", *KINDS)
        if one is None or one.spec(at.program).rank != 2:
            return "This network gives no answer that could stand in a table."
        known = inputs(at, [one.node])
        if not known or len({found.key for found in known}) > 1:
            return "Its inputs are not a row of numbers."
        if len(known) > MOST_BITS:
            return f"It has {len(known):,} inputs; a truth table takes at most {MOST_BITS}."
        return "Its inputs are not only yes or no; they take other values too."

    def look(self, at: At) -> Shown:
        known = _known(at)
        node = self.of(at)
        bits, table = known[node], known[node].table
        raw = said(at, bits, node, table)
        which = next((one for one in heads(at) if one.node == node and one.kind in KINDS), None)
        truths = _truths(at, which, bits.key, table)
        ends = _ends(which, truths, bits)
        middle = sum(ends) / 2 if ends is not None else None
        told = [_judged(at, which, raw[n:n + 1], truths[n], middle) for n in range(len(raw))] if which is not None \
            else [_unit(at, node, row, min(self.unit, raw.shape[1] - 1)) for row in raw]
        pen = self._pen(which, ends, truths, told)
        if pen is not None:
            told = [_held(one, sign, pen) for one, sign in zip(told, pen.text, strict=True)]
        judged = [one.right for one in told if one.right is not None]
        rows = tuple((*(f"{value:g}".replace("-", "−") for value in row), *one.cells,
                      *((("right" if one.right else "wrong") if one.right is not None else "",) if judged else ()))
                     for row, one in zip(table, told, strict=True))
        columns = (*bits.names, *_columns(which, node, raw.shape[1]), "wanted", *(("",) if judged else ()))
        column = len(bits.names) + len(told[0].cells) - 1
        strange = sum(one is None for one in truths) if which is not None else 0
        return Table(columns, rows, marked=frozenset(n for n, one in enumerate(told) if one.right is False),
                     title=f"Truth table of {node}", note=self._note(judged, strange, pen, table),
                     pen=Pen(pen.option, pen.text, pen.signs, pen.names, column=column) if pen is not None else None)

    def of(self, at: At) -> str:
        """The node whose answers stand in the table."""
        known = _known(at)
        return next((one for one in (self.answer, at.node) if one in known), None) or _first(at, known)

    def bits(self, at: At) -> Bits | None:
        """The inputs that stand in the table; None where there is none."""
        known = _known(at)
        return known[self.of(at)] if known else None

    def _pen(self, which: Head | None, ends: tuple[float, float] | None, truths: list[Array | None],
             told: list[Answer]) -> Pen | None:
        """What is wanted, where it is a matter of yes and no; `ParameterError` for signs that fit no row."""
        if ends is None:
            return None
        names = which.names if which is not None and which.kind == "classes" else tuple(
            f"{one:g}".replace("-", "−") for one in ends)
        text = "".join(UNSAID if one is None else str(int(float(np.ravel(one)[0]) > ends[0])) for one in truths)
        if set(self.wanted) - set("01"):
            raise ParameterError(f"wanted expects a sign for each row, 0 for no or 1 for yes; it got {self.wanted!r}.",
                                 parameter="wanted")
        if len(self.wanted) == len(told):
            text = self.wanted
        return Pen("wanted", text, "01", names)

    def _note(self, judged: list[bool], strange: int, pen: Pen | None, table: Array) -> str:
        some = [f"{sum(judged)} of {len(judged)} are right."] if judged else []
        some += [f"{strange} of {len(table)} are not in the data."] if strange and not self.wanted else []
        if pen is not None and UNSAID not in pen.text:
            alone = separable(table, np.array([one == "1" for one in pen.text]))
            some += [] if alone is None else ["A single unit can do what is wanted."] if alone else [
                "No single unit can do what is wanted: it takes a hidden layer."]
        elif pen is not None and set(pen.text) == {UNSAID}:
            some.append(ASK)
        if self.wanted and len(self.wanted) != len(table):
            some.append(f"What was wanted is for {len(self.wanted)} rows, but here are {len(table)}.")
        return " ".join(some)


def _known(at: At) -> dict[str, Bits]:
    """The nodes whose answers can stand in a table."""
    if "logic" not in at.known:
        found = answering(at.program, bits_of(at.program, at.rows))
        judging = [one.node for one in heads(at) if one.kind in KINDS]
        at.known["logic"] = {one: found[one] for one in (*(one for one in judging if one in found), *found)}
    known: dict[str, Bits] = at.known["logic"]
    return known


def _first(at: At, known: dict[str, Bits]) -> str:
    """What is judged, else an Output, else the last node."""
    judging = next((one.node for one in heads(at) if one.node in known), None)
    outputs = [one for one in known if at.program.node(one).role == "output"]
    return judging or (outputs[0] if outputs else list(known)[-1])


def _columns(which: Head | None, node: str, wide: int) -> tuple[str, ...]:
    if which is not None:
        return ("answer", "sure") if which.kind == "classes" else ("answer",)
    return (node,) if wide == 1 else tuple(f"{node} {n}" for n in range(wide))


def _truths(at: At, which: Head | None, key: str, table: Array) -> list[Array | None]:
    """What is true of each row of the table, where the data say."""
    if which is None or at.rows is None:
        return [None] * len(table)
    target = next(name for name, (id, output, _) in at.program.sources.items() if (id, output) == which.truth)
    x, y = (np.asarray(at.rows.arrays[name][: LOOKED]) for name in (key, target))
    flat = x.reshape(len(x), -1)
    known = {tuple(row.tolist()): n for n, row in reversed(list(enumerate(flat)))}
    return [y[known[tuple(row.tolist())]][None] if tuple(row.tolist()) in known else None for row in table]


def _ends(which: Head | None, truths: list[Array | None], bits: Bits) -> tuple[float, float] | None:
    """What stands for no and for yes in the wanted column; None where that holds more than the two."""
    if which is None:
        return bits.low, bits.high
    if which.kind == "classes":
        return (0.0, 1.0) if len(which.names) == 2 else None
    known = [float(np.ravel(one)[0]) for one in truths if one is not None]
    return levels(np.array(known)) if which.kind == "numbers" and len(which.names) == 1 and known else None


def _judged(at: At, which: Head, raw: Array, truth: Array | None, middle: float | None) -> Answer:
    """What the network answers, in the words of the data, and what is true; a number above the middle is a yes."""
    wide = len(which.names)
    blank = np.zeros((1, wide) if which.kind in ("labels", "numbers") else (1,), np.float32)
    found: Judged = meant(at, which, np.zeros(1, np.int64), raw, truth if truth is not None else blank)
    if which.kind == "classes":
        said, true = int(found.answer[0]), int(found.true[0])
        return Answer((which.names[said], f"{found.sure[0]:.1%}", which.names[true] if truth is not None else ""),
                      said == 1 if wide == 2 else None, said == true if truth is not None else None)
    if which.kind == "labels":
        yes, true_ = found.said[0] >= 0.5, found.true[0] > 0.5
        words = [", ".join(name for name, one in zip(which.names, some, strict=True) if one) or "none"
                 for some in (yes, true_)]
        return Answer((words[0], words[1] if truth is not None else ""), None,
                      bool((yes == true_).all()) if truth is not None else None)
    numbers = [", ".join(_plain(float(value)) for value in one[0][:4]) for one in (found.said, found.true)]
    return Answer((numbers[0], numbers[1] if truth is not None else ""),
                  bool(found.said[0, 0] > middle) if middle is not None else None)


def _unit(at: At, node: str, row: Array, unit: int) -> Answer:
    """What the units of a node give, and whether that in question says yes: it is above the middle of its range."""
    while at.program.graph.nodes[node].type in ("Output", "Identity"):
        node = next(iter(at.program.inference.wires[node].values())).source
    middle = 0.5 if at.program.graph.nodes[node].type in (*BENT, "Heaviside", "Hardsigmoid") else 0.0
    return Answer((*(_plain(float(value)) for value in row), ""), bool(row[unit] > middle))


def _plain(value: float) -> str:
    """A whole number as such: −1, not −1.00."""
    return f"{value:.0f}".replace("-", "−") if value.is_integer() and abs(value) < 1000 else spelled(value)


def _held(one: Answer, sign: str, pen: Pen) -> Answer:
    """With what is wanted, and whether it is that."""
    if one.yes is None:
        return one
    if sign == UNSAID:
        return Answer((*one.cells[:-1], UNSAID), one.yes) if set(pen.text) == {UNSAID} else one
    return Answer((*one.cells[:-1], pen.names[int(sign)]), one.yes, one.yes == (sign == "1"))


LOGIC: tuple[type[View], ...] = (TruthTable,)
