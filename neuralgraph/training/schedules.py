"""The rate as a torch schedule says: the schedule moves a stand-in, and the optimiser is given what comes out.

So a warm-up, the factors of single nodes and a lever that is pulled while running are products of the scheduled rate,
and the schedule itself is torch's, bit for bit. A lever on the rate means the rate that the schedule starts from: the
rest of it follows in proportion. One on the momentum stays out where the schedule moves that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.plan import Schedule
from neuralgraph.spec.schedules import FIGURE, NONE, SCHEDULES, WATCHING, keywords
from neuralgraph.training.checkpoint import copied
from neuralgraph.training.optimizers import change, setting

Progress = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """What a stage is, in epochs and in batches: `left` epochs of it from here, `begun` batches before it."""

    epochs: int = 1
    left: int = 1
    batches: int = 1
    begun: int = 0

    def steps(self, epochs: int, every: int, accumulate: int) -> int:
        """How often a step of the plan moves the weights in so many epochs."""
        if every == 1:
            return epochs * math.ceil(self.batches / accumulate)
        edges = [-(-(self.begun + number * self.batches) // every) for number in range(epochs + 1)]
        return sum(math.ceil((b - a) / accumulate) for a, b in pairwise(edges))


class Rate:
    """The rate of one step of the plan."""

    def __init__(self, chosen: Schedule, optimizer: torch.optim.Optimizer, lr: float, pace: Pace, *, every: int = 1,
                 accumulate: int = 1) -> None:  # fmt: skip
        self.chosen, self.optimizer = chosen, optimizer
        self.keywords = _checked(chosen)
        self.figure = self.keywords.pop(FIGURE, "")
        self.by = SCHEDULES[chosen.name].by if chosen.by == "usual" else chosen.by
        if chosen.name == WATCHING and self.by != "epoch":
            raise RunError(f"{WATCHING} watches a figure of an epoch, so it goes by the epoch; its «by» says «step».")
        self.lever, self.start, self.count = lr, lr or 1.0, 0
        self.whole, self.rest = ((one if self.by == "epoch" else pace.steps(one, every, accumulate))
                                 for one in (pace.epochs, pace.left))
        self.moves_momentum = bool(self.keywords.get("cycle_momentum"))
        if self.moves_momentum and setting(optimizer, "momentum") is None:
            raise RunError(f"{chosen.name} is to move the momentum, but {type(optimizer).__name__} has none. Switch "
                           "cycle_momentum off.")
        self.used = lr
        self._begin(self.whole)

    # -- the stand-in -----------------------------------------------------------------------------------------------

    def _begin(self, length: int) -> None:
        self.length, self.count = max(1, length), 0
        kind: Any = torch.optim.Adam if "betas" in self.optimizer.defaults else torch.optim.SGD
        self._stand_in: torch.optim.Optimizer = kind([nn.Parameter(torch.zeros(()))], lr=self.start)
        if self.moves_momentum:
            change(self._stand_in, "momentum", setting(self.optimizer, "momentum") or 0.0)
        self._torch: Any = None
        if self.chosen.name != NONE:
            try:
                self._torch = getattr(torch.optim.lr_scheduler, self.chosen.name)(self._stand_in, **self._said())
            except (ValueError, ZeroDivisionError) as error:
                raise RunError(f"{self.chosen.name} cannot go {self.length} {self.by}s with these options: "
                               f"{error}.") from None
            self._stand_in.step()  # torch warns where a schedule moves before its optimiser
        self._put()

    def _said(self) -> dict[str, Any]:
        """The keywords of the schedule, with what follows from the plan filled in."""
        said, recipe = dict(self.keywords), SCHEDULES[self.chosen.name]
        self.ends: float = math.inf
        if recipe.length and said[recipe.length] is None:
            said[recipe.length] = self.ends = self.length
        match self.chosen.name:
            case "OneCycleLR":
                self.ends = said["total_steps"] - 1
                said["max_lr"] = self.start
            case "CyclicLR":
                said["base_lr"] = self.start
                said["max_lr"] = 10 * self.start if said["max_lr"] is None else said["max_lr"]
        return said

    def _put(self) -> None:
        """Give the optimiser what holds for its next step."""
        value = float(self._stand_in.param_groups[0]["lr"])
        if self.count < self.chosen.warmup:
            value *= (self.count + 1) / self.chosen.warmup
        if self.lever != self.start:
            value *= self.lever / self.start
        change(self.optimizer, "lr", value)
        if self.moves_momentum:
            change(self.optimizer, "momentum", setting(self._stand_in, "momentum") or 0.0)

    # -- moving -----------------------------------------------------------------------------------------------------

    def pull(self, lr: float) -> None:
        """Another rate to start from: all that is scheduled follows."""
        self.lever = lr
        self._put()

    def stepped(self) -> None:
        """The optimiser made a step."""
        self.used = float(self.optimizer.param_groups[0]["lr"])
        self.count += 1
        if self.by == "step":
            self._advance()
        self._put()

    def epoch_ended(self, figures: Mapping[str, float]) -> None:
        """An epoch is over; these are its figures."""
        if self.by != "epoch" or self._torch is None:
            return
        if self.chosen.name == WATCHING:
            self._torch.step(_watched(figures, self.figure))
        else:
            self._advance()
        self._put()

    def _advance(self) -> None:
        if self._torch is not None and self._torch.last_epoch < self.ends:
            self._torch.step()

    # -- going on ---------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """How it stands: plain numbers."""
        group = {name: one for name, one in self._stand_in.param_groups[0].items() if _plain(one)}
        progress = {name: one for name, one in self._torch.state_dict().items() if _plain(one)} if self._torch else {}
        return {"chosen": self._words(), "count": self.count, "length": self.length, "stand_in": copied(group),
                "torch": copied(progress), "used": self.used, "start": self.start}

    def restore(self, saved: Progress | None) -> bool:
        """Stand as `saved` did; False where that was another schedule, and this one starts afresh.

        One that was to last to the end of its stage, and did, starts again for what comes now.
        """
        if saved is None or saved["chosen"] != self._words():
            self._begin(self.rest)
            return False
        self._begin(saved["length"])
        if self._torch is not None and saved["torch"].get("last_epoch", 0) >= self.ends:
            self._begin(self.rest)
            return True
        self._stand_in.param_groups[0].update(copied(saved["stand_in"]))
        if self._torch is not None:
            vars(self._torch).update(copied(saved["torch"]))
        self.count, self.used, self.start = saved["count"], saved["used"], saved["start"]
        self._put()
        return True

    def _words(self) -> str:
        return repr((self.chosen.name, sorted(self.chosen.options.items()), self.chosen.warmup, self.by))


def scheduled(chosen: Schedule) -> bool:
    """The rate does not stay as it is."""
    return chosen.name != NONE or chosen.warmup > 0


def _checked(chosen: Schedule) -> dict[str, Any]:
    try:
        return keywords(chosen.name, chosen.options)
    except ParameterError as error:
        raise RunError(str(error)) from None


def _watched(figures: Mapping[str, float], name: str) -> float:
    name = name or ("val_loss" if "val_loss" in figures else "loss")
    if name not in figures:
        raise RunError(f"{WATCHING} watches {name!r}, which is no figure of this run. There are: {', '.join(figures)}.")
    return float(figures[name])


def _plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(isinstance(one, (int, float)) for one in value)
    return isinstance(value, (int, float, str)) or value is None
