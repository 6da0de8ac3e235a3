"""Data larger than memory: read ahead by workers, number for number what would have been gathered from memory."""

from __future__ import annotations

import gzip
import struct
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.data import idx, npz, pictures, stored, streaming
from neuralgraph.data.idx import read_idx
from neuralgraph.data.npz import read_npz
from neuralgraph.data.sources import _CACHE, deliver
from neuralgraph.data.stored import Stored
from neuralgraph.data.streaming import Stream, streamed
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG
from neuralgraph.training.events import Failed, Note, Paused, Started, Stopped

SEED = np.random.default_rng(0)
PIXELS = SEED.integers(0, 256, (90, 6, 5), dtype=np.uint8)
LABELS = SEED.integers(0, 3, 90)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fits into memory any more."""
    for module, name in ((pictures, "MOST_BYTES"), (npz, "MOST_BYTES"), (stored, "MOST_HELD")):
        monkeypatch.setattr(module, name, 2000)


def images(folder: Path, *, archive: bool = False) -> Path:
    for at, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        place = folder / "set" / f"c{label}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{at:03}.png")
    if not archive:
        return folder / "set"
    with zipfile.ZipFile(folder / "set.zip", "w") as file:
        for one in sorted((folder / "set").rglob("*.png")):
            file.write(one, str(one.relative_to(folder / "set")))
    return folder / "set.zip"


def idx_files(folder: Path, *, packed: bool = False) -> Path:
    for part, rows in (("train", slice(0, 70)), ("t10k", slice(70, None))):
        heads = ((2051, PIXELS[rows], "images-idx3"), (2049, LABELS[rows].astype(np.uint8), "labels-idx1"))
        for magic, values, name in heads:
            data = struct.pack(f">i{values.ndim}i", magic, *values.shape) + values.tobytes()
            path = folder / f"{part}-{name}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(data) if packed else data)
    return folder


def arrays(folder: Path, *, packed: bool = False) -> Path:
    save = np.savez_compressed if packed else np.savez
    save(folder / "a.npz", x_train=PIXELS[:70], y_train=LABELS[:70], x_test=PIXELS[70:], y_test=LABELS[70:])
    return folder / "a.npz"


SOURCES: dict[str, tuple[str, Any]] = {
    "folder": ("ImageFolder", images), "zip": ("ImageFolder", lambda folder: images(folder, archive=True)),
    "idx": ("IdxImages", idx_files), "npz": ("Npz", arrays),
}
every = pytest.mark.parametrize("name", SOURCES)


def made(name: str, folder: Path) -> ng.Graph:
    kind, write = SOURCES[name]
    params = {"size": (6, 5), "colour": "grey"} if kind == "ImageFolder" else {}
    graph = ng.Graph()
    data = graph.add(kind, path=str(write(folder)), id="data", **params)
    x = graph.add("Flatten", graph.add("RandomShift", graph.add("Standardize", data["x"], id="scale"), pixels=1))
    x = graph.add("Linear", graph.add("Dropout", graph.add("MinMax", x, id="range"), p=0.2), out_features=3, id="head")
    graph.add("CrossEntropyLoss", x, data["y"], id="cost")
    graph.add("Accuracy", x, data["y"], id="accuracy")
    return graph


def learn(graph: ng.Graph, **more: Any) -> Any:
    _CACHE._held.clear()
    return ng.train(graph, **{"epochs": 3, "batch_size": 16, "validation": 0.2, **more})


@every
def test_the_same_losses_and_weights_as_from_memory(name: str, tmp_path: Path, tiny: None,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    graph = made(name, tmp_path)
    there = learn(graph)
    source = CATALOG[SOURCES[name][0]](**graph.session.node("data").values)
    assert isinstance(deliver(source).arrays["x"], Stored)
    assert "stay on the disk" in " ".join(deliver(source).notes)
    for module, attribute in ((pictures, "MOST_BYTES"), (npz, "MOST_BYTES"), (stored, "MOST_HELD")):
        monkeypatch.setattr(module, attribute, 1 << 31)
    here = learn(graph)
    assert isinstance(deliver(source).arrays["x"], np.ndarray)
    assert there.history == here.history
    assert there.final == here.final
    for key, one in here.program.state_dict().items():
        assert torch.equal(one, there.program.state_dict()[key]), key
    assert not [one for one in threading.enumerate() if one.name.startswith("rows")]


@every
def test_rows_are_those_of_the_array(name: str, tmp_path: Path, tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    node = CATALOG[SOURCES[name][0]](**made(name, tmp_path).session.node("data").values)
    found = deliver(node)
    x = found.arrays["x"]
    assert (x.shape, x.ndim, x.dtype, len(x), found.test_rows) == (
        (90, 1, 6, 5), 4, np.float32, 90, 20 if name in ("idx", "npz") else 0)
    assert found.bytes == 90 * 8  # the labels alone
    for module, attribute in ((pictures, "MOST_BYTES"), (npz, "MOST_BYTES"), (stored, "MOST_HELD")):
        monkeypatch.setattr(module, attribute, 1 << 31)
    _CACHE._held.clear()
    whole = deliver(node).arrays["x"]
    for at in (slice(3, 8), slice(None), [5, 2, 89, 2], np.array([], dtype=int), slice(-4, None)):
        assert np.array_equal(x[at], whole[at]), at
    assert np.array_equal(x[-1], whole[-1])
    assert found.sample(17).x.tolist() == whole[17].tolist()
    monkeypatch.setattr(stored, "MOST_READ", 1000)
    with pytest.raises(DataError, match=r"90 rows take 0\.0 GB as numbers, too much"):
        np.asarray(x)


@every
def test_goes_on_exactly(name: str, tmp_path: Path, tiny: None) -> None:
    graph = made(name, tmp_path)
    whole = learn(graph, epochs=3)
    _CACHE._held.clear()
    control, told = graph.session.control(), []
    control.one_batch()
    plan = planned(graph.session.graph.plan, epochs=3, batch_size=16, validation=0.2)
    for event in graph.session.train(plan=plan, control=control):
        told.append(event)
        if isinstance(event, Paused):
            control.one_batch() if event.step < 7 else control.stop()
    assert isinstance(told[-1], Stopped)
    assert told[-1].step == 7
    rest = learn(graph, resume=graph.session.run, epochs=2)
    for key, one in whole.program.state_dict().items():
        assert torch.equal(one, rest.program.state_dict()[key]), key


def test_a_file_that_spoils_while_training_is_named_and_nothing_is_left_running(tmp_path: Path, tiny: None) -> None:
    graph = made("folder", tmp_path)
    _CACHE._held.clear()
    events = []
    for event in ng.fit(graph, epochs=50, batch_size=16):
        if isinstance(event, Started):
            for one in (tmp_path / "set" / "c1").glob("*.png"):
                one.write_bytes(b"\x89PNG nothing")
        events.append(event)
    assert isinstance(events[-1], Failed)
    assert "set/c1/" in events[-1].message
    assert "is no image that can be read" in events[-1].message
    assert not [one for one in threading.enumerate() if one.name.startswith("rows")]


def test_files_that_grow_shorter_are_named(tmp_path: Path, tiny: None) -> None:
    idx_files(tmp_path)
    x = read_idx(tmp_path).arrays["x"]
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(DataError, match="train-images-idx3-ubyte has become shorter than it was"):
        x[60:70]


def test_what_is_packed_says_how_to_unpack_it(tmp_path: Path, tiny: None) -> None:
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is too large .*gunzip"):
        read_idx(idx_files(tmp_path, packed=True))
    with pytest.raises(DataError, match=r"a\.npz: the array 'x_train' is larger than memory.*not savez_compressed"):
        read_npz(arrays(tmp_path, packed=True), x="x", y="y", task="auto")


def test_numbers_that_are_none_are_named_when_they_are_read(tmp_path: Path, tiny: None) -> None:
    x = np.ones((90, 30), np.float32)
    x[50, 3] = np.nan
    np.savez(tmp_path / "a.npz", x=x, y=LABELS)
    found = read_npz(tmp_path / "a.npz", x="x", y="y", task="auto").arrays["x"]
    assert np.array_equal(found[:50], x[:50])
    with pytest.raises(DataError, match=r"a\.npz: x holds NaN"):
        found[40:60]


def test_reads_ahead_within_bounds_and_stops_when_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Files:
        def __enter__(self) -> Any:
            return read

        def __exit__(self, *_: object) -> None:
            asked.append(-1)

    def read(rows: Any) -> Any:
        asked.extend(rows.tolist())
        return np.repeat(rows[:, None].astype(np.float32), 10, axis=1)

    part = Stream(Stored((1000, 10), Files, lambda: ""), np.arange(1000), torch.float32, "cpu")
    monkeypatch.setattr(streaming, "AHEAD_BYTES", 10 * 4 * 30)  # three batches
    coming = streamed([part, torch.arange(1000)], torch.arange(999, -1, -1), 10)
    x, y = next(coming)
    assert y.tolist() == x[:, 0].tolist() == list(range(999, 989, -1))
    coming.close()
    assert asked[-1] == -1, "the files were closed, after the workers"
    assert len(asked) <= 10 * 4 + 1
    assert not [one for one in threading.enumerate() if one.name.startswith("rows")]
    rest = list(streamed([part], None, 300, start=2))
    assert [one[0, 0].item() for (one,) in rest] == [600.0, 900.0]
    assert len(rest[-1][0]) == 100


def test_the_bounds_are_those_of_memory() -> None:
    assert pictures.MOST_BYTES == npz.MOST_BYTES == stored.MOST_HELD == 1 << 31
    assert idx.MOST_PLAIN > idx.MOST_BYTES


@every
def test_all_rows_are_evaluated_in_one_reading(name: str, tmp_path: Path, tiny: None,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    graph = made(name, tmp_path)
    _CACHE._held.clear()
    stored_rows = ng.evaluate(graph)["head"]
    assert stored_rows.shape == (90, 3)
    for module, attribute in ((pictures, "MOST_BYTES"), (npz, "MOST_BYTES"), (stored, "MOST_HELD")):
        monkeypatch.setattr(module, attribute, 1 << 31)
    _CACHE._held.clear()
    assert np.array_equal(stored_rows, ng.evaluate(graph)["head"])


# -- files that change in their place --------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True])
def test_an_image_that_changed_in_its_place_is_seen_and_said(large: bool, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr(pictures, "MOST_BYTES", 2000)
    graph = made("folder", tmp_path)
    first = learn(graph, epochs=1)
    before = first.checkpoint.facts["data"]
    assert before == ng.train(graph, epochs=1, batch_size=16, validation=0.2).checkpoint.facts["data"]
    path = next((tmp_path / "set" / "c0").glob("*.png"))
    stamp = path.parent.stat().st_mtime_ns
    path.write_bytes(sorted((tmp_path / "set" / "c1").iterdir())[0].read_bytes())
    assert path.parent.stat().st_mtime_ns == stamp, "the folder does not tell"
    said = []
    for event in ng.fit(graph, resume=first, epochs=1, batch_size=16, validation=0.2):
        said += [event.message] if isinstance(event, Note) else []
    assert graph.session.run.checkpoint.facts["data"] != before
    assert any("the data is not what it was" in one for one in said), said


def test_another_split_is_not_called_other_data(tmp_path: Path) -> None:
    graph = made("npz", tmp_path)
    first = learn(graph, epochs=1)
    said = [one.message for one in ng.fit(graph, resume=first, epochs=1, batch_size=16, validation=0.3)
            if isinstance(one, Note)]
    assert any("validation part 0.2 → 0.3" in one for one in said)
    assert not any("the data is not" in one for one in said)
