"""Try the trained network: draw, type, move sliders, drop an image; the answer comes at once, also while it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QStackedLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import Pace, TrainingBridge
from neuralgraph.ui.controls import button, dress, flat, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.try_bars import AnswerBars, Bar
from neuralgraph.ui.panels.try_pad import Pad, Sight
from neuralgraph.ui.panels.try_text import Going
from neuralgraph.ui.panels.try_values import Values
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

PACE = 100
"""Milliseconds between two questions, at least."""
WAITING = ("Waiting for the network", "It can be tried as soon as it is ready, also while it learns.")
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
TABLES = "Tables (*.csv *.tsv *.txt *.parquet *.pq)"
FILES = {"picture": "Images (" + " ".join(f"*{one}" for one in IMAGES) + ")",
         "text": "Text files (*.txt)", "table": TABLES, "series": TABLES, "array": "NumPy (*.npz)"}


@dataclass(frozen=True, eq=False)
class Said:
    """What came: the card of the network, the answer, or why there is none."""

    card: Any = None
    tried: Any = None
    trouble: str = ""
    wish: Any = None
    stale: bool = False
    """The drawing is another one than that which was trained."""


def looked(session: Session, wish: Any, program: Any) -> Said:
    """Ask the network; in the thread that trains, or in one of its own."""
    try:
        card = session.card(program)
    except NeuralGraphError as error:
        return Said(trouble=str(error), wish=wish)
    try:
        if wish is None:
            wish = ("sample", 0) if len(card.samples) else None
        tried = session.attempt(wish[0], wish[1], program) if wish is not None else None
    except NeuralGraphError as error:
        return Said(card, None, str(error), wish)
    return Said(card, tried, "", wish, program is None and session.stale)


def bars_of(answer: Any) -> list[Bar]:
    """The first row of an answer as lines."""
    values = answer.values[0]
    match answer.kind:
        case "classes":
            best = int(values.argmax())
            return [Bar(name, f"{100 * float(one):.1f} %", float(one), at == best)
                    for at, (name, one) in enumerate(zip(answer.names, values, strict=True))]
        case "yes":
            return [Bar(name, f"{100 * float(one):.1f} %", float(one), bool(one >= 0.5))
                    for name, one in zip(answer.names, values, strict=True)]
        case "numbers":
            return [Bar(name, f"{float(one):.5g}".replace("-", "−"))
                    for name, one in zip(answer.names, values, strict=True)]
        case _:
            return [Bar(answer.output, " × ".join(map(str, values.shape)) + " numbers")]


class Inputs(QStackedWidget):
    """As wide as what is shown needs, not as the widest of all."""

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.minimumSizeHint().expandedTo(page.minimumSize()) if page is not None else QSize()


class TryItPanel(QWidget):
    """Offers what the inputs of the network are. `feed` and the others are called like those of any view."""

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme) -> None:
        super().__init__()
        self._session, self._bridge, self.theme = session, bridge, theme
        self._asker = Asker(bridge, self, every=PACE / 1000)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(lambda text: self._arrived(Said(trouble=text)))
        self._pace = Pace(PACE, self._ask, self)
        self._card: Any = None
        self._wish: tuple[Any, Any] | None = None
        self._sample = 0
        self._values: Values | None = None
        self.setAcceptDrops(True)
        self.notice = Notice(theme.tokens, "gesture-tap-button", *WAITING)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self._page())
        self.going = Going(session, bridge, theme)
        self._writing = QWidget()
        box = QVBoxLayout(self._writing)
        box.setContentsMargins(10, 8, 10, 8)
        box.addWidget(self.going)
        self._stack.addWidget(self._writing)

    def _page(self) -> QWidget:
        theme = self.theme
        self.pad, self.sight, self.bars = Pad(theme), Sight(theme), AnswerBars(theme)
        self.pad.drawn.connect(lambda: self._want("drawing", None))
        self.pad.cleared.connect(self._cleared)
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText("Type a text.")
        self.text.setAccessibleName("Text to try")
        self.text.textChanged.connect(self._typed)
        self.inputs = Inputs()
        drawing = QWidget()
        row = QHBoxLayout(drawing)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.pad)
        row.addWidget(self.sight)
        row.addStretch(1)
        self._drawing = drawing
        self._nothing = words(theme, "Step through samples of the data, or open a file of the same kind.", 12, 400,
                              "text2")
        self._nothing.setWordWrap(True)
        for one in (drawing, self.text, self._nothing):
            self.inputs.addWidget(one)
        self.said, self.notes = words(theme, "", 13, 600), words(theme, "", 12, 400, "text2")
        for one in (self.said, self.notes):
            one.setWordWrap(True)
        right = QVBoxLayout()
        right.addWidget(self.bars, 1)
        right.addWidget(self.notes)
        page = QWidget()
        box = QHBoxLayout(page)
        box.setContentsMargins(10, 8, 10, 8)
        box.setSpacing(14)
        box.addWidget(self.inputs, 4)
        box.addLayout(self._tools())
        box.addLayout(right, 3)
        return page

    def _tools(self) -> QVBoxLayout:
        theme = self.theme
        self.clear_button = button("Clear", clicked=self.pad.clear)
        self.open_button = button("Open…", clicked=self._open)
        self._signs = ("chevron-left", "chevron-right")
        self._steps = [flat(theme, sign, tip, clicked=act) for sign, tip, act in zip(
            self._signs, ("Sample before", "Next sample"),
            (lambda: self._step(-1), lambda: self._step(1)), strict=True)]
        self.number: QLabel = words(theme, "", 12, 400, "text2")
        steps = QHBoxLayout()
        steps.setSpacing(2)
        for one in self._steps:
            steps.addWidget(one)
        steps.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(self.clear_button)
        column.addWidget(self.open_button)
        column.addLayout(steps)
        column.addWidget(self.number)
        column.addWidget(self.said)
        column.addStretch(1)
        return column

    # -- what the window tells --------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        self._session, self._card, self._wish, self._sample = session, None, None, 0
        self.going.set_session(session)
        self.notice.say(*WAITING)
        self._stack.setCurrentWidget(self.notice)
        self.pad.clear()
        self._pace.nudge()

    def set_analysis(self, _: Analysis) -> None:
        self._pace.nudge()

    def set_theme(self, theme: Theme) -> None:
        self.notice.set_tokens(theme.tokens)
        self.going.dress()
        for one in (self.said, self.notes, self.number, self._nothing):
            dress(one, theme)
        for made, sign in zip(self._steps, self._signs, strict=True):
            made.setIcon(icon(sign, theme.tokens.text2, theme.tokens.hairline))
        if self._values is not None:
            self._values.dress()
        self.update()

    def feed(self, _: Sequence[Event]) -> None:
        self._pace.nudge()

    def clear(self) -> None:
        self.going.stop()
        self._pace.nudge()

    def weights_changed(self) -> None:
        self._pace.nudge()

    def close_view(self) -> None:
        self._pace.stop()
        self._asker.close()
        self.going.close_view()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._pace.nudge()

    # -- asking -----------------------------------------------------------------------------------------------------

    def _want(self, way: str, what: Any) -> None:
        self._wish = (way, what)
        self._pace.nudge()

    def _ask(self) -> None:
        if not self.isVisible() or self.going.running:
            return
        session, wish = self._session, self._wish
        if wish is not None and wish[0] == "drawing":
            wish = ("drawing", self.pad.drawing())
        self._asker.ask(session, lambda program: looked(session, wish, program))

    def _arrived(self, said: Said) -> None:
        if said.card is None:
            self._card = None
            untrained = not self._session.trained and not self._bridge.running
            self.notice.say("Nothing has been trained yet" if untrained else "This network cannot be tried here",
                            "Train first (Ctrl+Enter), or open a trained model; then draw, type or move sliders here."
                            if untrained else said.trouble)
            self._stack.setCurrentWidget(self.notice)
            return
        if self._card is None or _kind(self._card) != _kind(said.card):
            dropped = self._wish if self._card is None and self._wish is not None and self._wish[0] == "files" else None
            self._offer(said.card)
            self._card, self._wish = said.card, dropped
            if said.wish is not None and said.wish[0] != "sample" and said.wish is not dropped:
                self._pace.nudge()
                return
        self._card = said.card
        if said.card.form != "running":
            self._show(said)

    def _show(self, said: Said) -> None:
        tried = said.tried
        self.said.setText(said.trouble or (self._truth(said.card) if said.wish and said.wish[0] == "sample" else ""))
        self.said.setVisible(bool(self.said.text()))
        notes = tried.prepared.notes if tried is not None else ()
        if said.stale:
            notes = (*notes, "The drawing has changed since it was trained: what is new answers as it started.")
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))
        self.bars.show_bars([bar for one in tried.answers for bar in bars_of(one)] if tried is not None else [])
        if said.card.form == "picture":
            self.sight.show_pixels(tried.prepared.x[0].reshape(said.card.grid) if tried is not None else None)

    # -- inputs -----------------------------------------------------------------------------------------------------

    def _offer(self, card: Any) -> None:
        """Make the inputs of another network."""
        self._wish, self._sample = None, 0
        if card.form == "running":
            self._stack.setCurrentWidget(self._writing)
            return
        self._stack.setCurrentIndex(1)
        if self._values is not None:
            self.inputs.removeWidget(self._values)
            self._values.deleteLater()
            self._values = None
        self.pad.able = card.grid[:1] == (1,)
        self.pad.clear()
        self._wish = None
        pages: dict[str, QWidget] = {"picture": self._drawing, "text": self.text}
        if card.form == "table":
            self._values = Values(self.theme, card.columns)
            if len(card.samples):
                self._values.set_row(card.samples[0])
            self._values.changed.connect(self._slid)
            self.inputs.addWidget(self._values)
            pages["table"] = self._values
        self.inputs.setCurrentWidget(pages.get(card.form, self._nothing))
        self.clear_button.setVisible(card.form == "picture")
        for one in (*self._steps, self.number):
            one.setVisible(len(card.samples) > 0)
        self._count(card)
        if not len(card.samples) and self._values is not None:
            self._slid()

    def _count(self, card: Any) -> None:
        self.number.setText(f"sample {self._sample + 1} of {len(card.samples)}")

    def _truth(self, card: Any) -> str:
        """What the data say of the sample."""
        if card.truths is None or not len(card.truths):
            return ""
        truth = card.truths[self._sample].reshape(-1)
        value = float(truth[0])
        if card.classes and value.is_integer() and 0 <= value < len(card.classes):
            return f"In the data: {card.classes[int(value)]}"
        return f"In the data: {', '.join(f'{one:.4g}' for one in truth[:6])}"

    def _step(self, by: int) -> None:
        if self._card is None or not len(self._card.samples):
            return
        self._sample = (self._sample + by) % len(self._card.samples)
        self._count(self._card)
        if self._values is not None:
            self._values.set_row(self._card.samples[self._sample])
        self.pad.clear()
        self._want("sample", self._sample)

    def _slid(self) -> None:
        if self._values is not None:
            self._want("array", self._values.row[None].copy())

    def _typed(self) -> None:
        text = self.text.toPlainText().strip()
        if text:
            self._want("text", text)

    def _cleared(self) -> None:
        self._wish = None
        self.bars.show_bars([])
        self.sight.show_pixels(None)
        self.said.setText("")

    # -- files ------------------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Try a file: an image dropped on the window, a table, a text."""
        self.pad.clear()
        self._want("files", [path])

    def _open(self) -> None:
        kinds = FILES.get(self._card.form if self._card is not None else "", "All files (*)")
        found, _ = QFileDialog.getOpenFileName(self, "Try a file", str(self._session.folder or Path.home()), kinds)
        if found:
            self.take(Path(found))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(_droppable(url.toLocalFile()) for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        found = next((url.toLocalFile() for url in event.mimeData().urls() if _droppable(url.toLocalFile())), "")
        if found:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.take(Path(found))


def _droppable(name: str) -> bool:
    return Path(name).suffix.lower() in (*IMAGES, ".csv", ".tsv", ".txt", ".parquet", ".pq", ".npz")


def _kind(card: Any) -> Any:
    """Cards of one kind are offered the same inputs."""
    return card.form, card.grid, card.columns, dict(card.specs), len(card.samples)
