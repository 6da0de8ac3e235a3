"""Ready modules: each opens, fits, learns and is what its name says; documents get copies; the user's own are kept."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph import library, places, resources
from neuralgraph.errors import DocumentError, UnknownNodeError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode, Group
from neuralgraph.graph.file import canonical, dumps, loads
from neuralgraph.graph.module_edits import PutModule, Within
from neuralgraph.graph.save import Disk
from neuralgraph.nodes import CATALOG

FILES = sorted((resources.resources() / "modules").glob("*.ngraph"))
IMAGE, STEPS = (8, 12, 12), (6, 8)
CASES: dict[str, tuple[list[tuple[int, ...]], dict[str, object], tuple[int, ...]]] = {
    "Residual block": ([IMAGE], {"channels": 8}, (8, 12, 12)),
    "Residual block, down": ([IMAGE], {"channels": 6, "stride": 3}, (6, 4, 4)),
    "Bottleneck": ([IMAGE], {"channels": 8, "hidden": 3}, (8, 12, 12)),
    "Bottleneck, down": ([IMAGE], {"channels": 6, "hidden": 3, "stride": 2}, (6, 6, 6)),
    "Inverted residual": ([IMAGE], {"channels": 8, "hidden": 16}, (8, 12, 12)),
    "Inverted residual, down": ([IMAGE], {"channels": 6, "hidden": 16, "stride": 2}, (6, 6, 6)),
    "Squeeze-excite": ([IMAGE], {"channels": 8, "hidden": 2}, (8, 12, 12)),
    "Inception": ([IMAGE], {"one": 2, "three_narrow": 3, "three": 4, "five_narrow": 1, "five": 2, "pooled": 1},
                  (9, 12, 12)),
    "Double convolution": ([IMAGE], {"channels": 5}, (5, 12, 12)),
    "U-Net down": ([IMAGE], {"channels": 5}, (5, 6, 6)),
    "U-Net up": ([(8, 6, 6), (5, 12, 12)], {"channels": 5}, (5, 12, 12)),
    "MLP block": ([(8,)], {"hidden": 12, "features": 5, "dropout": 0.0}, (5,)),
    "Maxout": ([(8,)], {"features": 5}, (5,)),
    "Self-attention block": ([STEPS], {"heads": 2, "dropout": 0.0}, STEPS),
    "Causal mask": ([STEPS], {}, ()),
    "Transformer encoder layer": ([STEPS], {"heads": 2, "hidden": 12, "width": 8, "dropout": 0.0}, STEPS),
    "Transformer decoder layer": ([STEPS, (5, 8)], {"heads": 2, "hidden": 12, "width": 8, "dropout": 0.0}, STEPS),
    "Positional encoding": ([STEPS], {}, STEPS),
    "LSTM cell": ([STEPS], {"hidden": 5}, (6, 5)),
    "GRU cell": ([STEPS], {"hidden": 5}, (6, 5)),
    "Delay taps": ([STEPS], {"memory": (3, 8)}, (6, 32)),
}
RUN = ("LSTM cell", "GRU cell")
"""Cells: a Recurrent runs them."""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A library of the user's own that is empty."""
    folder = tmp_path / "own"
    monkeypatch.setattr(places, "modules", lambda: folder)
    yield folder


def small(name: str, **params: object) -> ng.Graph:
    shapes, sizes, _ = CASES[name]
    g = ng.Graph()
    inputs = [g.add("Input", id=f"in{number}", shape=shape) for number, shape in enumerate(shapes)]
    g.add("Recurrent" if name in RUN else "Module", *inputs, definition=name, id="m", **(params or sizes))
    return g


def told(g: ng.Graph) -> list[str]:
    return [one.message for one in ng.check(g) if one.code != "no_loss"]


# -- the files ------------------------------------------------------------------------------------------------------


def test_every_file_is_tried_here() -> None:
    assert {one.name for one in library.listed()} == set(CASES)
    assert len(FILES) == len(CASES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_opens_and_is_written_back_byte_for_byte(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    graph = loads(text).graph
    assert dumps(graph) == text
    assert graph.title
    for one in (graph, *graph.modules.values()):
        assert 20 < len(one.about) < 160
        assert "\n" not in one.about


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_flows_from_its_entries_to_its_exits(path: Path) -> None:
    whole = loads(path.read_text(encoding="utf-8")).graph
    for graph in (whole, *whole.modules.values()):
        nodes = graph.nodes
        assert all(one.x % 8 == 0 and one.y % 8 == 0 for one in nodes.values())
        assert all(abs(a.x - b.x) >= 176 or abs(a.y - b.y) >= 96 for a, b in combinations(nodes.values(), 2))
        assert all(nodes[edge.source].x < nodes[edge.target].x for edge in graph.edges.values())
        ends = {"in": min(one.x for one in nodes.values()), "out": max(one.x for one in nodes.values())}
        assert all(one.x == ends[door] for one in nodes.values() if (door := CATALOG[one.type].door))
        assert graph.exposed.keys() <= {"memory", "channels", "stride", "hidden", "features", "width", "heads",
                                        "dropout", "one", "three", "three_narrow", "five", "five_narrow", "pooled"}


@pytest.mark.parametrize("name", CASES)
def test_it_fits_as_it_is_drawn(name: str) -> None:
    g = ng.Graph()
    definition = library.load(name)
    doors = sorted((one for one in definition.nodes.values() if one.type == "Input"), key=lambda one: one.y)
    more = (9,) if name in RUN else ()
    inputs = [g.add("Input", shape=(*more, *one.params["shape"])) for one in doors]
    g.add("Recurrent" if name in RUN else "Module", *inputs, definition=name)
    assert told(g) == []


@pytest.mark.parametrize("name", CASES)
def test_it_fits_other_sizes_that_are_set_outside(name: str) -> None:
    g = small(name)
    assert told(g) == []
    first = next(iter(ng.shapes(g)["m"].values()))
    assert first.shape == ((6, 6) if name == "Causal mask" else ("N", *CASES[name][2]))


@pytest.mark.parametrize("name", CASES)
def test_it_learns_in_a_small_graph(name: str) -> None:
    g = small(name)
    shape = CASES[name][2]
    first = g["m"][next(iter(ng.shapes(g)["m"]))]
    if name == "Causal mask":
        x, shape = g["in0"], (6, 1)
        first = g.add("MultiheadAttention", x, x, x, attn_mask=first)["out"]
    end = g.add("Linear", first, out_features=1, any_rank=True, id="end")
    g.add("MSELoss", end, g.add("Input", id="target", shape=(*shape[:-1], 1)), id="loss")
    assert told(g) == []
    rng = np.random.default_rng(0)
    sizes = {f"in{number}": one for number, one in enumerate(CASES[name][0])} | {"target": (*shape[:-1], 1)}
    data = {key: rng.normal(size=(4, *size)).astype("float32") for key, size in sizes.items()}
    before = {key: one.clone() for key, one in ng.compile(g, seed=0).state_dict().items()}
    run = ng.train(g, data=data, epochs=1, batch_size=4, seed=0, validation=0.0, lr=0.01)
    assert np.isfinite(run.history["loss"]).all()
    same = [key for key, one in run.program.state_dict().items() if one.is_floating_point() and one.equal(before[key])]
    assert same == []
    assert loads(dumps(g.session.graph)).graph == g.session.graph


K = 3
COUNTS = {
    "Residual block": 2 * (8 * 8 * K * K + 2 * 8),
    "Bottleneck, down": (8 * 3 + 6) + (3 * 3 * K * K + 6) + (3 * 6 + 12) + (8 * 6 + 12),
    "Inverted residual": (8 * 16 + 32) + (16 * K * K + 32) + (16 * 8 + 16),
    "Squeeze-excite": (8 * 2 + 2) + (2 * 8 + 8),
    "U-Net up": (8 * 5 * 4 + 5) + (10 * 5 * K * K + 5) + (5 * 5 * K * K + 5),
    "Maxout": 3 * (8 * 5 + 5),
    "Transformer encoder layer": 4 * (8 * 8 + 8) + 2 * 16 + (8 * 12 + 12) + (12 * 8 + 8),
    "Transformer decoder layer": 8 * (8 * 8 + 8) + 3 * 16 + (8 * 12 + 12) + (12 * 8 + 8),
    "LSTM cell": 4 * (5 * (8 + 5) + 5),
    "GRU cell": 3 * 5 * (8 + 5) + 4 * 5,
    "Delay taps": 0,
    "Positional encoding": 0,
}


@pytest.mark.parametrize("name", COUNTS)
def test_it_has_as_many_weights_as_its_formula_says(name: str) -> None:
    assert ng.summary(small(name)).parameters == COUNTS[name]


def test_inception_has_the_size_of_googlenets_first() -> None:
    g = ng.Graph()
    g.add("Module", g.add("Input", shape=(192, 28, 28)), definition="Inception", id="m")
    assert ng.summary(g).parameters == 163_696
    assert ng.shapes(g)["m"]["y"].shape == ("N", 256, 28, 28)


# -- into a document ------------------------------------------------------------------------------------------------


def put(graph: Graph, name: str) -> tuple[Graph, str]:
    edits, called = library.edits(graph, name)
    return Group("Put", edits).apply(graph)[0], called


def test_what_a_module_needs_comes_along_once() -> None:
    graph, called = put(Graph(), "U-Net down")
    assert called == "U-Net down"
    assert set(graph.modules) == {"U-Net down", "Double convolution"}
    assert library.edits(graph, "U-Net down") == ((), "U-Net down")
    graph, _ = put(graph, "U-Net up")
    assert set(graph.modules) == {"U-Net down", "Double convolution", "U-Net up"}
    assert all(not one.modules for one in graph.modules.values())


def moved(graph: Graph, module: str, **params: object) -> Graph:
    id = next(id for id, one in graph.modules[module].nodes.items() if one.type == "Conv2d")
    placed = graph.modules[module].nodes[id]
    changed = replace(placed, params=placed.params.having(**params)) if params else replace(placed, y=800.0)
    return Within(module, ChangeNode(changed)).apply(graph)[0]


def test_one_that_was_only_moved_is_the_same() -> None:
    graph, _ = put(Graph(), "U-Net down")
    assert library.edits(moved(graph, "Double convolution"), "U-Net up")[0] != ()
    assert set(put(moved(graph, "Double convolution"), "U-Net up")[0].modules) == {
        "U-Net down", "Double convolution", "U-Net up"}


def test_another_one_of_the_same_name_is_left_alone() -> None:
    graph = moved(put(Graph(), "U-Net down")[0], "Double convolution", kernel_size=5)
    mine = graph.modules["Double convolution"]
    graph, called = put(graph, "U-Net up")
    assert called == "U-Net up"
    assert graph.modules["Double convolution"] is mine
    assert graph.modules["U-Net up"].nodes["convs"].params["definition"] == "Double convolution 2"
    graph, called = put(graph, "U-Net down")
    assert called == "U-Net down 2", "the first one has another inside"
    assert graph.modules[called].nodes["convs"].params["definition"] == "Double convolution 2"
    assert library.edits(graph, "U-Net down") == ((), "U-Net down 2")
    assert graph.modules[called].title == called


def test_a_script_finds_them_by_name_and_undo_is_one_step() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(3, 16, 16))
    before, position = canonical(g.session.graph), g.session.history.position
    g.add("Module", x, definition="U-Net down", channels=4, id="down")
    assert g.session.history.position == position + 1
    assert set(g.session.graph.modules) == {"U-Net down", "Double convolution"}
    g.session.undo()
    assert canonical(g.session.graph) == before
    mine = ng.Graph()
    mine.add("Output", mine.add("ReLU", mine.add("Input", id="x")), id="y")
    g.define("U-Net down", mine)
    g.add("Module", x, definition="U-Net down", id="own")
    assert set(g.session.graph.modules) == {"U-Net down"}, "the document's own comes first"
    with pytest.raises(UnknownNodeError, match=r"no module 'Nothing'.*U-Net down; ready ones: .*Maxout"):
        g.add("Module", x, definition="Nothing")


# -- the user's own -------------------------------------------------------------------------------------------------


def mine(width: int = 4) -> Graph:
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(4,))
    h = g.add("Module", x, definition="MLP block", features=width, id="inner")
    g.add("Output", h, id="y")
    return g.session.graph.having(about="What I use.", exposed={"features": ("inner.features",)})


def test_own_modules_are_kept_listed_and_used(own: Path) -> None:
    assert not own.exists()
    path = library.save(mine(), "Häufig: gebraucht")
    assert path == own / "häufig-gebraucht.ngraph"
    ready = library.find("Häufig: gebraucht")
    assert ready is not None
    assert (ready.own, ready.about, ready.path) == (True, "What I use.", path)
    assert [one.own for one in library.listed()] == [False] * len(CASES) + [True]
    found = library.load("Häufig: gebraucht")
    assert found.nodes == mine().nodes
    assert set(found.modules) == {"MLP block"}
    g = ng.Graph()
    g.add("Module", g.add("Input", shape=(4,)), definition="Häufig: gebraucht", features=7, id="m")
    assert told(g) == []
    assert ng.shapes(g)["m"]["y"].shape == ("N", 7)
    assert library.save(mine(9), "Häufig: gebraucht") == path, "saved again it takes the place of the old one"
    assert library.load("Häufig: gebraucht").nodes["inner"].params["features"] == 9
    assert library.save(mine(), "Häufig / gebraucht") != path


def test_only_what_it_uses_is_saved_with_it() -> None:
    graph = put(mine(), "U-Net down")[0]
    library.save(graph, "Lean")
    assert set(library.load("Lean").modules) == {"MLP block"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", "Maxout"])
def test_names_that_cannot_be(name: str, own: Path) -> None:
    with pytest.raises(DocumentError):
        library.save(mine(), name)
    assert not own.exists()


def test_a_save_is_all_or_nothing(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library.save(mine(), "Kept")
    before = path.read_bytes()

    def full(self: Disk, file: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Disk, "write", full)
    for name in ("Kept", "New"):
        with pytest.raises(DocumentError, match="The disk is full"):
            library.save(mine(7), name)
    assert [one.read_bytes() for one in own.iterdir()] == [before]


def test_a_broken_file_is_named_and_breaks_nothing(own: Path) -> None:
    library.save(mine(), "Good")
    (own / "bad.ngraph").write_text('{"format": 1, "nodes": [', encoding="utf-8")
    (own / "notes.txt").write_text("no module", encoding="utf-8")
    found = {one.name: one for one in library.listed() if one.own}
    assert set(found) == {"Good", "bad"}
    assert "bad.ngraph cannot be opened" in found["bad"].trouble
    assert library.find("bad") is None
    with pytest.raises(DocumentError, match=r"bad\.ngraph"):
        library.load("bad")
    with pytest.raises(DocumentError, match=r"no ready module 'Nothing'"):
        library.load("Nothing")


def test_a_file_that_changes_is_read_again(own: Path) -> None:
    path = library.save(mine(), "Changing")
    text = path.read_text(encoding="utf-8").replace("What I use.", "What I used.")
    path.write_text(text, encoding="utf-8")
    ready = library.find("Changing")
    assert ready is not None
    assert ready.about == "What I used."


def test_a_module_that_contains_itself_is_refused(own: Path) -> None:
    graph = mine()
    graph, _ = PutModule("Loop", graph.having(modules={})).apply(graph)
    inner = graph.modules["Loop"].nodes["inner"]
    graph, _ = Within("Loop", ChangeNode(replace(inner, params=inner.params.having(definition="Loop")))).apply(graph)
    placed = graph.nodes["inner"]
    graph, _ = ChangeNode(replace(placed, params=placed.params.having(definition="Loop"))).apply(graph)
    library.save(graph, "Endless")
    with pytest.raises(DocumentError, match="contains itself"):
        library.edits(Graph(), "Endless")


def test_the_library_needs_neither_torch_nor_a_window() -> None:
    program = ("import sys; from neuralgraph import library; from neuralgraph.graph.document import Graph; "
               "library.edits(Graph(), library.listed()[0].name); "
               "print([one for one in ('torch', 'PySide6', 'numpy') if one in sys.modules])")
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
