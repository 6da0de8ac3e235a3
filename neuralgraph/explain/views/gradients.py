"""Where the loss pulls: gradients of weights and of what nodes give, and their lengths by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.explain.slopes import Slopes, every_weight, goal_of, goals, slopes
from neuralgraph.explain.views.activations import sample_figure
from neuralgraph.explain.views.inside import (
    NO_DATA,
    Names,
    asked,
    batch_first,
    judging_part,
    many,
    norm,
    size_of,
    some_rows,
    specs,
)
from neuralgraph.explain.views.laid import joined, spread_of, weights_laid
from neuralgraph.explain.views.view import At, View
from neuralgraph.explain.views.weights import ends_of
from neuralgraph.figures.shown import Bars, Board, Shown
from neuralgraph.spec import param
from neuralgraph.spec.tensor import BATCH
from neuralgraph.training.hints import VANISHED

Array = NDArray[Any]
NO_LOSS = "There is no loss, so nothing has a gradient."
LAYERS = 160
PARTS: Mapping[str, str] = {"validation": "validation", "train": "training"}


class Gradients(View):
    """The gradient of the loss in the shape of the weights, or of what the node gives for the chosen sample.

    Blue: a larger number would raise the loss, so training lowers it; orange the other way round. Where all is pale
    nothing is learned.
    """

    group = "Gradients"
    icon = "slope-downhill"
    costly = True
    of: str = param("", "A parameter of the node or one of its outputs; the first parameter where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return (*_learning(at), *_floating(at))

    @classmethod
    def fits(cls, at: At) -> str:
        if not at.program.losses:
            return NO_LOSS
        if at.node in at.program.losses:
            return "It is the loss itself: ask a node before it."
        if not _learning(at) and not _floating(at):
            return "Nothing of this node has a gradient."
        if not at.program.path(at.program.losses).count(at.node) and at.node not in at.program.inference.flat.copies \
                and not _learning(at):
            return "No loss depends on this node."
        fixed = not at.program.needed(at.program.losses)  # constants need no data
        return "" if at.rows is not None or at.gradients or fixed else NO_DATA

    def look(self, at: At) -> Shown:
        name = asked(self.of, dict.fromkeys(self.choices(at, "of")))
        if name in _learning(at):
            return self._of_weights(at, name)
        found = _slopes(at, at.sample)
        slope = found.values.get(at.node, {}).get(name)
        spec = specs(at)[name]
        note = f"Of the loss {found.loss:.4g} of this sample, without dropout."
        if slope is None:
            value = np.zeros(tuple(1 if size == BATCH else int(size) for size in spec.shape))
            note = "The loss does not depend on it: all are zero."
        else:
            value = slope.float().cpu().numpy()
        one = batch_first(value, spec)[0] if BATCH in spec.shape else value
        shown = sample_figure(at, name, one.astype(float), photo=False)
        return _with(shown, f"d loss / d {name}: {size_of(one.shape)}", note)

    def _of_weights(self, at: At, name: str) -> Shown:
        value, note = at.gradients.get(name), "Of the last batch."
        if value is None:
            given, note = _to_learn(at)
            found = _slopes(at, given).weights.get(name)
            value = found.float().cpu().numpy() if found is not None else np.zeros(at.parameters[name].shape)
            note = note if found is not None else "The loss does not depend on it: all are zero."
        rows, columns = ends_of(at, name, value.shape)
        title = f"d loss / d {name}: {size_of(value.shape)}, length {norm(value):.3g}"
        figure = weights_laid(value, title=title, rows=rows, columns=columns, note=note)
        return Board((figure, spread_of(value, x_label=f"d loss / d {name}")), shares=(2.0, 1.0))


class GradientNorms(View):
    """The length of the gradient of every layer, in the order in which the data pass them, on a logarithmic scale.

    Bars that fall towards the first layers: gradients vanish, and those layers hardly learn. Bars that rise towards
    them: gradients explode. Layers below a thousandth of the steepest one stand out.
    """

    title = "Gradients by layer"
    scope = "network"
    group = "Gradients"
    icon = "chart-bar"
    costly = True
    of: str = param("weights", "Of the weights of each layer, or of what each layer gives.",
                    choices=("weights", "outputs"))

    @classmethod
    def fits(cls, at: At) -> str:
        if not at.program.losses:
            return NO_LOSS
        if not goals(at.program):
            return "No node learns, so there are no gradients of weights."
        return "" if at.rows is not None else NO_DATA

    def look(self, at: At) -> Shown:
        program, part = at.program, judging_part(at)
        held = {name: one.grad for name, one in program.root.named_parameters() if name in goals(program)}
        if self.of == "weights" and held and all(one is not None for one in held.values()):
            found, note = {name: one for name, one in held.items() if one is not None}, "Of the last batch."
        else:
            chosen = some_rows(at, program.document.plan.batch_size, part=part, passes=3, nodes=program.losses)
            found = every_weight(program, at.given(chosen)) if self.of == "weights" else {}
            note = f"Of {many(len(chosen), PARTS[part] + ' row')}, without dropout."
        if self.of == "weights":
            lengths = dict[str, float]()
            for name, one in found.items():
                square = float(torch.linalg.vector_norm(one, dtype=torch.float64)) ** 2
                lengths[program.owner(name)] = lengths.get(program.owner(name), 0.0) + square
            lengths = {id: lengths[id] ** 0.5 for id in _order(at, lengths)}
        else:
            lengths = _by_output(at, chosen)
        what = "weights" if self.of == "weights" else "output"
        return _bars(lengths, f"Length of d loss / d {what} of each layer", note)


def _slopes(at: At, given: Mapping[str, Array]) -> Slopes:
    program = at.program
    reached = at.node in program.inference.specs or at.node in program.inference.flat.copies
    return slopes(program, given, goal_of(program, at.node), at.parameters, (at.node,) if reached else ())


def _to_learn(at: At) -> tuple[Mapping[str, Array], str]:
    """A batch of rows, and which they are; none where the numbers are always the same."""
    if at.rows is None:
        return {}, "Of the numbers that are always the same."
    part = judging_part(at)
    chosen = some_rows(at, at.program.document.plan.batch_size, part=part, passes=3, nodes=at.program.losses)
    return at.given(chosen), f"Of {many(len(chosen), PARTS[part] + ' row')}, without dropout."


def _by_output(at: At, chosen: Array) -> dict[str, float]:
    """The length of the gradient of what each layer gives, of the layers that the losses depend on."""
    program = at.program
    path = [id for id in program.path(program.losses) if id in program.inference.calls and id not in program.losses]
    layers = [id for id in path if program.node(id).category in ("Layers", "Activations")] or path
    found = slopes(program, at.given(chosen), program.losses, {}, layers).values
    return {id: sum(float(one.double().square().sum()) for one in found[id].values()) ** 0.5
            for id in layers if id in found}


def _bars(lengths: Mapping[str, float], title: str, note: str) -> Bars:
    kept = dict(list(lengths.items())[:LAYERS])
    values = np.array(list(kept.values()))
    top = float(values.max(initial=0.0))
    none = [id for id, one in kept.items() if not one]
    note = joined(note, f"Exactly zero: {', '.join(none[:5])}{' …' if len(none) > 5 else ''}." if none else "",
                  f"The first {LAYERS} of {len(lengths)} layers." if len(lengths) > LAYERS else "")
    return Bars(values, tuple(kept), title=title, y_label="length", log=True, signed=False, note=note,
                bad=tuple(bool(one < VANISHED * top) for one in values))


def _order(at: At, found: Mapping[str, Any]) -> list[str]:
    place = {id: number for number, id in enumerate(at.program.inference.order)}
    return sorted(found, key=lambda id: place.get(id, place.get(id.partition("/")[0], 0)))


def _learning(at: At) -> Names:
    return tuple(name for name, one in at.parameters.items() if one.requires_grad)


def _floating(at: At) -> Names:
    return tuple(name for name, spec in specs(at).items() if spec.dtype.startswith(("float", "bfloat")))


def _with(shown: Shown, title: str, note: str) -> Shown:
    return replace(shown, title=title, note=joined(shown.note, note))
