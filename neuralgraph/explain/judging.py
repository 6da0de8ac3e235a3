"""What a network says beside what is true: found from what its losses compare, whatever the network is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.data.sources import drawn
from neuralgraph.errors import RunError
from neuralgraph.explain.affording import ALL_ROWS, computed, sampled
from neuralgraph.explain.answers import probabilities
from neuralgraph.explain.predicting import SCALED
from neuralgraph.explain.views.view import At
from neuralgraph.spec import Spec

Array = NDArray[Any]
Kind = Literal["classes", "labels", "numbers", "again"]
SURE = ("BCEWithLogitsLoss", "BCELoss", "MultiLabelSoftMarginLoss")
"""Losses of yes-or-no questions."""
CHOICE = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")
LOGITS = ("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss")
NEAR = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "")
"""Losses that bring a number near another one."""
SHAPES = ("Flatten", "Unflatten", "Reshape", "Squeeze", "Unsqueeze")
BENT = ("Sigmoid", "Softmax", "LogSoftmax")


@dataclass(frozen=True)
class Head:
    """An answer of a network: `node`, `output`, and the `truth` it is compared with.

    "classes": one of `names`. "labels": yes or no to each of `names`. "numbers": numbers, `names` their columns.
    "again": the input itself. `label` is what the data call it, `truth` the source output that it should be,
    `chain` the nodes between that and the loss.
    """

    node: str
    output: str
    loss: str
    kind: Kind
    truth: tuple[str, str]
    chain: tuple[str, ...]
    names: tuple[str, ...]
    label: str = ""

    def spec(self, program: Program) -> Spec:
        """What comes out."""
        return program.inference.specs[self.node][self.output]


@dataclass(frozen=True, eq=False)
class Judged:
    """Some rows: `rows` their numbers, `said` and `true` one entry for each.

    "classes": `said` n × classes, probabilities; `true` n class numbers. "labels": `said` n × k, probabilities of yes;
    `true` n × k, 0 or 1. "numbers": both n × k, in the unit of the target. "again": both n × …, as the source has them.
    Where a row has several answers (a word after each word, a class for each pixel) its number stands several times.
    `raw` are the numbers of the network itself. `note` says what was left out.
    """

    head: Head
    rows: Array
    said: Array
    true: Array
    raw: Array
    note: str = ""

    @property
    def answer(self) -> Array:
        """The likeliest class of each."""
        return np.asarray(self.said.argmax(axis=1))

    @property
    def sure(self) -> Array:
        """How sure it is of that."""
        return np.asarray(self.said.max(axis=1))

    @property
    def losses(self) -> Array:
        """How wrong each entry is: −ln of what the right answer was given, or the mean squared error."""
        if self.head.kind == "classes":
            return np.asarray(-np.log(np.clip(self.said[np.arange(len(self.true)), self.true], 1e-12, 1.0)))
        if self.head.kind == "labels":
            given = np.clip(np.where(self.true > 0.5, self.said, 1 - self.said), 1e-12, 1.0)
            return np.asarray(-np.log(given).mean(axis=1))
        return np.asarray(((self.said - self.true) ** 2).reshape(len(self.true), -1).mean(axis=1))


def heads(at: At) -> list[Head]:
    """The answers of a network that can be compared with data, in the order of its losses; those that nothing is
    learned for, such as «as now» beside a forecast, come last. Computes nothing."""
    if "heads" not in at.known:
        at.known["heads"] = _heads(at)
    return list(at.known["heads"])


def _heads(at: At) -> list[Head]:
    program, found = at.program, dict[tuple[str, str], Head]()
    wires = program.inference.wires
    for loss in program.losses:
        ends = wires[loss].get("input"), wires[loss].get("target")
        if ends[0] is None or ends[1] is None:
            continue
        one = _head(at, loss, ends[0].start, ends[1].start)
        if one is not None:
            found.setdefault((one.node, one.output), one)
    if not found and not program.losses:
        for node, output in program.outputs.values():
            target = next(((id, name) for id, name, _ in program.sources.values() if name == "y"), None)
            one = _typed(at, "", (node, output), target, ()) if target is not None else None
            if one is not None:
                found[node, output] = one
    return sorted(found.values(), key=lambda one: not _learns(program, one.node))


def _learns(program: Program, node: str) -> bool:
    """Whether anything that the node depends on has parameters."""
    parts = (program.part(id) for id in program.path([node]))
    return any(part is not None and next(part.parameters(), None) is not None for part in parts)


def head(at: At, name: str = "", *kinds: Kind) -> Head | None:
    """The answer of that node, or the first of these kinds; None where there is none."""
    fitting = [one for one in heads(at) if one.kind in kinds or not kinds]
    return next((one for one in fitting if one.node == name), fitting[0] if fitting else None)


def judged(at: At, found: Head, rows: int = 0, most: int = ALL_ROWS) -> Judged:
    """What the network says of rows of the part in sight; `RunError` where there is not one."""
    nodes = tuple(dict.fromkeys((found.node, *((found.chain[0],) if found.chain else ()))))
    numbers, note = sampled(at, nodes, rows, most)
    if not len(numbers):
        raise RunError("There are no rows of data to judge the network by.")
    return of_rows(at, found, numbers, note)


def of_rows(at: At, found: Head, numbers: Array, note: str = "") -> Judged:
    """What the network says of these rows."""
    given = at.given(numbers)
    wanted = [(found.node, found.output)]
    source = next(key for key, (id, output, _) in at.program.sources.items() if (id, output) == found.truth)
    made = found.kind in ("numbers", "again") and not _undone(at, found)
    aim = (found.chain[0], at.program.outputs_of(found.chain[0])[0]) if made else None
    values = computed(at, given, [found.node, *found.chain[:made]], [*wanted, *([aim] if aim is not None else [])])
    raw, true = values[wanted[0]], given[source] if aim is None else values[aim]
    true = true[: len(raw)]
    return meant(at, found, numbers[: len(raw)], np.asarray(raw), np.asarray(true), note)


def meant(at: At, found: Head, numbers: Array, raw: Array, true: Array, note: str = "") -> Judged:
    """Rows by number, with what the network said of them and what the source says, put into words of the answer."""
    if found.kind == "classes":
        return _classes(at, found, numbers, raw, true, note)
    raw = raw.reshape(len(raw), -1) if found.kind != "again" else raw
    if found.kind == "labels":
        return Judged(found, numbers, _yes(at, found, raw), true.reshape(raw.shape), raw, note)
    raw = _yes(at, found, raw) if found.kind == "again" and found.loss in LOGITS else raw
    said = unscaled(at, found, raw)
    if found.kind == "again":
        return Judged(found, numbers, said.reshape(true.shape), true, raw, note)
    return Judged(found, numbers, said.reshape(len(said), -1), true.reshape(len(true), -1), raw, note)


def unscaled(at: At, found: Head, said: Array) -> Array:
    """n × k: what the network says, in the unit of the data, where these were brought to another scale for it."""
    value = torch.as_tensor(said)
    for id in found.chain if _undone(at, found) else ():
        if at.program.graph.nodes[id].type in SCALED:
            sizes = at.program.inference.specs[id]["out"].shape[1:]
            try:
                value = at.program.part(id).undo(value.reshape(len(said), *map(int, sizes)))  # type: ignore[union-attr,operator]
            except ValueError as error:
                raise RunError(f"{id}: {error}") from None
    return np.asarray(value.reshape(len(said), -1).numpy())


def _undone(at: At, found: Head) -> bool:
    """All that happens to the truth before the loss can be taken back: another scale, or another shape."""
    types = [at.program.graph.nodes[id].type for id in found.chain]
    return all(one in (*SCALED, *SHAPES) or at.program.node(id).passes
               for id, one in zip(found.chain, types, strict=True))


def _classes(at: At, found: Head, numbers: Array, raw: Array, true: Array, note: str) -> Judged:
    if raw.ndim > 2:  # a class for each place
        places = int(np.prod(raw.shape[2:]))
        raw = np.moveaxis(raw, 1, -1).reshape(-1, raw.shape[1])
        numbers, true = np.repeat(numbers, places), true.reshape(-1)
        note = f"{note} {places:,} answers to each row.".strip()
    chances = probabilities(at.program, torch.as_tensor(raw), found.node)
    if found.loss and raw.shape[1] == 1:
        yes = _yes(at, found, raw)[:, 0]
        chances = np.stack([1 - yes, yes], axis=1)
    truth = true.reshape(len(raw), -1)[:, 0].astype(np.int64)
    kept = (truth >= 0) & (truth < chances.shape[1])
    return Judged(found, numbers[kept], chances[kept], truth[kept], raw[kept], note)


def _yes(at: At, found: Head, raw: Array) -> Array:
    """Scores of yes-or-no questions as probabilities."""
    if found.loss not in LOGITS and (found.loss in SURE or _type(at.program, found.node) in BENT):
        return np.clip(raw, 0.0, 1.0)
    return torch.sigmoid(torch.as_tensor(raw)).numpy()


def _head(at: At, loss: str, said: tuple[str, str], aim: tuple[str, str]) -> Head | None:
    """What a loss compares; None where its target is no data, or what it judges no answer."""
    program = at.program
    node, chain = aim[0], list[str]()
    while program.node(node).role != "source":
        before = list(program.inference.wires[node].values())
        if len(before) != 1:
            return None
        chain.append(node)
        node, aim = before[0].source, before[0].start
    kind = program.node(node)
    if kind.type in ("Constant", "Parameter", "State") or drawn(kind) or program.node(said[0]).role == "source":
        return None
    return _typed(at, loss, said, aim, tuple(chain))


def _typed(
    at: At, loss: str, said: tuple[str, str], truth: tuple[str, str], chain: tuple[str, ...]
) -> Head | None:
    program, rows = at.program, at.rows
    spec, aim = program.inference.specs[said[0]].get(said[1]), program.inference.specs[truth[0]].get(truth[1])
    if spec is None or aim is None or spec.rank < 2 or rows is None:
        return None
    type, wide = program.graph.nodes[loss].type if loss else "", int(spec.shape[1]) if spec.rank > 1 else 1
    reached = {program.sources[key][:2] for key in program.needed([said[0]])}
    named = rows.names if truth[1] == "y" else ()

    def made(kind: Kind, names: tuple[str, ...], label: str = "") -> Head:
        return Head(said[0], said[1], type, kind, truth, chain, names, label or aim.label or truth[1])

    if truth in reached:
        return made("again", ()) if _size(spec) == _size(aim) and type in (*NEAR, *SURE) else None
    if aim.dtype.startswith("int") or type in CHOICE or aim.classes:
        count = max(wide, 2)
        names = next((one for one in (named, rows.tokens) if len(one) == count), tuple(map(str, range(count))))
        right = aim.rank == spec.rank - 1 or (aim.rank == spec.rank == 2 and aim.shape[1] == 1)
        return made("classes", names) if right and wide <= 4096 and (wide > 1 or len(named) == 2) else None
    if type in SURE or (not type and named):
        if wide == 1 and spec.rank == 2:
            return made("classes", named if len(named) == 2 else ("no", "yes"))
        asked = tuple(one.strip() for one in aim.label.split(","))
        return made("labels", asked if len(asked) == wide else tuple(f"{aim.label or 'label'} {n + 1}"
                                                                     for n in range(wide))) if spec.rank == 2 else None
    if len(named) == 2 and wide == 1 and _type(program, said[0]) in BENT:
        return made("classes", named)
    columns = tuple(one.strip() for one in aim.label.split(","))
    names = columns if len(columns) == wide else tuple(f"{aim.label or 'value'} {n + 1}" for n in range(wide))
    return made("numbers", names) if _size(spec) == _size(aim) and spec.rank == 2 and type in NEAR else None


def _size(spec: Spec) -> int:
    return int(np.prod([one for one in spec.shape[1:] if isinstance(one, int)], dtype=np.int64))


def _type(program: Program, node: str) -> str:
    """The type of the last node that does anything to the numbers: an Output only names them."""
    while program.graph.nodes[node].type == "Output" or program.node(node).passes:
        before: Mapping[str, Any] = program.inference.wires[node]
        node = next(iter(before.values())).source
    return program.graph.nodes[node].type
