"""The lessons there are, in order, and the page that says which example shows which system of the mission."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from neuralgraph.lessons.lesson import Lesson
from neuralgraph.lessons.reading import read_lesson
from neuralgraph.resources import examples, resources


@lru_cache(maxsize=1)
def lessons() -> tuple[Lesson, ...]:
    """Every lesson by its number."""
    paths = (resources() / "lessons").glob("*.md")
    found = [read_lesson(path.read_text("utf-8"), path.stem) for path in paths]
    return tuple(sorted(found, key=lambda one: one.number))


def lesson_of(example: Path | str) -> Lesson | None:
    """The lesson beside an example; None where there is none."""
    name = Path(example).stem
    return next((one for one in lessons() if one.name == name), None)


def example_of(lesson: Lesson) -> Path:
    """The document that a lesson is about."""
    return examples() / f"{lesson.name}.ngraph"


def course_page() -> str:
    """The table «row → example → figure → reference» as Markdown."""
    rows = sorted(((shown.row, one, shown) for one in lessons() for shown in one.shows),
                  key=lambda found: (found[0], found[1].number))
    lines = ["| row | example | shows | figure | reference |", "|---|---|---|---|---|"]
    lines += [f"| {row} | {one.number:02} {one.title} | {shown.what} | {shown.expected} | {shown.reference} |"
              for row, one, shown in rows]
    return "\n".join(lines) + "\n"
