"""A figure of a network without a window: part of the public API, and of the commands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from neuralgraph.errors import ParameterError
from neuralgraph.figures.offer import Offer
from neuralgraph.figures.shown import Shown
from neuralgraph.predictions import ready
from neuralgraph.session import Session
from neuralgraph.tokens import DARK, LIGHT

if TYPE_CHECKING:
    from neuralgraph.training.run import Run

WIDTH, HEIGHT = 640.0, 440.0
"""Pixels of a picture where nothing is said."""


class Graph(Protocol):
    """A handle on a session, as `neuralgraph.Graph` is."""

    session: Session


def views(graph: Graph | str | Path, node: str | None = None) -> list[Offer]:
    """The views there are of a network, and of one of its nodes: `.name`, `.title`, `.help`, `.params` and `.why` it
    cannot be shown now ("" where it can)."""
    session = graph.session if not isinstance(graph, (str, Path)) else Session.open(graph, guarded=False)
    return session.offers(node or "")


def inspect(
    graph: Graph | str | Path, view: str, node: str | None = None, *, run: Run | int | None = None,
    weights: str | Path | None = None, part: str = "all", sample: int = 0,
    touches: Mapping[str, Mapping[str, float]] | None = None, **options: Any,
) -> Shown:
    """What a view shows, as plain numpy values: `.csv()` has its numbers, `ng.picture(…)` draws it.

    The weights are those of `run` (a finished one, or the number of a kept one), of a file, or of the last training
    of this graph; else the initial ones. `sample` is the number of a row within `part` ("all", "train",
    "validation", "test"). `touches` shows the network as it would be with other numbers, as in `ng.touch`.
    `options` are those of the view. `ParameterError` for a view, an option or a value that is not there, `RunError`
    with the reason where there is nothing to show.
    """
    session, program = ready(graph, run, weights, anyway=True)
    if touches:
        tried = session.touch(session.spots(touches, program), program)
        program = tried.program if tried is not None else program
    found = session.view(view, node or "", options, part=part, place=sample, program=program)
    if found is None:
        raise ParameterError("There is nothing to show while the graph has errors. `ng.check` names them.")
    return found


def picture(shown: Shown, path: str | Path | None = None, *, width: float = WIDTH, height: float = HEIGHT,
            dark: bool = False, scale: float = 2.0) -> bytes:
    """A figure as the bytes of a PNG, an SVG or a CSV file, as the ending of `path` says (PNG without one); written
    there, too. `ParameterError` for another ending."""
    from neuralgraph.figures.draw import draw

    ending = Path(path).suffix.lower() if path is not None else ".png"
    if ending not in (".png", ".svg", ".csv"):
        raise ParameterError(f"{ending or 'No ending'} is no kind of picture. Take .png, .svg or .csv.")
    if ending == ".csv":
        data = shown.csv().encode()
    else:
        from neuralgraph.figures.png import png
        from neuralgraph.figures.svg import svg

        drawing, tokens = draw(shown, width, height), DARK if dark else LIGHT
        data = png(drawing, tokens, scale=scale) if ending == ".png" else svg(drawing, tokens).encode()
    if path is not None:
        from neuralgraph.graph.save import write_checked

        write_checked(Path(path), data)
    return data
