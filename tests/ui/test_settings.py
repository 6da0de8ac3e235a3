"""What is remembered between starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from neuralgraph.ui.settings import RECENT, Settings


def test_recent_files_are_the_last_ones_that_are_still_there(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    files = [tmp_path / f"{number}.ngraph" for number in range(RECENT + 3)]
    for file in files:
        file.write_text("{}")
        settings.remember(file)
    settings.remember(files[5])
    assert settings.recent[0] == files[5].resolve()
    assert len(settings.recent) == RECENT
    files[5].unlink()
    assert files[5].resolve() not in settings.recent


def test_broken_settings_are_as_if_there_were_none(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.write_text("[General]\nscale=huge\nrecent={\n")
    settings = Settings(file)
    assert settings.number("scale", 1.0) == 1.0
    assert settings.recent == ()
    assert settings.bytes("layout") is None
    assert "set aside as settings.ini.bad-1" in settings.notes[0]
    assert (tmp_path / "settings.ini.bad-1").read_text().startswith("[General]")


@pytest.mark.parametrize("content", ["", "[]", "3", '{"scale": NaN}', "\x00", '{"a": 1', "[" * 100_000])
def test_whatever_is_in_the_file_the_program_starts(tmp_path: Path, content: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content)
    settings = Settings(file)
    assert settings.number("scale", 1.0) == 1.0 and len(settings.notes) == 1
    settings.put("scale", 1.5)
    settings.save()
    assert Settings(file).number("scale", 1.0) == 1.5
    file.write_text("broken again")
    Settings(file)
    assert {one.name for one in tmp_path.iterdir()} == {"settings.json.bad-1", "settings.json.bad-2"}


def test_a_value_of_the_wrong_kind_counts_as_none(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"scale": true, "theme": 3, "layout": "not base64!", "recent": "x", "on": 1, "keys": []}')
    settings = Settings(file)
    assert (settings.number("scale", 1.0), settings.text("theme", "system")) == (1.0, "system")
    assert (settings.bytes("layout"), settings.recent, settings.flag("on"), settings.table("keys")) == (
        None, (), False, {})


def test_two_windows_keep_each_others_settings(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    one, other = Settings(file), Settings(file)
    names = [tmp_path / name for name in ("a.ngraph", "b.ngraph")]
    for name in names:
        name.write_text("{}")
    one.put("theme", "dark")
    one.remember(names[0])
    other.put("layout", QByteArray(b"\x00\x01"))
    other.remember(names[1])
    found = Settings(file)
    assert found.text("theme") == "dark" and found.bytes("layout") == QByteArray(b"\x00\x01")
    assert found.recent == (names[1].resolve(), names[0].resolve())


def test_settings_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file is in the way")
    settings = Settings(tmp_path / "folder" / "settings.json")
    settings.put("scale", 1.5)
    settings.save()
    assert "not saved" in settings.notes[-1] and settings.number("scale", 1.0) == 1.5
