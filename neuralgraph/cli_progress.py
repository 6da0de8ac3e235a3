"""How a run is seen on the terminal while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from neuralgraph import cli_hints

if TYPE_CHECKING:
    from neuralgraph.training.events import Event


def shown(events: Iterator[Event], console: Console, remarks: Callable[[], list[str]] = list) -> Iterator[Event]:
    """The same events, with progress and ETA on the terminal. `remarks` are asked for once the data are there."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from neuralgraph.training.events import EpochEnded, Finished, Hint, Note, Started, Step, Stopped, divided, judged

    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        loss = ""
        bar = progress.add_task("", total=None, epoch="…", loss="")
        for event in events:
            match event:
                case Started():
                    progress.update(bar, total=event.epochs * event.steps_per_epoch, epoch=f"0 of {event.epochs}")
                    total, losses = event.epochs, set(event.losses) - {"loss"}
                    for sentence in (divided(event), *remarks()):
                        progress.console.print(escape(sentence), highlight=False, soft_wrap=True)
                case Step():
                    loss = f"loss {event.losses[-1]:.4g}" if len(event.losses) else loss
                    progress.update(bar, completed=event.step, loss=loss)
                case Note():
                    progress.console.print(escape(event.message), highlight=False, soft_wrap=True)
                case Hint():
                    progress.console.print(f"[yellow]![/yellow] {escape(event.message)}", highlight=False,
                                           soft_wrap=True)
                    for sentence in cli_hints.advice(event.remedies):
                        progress.console.print(escape(sentence), highlight=False, soft_wrap=True)
                case EpochEnded():
                    hidden = losses if len(losses) == 1 else set()
                    shown = [(n, v) for n, v in event.figures.items() if n.removeprefix("val_") not in hidden]
                    figures = "  ".join(f"{name} {value:.4g}" for name, value in shown)
                    progress.update(bar, epoch=f"{event.epoch} of {total}")
                    progress.console.print(f"epoch {event.epoch}  {escape(figures)}", highlight=False, soft_wrap=True)
                case Finished():
                    for sentence in filter(None, (event.reason, judged(event))):
                        progress.console.print(escape(sentence), highlight=False, soft_wrap=True)
                case Stopped():
                    progress.console.print(escape(event.reason), highlight=False, soft_wrap=True)
            yield event
