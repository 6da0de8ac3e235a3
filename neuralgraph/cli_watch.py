"""`neuralgraph runs watch`: how a run stands that another process writes, line by line until it ends."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from neuralgraph.cli_runs import Json
from neuralgraph.errors import RunError

if TYPE_CHECKING:
    from neuralgraph.training.following import Follower, Standing

EVERY = 0.5
"""Seconds between two looks."""
out = Console()


def watch(
    run: Annotated[int | None, typer.Argument(help="The number of a run.", show_default=False)] = None,
    latest: Annotated[bool, typer.Option("--latest", help="The newest run; so without a number too.")] = False,
    path: Annotated[Path | None, typer.Option("--path", help="The folder of a run or of a run store, perhaps on a "
                                                             "shared disk.", show_default=False)] = None,
    patience: Annotated[float, typer.Option(min=1.0, help="Seconds without a word from another machine until it is "
                                                          "given up.")] = 600.0,
    as_json: Json = False,
) -> None:
    """Follow a run that another process trains until it ends. With --json, one object a line for every look."""
    from neuralgraph.training.following import FAILED, INTERRUPTED, Follower, located

    if run is not None and latest:
        raise typer.BadParameter("A number and --latest do not go together. Give one of them.")
    follower = Follower(located(path, run))
    last = ""
    try:
        for standing in looks(follower, patience):
            said = json.dumps(plain(standing), ensure_ascii=False) if as_json else sentence(standing)
            if said != last:
                last = said
                _print(said, as_json=as_json)
    except KeyboardInterrupt:
        if not as_json:
            out.print("No longer watched. The run goes on.")
        return
    standing = follower.standing
    if not standing.over:
        raise RunError(f"{standing.trouble} It is not watched any longer; --patience sets how long it is.")
    raise typer.Exit(1 if standing.state in (FAILED, INTERRUPTED) else 0)


def _print(said: str, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
    else:
        out.print(escape(said), highlight=False, soft_wrap=True)


def looks(follower: Follower, patience: float, sleep: Callable[[float], object] = time.sleep) -> Iterator[Standing]:
    """How it stands after every look, until it is over or who writes is given up."""
    while True:
        follower.look()
        yield follower.standing
        if follower.standing.over or (not follower.standing.here and follower.standing.silent > patience):
            return
        sleep(EVERY)


def plain(one: Standing) -> dict[str, Any]:
    """As JSON: null where there is no number."""
    def number(value: float) -> float | None:
        return None if value - value != 0 else value

    return {
        "run": one.run, "state": one.state, "reason": one.reason, "epoch": one.epoch, "epochs": one.epochs,
        "step": one.step, "steps": one.epochs * one.steps_per_epoch, "loss": number(one.loss),
        "figures": {name: number(value) for name, value in one.figures.items()}, "seconds": number(one.seconds),
        "left": list(one.left) if one.left is not None else None, "host": one.host, "trouble": one.trouble,
    }


def sentence(one: Standing) -> str:
    """Run 3 · training · epoch 2 of 20 · step 812 · loss 0.123 · val_accuracy 0.91 · 12 – 17 s left"""
    words = [f"Run {one.run}", {"running": "training"}.get(one.state, one.state),
             f"epoch {min(one.epoch + (not one.over), one.epochs)} of {one.epochs}", f"step {one.step:,}"]
    loss = one.figures.get("loss", one.loss) if one.over else one.loss  # at the end that of the epoch, not of a batch
    if loss == loss:
        words.append(f"loss {loss:.4g}")
    words += [f"{name} {value:.4g}" for name, value in one.figures.items() if name != "loss" and value == value][:4]
    if one.left is not None:
        words.append(f"{one.left[0]:.0f} – {one.left[1]:.0f} s left")
    if one.trouble or one.reason:
        words.append(one.trouble or one.reason)
    return " · ".join(words)
