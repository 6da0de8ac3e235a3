"""Every lesson can be read, means things that are there, and the reader says where a lesson is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import neuralgraph as ng
from neuralgraph.errors import DocumentError
from neuralgraph.explain.views.every import VIEWS
from neuralgraph.figures.draw import draw
from neuralgraph.graph.planning import planned
from neuralgraph.lessons.course import beside, course_page, document, example_of, lesson_of, lessons, place_of
from neuralgraph.lessons.lesson import Bullets, Check, Do, Lesson, Part, Point, Prose, Question, Table
from neuralgraph.lessons.reading import read_lesson
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session
from neuralgraph.spec.initial import refusal
from neuralgraph.ui.lessons.acting import start, value
from neuralgraph.ui.lessons.checking import Facts, met

LESSONS = lessons()
PANELS = {"plots", "problems", "runs", "data", "try", "views", "samples", "confusion", "boundary", "outline", "log",
          "history", "step"}
GOOD = """# One neuron
topic: Neurons
minutes: 5
about: A neuron.
rows: 23-25, 32
shows: 32 | step at 0 | 0 | K04

## What you see
Words with $x^2$ and **bold**
over two lines.

- one
  goes on
- two

| a | b |
|---|---|
| 1 | 2 |

$$y = w · x + b$$

> do: set hidden.out_features = 3 | Three neurons
> point: node hidden
> check: loss < 0.1 | Below 0.1

? Why?
- ( ) No | Not so.
- (x) Yes | Because.
"""


def parts(lesson: Lesson) -> Iterator[Part]:
    for screen in lesson.screens:
        yield from screen.parts


def about(lesson: Lesson) -> dict[str, list[Part]]:
    """What the lesson says of each document: of its own, and of those that it opens."""
    found: dict[str, list[Part]] = {lesson.name: []}
    for screen in lesson.screens:
        found.setdefault(screen.opens or lesson.name, []).extend(screen.parts)
    return found


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.name)
def test_a_lesson_means_what_is_there(lesson: Lesson) -> None:
    assert 1 <= len(lesson.screens) <= 8 and lesson.rows and lesson.minutes <= 30
    for name, said in about(lesson).items():
        session = Session.open(document(name), as_copy=True)
        assert lesson_of(session.title) == lesson and name.startswith(f"{lesson.number:02}-")
        means_what_is_there(session, said)
    for screen in lesson.screens:
        assert any(isinstance(one, Prose | Bullets | Table | Question) for one in screen.parts), screen.title


def means_what_is_there(session: Session, said: list[Part]) -> None:
    graph, catalog = session.graph, session.catalog
    views = {one.name() for one in VIEWS}
    for part in said:
        match part:
            case Point(place="node", name=node):
                assert node.rpartition("/")[2] and (node in graph.nodes or "/" in node), node
            case Point(place="panel", name=name) | Do(verb="panel", words=(name,)):
                assert name in PANELS, name
            case Do(verb="select", words=(node,)):
                assert node in graph.nodes or "/" in node, node
            case Do(verb="view", words=words):
                assert words[0] in views, words
                assert len(words) == 1 or words[1] in graph.nodes or "/" in words[1], words
            case Do(verb="walk", words=(mode, of)):
                assert of in session.derivable(mode), words  # type: ignore[arg-type]
            case Do(verb="set", words=(name, text)):
                node, _, key = name.partition(".")
                if node == "plan":
                    planned(graph.plan, **{key: value(text)})
                elif key == "initial":
                    assert not refusal(start(text)), text
                elif key not in ("frozen", "bypassed", "type"):
                    param = catalog[graph.nodes[node].type].params[key]
                    param.check(text if param.kind in ("text", "choice", "file") else value(text))
            case Check():
                assert isinstance(met(part, Facts(graph, catalog)), bool)


DOCUMENTS = [(lesson, name) for lesson in LESSONS for name in (lesson.name, *beside(lesson))]


@pytest.mark.parametrize(("lesson", "name"), DOCUMENTS, ids=[name for _, name in DOCUMENTS])
def test_every_view_that_a_lesson_shows_can_be_shown(lesson: Lesson, name: str) -> None:
    graph = ng.load(document(name))
    session = graph.session
    if any(session.catalog[one.type].role == "loss" for one in session.graph.nodes.values()):
        ng.train(graph, epochs=1)
    asked = {part.words for part in about(lesson)[name] if isinstance(part, Do) and part.verb == "view"}
    if ("over-seeds",) in asked:
        ng.train_seeds(graph, 2, epochs=1)
    for words in sorted(asked):
        shown = session.view(words[0], words[1] if len(words) > 1 else "")
        assert shown is not None and draw(shown, 500, 260).marks, words


@pytest.mark.parametrize(("lesson", "name"), DOCUMENTS, ids=[name for _, name in DOCUMENTS])
def test_nothing_is_done_already_that_a_lesson_asks_for(lesson: Lesson, name: str) -> None:
    session = Session.open(document(name), as_copy=True)
    facts = Facts(session.graph, session.catalog)
    asked = [one for one in about(lesson)[name] if isinstance(one, Check) and "." in one.what]
    for check in asked:
        assert not met(check, facts), f"{check.label} holds at the start"


def test_what_a_lesson_sets_and_asks_for_is_seen() -> None:
    seen = 0
    for lesson in LESSONS:
        for name, said in about(lesson).items():
            graph = Session.open(document(name), as_copy=True).graph
            done = {part.words[0]: part.words[1] for part in said if isinstance(part, Do) and part.verb == "set"}
            for check in (one for one in said if isinstance(one, Check) and one.what.startswith("plan.")):
                key = check.what.removeprefix("plan.")
                if check.what in done:
                    plan = planned(graph.plan, **{key: value(check.value)})
                    assert met(check, Facts(replace(graph, plan=plan), CATALOG)), f"{name}: {check.label}"
                    seen += 1
    assert seen > 5


@pytest.mark.parametrize(("lesson", "name"), DOCUMENTS, ids=[name for _, name in DOCUMENTS])
def test_an_example_knows_its_place_in_the_course(lesson: Lesson, name: str) -> None:
    found = place_of(document(name))
    assert found is not None and found[0] == lesson
    assert found[1] == 0 if name == lesson.name else lesson.screens[found[1]].opens == name
    assert place_of("nobody.ngraph") is None


def test_the_course_says_which_example_shows_which_row() -> None:
    page = course_page()
    assert page.startswith("| row | example |")
    assert sum(len(one.shows) for one in LESSONS) == sum(line.startswith("| ") for line in page.splitlines()) - 1


def test_the_reader_reads_every_part() -> None:
    lesson = read_lesson(GOOD, "06-one-neuron")
    assert (lesson.number, lesson.title, lesson.rows) == (6, "One neuron", (23, 24, 25, 32))
    kinds = [type(one).__name__ for one in lesson.screens[0].parts]
    assert kinds == ["Prose", "Bullets", "Table", "Formula", "Do", "Point", "Check", "Question"]
    assert lesson.screens[0].parts[0] == Prose("Words with $x^2$ and **bold** over two lines.")
    assert lesson.screens[0].parts[1] == Bullets(("one goes on", "two"))
    assert lesson.screens[0].parts[4] == Do("set", ("hidden.out_features", "3"), "Three neurons")
    assert lesson.screens[0].checks == (Check("loss", "<", "0.1", "Below 0.1"),)


@pytest.mark.parametrize(("old", "new", "says"), [
    ("# One", "One", "begins with its title"), ("minutes: 5\n", "", "minutes is missing"),
    ("rows: 23-25", "rows: a-b", "rows are numbers"), ("| K04", "", "shows: row"),
    ("do: set", "do: fly", "nothing to do"), ("set hidden.out", "set hidden", "set takes"),
    ("node hidden", "nowhere", "there is no place"), ("< 0.1", "", "a check is"), ("$x^2$", "$x^$", "x^"),
    ("- (x)", "- ( )", "exactly one of them"),
    ("do: set hidden.out_features = 3", "do: walk away", "no walk"), ("> point", "> pint", "begins with >"),
])  # fmt: skip
def test_the_reader_says_what_is_wrong_and_where(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(DocumentError, match=r"line \d+: ") as found:
        read_lesson(GOOD.replace(old, new, 1), "06-one-neuron")
    assert says in str(found.value)


def test_conditions_are_held_against_what_is_known() -> None:
    session = Session.open(example_of(LESSONS[0]), as_copy=True)

    def holds(what: str, by: str, wanted: str, **more: object) -> bool:
        return met(Check(what, by, wanted, ""), Facts(session.graph, session.catalog, **more))  # type: ignore[arg-type]

    assert not holds("loss", "<", "1") and holds("loss", "<", "1", figures={"loss": 0.5})
    assert holds("graph", "is", "sound", errors=0) and not holds("graph", "is", "sound")
    node = next(iter(session.graph.nodes))
    assert holds("selected", "is", node, selected=(node,)) and not holds("selected", "is", node)
    assert holds("count Linear", ">=", "0") and not holds("count NoSuch", ">", "0")
    assert not holds("nobody.size", "=", "3") and holds("plan.epochs", ">=", "1")
