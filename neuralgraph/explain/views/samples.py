"""Rows of the data that tell something: the most wrong ones, those made again, those made up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.data.sources import drawn
from neuralgraph.explain.affording import affordable, computed, part_rows
from neuralgraph.explain.judging import Judged, judged, of_rows
from neuralgraph.explain.picturing import pictured, sentence
from neuralgraph.explain.views.deciding import Judging
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Curve, Curves, Distribution, Grid, Pictures, Points, Shown, Table
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param

Array = NDArray[Any]
COLUMNS = 5
"""So many features of a row of a table are shown."""
CHARACTERS = 32
BINS = 31


class MostWrong(Judging):
    """The rows that the network is most wrong about, the worst first: what it says, and how sure it was.

    Often the label is wrong, or the row is unlike all others. Click one to look at it everywhere.
    """

    group = "Samples"
    icon = "alert-circle-outline"
    kinds = ("classes", "labels", "numbers", "again")
    count: int = param(24, "How many are shown.", min=1, max=200)

    def look(self, at: At) -> Shown:
        found = self.found(at)
        losses = found.losses
        worst = np.argsort(-losses, kind="stable")[: self.count]
        assert at.rows is not None
        key = self.source(at, found)
        x = np.asarray(at.rows.arrays[key][found.rows[worst]]) if key else np.zeros((len(worst), 0))
        images = pictured(at.rows, x)
        keys = tuple(found.rows[worst].tolist())
        wrong = _wrong(found)
        note = f"{int(wrong.sum()):,} of {len(losses):,} are wrong. " if wrong is not None else ""
        note += f"Mean loss {spelled(float(losses.mean()))}. {found.note}"
        captions = tuple(_caption(found, int(one)) for one in worst)
        if images is not None:
            note = f"{note.strip()} {_reading(found)}".strip()
            return Pictures(images, captions, across=8, keys=keys, title="Most wrong", note=note,
                            wrong=tuple(bool(wrong[one]) for one in worst) if wrong is not None else ())
        return self._table(at, found, worst, x, keys, note.strip())

    @staticmethod
    def source(at: At, found: Judged) -> str:
        """The source that the answer looks at; the first of several."""
        return next((key for key in at.program.needed([found.head.node])
                     if not drawn(at.program.sources[key][2])), "")

    @staticmethod
    def _table(at: At, found: Judged, worst: Array, x: Array, keys: tuple[int, ...], note: str) -> Table:
        assert at.rows is not None
        places = max(len(found.rows) // max(len(np.unique(found.rows)), 1), 1)
        if at.rows.tokens:
            heads: tuple[str, ...] = ("text",)
            cells: list[tuple[Any, ...]] = [(_text(at.rows.tokens, one, int(spot) % places if places > 1 else None),)
                     for one, spot in zip(x, worst, strict=True)]
        else:
            flat = x.reshape(len(x), -1)[:, :COLUMNS]
            names = at.rows.features if len(at.rows.features) == x.reshape(len(x), -1).shape[1] else ()
            heads = tuple(names[n] if names else f"x{n + 1}" for n in range(flat.shape[1]))
            cells = [tuple(float(value) for value in one) for one in flat]
            note += f" The first {COLUMNS} of {x.reshape(len(x), -1).shape[1]:,} inputs." if flat.shape[1] < x.reshape(
                len(x), -1).shape[1] else ""
        told = [_told(found, int(one)) for one in worst]
        texts = bool(at.rows.tokens)  # many numbers would push aside what the table is about: they stand last
        rows = tuple((f"{row + 1:,}", *(one if texts else ()), *said, float(found.losses[spot]),
                      *(() if texts else one))
                     for row, one, said, spot in zip(keys, cells, told, worst, strict=True))
        known = {"classes": ("truth", "answer", "sure"), "labels": ("truth", "answer", "worst"),
                 "numbers": ("truth", "answer", "off by"), "again": ("",)}[found.head.kind]
        return Table(("row", *(heads if texts else ()), *known[: len(told[0]) if told else 3], "loss",
                      *(() if texts else heads)), rows, keys, title="Most wrong", note=note)


def _text(tokens: tuple[str, ...], numbers: Array, place: int | None) -> str:
    """A text; up to one of its places, where the network answers at each."""
    if place is None:
        return sentence(tokens, numbers)
    return "…" + sentence(tokens, numbers[max(0, place - CHARACTERS):place + 1], CHARACTERS + 1)


def _wrong(found: Judged) -> Array | None:
    if found.head.kind == "classes":
        return np.asarray(found.answer != found.true)
    if found.head.kind == "labels":
        return np.asarray(((found.said >= 0.5) != (found.true > 0.5)).any(axis=1))
    return None


def _told(found: Judged, spot: int) -> tuple[Any, ...]:
    """Truth, answer and how sure (or how far off) of an entry, for a table."""
    names = found.head.names
    match found.head.kind:
        case "classes":
            return names[int(found.true[spot])], names[int(found.answer[spot])], f"{found.sure[spot]:.0%}"
        case "labels":
            off = int(np.abs(found.said[spot] - found.true[spot]).argmax())
            return (_listed(names, found.true[spot]), _listed(names, found.said[spot]),
                    f"{names[off]}: {found.said[spot, off]:.0%}")
        case "numbers":
            one = int(np.abs(found.said[spot] - found.true[spot]).argmax())
            return (float(found.true[spot, one]), float(found.said[spot, one]),
                    spelled(float(found.said[spot, one] - found.true[spot, one]), signed=True))
        case _:
            return ()


def _listed(names: tuple[str, ...], values: Array) -> str:
    return ", ".join(name for name, value in zip(names, values, strict=True) if value >= 0.5) or "none"


def _reading(found: Judged) -> str:
    """What stands below a picture."""
    return {"classes": "Below each: truth → answer, how sure.", "labels": "Below each: truth → answer, the label that "
            "is farthest off.", "numbers": "Below each: truth → answer, how far off."}.get(found.head.kind, "")


def _caption(found: Judged, spot: int) -> str:
    told = [spelled(one) for one in _told(found, spot)]
    if found.head.kind == "again":
        return f"MSE {spelled(float(found.losses[spot]))}"
    return f"{told[0]} → {told[1]}, {told[2]}"


class Reconstructions(Judging):
    """Rows of the data above, and below what the network makes of them after squeezing them through.

    What is missing below is what the narrow place could not hold. Blurred edges are the mean of many.
    """

    group = "Samples"
    icon = "image-multiple"
    kinds = ("again",)
    count: int = param(8, "How many rows, from the chosen one on.", min=1, max=64)

    def look(self, at: At) -> Shown:
        assert at.rows is not None
        which = self.head(at)
        whole, _ = part_rows(at)
        first = min(max(at.place, 0), max(len(whole) - 1, 0))
        chosen = whole[first:first + self.count] if len(whole) else np.array([at.row])
        chosen = chosen[: affordable(at.program, [which.node], self.count, 1)]
        found = of_rows(at, which, chosen)
        every = judged(at, which, self.rows)
        plain = float(((every.true - every.true.mean(axis=0)) ** 2).mean())
        note = (f"Mean squared error {spelled(float(every.losses.mean()))} over {len(every.rows):,} rows; always the "
                f"mean of them: {spelled(plain)}. {every.note}").strip()
        keys, count = tuple(found.rows.tolist()), len(found.rows)
        before, after = (pictured(at.rows, one) for one in (found.true, found.said))
        if before is not None and after is not None:
            low, high = float(found.true.min()), float(found.true.max())
            captions = (*(f"row {row + 1:,}" for row in keys), *(f"MSE {spelled(float(one))}" for one in found.losses))
            return Pictures(np.concatenate([before, after]), captions, across=count, row_names=("original", "again"),
                            limits=(low, high if high > low else low + 1), keys=keys * 2, title="Reconstructions",
                            note=note)
        flat = [one.reshape(count, -1) for one in (found.true, found.said)]
        names = at.rows.features if len(at.rows.features) == flat[0].shape[1] else ()
        if found.true.ndim == 2 and flat[0].shape[1] <= 64:
            pairs = np.stack(flat, axis=1).reshape(2 * count, -1)
            labels = tuple(f"{word} {row + 1:,}" for row in keys for word in ("row", "again"))
            return Grid(pairs, row_names=labels, column_names=names, title="Reconstructions", note=note)
        x = np.arange(flat[0].shape[1], dtype=float)
        given = Curve(f"row {keys[0] + 1:,}", x, flat[0][0])
        return Curves((given, Curve("again", x, flat[1][0], dashed=True)), "place", "value",
                      title="Reconstruction", note=note)


class Generated(View):
    """What the network makes out of chance, beside the real data.

    Pictures side by side; numbers as two distributions that should lie over one another. Generated values in one lump
    where the real ones spread mean that the generator has found one trick and repeats it (mode collapse).
    """

    scope = "network"
    group = "Samples"
    icon = "dice-multiple-outline"
    costly = True
    count: int = param(500, "How many are made; pictures show 16 of them.", min=2, max=20_000)

    @classmethod
    def fits(cls, at: At) -> str:
        if at.rows is None or not any(drawn(node) for _, _, node in at.program.sources.values()):
            return "It makes nothing out of chance: there is no Noise node."
        return "" if _maker(at.program) is not None else "Nothing here is made of Noise alone."

    def look(self, at: At) -> Shown:
        assert at.rows is not None
        maker = _maker(at.program)
        assert maker is not None, "it fits"
        node, output, real_key = maker
        count = min(affordable(at.program, [node], self.count), at.rows.count)
        numbers = np.arange(count)
        made = computed(at, {key: np.asarray(at.rows.arrays[key][numbers]) for key in at.program.needed([node])},
                        [node], [(node, output)])[node, output]
        real = None
        if real_key is not None:
            array = at.rows.arrays[real_key]
            real = np.asarray(array[np.unique(np.linspace(0, len(array) - 1, count).astype(np.int64))])
            made = made.reshape(len(made), *real.shape[1:])
        return beside(at, real, made, node)


def _maker(program: Program) -> tuple[str, str, str | None] | None:
    """The node whose values are made of Noise alone, its output, and the real data of the same size beside it."""
    return _before_judge(program) or _of_noise(program)


def _before_judge(program: Program) -> tuple[str, str, str | None] | None:
    """What a judge sees beside real data: two nodes share weights, one looks at a source, the other at what is made."""
    sources = {(id, output): key for key, (id, output, _) in program.sources.items()}
    noise = {key for key, (_, _, node) in program.sources.items() if drawn(node)}
    for id in program.inference.order:
        owner = program.graph.nodes[id].shares if id in program.graph.nodes else None
        if not owner or owner not in program.inference.wires:
            continue
        seen = [next((wire.start for wire in program.inference.wires[one].values()), None) for one in (id, owner)]
        for made, real in (seen, seen[::-1]):
            key = sources.get(real) if real is not None else None
            if made is None or key is None or made in sources or not program.needed([made[0]]):
                continue
            if set(program.needed([made[0]])) <= noise - {key}:
                return *made, key
    return None


def _of_noise(program: Program) -> tuple[str, str, str | None] | None:
    """The last node of the shape of real data that is made of Noise alone."""
    noise = {key for key, (_, _, node) in program.sources.items() if drawn(node)}
    reals = {key: program.inference.specs[id][output] for key, (id, output, node) in program.sources.items()
             if key not in noise and output == "x"}
    found = _judged_beside(program, noise)
    for id in () if found is not None else program.inference.order:
        specs = program.inference.specs.get(id, {})
        if not specs or program.node(id).role != "transform" or not set(program.needed([id])) <= noise or not \
                program.needed([id]):
            continue
        output, spec = next(iter(specs.items()))
        if spec.dtype != "float32" or spec.rank < 2 or not spec.batched:
            continue
        same = next((key for key, one in reals.items() if one.shape[1:] == spec.shape[1:]), None) or next(
            (key for key, one in reals.items() if np.prod([int(n) for n in one.shape[1:]]) == np.prod(
                [int(n) for n in spec.shape[1:]])), None)
        if same is not None or not reals:
            found = (id, output, same)
    return found


def _judged_beside(program: Program, noise: set[str]) -> tuple[str, str, str | None] | None:
    """What a judge with the same weights twice gets to see: made of chance at one place, a source at the other.

    That source may be Noise, too: real numbers of a known distribution.
    """
    keys = {(id, output): key for key, (id, output, _) in program.sources.items()}
    for id, placed in program.graph.nodes.items():
        if placed.shares is None or id not in program.inference.wires:
            continue
        ends = [list(program.inference.wires.get(one, {}).values()) for one in (id, placed.shares)]
        for made, real in (ends, ends[::-1]):
            if len(made) == len(real) == 1 and real[0].start in keys and made[0].start not in keys and set(
                    program.needed([made[0].source])) <= noise and program.needed([made[0].source]):
                return made[0].source, made[0].output, keys[real[0].start]
    return None


def beside(at: At, real: Array | None, made: Array, node: str) -> Shown:
    """Generated rows beside real ones: pictures, a plane, or distributions."""
    assert at.rows is not None
    images = pictured(at.rows, made)
    title = f"Generated by {node}" + (" beside real" if real is not None else "")
    if images is not None:
        originals = pictured(at.rows, real) if real is not None else None
        few = 8 if originals is not None else 16
        shown = np.concatenate([originals[:few], images[:few]]) if originals is not None else images[:few]
        return Pictures(shown, across=8, row_names=("real", "generated") if originals is not None else (),
                        title=title, note=_spread_words(real, made))
    flat = made.reshape(len(made), -1)
    truth = real.reshape(len(real), -1) if real is not None else None
    note = _spread_words(truth, flat)
    names = at.rows.features if len(at.rows.features) == flat.shape[1] else tuple(
        f"x{n + 1}" for n in range(flat.shape[1]))
    if flat.shape[1] == 2:
        xy = np.concatenate([truth, flat]) if truth is not None else flat
        kinds = np.repeat([0, 1], [len(truth) if truth is not None else 0, len(flat)])
        return Points(xy, kinds, ("real", "generated"), names[0], names[1], title=title, note=note)
    parts = tuple(_distributions(truth, flat, n, names[n]) for n in range(min(flat.shape[1], 4)))
    if flat.shape[1] == 1:
        return Board(parts) if not note else Board((_noted(parts[0], title, note),))
    rows = tuple((names[n], *((float(truth[:, n].mean()), float(truth[:, n].std())) if truth is not None else ()),
                  float(flat[:, n].mean()), float(flat[:, n].std())) for n in range(min(flat.shape[1], 24)))
    heads = ("feature", *(("real mean", "real sd") if truth is not None else ()), "generated mean", "generated sd")
    return Board((Board(parts, across=2, title=title), Table(heads, rows, note=note)), shares=(2.0, 1.0))


def _noted(one: Distribution, title: str, note: str) -> Distribution:
    return Distribution(one.counts, one.edges, one.names, one.x_label, title=title, note=note)


def _distributions(real: Array | None, made: Array, column: int, name: str) -> Distribution:
    both = [one[:, column] for one in (real, made) if one is not None]
    low, high = min(float(one.min()) for one in both), max(float(one.max()) for one in both)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    counts = np.stack([np.histogram(one, edges)[0] for one in both])
    return Distribution(counts, edges, ("real", "generated")[-len(both):], name)


def _spread_words(real: Array | None, made: Array) -> str:
    words = f"Generated: mean {spelled(float(made.mean()))}, sd {spelled(float(made.std()))}."
    if real is not None:
        words = f"Real: mean {spelled(float(real.mean()))}, sd {spelled(float(real.std()))}. {words}"
    return words


SAMPLES: tuple[type[View], ...] = (MostWrong, Reconstructions, Generated)
