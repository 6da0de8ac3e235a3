"""The lessons there are, in order, and the page that says which example shows which system of the mission."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from neuralgraph.lessons.lesson import Lesson
from neuralgraph.lessons.reading import read_lesson
from neuralgraph.resources import examples, resources

OVER_SEEDS = "What they reach over several seeds, least, median and greatest, stands in FIGURES.txt beside this page."


@lru_cache(maxsize=1)
def lessons() -> tuple[Lesson, ...]:
    """Every lesson by its number."""
    paths = (resources() / "lessons").glob("*.md")
    found = [read_lesson(path.read_text("utf-8"), path.stem) for path in paths]
    return tuple(sorted(found, key=lambda one: one.number))


def place_of(example: Path | str) -> tuple[Lesson, int] | None:
    """The lesson that an example belongs to, and the step at which it is needed; None where it belongs to none."""
    name = Path(example).stem
    for one in lessons():
        if one.name == name:
            return one, 0
        for at, screen in enumerate(one.screens):
            if screen.opens == name:
                return one, at
    return None


def lesson_of(example: Path | str) -> Lesson | None:
    """The lesson that an example belongs to; None where there is none."""
    found = place_of(example)
    return found[0] if found is not None else None


def example_of(lesson: Lesson) -> Path:
    """The document that a lesson is about."""
    return document(lesson.name)


def document(name: str) -> Path:
    """The example of this name: that of a lesson, or one that a lesson opens beside it."""
    return examples() / f"{name}.ngraph"


def beside(lesson: Lesson) -> tuple[str, ...]:
    """The names of the examples that a lesson opens beside its own."""
    return tuple(dict.fromkeys(one.opens for one in lesson.screens if one.opens))


def course_page() -> str:
    """The table «row → example → figure → reference» as Markdown."""
    rows = sorted(((shown.row, one, shown) for one in lessons() for shown in one.shows),
                  key=lambda found: (found[0], found[1].number))
    lines = ["| row | example | shows | figure | reference |", "|---|---|---|---|---|"]
    lines += [f"| {row} | {one.number:02} {one.title} | {shown.what} | {shown.expected} | {shown.reference} |"
              for row, one, shown in rows]
    return "\n".join([*lines, "", OVER_SEEDS]) + "\n"
