"""`neuralgraph runs list | show | compare | export | rename | note | pin | delete | watch`: the runs that were kept."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from neuralgraph.errors import RunError

if TYPE_CHECKING:
    from neuralgraph.training.kept import Kept
    from neuralgraph.training.store import Store

runs = typer.Typer(name="runs", help="The runs that were kept.", no_args_is_help=True)
Run = Annotated[int, typer.Argument(help="The number of a run.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
out = Console()


def _store() -> Store:
    from neuralgraph.training.store import Store

    return Store()


def _said(store: Store, value: dict[str, Any], *, as_json: bool) -> bool:
    """Print the object if that was asked for; what the store did by itself goes beside it."""
    if as_json:
        notes = {"notes": store.notes} if store.notes else {}
        sys.stdout.write(json.dumps({**value, **notes}, ensure_ascii=False, allow_nan=False) + "\n")
    for note in store.notes if not as_json else ():
        Console(stderr=True).print(escape(note))
    return as_json


def _entry(run: Kept) -> dict[str, Any]:
    files = {name: str(path) for name, path in run.files.items()}
    return {**asdict(run), "folder": str(run.folder), "files": files}


def _figures(values: Any, most: int = 4) -> str:
    shown = [f"{name} {value:.4g}" for name, value in dict(values).items() if value is not None]
    return "  ".join(shown[:most])


@runs.command("list")
def list_runs(
    file: Annotated[Path | None, typer.Argument(help="Only the runs of this document.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Every run, the newest first."""
    store = _store()
    found = store.runs(str(file.resolve()) if file is not None else None)
    if _said(store, {"runs": [_entry(one) for one in found]}, as_json=as_json):
        return
    table = Table("run", "name", "state", "epochs", "figures", "begun", "note", box=None, header_style="bold")
    for one in found:
        mark = "◆ " if one.pinned else ""
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.started))
        table.add_row(str(one.id), mark + escape(one.called), one.state, f"{one.epoch} of {one.epochs}",
                      escape(_figures(one.final)), begun, escape(one.note))
    out.print(table if found else "No runs are kept yet.")


@runs.command()
def show(run: Run, as_json: Json = False) -> None:
    """Everything that is known of a run: its end, figures, events and files."""
    store = _store()
    one, events, epochs = store.get(run), store.events(run), store.epochs(run)
    if _said(store, {"run": _entry(one), "epochs": epochs, "events": events}, as_json=as_json):
        return
    table = Table(box=None, show_header=False)
    facts = {
        "name": one.called, "state": f"{one.state}: {one.reason}" if one.reason else one.state,
        "document": one.document or "not saved", "epochs": f"{one.epoch} of {one.epochs}, {one.step:,} steps",
        "seconds": f"{one.seconds:.1f}", "seed": one.seed, "device": one.computed_on,
        "data": one.data, "versions": ", ".join(f"{name} {value}" for name, value in one.versions.items()),
        "final": _figures(one.final, 20), "note": one.note,
        "best": f"epoch {one.best['epoch']}: {one.best['by']} {one.best['value']:.4g}" if one.best else "",
        "weights": "thrown away to save space" if one.thinned else str(one.folder),
    }
    for name, value in facts.items():
        if value not in ("", None):
            table.add_row(name, escape(str(value)))
    Console(width=max(out.width, 120)).print(table)
    for event in events:
        out.print(f"[dim]step {event['step']:,}[/dim]  {escape(event['kind'])}: {escape(event['text'])}",
                  highlight=False, soft_wrap=True)


@runs.command()
def compare(
    run: Run, others: Annotated[list[int], typer.Argument(help="The runs to set beside it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """What differs between runs: the graph, the plan, what they ran on; and the final figures side by side."""
    from neuralgraph.training.compared import KINDS, differences, side_by_side

    store = _store()
    first, rest = store.get(run), [store.get(id) for id in others]
    found: list[dict[str, Any]] = [{"runs": [first.id, one.id], **differences(store, first, one)} for one in rest]
    final = {name: {str(one.id): value for one, value in zip((first, *rest), row, strict=True)}
             for name, row in side_by_side((first, *rest)).items()}
    if _said(store, {"differences": found, "final": final}, as_json=as_json):
        return
    for one in found:
        out.print(f"[bold]{one['runs'][0]} → {one['runs'][1]}[/bold]")
        for kind in KINDS:
            for sentence in one[kind]:
                out.print(f"  {kind}: {escape(sentence)}", highlight=False, soft_wrap=True)
        if not any(one[kind] for kind in KINDS):
            out.print("  the same graph, plan, data and versions")
    table = Table("figure", *(f"run {one.id}" for one in (first, *rest)), box=None, header_style="bold")
    for name, row in final.items():
        table.add_row(escape(name), *("–" if value is None else f"{value:.5g}" for value in row.values()))
    out.print(table)


@runs.command()
def export(
    run: Run, to: Annotated[Path | None, typer.Option("--to", help="Write there, not to standard output.")] = None,
    tensorboard: Annotated[Path | None, typer.Option("--tensorboard", help="Write a TensorBoard log into this folder.",
                                                     show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """The curves of a run as CSV: every number there is, exactly those that are plotted. Or a TensorBoard log."""
    if tensorboard is not None:
        _export_tensorboard(run, tensorboard, to, as_json=as_json)
        return
    from neuralgraph.graph.save import write_checked
    from neuralgraph.training.plotted import as_csv

    store = _store()
    text = as_csv(store, run)
    if to is not None:
        write_checked(to, text.encode())
    if not _said(store, {"csv": text} if to is None else {"path": str(to)}, as_json=as_json) and to is None:
        sys.stdout.write(text)


def _export_tensorboard(run: int, folder: Path, to: Path | None, *, as_json: bool) -> None:
    from neuralgraph.training.tensorboard import write_tensorboard

    if to is not None:
        raise typer.BadParameter("--to writes CSV and --tensorboard a log. Give one of them.")
    store = _store()
    home = write_tensorboard(store, run, folder)
    if not _said(store, {"path": str(home)}, as_json=as_json):
        out.print(f"Written to {escape(str(home))}. Look at it with: tensorboard --logdir {escape(str(folder))}",
                  highlight=False, soft_wrap=True)


@runs.command("at")
def at_step(
    run: Run, step: Annotated[int, typer.Option("--step", help="After so many batches.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", help="The file for the weights (.safetensors).", show_default=False)],
    nearest: Annotated[bool, typer.Option("--nearest", help="The nearest kept step will do.")] = False,
    as_json: Json = False,
) -> None:
    """The weights of a run at any of its steps: from the nearest that was kept, what follows is learned once more."""
    from neuralgraph.compiler.weights import write_weights
    from neuralgraph.session import Session

    store = _store()
    kept = store.get(run)
    home = Path(kept.document).parent if kept.document else None
    session = Session.copy_of(store.graph(run), kept.called, home)
    store.notes += session.recall(run)
    rewind = session.rewind()
    shown = rewind.nearest(step) if nearest else rewind.at(step)
    if not (shown.exact or nearest):
        raise RunError(f"{shown.note} --nearest takes that one.")
    write_weights(to, shown.program.state_dict())
    found = {"run": run, "step": shown.step, "wanted": step, "path": str(to)}
    if not _said(store, found, as_json=as_json):
        out.print(f"Step {shown.step:,} of {session.moments.last:,} of {escape(kept.called)}: {escape(str(to))}",
                  highlight=False, soft_wrap=True)


@runs.command()
def rename(run: Run, name: Annotated[str, typer.Argument(help="Its new name.")], as_json: Json = False) -> None:
    """Give a run a name."""
    _change(run, as_json=as_json, name=name.strip())


@runs.command()
def note(run: Run, text: Annotated[str, typer.Argument(help="The note; empty for none.")],
         as_json: Json = False) -> None:
    """Write a note on a run."""
    _change(run, as_json=as_json, note=text.strip())


@runs.command()
def pin(
    run: Run, off: Annotated[bool, typer.Option("--off", help="Let it go.")] = False, as_json: Json = False
) -> None:
    """Keep a run for good: a pinned one is never thrown away to save space."""
    _change(run, as_json=as_json, pinned=int(not off))


def _change(run: int, *, as_json: bool, **values: Any) -> None:
    store = _store()
    store.get(run)
    store.change(run, **values)
    if not _said(store, {"run": _entry(store.get(run))}, as_json=as_json):
        out.print(escape(store.get(run).called))


@runs.command()
def delete(
    run: Annotated[list[int], typer.Argument(help="The numbers of runs.", show_default=False)], as_json: Json = False
) -> None:
    """Throw runs away, with their weights. This cannot be undone."""
    store = _store()
    for one in run:
        store.get(one)
    for one in run:
        store.delete(one)
    if not _said(store, {"deleted": run}, as_json=as_json):
        out.print(f"Deleted: {', '.join(map(str, run))}")
