"""The Plots panel: loss on the left, metrics on the right, live from training events."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from neuralgraph.graph.levers import called
from neuralgraph.tokens import LIGHT, Tokens
from neuralgraph.training.events import Changed, EpochEnded, Event, Reading, Started, Step
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.inspector_type import Themed, font, tabular, text_size, tool_button
from neuralgraph.ui.panels.plot_data import AXES, Track, spelled
from neuralgraph.ui.panels.plots_moment import Momentary
from neuralgraph.ui.panels.plots_run import LOSS, NORM, RATE, SHARES, RunCurves

if TYPE_CHECKING:
    from neuralgraph.ui.panels.plots_view import Marker, PlotView, Shown

EVERY = 0.2
"""Seconds between two drawings while nothing but steps arrives: of one plot, then of the other."""
CALM = 0.6
"""So long after the last drawing both are drawn at once."""
NOTHING = ("No curves yet", "Press Train: loss and metrics are drawn while it learns.")
READY = ("Getting ready …", "Data are read and the network is made; curves begin with the first batch.")
LETTERS, GHOSTS = 16, 4
"""Letters of a run's name in the legend, and how many ghosts each have a look of their own."""


class PlotsPanel(Momentary):
    """Draws what training tells. pyqtgraph is loaded when there is something to draw, not before."""

    def __init__(self, session: Any = None, bridge: Any = None, theme: Themed | None = None) -> None:
        super().__init__()
        self.session, self.bridge = session, bridge
        self._drawn = 0.0
        self._turn = "left"
        self.tokens: Tokens = theme.tokens if theme is not None else LIGHT
        self.run = RunCurves(0.95)
        self.pinned: list[RunCurves] = []
        self.axis = "epoch"
        self.smoothing = 0.95
        self._chosen = {"left": LOSS, "right": ""}
        self.views: dict[str, PlotView] = {}
        self._corner: list[QToolButton] = []
        self._stale = False
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        pages = QWidget()
        self._box.addWidget(pages, 1)
        self._pages = QStackedLayout(pages)
        self._pages.setContentsMargins(0, 0, 0, 0)
        self.notice = Notice(self.tokens, "chart-line", *NOTHING)
        self._pages.addWidget(self.notice)
        self._build_actions()

    # What comes in

    def set_session(self, session: Any) -> None:
        """Another document: its curves begin anew."""
        self.session = session
        self.run, self.pinned = RunCurves(self.smoothing), []
        self.refresh()

    def feed(self, events: Iterable[Event]) -> None:
        """Events of training, at most 30 times a second."""
        events = list(events)
        if not events:
            return
        if any(isinstance(one, Started) and not one.start_step for one in events):
            self.run = RunCurves(self.smoothing, self._titles())
        self.run.feed(events)
        now = monotonic()
        calm = now - self._drawn >= CALM
        if calm or not all(isinstance(one, Step | Reading | EpochEnded) for one in events):
            self._drawn = now
            self.refresh()
        elif now - self._drawn >= EVERY:
            self._drawn = now
            self._turn = "right" if self._turn == "left" else "left"
            self.refresh((self._turn,))

    def clear(self) -> None:
        """After a reset: no curves; pinned runs stay."""
        self.run = RunCurves(self.smoothing, self._titles())
        self.refresh()

    def set_theme(self, theme: Themed) -> None:
        self.tokens = theme.tokens
        self.notice.set_tokens(self.tokens)
        for view in self.views.values():
            view.set_tokens(self.tokens)
        self._icons()

    # What can be set

    def set_axis(self, axis: str) -> None:
        """x runs along `epoch`, `step` or `time`."""
        self.axis = axis
        self.axis_actions[axis].setChecked(True)
        self.refresh()

    def _axis_chosen(self, axis: str, _checked: bool = False) -> None:
        self.set_axis(axis)

    def set_smoothing(self, weight: float) -> None:
        """0 (the raw numbers) to 0.99."""
        self.smoothing = weight
        self.slider.setValue(round(100 * weight))
        self.slider_value.setText(spelled(weight, 0.01))
        for run in (self.run, *self.pinned):
            run.set_weight(weight)
        self.refresh()

    def choose(self, side: str, name: str) -> None:
        """Shows another quantity in the plot of that side."""
        self._chosen[side] = name
        self.refresh()

    def pin(self, on: bool = True) -> None:
        """Keeps the present run as a dotted ghost behind the next ones, or lets all pins go."""
        if on and not self.run.empty and self.run not in self.pinned:
            self.pinned = [*self.pinned[-2:], self.run]
        elif not on:
            self.pinned = []
        self.pin_action.setChecked(bool(self.pinned))
        self.refresh()

    def pin_run(self, run: RunCurves) -> None:
        """Puts the curves of a stored run behind the present ones."""
        self.pinned = [*self.pinned[-2:], run]
        self.pin_action.setChecked(True)
        self.refresh()

    def overlay(self, runs: list[RunCurves]) -> None:
        """Only these stored runs behind the present one: to be compared."""
        self.pinned = list(runs)
        self.pin_action.setChecked(bool(runs))
        self.refresh()

    def put_above(self, strip: QWidget) -> None:
        """A line above the plots."""
        self._box.insertWidget(0, strip)

    def run_changed(self) -> None:
        """A run gets ready, or is over."""
        if self.run.empty:
            self.refresh()

    def take_back(self, run: RunCurves) -> None:
        """Draw these again, after those of a run that was followed."""
        self.run = run
        self.refresh()

    # Drawing

    def refresh(self, sides: Iterable[str] = ("left", "right")) -> None:
        """Draws what is there on these sides, when somebody can see it."""
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        if self.run.empty and not self.pinned:
            self.notice.say(*(READY if self.bridge is not None and self.bridge.running else NOTHING))
            self._pages.setCurrentWidget(self.notice)
            return
        self._build_views()
        self._pages.setCurrentIndex(1)
        end = max(one.end(self.axis) for one in (self.run, *self.pinned)) or 1.0
        for side, view in self.views.items():
            name = self._name(side)
            view.setVisible(bool(name))
            if not name or side not in sides:
                continue
            figure = self.run.figures.get(name) or self.pinned[0].figures[name]
            view.set_title(figure.title, {one: self._title(one) for one in self._choices(side)})
            view.show_curves(
                self.curves(name), axis=self.axis, end=end, percent=figure.percent, markers=self._markers(),
                cursor=self._cursor())

    def curves(self, name: str) -> list[Shown]:
        """The curves of a quantity, ghosts first."""
        from neuralgraph.ui.panels.plots_view import Shown

        found: list[Shown] = []
        for number, ghost in enumerate(self.pinned, start=1):
            if ghost is not self.run and name in ghost.figures and len(ghost.figures[name].train):
                track = ghost.figures[name].train
                title = _short(ghost.name) or ("pinned" if len(self.pinned) == 1 else f"pinned {number}")
                kind = ghost.kind or ("ghost" if number == 1 else f"ghost {min(number, GHOSTS)}")
                smoothed = ghost.smoothed(name) and self.smoothing > 0
                found.append(Shown(title, track, kind, smoothed, ghost.figures[name].spell(track.last)))
        figure = self.run.figures.get(name)
        for kind in ("train", "validation") if figure else ():
            curve: Track = getattr(figure, kind)
            if figure is not None and len(curve):
                smoothed = kind == "train" and self.run.smoothed(name) and self.smoothing > 0
                title = kind if name not in (RATE, NORM) else figure.title.lower()
                at = self._cursor()
                value = curve.last if at is None else curve.at(self.axis, at)
                found.append(Shown(title, curve, kind, smoothed, figure.spell(value)))
        return found

    def legend(self, side: str) -> dict[str, str]:
        """What the legend of a side says."""
        return self.views[side].legend() if side in self.views else {}

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh()

    def _build_views(self) -> None:
        if self.views:
            return
        from neuralgraph.ui.panels.plots_view import PlotView

        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(14, 4, 10, 4)
        row.setSpacing(18)
        for side, title in (("left", "Loss"), ("right", "")):
            view = PlotView(self.tokens, title)
            view.chosen.connect(partial(self.choose, side))
            self.views[side] = view
            row.addWidget(view, 1)
        self._pages.addWidget(page)

    def _choices(self, side: str) -> list[str]:
        known = list(dict.fromkeys(name for run in (self.run, *self.pinned) for name in run.figures))
        if side == "left":
            return [name for name in known if self.run.smoothed(name) or name == LOSS]
        metrics = [name for name in known if not self.run.smoothed(name) and name not in (LOSS, RATE, NORM)]
        return [*metrics, *(name for name in (RATE, NORM) if name in known)]

    def _name(self, side: str) -> str:
        choices = self._choices(side)
        return self._chosen[side] if self._chosen[side] in choices else next(iter(choices), "")

    def _title(self, name: str) -> str:
        return next((run.figures[name].title for run in (self.run, *self.pinned) if name in run.figures), name)

    def _titles(self) -> dict[str, tuple[str, bool]]:
        """Title of every node by id, and whether it is a share written in per cent."""
        graph = getattr(self.session, "graph", None)
        nodes = getattr(graph, "nodes", {})
        return {id: (placed.title or placed.type, placed.type in SHARES) for id, placed in nodes.items()}

    def _markers(self) -> list[Marker]:
        from neuralgraph.ui.panels.plots_view import Marker

        return [Marker(self.run.place(one, self.axis), marker_text(one)) for one in self.run.changes]

    # Menus

    def _build_actions(self) -> None:
        self.pin_action = QAction("Pin this run as a ghost", self, checkable=True)
        self.pin_action.triggered.connect(self.pin)
        self.export_menu = QMenu("Export", self)
        for text, suffix in (("Numbers as CSV…", "csv"), ("Picture as PNG…", "png"), ("Drawing as SVG…", "svg")):
            self.export_menu.addAction(text, partial(self._ask_export, suffix))
        self.more_menu = QMenu("Plots", self)
        axes = QActionGroup(self)
        self.axis_actions: dict[str, QAction] = {}
        for axis in AXES:
            action = QAction(f"x = {axis}", self, checkable=True)
            self.more_menu.addAction(action)
            action.setChecked(axis == self.axis)
            action.triggered.connect(partial(self._axis_chosen, axis))
            axes.addAction(action)
            self.axis_actions[axis] = action
        self.more_menu.addSeparator()
        self.more_menu.addAction(self._slider_action())
        self.more_menu.addSeparator()
        self.more_menu.addAction("Show the whole run", self._show_all)
        self._icons()

    def _slider_action(self) -> QWidgetAction:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 99)
        self.slider.setValue(round(100 * self.smoothing))
        self.slider.setAccessibleName("Smoothing")
        self.slider.valueChanged.connect(lambda value: self.set_smoothing(value / 100))
        self.slider_value = QLabel(spelled(self.smoothing, 0.01))
        self.slider_value.setFont(tabular(12))
        name = QLabel("Smoothing")
        name.setFont(font(12))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(12, 4, 12, 4)
        for one in (name, self.slider, self.slider_value):
            row.addWidget(one)
        action = QWidgetAction(self)
        action.setDefaultWidget(holder)
        return action

    def corner(self) -> QWidget:
        """Pin, export and more, for the right end of the tab bar."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 6, 0)
        row.setSpacing(2)
        pin = tool_button()
        pin.setDefaultAction(self.pin_action)
        row.addWidget(pin)
        for action, tip in ((self.export_menu.menuAction(), "Export"), (self.more_menu.menuAction(), "More")):
            button = tool_button(tip=tip)
            button.setDefaultAction(action)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
            row.addWidget(button)
        for button in holder.findChildren(QToolButton):
            self._corner.append(button)
        self._icons()
        return holder

    def _icons(self) -> None:
        import qtawesome

        def icon(name: str) -> QIcon:
            made: QIcon = qtawesome.icon(f"mdi6.{name}", color=self.tokens.text2)
            return made

        self.pin_action.setIcon(icon("pin-outline"))
        self.export_menu.setIcon(icon("export"))
        self.more_menu.setIcon(icon("dots-vertical"))
        side, whole = round(16 * text_size()), round(28 * text_size())
        for button in self._corner:
            button.setIconSize(QSize(side, side))
            button.setFixedSize(whole, whole)

    def _show_all(self) -> None:
        for view in self.views.values():
            view.show_all()


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[:LETTERS - 1]}…"


def marker_text(change: Changed) -> str:
    """«learning rate 0.002 → 0.001»."""
    return f"{called(change.name)} {change.old:g} → {change.new:g}".replace("-", "−")
