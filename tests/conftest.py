"""Every test: offscreen, one thread, folders of its own, no network, and nothing left running afterwards."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")
_HOME = tempfile.mkdtemp(prefix="neuralgraph-tests-")
for _name, _folder in (("HOME", ""), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"),
                       ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")):  # fmt: skip
    os.environ[_name] = str(Path(_HOME) / _folder)

import pytest  # noqa: E402  (after the environment)
from hypothesis import HealthCheck, settings  # noqa: E402

SCALE = int(os.environ.get("NEURALGRAPH_TEST_SCALE", "1"))
"""Multiplies the sizes of the promises' tests."""

settings.register_profile(
    "neuralgraph", deadline=None, derandomize=True, max_examples=50 * SCALE, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
settings.load_profile("neuralgraph")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def _no_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in ("local", "127.0.0.1", "::1", "localhost"):
            raise PermissionError(f"a test tried to connect to {host}")


sys.addaudithook(_no_network)


@pytest.fixture
def shared_data() -> Path:
    """Real data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"there is no real data in {SHARED.name}/ beside the checkout")
    return SHARED


def leaked_threads(before: set[int | None]) -> list[str]:
    """Threads of Python that were not there before and do not end within a second."""
    deadline = time.monotonic() + 1.0
    while True:
        alive = [one for one in threading.enumerate() if one.ident not in before]
        left = [one.name for one in alive if not one.name.startswith("pytest")]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def leaked_widgets() -> list[str]:
    """Top-level widgets, and timers of theirs or of the application that still run."""
    if "PySide6.QtWidgets" not in sys.modules:
        return []
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    if app is None:
        return []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert isinstance(app, QApplication)
    widgets = [one for one in app.topLevelWidgets() if one.parent() is None and not one.objectName().startswith("qt_")]
    found = [f"{type(one).__name__} {one.objectName()}".strip() for one in widgets if one.isVisible()]
    found += [f"running timer of {type(one).__name__}" for one in app.findChildren(QTimer) if one.isActive()]
    return found


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """A test that leaves a thread, a timer or a window behind fails."""
    before = {one.ident for one in threading.enumerate()}
    yield
    left = leaked_threads(before) + leaked_widgets()
    assert not left, f"left behind: {', '.join(left)}"
