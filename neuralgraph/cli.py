"""The session without a window: `neuralgraph check | train | predict | tune | summary | data | export | runs | …`.

Every command takes `--json` (one object on standard output, nothing else there) and exits 0 when all is well, 1 when
the graph or the run has problems, 2 on bad usage.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from neuralgraph import cli_hints
from neuralgraph.cli_data import data
from neuralgraph.cli_fetch import fetch
from neuralgraph.cli_inspect import inspect
from neuralgraph.cli_predict import pack, predict
from neuralgraph.cli_progress import shown
from neuralgraph.cli_runs import runs
from neuralgraph.cli_step import step
from neuralgraph.cli_tune import tune
from neuralgraph.cli_watch import watch
from neuralgraph.errors import NeuralGraphError

if TYPE_CHECKING:
    from neuralgraph.graph.plan import Plan
    from neuralgraph.session import Session
    from neuralgraph.training.events import Failed
    from neuralgraph.training.run import Run
    from neuralgraph.validation.need import Need

app = typer.Typer(
    name="neuralgraph",
    help="Draw a neural network and watch it learn. Without a command, a window opens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
runs.command()(watch)
app.add_typer(runs)
app.command()(fetch)
app.command()(tune)
app.command()(data)
app.command()(predict)
app.command()(inspect)
app.command()(step)

File = Annotated[Path, typer.Argument(
    help="A .ngraph document, a trained model (.ngz), or data: a table, images, texts.", show_default=False)]
Outside = Annotated[bool, typer.Option("--allow-outside", help="Read data outside the document's folder.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

out = Console()
err = Console(stderr=True)


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    paths: Annotated[bool, typer.Option("--paths", help="List the folders where the program keeps things.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
    as_json: Json = False,
) -> None:
    if version:
        import neuralgraph

        said = {"version": neuralgraph.__version__}
        _print_json(said) if as_json else out.print(f"neuralgraph {said['version']}")
    elif paths:
        _say_paths(as_json=as_json)
    elif context.invoked_subcommand is None:
        out.print(context.get_help())


def _say_paths(*, as_json: bool) -> None:
    from neuralgraph import places

    found = {name: {"path": str(path), "bytes": _size(path)} for name, path in places.listed().items()}
    if as_json:
        _print_json({"paths": found})
        return
    table = Table(box=None, show_header=False)
    for name, one in found.items():
        size = f"{one['bytes']:,} bytes" if one["bytes"] is not None else "nothing yet"
        table.add_row(name, escape(str(one["path"])), size)
    Console(width=200).print(table)


def _size(path: Path) -> int | None:
    """Bytes of a file, or of all files in a folder; None where there is nothing."""
    if path.is_dir():
        return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
    return path.stat().st_size if path.is_file() else None


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code. What is wrong is one sentence on standard error."""
    try:
        code = app(args=arguments, standalone_mode=False)
        return int(code or 0)
    except NeuralGraphError as error:
        _fail(error, as_json="--json" in (arguments if arguments is not None else sys.argv))
        return 1
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort:
        return 1
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's usage errors
            err.print(escape(error.format_message()))
            return 2
        raise


def _fail(error: NeuralGraphError, *, as_json: bool) -> None:
    if as_json:
        _print_json({"error": {"kind": type(error).__name__, "message": str(error)}})
    else:
        err.print(f"[red]✕[/red] {escape(str(error))}")


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _finite(value: Any) -> Any:
    """JSON has no NaN: null says that there is no number."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and value - value != 0.0 else value


def _open(file: Path, *, allow_outside: bool = False) -> Session:
    from neuralgraph.session import Session

    return Session.open(file, guarded=not allow_outside)


@app.command()
def check(file: File, allow_outside: Outside = False, as_json: Json = False) -> None:
    """List every problem of a document, with what to do about it."""
    analysis = _open(file, allow_outside=allow_outside).analyse()
    if as_json:
        rows = [
            {
                "code": p.code,
                "severity": p.severity,
                "node": p.node,
                "port": p.port,
                "message": p.message,
                "hint": p.hint,
                "fixes": [fix.label for fix in p.fixes],
                "waiting": list(p.waiting),
            }
            for p in analysis.problems
        ]
        need = {**analysis.need.parts, "total": analysis.bytes, "free": analysis.need.free}
        _print_json({"problems": rows, "parameters": analysis.parameters, "bytes": analysis.bytes, "need": need})
    else:
        from neuralgraph.compiler.budget import size

        for p in analysis.problems:
            mark = {"error": "[red]✕[/red]", "warning": "[yellow]![/yellow]", "note": "·"}[p.severity]
            out.print(f"{mark} {escape(p.message)}" + (f" [dim]{escape(p.hint)}[/dim]" if p.hint else ""))
        count = len(analysis.problems)
        said = "No problems" if not count else f"{count} problem{'s' if count > 1 else ''}"
        out.print(f"{said}. {analysis.parameters:,} parameters, about {size(analysis.bytes)} to train.")
        out.print(f"[dim]{_needed(analysis.need)}[/dim]")
    raise typer.Exit(1 if analysis.errors else 0)


def _needed(need: Need) -> str:
    """Where the memory goes, against what is free."""
    from neuralgraph.compiler.budget import size

    parts = ", ".join(f"{name} {size(count)}" for name, count in need.parts.items())
    return f"{size(need.total)}: {parts}; {size(need.free)} free."


@app.command()
def summary(file: File, allow_outside: Outside = False, as_json: Json = False) -> None:
    """The table of nodes: shape, parameters, operations, memory."""
    from dataclasses import asdict

    from neuralgraph.compiler.summary import summarise

    session = _open(file, allow_outside=allow_outside)
    analysis = session.analyse()
    found = summarise(analysis, session.catalog)
    if as_json:
        _print_json(asdict(found))
    else:
        table = Table("node", "type", "output", "parameters", "FLOPs", "bytes", "to train", box=None,
                      header_style="bold")
        for row in found.rows:
            table.add_row(
                row.id, row.type, row.shape, f"{row.parameters:,}", f"{row.flops:,}", f"{row.activation_bytes:,}",
                f"{row.training_bytes:,}"
            )
        out.print(table)
        out.print(f"{found.parameters:,} parameters; FLOPs and bytes for one sample; to train: bytes for a batch of "
                  f"{found.batch_size}, forth and back.")
        out.print(f"[dim]{_needed(found.need)}[/dim]")
    raise typer.Exit(1 if analysis.errors else 0)


@app.command()
def train(
    file: File,
    epochs: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="How often to see every sample.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of weights, split and order.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Samples a step.")] = None,
    lr: Annotated[float | None, typer.Option(min=0.0, help="Learning rate.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="Any of torch's by its name: SGD, Adam, AdamW, …")] = None,
    validation: Annotated[float | None, typer.Option(min=0.0, help="Rows to check with: a share, or a number.")] = None,
    test: Annotated[float | None, typer.Option(min=0.0, help="Rows judged once, at the very end.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, max=10_000, help="Train so often, with as many seeds.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    weights: Annotated[Path | None, typer.Option(help="Write the trained weights there (.safetensors).")] = None,
    ngz: Annotated[Path | None, typer.Option(help="Write the whole trained model there (.ngz).")] = None,
    resume: Annotated[int | None, typer.Option(help="Go on with this run; --epochs are so many more.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep the run in the run store.")] = True,
    threads: Annotated[int | None, typer.Option(min=1, max=1024, help="Threads of the processor that compute.")] = None,
    allow_outside: Outside = False, as_json: Json = False,
) -> None:
    """Train a document to the end of its plan; options override the plan for this run.

    Several processes, on several GPUs or machines, share every batch: torchrun --nproc_per_node 2 -m neuralgraph train
    FILE
    """
    from neuralgraph.api import Graph, fit
    from neuralgraph.cli_together import leads, resumed
    from neuralgraph.training.events import Failed

    session = _open(file, allow_outside=allow_outside)
    before = session.run if resume is None and session.unpack(device=device) else resume  # a model is trained on
    wanted = {"epochs": epochs, "seed": seed, "batch_size": batch_size, "lr": lr, "optimizer": optimizer,
              "validation": validation, "test": test}
    given: dict[str, Any] = {name: one for name, one in wanted.items() if one is not None}
    if seeds is not None:
        if weights is not None or resume is not None:
            raise typer.BadParameter("--weights and --resume go with one run, and --seeds makes several. Use --seed.")
        from neuralgraph.graph.planning import planned

        _train_seeds(session, planned(session.graph.plan, **given), seeds, device, as_json=as_json, keep=keep)
        return
    resume, given = resumed(resume, given, keep=keep, said=err.print)
    events = fit(Graph(session), device=device, resume=before if resume is None else resume, store=keep,
                 threads=threads, **given)
    failed, said = None, partial(cli_hints.remarks, session, file)
    for event in events if as_json or not leads() else shown(events, err, said):
        failed = event if isinstance(event, Failed) else failed
    run = session.run
    assert run is not None
    if not leads():
        raise typer.Exit(1 if failed else 0)
    if weights is not None and failed is None:
        from neuralgraph.api import save_weights

        save_weights(run, weights)
    if ngz is not None and failed is None:
        session.save_model(ngz)
        for note in session.left_behind:
            err.print(f"[dim]{escape(note)}[/dim]", highlight=False, soft_wrap=True)
    _told(run, failed, said() if as_json else [], as_json=as_json)
    raise typer.Exit(1 if failed else 0)


def _told(run: Run, failed: Failed | None, notes: list[str], *, as_json: bool) -> None:
    """What came of a run."""
    if as_json:
        problem = {"error": cli_hints.plain_failure(failed)} if failed else {}
        _print_json({"final": _finite(dict(run.final)), "epochs": run.epochs, "stop_reason": run.stop_reason,
                     "seconds": run.seconds, "run": run.id,
                     "hints": [cli_hints.plain_hint(one) for one in run.hints], "notes": notes, **problem})
    elif failed is not None:
        err.print(f"[red]✕[/red] {escape(failed.message)} {escape(failed.hint)}")
        for sentence in cli_hints.advice(failed.remedies, run.id):
            err.print(escape(sentence), highlight=False, soft_wrap=True)
    elif run.id is not None:
        out.print(f"[dim]Kept as run {run.id}: neuralgraph runs show {run.id}[/dim]", highlight=False)


def _train_seeds(session: Session, plan: Plan, count: int, device: str, *, as_json: bool, keep: bool) -> None:
    """The least, median and greatest of every final figure over so many seeds."""
    from neuralgraph.cli_together import leads
    from neuralgraph.training.seeds import over

    found = over(session, plan, count, device, iter if as_json or not leads() else partial(shown, console=err),
                 store=keep)
    if not leads():
        return
    if as_json:
        _print_json(_finite(found.plain()))
        return
    table = Table(f"of {count} seeds", "min", "median", "max", box=None, header_style="bold")
    for name, one in found.figures.items():
        table.add_row(escape(name), *(f"{value:.4g}" for value in one))
    out.print(table)


@app.command()
def export(
    file: File,
    to: Annotated[Path | None, typer.Option("--to", help="Write there instead of standard output.")] = None,
    ngz: Annotated[Path | None, typer.Option(help="Write the trained model there, as one file.")] = None,
    weights: Annotated[Path | None, typer.Option(help="With --ngz: take the weights of this file.")] = None,
    run: Annotated[int | None, typer.Option(help="With --ngz: take the weights of this kept run.")] = None,
    allow_outside: Outside = False, as_json: Json = False,
) -> None:
    """The graph as a Python file that runs alone; with --ngz as a trained model."""
    if pack(file, ngz, run, weights, allow_outside=allow_outside, as_json=as_json):
        return
    from neuralgraph.compiler.source import to_python
    from neuralgraph.graph.save import write_checked

    text = to_python(_open(file, allow_outside=allow_outside).compile())
    if to is not None:
        write_checked(to, text.encode())
    if as_json:
        _print_json({"python": text} if to is None else {"path": str(to)})
    elif to is None:
        sys.stdout.write(text)


@app.command()
def nodes(
    search: Annotated[str, typer.Argument(help="Words to look for: «dense», «conv».")] = "",
    as_json: Json = False,
) -> None:
    """The node types there are, with what they do."""
    from neuralgraph.nodes import CATALOG

    found = CATALOG.find(search)
    if as_json:
        _print_json(
            {
                "nodes": [
                    {
                        "type": one.__name__,
                        "category": one.category,
                        "summary": one.summary(),
                        "inputs": [port.name for port in one.ports],
                        "parameters": {p.name: p.default for p in one.params.values()},
                    }
                    for one in found
                ]
            }
        )
    else:
        table = Table(box=None, show_header=False)
        for one in found:
            table.add_row(one.__name__, one.category, one.summary())
        out.print(table)
        if why := CATALOG.why_not(search):
            out.print(escape(why), highlight=False, soft_wrap=True)
    raise typer.Exit(0 if found else 1)


@app.command()
def examples(as_json: Json = False) -> None:
    """The example documents that come with the program."""
    from neuralgraph.graph.file import read
    from neuralgraph.resources import examples as folder

    found = [(path, read(path).graph) for path in sorted(folder().glob("*.ngraph"))]
    if as_json:
        _print_json({"examples": [{"path": str(path), "title": g.title, "about": g.about} for path, g in found]})
    else:
        table = Table(box=None, show_header=False)
        for path, graph in found:
            table.add_row(path.stem, graph.title, graph.about.partition("\n")[0])
        out.print(table)
