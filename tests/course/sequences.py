"""Sequences: what is remembered over forty steps, and words that are read."""

from __future__ import annotations

from collections.abc import Mapping

from tests.course.documents import change, final, opened, start
from tests.course.figure import Case, Row, always, least, most

OWN = "its own plan"


def memory(seed: int) -> Mapping[str, float]:
    """GRU and LSTM over forty steps, as they start and with open gates."""
    usual = final("25-memory", seed)
    opens = final(start(opened("25-memory"), "gated", "long", bias="keep gate"), seed)
    return {"gru": usual["val_gated_accuracy"], "lstm": usual["val_long_accuracy"],
            "open gru": opens["val_gated_accuracy"], "open lstm": opens["val_long_accuracy"]}


def reviews(seed: int) -> Mapping[str, float]:
    """The reader of the example, then others in its place."""
    own = final("26-reviews", seed)
    found = {"bag": own["val_bag_accuracy"], "gru": own["val_accuracy"]}
    for name in ("RNN", "LSTM"):
        graph = opened("26-reviews")
        change(graph, "reader", name, hidden_size=24)
        found[name.lower()] = final(graph, seed)["val_accuracy"]
    return {**found, "cnn": _by_filters(seed)}


def _by_filters(seed: int) -> float:
    """32 windows of three words, and the strongest answer of each."""
    import neuralgraph as ng

    graph = ng.Graph()
    words = graph.add("Dataset", name="sentiment", samples=2000, id="reviews")
    vectors = graph.add("Embedding", words["x"], num_embeddings=1000, embedding_dim=16)
    filters = graph.add("Conv1d", graph.add("Transpose", vectors, dim0=1, dim1=2), out_channels=32, kernel_size=3)
    strongest = graph.add("AdaptiveMaxPool1d", graph.add("ReLU", filters), output_size=1)
    score = graph.add("Linear", graph.add("Flatten", strongest), out_features=2)
    graph.add("CrossEntropyLoss", score, words["y"], id="loss")
    graph.add("Accuracy", score, words["y"], id="accuracy")
    return float(final(graph, seed, epochs=10, lr=0.005, optimizer="Adam", split="stratified", validation=0.25)
                 ["val_accuracy"])


def toxic(seed: int) -> Mapping[str, float]:
    return final("27-toxic", seed)


CASES = (
    Case("memory", "25", "its own plan, as gates start and with keep gates open (+3)", memory, (
        Row("gru", "GRU, 40 steps, usual start", "R15", "it loses", most(0.7, "median"), "percent"),
        Row("lstm", "LSTM, 40 steps, usual start", "R15", "it loses", most(0.7, "median"), "percent"),
        Row("open gru", "GRU, 40 steps, open gates", "R15", "100 %", least(0.95), "percent"),
        Row("open lstm", "LSTM, 40 steps, open gates", "R15", "100 %", least(0.95), "percent"))),
    Case("reviews", "26", "its own plan, and other readers in place of the GRU", reviews, (
        Row("bag", "bag of words", "W02", "81.5 %", always(0.7, 0.9), "percent"),
        Row("cnn", "filters over three words", "W02", "95.8 %", least(0.9), "percent"),
        Row("rnn", "plain recurrence", "W02", "49.4 %", most(0.65, "median"), "percent"),
        Row("gru", "GRU", "W02", "98.3 %", least(0.95, "median"), "percent"),
        Row("lstm", "LSTM", "W02", "98.8 %", least(0.95, "median"), "percent"))),
    Case("toxic", "27", OWN, toxic, (
        Row("val_accuracy", "right labels of three", "W03", "99.9 %", least(0.97), "percent"),)),
)
