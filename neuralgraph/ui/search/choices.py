"""What can be searched: a table of parameters with what they are now and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from neuralgraph.errors import ParameterError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.planning import planned
from neuralgraph.graph.ranges import PLAN, checked, marked
from neuralgraph.graph.reading import instance
from neuralgraph.spec import Catalog, Node
from neuralgraph.spec.param import Param
from neuralgraph.ui.theme import Theme

SEARCHED = ("int", "float", "bool", "choice")
"""Kinds of parameters of which a search can try values."""
MOST = 400


@dataclass(frozen=True)
class Candidate:
    """A parameter: what it is for, whose, what it is called, what it is now, and a range that suggests itself."""

    target: str
    owner: str
    name: str
    now: str
    like: str


def candidates(graph: Graph, catalog: Catalog) -> list[Candidate]:
    """The plan's rate, batch and optimiser, then the parameters of every node in the order of the document."""
    plan = graph.plan
    lr = plan.optimizer.lr
    found = [
        Candidate(f"{PLAN}.lr", "Plan", "learning rate", f"{lr:g}", _around(lr) or "0.0001..0.1:log"),
        Candidate(f"{PLAN}.optimizer", "Plan", "optimizer", plan.optimizer.name, "Adam|AdamW|SGD"),
        Candidate(f"{PLAN}.batch_size", "Plan", "batch size", str(plan.batch_size), "16|32|64|128"),
        Candidate(f"{PLAN}.weight_decay", "Plan", "weight decay", str(plan.optimizer.options.get("weight_decay", 0.0)),
                  "1e-06..0.01:log"),
    ]
    found = [one for one in found if _takes(graph, one)]
    for id, placed in graph.nodes.items():
        node = instance(placed, catalog, graph.modules)
        if not isinstance(node, Node) or node.role in ("source", "loss", "metric", "output"):
            continue
        for name, one in type(node).params.items():
            like = _like(one, getattr(node, name)) if one.kind in SEARCHED and not one.advanced else ""
            if like:
                found.append(Candidate(f"{id}.{name}", placed.name, one.row or name.replace("_", " "),
                                       str(getattr(node, name)), like))
    return found[:MOST]


def _takes(graph: Graph, one: Candidate) -> bool:
    """The optimiser has such a setting."""
    if not one.target.endswith("weight_decay"):
        return True
    try:
        planned(graph.plan, weight_decay=0.01)
    except ParameterError:
        return False
    return True


def _like(param: Param, now: Any) -> str:
    if param.kind == "bool":
        return "true|false"
    if param.kind == "choice":
        return "|".join(param.choices) if len(param.choices) > 1 else ""
    if not isinstance(now, (int, float)) or isinstance(now, bool):
        return ""
    if param.kind == "int":
        low, high = max(1, int(now) // 4), max(2, int(now) * 4)
        low, high = int(max(low, param.min or low)), int(min(high, param.max or high))
        return f"{low}..{high}:log" if 0 < low < high else ""
    if param.min is not None and param.max is not None:
        top = param.max * 0.9 if param.max == 1 else param.max
        return f"{float(param.min)!r}..{float(top)!r}"
    return _around(float(now))


def _around(now: float) -> str:
    return f"{now / 30:.1g}..{now * 30:.1g}:log" if now > 0 else ""


class Choices(QTreeWidget):
    """One row a parameter; a tick says that it is searched, the last column is what to try."""

    def __init__(self, theme: Theme, graph: Graph, catalog: Catalog) -> None:
        super().__init__()
        self.graph, self.catalog = graph, catalog
        self.setObjectName("choices")
        self.setAccessibleName("What to search")
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setColumnCount(4)
        self.setHeaderLabels(["Of", "Parameter", "Now", "Try"])
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.itemDoubleClicked.connect(self._edit)
        self.itemChanged.connect(self._changed)
        marks, there = marked(graph), candidates(graph, catalog)
        known = {one.target for one in there}
        there += [Candidate(target, target.rpartition(".")[0], target.rpartition(".")[2], "", text)
                  for target, text in marks.items() if target not in known]
        self.rows: dict[str, QTreeWidgetItem] = {}
        for one in there:
            item = QTreeWidgetItem([one.owner, one.name, one.now, marks.get(one.target, one.like)])
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
            item.setCheckState(0, Qt.CheckState.Checked if one.target in marks else Qt.CheckState.Unchecked)
            item.setToolTip(3, "16..256, 16..256:16 in steps, 1e-4..1e-1:log, Adam|SGD. Double-click to change it.")
            self.rows[one.target] = item
            self.addTopLevelItem(item)
        head = self.header()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((120, 110, 64)):
            head.resizeSection(column, theme.px(width))
        head.setStretchLastSection(True)

    @property
    def ranges(self) -> dict[str, str]:
        """What is ticked, and what to try of it."""
        return {target: item.text(3).strip() for target, item in self.rows.items()
                if item.checkState(0) == Qt.CheckState.Checked}

    def tick(self, ranges: Mapping[str, str]) -> None:
        """Exactly these are searched."""
        for target, item in self.rows.items():
            item.setCheckState(0, Qt.CheckState.Checked if target in ranges else Qt.CheckState.Unchecked)
            item.setText(3, ranges.get(target, item.text(3)))

    def trouble(self) -> str:
        """Why it cannot be searched as it stands; "" where it can."""
        if not self.ranges:
            return "Tick what to search."
        try:
            checked(self.graph, self.catalog, self.ranges)
        except ParameterError as error:
            return str(error)
        return ""

    def _edit(self, item: QTreeWidgetItem, _column: int) -> None:
        self.editItem(item, 3)

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        """Who writes a range means to search it."""
        if column == 3 and item.checkState(0) != Qt.CheckState.Checked and self.state() == self.State.EditingState:
            item.setCheckState(0, Qt.CheckState.Checked)
