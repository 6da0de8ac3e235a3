"""Train, pause, step, stop, reset: turns commands into levers and events into what the bar shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.levers import another, called, levers
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.remedies import Remedy
from neuralgraph.session import Session
from neuralgraph.training.events import (
    Changed,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Hint,
    Note,
    Paused,
    Started,
    Step,
    Stopped,
    divided,
    judged,
)
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.speed import Speed, spelled
from neuralgraph.ui.training_bar import BarState

NAME = 24
"""So many letters of another document's name have room in the bar."""
SHARES = ("Accuracy",)
"""Metrics that are written in per cent."""


class Training(QObject):
    """The run of the open document. `shown` brings a `BarState`, `said` level, text and more for the log."""

    shown = Signal(object)
    said = Signal(str, str, str)
    cleared = Signal()
    values = Signal(object)
    over = Signal(str)
    weights_wanted = Signal()

    def __init__(self, bridge: TrainingBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.session: Session | None = None
        self.device = "cpu"
        self.threads: int | None = None
        self.state = BarState()
        self._lever: tuple[Any, ...] = ()
        self._again: tuple[Any, ...] = ()
        self._closed = False
        self._run: Any = None
        """The number of a run in the run store, or one that was wound back: to go on with."""
        self._values: dict[str, str] = {}
        self._begun: Started | None = None
        self._speed = Speed()
        bridge.events.connect(self._hear)
        bridge.ended.connect(self._ended)

    # -- commands ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The document is being closed: nothing begins any more."""
        self._closed = True
        self.state = replace(self.state, phase="idle")
        self.bridge.close()

    def set_session(self, session: Session) -> None:
        self.bridge.close()
        self.session = session
        self._forget()

    def toggle(self) -> None:
        """Train, pause, go on."""
        match self.state.phase:
            case "running":
                self.bridge.pull("pause")
                self.show(phase="paused")
            case "paused":
                self._go_on("resume")
            case "waiting":
                self.stop()
            case _:
                self._start()

    def _go_on(self, *lever: Any) -> None:
        """Resume; where the graph was changed meanwhile, with the new one from the same place."""
        if not _another(self.session):
            self.bridge.pull(*lever)
            self.show(phase="running")
        elif self.state.errors:
            self.said.emit("warning", "The graph was changed and has problems now. Solve them or undo, then go on.", "")
        else:
            self._again = lever
            self.bridge.pull("stop", "the graph was changed, and it goes on with the new one")

    def go_on(self, run: int | None = None) -> None:
        """Go on with a run of the run store where it was broken off, or from where the last one stood."""
        self._start(run=run)

    def train_on(self, run: Any) -> None:
        """A new run from where this one was wound back to."""
        self._start(run=run)

    def one_batch(self) -> None:
        self._once("one_batch")

    def one_epoch(self) -> None:
        self._once("one_epoch")

    def more_epochs(self, count: int) -> None:
        """So many from where it stands, then a pause; with no run under way, beyond the end of the plan."""
        if self.bridge.running and self.state.epoch + count > self.state.epochs:
            self.said.emit("note", f"This run ends with its plan, after {self.state.epochs} epochs. Ask for more again "
                           "when it is over: it goes on from there.", "")
        self._once("epochs", count)

    def stop(self) -> None:
        """End the run; the weights are kept."""
        if self.state.phase == "waiting":
            self.show(phase="idle", message="")
        self.bridge.pull("stop")

    def reset(self) -> None:
        """Back to the same initial weights."""
        self.bridge.close()
        if self.session is not None:
            self.session.forget()
        self._forget()
        self.cleared.emit()
        self.said.emit("note", "Reset: the next run starts from the same initial weights.", "")

    def roll(self) -> None:
        """Another seed, as an edit of the plan."""
        if self.session is not None:
            plan = self.session.graph.plan
            self.session.edit(SetPlan(replace(plan, seed=plan.seed + 1), f"Change seed to {plan.seed + 1}"))
            self.said.emit("note", f"The seed is {plan.seed + 1} now. Reset and train to see what it changes.", "")

    def set_rate(self, rate: float) -> None:
        """Change the rate of the run under way."""
        self.bridge.pull("set", "lr", rate)

    def save_weights(self) -> None:
        self.weights_wanted.emit()

    def follow_problems(self, errors: int) -> None:
        """The document was checked: what a run complained of may be mended."""
        self.show(errors=errors, **({"message": ""} if self.state.phase == "idle" else {}))

    def follow_document(self) -> None:
        """The document changed: the bar counts to its epochs; a run under way takes over what it can."""
        if self.session is None:
            return
        if not self.bridge.running:
            self.show(epochs=self.session.graph.plan.epochs)
            return
        for name, value in levers(self.session.graph, self.session.catalog).items():
            if self._levers.get(name, value) != value:
                self.bridge.pull("set", name, value, planned=True)
            self._levers[name] = value
        if not self._told and _another(self.session):
            self._told = True
            self.said.emit("note", "The run goes on with the graph as it was. Pause and go on to take the change "
                           "over.", "")

    # -- running ----------------------------------------------------------------------------------------------------

    _levers: dict[str, float]
    _told = False
    """That the run learns another graph than the document by now."""

    def _start(self, lever: tuple[Any, ...] = (), run: Any = None) -> None:
        session = self.session
        if session is None or self._closed or self.bridge.running or self.state.errors:
            return
        other = self.bridge.before(self.device)
        if other is not None:
            self._wait(other, lever, run)
            return
        pair = hasattr(run, "beside")
        control = run.control if pair else session.control()
        fresh, device, threads = pair or not session.trained, self.device, self.threads
        stood = getattr(run, "checkpoint", None)
        plan = session.graph.plan.further(stood.epoch) if stood is not None else None
        if lever and lever[0] == "epochs":
            plan, lever = _as_long(session, lever, fresh=fresh)
        if lever:
            getattr(control, lever[0])(*lever[1:])
        self._levers, self._told = levers(session.graph, session.catalog), False
        begins = {"epoch": 0, "epochs": session.graph.plan.epochs, "step": 0, "steps": 0} if fresh else {}
        self.show(phase="running", left="–", speed="–", message="", started=True, **begins)
        self.bridge.start(run.events if pair else
            lambda: session.train(control=control, device=device, fresh=fresh, resume=run, plan=plan, store=True,
                                  threads=threads),
            control, device, session.title)

    def _wait(self, other: TrainingBridge, lever: tuple[Any, ...], run: Any) -> None:
        """One run at a time on a device: this one begins when that of the other document is over."""
        stands = other.control is not None and other.control.state == "paused"
        self.said.emit("note", f"«{other.title}» {'is paused' if stands else 'trains'} on this device, in another "
                       "tab or window. This run is in the queue and begins by itself when the device is free; Stop "
                       "takes it out.", "")
        title = other.title if len(other.title) <= NAME else f"{other.title[:NAME - 1]}…"
        self.show(phase="waiting", message=f"In the queue behind another document, «{title}»", started=False)
        self._lever, self._run = lever, run
        other.ended.connect(self._no_longer_wait, Qt.ConnectionType.SingleShotConnection)

    def _no_longer_wait(self) -> None:
        if self.state.phase == "waiting":
            self.show(phase="idle", message="")
            self._start(self._lever, self._run)

    def _once(self, *lever: Any) -> None:
        if self.bridge.running:
            self._go_on(*lever)
        else:
            self._start(lever)

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Started():
                    self._begin(event)
                case Step():
                    self._step(event)
                case EpochEnded():
                    self._epoch(event)
                case Paused():
                    self.state = replace(self.state, phase="paused")
                case Note():
                    self.said.emit("note", event.message, "")
                case Hint():
                    self.said.emit("warning", event.message, ways(event.remedies))
                case Changed():
                    self.said.emit(
                        "note", f"{called(event.name)} {event.old:g} → {event.new:g} at step {event.step}", "")
                case Stopped():
                    self._end(f"Stopped after {event.step:,} steps: {event.reason}. The weights are kept.")
                case Finished():
                    self._end(f"Finished in {seconds(event.seconds)}: {event.reason}. {judged(event)}".rstrip())
                case Failed():
                    self._fail(event)
                case _:
                    pass
        self.values.emit(dict(self._values))
        self.shown.emit(self.state)

    def _begin(self, event: Started) -> None:
        self._begun = event
        self._values = {}
        self._speed.forget()
        self.state = replace(self.state, epochs=event.epochs, steps=event.steps_per_epoch, step=0)
        self.said.emit("note", f"Training on {event.device}, seed {event.seed}: {divided(event)}", "")

    def _step(self, event: Step) -> None:
        loss = figure(float(event.losses[-1])) if len(event.losses) else self.state.loss
        left = "–" if event.remaining is None else span(*event.remaining)
        self.state = replace(
            self.state, epoch=min(event.epoch + 1, self.state.epochs), step=event.step_in_epoch, loss=loss,
            rate=f"{event.lr:g}", speed=spelled(self._speed.hear(event.rate, event.seconds)), left=left)
        if self._begun is not None and self._begun.losses:
            parts = event.parts or {self._begun.losses[0]: event.losses}
            self._values.update({id: figure(float(one[-1])) for id, one in parts.items() if len(one)})

    def _epoch(self, event: EpochEnded) -> None:
        figures, metrics = event.figures, self._begun.metrics if self._begun is not None else ()
        for id in metrics:
            value = figures.get(f"val_{id}", figures.get(id))
            if value is not None:
                self._values[id] = _metric(self.session, id, float(value))
        for name, table in event.tables.items():
            id = name.removeprefix("val_")
            if f"val_{id}" == name or f"val_{id}" not in event.tables:
                self._values[id] = f"{int(table.sum() - table.trace()):,} wrong"
        first = next((id for id in metrics if id in self._values), "")
        loss = figures.get("loss")
        self.state = replace(
            self.state, epoch=event.epoch, loss=figure(float(loss)) if loss is not None else self.state.loss,
            metric=_title(self.session, first) if first else "", metric_value=self._values.get(first, ""))

    def _end(self, text: str) -> None:
        self.said.emit("note", text, "")
        self.over.emit("done")

    def _fail(self, event: Failed) -> None:
        self.state = replace(self.state, message=shortened(event.message))
        self.said.emit("error", event.message, "\n".join(filter(None, (event.hint, ways(event.remedies)))))
        self.over.emit(event.node or "")

    def _ended(self) -> None:
        again, self._again = self._again, ()
        self.show(phase="idle")
        if again:
            self._start(again)

    def _forget(self) -> None:
        epochs = self.session.graph.plan.epochs if self.session is not None else 0
        self._values = {}
        self.state = BarState(errors=self.state.errors, epochs=epochs)
        self.values.emit({})
        self.shown.emit(self.state)

    def show(self, **changes: Any) -> None:
        """The bar shows these of its values otherwise."""
        self.state = replace(self.state, **changes)
        self.shown.emit(self.state)


def _as_long(session: Session, lever: tuple[Any, ...], *, fresh: bool) -> tuple[Plan | None, tuple[Any, ...]]:
    """The plan for so many epochs more, and what to ask of the run: nothing where the plan ends with them."""
    last = None if fresh or session.run is None else session.run.checkpoint
    done = last.epoch if last is not None else 0
    plan = session.graph.plan
    end = done + lever[1]
    return (None, lever) if done < plan.epochs and end < plan.epochs else (plan.until(end), ())


def _another(session: Session | None) -> bool:
    """The document computes otherwise than what is being learned."""
    return session is not None and session.program is not None and another(
        session.program.document, session.graph, session.catalog)


def _metric(session: Session | None, id: str, value: float) -> str:
    placed = session.graph.nodes.get(id) if session is not None else None
    if placed is not None and placed.type in SHARES:
        return f"{100 * value:.1f} %"
    return figure(value)


def _title(session: Session | None, id: str) -> str:
    placed = session.graph.nodes.get(id) if session is not None else None
    return (placed.title or placed.type) if placed is not None else id
def ways(remedies: Sequence[Remedy]) -> str:
    """What can be done, a line each."""
    return "\n".join(f"You can {one.advice}." for one in remedies)


def shortened(message: str, most: int = 72) -> str:
    """What a bar has room for: a long sentence up to its first aside."""
    if len(message) <= most:
        return message
    ends = [at for at in (message.find(sign, 24) for sign in (" (", ": ", ", ", ". ")) if at > 0]
    cut = message[:min(ends)] if ends else message
    return cut if len(cut) <= 2 * most else f"{cut[:2 * most].rstrip()}…"


def figure(value: float) -> str:
    """A loss or a metric with three figures: 0.066, 12.3, 1.2e-05."""
    if value != value:
        return "not a number"
    if value and abs(value) < 1e-3:
        return f"{value:.1e}".replace("e-0", "e-")
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.3g}" if abs(value) < 1e4 else f"{value:.2e}"


def seconds(value: float) -> str:
    """A time as people say it: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if value < 9.5:
        return f"{value:.1f} s" if value < 1 else f"{value:.0f} s"
    if value < 99.5:
        return f"{value:.0f} s"
    if value < 3600:
        return f"{value // 60:.0f} min {value % 60:.0f} s"
    return f"{value // 3600:.0f} h {value % 3600 // 60:.0f} min"


def span(low: float, high: float) -> str:
    """A time left as a range: «5 – 8 s»."""
    a, b = seconds(low), seconds(high)
    if a == b:
        return a
    number, _, unit = a.rpartition(" ")
    simple = b.endswith(f" {unit}") and a.count(" ") == b.count(" ") == 1
    return f"{number} – {b}" if simple else f"{a} – {b}"
