"""What a graph would need, counted before anything is allocated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from neuralgraph.graph.plan import Plan
from neuralgraph.validation.analysis import Figures
from neuralgraph.validation.need import Need
from neuralgraph.validation.problem import Problem

OPTIMIZER_SLOTS = {"SGD": 1, "Adam": 2, "AdamW": 2, "RMSprop": 2, "Adagrad": 1}
"""Numbers an optimiser keeps for each parameter."""


def budget(figures: Mapping[str, Figures], plan: Plan, free: int = 0) -> Need:
    """The estimate for training a graph, or some of its nodes, with this plan."""
    weights = sum(one.parameter_bytes for one in figures.values())
    slots = OPTIMIZER_SLOTS.get(plan.optimizer.name, 2)
    activations = 2 * plan.batch_size * sum(one.activation_bytes for one in figures.values())
    return Need(sum(one.parameters for one in figures.values()), weights, weights, slots * weights, activations, free)


def free_memory(device: str = "cpu") -> int:
    """Bytes that a device has free now."""
    import psutil
    import torch

    if device.startswith("cuda") and torch.cuda.is_available():
        return int(torch.cuda.mem_get_info(device)[0])
    if device.startswith("mps") and torch.backends.mps.is_available():
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return int(psutil.virtual_memory().available)


def exceeded(figures: Mapping[str, Figures], plan: Plan, free: int) -> Iterator[Problem]:
    """A problem on the largest node where the whole does not fit into `free` bytes."""
    need = budget(figures, plan)
    if need.total <= free:
        return
    needs = {id: budget({id: one}, plan) for id, one in figures.items()}
    sizes = {id: one.total for id, one in needs.items()}
    worst = max(sizes, key=lambda id: sizes[id])
    weighty = needs[worst].activations * 2 < sizes[worst]
    what = f"{figures[worst].parameters:,} parameters" if weighty else f"activations for a batch of {plan.batch_size}"
    yield Problem(
        "budget_exceeded",
        "error",
        f"{worst} alone needs {size(sizes[worst])} ({what}); training the graph needs {size(need.total)}, "
        f"but {size(free)} of memory are free.",
        worst,
        None,
        f"Too large: {size(sizes[worst])}",
        "Make it smaller" + ("." if weighty else ", or the batch."),
        f"≤ {size(free)}",
        size(need.total),
    )


def size(count: float) -> str:
    """Bytes for people: 3.1 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if abs(count) < 1000 or unit == "PB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.3g} {unit}"
