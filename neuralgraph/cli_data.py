"""`neuralgraph data FILE`: what the data nodes of a document deliver, without a window."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from neuralgraph.errors import DataError

if TYPE_CHECKING:
    from neuralgraph.explain.overview import Overview

out, err = Console(), Console(stderr=True)
MOST = 40
"""Columns and classes in a table; --json has all that were looked at."""


def data(
    file: Annotated[Path, typer.Argument(help="A .ngraph document.", show_default=False)],
    node: Annotated[str, typer.Option(help="Only this data node.")] = "",
    allow_outside: Annotated[bool, typer.Option("--allow-outside", help="Read data outside the document's folder.")] =
    False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """What the data nodes deliver: rows, shapes, classes, ranges, how they are divided, a fingerprint."""
    from neuralgraph.session import Session

    session = Session.open(file, guarded=not allow_outside)
    known = session.data_nodes()
    if node and node not in known:
        raise DataError(f"{file.name} has no data node {node!r}. It has: {', '.join(known) or 'none'}.")
    found: list[dict[str, Any]] = []
    wrong = 0
    for id in (node,) if node else known:
        try:
            seen, mark = session.overview(id), session.fingerprint(id)
        except DataError as error:
            wrong += 1
            found.append({"node": id, "error": str(error)})
            if not as_json:
                err.print(f"[red]✕[/red] {escape(id)}: {escape(str(error))}", soft_wrap=True)
            continue
        found.append({**seen.plain, "fingerprint": mark})
        if not as_json:
            _show(seen, mark)
    if as_json:
        sys.stdout.write(json.dumps({"data": found}, ensure_ascii=False, allow_nan=False) + "\n")
    elif not known:
        out.print("This document has no data node.")
    raise typer.Exit(1 if wrong else 0)


def _show(seen: Overview, mark: str) -> None:
    shapes = "; ".join(f"{name} {words}" for name, words in seen.outputs.items())
    out.print(f"[bold]{escape(seen.node)}[/bold] {seen.type}: {seen.rows:,} rows. {escape(shapes)}", soft_wrap=True,
              highlight=False)
    parts = ", ".join(f"{count:,} {name}" for name, count in seen.parts)
    out.print(escape(f"{parts}; divided {seen.split}." if parts else seen.split), soft_wrap=True, highlight=False)
    for note in seen.notes:
        out.print(escape(note), soft_wrap=True, highlight=False)
    if seen.classes:
        _classes(seen)
    table = Table("column", "min", "max", "mean", "std", "different", box=None, header_style="bold")
    for one in seen.columns[:MOST]:
        table.add_row(escape(one.name), f"{one.low:.4g}", f"{one.high:.4g}", f"{one.mean:.4g}", f"{one.std:.4g}",
                      f"{one.different:,}")
    out.print(table)
    if seen.width > min(len(seen.columns), MOST):
        out.print(f"[dim]The first {min(len(seen.columns), MOST)} of {seen.width:,} columns.[/dim]")
    looked = f"Columns by {seen.looked:,} of {seen.rows:,} rows. " if seen.looked < seen.rows else ""
    out.print(f"[dim]{looked}Nothing is missing. Fingerprint {mark}.[/dim]", highlight=False)


def _classes(seen: Overview) -> None:
    most = max(count for _, count in seen.classes)
    table = Table("class", "rows", "share", "", box=None, header_style="bold")
    for name, count in seen.classes[:MOST]:
        bar = "█" * round(20 * count / max(most, 1))
        table.add_row(escape(name), f"{count:,}", f"{100 * count / max(seen.rows, 1):.1f} %", bar)
    out.print(table)
    if len(seen.classes) > MOST:
        out.print(f"[dim]The first {MOST} of {len(seen.classes):,} classes.[/dim]")
