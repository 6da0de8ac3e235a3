"""The line at the bottom: parameters, memory, device, whether it is saved."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from neuralgraph.ui.controls import button, dress, words
from neuralgraph.ui.devices import threads
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import pixmap
from neuralgraph.ui.theme import Theme

if TYPE_CHECKING:
    from neuralgraph.session import Session
    from neuralgraph.validation.analysis import Analysis


class Part(QWidget):
    """An icon and a few words."""

    def __init__(self, theme: Theme, sign: str, text: str = "") -> None:
        super().__init__()
        self.theme, self.sign, self.role = theme, sign, "text2"
        self.picture, self.label = QLabel(), words(theme, text, 12)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        row.addWidget(self.picture)
        row.addWidget(self.label)

    def say(self, text: str, sign: str = "", role: str = "text2") -> None:
        self.label.setText(text)
        if sign and (sign, role) != (self.sign, self.role):
            self.sign, self.role = sign, role
            self.dress()

    def dress(self) -> None:
        colour = str(getattr(self.theme.tokens, self.role))
        self.picture.setPixmap(pixmap(self.sign, colour, self.theme.px(14)))
        dress(self.label, self.theme)


class StatusLine(QFrame):
    """27 px, under everything."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("status")
        fitted(self, theme, lambda: self.setFixedHeight(theme.px(27)))
        self.parameters = Part(theme, "tune-variant")
        self.memory = Part(theme, "memory")
        self.device = Part(theme, "chip")
        self.threads: int | None = None
        """How many compute, where that was chosen."""
        self.show_device("CPU")
        self.moment = Part(theme, "history")
        self.moment.label.setProperty("type", (12, 600, "accent"))
        self.moment.label.setMinimumWidth(1)  # long words give way before the window does
        self.now, self.repeat = button("Back to now", kind="link"), button("", kind="link")
        self.word = Part(theme, "information-outline")
        self.state = Part(theme, "check-circle")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(14), 0, theme.px(16), 0)
        row.setSpacing(theme.px(24))
        for one in (self.parameters, self.memory, self.device):
            row.addWidget(one)
        row.addStretch(1)
        row.addWidget(self.moment)
        row.addWidget(self.repeat)
        row.addWidget(self.now)
        row.addWidget(self.word)
        row.addWidget(self.state)
        self.word.hide()
        self.show_moment("")
        self._saved_at = ""

    def set_theme(self) -> None:
        for one in (self.parameters, self.memory, self.device, self.moment, self.word, self.state):
            one.dress()

    def show_analysis(self, analysis: Analysis) -> None:
        known = " known" if analysis.errors and analysis.parameters else ""
        self.parameters.say(f"{analysis.parameters:,} parameter{'' if analysis.parameters == 1 else 's'}{known}")
        batch = analysis.graph.plan.batch_size
        need = analysis.need
        self.memory.say("unknown until solved" if analysis.errors else f"{size(need.total)} for a batch of {batch}")
        parts = "\n".join(f"{name}: {size(count)}" for name, count in need.parts.items())
        largest = sorted(analysis.figures.items(), key=lambda one: -(one[1].parameter_bytes + one[1].activation_bytes))
        nodes = ", ".join(id for id, _ in largest[:3])
        self.memory.setToolTip(f"One training step on a batch of {batch}, estimated\n{parts}\nmost of it in: {nodes}\n"
                               f"free on this device: {size(need.free)}" if largest else "")

    def show_device(self, name: str) -> None:
        count = self.threads or threads()
        self.device.say(f"{name}, {count} thread{'' if count == 1 else 's'}" if name == "CPU" else name)

    def wait(self) -> None:
        """Before the first analysis."""
        self.parameters.say("…")
        self.memory.say("…")

    def mention(self, text: str) -> None:
        """A short word about what was just done."""
        self.word.setVisible(bool(text))
        self.word.say(text)

    def show_moment(self, text: str, offer: str = "") -> None:
        """Which step of a run is shown where that is not what is now, and the way back; `offer` is a link beside it."""
        for one in (self.moment, self.now):
            one.setVisible(bool(text))
        self.repeat.setText(offer)
        self.repeat.setVisible(bool(offer))
        if text:
            self.moment.say(text, "history", "accent")
            self.word.hide()

    def show_saved(self, session: Session, *, just_now: bool = False, training: bool = False) -> None:
        if just_now:
            self._saved_at = f" {datetime.now():%H:%M}"
        if session.modified:
            self.state.say("Unsaved changes", "pencil-outline", "text2")
        elif training:
            self.state.say("Training, document unchanged", "check-circle", "ok")
        elif session.path is None:
            self.state.say("A copy, not saved yet" if session.graph.nodes else "Empty document", "file-outline")
        else:
            self.state.say(f"Saved{self._saved_at or _written(session.path)}", "check-circle", "ok")

    def forget(self) -> None:
        """Another document is open."""
        self._saved_at = ""


def _written(path: Path) -> str:
    """When a file of today was written; "" for an older one."""
    try:
        then = datetime.fromtimestamp(path.stat().st_mtime)
    except OSError:
        return ""
    return f" {then:%H:%M}" if then.date() == datetime.now().date() else ""


def size(count: float) -> str:
    """Bytes as people say them: 3.1 MB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
