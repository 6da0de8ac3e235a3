"""What a network says of new things: classes with probabilities, numbers in the unit of the target, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.data.cards import Card
from neuralgraph.data.gather import rows as gathered
from neuralgraph.data.sources import Where, drawn
from neuralgraph.errors import DataError, RunError
from neuralgraph.explain.answers import AT_ONCE, probabilities
from neuralgraph.explain.seeing import PASSES_ON
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
Kind = Literal["classes", "yes", "numbers", "array"]
SCALED = ("Standardize", "MinMax", "PCA")
"""Nodes that bring a target to another scale; answers are brought back."""
FEW = 32
"""More numbers than that, which are no target of the data, are an array: a picture made anew, say."""


@dataclass(frozen=True, eq=False)
class Answer:
    """One output for N rows. `kind` says what `values` are.

    "classes": N × classes, probabilities, `names` those of the classes. "yes": N × questions, the probability of yes to
    each. "numbers": N × k in the unit of the target. "array": whatever comes, N × ….
    """

    output: str
    kind: Kind
    values: Array
    names: tuple[str, ...] = ()

    def best(self, row: int) -> str:
        """The answer to one row in words."""
        if self.kind == "classes":
            return self.names[int(self.values[row].argmax())]
        if self.kind == "yes":
            return ", ".join(name for name, value in zip(self.names, self.values[row], strict=True) if value >= 0.5)
        return ", ".join(f"{value:.6g}" for value in self.values[row].reshape(-1)[:8])


def answers_to(program: Program, card: Card, x: Array, folder: Where = None) -> tuple[Answer, ...]:
    """Every output of the network for these rows. Changes nothing."""
    return answers_of(program, card, {main_key(program): x}, folder)


def answers_of(program: Program, card: Card, rows: Mapping[str, Array], folder: Where = None) -> tuple[Answer, ...]:
    """The same of a network that looks at several sources: as many rows by the key of each. `card` is that of the
    source that holds the answers.
    """
    given, x = _given(program, rows, folder), next(iter(rows.values()))
    found: dict[str, list[torch.Tensor]] = {}
    with undisturbed(program.device, program.seed):
        for first in range(0, len(x), AT_ONCE):
            part = {key.replace(".", "_").replace("/", "__"): np.array(one[first:first + AT_ONCE])
                    for key, one in given.items()}
            result = program.predict(**part)
            named = result if isinstance(result, dict) else {next(iter(program.outputs)): result}
            for name, value in named.items():
                found.setdefault(name, []).append(value.detach().cpu())
    whole = {name: torch.cat(parts) for name, parts in found.items()}
    for name, value in whole.items():
        if not torch.isfinite(value).all():
            raise RunError(f"{name} gives numbers that are not finite, so there is no answer. Train afresh with a "
                           "smaller learning rate, or load other weights.")
    return tuple(_answer(program, card, name, value) for name, value in whole.items())


def keys_of(program: Program) -> dict[str, str]:
    """The key of every source whose values are given, by node: the first that the network looks at. `RunError` where
    there is none.
    """
    keys = [key for key in program.module_inputs if not drawn(program.sources[key][2])]
    if not keys:
        raise RunError("This network looks at no data that could be given." if not program.module_inputs else
                       "This network makes its answers out of chance alone: there is nothing to give it.")
    found: dict[str, str] = {}
    for key in keys:
        found.setdefault(program.sources[key][0], key)
    return found


def main_key(program: Program) -> str:
    """The source whose values are given; `RunError` where the network looks at several, or at none."""
    found = keys_of(program)
    if len(found) > 1:
        names = sorted(found)
        said = ", ".join(f"{name!r}: …" for name in names)
        raise RunError(f"This network looks at several sources ({', '.join(names)}). Give each its own: "
                       f"predict(model, {{{said}}}), or {' '.join(f'{name}=FILE' for name in names)} after the model.")
    return next(iter(found.values()))


def answering(program: Program) -> str:
    """The node of the source that holds what the losses compare with; "" where that is none."""
    for loss in program.losses:
        at = _target(program, loss)[0]
        if at is not None:
            return str(at.source)
    return ""


def _given(program: Program, rows: Mapping[str, Array], folder: Where) -> dict[str, Array]:
    """The rows, and as many of noise for the sources that draw some."""
    given, count = dict(rows), len(next(iter(rows.values())))
    for other in program.module_inputs:
        id, output, node = program.sources[other]
        if other in given:
            continue
        if not drawn(node):
            raise RunError(f"This network looks at its own answers ({node.type} «{output}»): they cannot be "
                           "predicted from new data.")
        made, _ = gathered({other: (id, output, type(node)(**{**node.values, "samples": count}))}, folder=folder)
        given[other] = made[other]
    return given


def _answer(program: Program, card: Card, name: str, value: torch.Tensor) -> Answer:
    node, output = program.outputs[name]
    numbers = value.float() if value.is_floating_point() else value
    names = card.classes
    if names and numbers.ndim == 2 and numbers.shape[1] in (1, len(names)) and (
            numbers.shape[1] > 1 or len(names) == 2):
        return Answer(name, "classes", probabilities(program, numbers, node), names)
    loss = _judge(program, node, output)
    if numbers.ndim == 2 and loss is not None and loss[1] in ("BCEWithLogitsLoss", "BCELoss"):
        sure = torch.sigmoid(numbers) if loss[1] == "BCEWithLogitsLoss" else numbers
        asked = tuple(one.strip() for one in card.label.split(","))
        asked = asked if len(asked) == numbers.shape[1] else tuple(f"{card.label or name} {n + 1}"
                                                                   for n in range(numbers.shape[1]))
        return Answer(name, "yes", sure.numpy(), asked)
    if numbers.ndim == 1:
        numbers = numbers[:, None]
    aimed = loss is not None and numbers.ndim == 2
    done, label = _unscaled(program, card, loss[0], numbers) if loss is not None and aimed else (numbers, "")
    count = int(done.shape[1]) if done.ndim == 2 else 0
    if done.ndim == 2 and (label or count <= FEW):
        said = label or name
        own = card.targets if label and len(card.targets) == count else ()
        return Answer(name, "numbers", done.numpy(), own or ((said,) if count == 1 else tuple(
            f"{said} {n + 1}" for n in range(count))))
    return Answer(name, "array", done.numpy())


def _judge(program: Program, node: str, output: str) -> tuple[str, str] | None:
    """The loss that judges this output, and its type."""
    ends = {(node, output)}
    edges = list(program.graph.edges.values())
    kinds = program.graph.nodes
    for _ in range(len(PASSES_ON)):  # past Softmax, Output and the like, either way
        ends |= {edge.start for edge in edges if edge.target in {id for id, _ in ends}
                 and kinds[edge.target].type in PASSES_ON}
        ends |= {(edge.target, "out") for edge in edges if edge.start in ends and kinds[edge.target].type in PASSES_ON}
    for edge in edges:
        if edge.start in ends and edge.target in program.losses:
            return edge.target, kinds[edge.target].type
    return None


def _unscaled(program: Program, card: Card, loss: str, numbers: torch.Tensor) -> tuple[torch.Tensor, str]:
    """Back to the unit of the target, where that was scaled; what the target is called, "" where it is no answer."""
    at, chain = _target(program, loss)
    if at is None:
        return numbers, ""
    for id in chain:
        undo = getattr(program.part(id), "undo", None)
        if undo is None:
            raise DataError(f"{id} cannot be undone, so that the answer would be in another unit than the target.")
        try:
            numbers = undo(numbers)
        except ValueError as error:
            raise DataError(f"{id}: {error}") from None
    return numbers, card.label if at.output == "y" else ""


def _target(program: Program, loss: str) -> tuple[Any, list[str]]:
    """The wire from the source that a loss compares with, None where it is none, and what scales it on its way."""
    wires: Mapping[tuple[str, str], Any] = program.graph.edges
    at = wires.get((loss, "target"))
    chain = []
    while at is not None and program.graph.nodes[at.source].type in SCALED:
        chain.append(at.source)
        at = next(program.graph.into(at.source), None)
    return (at, chain) if at is not None and program.node(at.source).role == "source" else (None, chain)
