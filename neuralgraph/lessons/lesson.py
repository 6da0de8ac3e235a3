"""What a lesson is: steps of words, formulas, things to do, places to look at, checks and questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph: `$…$` is a formula in the line, `**…**` bold, `` `…` `` a name."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula on a line of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first of them heads."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Do:
    """Something that the lesson does for the learner at a click. `verb` is one of `VERBS`, `words` its objects."""

    verb: str
    words: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the window to look at: one of `PLACES`, with a name for some (`node hidden`, `panel plots`)."""

    place: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Check:
    """What has to be true before the step is done. `what` is compared with `value` by `by`: «loss», «<», «0.05»."""

    what: str
    by: Literal["<", "<=", "=", ">=", ">", "is"]
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the answers to a question, and why it is right or wrong."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with answers to choose from."""

    text: str
    answers: tuple[Answer, ...]


Part: TypeAlias = Prose | Formula | Bullets | Table | Do | Point | Check | Question

VERBS: dict[str, tuple[int, str]] = {
    "train": (0, "Train"), "pause": (0, "Pause"), "stop": (0, "Stop"), "reset": (0, "Reset"),
    "batch": (0, "Learn one batch"), "epoch": (0, "Learn one epoch"), "present": (0, "Presenter mode"),
    "undo": (0, "Undo"), "all": (0, "Show the whole network"), "panel": (1, "Open the panel"),
    "view": (-1, "Show the view"), "select": (1, "Select the node"), "set": (2, "Change"),
    "walk": (-1, "Walk through it:"), "open": (1, "Open the example"),
}
"""What a lesson can do, with how many words follow (−1: one or two) and how the button begins where nothing is said.

`open` opens another example beside the lesson's own: the whole step is about that one. `walk reverse of z` derives z,
`walk forward of x` by x."""
WALKS = ("step", "forward", "reverse", "static", "dynamic")
"""What can be walked through in the Step panel."""
PLACES = ("train", "reset", "step", "stop", "seed", "device", "present", "epoch", "palette", "canvas", "properties",
          "inspector", "panel", "node", "menu")
"""Where a lesson can point; the last three take a name."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One step: a title, and what is below it."""

    title: str
    parts: tuple[Part, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(one for one in self.parts if isinstance(one, Check))

    @property
    def opens(self) -> str:
        """The example that the step is about; "" where it is the lesson's own."""
        return next((one.words[0] for one in self.parts if isinstance(one, Do) and one.verb == "open"), "")


@dataclass(frozen=True, slots=True)
class Shows:
    """A figure of a row of the mission that the example shows: what, how much, and the reference it is held against."""

    row: int
    what: str
    expected: str
    reference: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson beside an example. `minutes` is how long it takes, `rows` what of the mission it covers."""

    number: int
    name: str
    title: str
    topic: str
    minutes: int
    about: str
    rows: tuple[int, ...]
    shows: tuple[Shows, ...]
    screens: tuple[Screen, ...]
