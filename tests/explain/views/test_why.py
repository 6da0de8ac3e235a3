"""The numbers behind the views that ask why, each against the same thing done by hand."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import ParameterError
from neuralgraph.explain.views.why_landscape import main_ways, placed, random_ways
from neuralgraph.explain.views.why_maps import cam_of
from neuralgraph.figures.shown import Bars, Board, Grid, Pictures, Words
from neuralgraph.resources import examples


@lru_cache(maxsize=4)
def learned(name: str) -> ng.Graph:
    graph = ng.load(examples() / f"{name}.ngraph")
    ng.train(graph, epochs=1)
    return graph


def program(name: str):  # type: ignore[no-untyped-def]
    return learned(name).session.program


def row(name: str, number: int = 0) -> torch.Tensor:
    session = learned(name).session
    return torch.from_numpy(session._rows(session.program).one(number)[session.program.module_inputs[0]]).float()


def forward(name: str, x: torch.Tensor) -> torch.Tensor:
    one = program(name)
    with one.quiet():
        return next(iter(one.module(x).values()))


# -- of an input ------------------------------------------------------------------------------------------------------


def test_saliency_is_the_gradient_that_torch_gives() -> None:
    x = row("digits-cnn").requires_grad_(True)
    scores = forward("digits-cnn", x)[0]
    slope = torch.autograd.grad(scores[3], x)[0][0, 0]
    plain = ng.inspect(learned("digits-cnn"), "saliency", method="gradient", target="3")
    times = ng.inspect(learned("digits-cnn"), "saliency", method="gradient × input", target="3")
    assert isinstance(plain, Board) and isinstance(times, Board)
    assert isinstance(plain.parts[1], Grid) and isinstance(times.parts[1], Grid)
    np.testing.assert_allclose(plain.parts[1].values, slope.numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(times.parts[1].values, (slope * x[0, 0]).detach().numpy(), rtol=1e-4, atol=1e-6)
    assert "score of 3" in plain.parts[0].title


def test_without_noise_smoothgrad_is_the_gradient() -> None:
    graph = learned("digits-cnn")
    smooth = ng.inspect(graph, "saliency", method="SmoothGrad", noise=0.0, samples=5)
    plain = ng.inspect(graph, "saliency", method="gradient")
    noisy = ng.inspect(graph, "saliency", method="SmoothGrad", noise=0.5, samples=5)
    assert isinstance(smooth, Board) and isinstance(plain, Board) and isinstance(noisy, Board)
    first, second, third = (one.parts[1].values for one in (smooth, plain, noisy))  # type: ignore[attr-defined]
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert not np.allclose(first, third, atol=1e-3)


def test_a_linear_answer_is_the_sum_of_what_saliency_says() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="diabetes")
    answer = graph.add("Linear", data["x"], out_features=1, id="answer")
    graph.add("MSELoss", answer, data["y"])
    shown = ng.inspect(graph, "saliency", sample=4)
    assert isinstance(shown, Bars) and len(shown.names) == 10 and shown.names[2] == "bmi"
    own = graph.session._fresh
    assert own is not None
    x = graph.session._rows(own).one(4)["dataset_1.x"]
    bias = float(own.state_dict()["answer.bias"])
    assert shown.values.sum() + bias == pytest.approx(float(own.predict(x=x)), abs=1e-5)


def test_a_class_that_is_not_there_is_refused() -> None:
    with pytest.raises(ParameterError, match="There is no class «eleven»"):
        ng.inspect(learned("digits-cnn"), "saliency", target="eleven")


def test_occlusion_is_what_is_lost_under_the_square() -> None:
    shown = ng.inspect(learned("digits-cnn"), "occlusion", patch=8, stride=8, target="0")
    assert isinstance(shown, Board) and isinstance(shown.parts[1], Grid)
    x = row("digits-cnn")
    covered = torch.full_like(x, float(x.mean()))
    before, after = (torch.softmax(forward("digits-cnn", one), 1)[0, 0] for one in (x, covered))
    assert shown.parts[1].values.shape == (8, 8)
    np.testing.assert_allclose(shown.parts[1].values, float((before - after).detach()), atol=1e-6)


def test_occlusion_covers_a_column_with_its_mean() -> None:
    shown = ng.inspect(learned("diabetes"), "occlusion", sample=3)
    assert isinstance(shown, Bars)
    session = learned("diabetes").session
    rows = session._rows(session.program)
    x = torch.from_numpy(rows.one(3)["patients.x"])
    covered = x.clone()
    covered[0, 2] = float(rows.arrays["patients.x"][rows.split.train[:256], 2].mean())
    drop = float((forward("diabetes", x) - forward("diabetes", covered)).detach())
    assert shown.values[2] == pytest.approx(drop, abs=1e-5)


def test_steps_grow_where_there_would_be_too_many() -> None:
    from neuralgraph.explain.views.why_input import _squares

    covers, note = _squares(np.zeros((1, 64, 64)), 4, 1, 100)
    assert len(covers) <= 121 and "would be more than 100" in note
    seen = np.zeros(64 * 64)
    for cover in covers:
        seen[cover.places] += 1
    assert seen.reshape(64, 64)[[0, -1, 0, -1], [0, -1, -1, 0]].all(), "the corners are covered, too"


def test_words_are_weighed_where_they_stand(tmp_path: Path) -> None:
    for kind, word in (("good", "fine"), ("bad", "poor")):
        (tmp_path / kind).mkdir()
        for number in range(12):
            (tmp_path / kind / f"{number}.txt").write_text(f"a {word} film", encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("TextFile", path=str(tmp_path), id="text", length=8)
    x = graph.add("Embedding", data["x"], num_embeddings=40, embedding_dim=4, id="embed")
    x = graph.add("Linear", graph.add("Mean", x, dim=(1,)), out_features=2, id="logits")
    graph.add("CrossEntropyLoss", x, data["y"])
    ng.train(graph, epochs=30, lr=0.05)
    slope, lost = (ng.inspect(graph, view, sample=2) for view in ("saliency", "occlusion"))
    assert isinstance(slope, Words) and isinstance(lost, Words)
    for shown in (slope, lost):
        assert shown.words[:3] in (("a", "poor", "film"), ("a", "fine", "film")) and len(shown.words) == 3
        assert int(np.argmax(shown.weights)) == 1, "it is the word that tells the class"
    near = ng.inspect(graph, "nearest-samples", "logits", sample=2)
    assert f"a {slope.words[1]} film" in near.csv() and "·" not in near.csv()


# -- of maps ----------------------------------------------------------------------------------------------------------


def test_grad_cam_is_that_of_the_paper() -> None:
    one = program("digits-cnn")
    x = row("digits-cnn")
    with one.quiet():
        values = one.trace({"digits.x": x}, ("conv2d_2", "logits"), grad=True)
        slope = torch.autograd.grad(values["logits"][0, 5], values["conv2d_2"])[0]
    weights = slope[0].mean(dim=(1, 2))
    cam = torch.relu(sum(weight * one for weight, one in zip(weights, values["conv2d_2"][0], strict=True)))
    shown = ng.inspect(learned("digits-cnn"), "grad-cam", "conv2d_2", target="5")
    assert isinstance(shown, Board) and isinstance(shown.parts[1], Grid) and isinstance(shown.parts[0], Pictures)
    np.testing.assert_allclose(shown.parts[1].values, cam.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert shown.parts[0].heat is not None and shown.parts[0].heat[1].shape == (8, 8)
    assert cam_of(-values["conv2d_2"].abs(), slope.abs()).max() == 0, "what speaks against it is left out"


# -- of rows ----------------------------------------------------------------------------------------------------------


def test_importance_is_the_rise_of_the_loss_of_shuffled_columns() -> None:
    graph = learned("diabetes")
    shown = ng.inspect(graph, "feature-importance", repeats=1, seed=3)
    assert isinstance(shown, Bars)
    session = graph.session
    rows = session._rows(session.program)
    x = torch.from_numpy(rows.arrays["patients.x"][rows.split.validation])
    y = torch.from_numpy(rows.arrays["patients.y"][rows.split.validation])
    one = session.program
    scale = one.part("scaled_target")
    with one.quiet(), torch.no_grad():
        goal = scale(y)
        drawn = torch.Generator().manual_seed(3)
        before = torch.nn.functional.mse_loss(one.module(x)["prediction"], goal)
        for column in range(10):
            mixed = x.clone()
            mixed[:, column] = mixed[torch.randperm(len(x), generator=drawn), column]
            rise = torch.nn.functional.mse_loss(one.module(mixed)["prediction"], goal) - before
            assert shown.values[column] == pytest.approx(float(rise), abs=1e-5)


def test_the_nearest_samples_are_those_that_sorting_finds() -> None:
    graph = learned("digits-cnn")
    shown = ng.inspect(graph, "nearest-samples", "logits", sample=7, count=5)
    assert isinstance(shown, Pictures) and shown.keys[0] == 7
    session = graph.session
    rows = session._rows(session.program)
    own = [int(one) for one in rows.split.train if one != 7]
    values = forward("digits-cnn", torch.from_numpy(rows.arrays["digits.x"][own]))
    away = (values - forward("digits-cnn", row("digits-cnn", 7))).detach().double().norm(dim=1)
    assert list(shown.keys[1:]) == [own[n] for n in torch.argsort(away, stable=True)[:5]]
    assert 7 not in shown.keys[1:]


# -- of units ---------------------------------------------------------------------------------------------------------


def test_the_samples_that_excite_a_unit_are_those_with_the_largest_numbers() -> None:
    shown = ng.inspect(learned("digits-cnn"), "maximising-samples", "logits", unit=4, count=6)
    assert isinstance(shown, Pictures)
    session = learned("digits-cnn").session
    every = np.array(session._rows(session.program).arrays["digits.x"])
    values = forward("digits-cnn", torch.from_numpy(every))[:, 4].detach()
    assert list(shown.keys) == torch.argsort(-values.double(), stable=True)[:6].tolist()


def test_climbing_excites_a_unit_more_than_where_it_began_and_stays_in_range() -> None:
    graph = learned("digits-cnn")
    shown = ng.inspect(graph, "maximising-input", "logits", unit=4, steps=30)
    assert isinstance(shown, Pictures)
    made = torch.from_numpy(shown.images[0][None, None]).float()
    assert shown.images.min() >= 0 and shown.images.max() <= 1
    session = graph.session
    mean = torch.from_numpy(session._rows(session.program).arrays["digits.x"].mean(axis=0, keepdims=True))
    assert forward("digits-cnn", made)[0, 4] > forward("digits-cnn", mean.float())[0, 4] + 1
    other = ng.inspect(graph, "maximising-input", "logits", unit=4, steps=30, seed=1)
    assert isinstance(other, Pictures) and not np.array_equal(other.images, shown.images)


def test_ablation_is_the_same_as_holding_each_unit_by_hand() -> None:
    graph = learned("digits-cnn")
    shown = ng.inspect(graph, "ablation", "relu_1")
    bars = shown.parts[0] if isinstance(shown, Board) else shown
    assert isinstance(bars, Bars) and len(bars.values) == 16
    for unit in (0, 7, 15):
        assert bars.values[unit] == pytest.approx(ng.touch(graph, ablate={"relu_1": [unit]}).change(), abs=1e-5)


def test_ablation_beside_a_short_way_and_beside_what_is_held_already() -> None:
    graph = learned("digits-residual")
    session, relu = graph.session, next(id for id in program("digits-residual").inference.order if "relu" in id)
    bars = ng.inspect(graph, "ablation", relu)
    values = (bars.parts[0] if isinstance(bars, Board) else bars).values  # type: ignore[attr-defined]
    assert values[3] == pytest.approx(ng.touch(graph, ablate={relu: [3]}).change(), abs=1e-5)
    session.touches = ng.touch(graph, ablate={relu: [0], "logits": [1]}).touches
    try:
        held = ng.inspect(graph, "ablation", relu)
        again = (held.parts[0] if isinstance(held, Board) else held).values  # type: ignore[attr-defined]
        both = ng.touch(graph, ablate={relu: [0, 3], "logits": [1]})
        one = ng.touch(graph, ablate={relu: [0], "logits": [1]})
        assert again[0] == pytest.approx(0, abs=1e-6)
        assert again[3] == pytest.approx(both.after["loss"] - one.after["loss"], abs=1e-5)
    finally:
        session.touches = type(session.touches)()


# -- of the loss ------------------------------------------------------------------------------------------------------


def test_directions_are_as_long_as_the_filters() -> None:
    centre = {name: one.detach() for name, one in program("digits-cnn").root.named_parameters()}
    first, second = random_ways(centre, 0)
    for name, one in centre.items():
        if one.ndim < 2:
            assert not first[name].any()
        else:
            np.testing.assert_allclose(first[name].flatten(1).norm(dim=1), one.flatten(1).norm(dim=1), rtol=1e-4)
    assert not torch.equal(first["conv2d_1.weight"], second["conv2d_1.weight"])
    assert torch.equal(random_ways(centre, 0)[1]["conv2d_1.weight"], second["conv2d_1.weight"])


def test_the_middle_of_the_landscape_is_the_loss_of_the_weights() -> None:
    from neuralgraph.training.metrics import evaluate

    graph = learned("spiral")
    shown = ng.inspect(graph, "loss-landscape", resolution=5)
    assert isinstance(shown, Grid) and shown.values.shape == (5, 5)
    session = graph.session
    rows = session._rows(session.program)
    given = {key: session.program.tensor(key, one[rows.split.train[:512]]) for key, one in rows.arrays.items()}
    assert shown.values[2, 2] == pytest.approx(evaluate(session.program, given).figures["loss"], abs=1e-6)
    first, second = random_ways({name: one.detach() for name, one in session.program.root.named_parameters()}, 0)
    clone = graph.session.touch().program  # type: ignore[union-attr]
    with torch.no_grad():
        for name, one in clone.root.named_parameters():
            one += 0.5 * first[name] - 1.0 * second[name]
    assert shown.values[0, 3] == pytest.approx(evaluate(clone, given).figures["loss"], abs=1e-5)


def test_the_way_of_a_run_is_laid_into_the_plane() -> None:
    from neuralgraph.explain.views.view import At
    from neuralgraph.explain.views.why_landscape import LossLandscape

    session = learned("spiral").session
    centre = {name: one.detach() for name, one in session.program.root.named_parameters()}
    first, second = random_ways(centre, 5)
    far = {name: one + 0.3 * first[name] - 0.7 * second[name] for name, one in centre.items()}
    assert placed(far, centre, first, second) == pytest.approx((0.3, -0.7), abs=1e-4)
    some = [{name: one * (1 + 0.1 * n) + 0.01 * n * n for name, one in centre.items()} for n in range(5)]
    ways = main_ways(centre, some)
    flat = [torch.cat([one.flatten() for one in way.values()]) for way in ways]
    assert float(flat[0] @ flat[1]) == pytest.approx(0, abs=1e-4)
    assert float(flat[0].norm()) == pytest.approx(1, abs=1e-4)

    def earlier(n: int):  # type: ignore[no-untyped-def]
        made = session.touch().program  # type: ignore[union-attr]
        with torch.no_grad():
            for one in made.root.parameters():
                one.mul_(1 - 0.2 * n).add_(0.01 * n * n)
        return made

    at = At(session.program, session._rows(session.program), past=[(n, lambda n=n: earlier(n)) for n in (3, 2, 1)])
    for look_from in ("map", "surface"):
        shown = LossLandscape(directions="along the run", resolution=5, look_from=look_from).look(at)
        path = shown.path  # type: ignore[attr-defined]
        assert path.shape[0] == 4 and path[-1, :2] == pytest.approx((0, 0), abs=1e-6)
        assert np.abs(path[0, :2]).max() > 0.1


def test_main_ways_are_those_of_the_singular_values() -> None:
    centre = {name: one.detach() for name, one in program("digits-cnn").root.named_parameters()}
    some = [{name: one * (1 + 0.1 * n) + 0.01 * n * n for name, one in centre.items()} for n in range(5)]
    away = torch.stack([torch.cat([(one[name] - value).flatten() for name, value in centre.items()]) for one in some])
    _, _, expected = torch.linalg.svd(away.double(), full_matrices=False)
    for way, whole in zip(main_ways(centre, some), expected, strict=False):
        flat = torch.cat([one.flatten() for one in way.values()]).double()
        assert abs(float(flat @ whole)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_run_along_a_line_or_none_still_has_two_directions(count: int) -> None:
    centre = {"a": torch.zeros(40, 3), "b": torch.zeros(7)}
    line = [{name: value + 0.1 * n for name, value in centre.items()} for n in range(count)]
    flat = [torch.cat([one.flatten() for one in way.values()]) for way in main_ways(centre, line)]
    assert float(flat[0] @ flat[1]) == pytest.approx(0, abs=1e-5)
    assert [float(one.norm()) for one in flat] == pytest.approx([1, 1], abs=1e-5)
    if count > 1:
        assert float(flat[0].std()) == pytest.approx(0, abs=1e-6), "the first is the line itself"
