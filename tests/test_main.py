"""`python -m neuralgraph`: window or command, and a remedy where Qt cannot start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neuralgraph.__main__ import LIBRARIES, PLUGIN, library_trouble, main, plugin_trouble


@pytest.mark.parametrize(("message", "package"), [
    ("libEGL.so.1: cannot open shared object file: No such file or directory", "libegl1"),
    ("libGL.so.1: cannot open shared object file", "libgl1"),
    ("libxkbcommon.so.0: cannot open shared object file", "libxkbcommon0"),
    ("No module named 'PySide6'", "pip install"),
])
def test_a_missing_library_is_named_with_its_package(message: str, package: str) -> None:
    assert package in library_trouble(message)


def test_other_import_errors_are_not_explained_away() -> None:
    assert library_trouble("cannot import name 'x' from 'neuralgraph.ui'") == ""


def test_the_plugin_libraries_have_packages() -> None:
    assert set(PLUGIN) <= set(LIBRARIES)


def test_without_a_screen_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "no screen" in plugin_trouble()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert plugin_trouble() == ""


@pytest.mark.parametrize("words", [["no-such-file.ngraph"], ["--nonsense"], ["a", "b"]])
def test_bad_usage_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "neuralgraph --help" in capsys.readouterr().err


def test_the_frame_is_painted_before_anything_heavy(tmp_path: Path) -> None:
    code = """
import os, sys
from neuralgraph.ui import app, window
def painted(self, event):
    heavy = [one for one in ("torch", "pyqtgraph", "networkx", "pydantic", "numpy", "qtawesome") if one in sys.modules]
    print("heavy:", heavy, flush=True)
    os._exit(0)
window.MainWindow.paintEvent = painted
app.run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env={
        **os.environ, "QT_QPA_PLATFORM": "offscreen", "NEURALGRAPH_SETTINGS": str(tmp_path / "settings.ini")})
    assert done.stdout.strip() == "heavy: []", done.stderr
