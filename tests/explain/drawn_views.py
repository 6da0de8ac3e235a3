"""Documents for views that the shipped examples have nothing to show for: one of each kind of task."""

from __future__ import annotations

from collections.abc import Callable

import neuralgraph as ng


def autoencoder() -> ng.Graph:
    """Digits through eight numbers and back."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    flat = graph.add("Flatten", data["x"], id="flat")
    code = graph.add("ReLU", graph.add("Linear", flat, out_features=32))
    code = graph.add("Linear", code, out_features=8, id="narrow")
    back = graph.add("Linear", graph.add("ReLU", graph.add("Linear", code, out_features=32)), out_features=64)
    graph.add("MSELoss", graph.add("Sigmoid", back, id="again"), flat, id="loss")
    return graph


def generator() -> ng.Graph:
    """Two numbers of chance, made into points beside real ones."""
    graph = ng.Graph()
    real = graph.add("Dataset", name="ring", samples=240, id="real")
    noise = graph.add("Noise", shape=(2,), id="noise")
    bent = graph.add("ReLU", graph.add("Linear", noise, out_features=16))
    made = graph.add("Linear", bent, out_features=2, id="made")
    graph.add("MSELoss", made, real["x"], id="loss")
    return graph


def forecast() -> ng.Graph:
    """The next term of two tones."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="two_tone", samples=300, length=12, id="data")
    x = graph.add("ReLU", graph.add("Linear", graph.add("Flatten", data["x"]), out_features=24))
    graph.add("MSELoss", graph.add("Linear", x, out_features=1, id="next"), data["y"], id="loss")
    return graph


def toxicity() -> ng.Graph:
    """Words to three questions of yes or no."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="toxicity", samples=300, id="data")
    x = graph.add("Embedding", data["x"], num_embeddings=96, embedding_dim=8)
    x = graph.add("Linear", graph.add("Flatten", x), out_features=3, id="logits")
    graph.add("BCEWithLogitsLoss", x, data["y"], id="loss")
    return graph


def moons() -> ng.Graph:
    """Two features, twelve ReLUs, two classes."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="moons", samples=200, noise=0.2, id="data")
    x = graph.add("ReLU", graph.add("Linear", data["x"], out_features=12, id="hidden"), id="relu")
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=2, id="logits"), data["y"], id="loss")
    return graph


def gate() -> ng.Graph:
    """XOR with four neurons."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="xor_table", id="data")
    x = graph.add("Tanh", graph.add("Linear", data["x"], out_features=4))
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=2, id="logits"), data["y"], id="loss")
    return graph


def scanner() -> ng.Graph:
    """Digits, scored by one filter a class: a map of scores."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    scores = graph.add("Conv2d", data["x"], out_channels=10, kernel_size=8, id="scores")
    graph.add("CrossEntropyLoss", graph.add("Flatten", scores), data["y"], id="loss")
    return graph


DRAWN: dict[str, Callable[[], ng.Graph]] = {one.__name__: one for one in (
    autoencoder, generator, forecast, toxicity, moons, gate, scanner)}
