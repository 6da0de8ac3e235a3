"""Tidy: places for nodes from what is wired to what. Pure geometry in px; the same graph always lies the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

GRID = 8
COLUMN = 240
"""From one column to the next."""
GUTTER = 64
"""What stays free between two columns, at least: room for a wire and its label."""
STACK = 32
"""Between two nodes of one column."""
LANE = 20
ROW_GAP = 56
"""Between two rows of a wrapped chain, with up to two lanes for the wires that go back."""
APART = 64
"""Between parts that no wire joins."""

Place = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Band:
    """One row of a wrapped layout: its columns, each a list of nodes from top to bottom."""

    columns: tuple[tuple[str, ...], ...]


def tidy(
    sizes: Mapping[str, Size], edges: Iterable[tuple[str, str]], *, width: float | None = None,
    at: Place = (0.0, 0.0), order: Sequence[str] = (),
) -> dict[str, Place]:
    """Top left corners for the nodes of `sizes`, left to right along `edges`.

    A chain too long for `width` px wraps into rows. Parts that no wire joins lie below each other, the one with the
    first node of `order` on top. Everything is on the 8 px grid and starts at `at`.
    """
    rank = {id: place for place, id in enumerate(order or sizes)}
    names = sorted(sizes, key=lambda id: (rank.get(id, len(rank)), id))
    pairs = _forward(names, edges)
    places: dict[str, Place] = {}
    top = _snap(at[1])
    for part in _parts(names, pairs):
        inside = [pair for pair in pairs if pair[0] in part]
        columns = _columns([id for id in names if id in part], inside)
        bottom = top
        for id, (x, y) in _lay_out(columns, inside, sizes, width).items():
            places[id] = (_snap(at[0]) + x, top + y)
            bottom = max(bottom, top + y + sizes[id][1])
        top = _up(bottom + APART)
    return places


def layers(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Columns from left to right, each ordered so that few wires cross, of one connected acyclic part.

    The one place that knows fast-sugiyama: it gives y upwards and adds stand-ins for long wires under new numbers.
    """
    if not pairs:
        return [list(names)]
    from fast_sugiyama import from_edges

    number = {id: place for place, id in enumerate(names)}
    found: dict[float, list[tuple[float, str]]] = {}
    for placed, *_ in from_edges([(number[a], number[b]) for a, b in pairs], vertex_spacing=1.0):
        for one, (x, y) in placed:
            place = int(one)
            if place < len(names):
                found.setdefault(-y, []).append((x, names[place]))
    return [[id for _, id in sorted(found[depth])] for depth in sorted(found)]


def align(boxes: Mapping[str, tuple[float, float, float, float]], how: str) -> dict[str, Place]:
    """New corners for boxes (x, y, w, h): L R T B to an edge, C M to the centre, H V with equal gaps."""
    if len(boxes) < 2:
        return {}
    left, top = min(b[0] for b in boxes.values()), min(b[1] for b in boxes.values())
    right, bottom = max(b[0] + b[2] for b in boxes.values()), max(b[1] + b[3] for b in boxes.values())
    match how.upper():
        case "L":
            return {id: (left, y) for id, (_, y, _, _) in boxes.items()}
        case "R":
            return {id: (right - w, y) for id, (_, y, w, _) in boxes.items()}
        case "T":
            return {id: (x, top) for id, (x, _, _, _) in boxes.items()}
        case "B":
            return {id: (x, bottom - h) for id, (x, _, _, h) in boxes.items()}
        case "C":
            return {id: ((left + right - w) / 2, y) for id, (_, y, w, _) in boxes.items()}
        case "M":
            return {id: (x, (top + bottom - h) / 2) for id, (x, _, _, h) in boxes.items()}
        case "H" | "V":
            return _distributed(boxes, 0 if how.upper() == "H" else 1)
    raise ValueError(f"L R T B C M H or V, not {how!r}")


def _distributed(boxes: Mapping[str, tuple[float, float, float, float]], axis: int) -> dict[str, Place]:
    ordered = sorted(boxes, key=lambda id: (boxes[id][axis], id))
    start = boxes[ordered[0]][axis]
    span = max(b[axis] + b[axis + 2] for b in boxes.values()) - start
    gap = (span - sum(b[axis + 2] for b in boxes.values())) / (len(boxes) - 1)
    places: dict[str, Place] = {}
    for id in ordered:
        x, y = boxes[id][:2]
        places[id] = (start, y) if axis == 0 else (x, start)
        start += boxes[id][axis + 2] + gap
    return places


def _forward(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The wires between `names`, each pair once, without loops and without those that close a cycle."""
    known = set(names)
    kept: dict[str, list[str]] = {id: [] for id in names}
    for a, b in dict.fromkeys(edges):
        if a in known and b in known and a != b:
            kept[a].append(b)
    state: dict[str, int] = {}
    for root in names:
        stack = [(root, 0)] if root not in state else []
        state.setdefault(root, 1)
        while stack:
            id, next_one = stack.pop()
            if next_one == len(kept[id]):
                state[id] = 2
                continue
            target = kept[id][next_one]
            if state.get(target) == 1:
                del kept[id][next_one]
                stack.append((id, next_one))
                continue
            stack.append((id, next_one + 1))
            if target not in state:
                state[target] = 1
                stack.append((target, 0))
    return [(a, b) for a in names for b in kept[a]]


def _parts(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[set[str]]:
    """What wires hold together, in the order of `names`; single nodes gathered in one part at the end."""
    near: dict[str, list[str]] = {id: [] for id in names}
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    parts: list[set[str]] = []
    loose: set[str] = set()
    seen: set[str] = set()
    for root in names:
        if root in seen:
            continue
        part, todo = {root}, [root]
        while todo:
            for other in near[todo.pop()]:
                if other not in part:
                    part.add(other)
                    todo.append(other)
        seen |= part
        if len(part) == 1:
            loose |= part
        else:
            parts.append(part)
    return [*parts, loose] if loose else parts


def _columns(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Columns of one part. Loose nodes lie side by side; a last column of ends is spread out to the right."""
    if not pairs:
        return [[id] for id in names]
    found = layers(names, pairs)
    if all(len(column) == 1 for column in found[:-1]) and len(found) > 1:
        rank = {id: place for place, id in enumerate(names)}
        return [*found[:-1], *([id] for id in sorted(found[-1], key=rank.__getitem__))]
    return found


def _lay_out(
    columns: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]], sizes: Mapping[str, Size], width: float | None
) -> dict[str, Place]:
    widest = max(sizes[id][0] for column in columns for id in column)
    pitch = _up(max(COLUMN, widest + GUTTER))
    room = len(columns) if width is None else max(0, int((width - widest) // pitch)) + 1
    bands = [_Band(tuple(tuple(one) for one in columns[k : k + room])) for k in range(0, len(columns), room)]
    band_of = {id: k for k, band in enumerate(bands) for column in band.columns for id in column}
    places: dict[str, Place] = {}
    top = 0.0
    for k, band in enumerate(bands):
        inside = [(a, b) for a, b in pairs if band_of[a] == k == band_of[b]]
        heights = _heights(band, inside, sizes)
        low = min(heights.values())
        for column, ids in enumerate(band.columns):
            for id in ids:
                places[id] = (float(column * pitch), top + _snap(heights[id] - low))
        lanes = len({a for a, b in pairs if band_of[a] <= k < band_of[b]})
        bottom = max(places[id][1] + sizes[id][1] for column in band.columns for id in column)
        top = _up(bottom + ROW_GAP + LANE * max(0, lanes - 2))
    return places


def _heights(band: _Band, pairs: Sequence[tuple[str, str]], sizes: Mapping[str, Size]) -> dict[str, float]:
    """Tops within a band: each node as near to the tops of its neighbours as the others in its column let it."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for a, b in pairs:
        before.setdefault(b, []).append(a)
        after.setdefault(a, []).append(b)
    tops: dict[str, float] = {}
    for column in band.columns:
        y = 0.0
        for id in column:
            tops[id] = y
            y = _up(y + sizes[id][1] + STACK)
    sweeps = ((band.columns, before), (band.columns[::-1], after), (band.columns, before))
    for columns, near in sweeps:
        for column in columns:
            wished = [_middle([tops[one] for one in near.get(id, ())], tops[id]) for id in column]
            tops.update(zip(column, _settled(wished, [_up(sizes[id][1] + STACK) for id in column]), strict=True))
    return tops


def _middle(values: list[float], otherwise: float) -> float:
    """The middle one, the upper of two: a node lies level with one neighbour, not between two."""
    return sorted(values)[(len(values) - 1) // 2] if values else otherwise


def _settled(wished: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The tops nearest to the wished ones that keep their order and their heights apart (pooled means)."""
    offsets = [sum(heights[:k]) for k in range(len(heights))]
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        pools.append((wish - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (b, m), (a, n) = pools.pop(), pools.pop()
            pools.append(((a * n + b * m) / (n + m), n + m))
    flat = [value for value, count in pools for _ in range(count)]
    return [_snap(value) + offset for value, offset in zip(flat, offsets, strict=True)]


def _snap(value: float) -> float:
    return float(round(value / GRID) * GRID)


def _up(value: float) -> float:
    """The next place on the grid that is not above `value`."""
    return float(-(-value // GRID) * GRID)
