"""Fields made from declarations."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit

from neuralgraph.errors import ParameterError
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Param
from neuralgraph.ui.panels.fields import Form, field, read, written
from neuralgraph.ui.theme import Theme

NUMBERS = Param((1.0,), "Numbers.", kind="numbers", name="value")
INTS = Param((1, 2), "Axes.", kind="ints", name="axes")


@pytest.mark.parametrize("value", [3, 0.5, (1, 2, 3), ((1, 2), (3, 4)), (0.5, -1.25)])
def test_numbers_are_written_so_that_they_read_back(value: Any) -> None:
    assert NUMBERS.check(read(NUMBERS, written(value))) == NUMBERS.check(value)


def test_a_list_of_whole_numbers_may_have_one() -> None:
    assert read(INTS, "4") == (4,)
    assert read(INTS, "1, -1") == (1, -1)
    with pytest.raises(ParameterError):
        INTS.check(read(INTS, "1, 2.5"))


def test_words_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="two"):
        read(NUMBERS, "1, two")


def test_every_node_type_has_a_form_that_shows_its_defaults(qtbot: Any) -> None:
    theme = Theme()
    for kind in CATALOG.values():
        form = Form(list(kind.params.values()), theme)
        qtbot.addWidget(form)
        told: list[object] = []
        form.changed.connect(lambda name, value, told=told: told.append((name, value)))
        form.show_values({name: one.default for name, one in kind.params.items()})
        assert set(form.fields) == set(kind.params), kind.__name__
        assert told == [], kind.__name__


def test_a_value_from_outside_does_not_overwrite_what_is_being_typed(qtbot: Any) -> None:
    made = field(Param("", "A name.", kind="text", name="name"), Theme())
    qtbot.addWidget(made)
    made.show()
    box = made.findChild(QLineEdit)
    assert box is not None
    made.show_value("old")
    box.setFocus()
    qtbot.waitUntil(box.hasFocus, timeout=2000)
    qtbot.keyClicks(box, "er")
    made.show_value("something else")
    assert box.text() == "older"
