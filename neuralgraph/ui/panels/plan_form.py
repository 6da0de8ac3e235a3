"""The training plan as a form: shown when no node is selected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import OPTIMIZERS, Optimizer, Plan, Stage, Step
from neuralgraph.session import Session
from neuralgraph.spec import Param
from neuralgraph.ui.controls import Rule, words
from neuralgraph.ui.icons import pixmap
from neuralgraph.ui.panels.fields import Form
from neuralgraph.ui.theme import Theme

_SPLITS = ("random", "stratified", "ordered")

PARAMS: tuple[tuple[str, Param], ...] = tuple(
    (label, replace(param, name=name)) for label, name, param in (
        ("optimiser", "optimizer", Param("Adam", "How the weights are changed.", choices=OPTIMIZERS, kind="choice")),
        ("rate", "lr", Param(1e-3, "How far each step goes.", min=1e-12, max=1e6, kind="float")),
        ("batch size", "batch_size", Param(32, "Rows learned at once.", min=1, max=2**24, kind="int")),
        ("epochs", "epochs", Param(10, "How often all rows are learned.", min=1, max=10**6, kind="int")),
        ("validation", "validation", Param(
            0.2, "Rows kept apart to check with: a share below 1, or a number of rows.", min=0, kind="float")),
        ("split", "split", Param("random", "Which rows are kept apart.", choices=_SPLITS, kind="choice")),
        ("seed", "seed", Param(0, "The same seed gives the same run.", min=0, max=2**31 - 1, kind="int")),
        ("momentum", "momentum", Param(0.0, "Share of the last step in the next one.", min=0, max=0.9999)),
        ("nesterov", "nesterov", Param(False, "Look ahead along the momentum.", kind="bool")),
        ("weight decay", "weight_decay", Param(0.0, "Pulls every weight towards zero.", min=0, max=100)),
        ("L1", "l1", Param(0.0, "Costs the absolute value of every weight.", min=0, max=100)),
    ))
_OPTIONS = {"momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
_ONLY = {"momentum": ("SGD", "RMSprop"), "nesterov": ("SGD",)}


def values_of(plan: Plan) -> dict[str, Any]:
    """The plan as the form shows it: its first stage and step."""
    step, optimizer = plan.stages[0].steps[0], plan.optimizer
    return {
        "optimizer": optimizer.name, "lr": optimizer.lr, "batch_size": plan.batch_size, "l1": step.l1,
        "epochs": plan.stages[0].epochs, "validation": plan.validation, "split": plan.split, "seed": plan.seed,
        **{name: optimizer.options.get(name, default) for name, default in _OPTIONS.items()},
    }


def changed(plan: Plan, name: str, value: Any) -> Plan:
    """The plan with one value of the form changed."""
    stage: Stage = plan.stages[0]
    step: Step = stage.steps[0]
    optimizer: Optimizer = step.optimizer
    if name in ("batch_size", "validation", "split", "seed"):
        return replace(plan, **{name: value})
    if name == "epochs":
        stage = replace(stage, epochs=value)
    else:
        if name == "optimizer":
            gone = [one for one, kinds in _ONLY.items() if value not in kinds]
            optimizer = replace(optimizer, name=value, options=optimizer.options.without(*gone))
        elif name == "lr":
            optimizer = replace(optimizer, lr=value)
        elif name in _OPTIONS:
            options = optimizer.options.without(name)
            optimizer = replace(optimizer, options=options if value == _OPTIONS[name] else options.having(
                **{name: value}))
        step = replace(step, optimizer=optimizer, l1=value if name == "l1" else step.l1)
        stage = replace(stage, steps=(step, *stage.steps[1:]))
    return replace(plan, stages=(stage, *plan.stages[1:]))


class PlanForm(QWidget):
    """Edits the plan of the document."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session, self.theme = session, theme
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
        names.addWidget(words(theme, "How this document learns", 12, 400, "text2"))
        head.addLayout(names, 1)
        box.addLayout(head)
        labels = {param.name: label for label, param in PARAMS}
        self.form = Form([param for _, param in PARAMS], theme, labels=labels)
        self.form.changed.connect(self._edit)
        self.form.sealed.connect(session.history.seal)
        box.addWidget(self.form)
        box.addWidget(Rule())
        self._note = words(theme, "", 12, 400, "text2")
        self._note.setWordWrap(True)
        box.addWidget(self._note)
        box.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        plan = self.session.graph.plan
        values = values_of(plan)
        self.form.show_values(values)
        for name, kinds in _ONLY.items():
            self.form.fields[name].setEnabled(values["optimizer"] in kinds)
        more = len(plan.stages) > 1 or len(plan.stages[0].steps) > 1
        self._note.setText("This plan has more stages; the form shows the first one." if more else
                           "Select a node to see its properties.")

    def _edit(self, name: str, value: object) -> None:
        plan = changed(self.session.graph.plan, name, value)
        if plan != self.session.graph.plan:
            label = next(label for label, param in PARAMS if param.name == name)
            self.session.edit(SetPlan(plan, f"Change {label}"), merge=("plan", name))
