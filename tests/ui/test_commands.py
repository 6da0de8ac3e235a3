"""The table of commands: complete, without two meanings of a key, all of it doing something."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QKeySequence

from neuralgraph.ui.commands import COMMANDS
from neuralgraph.ui.menus import MENUS


def test_every_id_and_every_key_is_there_once() -> None:
    assert not [id for id, count in Counter(one.id for one in COMMANDS).items() if count > 1]
    keys = Counter(QKeySequence(key).toString() for one in COMMANDS for key in one.keys)
    assert not [key for key, count in keys.items() if count > 1]
    assert "" not in keys


def test_no_plain_letter_acts_outside_the_canvas() -> None:
    plain = [key for one in COMMANDS for key in one.keys if one.context == "window" and len(key) == 1]
    assert plain == ["?"]


def test_the_promised_keys_are_there() -> None:
    promised = {
        "Ctrl+Return": "train", "Ctrl+.": "one_batch", "Ctrl+Alt+Return": "stop", "Ctrl+Shift+P": "palette",
        "Ctrl+Z": "undo", "Ctrl+Y": "redo", "Ctrl+Shift+Z": "redo", "F6": "next_panel", "F1": "help", "?": "keys",
        "Ctrl+0": "zoom_100", "Home": "canvas.show_all", "Tab": "canvas.add", "Shift+A": "canvas.add",
        "Ctrl+D": "canvas.duplicate", "Ctrl+Shift+L": "canvas.tidy", "B": "canvas.bypass", "Shift+B": "canvas.freeze",
        "F2": "canvas.rename", "Ctrl+F": "find", "Ctrl+Delete": "canvas.delete_join", "Ctrl+S": "save",
        "Alt+U": "canvas.upstream", "C": "canvas.frame", "N": "canvas.note",
    }
    found = {key: one.id for one in COMMANDS for key in one.keys}
    assert {key: found.get(key) for key in promised} == promised


def test_menus_are_known() -> None:
    assert {one.menu for one in COMMANDS} <= {*MENUS, ""}


def test_no_key_is_there_both_with_shift_and_as_what_shift_makes_of_it() -> None:
    shifted = dict(zip("`1234567890-=[]\\;',./", "~!@#$%^&*()_+{}|:\"<>?", strict=True))
    keys = {key for one in COMMANDS for key in one.keys}
    both = {key for key in keys for low, high in shifted.items()
            if key.endswith(f"Shift+{low}") and key.removesuffix(f"Shift+{low}") + high in keys}
    assert not both, "a keyboard sends both, so Qt calls the key ambiguous and does nothing"


def test_the_text_grows_by_a_key_that_is_not_zooming_where_plus_needs_shift() -> None:
    keys = {one.id: one.keys for one in COMMANDS}
    assert "Ctrl++" in keys["zoom_in"], "with shift and = on many keyboards, as Ctrl+Shift++ is"
    assert {"Ctrl+Alt+="} <= set(keys["larger"]) and {"Ctrl+Alt+-"} <= set(keys["smaller"])
