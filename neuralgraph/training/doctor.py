"""Looks after a run: measures now and then, and gives hints, each once. Costs about a hundredth of the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.streaming import loaded
from neuralgraph.training.events import Hint
from neuralgraph.training.hints import WINDOW, Facts, hints
from neuralgraph.training.measuring import ROWS, look, slopes
from neuralgraph.training.metrics import rows_at_once
from neuralgraph.training.rows import CLASS_LOSSES, YES_NO, labels, leaking

if TYPE_CHECKING:
    from neuralgraph.training.loop import Loop

FIRST, EVERY, SHARE = 1.0, 5.0, 0.01
"""Seconds until the first look and between two; so much of the time may go into them."""
JUDGE = 0.25
"""Seconds between two judgements of what is known anyway."""
RECENT = 512
"""So many losses are remembered one by one."""
FAIR = 16
"""The first batch is judged alone where it has so many rows."""
HISTORY = 1000
"""So many epochs."""


class Doctor:
    """Told what the loop does; gives the hints there are at that moment."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.off = False
        """Nobody wants to hear anything: the run is only repeated to see what happens in it."""
        self._told: set[tuple[str, str | None]] = set()
        self._due = math.inf
        self._looked = False
        self._judged = -math.inf
        self._heard: list[NDArray[np.float64]] = []
        self._epochs: deque[Mapping[str, float]] = deque(maxlen=HISTORY)
        self._recent: NDArray[np.float64] = np.zeros(0)
        self._window: list[float] = []
        self._first = self._least = math.nan
        self._facts = Facts(0, loop.plan, loop.plan.optimizer.lr, graph=loop.program.document)

    def begin(self) -> Iterator[Hint]:
        """Before the first batch: the rows. `WrongLabel` where a loss cannot take one."""
        if self.off:
            return
        program, feed = self._loop.program, self._loop.feed
        found = tuple(labels(program, feed))
        self._facts = replace(self._facts, labels=found, leaks=leaking(program, feed), chance=self._chance())
        self._due = perf_counter() + FIRST
        yield from self._hints()

    def hear(self, losses: NDArray[np.float64]) -> None:
        """The total loss of every batch since the last time."""
        if self.off or not len(losses) or not self._one_goal:
            return
        self._heard.append(losses)
        if len(self._heard) > HISTORY:
            self._add_up()

    @property
    def _one_goal(self) -> bool:
        """All losses are made small together from start to end, and the number says how well that goes.

        Those of stages are others each time, those of adversaries rise and fall against each other, and an energy
        less another one is small where both are alike.
        """
        program, stages = self._loop.program, self._loop.plan.stages
        against = any(not program.node(id).by_rows and "target" in program.inference.wires[id] for id in program.losses)
        return not against and len(stages) == 1 and len(stages[0].steps) == 1 and (
            set(self._loop.learners[0].losses) == set(program.losses))

    def _add_up(self) -> None:
        """Work off what was heard."""
        if not self._heard:
            return
        losses = np.concatenate(self._heard)
        self._heard = []
        self._recent = np.concatenate([self._recent[-RECENT:], losses])[-RECENT:]
        self._window += losses.tolist()
        count = len(self._window) // WINDOW
        if math.isnan(self._first) and self._loop.size >= FAIR:
            self._first = self._least = float(losses[0])
        for mean in np.reshape(self._window[:count * WINDOW], (count, WINDOW)).mean(axis=1) if count else ():
            if math.isnan(self._first):
                self._first = self._least = float(mean)
            self._least = min(self._least, float(mean))
        del self._window[:count * WINDOW]

    def epoch(self, figures: Mapping[str, float]) -> Iterator[Hint]:
        """An epoch is over."""
        if self.off:
            return
        aside = () if self._one_goal else ("loss", "val_loss")
        self._epochs.append({name: value for name, value in figures.items() if name not in aside})
        yield from self.look()

    def end(self) -> Iterator[Hint]:
        """The run is done: a short one was not looked at yet."""
        if self.off or not self._loop.step:
            return
        self._judged = -math.inf
        if not self._looked:
            self._due = -math.inf
        yield from self.look()

    def look(self) -> Iterator[Hint]:
        """Measure if it is time, and judge; at a batch edge, with the run's own random state not in force."""
        begun = perf_counter()
        if self.off:
            return
        if begun < self._due:
            if begun >= self._judged:
                yield from self._hints()
            return
        loop = self._loop
        rows = min(ROWS, loop.feed.rows, max(rows_at_once(loop.program, 1), 1))
        sample = {key: loaded(one[:rows]) for key, one in loop.feed.train.items()}
        try:
            layers, probable = look(loop.program, sample)
            named = [pair for one in loop.learners for pair in zip(one.names, one.parameters, strict=True)]
            self._facts = replace(self._facts, layers=layers, probable=probable,
                                  slopes=tuple(slopes(loop.program, named)))
        except (RuntimeError, MemoryError, KeyError):  # what cannot be measured gives no hint
            self._due = math.inf
            return
        self._looked = True
        yield from self._hints()
        over = perf_counter()
        self._due = over + max(EVERY, (over - begun) / SHARE)

    def _hints(self) -> Iterator[Hint]:
        loop = self._loop
        self._add_up()
        self._judged = perf_counter() + JUDGE
        facts = replace(self._facts, epochs=tuple(self._epochs), step=loop.step, rate=loop.learners[0].lr,
                        losses=self._recent, first=self._first, least=self._least)
        for hint in hints(facts):
            if (hint.kind, hint.node) not in self._told:
                self._told.add((hint.kind, hint.node))
                yield hint

    def _chance(self) -> tuple[str, int] | None:
        program = self._loop.program
        if len(program.losses) != 1 or program.shares[program.losses[0]] != 1.0:
            return None
        id = program.losses[0]
        kind, spec = program.graph.nodes[id].type, program.inference.inputs.get(id, {}).get("input")
        if kind in YES_NO:
            return id, 2
        if kind not in CLASS_LOSSES[:2] or spec is None or spec.rank < 2 or not isinstance(spec.shape[1], int):
            return None
        return (id, spec.shape[1]) if spec.shape[1] > 1 else None
