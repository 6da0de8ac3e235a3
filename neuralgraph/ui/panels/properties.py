"""The properties of the selected node: name, flags, what is wrong, its parameters, what goes in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from neuralgraph.graph.definitions import kind_of
from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import ChangeNode, Group, RenameNode
from neuralgraph.graph.history import Change
from neuralgraph.graph.ids import refusal
from neuralgraph.room import Room
from neuralgraph.spec import Drawn, Node, Param
from neuralgraph.spec.initial import files
from neuralgraph.ui.controls import Rule, button, flat, words
from neuralgraph.ui.icons import tile
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.panels.initial_form import InitialForm
from neuralgraph.ui.panels.module_form import listed, module_parts
from neuralgraph.ui.panels.own_form import OwnForm
from neuralgraph.ui.panels.plan_form import PlanForm
from neuralgraph.ui.panels.problem_card import ProblemCard, wrapped
from neuralgraph.ui.panels.renaming import NameEdit
from neuralgraph.ui.prose import formula_label, leading_formulas
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.problem import Problem


class Properties(QWidget):
    """Follows the selection. Everything goes through `session.edit`; the document comes back through `refresh`."""

    fix_wanted = Signal(object)
    help_wanted = Signal(str)
    action_wanted = Signal(str)
    typing_wanted = Signal(str)
    resized = Signal()
    """The sheet wants another height."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.session: Room | None = None
        self.ids: tuple[str, ...] = ()
        self._sheet: NodeSheet | PlanForm | None = None
        self._unsubscribe: Callable[[], None] = _nothing
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._scroll)

    @property
    def sheet(self) -> NodeSheet | PlanForm | None:
        return self._sheet

    def set_session(self, session: Room) -> None:
        self._unsubscribe()
        self.session = session
        self._unsubscribe = session.history.subscribe(self._changed)
        self.ids, self._sheet = (), None
        self.show_ids(())

    def set_theme(self) -> None:
        self._build()

    def show_ids(self, ids: tuple[str, ...]) -> None:
        """Show the form of one node, or the plan where none or several are selected."""
        known = self.session.graph.nodes if self.session is not None else {}
        wanted = tuple(id for id in ids if id in known)
        wanted = wanted if len(wanted) == 1 else ()
        if wanted != self.ids or self._sheet is None:
            self.ids = wanted
            self._build()

    def set_analysis(self, analysis: Analysis) -> None:
        if isinstance(self._sheet, NodeSheet):
            self._sheet.show_analysis(analysis)
            self.resized.emit()

    def refresh(self) -> None:
        """Show what the document says now."""
        if self.session is None:
            return
        if self.ids and self.ids[0] not in self.session.graph.nodes:
            self.show_ids(())
        elif isinstance(self._sheet, NodeSheet) and self._sheet.stale():
            self._build()
        elif self._sheet is not None:
            self._sheet.refresh()

    def _changed(self, change: Change) -> None:
        if self.session is not None and change.after is self.session.graph:
            self.refresh()

    def _build(self) -> None:
        if self.session is None:
            return
        old = self._scroll.takeWidget()
        if old is not None:
            old.hide()
            old.deleteLater()
        if self.ids:
            sheet = NodeSheet(self.session, self.ids[0], self.theme)
            sheet.fix_wanted.connect(self.fix_wanted)
            sheet.help_wanted.connect(self.help_wanted)
            sheet.action_wanted.connect(self.action_wanted)
            sheet.typing_wanted.connect(self.typing_wanted)
            sheet.resized.connect(self.resized)
            self._sheet = sheet
            if self.session.analysis is not None:
                sheet.show_analysis(self.session.analysis)
        else:
            self._sheet = PlanForm(self.session.document, self.theme, self._known)
        self._sheet.installEventFilter(self)
        self._scroll.setWidget(self._sheet)
        self.resized.emit()

    def _known(self) -> Analysis | None:
        return self.session.document.analysis if self.session is not None else None

    def wanted_height(self) -> int:
        """The height that shows the whole sheet."""
        if self._sheet is None:
            return 0
        for one in self._sheet.findChildren(QWidget):
            one.ensurePolished()  # the stylesheet makes fields higher
        layout = self._sheet.layout()
        if layout is not None:
            layout.activate()
            if layout.hasHeightForWidth():
                return layout.totalHeightForWidth(self._scroll.viewport().width()) + 2
        return self._sheet.sizeHint().height() + 2

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The sheet says that it wants another height once its parts are there."""
        if watched is self._sheet and event.type() == QEvent.Type.LayoutRequest:
            self.resized.emit()
        return False


class NodeSheet(QWidget):
    """The sheet of one node."""

    fix_wanted = Signal(object)
    help_wanted = Signal(str)
    action_wanted = Signal(str)
    typing_wanted = Signal(str)
    resized = Signal()

    def __init__(self, session: Room, id: str, theme: Theme) -> None:
        super().__init__()
        self.session, self.id, self.theme = session, id, theme
        self._type = session.graph.nodes[id].type
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(theme.px(12), theme.px(10), theme.px(12), theme.px(8))
        self._box.setSpacing(theme.px(8))
        self._head()
        self._card: ProblemCard | None = None
        self._card_box = QVBoxLayout()
        self._box.addLayout(self._card_box)
        self._form()
        self._box.addWidget(Rule())
        self._figures = QGridLayout()
        self._figures.setVerticalSpacing(theme.px(6))
        self._figures.setColumnMinimumWidth(0, theme.px(108))
        self._figures.setColumnStretch(1, 1)
        self._box.addLayout(self._figures)
        self._note_box = QVBoxLayout()
        self._box.addLayout(self._note_box)
        self._box.addStretch(1)
        self.refresh()

    @property
    def initial(self) -> InitialForm | None:
        """How its weights start."""
        return self.own.initial if self.own is not None else None

    @property
    def placed(self) -> Placed:
        return self.session.graph.nodes[self.id]

    def _kind(self) -> type[Node] | None:
        known = self._type in self.session.catalog
        return kind_of(self.placed, self.session.catalog, self.session.graph.modules) if known else None

    def stale(self) -> bool:
        """Another node type stands here now, or a module that shows other parameters."""
        kind = self._kind()
        return self.placed.type != self._type or (kind.params if kind else {}) != self._made_of

    def refresh(self) -> None:
        placed = self.placed
        self._title.show_text(placed.title or placed.type)
        self._name.show_text(self.id)
        self._freeze.setChecked(placed.frozen)
        self._bypass.setChecked(placed.bypassed)
        if self.own is not None:
            self.own.show_placed(placed)
        for form in (self.form, self._more):
            if form is not None:
                form.show_values(self._values())

    def show_analysis(self, analysis: Analysis) -> None:
        if self.id not in self.session.graph.nodes:
            return
        problems = analysis.problems_of(self.id)
        for form in (self.form, self._more):
            if form is not None:
                form.show_columns(analysis.columns.get(self.id, ()))
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
            self._card = None
        if problems:
            self._card = ProblemCard(problems[0], self.theme)
            self._card.fix_wanted.connect(self.fix_wanted)
            note = problems[0].severity == "note"  # what there is to know comes last, what is wrong first
            (self._note_box if note else self._card_box).addWidget(self._card)
        self._show_figures(analysis, problems)

    def _head(self) -> None:
        t, px = self.theme.tokens, self.theme.px
        row = QHBoxLayout()
        row.setSpacing(px(4))
        kind = self._kind()
        sign = QLabel()
        sign.setPixmap(tile(kind.category if kind else "", px(28), t))
        row.addWidget(sign)
        row.addSpacing(px(4))
        names = QVBoxLayout()
        names.setSpacing(0)
        self._title = NameEdit(self.theme, 15, 600, "text", self._retitle, "Title")
        self._name = NameEdit(self.theme, 12, 400, "text2", self._rename, "Id, the name in code and files")
        names.addWidget(self._title)
        names.addWidget(self._name)
        row.addLayout(names, 1)
        self._freeze = flat(self.theme, "snowflake", "Freeze: keep its weights as they are", checkable=True, size=26,
                            clicked=partial(self.action_wanted.emit, "canvas.freeze"))
        self._bypass = flat(self.theme, "debug-step-over", "Bypass: let its input pass through", checkable=True,
                            size=26, clicked=partial(self.action_wanted.emit, "canvas.bypass"))
        row.addWidget(self._freeze)
        row.addWidget(self._bypass)
        row.addWidget(flat(self.theme, "help-circle-outline", "About this node (F1)", size=26,
                           clicked=partial(self.help_wanted.emit, self._type)))
        self._box.addLayout(row)

    def _form(self) -> None:
        kind = self._kind()
        self.form: Form | None = None
        self._more: Form | None = None
        self.own: OwnForm | None = None
        self._made_of = kind.params if kind is not None else {}
        if kind is None:
            self._box.addWidget(wrapped(self.theme, "This version does not know this type. It is kept as it came."))
            return
        plain = [one for one in kind.params.values() if not one.advanced]
        rest = [one for one in kind.params.values() if one.advanced]
        self.form = self._made_form(plain)
        if not kind.params:
            self._box.addWidget(wrapped(self.theme, kind.summary()))
            for formula in leading_formulas(kind):
                self._box.addWidget(formula_label(self.theme, formula, 13, ratio=self.devicePixelRatioF()))
        for one in module_parts(self.session, self.id, self.theme, self.action_wanted.emit):
            self._box.addWidget(one)
        if rest:
            self._more = self._made_form(rest)
            set_here = any(one.name in self.placed.params for one in rest)
            self._more.setVisible(set_here)
            self._unfold = button(_more_text(len(rest), set_here), clicked=self._toggle_more)
            self._unfold.setProperty("kind", "link")
            self._box.addWidget(self._unfold, 0, Qt.AlignmentFlag.AlignLeft)
            self._box.addWidget(self._more)
        self.own = OwnForm(self.theme, drawn=issubclass(kind, Drawn))
        self.own.changed.connect(self._change)
        self.own.sealed.connect(self.session.history.seal)
        self.own.resized.connect(self.resized)
        self.own.typing_wanted.connect(lambda: self.typing_wanted.emit(self.id))
        self._box.addWidget(self.own)

    def _made_form(self, params: list[Param]) -> Form:
        form = Form([listed(one, self.session) for one in params], self.theme)
        form.changed.connect(self._edit)
        form.sealed.connect(self.session.history.seal)
        form.resized.connect(self.resized)
        form.undo_wanted.connect(self.session.document.undo)
        form.setVisible(bool(params))
        self._box.addWidget(form)
        return form

    def _toggle_more(self) -> None:
        if self._more is not None:
            shown = self._more.isHidden()
            self._more.setVisible(shown)
            self._unfold.setText(_more_text(len(self._more.fields), shown))
            self.resized.emit()

    def _values(self) -> dict[str, Any]:
        node = self.session.node(self.id)
        if node is not None:
            return node.values
        kind = self._kind()
        defaults = {name: one.default for name, one in kind.params.items()} if kind is not None else {}
        return {**defaults, **dict(self.placed.params)}

    def _edit(self, name: str, value: object) -> None:
        placed = self.placed
        kind = self._kind()
        assert kind is not None
        declared = kind.params[name]
        if declared.kind == "file" and isinstance(value, str):
            value = self.session.document.chosen(str(placed.params.get(name, "")), value)
        default = declared.default
        same = repr(value) == repr(default)
        params = placed.params.without(name) if same else placed.params.having(**{name: value})
        if params == placed.params and repr(params) == repr(placed.params):
            return
        changed = replace(placed, params=params)
        self.session.edit(ChangeNode(changed, f"Change {name} of {placed.name}"), merge=(self.id, name))

    def _change(self, fields: dict[str, Any], label: str, key: str) -> None:
        old = files(self.placed.initialiser)
        for group, path in files(fields.get("initialiser", {})).items():
            if path != old.get(group, ""):
                short = self.session.document.chosen(old.get(group, ""), path)
                fields = {"initialiser": fields["initialiser"].having(**{f"{group}.path": short})}
        changed = replace(self.placed, **fields)
        self.session.edit(ChangeNode(changed, f"{label} {self.placed.name}"), merge=(self.id, key) if key else None)

    def _retitle(self, text: str) -> str:
        text = "" if text.strip() == self._type else text.strip()
        if text != self.placed.title:
            self.session.edit(ChangeNode(replace(self.placed, title=text), f"Rename {self.id}"))
        return ""

    def _rename(self, text: str) -> str:
        if text == self.id:
            return ""
        if reason := refusal(text):
            return reason[0].upper() + reason[1:] + "."
        if text in self.session.graph.nodes:
            return f"There already is a node {text}."
        self.session.edit(Group(f"Rename {self.id} to {text}", (RenameNode(self.id, text),)))
        return ""

    def _show_figures(self, analysis: Analysis, problems: tuple[Problem, ...]) -> None:
        while self._figures.count():
            item = self._figures.takeAt(0)
            if item is not None and (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        bad = {one.port for one in problems if one.severity == "error" and one.received}
        rows: list[tuple[str, str, str]] = []
        inputs = analysis.inputs.get(self.id, {})
        for port, spec in inputs.items():
            rows.append(("in" if len(inputs) == 1 else port, str(spec), "error" if port in bad else "text"))
        outputs = self.session.ports_of(self.id)[1]
        specs = analysis.specs.get(self.id, {})
        for out in outputs:
            name = specs[out].label if out in specs and specs[out].label else out
            rows.append((name, str(specs[out]) if out in specs else "unknown", "text"))
        figures = analysis.figures.get(self.id)
        if self.own is not None:
            self.own.show_learns(learns=figures is not None and figures.parameters > 0)
        if outputs and self.session.node(self.id) is not None:
            rows.append(("parameters", f"{figures.parameters:,}" if figures is not None else "–", "text"))
        for row, (name, value, role) in enumerate(rows):
            self._figures.addWidget(words(self.theme, name, 12, 400, "text2"), row, 0)
            shown = words(self.theme, value, 12, 600, role)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._figures.addWidget(shown, row, 1)


def _more_text(count: int, shown: bool) -> str:
    return "Less" if shown else f"{count} more"


def _nothing() -> None:
    """There is nothing to unsubscribe from."""
