"""`neuralgraph step FILE`: a training step, a sweep or one number taken apart, as text, CSV or JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from neuralgraph.errors import ParameterError

if TYPE_CHECKING:
    from neuralgraph.explain.apart.moment import Apart, Moment
    from neuralgraph.explain.apart.terms import Terms
    from neuralgraph.session import Session

out = Console()
MODES = ("step", "forward", "reverse", "static", "dynamic")
FEW = 24
"""Numbers of a tensor that are written out in words; of more, some at both ends."""


def step(
    file: Annotated[Path, typer.Argument(help="A .ngraph, or a trained model (.ngz).", show_default=False)],
    mode: Annotated[str, typer.Option(help="A step, or a walk: forward, reverse, static, dynamic.")] = "step",
    of: Annotated[str, typer.Option(help="What a reverse sweep derives: a node, or node.output.")] = "",
    by: Annotated[str, typer.Option(help="What a forward sweep derives by: a node, node.output or a weight.")] = "",
    inside: Annotated[list[str] | None, typer.Option(
        help="Go through this Recurrent step by step of time; «all» for every one.")] = None,
    cell: Annotated[str, typer.Option(help="Instead, what made this number: logits[0,3], r/2/u[0,1].")] = "",
    at: Annotated[int | None, typer.Option(min=1, help="Only this moment.")] = None,
    part: Annotated[str, typer.Option(help="The rows: train, validation, test or all.")] = "train",
    sample: Annotated[int, typer.Option(min=0, help="The number of the first sample within them.")] = 0,
    samples: Annotated[int, typer.Option(min=1, max=64, help="So many samples.")] = 1,
    number: Annotated[int, typer.Option("--step", min=1, help="Which of several steps of a stage.")] = 1,
    run: Annotated[int | None, typer.Option(help="Take the weights of this kept run, and its optimiser.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Take the weights of this file.")] = None,
    double: Annotated[bool, typer.Option("--double", help="Compute in float64.")] = False,
    to: Annotated[Path | None, typer.Option("--out", help="Write it there: .csv, .json or .txt.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="A row for every number.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Take a training step apart: every number, forward, back and in the optimiser. Nothing is changed."""
    from neuralgraph.predictions import ready

    if mode not in MODES:
        raise ParameterError(f"--mode takes {', '.join(MODES)}, not {mode!r}.", parameter="mode")
    kind = _kind(to, as_csv=as_csv, as_json=as_json)
    session, program = ready(file, run, weights, anyway=True)
    places = tuple(range(sample, sample + samples))
    if cell:
        node, output, index = _spot(session, cell)
        found = session.cell(node, index, output=output, program=program, part=part, places=places,
                             made_up=True)
        _give(_told_cell(found, kind), to)
        return
    more: dict[str, Any] = {"part": part, "places": places, "double": double, "made_up": True,
                            "inside": True if inside and "all" in inside else tuple(inside or ())}
    if mode == "step":
        apart = session.step_apart(program, step=number - 1, checkpoint=session.standing()[0], **more)
    else:
        apart = session.walk(mode, program=program, of=of, by=by, **more)  # type: ignore[arg-type]  # checked above
    if at is not None and at > len(apart.moments):
        raise ParameterError(f"There are {len(apart.moments)} moments, so there is no moment {at}.", parameter="at")
    _give(_told(apart, kind, at), to)


def _kind(to: Path | None, *, as_csv: bool, as_json: bool) -> str:
    if as_csv and as_json:
        raise ParameterError("--csv or --json, not both.", parameter="csv")
    if to is None:
        return "csv" if as_csv else "json" if as_json else "txt"
    ending = to.suffix.lower().removeprefix(".")
    if ending not in ("csv", "json", "txt"):
        raise ParameterError(f"--out takes a name with .csv, .json or .txt, not {to.name!r}.", parameter="out")
    return ending


def _spot(session: Session, text: str) -> tuple[str, str, tuple[int, ...]]:
    """«loss», «logits[0,3]» or «lstm_1.h_n[0, 0, 2]» as node, output and place."""
    from neuralgraph.graph.touches import named

    name, bracket, inside = text.strip().partition("[")
    _, place = named(f"[{inside}") if bracket else ("", ())
    if any(one is None for one in place):
        raise ParameterError(f"{text!r}: one number is meant, so «:» says too little.", parameter="cell")
    node, _, output = name.strip().rpartition(".") if "." in name else (name.strip(), "", "")
    return node, output, tuple(int(one or 0) for one in place)


def _told(apart: Apart, kind: str, at: int | None) -> str:
    from neuralgraph.explain.apart.tables import plain, table

    only = at - 1 if at is not None else None
    if kind == "csv":
        return table(apart, only)
    if kind == "json":
        return json.dumps(plain(apart, only), ensure_ascii=False, allow_nan=False) + "\n"
    lines = [*([] if at is not None else [*apart.notes, *([apart.sweeps] if apart.sweeps else [])])]
    for number, moment in enumerate(apart.moments, 1):
        if at is None or number == at:
            lines += _lines(number, moment)
    return "\n".join(lines) + "\n"


def _lines(number: int, moment: Moment) -> list[str]:
    from neuralgraph.explain.apart.tables import parts

    phase = f"{moment.equation} {moment.phase}".strip()
    found = [f"{number:>4}  {phase:<10} {moment.says}"]
    for kind, name, came, array in parts(moment):
        source = f" from {came}" if came and kind == "contribution" else f" ({came})" if came else ""
        found.append(f"      {kind} {name}{source}: {_written(array)}")
    return found + [f"      {one}" for one in moment.notes]


def _written(array: Any) -> str:
    import numpy as np

    values = np.asarray(array)
    shape = f"{' × '.join(map(str, values.shape))}: " if values.size > 1 else ""
    text = np.array2string(values, precision=6, threshold=FEW, edgeitems=3, separator=", ", max_line_width=10**6)
    return shape + " ".join(text.split())


def _told_cell(found: Terms, kind: str) -> str:
    from neuralgraph.explain.apart.tables import plain_terms, terms_table

    if kind == "csv":
        return terms_table(found)
    if kind == "json":
        return json.dumps(plain_terms(found), ensure_ascii=False, allow_nan=False) + "\n"
    place = f"[{', '.join(map(str, found.index))}]" if found.index else ""
    lines = [f"{found.node}.{found.output}{place} = {found.value:.6g}", found.says]
    lines += [found.formula] if found.formula else []
    for name, part in {"": found, **found.parts}.items():
        lines += [f"{name} = {part.value:.6g}"] if name else []
        for one in part.terms:
            x = f"{one.port}{list(one.spot)}" if one.spot else one.port
            w = f"{one.weight}{list(one.at)}" if one.weight else "factor" if one.w == one.w else ""
            lines.append(f"  {x} {one.x:.6g} × {w} {one.w:.6g} = {one.product:.6g}  {one.label}".rstrip())
        lines += [f"  {part.bias_name} {part.bias:.6g}"] if part.bias_name else []
    return "\n".join(lines) + "\n"


def _give(text: str, to: Path | None) -> None:
    if to is None:
        sys.stdout.write(text)
        return
    from neuralgraph.graph.save import write_checked

    write_checked(to, text.encode())
    out.print(f"Wrote {escape(str(to))}", highlight=False, soft_wrap=True)
