"""What a node has learned: its weights, and their distribution."""

from __future__ import annotations

from neuralgraph.explain.views.inside import (
    Names,
    asked,
    class_names,
    kind_of,
    many,
    size_of,
    specs,
    token,
)
from neuralgraph.explain.views.laid import spread_of, weights_laid
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Shown
from neuralgraph.spec import param

NAMED = 512
"""Of more rows no names are written."""
MOST = 4_000_000
"""Of more numbers every second, third, … row is looked at."""


class OfParameter(View):
    """A view of one of the parameters of a node."""

    group = "Weights"
    which: str = param("", "Which of its parameters; the first where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(at.parameters)

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if at.parameters else "This node learns nothing, so it has no weights."


class Weights(OfParameter):
    """The weights of a node as colours: a row an output, a column an input; filters of a convolution as tiles.

    Blue is positive, orange negative; the bar says how much. A row that is all pale hardly looks at its inputs; rows
    that are alike do the same work twice. Below, how the numbers are distributed. Of Standardize, MinMax and PCA what
    they measured on the training part.
    """

    icon = "grid"

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return tuple(at.parameters or at.measured)

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if at.measured else super().fits(at)

    def look(self, at: At) -> Shown:
        held = at.weights or at.measured
        name = asked(self.which, held)
        value, note = held[name], ""
        if value.size > MOST and value.ndim > 1:
            step = -(-value.size // MOST)
            value, note = value[::step], f"One of every {step} outputs."
        rows, columns = ends_of(at, name, value.shape) if not note else ((), ())
        title = f"{name} of {at.node}: {size_of(held[name].shape)}"
        figure = weights_laid(value, title=title, rows=rows, columns=columns, note=note)
        return Board((figure, spread_of(value, x_label=name)), shares=(2.0, 1.0))


class Bias(View):
    """The offset of every output, as bars: what a unit gives where all its inputs are zero."""

    group = "Weights"
    icon = "chart-bar"

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if _offsets(at) else "This node has no offsets."

    def look(self, at: At) -> Shown:
        figures = []
        for name in _offsets(at):
            value = at.weights[name]
            names = class_names(at, len(value)) if name == "bias" else ()
            middle = f"Mean {value.mean():.3g}, standard deviation {value.std():.3g}."
            title = f"{name} of {at.node}: {many(len(value), 'number')}"
            figures.append(weights_laid(value, title=title, rows=names, note=middle))
        return figures[0] if len(figures) == 1 else Board(tuple(figures[:6]), across=1 if len(figures) < 3 else 2)


def _offsets(at: At) -> list[str]:
    return [name for name, one in at.parameters.items()
            if one.ndim == 1 and name.rpartition(".")[2].startswith(("bias", "in_proj_bias"))]


def ends_of(at: At, name: str, shape: tuple[int, ...]) -> tuple[Names, Names]:
    """The names of the rows and columns of a parameter where they have some: classes, features, words."""
    if at.rows is None or not shape or name not in ("weight", "bias"):
        features = at.rows.features if at.rows is not None and name in at.measured and _sees_features(at) else ()
        return (features, ()) if (len(features),) == shape else ((), ())
    node = kind_of(at)
    if node is not None and node.type in ("Embedding", "EmbeddingBag"):
        tokens = at.rows.tokens
        spelled = tuple(token(tokens, n) for n in range(shape[0])) if tokens and shape[0] <= NAMED else ()
        return spelled, ()
    rows = class_names(at, shape[0]) if len(specs(at)) == 1 else ()
    columns = at.rows.features if len(shape) == 2 and len(at.rows.features) == shape[1] and _sees_features(at) else ()
    return rows, columns


def _sees_features(at: At) -> bool:
    """Between the data and the node nothing mixes the features."""
    program, id = at.program, at.node
    while True:
        wires = list(program.inference.wires.get(id, {}).values())
        if len(wires) != 1:
            return False
        id = wires[0].source
        node = program.node(id)
        if node.role == "source":
            return True
        if not (node.passes or node.type in ("Standardize", "MinMax", "Dropout", "Identity")):
            return False
