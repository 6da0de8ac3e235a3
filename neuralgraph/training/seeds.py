"""The same training with several seeds: what comes out by chance, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.plan import Plan
from neuralgraph.training.run import Run


@dataclass(frozen=True)
class Spread:
    """The final figures of runs that differ in their seed alone: weights, split and order of rows.

    `figures` holds the least, the median and the greatest by name.
    """

    seeds: tuple[int, ...]
    finals: tuple[dict[str, float], ...]
    reasons: tuple[str, ...]
    """Why each run ended."""

    @property
    def figures(self) -> dict[str, tuple[float, float, float]]:
        found = {}
        for name in self.finals[0] if self.finals else ():
            values = [one[name] for one in self.finals if name in one]
            found[name] = min(values), float(median(values)), max(values)
        return found

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        final = {name: dict(zip(("min", "median", "max"), one, strict=True)) for name, one in self.figures.items()}
        return {"seeds": list(self.seeds), "final": final, "runs": list(self.finals),
                "stop_reasons": list(self.reasons)}


def spread(train: Callable[[int], Run], n: int, first: int = 0) -> Spread:
    """One run after the other, with so many seeds from the first on."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ParameterError(f"n expects a whole number of at least 1, not {n!r}.", parameter="n")
    tried = tuple(range(first, first + n))
    finals, reasons = [], []
    for seed in tried:
        run = train(seed)
        finals.append(dict(run.final))
        reasons.append(run.stop_reason)
    return Spread(tried, tuple(finals), tuple(reasons))


def over(session: Any, plan: Plan, n: int, device: str = "cpu", shown: Callable[..., Any] = iter) -> Spread:
    """A document trained with so many seeds from that of the plan on; `shown` sees the events of each run.

    A run that fails raises `RunError`.
    """
    def once(seed: int) -> Run:
        for _ in shown(session.train(device=device, plan=replace(plan, seed=seed))):
            pass
        run: Run = session.run
        if run.failure is not None:
            raise RunError(f"Seed {seed}: {run.failure.message} {run.failure.hint}".strip())
        return run

    return spread(once, n, plan.seed)
