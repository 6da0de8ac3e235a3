"""What the README says of itself is so."""

from __future__ import annotations

import re

from neuralgraph.explain.views.every import VIEWS
from neuralgraph.lessons.course import course_page, lessons
from neuralgraph.nodes import CATALOG
from neuralgraph.resources import examples, resources

README = (examples().parent / "README.md").read_text("utf-8")


def test_its_numbers_are_those_of_the_program() -> None:
    assert f"{len(CATALOG)} node types" in README
    assert f"{len(VIEWS)} views" in README
    assert f"{len(list(examples().glob('*.ngraph')))} examples" in README
    assert f"{len(lessons())} lessons" in README


def test_the_course_page_is_current() -> None:
    """Written anew by `python -c "from neuralgraph.lessons.course import course_page; print(course_page())"`."""
    assert (resources() / "lessons" / "COURSE.txt").read_text("utf-8") == course_page()
    assert "resources/lessons/COURSE.txt" in README


def test_every_picture_and_file_that_it_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (examples().parent / name).exists(), name
