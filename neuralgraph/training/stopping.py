"""The stop rules of a plan: a figure that is watched epoch by epoch, and the weights of its best one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.plan import Stop
from neuralgraph.graph.planning import CHECKS
from neuralgraph.training.checkpoint import copied


class Watch:
    """Looks at one figure. `over` says why the run ends; empty while it goes on."""

    def __init__(self, rules: Stop, program: Any, *, validated: bool) -> None:
        self.rules, self.program = rules, program
        self.figure = rules.figure or ("val_loss" if validated else "loss")
        self._check(validated)
        self.sign = -1.0 if self._larger() else 1.0
        self.over = ""
        self.best: dict[str, Tensor] = {}
        self.figures: dict[str, float] = {}
        """Those of the best epoch."""
        self.epoch = self.step = self.waited = 0
        self.value = self.reference = math.inf
        """The best so far and the last that was better by more than `min_delta`, with the sign of what is better."""

    def _check(self, validated: bool) -> None:
        for name in ("patience", "min_delta", "target", "seconds"):
            try:
                CHECKS[name].check(getattr(self.rules, name))
            except ParameterError as error:
                raise RunError(f"Stop rule: {error}") from None
        known = ["loss", *self.program.losses, *self.program.metrics]
        known += [f"val_{name}" for name in known] if validated else []
        if self.figure not in known:
            raise RunError(f"The stop rule watches {self.figure!r}, which is no figure of this run. There are: "
                           f"{', '.join(dict.fromkeys(known))}.")

    def _larger(self) -> bool:
        """Larger is better: said so, or that of the metric."""
        if self.rules.better != "auto":
            return self.rules.better == "higher"
        id = self.figure.removeprefix("val_")
        return id in self.program.metrics and getattr(self.program.node(id), "better", "higher") == "higher"

    def hear(self, figures: Mapping[str, float], epoch: int, step: int) -> bool:
        """The figures of an epoch; True where they are the best so far, whose weights are kept then."""
        if self.figure not in figures:
            raise RunError(f"The stop rule watches {self.figure}, which is not a single number.")
        value = self.sign * figures[self.figure]
        better = value < self.value
        if better:
            self.value, self.epoch, self.step = value, epoch, step
            self.best, self.figures = copied(self.program.state_dict()), dict(figures)
        if value < self.reference - self.rules.min_delta:
            self.reference, self.waited = value, 0
        else:
            self.waited += 1
        self._judge(value)
        return better

    def _judge(self, value: float) -> None:
        rules, best = self.rules, f"the best was {self.sign * self.value:.4g} in epoch {self.epoch}"
        if rules.target is not None and value <= self.sign * rules.target:
            self.over = f"{self.figure} reached {self.sign * value:.4g}, the target was {rules.target:g}"
        elif rules.patience is not None and self.waited > rules.patience:
            count = f"{self.waited} epoch{'s' if self.waited > 1 else ''}"
            by = f" by more than {rules.min_delta:g}" if rules.min_delta else ""
            self.over = f"{self.figure} has not got better{by} for {count}; {best}"

    def late(self, seconds: float) -> bool:
        """The time is up."""
        limit = self.rules.seconds
        if limit is not None and seconds >= limit:
            self.over = f"the {limit:g} seconds of the plan are over"
        return bool(self.over)

    def save(self, *, copies: bool = True) -> dict[str, Any]:
        """How it stands: copies; without them the best weights as they are, which nobody changes."""
        return {"figure": self.figure, "sign": self.sign, "value": self.value, "reference": self.reference,
                "waited": 0 if self.over else self.waited, "epoch": self.epoch, "step": self.step,
                "best": copied(self.best) if copies else self.best, "figures": dict(self.figures)}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Stand as before, where the same figure was watched. Who goes on after the end is waited for anew."""
        shapes = {name: one.shape for name, one in self.program.state_dict().items()}
        if (saved.get("figure"), saved.get("sign")) != (self.figure, self.sign) or {
                name: one.shape for name, one in saved["best"].items()} not in ({}, shapes):
            return
        for name in ("value", "reference", "waited", "epoch", "step"):
            setattr(self, name, saved[name])
        self.best, self.figures = copied(saved["best"]), dict(saved["figures"])
