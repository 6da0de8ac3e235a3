"""`neuralgraph inspect FILE --view VIEW`: a figure of a network as a picture or as numbers."""

from __future__ import annotations

import inspect as python
import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from neuralgraph.errors import ParameterError

out = Console()
TOUCH = re.compile(r"([\w/]+)(?:\.([\w.]+))?\s*(\[[^\]]*\])?\s*=(.+)")


def inspect(
    file: Annotated[Path, typer.Argument(help="A .ngraph, or a trained model (.ngz).", show_default=False)],
    view: Annotated[str, typer.Option(help="Which view; without it they are listed.")] = "",
    node: Annotated[str, typer.Option(help="Which node; none for views of the whole network.")] = "",
    to: Annotated[Path | None, typer.Option("--out", help="Write it there: .png, .svg or .csv.")] = None,
    option: Annotated[list[str] | None, typer.Option("--set", help="An option of the view: name=value.")] = None,
    touch: Annotated[list[str] | None, typer.Option(
        help="As if a number were another: node.weight[3,2]=0.5, or node[3]=0 for what unit 3 gives.")] = None,
    part: Annotated[str, typer.Option(help="The rows to look at: all, train, validation or test.")] = "all",
    sample: Annotated[int, typer.Option(min=0, help="The number of the sample within them.")] = 0,
    run: Annotated[int | None, typer.Option(help="Take the weights of this kept run.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Take the weights of this file.")] = None,
    width: Annotated[float, typer.Option(min=80, max=8000, help="Width of the picture in pixels.")] = 640,
    height: Annotated[float, typer.Option(min=80, max=8000, help="Height of the picture in pixels.")] = 440,
    dark: Annotated[bool, typer.Option("--dark", help="In the colours of the dark theme.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """See inside a network: weights, activations, regions, confusion and more, as a picture or as numbers."""
    from neuralgraph import inspecting

    if not view:
        _list(inspecting.views(file, node or None), as_json=as_json)
        return
    found = inspecting.inspect(file, view, node or None, run=run, weights=weights, part=part, sample=sample,
                               touches=_touches(touch or []), **_options(view, option or []))
    if to is not None:
        inspecting.picture(found, to, width=width, height=height, dark=dark)
    if as_json:
        value = {"view": view, "node": node, "title": found.title, "note": found.note,
                 **({"path": str(to)} if to is not None else {"csv": found.csv()})}
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    elif to is not None:
        out.print(f"Wrote {escape(str(to))}", highlight=False, soft_wrap=True)
    else:
        sys.stdout.write(found.csv())


def _options(view: str, given: list[str]) -> dict[str, Any]:
    """The words of the command as values of the view's options."""
    from neuralgraph.explain.views.every import named

    kind, found = named(view), dict[str, Any]()
    for one in given:
        name, sign, text = one.partition("=")
        if not sign:
            raise ParameterError(f"--set takes name=value, not {one!r}.", parameter=name)
        param = kind.params.get(name)
        found[name] = _value(text) if param is not None and param.kind not in ("text", "choice", "file") else text
    return found


def _touches(given: list[str]) -> dict[str, dict[str, float]]:
    """The words of the command as numbers of nodes."""
    found: dict[str, dict[str, float]] = {}
    for one in given:
        read = TOUCH.fullmatch(one.strip())
        value = _value(read[4].strip()) if read is not None else None
        if read is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ParameterError(f"--touch takes node.name[place]=number or node[unit]=number, not {one!r}.",
                                 parameter="touch")
        found.setdefault(read[1], {})[(read[2] or "") + (read[3] or "")] = value
    return found


def _value(text: str) -> Any:
    """A number, yes or no; else the word itself, for the option to refuse."""
    if text.lower() in ("yes", "true", "no", "false"):
        return text.lower() in ("yes", "true")
    for kind in (int, float):
        try:
            return kind(text.replace(",", "."))
        except ValueError:
            continue
    return text


def _list(offers: list[Any], *, as_json: bool) -> None:
    if as_json:
        found = [{"name": one.name, "title": one.title, "scope": one.scope, "why": one.why,
                  "options": {name: {"default": param.default, "doc": param.doc}
                              for name, param in one.params.items()}} for one in offers]
        sys.stdout.write(json.dumps({"views": found}, ensure_ascii=False, default=str) + "\n")
        return
    table = Table("view", "of", "options", "what it shows", box=None, header_style="bold")
    for one in offers:
        text = python.cleandoc(one.help).split("\n\n")[0].replace("\n", " ")
        table.add_row(one.name, one.scope, ", ".join(one.params),
                      escape(text) + (f" [dim]Not now: {escape(one.why)}[/dim]" if one.why else ""))
    out.print(table)
