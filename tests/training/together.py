"""What two processes do in the tests of learning together: `python -m tests.training.together FILE`, started twice.

Every process goes through all scenes; process 0 writes down what came out. Then every one carries out the commands, and
writes down what it said as FILE.0 and FILE.1: starting Python twice takes longer than all of them. Run with no other
processes, it is the reference.
"""

from __future__ import annotations

import faulthandler
import io
import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import torch

import neuralgraph as ng
from neuralgraph import cli
from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.plan import Optimizer, Plan, Stage
from neuralgraph.graph.plan import Step as PlanStep
from neuralgraph.training.company import company
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Event, Note, Paused, Started, Step, Stopped

PLAIN: dict[str, Any] = {"epochs": 3, "batch_size": 32, "lr": 0.01, "seed": 3}


def mlp(*middle: tuple[str, dict[str, Any]], loss: str = "CrossEntropyLoss", **of_loss: Any) -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits")
    x = graph.add("Linear", graph.add("Flatten", data["x"]), out_features=24)
    for type, params in middle:
        x = graph.add(type, x, **params)
    logits = graph.add("Linear", graph.add("ReLU", x), out_features=10, id="logits")
    graph.add(loss, logits, data["y"], id="loss", **of_loss)
    graph.add("Accuracy", logits, data["y"], id="accuracy")
    graph.add("ConfusionMatrix", logits, data["y"], id="confusion")
    return graph


def outcome(graph: ng.Graph, events: list[Event]) -> dict[str, Any]:
    run = graph.session.run
    assert run is not None
    state = run.program.state_dict()
    return {
        "losses": run.losses, "history": run.history, "notes": [one.message for one in events if isinstance(one, Note)],
        "tables": {name: one.tolist() for name, one in run.tables.items()}, "final": run.final,
        "weights": {name: float(one.double().abs().sum()) for name, one in state.items()},
        "alike": alike(state), "reason": run.stop_reason, "order": [type(one).__name__ for one in events],
        "failure": run.failure.message if run.failure is not None else "",
        "processes": next((one.processes for one in events if isinstance(one, Started)), 0),
        "changes": [(one.step, one.name, one.new) for one in events if isinstance(one, Changed)],
    }


def alike(state: dict[str, torch.Tensor]) -> bool:
    """Every process has the same weights, bit for bit."""
    if company().size == 1:
        return True
    same = True
    for one in state.values():
        largest, least = one.detach().double().clone(), one.detach().double().clone()
        torch.distributed.all_reduce(largest, torch.distributed.ReduceOp.MAX)
        torch.distributed.all_reduce(least, torch.distributed.ReduceOp.MIN)
        same = same and torch.equal(largest, least)
    return same


def train(graph: ng.Graph, control: Control | None = None, **settings: Any) -> dict[str, Any]:
    try:
        return outcome(graph, list(ng.fit(graph, control=control, **settings)))
    except NeuralGraphError as error:
        return {"failure": str(error)}


def stopped(graph: ng.Graph, step: int, **settings: Any) -> tuple[dict[str, Any], int]:
    """Train until process 0 has heard of a batch from `step` on, and stop there."""
    control, seen = Control(), 0
    events = []
    for event in ng.fit(graph, control=control, **settings):
        events.append(event)
        if isinstance(event, Step) and event.step >= step and company().leads:
            control.stop("enough")
        if isinstance(event, Stopped):
            seen = event.step
    return outcome(graph, events), seen


def resumed() -> dict[str, Any]:
    """With dropout: unbroken, once more, and broken off in the middle of an epoch and gone on with."""
    settings = {**PLAIN, "epochs": 3, "store": True}
    make = lambda: mlp(("Dropout", {"p": 0.3}), ("BatchNorm1d", {}))  # noqa: E731
    whole, again = train(make(), **settings), train(make(), **settings)
    first, broken = make(), make()
    early, at = stopped(first, 50, **settings)
    assert first.session.run is not None
    run = company().shared(first.session.run.id)
    rest = train(broken, resume=run, store=True)
    return {"whole": whole, "again": again, "early": early, "rest": rest, "at": at}


def controlled() -> dict[str, Any]:
    """Process 0 pauses, changes the rate, goes on; the other follows, whatever it wants itself."""
    graph, control = mlp(), Control()
    events: list[Event] = []
    if company().leads:
        control.pause()
    else:
        control.stop("process 1 has no say")

    def later() -> None:
        time.sleep(0.3)
        control.set("lr", 0.002)
        control.one_batch()
        time.sleep(0.3)
        control.resume()

    thread = threading.Thread(target=later)
    for event in ng.fit(graph, control=control, **PLAIN):
        events.append(event)
        if isinstance(event, Paused) and company().leads and not thread.ident:
            thread.start()
    if thread.ident:
        thread.join()
    return outcome(graph, events)


def alternating() -> dict[str, Any]:
    """Two steps that update different nodes, one of them every other batch; then a stage of its own for the last."""
    graph = mlp(("Linear", {"out_features": 12}))
    first = PlanStep(nodes=("linear_1",), optimizer=Optimizer("Adam", 0.01))
    last = PlanStep(nodes=("linear_2", "logits"), optimizer=Optimizer("SGD", 0.1), every=2, clip=1.0)
    plan = Plan((Stage(1, (first, last)), Stage(1, (last,))), seed=1)
    graph.session.edit(SetPlan(plan))
    return train(graph)


SCENES: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": lambda: train(mlp(), **PLAIN),
    "gathered": lambda: train(mlp(), **PLAIN, accumulate=4, clip=0.5, l1=1e-4, optimizer="SGD", momentum=0.9),
    "small": lambda: train(mlp(), **{**PLAIN, "batch_size": 1437, "epochs": 4}),
    "full": lambda: train(mlp(), **{**PLAIN, "epochs": 5}, full_batch=True, ema=0.9),
    "patience": lambda: train(mlp(), **{**PLAIN, "lr": 0.0}, patience=0, best=True),
    "norm": lambda: train(mlp(("BatchNorm1d", {})), **PLAIN),
    "chance": lambda: train(mlp(("Dropout", {"p": 0.2})), **PLAIN),
    "controlled": controlled,
    "alternating": alternating,
}
REFUSED: dict[str, Callable[[], dict[str, Any]]] = {
    "lbfgs": lambda: train(mlp(), **{**PLAIN, "optimizer": "LBFGS"}),
    "one": lambda: train(mlp(), **{**PLAIN, "batch_size": 1}),
    "sum": lambda: train(mlp(reduction="sum"), **PLAIN),
    "mixed": lambda: train(mlp(("Softmax", {"dim": 0})), **PLAIN),
    "thin": lambda: train(mlp(("BatchNorm1d", {})), **{**PLAIN, "batch_size": 2}),
}


def scenes() -> dict[str, Any]:
    """Alone, those that are compared; several, all of them."""
    table = SCENES if company().size == 1 else {**SCENES, "resumed": resumed, **REFUSED, "after": SCENES["plain"]}
    found = {}
    for name, scene in table.items():
        began = time.perf_counter()
        found[name] = scene()
        print(f"{company().rank} {name}: {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    return found


def told(*arguments: str) -> list[Any]:
    """Exit code, output and errors of a command, carried out in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main(list(arguments))
    return [code, out.getvalue(), err.getvalue()]


def commands(folder: Path) -> dict[str, list[Any]]:
    """One that all carry out, and one for which each has another document."""
    return {"same": told("train", str(folder / "digits.ngraph"), "--epochs", "1", "--json"),
            "other": told("train", str(folder / f"other-{company().rank}.ngraph"))}


if __name__ == "__main__":
    faulthandler.dump_traceback_later(280, exit=True)
    path = Path(sys.argv[1])
    found = scenes()
    if company().leads:
        path.write_text(json.dumps(found), encoding="utf-8")
    said = json.dumps(commands(path.parent))
    path.with_name(f"{path.name}.{company().rank}").write_text(said, encoding="utf-8")
