"""Networks with an energy, let go: against the block itself, against numpy, and against what the reference says."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.figures.painting import painted, pen_of
from neuralgraph.figures.shown import Bars, Board, Curves, Grid, Pictures
from neuralgraph.resources import examples


@lru_cache(maxsize=1)
def trained() -> tuple[ng.Graph, Any]:
    graph = ng.load(examples() / "28-hopfield.ngraph")
    return graph, ng.train(graph)


def learned() -> ng.Graph:
    return trained()[0]


def parts(shown: Any) -> tuple[Grid, Pictures, Curves, Bars]:
    """Start, frames, energy and overlaps."""
    assert isinstance(shown, Board)
    top, below = shown.parts
    assert isinstance(top, Board) and isinstance(below, Board)
    start, frames, energy, alike = (*top.parts, *below.parts)
    assert isinstance(start, Grid) and isinstance(frames, Pictures)
    assert isinstance(energy, Curves) and isinstance(alike, Bars)
    return start, frames, energy, alike


def letters() -> Any:
    from neuralgraph.session import Session

    rows = Session.open(examples() / "28-hopfield.ngraph")._rows(learned().session.program)  # type: ignore[arg-type]
    return 2 * np.asarray(rows.arrays["letters.x"], float) - 1  # type: ignore[union-attr]


@pytest.mark.parametrize(("row", "name", "energy"), [(1, "A", -13.8333), (2, "B", -17.8333), (3, "C", -18.0333)])
def test_damaged_letters_settle_in_those_that_were_learned(row: int, name: str, energy: float) -> None:
    """H04 of the reference: overlaps and energies, beside the output of the node and couplings from numpy."""
    shown = ng.inspect(learned(), "settling", "settle", row=row)
    start, frames, curve, alike = parts(shown)
    assert shown.title == f"Ends in {name}"
    stored = letters()
    couplings = stored.T @ stored / 30 * (1 - np.eye(30))
    given = np.array(learned().session.graph.nodes["damaged"].params["value"])[row - 1]
    assert np.array_equal(np.ravel(start.values), given) and start.values.shape == (5, 6)
    assert frames.images.shape == (5, 5, 6)
    for image, caption in zip(frames.images, frames.captions, strict=True):
        s = np.ravel(image)
        assert float(caption[2:].replace("−", "-")) == pytest.approx(-0.5 * s @ couplings @ s, abs=0.05)
    end = np.ravel(frames.images[-1])
    assert np.array_equal(end, stored["ABC".index(name)])
    assert np.allclose(alike.values, stored @ end / 30) and alike.names == ("A", "B", "C")
    y = curve.curves[0].y
    assert y[-1] == pytest.approx(energy, abs=1e-3)
    assert (np.diff(y) <= 1e-9).all(), "asked one after the other, no unit raises the energy"
    found = ng.evaluate(learned(), run=trained()[1])
    assert np.allclose(found["settle.state"][row - 1], end)
    sweeps = found["settle.curve"][row - 1]
    assert np.allclose(y[::30], sweeps[: len(y[::30])], atol=1e-4), "after every sweep as the node itself tells it"


def test_the_start_is_painted() -> None:
    stored = letters()
    text = "".join("1" if one > 0 else "0" for one in -stored[0])
    shown = ng.inspect(learned(), "settling", "settle", start=text)
    assert shown.title == "Ends in the negative of A"
    assert "rests where it started" in parts(shown)[2].note
    pen = pen_of(shown)
    assert pen is not None and pen.option == "start" and pen.text == text
    after = painted(shown, pen.having(7, "1" if text[7] == "0" else "0"))
    before, now = parts(shown)[0].values, parts(after)[0].values
    assert np.argwhere(np.ravel(before != now)).tolist() == [[7]]
    short = ng.inspect(learned(), "settling", "settle", start="010")
    assert "start expects 30 signs, 0 or 1; it has 3" in parts(short)[2].note


def hopfield(**params: Any) -> ng.Graph:
    graph = ng.Graph()
    x = graph.add("Constant", value=[[1.0, 0.0, 0.0, 0.0, 0.0]], id="given")
    held = graph.add("Constant", value=[1.0, 1.0, 0.0, 0.0, 0.0], dtype="bool", id="held")
    graph.add("Hopfield", x, clamped=held, id="net", units="0 and 1", **params)
    pairs = ((0, 1, 3), (1, 2, -4), (0, 2, 2), (2, 3, 3), (3, 4, -1), (2, 4, -1), (1, 3, -1))
    weight = np.zeros((5, 5))
    for i, j, w in pairs:
        weight[i, j] = weight[j, i] = w
    graph.set_weights("net", weight=weight.tolist())
    return graph


def test_clamped_units_stay_and_the_energy_falls_to_a_valley() -> None:
    """H07 of the reference: with the visible units at 1, 0 the hidden ones find the valley 10110, of energy −5."""
    shown = ng.inspect(hopfield(order="given"), "settling", "net")
    assert isinstance(shown, Board)
    top, curve = shown.parts
    assert isinstance(top, Board) and isinstance(curve, Curves)
    frames = top.parts[1]
    assert isinstance(frames, Grid) and frames.values.shape == (3, 5)
    assert frames.values[-1].tolist() == [1, 0, 1, 1, 0]
    assert curve.curves[0].y[0] == 0 and curve.curves[0].y[-1] == -5
    assert "2 units held." in curve.note and "2 units turned." in curve.note
    together = ng.inspect(hopfield(order="together"), "settling", "net")
    assert isinstance(together, Board) and isinstance(together.parts[1], Curves)
    assert together.parts[1].x_label == "sweeps"


def test_couplings_of_zero_are_told() -> None:
    graph = ng.load(examples() / "28-hopfield.ngraph")
    assert "train it first" in parts(ng.inspect(graph, "settling", "settle"))[2].note


def machine(type: str, **params: Any) -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="bars_and_stripes", id="data")
    flat = graph.add("Flatten", data["x"], id="flat")
    graph.add(type, flat, id="machine", **params)
    graph.add("EnergyLoss", graph_handle(graph, "energy"), graph_handle(graph, "energy_sample"), id="loss")
    return graph


def graph_handle(graph: ng.Graph, output: str) -> Any:
    from neuralgraph.api import Handle

    return Handle(graph, "machine", output)


@pytest.mark.parametrize(("type", "params"), [
    ("RBM", {"hidden": 6}), ("BoltzmannMachine", {"hidden": 3}), ("DeepBoltzmannMachine", {"layers": (5, 4)}),
])
def test_machines_go_on_by_chance_from_the_start_and_the_same_each_time(type: str, params: dict[str, Any]) -> None:
    graph = machine(type, **params)
    ng.train(graph, epochs=2, batch_size=7, lr=0.05)
    one = ng.inspect(graph, "settling", "machine", sample=3, steps=12, seed=4)
    assert one.csv() == ng.inspect(graph, "settling", "machine", sample=3, steps=12, seed=4).csv()
    assert one.csv() != ng.inspect(graph, "settling", "machine", sample=3, steps=12, seed=5).csv()
    start, frames, curve, alike = parts(one)
    assert len(curve.curves[0].y) == 13 and np.isfinite(curve.curves[0].y).all()
    assert len(alike.values) <= 12
    assert start.values.shape == frames.images.shape[1:] and start.values.size == 9


def test_the_free_energy_of_an_rbm_is_that_of_all_its_hidden_states() -> None:
    graph = machine("RBM", hidden=4)
    ng.train(graph, epochs=1, batch_size=7, lr=0.5)
    _, frames, curve, _ = parts(ng.inspect(graph, "settling", "machine", sample=2, steps=1))
    state = graph.session.program.state_dict()  # type: ignore[union-attr]
    w, b, a = (state[f"machine.{one}"].numpy().astype(float) for one in ("weight", "bias", "visible_bias"))
    v = np.ravel(frames.images[0])
    hidden = np.array([[n >> bit & 1 for bit in range(4)] for n in range(16)], float)
    energies = -(v @ a) - hidden @ (w @ v + b)
    assert curve.curves[0].y[0] == pytest.approx(-np.log(np.exp(-energies).sum()), abs=1e-5)


def test_only_a_network_with_an_energy_settles() -> None:
    with pytest.raises(RunError, match="Only a network with an energy settles"):
        ng.inspect(ng.load(examples() / "letters.ngraph"), "settling", "letters")


def test_particles_are_those_of_the_buffer_with_their_energies() -> None:
    graph = machine("RBM", hidden=4, phase="particles", particles=20)
    ng.train(graph, epochs=3, batch_size=7, lr=0.1)
    shown = ng.inspect(graph, "particles", "machine", count=5)
    assert isinstance(shown, Board) and [one.title for one in shown.parts] == ["Data", "Particles"]
    data, particles = shown.parts
    assert isinstance(data, Pictures) and isinstance(particles, Pictures)
    state = graph.session.program.state_dict()  # type: ignore[union-attr]
    kept = state["machine.particles"].numpy()
    assert data.images.shape == particles.images.shape == (6, 3, 3)
    assert np.array_equal(particles.images[1:].reshape(5, 9), kept[:5])
    assert np.allclose(particles.images[0].ravel(), kept.mean(axis=0))
    w, b, a = (state[f"machine.{one}"].numpy().astype(float) for one in ("weight", "bias", "visible_bias"))
    free = -(kept @ a) - np.log1p(np.exp(kept @ w.T + b)).sum(axis=1)
    assert [float(one[2:].replace("−", "-")) for one in particles.captions[1:]] == pytest.approx(free[:5], abs=0.006)
    assert "20 particles." in particles.note
    state_before = kept.copy()
    ng.train(graph, epochs=1, batch_size=7, lr=0.1)
    later = graph.session.program.state_dict()["machine.particles"].numpy()  # type: ignore[union-attr]
    assert not np.array_equal(later, state_before)


def test_particles_of_the_other_machines_and_none_where_there_are_none() -> None:
    for type, params in (("BoltzmannMachine", {"hidden": 3}), ("DeepBoltzmannMachine", {"layers": (5, 4)})):
        shown = ng.inspect(machine(type, **params), "particles", "machine")
        assert isinstance(shown, Board) and shown.parts[1].title == "Particles"
    dreams = ng.inspect(machine("RBM", hidden=4), "particles", "machine")
    assert isinstance(dreams, Board) and dreams.parts[1].title == "Dreams"
    with pytest.raises(RunError, match="It keeps no particles: its negative phase is exact"):
        ng.inspect(machine("BoltzmannMachine", hidden=2, phase="exact"), "particles", "machine")


def test_rows_that_are_pictures_are_shown_as_pictures() -> None:
    for node in ("damaged", "settle", "recalled"):
        shown = ng.inspect(learned(), "activations", node)
        assert isinstance(shown, Pictures) and shown.images.shape == (3, 5, 6)
    one = ng.inspect(learned(), "activations", "letters", sample=1)
    assert isinstance(one, Pictures) and np.array_equal(2 * one.images[0].ravel() - 1, letters()[1])
    table = ng.inspect(learned(), "activations", "energies")
    assert isinstance(table, Grid), "energies are no pixels"


def test_particles_beside_patterns_that_are_written_into_the_drawing() -> None:
    graph = ng.load(examples() / "29-small-machine.ngraph")
    run = ng.train(graph, epochs=1)
    shown = ng.inspect(graph, "particles", "dreaming")
    assert isinstance(shown, Board)
    patterns, dreams = shown.parts
    assert isinstance(patterns, Grid) and isinstance(dreams, Grid)
    assert patterns.values[1:].tolist() == [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    kept = run.program.module.state_dict()["dreaming.particles"].numpy()
    assert np.array_equal(dreams.values[1:], kept[:4, :4])
