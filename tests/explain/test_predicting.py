"""What a trained network says of new things: prepared as its data were, in words and units that people know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import neuralgraph as ng
from neuralgraph.data.cards import card_of, columns_of
from neuralgraph.data.ink import measured, of_photo, placed
from neuralgraph.data.sources import deliver
from neuralgraph.errors import DataError, NeuralGraphError, RunError
from neuralgraph.nodes import CATALOG
from neuralgraph.spec.columns import Coding


def net(type: str, *, classes: int = 2, loss: str = "CrossEntropyLoss", ends: tuple[str, ...] = (), flat: bool = True,
        **params: Any) -> ng.Graph:
    """Data, one Linear, a loss."""
    graph = ng.Graph()
    data = graph.add(type, **params, id="data")
    x = graph.add("Flatten", data["x"]) if flat else data["x"]
    x = graph.add("Linear", x, out_features=classes, id="logits")
    for end in ends:
        x = graph.add(end, x)
    graph.add(loss, x if loss != "CrossEntropyLoss" else graph["logits"], data["y"], id="loss")
    return graph


def csv(folder: Path, text: str, name: str = "pets.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


PETS = "width,kind,colour\n1,cat,red\n2,dog,blue\n3,cat,red\n4,dog,blue\n5,cat,green\n"


@pytest.fixture
def pets(tmp_path: Path) -> ng.Graph:
    graph = net("Csv", path=str(csv(tmp_path, PETS)), target="kind", flat=False)
    ng.train(graph, epochs=1, batch_size=5, validation=0.0)
    return graph


# -- tables ---------------------------------------------------------------------------------------------------------


def test_columns_are_found_by_name_whatever_their_order(pets: ng.Graph, tmp_path: Path) -> None:
    plain = ng.predict(pets, csv(tmp_path, PETS, "same.csv"))
    other = ng.predict(pets, csv(tmp_path, "Colour;extra; WIDTH\nred;9;1\nblue;9;2\n", "other.csv"))
    assert np.array_equal(plain.answers[0].values[:2], other.answers[0].values)
    assert other.notes == ("Not used: 'extra'.",)
    assert other.inputs == ("line 2", "line 3")
    assert plain.truth == ("cat", "dog", "cat", "dog", "cat")
    assert plain.right is not None
    assert plain.answers[0].names == ("cat", "dog")
    assert np.allclose(plain.answers[0].values.sum(axis=1), 1.0)


def test_the_values_are_those_of_the_data_node(pets: ng.Graph, tmp_path: Path) -> None:
    session = pets.session
    assert session.program is not None
    node = session.node("data")
    assert node is not None
    x = deliver(node, session.reach).arrays["x"]
    assert np.array_equal(session.attempt("files", [tmp_path / "pets.csv"]).prepared.x, x)
    wanted = torch.softmax(session.program.predict(x=np.array(x)), dim=1).numpy()
    assert np.array_equal(ng.predict(pets, x).answers[0].values, wanted)
    rows = [{"width": 1, "colour": "red"}, {"colour": "blue", "width": "2"}]
    assert np.array_equal(ng.predict(pets, rows).answers[0].values, wanted[:2])


@pytest.mark.parametrize(("text", "said"), [
    ("width\n1\n", "lacks the column 'colour'. It has: 'width'"),
    ("width,colour\n1,red\nx,red\n2,red\n", "line 3, column 'width': 'x' is not a number"),
    ("width,colour\n1,pink\n", "line 2, column 'colour': 'pink' is no category that was learnt. There are: blue"),
    ("width,colour\n1,red\n,red\n", "line 3, column 'width': the value is missing"),
    ("width,colour\n1e39,red\n", "line 2, column 'width': '1e39' is not a number that can be learned from"),
    ("1,2,3,4\n5,6,7,8\n", "has 4 columns without names, and 2 are expected"),
    ("", "is empty"),
])
def test_a_table_that_does_not_fit_says_where(text: str, said: str, pets: ng.Graph, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        ng.predict(pets, csv(tmp_path, text, "bad.csv"))


def test_values_that_do_not_fit_say_which(pets: ng.Graph, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Row 1 lacks 'colour'"):
        ng.predict(pets, {"width": 1})
    with pytest.raises(DataError, match="The values, row 2, column 'width': 'wide' is not a number"):
        ng.predict(pets, [{"width": 1, "colour": "red"}, {"width": "wide", "colour": "red"}])
    with pytest.raises(DataError, match="expects"):
        ng.predict(pets, np.zeros((2, 3), np.float32))
    with pytest.raises(DataError, match=r"photo\.png is no table. It expects a table \(CSV\) with the columns width"):
        ng.predict(pets, tmp_path / "photo.png")
    with pytest.raises(RunError, match="cannot be given a text"):
        ng.predict(pets, text="hello")
    with pytest.raises(DataError, match="Nothing to predict from"):
        ng.predict(pets)


def test_columns_come_back_from_features() -> None:
    x = np.array([[1, 0, 1, 0.5], [2, 1, 0, 0.5]], np.float32)
    coding = (Coding("a", "number"), Coding("k", "category", ("x", "y")), Coding("b = c", "number"))
    first, second, third = columns_of(coding, x)
    assert (first.name, first.low, first.high, first.whole) == ("a", 1.0, 2.0, True)
    assert (second.name, second.values) == ("k", ("x", "y"))
    assert (third.name, third.values) == ("b = c", ())


def test_a_table_without_names_goes_by_position(tmp_path: Path) -> None:
    graph = net("Csv", path=str(csv(tmp_path, "1,2,0.5\n3,4,0.25\n5,6,0.75\n")), flat=False, classes=1, loss="MSELoss")
    ng.train(graph, epochs=1)
    whole, bare = (ng.predict(graph, csv(tmp_path, text, "n.csv")) for text in ("1,2,9.5\n3,4,8.5\n", "1,2\n3,4\n"))
    assert np.array_equal(whole.answers[0].values, bare.answers[0].values)
    assert "in the order of the data" in whole.notes[0]


# -- units ----------------------------------------------------------------------------------------------------------


def test_a_scaled_target_is_predicted_in_its_own_unit(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},{1000 + 300 * n + n % 2}.5" for n in range(40))
    path = csv(tmp_path, f"size,price\n{rows}\n")
    graph = ng.Graph()
    data = graph.add("Csv", path=str(path))
    x, y = graph.add("Standardize", data["x"]), graph.add("Standardize", data["y"])
    graph.add("MSELoss", graph.add("Linear", x, out_features=1), y, id="loss")
    ng.train(graph, epochs=60, batch_size=40, optimizer="Adam", lr=0.1, validation=0.0)
    found = ng.predict(graph, path)
    answer = found.answers[0]
    assert (answer.kind, answer.names) == ("numbers", ("price",))
    truth = np.array([float(one) for one in found.truth])
    assert np.abs(answer.values[:, 0] - truth).max() < 200  # of 1,000 … 12,700


@pytest.mark.parametrize(("ends", "loss", "classes", "params"), [
    ((), "CrossEntropyLoss", 3, {"name": "iris"}), (("Softmax",), "CrossEntropyLoss", 3, {"name": "iris"}),
    (("Softmax", "Output"), "CrossEntropyLoss", 3, {"name": "iris"}),
    (("LogSoftmax", "Output"), "CrossEntropyLoss", 3, {"name": "iris"}),
    (("Sigmoid", "Output"), "BCELoss", 1, {"name": "moons", "target": "number"}),
    ((), "BCEWithLogitsLoss", 1, {"name": "moons", "target": "number"}),
])
def test_probabilities_are_made_once(ends: tuple[str, ...], loss: str, classes: int, params: Any) -> None:
    graph = net("Dataset", ends=ends, loss=loss, classes=classes, flat=False, **params)
    ng.train(graph, epochs=3)
    session = graph.session
    assert session.program is not None
    x = session.card().samples
    given = {key: torch.tensor(x) for key in session.program.module_inputs}
    scores = session.program.trace(given, ["logits"])["logits"]
    yes = torch.sigmoid(scores)
    wanted = torch.softmax(scores, 1) if classes > 1 else torch.cat([1 - yes, yes], 1)
    answer = ng.predict(graph, x).answers[0]
    assert answer.kind == "classes"
    assert np.allclose(answer.values, wanted.numpy(), atol=1e-6)


def test_several_questions_at_once_are_answered_one_by_one() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="toxicity")
    x = graph.add("EmbeddingBag", data["x"], num_embeddings=67, embedding_dim=8)
    x = graph.add("Linear", x, out_features=3)
    graph.add("BCEWithLogitsLoss", x, data["y"], id="loss")
    ng.train(graph, epochs=20, optimizer="Adam", lr=0.05)
    found = ng.predict(graph, text=["you idiot and clown", "what a lovely story"])
    assert found.answers[0].kind == "yes"
    assert found.answers[0].names == ("insult", "threat", "rude")
    assert found.rows()[0]["answer"] == ["insult"]
    assert found.rows()[1]["answer"] == []
    assert found.notes == ("Not in its vocabulary: 'what', 'you'.",)


# -- pictures -------------------------------------------------------------------------------------------------------


def seven(side: int = 280, pen: int = 22) -> np.ndarray[Any, Any]:
    """A seven somewhere on the sheet, as ink."""
    from PIL import ImageDraw

    image = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(image)
    draw.line((side // 4, 60, side - 90, 60), 255, pen)
    draw.line((side - 90, 60, side // 3, side - 60), 255, pen)
    return np.asarray(image, np.float32) / 255


@pytest.fixture(scope="module")
def digits() -> ng.Graph:
    graph = net("Dataset", name="digits", classes=10)
    ng.train(graph, epochs=25, batch_size=64, optimizer="Adam", lr=0.01)
    return graph


def test_a_drawn_digit_is_known_wherever_and_however_large_it_is(digits: ng.Graph, tmp_path: Path) -> None:
    drawn = seven()
    small = np.zeros_like(drawn)
    small[100:240, 20:160] = np.asarray(Image.fromarray((drawn * 255).astype(np.uint8)).resize((140, 140))) / 255
    for one in (drawn, small):
        tried = digits.session.attempt("drawing", one)
        assert tried.answers[0].best(0) == "7"
        assert tried.prepared.x.shape == (1, 1, 8, 8)
    paper, board = tmp_path / "paper.png", tmp_path / "board.png"
    Image.fromarray(((1 - 0.9 * drawn) * 250).astype(np.uint8)).save(paper)
    Image.fromarray((drawn * 220 + 20).astype(np.uint8)).convert("RGB").save(board)
    found = ng.predict(digits, [paper, board])
    assert found.best == ("7", "7")
    assert ng.predict(digits, tmp_path).inputs == (str(board), str(paper))


def test_an_image_of_the_size_of_the_data_is_taken_as_it_is(digits: ng.Graph, tmp_path: Path) -> None:
    x = digits.session.card().samples[:1]
    Image.fromarray(np.round(x[0, 0] * 255).astype(np.uint8)).save(tmp_path / "one.png")
    found = digits.session.attempt("files", [tmp_path / "one.png"])
    assert np.abs(found.prepared.x - x).max() < 0.003


def test_signs_lie_where_those_of_the_data_do() -> None:
    node = CATALOG["Dataset"](name="letters")
    card = card_of(node, deliver(node))
    assert (card.form, card.grid) == ("picture", (1, 5, 6))
    assert card.ink is not None
    assert card.ink.binary
    pictures = np.zeros((20, 28, 28), np.float32)
    for n, one in enumerate(pictures):
        one[4:24, 10 + n % 3:16 + n % 3] = 1.0
    ink = measured(pictures)
    assert ink is not None
    done = placed(ink, seven(), (28, 28))
    rows = np.flatnonzero(done.max(axis=1) > 0.3)
    assert (rows[0], rows[-1]) == (4, 23)
    assert placed(ink, np.zeros((50, 50)), (28, 28)).max() == 0.0
    assert measured(np.random.default_rng(0).random((10, 8, 8)).astype(np.float32)) is None
    assert of_photo(ink, np.full((9, 9), 0.7)).max() == 0.0


def test_colour_images_are_prepared_as_in_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for kind in ("cat", "dog"):
        (tmp_path / "all" / kind).mkdir(parents=True)
        for n in range(3):
            Image.fromarray(rng.integers(0, 256, (9, 13, 3), np.uint8)).save(tmp_path / "all" / kind / f"{n}.png")
    graph = net("ImageFolder", path=str(tmp_path / "all"), size=8, fit="crop")
    ng.train(graph, epochs=1)
    node = graph.session.node("data")
    assert node is not None
    x = deliver(node, graph.session.reach).arrays["x"]
    assert np.array_equal(graph.session.attempt("files", [tmp_path / "all"]).prepared.x, x)
    with pytest.raises(DataError, match=r"notes\.csv is no image. It expects images"):
        ng.predict(graph, csv(tmp_path, "a,b\n1,2\n", "notes.csv"))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DataError, match=r"broken\.png"):
        ng.predict(graph, tmp_path / "broken.png")


# -- texts, series, arrays ------------------------------------------------------------------------------------------


def test_texts_take_the_vocabulary_of_the_data(tmp_path: Path) -> None:
    path = csv(tmp_path, "good film,yes\nbad film,no\nfine film,yes\n", "reviews.txt")
    graph = ng.Graph()
    data = graph.add("TextFile", path=str(path), length=4, id="data")
    x = graph.add("EmbeddingBag", data["x"], num_embeddings=6, embedding_dim=4)
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=2), data["y"], id="loss")
    ng.train(graph, epochs=1)
    node = graph.session.node("data")
    assert node is not None
    x = deliver(node, graph.session.reach).arrays["x"]
    tried = graph.session.attempt("text", ["good film", "bad film", "fine film", "good good strange film tonight"])
    assert np.array_equal(tried.prepared.x[:3], x)
    assert tried.prepared.notes == (
        "Not in its vocabulary: 'strange', 'tonight'.", "1 of 4 texts were cut to 4 tokens.")
    assert ng.predict(graph, csv(tmp_path, "good film\n\nbad film\n", "new.txt")).inputs == ("good film", "bad film")


def test_a_series_goes_on_after_its_last_window(tmp_path: Path) -> None:
    path = csv(tmp_path, "t,v\n" + "\n".join(f"{n},{n * 2}" for n in range(30)) + "\n")
    graph = net("TimeSeries", path=str(path), window=4, classes=1, loss="MSELoss")
    ng.train(graph, epochs=1)
    node = graph.session.node("data")
    assert node is not None
    x = deliver(node, graph.session.reach).arrays["x"]
    tried = graph.session.attempt("files", [path])
    assert len(tried.prepared.x) == len(x) + 1
    assert np.array_equal(tried.prepared.x[:-1], x)
    assert tried.prepared.names[-1] == "after line 31"
    with pytest.raises(DataError, match="has 2 rows; a window of 4 is needed"):
        ng.predict(graph, csv(tmp_path, "t,v\n1,2\n3,4\n", "short.csv"))


def test_arrays_from_npz_and_for_an_input(tmp_path: Path) -> None:
    graph = ng.Graph()
    x = graph.add("Input", shape=(3,), id="input_1")
    graph.add("Output", graph.add("Linear", x, out_features=2), id="out")
    program = ng.compile(graph)
    graph.session.program = program
    given = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.savez(tmp_path / "new.npz", anything=given)
    found = ng.predict(graph, tmp_path / "new.npz")
    assert np.array_equal(found.answers[0].values, program.predict(input_1=given).numpy())
    assert found.answers[0].output == "out"
    np.savez(tmp_path / "two.npz", a=given, b=given)
    with pytest.raises(DataError, match=r"holds no array 'x'\. It holds: a, b"):
        ng.predict(graph, tmp_path / "two.npz")


def test_predicting_changes_nothing(digits: ng.Graph) -> None:
    assert digits.session.program is not None
    before = {name: one.clone() for name, one in digits.session.program.state_dict().items()}
    state = torch.get_rng_state()
    first, second = (digits.session.attempt("sample", 3).answers[0].values for _ in range(2))
    assert np.array_equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one, before[name]) for name, one in digits.session.program.state_dict().items())


def test_what_cannot_be_asked_says_why() -> None:
    graph = net("Dataset", name="iris", classes=3)
    with pytest.raises(RunError, match="has no trained weights here"):
        ng.predict(graph, {"a": 1})
    with pytest.raises(RunError, match="There are no trained weights yet"):
        graph.session.attempt("sample", 0)
    with pytest.raises(NeuralGraphError, match="not both"):
        ng.predict(graph, {"a": 1}, run=1, weights="w.safetensors")
    two = ng.Graph()
    a, b = two.add("Input", shape=(2,)), two.add("Input", shape=(2,))
    two.add("Output", two.add("Add", a, b))
    two.session.program = ng.compile(two)
    with pytest.raises(RunError, match="looks at several sources"):
        ng.predict(two, np.zeros((1, 2)))


def test_what_is_no_answer_of_the_data_is_not_called_one() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits")
    x = graph.add("Flatten", data["x"])
    out = graph.add("Linear", graph.add("Linear", x, out_features=8), out_features=64, id="again")
    graph.add("MSELoss", out, x, id="loss")
    ng.train(graph, epochs=1)
    answer = graph.session.attempt("sample", 0).answers[0]
    assert (answer.kind, answer.output, answer.values.shape) == ("array", "again", (1, 64))


def test_numbers_that_are_not_finite_are_no_answer() -> None:
    graph = net("Dataset", name="iris", classes=3, flat=False)
    ng.train(graph, epochs=1)
    assert graph.session.program is not None
    with torch.no_grad():
        graph.session.program.state_dict()["logits.bias"].fill_(float("nan"))
    with pytest.raises(RunError, match="logits gives numbers that are not finite"):
        graph.session.attempt("sample", 0)


def test_too_much_at_once_is_refused_before_memory_is_taken(
    pets: ng.Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuralgraph.data.preparing.MOST_NUMBERS", 19)
    with pytest.raises(DataError, match=r"pets\.csv would be 20 numbers; at most 19 are predicted at once"):
        ng.predict(pets, tmp_path / "pets.csv")
