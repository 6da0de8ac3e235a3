"""Whether what a plan learns can be divided among processes, found out before the first batch."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from neuralgraph.data.streaming import loaded
from neuralgraph.errors import RunError
from neuralgraph.graph.file import dumps
from neuralgraph.training.metrics import rows_at_once
from neuralgraph.training.randomness import undisturbed

if TYPE_CHECKING:
    from neuralgraph.training.loop import Loop

CLOSE = 1e-3
"""Two ways to compute the same number may differ by so much of it."""


def span(rows: int, rank: int, size: int) -> tuple[int, int]:
    """The first row of a process and how many it has: as evenly as can be, the first ones one more."""
    each, more = divmod(rows, size)
    return rank * each + min(rank, more), each + (rank < more)


def about(loop: Loop) -> dict[str, str]:
    """Digests of what every process must have alike."""
    weights = hashlib.blake2b(digest_size=12)
    for name, one in loop.program.state_dict().items():
        weights.update(name.encode())
        weights.update(one.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    document = hashlib.blake2b(f"{dumps(loop.program.document)} {loop.plan}".encode(), digest_size=12)
    return {"document": document.hexdigest(), "weights": weights.hexdigest()}


def refuse(loop: Loop, size: int) -> tuple[str, ...]:
    """`RunError` says what cannot be divided among so many processes; else what is otherwise than in one."""
    for stage in loop.plan.stages:
        for step in stage.steps:
            if step.optimizer.name == "LBFGS":
                raise RunError("LBFGS looks at all rows of a batch several times, so it cannot be divided among "
                               f"{size} processes. Train it with one process, or choose another optimiser.")
    rows = loop.feed.rows
    batch = min(loop.size, rows)
    if batch < size:
        rows_word = "row" if batch == 1 else "rows"
        raise RunError(f"A batch of {batch} {rows_word} cannot be divided among {size} processes. Give batches "
                       f"of at least {size} rows, or start fewer processes.")
    notes = _normalised(loop, size, batch)
    some = {key: loaded(one[:max(batch // size, 3)]) for key, one in loop.feed.train.items()}
    node = mixing(loop.program, some, batch // size, loop.plan.seed)
    if node:
        what = (f"The loss {node} of a batch is not the mean of that of its rows" if node in loop.program.losses else
                f"{node} mixes the samples of a batch")
        raise RunError(f"{what}, so {size} processes with a part each would learn something else. Train it with one "
                       "process.")
    return notes


def _normalised(loop: Loop, size: int, batch: int) -> tuple[str, ...]:
    program = loop.program
    kinds = nn.modules.batchnorm._BatchNorm
    norms = {name: one for name, one in program.root.named_modules() if isinstance(one, kinds)}
    if not norms:
        return ()
    rest = loop.feed.rows % loop.size
    least = min(batch // size, rest // size if rest else batch)
    flat = next((program.owner(name) for name, one in norms.items() if isinstance(one, nn.BatchNorm1d)), "")
    if flat and least < 2:
        raise RunError(f"{flat} normalises over the rows of a batch, and a part of one row has no spread: with "
                       f"batches of {loop.size} of {loop.feed.rows} rows, {size} processes would get such parts. "
                       "Choose another batch size, or fewer processes.")
    names = ", ".join(dict.fromkeys(program.owner(name) for name in norms))
    return (f"{names}: every process normalises by the rows of its own part; the running averages are those of "
            "process 0. So figures differ a little from those of one process.",)


def mixing(program: Any, tensors: dict[str, Tensor], rows: int, seed: int) -> str:
    """The loss that is not the mean over rows, or the first node before it whose rows depend on each other, or "".

    Found by computing some rows at once and in two parts, in eval mode; what draws random numbers cannot be compared.
    """
    count = min(max(rows, 3), rows_at_once(program, 32), len(next(iter(tensors.values()))))
    if count < 3:
        return ""
    cut = count // 3
    whole, again = (_values(program, tensors, slice(0, count), one) for one in (seed, seed + 1))
    first = _values(program, tensors, slice(0, cut), seed)
    second = _values(program, tensors, slice(cut, count), seed)
    for name, one in whole.items():
        id = program.owner(name)
        if not one.is_floating_point() or not torch.equal(one, again[name]):
            continue
        if id in program.losses:
            parts = (first[name] * cut + second[name] * (count - cut)) / count
        elif one.ndim and len(one) == count and len(first[name]) == cut:
            parts = torch.cat([first[name], second[name]])
        else:
            continue
        if parts.shape == one.shape and torch.isfinite(one).all() and not torch.allclose(
                parts, one, rtol=CLOSE, atol=CLOSE * float(one.abs().max()) if one.numel() else 0.0):
            return str(id)
    return ""


def _values(program: Any, tensors: dict[str, Tensor], rows: slice, seed: int) -> dict[str, Tensor]:
    needed = {key: tensors[key][rows] for key in program.training_inputs}
    with undisturbed(program.device, seed), program.quiet():
        found: dict[str, Tensor] = program.trace(needed, program.path(program.losses))
    return found
