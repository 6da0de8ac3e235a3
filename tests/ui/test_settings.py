"""What is remembered between starts."""

from __future__ import annotations

from pathlib import Path

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
