"""The welcome screen: new, open, recent files and examples with pictures."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.ui.cards import Card, grid
from neuralgraph.ui.controls import words
from neuralgraph.ui.gallery import Gallery
from neuralgraph.ui.icons import icon, tile
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.theme import Theme

COLUMN, CARD = 340, 240


class Welcome(QWidget):
    """`new_wanted`, `open_wanted`, `file_wanted` with a path."""

    new_wanted = Signal()
    open_wanted = Signal()
    file_wanted = Signal(Path)
    recover_wanted = Signal()

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__()
        self.lost = 0
        """How many documents a crash left unsaved."""
        self.theme, self.settings = theme, settings
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.gallery: Gallery | None = None
        self._columns = 0
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._parts: list[QWidget] = []

    def set_theme(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Look again at what is there."""
        for part in self._parts:
            self._box.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = [self._left(), self._right()]
        self._box.addWidget(self._parts[0])
        self._box.addWidget(self._parts[1], 1)

    def _left(self) -> QWidget:
        theme, px = self.theme, self.theme.px
        left = QFrame()
        left.setObjectName("welcome_left")
        left.setFixedWidth(px(COLUMN))
        box = QVBoxLayout(left)
        box.setContentsMargins(px(28), px(48), px(28), px(28))
        box.setSpacing(px(10))
        logo = QLabel()
        logo.setPixmap(_logo(theme))
        logo.setContentsMargins(px(10), 0, 0, 0)
        title = words(theme, "NeuralGraph", 32, 700)
        claim = words(theme, "Draw a neural network, train it, and\nsee what it learns.", 15, 400, "text2")
        for one in (logo, title, claim):
            one.setContentsMargins(px(12), 0, 0, 0)
            box.addWidget(one)
        box.setSpacing(px(8))
        box.addSpacing(px(28))
        new = Door(theme, "file-plus-outline", "New", "An empty canvas", "Ctrl N", filled=True)
        new.clicked.connect(self.new_wanted)
        opened = Door(theme, "folder-open-outline", "Open…", "A document or a table (CSV)", "Ctrl O")
        opened.clicked.connect(self.open_wanted)
        box.addWidget(new)
        box.addWidget(opened)
        if self.lost:
            count = "1 document was" if self.lost == 1 else f"{self.lost} documents were"
            recover = Door(theme, "lifebuoy", "Recover…", f"{count} not saved", "")
            recover.clicked.connect(self.recover_wanted)
            box.addWidget(recover)
        box.addStretch(1)
        foot = words(theme, "Works offline. Nothing leaves this computer.", 12, 400, "text2")
        foot.setContentsMargins(px(4), 0, 0, 0)
        box.addWidget(foot)
        return left

    def _right(self) -> QWidget:
        theme, px = self.theme, self.theme.px
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(px(40), px(40), px(40), px(40))
        box.setSpacing(px(12))
        recent = self.settings.recent[:4]
        if recent:
            box.addWidget(words(theme, "Recent", 18, 600))
            self._recent = grid([Card(theme, path, _when(path), height=132) for path in recent], self.columns(), theme)
            self._listen(self._recent)
            box.addWidget(self._recent)
            box.addSpacing(px(16))
        self.gallery = Gallery(theme, self.columns(), topic=self.gallery.topic if self.gallery is not None else "")
        self.gallery.wanted.connect(self.file_wanted)
        box.addWidget(self.gallery)
        box.addStretch(1)
        area.setWidget(page)
        return area

    def columns(self) -> int:
        """How many cards fit beside each other."""
        wide = max(self.width(), self.window().width()) - self.theme.px(COLUMN) - self.theme.px(80)
        return max(1, min(5, wide // self.theme.px(CARD)))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self._parts and self.columns() != self._columns:
            self._columns = self.columns()
            self.refresh()

    def _listen(self, page: QWidget) -> None:
        for card in page.findChildren(Card):
            card.clicked.connect(self.file_wanted)


class Door(QFrame):
    """A large button with an icon, a title, a line below and its key."""

    clicked = Signal()

    def __init__(self, theme: Theme, sign: str, title: str, about: str, key: str, *, filled: bool = False) -> None:
        super().__init__()
        t, px = theme.tokens, theme.px
        self.setFixedHeight(px(60))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{title} {about}")
        fill, edge, ink = (t.accent, t.accent, "on_accent") if filled else (t.panel, t.outline, "text")
        self.setStyleSheet(f"Door {{ background: {fill}; border: 1px solid {edge}; border-radius: {px(8)}px; }}"
                           f"Door:hover {{ border-color: {t.text}; }}"
                           f"Door:focus {{ border: 2px solid {t.text if filled else t.accent}; }}")
        row = QHBoxLayout(self)
        row.setContentsMargins(px(18), 0, px(14), 0)
        row.setSpacing(px(16))
        picture = QLabel()
        picture.setPixmap(icon(sign, str(getattr(t, ink))).pixmap(QSize(px(24), px(24))))
        row.addWidget(picture)
        column = QVBoxLayout()
        column.setSpacing(px(2))
        column.addStretch(1)
        line = QHBoxLayout()
        line.addWidget(words(theme, title, 14, 600, ink), 1)
        line.addWidget(words(theme, key, 12, 500 if filled else 400, ink if filled else "text2"))
        column.addLayout(line)
        column.addWidget(words(theme, about, 12, 500 if filled else 400, ink if filled else "text2"))
        column.addStretch(1)
        row.addLayout(column, 1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


def _when(path: Path) -> str:
    """today, 14:02 · yesterday · Tuesday · 3 May 2026"""
    then, now = datetime.fromtimestamp(path.stat().st_mtime), datetime.now()
    if then.date() == now.date():
        return f"today, {then:%H:%M}"
    if then.date() == (now - timedelta(days=1)).date():
        return "yesterday"
    return f"{then:%A}" if now - then < timedelta(days=6) else f"{then.day} {then:%B %Y}"


def _logo(theme: Theme) -> QPixmap:
    side, gap = theme.px(26), theme.px(22)
    made = QPixmap(QSize(3 * side + 2 * gap, side) * 2)
    made.setDevicePixelRatio(2)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.fillRect(side // 2, side // 2 - 1, 2 * (side + gap), 3, theme.colour("text2"))
    for place, category in enumerate(("Data", "Layers", "Activations")):
        painter.drawPixmap(place * (side + gap), 0, tile(category, side, theme.tokens))
    painter.end()
    return made


