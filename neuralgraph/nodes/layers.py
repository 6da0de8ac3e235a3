"""Layers that weigh, look up or drop their inputs."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats, image, integers, weighable
from neuralgraph.spec import Call, Float, Integer, Misfit, Node, module, param


class Linear(Node):
    """Fully connected layer: every output is a weighted sum of every input.

    $y = x W^T + b$. Each of the `out_features` outputs has one weight for every input and one offset; both are learnt.
    Stacked with activations between them, such layers make a multilayer perceptron. An input with three axes is taken
    step by step along its last axis.

    Example (out_features = 1; weight = [[1, 2]], bias = [3]): [[4, 5]] → [[17]], for 1·4 + 2·5 + 3 = 17.
    Shapes: N × in_features → N × out_features; N × L × in_features → N × L × out_features
    PyTorch: torch.nn.Linear
    """

    category = "Layers"
    group = "Dense"
    synonyms = ("dense", "fully connected", "fc", "affine", "perceptron", "neuron", "weights")

    out_features: int = param(64, "Number of outputs.", min=1, row="features", axis=-1)
    bias: bool = param(True, "Learn an offset for every output.", row="bias")
    any_rank: bool = param(
        False, "Take inputs with four or more axes too, along their last axis.", advanced=True)

    def call(self, x: Float) -> Call:
        if x.rank >= 4 and not self.any_rank:
            raise Misfit(
                "a flat input", axes="N × features", insert="Flatten",
                hint="Flatten lines up the numbers of each sample in one row.")
        weighable(x)
        return module("torch.nn.Linear", in_features=x.size(-1), out_features=self.out_features, bias=self.bias)


class Embedding(Node):
    """Table of vectors: replaces every whole number by the vector that is learnt for it.

    $y = W_i$, row $i$ of the table. Number $i$ gives row $i$ of a table with `num_embeddings` rows of `embedding_dim`
    numbers each. Words, users or categories that are used alike end up with vectors that are alike. It equals OneHot
    followed by Linear without bias, only faster. The row `padding_idx` stays zero and is not learnt.

    Example (num_embeddings = 3, embedding_dim = 2; weight = [[1, 2], [3, 4], [5, 6]]): [2, 0] → [[5, 6], [1, 2]], rows
    2 and 0 of the table.
    Shapes: N (int64) → N × embedding_dim; N × L (int64) → N × L × embedding_dim
    PyTorch: torch.nn.Embedding
    """

    category = "Layers"
    group = "Dense"
    synonyms = ("lookup", "word vectors", "token", "vocabulary", "categorical")

    num_embeddings: int = param(1000, "Number of different whole numbers that can come in, from 0.", min=1, row="rows")
    embedding_dim: int = param(16, "Length of each vector.", min=1, row="vector")
    padding_idx: int | None = param(None, "The number that stands for padding: its vector stays zero.", min=0,
                                    advanced=True)

    def call(self, x: Integer) -> Call:
        integers(x, what="whole numbers that name a row")
        if x.classes is not None and x.classes > self.num_embeddings:
            raise Misfit(f"numbers below {self.num_embeddings}", axes=f"0 … {self.num_embeddings - 1}",
                         hint=f"The input goes up to {x.classes - 1}: set num_embeddings to {x.classes}.")
        if self.padding_idx is not None and self.padding_idx >= self.num_embeddings:
            raise Misfit(f"padding_idx below {self.num_embeddings}", hint="Choose a row that the table has.")
        return module("torch.nn.Embedding", num_embeddings=self.num_embeddings, embedding_dim=self.embedding_dim,
                      padding_idx=self.padding_idx)


class EmbeddingBag(Node):
    """Table of vectors: joins the vectors of all the whole numbers of a sample into one.

    $y = (1/L) Σ_t w_{x_t}$ with row $w_k$ of the table for number $k$, or the sum, or the largest. As Embedding
    followed by a mean, a sum or the largest along the steps, without keeping the vectors in between: a bag of words.
    The row `padding_idx` does not count. `per_sample_weights` weighs every number, where the mode is sum.

    Example (num_embeddings = 3, embedding_dim = 2; weight = [[1, 2], [3, 4], [5, 6]]): [[2, 0]] → [[3, 4]], the mean of
    rows 2 and 0 of the table.
    Shapes: N × L (int64) → N × embedding_dim
    PyTorch: torch.nn.EmbeddingBag
    """

    category = "Layers"
    group = "Dense"
    synonyms = ("bag of words", "lookup", "word vectors", "fasttext", "average of embeddings")

    num_embeddings: int = param(1000, "Number of different whole numbers that can come in, from 0.", min=1, row="rows")
    embedding_dim: int = param(16, "Length of each vector.", min=1, row="vector")
    mode: str = param("mean", "How the vectors are joined.", choices=("sum", "mean", "max"), row="join")
    padding_idx: int | None = param(None, "The number that stands for padding: it does not count.", min=0,
                                    advanced=True)

    def call(self, x: Integer, per_sample_weights: Float | None = None) -> Call:
        integers(x, "x", "whole numbers that name rows")
        if x.rank != 2 or not x.batched:
            raise Misfit("a list of whole numbers for each sample", port="x", axes="N × L",
                         hint="Embedding takes any shape.")
        if x.classes is not None and x.classes > self.num_embeddings:
            raise Misfit(f"numbers below {self.num_embeddings}", port="x", axes=f"0 … {self.num_embeddings - 1}",
                         hint=f"The input goes up to {x.classes - 1}: set num_embeddings to {x.classes}.")
        if self.padding_idx is not None and self.padding_idx >= self.num_embeddings:
            raise Misfit("padding_idx below num_embeddings", hint="Choose a row that the table has.")
        if per_sample_weights is not None:
            weighable(per_sample_weights, "per_sample_weights")
            if per_sample_weights.shape != x.shape or self.mode != "sum":
                raise Misfit("one weight for each number, and the mode sum", port="per_sample_weights", axes=str(x),
                             hint="Set mode to sum.")
        return module("torch.nn.EmbeddingBag", **self.values)


class Dropout(Node):
    """Sets some of its inputs to zero at random while training, so that the network relies on no single one.

    $y = m ⊙ x / (1 - p)$, where every $m$ is 0 with probability $p$, else 1. Each number is zeroed with probability `p`
    and the others are divided by $1 - p$, so that their sum stays the same on average. When the network is only used,
    not trained, everything passes unchanged.

    Example (in use): [[1, 2, 3]] → [[1, 2, 3]], for numbers are dropped only while training.
    Shapes: any → the same
    PyTorch: torch.nn.Dropout
    """

    category = "Layers"
    group = "Dropout and noise"
    synonyms = ("regularisation", "regularization", "noise", "overfitting")

    p: float = param(0.5, "Probability that a number is zeroed.", min=0.0, max=1.0, row="zeroed", live=True)

    def call(self, x: Float) -> Call:
        floats(x)
        return module("torch.nn.Dropout", p=self.p)


class Dropout2d(Node):
    """Sets whole feature maps to zero at random while training.

    $y = m_c · x / (1 - p)$, where $m_c$ is 0 with probability $p$, else 1, for every map $c$. Neighbouring pixels of a
    map are so alike that dropping single ones changes little; this drops a whole channel with probability `p` and
    divides the others by $1 - p$. Nothing happens when the network is only used.

    Example (in use): [[[[1, 2], [3, 4]]]] → [[[[1, 2], [3, 4]]]], for maps are dropped only while training.
    Shapes: N × C × H × W → the same
    PyTorch: torch.nn.Dropout2d
    """

    category = "Layers"
    group = "Dropout and noise"
    synonyms = ("spatial dropout", "channel dropout", "regularisation", "regularization")

    p: float = param(0.5, "Probability that a channel is zeroed.", min=0.0, max=1.0, row="zeroed", live=True)

    def call(self, x: Float) -> Call:
        image(x, 2)
        return module("torch.nn.Dropout2d", p=self.p)
