"""The gallery of the welcome screen: by topic, by words, without gaps."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from neuralgraph.lessons.course import lessons
from neuralgraph.resources import examples
from neuralgraph.ui.cards import level_of
from neuralgraph.ui.gallery import ALL, OTHERS, Gallery
from neuralgraph.ui.theme import Theme


def made(qtbot: QtBot) -> Gallery:
    one = Gallery(Theme(), 3)
    qtbot.addWidget(one)
    one.resize(900, 700)
    one.show()
    return one


def test_lessons_come_first_in_their_order_and_every_example_is_there(qtbot: QtBot) -> None:
    one = made(qtbot)
    assert {card.path for card in one.shown} == set(examples().glob("*.ngraph"))
    begins = [card.path.stem for card in one.shown][: len(lessons())]
    assert begins == [lesson.name for lesson in lessons()]
    assert not one.grab().isNull()


def test_a_topic_and_words_narrow_it_down(qtbot: QtBot) -> None:
    one = made(qtbot)
    topic = lessons()[0].topic
    one.choose(topic)
    assert {card.topic for card in one.shown} == {topic} and one.chips[topic].isChecked()
    assert not one.chips[ALL].isChecked()
    one.choose(OTHERS)
    assert all(not card.topic for card in one.shown)
    one.choose(ALL)
    one.search.setText("nothing has these words")
    assert not one.shown and one.none.isVisible()
    one.search.setText("xor")
    assert all("xor" in card.words for card in one.shown) and one.shown


def test_a_click_wants_the_example(qtbot: QtBot) -> None:
    one = made(qtbot)
    with qtbot.waitSignal(one.wanted) as found:
        one.shown[0].clicked.emit(one.shown[0].path)
    assert isinstance(found.args[0], Path)


def test_four_columns_fit_a_common_window(qtbot: QtBot) -> None:
    one = Gallery(Theme(), 4)
    qtbot.addWidget(one)
    assert one.minimumSizeHint().width() <= 1440 - 340 - 80


def test_a_course_gets_more_demanding_from_lesson_to_lesson() -> None:
    levels = [level_of(one) for one in lessons()]
    assert levels == sorted(levels) and set(levels) == {1, 2, 3}
