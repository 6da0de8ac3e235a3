"""`neuralgraph tune FILE`: search over parameters of nodes and plan from the command line."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from neuralgraph.errors import ParameterError, RunError

if TYPE_CHECKING:
    from neuralgraph.session import Session
    from neuralgraph.studies import Trial
    from neuralgraph.trials import Levers
    from neuralgraph.tuning import Event

out = Console()
err = Console(stderr=True)
LIKE = "linear_1.out_features=16..256:log, plan.lr=1e-4..1e-1:log, plan.optimizer=Adam|SGD"


def tune(
    file: Annotated[Path, typer.Argument(help="A .ngraph document.", show_default=False)],
    search: Annotated[list[str] | None, typer.Option(help=f"What to try, once each: {LIKE}. Without it, what is "
                                                          "marked in the document.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=100_000, help="How many to try.")] = 20,
    goal: Annotated[str, typer.Option(help="The figure to get better: val_loss, val_accuracy, …")] = "",
    better: Annotated[str, typer.Option(help="lower, higher, or auto: as the figure has it.")] = "auto",
    prune: Annotated[bool, typer.Option("--prune", help="Give up trials that are worse than the median.")] = False,
    epochs: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="Of every trial.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of what is proposed.")] = 0,
    timeout: Annotated[float | None, typer.Option(min=0.001, help="Seconds after which it ends.")] = None,
    name: Annotated[str, typer.Option(help="What the search is called.")] = "",
    resume: Annotated[str, typer.Option(help="Go on with the search of this name: so many trials more.")] = "",
    best: Annotated[Path | None, typer.Option("--out", help="Write the document with the best values there.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="So many at once, each in a process of its own.")] = 1,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    allow_outside: Annotated[bool, typer.Option("--allow-outside",
                                                help="Read data outside the document's folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Search for better parameters: many runs, each kept. Ctrl+C ends it, and --resume goes on."""
    from neuralgraph.session import Session
    from neuralgraph.studies import Search
    from neuralgraph.trials import Levers
    from neuralgraph.tuning import best_graph
    from neuralgraph.tuning import search as searched

    if resume and (search or goal or epochs is not None or prune or name):
        raise typer.BadParameter("--resume goes on with what the search was begun with: leave --search, --goal, "
                                 "--epochs, --prune and --name out.")
    session = Session.open(file, guarded=not allow_outside)
    settings = {"epochs": epochs} if epochs is not None else {}
    wanted = Search(_ranges(search or []), trials, goal, better, prune, timeout, seed, settings)
    levers = Levers()
    events = searched(session, wanted, name=resume or name, resume=bool(resume), device=device, levers=levers,
                      jobs=jobs)
    with _ended_by_hand(levers):
        told = _heard(events, quiet=as_json)
    if levers.stopping:
        told |= {"reason": "stopped by you", "best": _best(told)}
    if best is not None and told["best"] is not None:
        _write(session, best_graph(session, told["best"]), best)
    if as_json:
        sys.stdout.write(json.dumps(_plain({**told, "out": str(best) if best and told["best"] else None}),
                                    ensure_ascii=False, allow_nan=False) + "\n")
    elif told["name"]:
        _say_best(told, best)
    raise typer.Exit(0 if told["best"] is not None else 1)


def _ranges(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        target, equals, text = one.partition("=")
        if not equals or "." not in target or target.strip() in found:
            raise ParameterError(f"--search {one!r}: write each parameter once, as in {LIKE}.")
        found[target.strip()] = text.strip()
    return found


@contextmanager
def _ended_by_hand(levers: Levers) -> Iterator[None]:
    """Ctrl+C ends the search between two batches: in the midst of a word to its database it left complaints."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        levers.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _heard(events: Iterator[Event], *, quiet: bool) -> dict[str, Any]:
    """Listen to the end, or until Ctrl+C; what came of it."""
    from neuralgraph.tuning import Begun, Over, Tried

    told: dict[str, Any] = {"name": "", "goal": "", "better": "", "ranges": {}, "trials": [], "best": None,
                            "reason": "", "notes": []}
    try:
        for event in events:
            match event:
                case Begun():
                    told |= {"name": event.name, "goal": event.goal, "better": event.better, "ranges": event.ranges,
                             "trials": list(event.earlier)}
                    if not quiet:
                        out.print(f"Search «{escape(event.name)}» for {event.better} {escape(event.goal)}, "
                                  f"{event.trials} trials" + (f" more after {len(event.earlier)}"
                                                              if event.earlier else "")
                                  + (f", {event.jobs} at once" if event.jobs > 1 else ""), highlight=False)
                case Tried() if event.trial.state:
                    told["trials"].append(event.trial)
                    if not quiet:
                        _say(event.trial, told["goal"])
                case Over():
                    told |= {"best": event.best, "reason": event.reason, "notes": list(event.notes)}
    except KeyboardInterrupt:
        events.close()  # type: ignore[attr-defined]  # a generator: it tells the study what was broken off
        told |= {"reason": "stopped by you", "best": _best(told)}
    return told


def _best(told: dict[str, Any]) -> Trial | None:
    sign = -1 if told["better"] == "higher" else 1
    return min((one for one in told["trials"] if one.value is not None), key=lambda one: sign * one.value, default=None)


def _say(trial: Trial, goal: str) -> None:
    values = "  ".join(f"{target} {value:.4g}" if isinstance(value, float) else f"{target} {value}"
                       for target, value in trial.values.items())
    came = f"{goal} {trial.value:.4g}" if trial.value is not None else f"{trial.state}: {trial.reason}"
    kept = f"  run {trial.run}" if trial.run is not None else ""
    out.print(escape(f"trial {trial.number}  {values}  {came}{kept}"), highlight=False, soft_wrap=True)


def _say_best(told: dict[str, Any], path: Path | None) -> None:
    for note in told["notes"]:
        out.print(escape(note), highlight=False, soft_wrap=True)
    out.print(f"Ended: {escape(told['reason'])}.", highlight=False)
    one = told["best"]
    if one is None:
        err.print("[red]✕[/red] No trial came to its end, so there is no best one.")
    else:
        out.print(f"Best is trial {one.number}: {escape(told['goal'])} {one.value:.6g}"
                  + (f", written to {escape(str(path))}" if path else ""), highlight=False, soft_wrap=True)
    out.print(escape(f"Go on with: --resume '{told['name']}'"), style="dim", highlight=False)


def _write(session: Session, graph: Any, path: Path) -> None:
    from neuralgraph.graph.file import write

    if session.path is not None and path.resolve() == session.path.resolve():
        raise RunError(f"{path.name} is the document that is searched. Give --out another name.")
    write(path, graph)


def _plain(value: Any) -> Any:
    """As JSON has it: null where there is no number."""
    if hasattr(value, "__dataclass_fields__"):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and value - value != 0.0 else value
