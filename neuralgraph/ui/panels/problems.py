"""The list of problems: the worst first, consequences folded under their cause, fixes at the right."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from neuralgraph.graph.document import Graph
from neuralgraph.session import Session
from neuralgraph.ui.controls import button, words
from neuralgraph.ui.icons import badge, icon, pixmap, tile
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.problem import Problem


class ProblemsPanel(QWidget):
    """`jump` names the node of a row that was clicked; `fix_wanted` brings a `Fix`."""

    jump = Signal(str)
    fix_wanted = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.session: Session | None = None
        self._shown: tuple[Problem, ...] | None = None
        self._graph: Graph | None = None
        self.rows: list[ProblemRow] = []
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._scroll)

    def set_session(self, session: Session) -> None:
        self.session = session
        self._shown = None
        self._show(())

    def set_theme(self) -> None:
        shown, self._shown = self._shown, None
        self._show(shown or ())

    def set_analysis(self, analysis: Analysis) -> None:
        self._graph = analysis.graph
        self._show(analysis.problems)

    def _show(self, problems: tuple[Problem, ...]) -> None:
        if problems == self._shown:
            return
        self._shown = problems
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(8, 6, 8, 6)
        box.setSpacing(2)
        self.rows = []
        for number, problem in enumerate(problems):
            row = ProblemRow(problem, self._category(problem), self._name(problem), self.theme, first=number == 0)
            row.clicked.connect(self.jump)
            row.fix_wanted.connect(self.fix_wanted)
            self.rows.append(row)
            box.addWidget(row)
            if problem.waiting:
                box.addWidget(self._waiting(problem))
        if not problems:
            box.addStretch(1)
            box.addWidget(self._nothing())
        box.addStretch(1)
        self._scroll.setWidget(page)

    def _name(self, problem: Problem) -> str:
        graph = self.session.graph if self.session is not None else None
        placed = graph.nodes.get(problem.node) if graph is not None and problem.node else None
        return (placed.title or placed.type) if placed is not None else problem.node or "Document"

    def _category(self, problem: Problem) -> str:
        if self.session is None or problem.node is None or problem.node not in self.session.graph.nodes:
            return ""
        kind = self.session.graph.nodes[problem.node].type
        return self.session.catalog[kind].category if kind in self.session.catalog else ""

    def _waiting(self, problem: Problem) -> QWidget:
        names = [self.session.graph.nodes[id].title or self.session.graph.nodes[id].type
                 for id in problem.waiting if self.session is not None and id in self.session.graph.nodes]
        px = self.theme.px
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(px(190), 0, 0, px(4))
        sign = QLabel()
        sign.setPixmap(pixmap("subdirectory-arrow-right", self.theme.tokens.text2, px(14)))
        row.addWidget(sign)
        row.addWidget(words(self.theme, waiting_text(names), 13, 400, "text2"), 1)
        return line

    def _nothing(self) -> QWidget:
        holder = QWidget()
        box = QVBoxLayout(holder)
        picture = QLabel()
        picture.setPixmap(pixmap("check-circle", self.theme.tokens.ok, self.theme.px(36)))
        for one in (picture, words(self.theme, "No problems", 13, 600),
                    words(self.theme, "What is wrong with the drawing is listed here.", 12, 400, "text2")):
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            box.addWidget(one)
        return holder


def waiting_text(names: list[str]) -> str:
    """«CrossEntropyLoss and Accuracy wait for this.»"""
    unique = list(dict.fromkeys(names))
    if len(unique) > 4:
        unique = [*unique[:3], f"{len(unique) - 3} more"]
    if len(unique) < 2:
        return f"{unique[0] if unique else 'The rest'} waits for this."
    return f"{', '.join(unique[:-1])} and {unique[-1]} wait for this."


class ProblemRow(QFrame):
    """One problem, 44 px high."""

    clicked = Signal(str)
    fix_wanted = Signal(object)

    def __init__(self, problem: Problem, category: str, name: str, theme: Theme, *, first: bool) -> None:
        super().__init__()
        self.problem = problem
        t, px = theme.tokens, theme.px
        self.setMinimumHeight(px(44))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{problem.severity}: {problem.message} {problem.hint}")
        soft = {"error": t.error_soft, "warning": t.warning_soft}.get(problem.severity, t.sunken)
        fill = soft if first else "transparent"
        self.setStyleSheet(f"ProblemRow {{ background: {fill}; border: 1px solid {fill}; border-radius: 6px; }}"
                           f"ProblemRow:hover {{ background: {soft if first else t.sunken}; }}"
                           f"ProblemRow:focus {{ border: 1px solid {t.accent}; }}")
        row = QHBoxLayout(self)
        row.setContentsMargins(px(10), 0, px(8), 0)
        row.setSpacing(px(12))
        signs = [badge(problem.severity, px(18), t)]
        if category:
            signs.append(tile(category, px(20), t))
        for picture in signs:
            sign = QLabel()
            sign.setPixmap(picture)
            row.addWidget(sign)
        title = words(theme, name, 13, 600)
        title.setFixedWidth(px(132 if category else 164))
        row.addWidget(title)
        column = QVBoxLayout()
        column.setSpacing(0)
        for text, pixels, role in ((problem.message, 13, "text"), (problem.hint, 12, "text2")):
            if text:
                line = words(theme, text, pixels, 400, role)
                line.setWordWrap(True)
                line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                column.addWidget(line)
        row.addLayout(column, 1)
        for index, fix in enumerate(problem.fixes[:2]):
            main = first and index == 0 and problem.severity != "note"
            made = button(fix.label, kind="primary" if main else "plain", clicked=partial(self.fix_wanted.emit, fix))
            made.setIcon(icon("auto-fix", t.on_accent if main else t.text))
            made.setIconSize(QSize(px(16), px(16)))
            row.addWidget(made)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._jump()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._jump()
        else:
            super().keyPressEvent(event)

    def _jump(self) -> None:
        if self.problem.node is not None:
            self.clicked.emit(self.problem.node)
