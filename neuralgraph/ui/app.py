"""Starts the window: first the frame, then everything that takes time."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from neuralgraph import places
from neuralgraph.ui import fonts
from neuralgraph.ui.crash import Report
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.shell import Shell, first_scale
from neuralgraph.ui.theme import MODES, Theme


def run(file: Path | None = None) -> int:
    """Open the window, with a document or the welcome screen; the exit code."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("NeuralGraph")
    app.setDesktopFileName("neuralgraph")
    # Ctrl+C in the terminal ends the program at once, as people expect.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fonts.load()
    settings = Settings()
    theme = Theme(scale=min(max(settings.number("scale", first_scale(app.primaryScreen().size())), 1.0), 2.0))
    wanted = settings.text("theme", "system")
    theme.follow(app, next((mode for mode in MODES if mode == wanted), "system"))
    window = Shell(theme, settings, file=file)
    window.show()
    report = Report(places.reports())
    code = app.exec()
    report.end()
    return code
