"""Sequences: what is remembered over forty steps, and words that are read."""

from __future__ import annotations

from collections.abc import Mapping

from tests.course.documents import change, final, opened, start
from tests.course.figure import Case, Row, always, between, least, most

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
    return found


def filters(seed: int) -> Mapping[str, float]:
    """On as many reviews as the example has, and on twice and four times as many; a quarter is kept apart."""
    return {str(reviews): _by_filters(seed, reviews) for reviews in (2000, 4000, 8000)}


def _by_filters(seed: int, reviews: int) -> float:
    """32 windows of three words, and the strongest answer of each."""
    import neuralgraph as ng

    graph = ng.Graph()
    words = graph.add("Dataset", name="sentiment", samples=reviews, id="reviews")
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
        Row("rnn", "plain recurrence", "W02", "49.4 %", most(0.65, "median"), "percent"),
        Row("gru", "GRU", "W02", "98.3 %", least(0.95, "median"), "percent"),
        Row("lstm", "LSTM", "W02", "98.8 %", least(0.95, "median"), "percent"))),
    Case("filters", "26", "32 filters over three words in place of the GRU, its plan", filters, (
        Row("2000", "1,500 reviews to learn from", "W02",
            "95.8 % on others; in torch on these 77.4 / 87.1 / 90.6 % over 30 seeds",
            (*between(0.84, 0.9), *least(0.77)), "percent"),
        Row("4000", "3,000 reviews", "W02", "95.8 % on others; in torch on these 94.1 … 95.4 %", least(0.9), "percent"),
        Row("8000", "6,000 reviews", "W02", "95.8 % on others; in torch on these 96.9 … 97.7 %", least(0.95),
            "percent")), 12),
    Case("toxic", "27", OWN, toxic, (
        Row("val_accuracy", "right labels of three", "W03", "99.9 %", least(0.97), "percent"),)),
)
