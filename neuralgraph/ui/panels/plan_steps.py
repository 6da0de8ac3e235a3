"""The stages and steps of the plan as a list; the one that is chosen is what the rest of the form shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.stages import (
    ALL,
    FIRST,
    Place,
    another_stage,
    another_step,
    moved,
    removed,
    several,
    step_at,
    told,
)
from neuralgraph.session import Session
from neuralgraph.ui.controls import TextField, button, flat
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.panels.plan_values import LEARNS, changed, learns_of
from neuralgraph.ui.theme import Theme

TALLEST = 9
"""Rows that the list shows without scrolling."""
LINES = 32
"""Names that a menu of picks offers."""


class StepsForm(QWidget):
    """`chosen` says that another step is shown; `at` is which."""

    chosen = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session, self.theme, self.at = session, theme, FIRST
        self._rows: list[Place] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(5))
        self.title = button("Stages and steps", clicked=self.toggle)
        self.title.setProperty("kind", "link")
        self.title.setStyleSheet("font-weight: 600;")
        box.addWidget(self.title, 0, Qt.AlignmentFlag.AlignLeft)
        self.inside = QWidget()
        box.addWidget(self.inside)
        inner = QVBoxLayout(self.inside)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.px(5))
        self.list = QListWidget()
        self.list.setAccessibleName("Stages and steps")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._picked)
        inner.addWidget(self.list)
        inner.addLayout(self._tools())
        self.form = Form([param for _, param in LEARNS.params], theme,
                         labels={param.name: label for label, param in LEARNS.params})
        self.form.changed.connect(self._edit)
        self.form.sealed.connect(session.history.seal)
        for name in ("losses", "nodes"):
            pick = flat(theme, "format-list-checks", f"Pick {name}")
            pick.clicked.connect(partial(self._offer, name, pick))
            self.form.fields[name].row.addWidget(pick)
            for one in self.form.fields[name].findChildren(TextField):
                one.setMinimumWidth(theme.px(40))
        inner.addWidget(self.form)
        self.fold(self._worth_showing())

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(4))
        tools: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("playlist-plus", "Add a stage: what comes after it", partial(self.do, another_stage, "Add stage")),
            ("plus", "Add a step: every batch does all steps of a stage, one after the other",
             partial(self.do, another_step, "Add step")),
            ("arrow-up", "Earlier", partial(self.do, partial(moved, by=-1), "Move step up")),
            ("arrow-down", "Later", partial(self.do, partial(moved, by=1), "Move step down")),
            ("delete-outline", "Remove the step; the only one takes its stage with it",
             partial(self.do, removed, "Remove step")),
        )
        self.tools = [flat(self.theme, sign, tip, clicked=act) for sign, tip, act in tools]
        for one in self.tools:
            row.addWidget(one)
        row.addStretch(1)
        return row

    # -- what is shown ----------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        self.fold(self.inside.isHidden())

    def fold(self, unfolded: bool) -> None:
        """Show the list, or the title alone."""
        self.inside.setVisible(unfolded)
        self.title.setIconSize(QSize(self.theme.px(16), self.theme.px(16)))
        self.title.setIcon(icon(f"chevron-{'down' if unfolded else 'right'}", self.theme.tokens.text2))
        self.title.setAccessibleName(f"Stages and steps, {'shown' if unfolded else 'folded'}")

    def _worth_showing(self) -> bool:
        plan = self.session.graph.plan
        step = step_at(plan, FIRST)
        return several(plan) or (step.losses, step.nodes, step.every) != (ALL, ALL, 1)

    def refresh(self) -> None:
        """Show what the document says."""
        plan = self.session.graph.plan
        self.at = self.at.within(plan)
        self.list.blockSignals(True)
        try:
            self.list.clear()
            self._rows = []
            for number, stage in enumerate(plan.stages):
                self._head(f"Stage {number + 1} · {stage.epochs} epoch{'s' if stage.epochs != 1 else ''}",
                           Place(number, 0))
                for at, step in enumerate(stage.steps):
                    item = QListWidgetItem(f"{at + 1}.  {told(step)}")
                    item.setToolTip(told(step))
                    self.list.addItem(item)
                    self._rows.append(Place(number, at))
                    if self._rows[-1] == self.at:
                        self.list.setCurrentItem(item)
        finally:
            self.list.blockSignals(False)
        height = self.list.sizeHintForRow(0) + self.list.spacing()
        self.list.setFixedHeight(min(self.list.count(), TALLEST) * height + self.theme.px(4))
        self.form.show_values(learns_of(plan, self.at))
        after = (moved(plan, self.at, -1), moved(plan, self.at, 1), removed(plan, self.at))
        for tool, (other, _) in zip(self.tools[2:], after, strict=True):
            tool.setEnabled(other != plan)
        if self._worth_showing() and self.inside.isHidden():
            self.fold(True)

    def _head(self, text: str, place: Place) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = item.font()
        font.setBold(True)
        item.setFont(font)
        self.list.addItem(item)
        self._rows.append(place)

    def choose(self, place: Place) -> None:
        """Show another step."""
        self.at = place.within(self.session.graph.plan)
        self.session.history.seal()
        self.chosen.emit()

    def _picked(self, row: int) -> None:
        head = 0 <= row < len(self._rows) and (row == 0 or self._rows[row].stage != self._rows[row - 1].stage)
        if 0 <= row < len(self._rows) and (head or self._rows[row] != self.at):
            self.choose(self._rows[row])

    # -- what is changed --------------------------------------------------------------------------------------------

    def do(self, change: Callable[[Plan, Place], tuple[Plan, Place]], label: str) -> None:
        """One change of the list, as one step of the document."""
        plan, self.at = change(self.session.graph.plan, self.at)
        if plan != self.session.graph.plan:
            self.session.edit(SetPlan(plan, label))

    def _edit(self, name: str, value: object) -> None:
        plan = changed(self.session.graph.plan, name, value, self.at)
        if plan != self.session.graph.plan:
            label = next(label for label, param in LEARNS.params if param.name == name)
            self.session.edit(SetPlan(plan, f"Change {label}"), merge=("plan", name, str(self.at)))

    def offered(self, name: str) -> QMenu:
        """All losses, or nodes that may learn, to be picked one by one; gone when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        taken = getattr(step_at(self.session.graph.plan, self.at), name)
        everything = menu.addAction("All")
        everything.setCheckable(True)
        everything.setChecked(taken == ALL)
        everything.triggered.connect(lambda: self._edit(name, "*"))
        menu.addSeparator()
        for id in self._names(name)[:LINES]:
            one = menu.addAction(id)
            one.setCheckable(True)
            one.setChecked(id in taken)
            one.triggered.connect(partial(self._take, name, id))
        return menu

    def _names(self, name: str) -> list[str]:
        wanted = ("loss",) if name == "losses" else ("transform",)
        found = ((id, self.session.node(id)) for id in self.session.graph.nodes)
        return sorted(id for id, node in found if node is not None and node.role in wanted)

    def _take(self, name: str, id: str) -> None:
        """In or out."""
        taken = [one for one in getattr(step_at(self.session.graph.plan, self.at), name) if one != "*"]
        self._edit(name, ", ".join(one for one in taken if one != id) if id in taken else ", ".join([*taken, id]))

    def _offer(self, name: str, below: QWidget) -> None:
        self.offered(name).popup(below.mapToGlobal(QPoint(0, below.height())))
