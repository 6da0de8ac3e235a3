"""What a graph gives for inputs, how it changes with them, what it was at a step: functions of the public API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from neuralgraph.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralgraph.compiler.program import Program
    from neuralgraph.training.run import Run


class Graph(Protocol):
    """A handle on a session, as `neuralgraph.Graph` is."""

    session: Session


def evaluate(graph: Graph, inputs: Mapping[str, Any] | None = None, run: Run | None = None) -> dict[str, NDArray[Any]]:
    """The value of every node, as `"node"` or `"node.output"`: numpy arrays. Trains nothing, changes nothing.

    `inputs` gives arrays for sources by id, key or output name; data nodes without one give all their rows. With `run`,
    its trained weights are used, else fresh ones of the plan's seed.
    """
    from neuralgraph.training.randomness import undisturbed

    program, tensors = _ready(graph, inputs, run)
    with undisturbed(program.device, program.seed), program.quiet():
        return {name: value.cpu().numpy() for name, value in program.trace(tensors).items()}


def gradients(
    graph: Graph,
    of: str = "loss",
    inputs: Mapping[str, Any] | None = None,
    mode: Literal["reverse", "forward"] = "reverse",
    run: Run | None = None,
) -> dict[str, NDArray[Any]]:
    """d `of` / d every node upstream of it, by the same names as `evaluate`; weights as `"node.weight"`.

    `of` is summed if it is not a scalar. "reverse" takes one sweep backwards, "forward" one sweep for every number of
    every node (small graphs only); both give the same.
    """
    from neuralgraph.compiler.derive import derive
    from neuralgraph.training.randomness import undisturbed

    program, tensors = _ready(graph, inputs, run)
    with undisturbed(program.device, program.seed), program.quiet():
        return {name: value.detach().cpu().numpy() for name, value in derive(program, tensors, of, mode).items()}


def at(run: Run | int, step: int) -> Program:
    """The network as it was after so many batches of a run, bit for bit: a program with those weights.

    A run that `train` gave back, or the number of one in the run store. The nearest moment that was kept is taken, and
    what follows learned once more. `RunError` where that cannot be (other data, another device); it names the nearest.
    """
    if not isinstance(run, int):
        from neuralgraph.training.rewinding import Rewind

        program: Program = Rewind(run.moments).exactly(step)
        return program
    from neuralgraph.training.store import Store

    kept = Store().get(run)
    home = Path(kept.document).parent if kept.document else None
    session = Session.copy_of(Store().graph(run), kept.called, home)
    session.recall(run)
    return session.at(step)


def _ready(graph: Graph, inputs: Mapping[str, Any] | None, run: Run | None) -> tuple[Program, dict[str, Any]]:
    session = graph.session
    program = run.program if run is not None else session.compile()
    return program, session.rows(program, dict(inputs or {}))
