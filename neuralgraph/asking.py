"""What a graph gives for inputs, how it changes with them, what it was at a step: functions of the public API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from neuralgraph.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralgraph.compiler.program import Program
    from neuralgraph.explain.apart.moment import Apart, Mode
    from neuralgraph.explain.apart.schedule import Schedule
    from neuralgraph.explain.apart.sweeps import Jacobian
    from neuralgraph.explain.apart.terms import Terms
    from neuralgraph.training.run import Run

Within = bool | str | Sequence[str]
"""The Recurrents that are gone through step by step: all (True), or those of these paths."""


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
        return {name: value.detach().cpu().numpy() for name, value in program.trace(tensors).items()}


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
    from neuralgraph.explain.apart.sweeps import derivatives
    from neuralgraph.training.randomness import undisturbed

    program, tensors = _ready(graph, inputs, run)
    with undisturbed(program.device, program.seed), program.quiet():
        return {name: value.detach().cpu().numpy() for name, value in derivatives(program, tensors, of, mode).items()}


def step_apart(
    graph: Graph,
    inputs: Mapping[str, Any] | None = None,
    *,
    run: Run | None = None,
    part: str = "train",
    places: Sequence[int] = (0,),
    step: int = 0,
    double: bool = False,
    inside: Within = False,
) -> Apart:
    """One training step moment by moment: `.moments` in order, with all values, derivatives and changes as numpy.

    It is taken on samples `places` of a part of the data ("train", "validation", "test", "all"), or on arrays `inputs`
    by source. With `run`, from where that run stood, else from fresh weights; of several steps of a stage the one of
    this number. `double` computes in float64. `inside` goes through Recurrents step by step of time: all of them, or
    the one of a path, or of several; their nodes are then `r/3/linear_1` at t = 3, and a moment says its `.time`.
    Nothing is changed. `RunError` and `DataError` say why it cannot be.
    """
    program = run.program if run is not None else _fitted(graph)
    return graph.session.step_apart(program, part=part, places=places, given=inputs, step=step, double=double,
                                    inside=inside, checkpoint=run.checkpoint if run is not None else None)


def cell(
    graph: Graph,
    node: str,
    index: Sequence[int],
    inputs: Mapping[str, Any] | None = None,
    *,
    output: str = "",
    run: Run | None = None,
    part: str = "all",
    places: Sequence[int] = (0,),
) -> Terms:
    """Which inputs times which weights made one number: `.terms`, `.bias`, `.value`, and `.total` of them.

    `index` is its place in the output of the node, the sample first: of samples `places` of a part of the data, or of
    arrays `inputs` by source. A node in the cell of a Recurrent has the step in its path: `r/3/linear_1`. With `run`,
    by its trained weights, else by fresh ones. Nothing is changed.
    """
    program = run.program if run is not None else _fitted(graph)
    return graph.session.cell(node, index, output=output, program=program, part=part, places=places, given=inputs)


def sweep_apart(
    graph: Graph,
    mode: Mode = "reverse",
    inputs: Mapping[str, Any] | None = None,
    *,
    of: str = "",
    by: str = "",
    at: Sequence[int] | None = None,
    run: Run | None = None,
    part: str = "all",
    places: Sequence[int] = (0,),
    double: bool = False,
    inside: Within = False,
) -> Apart:
    """A graph walked without training it, moment by moment, as `step_apart`; it needs no loss and no data.

    "forward" carries beside every value its derivative by `by` (a node, `node.output` or a weight): by its number `at`,
    or by all alike. "reverse" goes back from `of`: its number `at`, or all added. "static" and "dynamic" say in which
    order nodes are computed. By default the first input, the first loss or else output. `inside` as in `step_apart`.
    """
    program = run.program if run is not None else _fitted(graph)
    return graph.session.walk(mode, program=program, of=of, by=by, cell=at, part=part, places=places, given=inputs,
                              double=double, inside=inside)


def jacobian(
    graph: Graph,
    of: str,
    by: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    mode: Literal["auto", "forward", "reverse"] = "auto",
    run: Run | None = None,
) -> Jacobian:
    """Every number of `of` derived by every number of `by`: `.value` with the axes of both, `.sweeps`, `.mode`.

    `of` is a node or `node.output`, `by` one too, or a weight as `"node.weight"`. Forward mode takes a sweep for every
    number of `by`, reverse mode one for every number of `of`; "auto" takes the fewer.
    """
    from neuralgraph.explain.apart.sweeps import jacobian as found
    from neuralgraph.training.randomness import undisturbed

    program, tensors = _ready(graph, inputs, run)
    with undisturbed(program.device, program.seed):
        return found(program, tensors, of, by, mode)


def schedule(graph: Graph, of: Sequence[str] = ()) -> Schedule:
    """The order in which nodes are computed: `.static` for `of` (by default the losses, else the outputs) with the
    `.dead` left out, `.levels` of what can run at the same time, and `.dynamic`, everything as it was drawn."""
    from neuralgraph.explain.apart.schedule import schedule as found

    return found(graph.session.compile(), of)


def _fitted(graph: Graph) -> Program:
    """Fresh weights; what is fitted on the training part has seen some of it."""
    session = graph.session
    program = session.compile()
    if program.fitted and (rows := session._rows(program)) is not None:
        session._measure(program, rows)
    return program


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
