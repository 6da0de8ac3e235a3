"""The same training with several seeds: what comes out by chance, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.frozen import FrozenDict
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


def over(session: Any, plan: Plan, n: int, device: str = "cpu", shown: Callable[..., Any] = iter, *,
         store: bool = False) -> Spread:
    """A document trained with so many seeds from that of the plan on; `shown` sees the events of each run.

    `store` keeps the runs. A run that fails raises `RunError`.
    """
    def once(seed: int) -> Run:
        for _ in shown(session.train(device=device, plan=replace(plan, seed=seed), store=store)):
            pass
        run: Run = session.run
        if run.failure is not None:
            raise RunError(f"Seed {seed}: {run.failure.message} {run.failure.hint}".strip())
        return run

    found = spread(once, n, plan.seed)
    session.series = session.graph, found
    return found


MOST = 200
"""So many kept runs are looked through."""


@dataclass(frozen=True)
class Sown:
    """The runs of a drawing that differ in their seed alone: those of `series`, or the newest ones that were kept.

    `document` is the path of the document in the run store, "" where it was never saved.
    """

    graph: Graph
    document: str = ""
    series: Spread | None = None

    @property
    def some(self) -> bool:
        """There may be a series: quick to say."""
        return self.series is not None or len(self._kept()) > 1

    def found(self) -> Spread | None:
        """The last series; None where there are no two such runs."""
        if self.series is not None:
            return self.series
        groups: list[tuple[Plan, list[Any]]] = []
        for run, plan in self._alike():
            known = next((runs for other, runs in groups if other == plan), None)
            if known is None:
                groups.append((plan, [run]))
            else:
                known.append(run)
        for _, runs in groups:
            by_seed = {run.seed: run for run in reversed(runs)}  # of two with one seed the newer
            if len(by_seed) > 1:
                chosen = [by_seed[seed] for seed in sorted(by_seed)]
                finals = tuple({name: float(one) for name, one in run.final.items() if one is not None}
                               for run in chosen)
                return Spread(tuple(run.seed for run in chosen), finals, tuple(run.reason for run in chosen))
        return None

    def _alike(self) -> list[tuple[Any, Plan]]:
        """Kept runs of this drawing, the newest first, each with its plan but for the seed."""
        from neuralgraph.training.store import Store

        store, found = Store(), []
        for run in self._kept():
            graph = store.graph(run.id)
            if graph.computes(self.graph):
                found.append((run, replace(graph.plan, seed=0, search=FrozenDict())))
        return found

    def _kept(self) -> list[Any]:
        from neuralgraph.training.kept import FINISHED
        from neuralgraph.training.store import Store

        return [run for run in Store().runs(self.document, MOST)
                if run.state == FINISHED and run.parent is None and run.final]
