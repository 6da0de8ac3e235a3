"""The training plan as a form: shown when no node is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from neuralgraph.errors import GraphError
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.stages import Place, several
from neuralgraph.recipes import RECIPES, recipe
from neuralgraph.session import Session
from neuralgraph.spec import Param
from neuralgraph.ui.controls import Rule, button, flat, words
from neuralgraph.ui.icons import icon, pixmap
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.panels.plan_steps import StepsForm
from neuralgraph.ui.panels.plan_values import (
    PARAMS,
    PARTS,
    PRESETS,
    Part,
    changed,
    options_of,
    preset,
    values_of,
    with_option,
)
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

__all__ = ["PARAMS", "PlanForm", "changed", "values_of"]

OPEN = 2
"""So many parts are unfolded, and those in which something is set."""


class PartForm(QWidget):
    """One part of the plan under its title, which folds it."""

    def __init__(self, part: Part, session: Session, theme: Theme, *, unfolded: bool,
                 at: Callable[[], Place] = Place) -> None:
        super().__init__()
        self.part, self.session, self.theme, self.at = part, session, theme, at
        self._made_of = ""
        self.options: Form | None = None
        self.rare: Form | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.px(5))
        self.title = button("", clicked=self.toggle)
        self.title.setProperty("kind", "link")
        self.title.setStyleSheet("font-weight: 600;")
        self._more = button("", clicked=self._toggle_rare)
        self._more.setProperty("kind", "link")
        self._box.addWidget(self.title, 0, Qt.AlignmentFlag.AlignLeft)
        self.form = Form([param for _, param in part.params], theme,
                         labels={param.name: label for label, param in part.params})
        self.form.changed.connect(self._edit)
        self.form.sealed.connect(session.history.seal)
        self._box.addWidget(self.form)
        self._box.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self.fold(unfolded or self.is_set())

    def toggle(self) -> None:
        self.fold(self.form.isHidden())

    def fold(self, unfolded: bool) -> None:
        """Show the fields, or the title alone."""
        self.form.setVisible(unfolded)
        self.title.setText(self.part.title)
        self.title.setIconSize(QSize(self.theme.px(16), self.theme.px(16)))
        self.title.setIcon(icon(f"chevron-{'down' if unfolded else 'right'}", self.theme.tokens.text2))
        self.title.setAccessibleName(f"{self.part.title}, {'shown' if unfolded else 'folded'}")
        if self.options is not None and self.rare is not None:
            self.options.setVisible(unfolded and bool(self.options.fields))
            self.rare.setVisible(unfolded and not self._more.property("folded"))
        self._more.setVisible(unfolded and bool(self._more.text()))

    def refresh(self) -> None:
        """Show what the document says; the options are made anew where another type is chosen."""
        plan, at = self.session.graph.plan, self.at()
        self.form.show_values(values_of(plan, at))
        if self.part.kind:
            params, values = options_of(plan, self.part.kind, at)
            name = str(values_of(plan, at)[self.part.kind])
            if name != self._made_of:
                self._made_of = name
                self._make(params, values)
            for one in (self.options, self.rare):
                if one is not None:
                    one.show_values(values)

    def _make(self, params: list[Param], values: dict[str, Any]) -> None:
        """The options of a type; the rare ones folded, unless one of them is set."""
        for old in (self.options, self.rare):
            if old is not None:
                old.hide()
                old.deleteLater()
        rare = [one for one in params if one.advanced]
        self.options = self._made([one for one in params if not one.advanced])
        self._box.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self.rare = self._made(rare)
        self._more.setProperty("folded", all(values[one.name] == one.default for one in rare))
        self._name_more()
        self.fold(not self.form.isHidden())

    def _made(self, params: list[Param]) -> Form:
        made = Form(params, self.theme, labels={one.name: one.name.replace("_", " ") for one in params})
        made.changed.connect(self._set_option)
        made.sealed.connect(self.session.history.seal)
        self._box.addWidget(made)
        return made

    def _toggle_rare(self) -> None:
        self._more.setProperty("folded", not self._more.property("folded"))
        self._name_more()
        self.fold(True)

    def _name_more(self) -> None:
        count = len(self.rare.fields) if self.rare is not None else 0
        self._more.setText("" if not count else f"{count} more" if self._more.property("folded") else "Less")

    def is_set(self) -> bool:
        """Something in it is not as usual."""
        values, usual = values_of(self.session.graph.plan, self.at()), values_of(Plan())
        return any(values[param.name] != usual[param.name] for _, param in self.part.params)

    def _edit(self, name: str, value: object) -> None:
        label = next(label for label, param in self.part.params if param.name == name)
        self._put(changed(self.session.graph.plan, name, value, self.at()), label, name)

    def _set_option(self, name: str, value: object) -> None:
        plan = with_option(self.session.graph.plan, self.part.kind, name, value, self.at())
        self._put(plan, name.replace("_", " "), f"{self.part.kind}.{name}")

    def _put(self, plan: Plan, label: str, key: str) -> None:
        if plan != self.session.graph.plan:
            self.session.edit(SetPlan(plan, f"Change {label}"), merge=("plan", key, str(self.at())))


class PlanForm(QWidget):
    """Edits the plan of the document."""

    def __init__(self, session: Session, theme: Theme, known: Callable[[], Analysis | None] = lambda: None) -> None:
        super().__init__()
        self.session, self.theme, self.known = session, theme, known
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(12), theme.px(10), theme.px(12), theme.px(8))
        box.setSpacing(theme.px(8))
        head = QHBoxLayout()
        sign = QLabel()
        sign.setPixmap(pixmap("tune-variant", theme.tokens.text2, theme.px(22)))
        head.addWidget(sign)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(words(theme, "Training plan", 15, 600))
        names.addWidget(words(theme, "How it learns", 12, 400, "text2"))
        head.addLayout(names, 1)
        self.rules = flat(theme, "school-outline", "Learning rules", clicked=self._offer_rules)
        head.addWidget(self.rules)
        self.presets = flat(theme, "auto-fix", "Presets", clicked=self._offer)
        head.addWidget(self.presets)
        box.addLayout(head)
        self.said = words(theme, "", 12, 400, "warning")
        self.said.setWordWrap(True)
        self.said.hide()
        box.addWidget(self.said)
        self.steps = StepsForm(session, theme)
        self.steps.chosen.connect(self.refresh)
        box.addWidget(self.steps)
        self.parts = [PartForm(part, session, theme, unfolded=at < OPEN, at=lambda: self.steps.at)
                      for at, part in enumerate(PARTS)]
        self.form = self.parts[0].form
        for one in self.parts:
            box.addWidget(one)
        box.addWidget(Rule())
        self._note = words(theme, "", 12, 400, "text2")
        self._note.setWordWrap(True)
        box.addWidget(self._note)
        box.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        self.steps.refresh()
        for one in self.parts:
            one.refresh()
        self._note.setText("Optimiser, schedule and gradients are those of the step that is chosen above, and epochs "
                           "those of its stage." if several(self.session.graph.plan) else
                           "Select a node to see its properties.")

    def choose(self, name: str) -> None:
        """Take a preset, as one step of the document."""
        self._say("")
        plan = preset(self.session.graph.plan, name)
        if plan != self.session.graph.plan:
            self.session.edit(SetPlan(plan, f"Preset {name}"))
            for one in self.parts:
                one.fold(not one.form.isHidden() or one.is_set())

    def follow(self, name: str) -> None:
        """Take a learning rule for this graph, as one step of the document; what it lacks is said."""
        known = self.known()
        if known is None:
            self._say("The shapes of this graph are not known yet. Try again in a moment.")
            return
        try:
            edit = recipe(known, self.session.catalog, name)
        except GraphError as error:
            self._say(str(error))
            return
        self._say("")
        self.steps.at = Place()
        self.session.edit(edit)

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def offered_rules(self) -> QMenu:
        """The menu of learning rules, gone when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for name, one in RECIPES.items():
            menu.addAction(name).setToolTip(one.doc)
        menu.triggered.connect(lambda action: self.follow(action.text()))
        return menu

    def _offer_rules(self) -> None:
        self.offered_rules().popup(self.rules.mapToGlobal(self.rules.rect().bottomLeft()))

    def offered(self) -> QMenu:
        """The menu of presets, gone when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for name, (doc, _) in PRESETS.items():
            menu.addAction(name).setToolTip(doc)
        menu.triggered.connect(self._chosen)
        return menu

    def _offer(self) -> None:
        self.offered().popup(self.presets.mapToGlobal(self.presets.rect().bottomLeft()))

    def _chosen(self, action: QAction) -> None:
        self.choose(action.text())
