"""First paint of the window against that of a bare label, each in a process of its own, in turn.

Prints one line of JSON: `python -m tests.benchmarks startup`. Checks first that the heavy libraries come afterwards.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

HEAVY = ("torch", "numpy", "pyqtgraph", "networkx", "pydantic", "pandas", "sklearn", "neuralgraph.session",
         "neuralgraph.nodes")

LABEL = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
class Label(QLabel):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("painted", flush=True)
        os._exit(0)
import os
app = QApplication([])
label = Label("Hello")
label.resize(1440, 900)
label.show()
app.exec()
"""

WINDOW = f"""
import os, sys
def painted(self, event):
    before(self, event)
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    print("painted", ",".join(loaded), flush=True)
    os._exit(0)
from pathlib import Path
from neuralgraph.ui import app, window
before = window.MainWindow.paintEvent
window.MainWindow.paintEvent = painted
app.run(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
"""


def once(code: str, *arguments: str) -> tuple[float, str]:
    """Milliseconds from starting a process to its first paint, and what it printed."""
    from time import perf_counter

    begun = perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, env={
        **os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")})
    taken = 1000 * (perf_counter() - begun)
    if "painted" not in done.stdout:
        raise RuntimeError(done.stderr)
    return taken, done.stdout.partition("painted")[2].strip()


def main(rounds: int = 9) -> int:
    """Exit code 1 where the window takes more than three times as long, or loads something heavy before it paints."""
    once(LABEL), once(WINDOW)
    labels, windows, loaded = [], [], ""
    for _ in range(rounds):
        labels.append(once(LABEL)[0])
        taken, loaded = once(WINDOW)
        windows.append(taken)
    label, window = statistics.median(labels), statistics.median(windows)
    print(json.dumps({
        "benchmark": "startup", "ratio": round(window / label, 2), "goal": 2.0, "floor": 3.0,
        "label_ms": round(label), "window_ms": round(window), "loaded_before_paint": loaded}))
    return 0 if window <= 3 * label and not loaded else 1


if __name__ == "__main__":
    raise SystemExit(main())
