"""From a data node to what it delivers: one table, one bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuralgraph.data.bundled import KNOWN, bundled
from neuralgraph.data.cards import Card, card_of
from neuralgraph.data.clouds import bars_and_stripes, cloud, edges
from neuralgraph.data.coded import columns_in, read_csv
from neuralgraph.data.comments import sentiment, toxicity
from neuralgraph.data.delivery import Delivery
from neuralgraph.data.folder_kinds import READERS
from neuralgraph.data.idx import describe_idx, idx_files, read_idx
from neuralgraph.data.noise import noise, noise_spec
from neuralgraph.data.openml import columns_in_openml, fetch, needed, read_openml
from neuralgraph.data.painted import describe_painted, painted
from neuralgraph.data.playground import playground
from neuralgraph.data.reach import Reach, reach
from neuralgraph.data.signals import latch, signal
from neuralgraph.data.tables import TRUTH, letters, truth_table
from neuralgraph.data.transport import Download
from neuralgraph.errors import DataError
from neuralgraph.spec import Node, Spec
from neuralgraph.spec.columns import Column

Where = Path | Reach | None
"""Where relative paths start: a plain folder, or a reach that says what may be read."""
CACHED = 8
CACHED_BYTES = 1 << 30


class Cache:
    """The last few deliveries, at most `CACHED` of them and `CACHED_BYTES` in all (always the newest one)."""

    def __init__(self) -> None:
        self._held: OrderedDict[Any, Delivery] = OrderedDict()

    def get(self, key: Any) -> Delivery | None:
        found = self._held.pop(key, None)
        if found is not None:
            self._held[key] = found
        return found

    def put(self, key: Any, delivery: Delivery) -> None:
        self._held[key] = delivery
        while len(self._held) > 1 and (len(self._held) > CACHED or self.bytes > CACHED_BYTES):
            self._held.popitem(last=False)

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in tuple(self._held.values()))


_CACHE = Cache()


def deliver(node: Node, folder: Where = None, *, thorough: bool = False) -> Delivery:
    """The rows of a data node; paths start at `folder`. `DataError` names file, row and column.

    Kept in memory by the node's parameters and the size and time of its files. Where there are very many, only a
    `thorough` look, as before training, notices that one was changed in its place. Where they cannot be read, the rows
    that came along with a trained model stand in.
    """
    try:
        return _read(node, folder, thorough=thorough)
    except DataError:
        held = reach(folder).held.get(node.key)
        if held is None or held.delivery is None:
            raise
        found: Delivery = held.delivery
        return found


def _read(node: Node, folder: Where, *, thorough: bool = False) -> Delivery:
    kind = _kind(node)
    state = key(kind, node, folder)
    found = _CACHE.get(state)
    if found is None or (thorough and found.changed):
        found = kind.deliver(node, folder)
        _CACHE.put(state, found)
    return found


def known(node: Node, folder: Where = None) -> Delivery | None:
    """The rows of a data node where they have been read already."""
    try:
        return _CACHE.get(key(KINDS[node.type], node, folder)) if node.type in KINDS else None
    except DataError:
        return None


def key(kind: Kind, node: Node, folder: Where) -> Any:
    """What rows are remembered by: the node's parameters, and the size and time of its files."""
    return node.key, str(reach(folder).folder), tuple(_stamp(path) for path in kind.files(node, folder))


def describe(node: Node, folder: Where = None) -> Mapping[str, Spec]:
    """Shape, dtype and classes of every output, without reading more than that takes."""
    if node.type in ("Input", "State"):  # a State out of its place is a rule's to tell
        return {node.outputs()[0]: _input(node)}
    try:
        return _kind(node).describe(node, folder)
    except DataError:
        held = reach(folder).held.get(node.key)
        if held is None:
            raise
        specs: Mapping[str, Spec] = held.card.specs
        return specs


def missing(node: Node, folder: Where = None) -> DataError | None:
    """Why the files of a node that a trained model tells of cannot be read; None where they can be."""
    if node.key not in reach(folder).held:
        return None
    try:
        _kind(node).describe(node, folder)
    except DataError as error:
        return error
    return None


def card(node: Node, folder: Where = None) -> Card:
    """What a data node teaches with: from its data, else from what a trained model tells of them."""
    try:
        return card_of(node, deliver(node, folder))
    except DataError:
        held = reach(folder).held.get(node.key)
        if held is None:
            raise
        found: Card = held.card
        return found


def _input(node: Node) -> Spec:
    values = node.values
    return Spec(("N", *values.get("shape", ())), values.get("dtype", "float32"), values.get("classes"))


@dataclass(frozen=True, slots=True)
class Kind:
    """How a type of data node is read: the files that it depends on, its rows, its specs."""

    files: Callable[[Node, Where], tuple[Path, ...]]
    deliver: Callable[[Node, Where], Delivery]
    describe: Callable[[Node, Where], Mapping[str, Spec]]
    columns: Callable[[Node, Where], tuple[Column, ...]] | None = None
    """The columns of the table that it reads, for a form."""
    fetch: Callable[[Node, Download], str] | None = None
    """Fetches what it reads over the network; what came."""


def drawn(node: Node) -> int:
    """0 for data, 1 for noise with rows of its own, 2 for noise that has as many rows as the others."""
    return 0 if node.type != "Noise" else 1 if node.values["samples"] else 2


def fitted(node: Node, rows: int) -> Node:
    """Noise that follows the others, with so many rows; any other node as it is."""
    return type(node)(**{**node.values, "samples": rows}) if rows and drawn(node) == 2 else node


def _kind(node: Node) -> Kind:
    if node.type not in KINDS:
        raise DataError(f"{node.type} brings no data of its own. Give it arrays, or use a data node in its place.")
    return KINDS[node.type]


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.", file=str(path)) from error
    return str(path), found.st_mtime_ns, found.st_size


def located(node: Node, folder: Where) -> Path:
    """The node's path, relative to `folder` where it is not absolute; a `DataError` where none is chosen."""
    raw = str(node.values["path"])
    if not raw:
        raise DataError(f"No {'folder' if node.params['path'].files.startswith('folder') else 'file'} is chosen yet.")
    return reach(folder).to(raw)


def _dataset(node: Node, folder: Where) -> Delivery:
    one = node.values
    name, as_number = one["name"], one["target"] == "number"
    if name in KNOWN:
        return bundled(name, as_number=as_number)
    if name in TRUTH:
        return truth_table(name, as_number=as_number)
    if name == "letters":
        return letters(as_number=as_number)
    drawn = (one["samples"], one["noise"], one["seed"])
    match name:
        case "moons" | "blobs" | "ring" | "rings":
            return cloud(name, *drawn, as_number=as_number)
        case "bars_and_stripes":
            return bars_and_stripes(as_number=as_number)
        case "edges":
            return edges(*drawn, as_number=as_number)
        case "sine" | "two_tone" | "logistic_map":
            return signal(name, *drawn, one["length"])
        case "latch":
            return latch(*drawn, one["length"], as_number=as_number)
        case "sentiment":
            return sentiment(*drawn, as_number=as_number)
        case "toxicity":
            return toxicity(*drawn)
        case _:
            return playground(name, *drawn, as_number=as_number)


def _describe_dataset(node: Node, folder: Where) -> Mapping[str, Spec]:
    known = KNOWN.get(node.values["name"])
    if known is None:
        return deliver(node, folder).specs
    classes = known.classes if node.values["target"] == "class" else None
    y = Spec(("N", 1), "float32", None, known.label) if classes is None else Spec(("N",), "int64", classes, known.label)
    return {"x": Spec(("N", *known.shape), "float32", None, known.x_label), "y": y}


def _file(node: Node, folder: Where) -> tuple[Path, ...]:
    return (located(node, folder),)


def _csv(node: Node, folder: Where) -> Delivery:
    settings = {name: value for name, value in node.values.items() if name != "path"}
    return read_csv(located(node, folder), **settings)


def _csv_columns(node: Node, folder: Where) -> tuple[Column, ...]:
    return columns_in(located(node, folder), **{name: one for name, one in node.values.items() if name != "path"})


def _idx_files(node: Node, folder: Where) -> tuple[Path, ...]:
    path = str(node.values["path"])
    return tuple(reach(folder).inside(file, path) for file in idx_files(located(node, folder)).all)


def _checked(node: Node, folder: Where) -> Path:
    """The folder of a node, when every file in it may be read."""
    _idx_files(node, folder)
    return located(node, folder)


def _reader(type: str) -> Kind:
    """One of `READERS`, from a node and where its path starts."""
    files, read, specs = READERS[type]

    def place(node: Node, folder: Where) -> tuple[Path, Any, Mapping[str, Any]]:
        path = str(node.values["path"])
        return located(node, folder), lambda file: reach(folder).inside(file, path), node.values

    def described(node: Node, folder: Where) -> Mapping[str, Spec]:
        return specs(*place(node, folder)) if specs is not None else _read(node, folder).specs

    return Kind(lambda node, folder: files(*place(node, folder)), lambda node, folder: read(*place(node, folder)),
                described)


KINDS: dict[str, Kind] = {
    "Dataset": Kind(lambda node, folder: (), _dataset, _describe_dataset),
    "Csv": Kind(_file, _csv, lambda node, folder: _read(node, folder).specs, _csv_columns),
    "IdxImages": Kind(
        _idx_files,
        lambda node, folder: read_idx(_checked(node, folder)),
        lambda node, folder: describe_idx(_checked(node, folder)),
    ),
    "Noise": Kind(
        lambda node, folder: (),
        lambda node, folder: noise(**node.values),
        lambda node, folder: {"x": noise_spec(node.values["shape"])},
    ),
    "PaintedPoints": Kind(
        lambda node, folder: (),
        lambda node, folder: painted(**node.values),
        lambda node, folder: describe_painted(**node.values),
    ),
    "OpenML": Kind(
        lambda node, folder: (needed(node.values), needed(node.values).with_suffix(".json")),
        lambda node, folder: read_openml(node.values),
        lambda node, folder: deliver(node, folder).specs,
        lambda node, folder: columns_in_openml(node.values),
        lambda node, download: fetch(node.values["name"], node.values["version"], download),
    ),
    **{type: _reader(type) for type in READERS},
}
