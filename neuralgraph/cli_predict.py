"""`neuralgraph predict MODEL [FILE…]`: what a trained network says of new things, and the text it writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from neuralgraph.predictions import Predictions
    from neuralgraph.session import Session

SHOWN = 200
"""Rows that are shown on the terminal; --csv and --json give all."""
CLASSES = 6
"""Of more classes only the likeliest three are shown."""

out = Console()
err = Console(stderr=True)


def predict(
    model: Annotated[Path, typer.Argument(help="A trained model (.ngz), or a .ngraph that was trained here.",
                                          show_default=False)],
    files: Annotated[list[Path] | None, typer.Argument(
        help="A CSV, images or a folder of them, a text file or an .npz; NODE=FILE for each of several sources.",
        show_default=False)] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="A text itself; may be given several times.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Take the weights of this file.")] = None,
    run: Annotated[int | None, typer.Option(help="Take the weights of this kept run.")] = None,
    to_csv: Annotated[Path | None, typer.Option("--csv", help="Write every answer there as a table.")] = None,
    generate: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="Write so many tokens of text.")] = None,
    temperature: Annotated[float, typer.Option(help="0: the likeliest each time; 1: as expected; more: bolder.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed writes the same text.")] = 0,
    prompt: Annotated[str, typer.Option(help="How the text begins.")] = "",
    allow_outside: Annotated[bool, typer.Option("--allow-outside",
                                                help="Read data outside the document's folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """What a trained network says of new things, prepared exactly as its data were."""
    from neuralgraph.predictions import Predictions, ready

    wanted = [name for name, one in (("FILE", files), ("--text", text), ("--generate", generate)) if one]
    if len(wanted) != 1:
        raise typer.BadParameter("Give files, --text or --generate, one of the three." if not wanted else
                                 f"{' and '.join(wanted)} do not go together. Give one of them.")
    session, program = ready(model, run, weights, guarded=not allow_outside)
    if generate:
        writer = session.writer(prompt, temperature=temperature, seed=seed, program=program)
        _write(prompt, writer.write(generate), {"temperature": temperature, "seed": seed}, as_json=as_json)
        return
    sources = _by_source(files or [])
    found = session.attempt("values", sources, program) if sources else session.attempt(
        "text" if text else "files", text or files, program)
    said = Predictions(found.prepared.names, found.answers, found.prepared.truth, found.prepared.notes)
    if to_csv is not None:
        from neuralgraph.graph.save import write_checked

        write_checked(to_csv, said.csv().encode())
    if as_json:
        _json(said, model, to_csv)
    else:
        _show(said, session, to_csv)


def _by_source(files: list[Path]) -> dict[str, list[Path]]:
    """`left=a.png right=b.png`: the files of every source by its node; nothing where files stand alone."""
    found: dict[str, list[Path]] = {}
    for one in files:
        name, equals, path = str(one).partition("=")
        if not equals or not name.isidentifier() or one.exists():
            return {}
        found.setdefault(name, []).append(Path(path))
    return found


def pack(
    file: Path, ngz: Path | None, run: int | None, weights: Path | None, *, allow_outside: bool, as_json: bool
) -> bool:
    """`neuralgraph export FILE --ngz OUT`: document and weights as one file; whether that was asked for."""
    from neuralgraph.predictions import ready

    if ngz is None:
        if weights is not None or run is not None:
            raise typer.BadParameter("--weights and --run go with --ngz.")
        return False
    session = ready(file, run, weights, guarded=not allow_outside)[0]
    where = session.save_model(ngz)
    if as_json:
        notes = {"notes": list(session.left_behind)} if session.left_behind else {}
        sys.stdout.write(json.dumps({"path": str(where), **notes}, ensure_ascii=False) + "\n")
    else:
        out.print(f"Wrote {escape(str(where))}", highlight=False, soft_wrap=True)
        for note in session.left_behind:
            out.print(f"[dim]{escape(note)}[/dim]", highlight=False, soft_wrap=True)
    return True


def _write(prompt: str, text: Any, about: dict[str, Any], *, as_json: bool) -> None:
    """Text as it comes, or in one object."""
    if as_json:
        sys.stdout.write(json.dumps({"prompt": prompt, "text": "".join(text), **about}, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(prompt)
    for piece in text:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")


def _json(said: Predictions, model: Path, to_csv: Path | None) -> None:
    value: dict[str, Any] = {"model": str(model), "predictions": said.rows(), "notes": list(said.notes)}
    if said.right is not None:
        value["right"] = said.right
    if to_csv is not None:
        value["csv"] = str(to_csv)
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False, default=str) + "\n")


def _show(said: Predictions, session: Session, to_csv: Path | None) -> None:
    for note in said.notes:
        err.print(escape(note), highlight=False, soft_wrap=True)
    if to_csv is not None:
        out.print(f"Wrote {len(said):,} answers to {escape(str(to_csv))}", highlight=False, soft_wrap=True)
    else:
        out.print(_table(said))
        if len(said) > SHOWN:
            out.print(f"[dim]… and {len(said) - SHOWN:,} more: --csv FILE writes all.[/dim]", highlight=False)
    if said.right is not None:
        out.print(f"{said.right:,} of {len(said):,} are what the table says "
                  f"({100 * said.right / max(1, len(said)):.1f} %).", highlight=False)


def _table(said: Predictions) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("input", overflow="fold")
    for one in said.answers:
        name = f"{one.output}: " if len(said.answers) > 1 else ""
        heads = [name + "answer"] if one.kind in ("classes", "yes") else []
        if one.kind == "classes" and len(one.names) > CLASSES:
            heads += ["the likeliest"]
        else:
            heads += [name + head for head in (one.names or ("numbers",))]
        for head in heads:
            table.add_column(escape(head))
    if said.truth:
        table.add_column("in the table")
    for row, name in enumerate(said.inputs[:SHOWN]):
        cells = [cell for one in said.answers for cell in _cells(one, row)]
        tail = len(name) > 60 and Path(name).name != name  # the end of a path says more than its beginning
        short = name if len(name) <= 60 else f"…{name[-57:]}" if tail else f"{name[:57]}…"
        table.add_row(*(escape(one) for one in (short, *cells, *(said.truth[row:row + 1]))))
    return table


def _cells(answer: Any, row: int) -> list[str]:
    values = answer.values[row]
    match answer.kind:
        case "classes" if len(answer.names) > CLASSES:
            best = values.argsort()[::-1][:3]
            return [answer.best(row), "  ".join(f"{answer.names[n]} {100 * values[n]:.1f} %" for n in best)]
        case "classes" | "yes":
            return [answer.best(row) or "none", *(f"{100 * one:.1f} %" for one in values)]
        case "numbers":
            return [f"{one:.6g}" for one in values]
        case _:
            return [answer.best(row)]
