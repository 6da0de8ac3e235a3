"""`neuralgraph fetch`: what a document reads over the network, without a window."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

File = Annotated[Path, typer.Argument(help="A .ngraph document.", show_default=False)]
Again = Annotated[bool, typer.Option("--again", help="Also what was fetched before.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def fetch(file: File, again: Again = False, as_json: Json = False) -> None:
    """Fetch the data sets of openml.org that a document names; only their names are sent."""
    from neuralgraph.data.findings import fetchable
    from neuralgraph.session import Session

    session = Session.open(file)
    nodes = fetchable(session.graph, session.catalog, again=again)
    said = [session.fetch(node) for node in nodes]
    if as_json:
        sys.stdout.write(json.dumps({"fetched": said}, ensure_ascii=False) + "\n")
    else:
        for one in said or ["There is nothing to fetch: everything is here."]:
            Console().print(escape(one), highlight=False)
