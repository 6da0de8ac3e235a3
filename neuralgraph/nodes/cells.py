"""Single steps of recurrent layers, and the other half of the transformer."""

from __future__ import annotations

from neuralgraph.nodes.attention import _CAUSAL, _padding, _pairs, _sequence
from neuralgraph.nodes.demands import divides, weighable
from neuralgraph.spec import Call, Float, Mask, Misfit, Node, Spec, module, param

_STEPS = "neuralgraph.compiler.blocks.steps."


def _row(x: Spec, port: str) -> int:
    if x.rank != 2:
        raise Misfit("one row for each sample", port=port, axes="N × features", insert="Flatten" if x.rank > 2 else "",
                     hint="A cell sees one step at a time: Slice takes one out of a sequence.")
    weighable(x, port)
    return x.size(1, port)


class _Cell(Node):
    """One step: an input and what was remembered, to what is remembered next."""

    category = "Layers"
    group = "Recurrent"

    hidden_size: int = param(32, "How many numbers it remembers.", min=1, row="features", axis=-1)
    bias: bool = param(True, "Learn offsets.", advanced=True)

    def _remembered(self, hx: Spec | None, port: str) -> None:
        if hx is not None and _row(hx, port) != self.hidden_size:
            raise Misfit(f"{self.hidden_size} numbers, as many as it remembers", port=port,
                         axes=f"N × {self.hidden_size}", hint="Set hidden_size to the width of this state.")

    def call(self, x: Float, hx: Float | None = None) -> Call:
        width = _row(x, "x")
        self._remembered(hx, "hx")
        return module(f"torch.nn.{self.type}", input_size=width, **self.values)


class RNNCell(_Cell):
    """One step of a plain recurrent layer.

    $h' = tanh(W x + b + U h + c)$; without `hx` it starts from zeros.

    Example (hidden_size = 1, bias = no; weights = 1): x = [[1]], hx = [[1]] → [[0.964]], for tanh(1 + 1) = 0.964.
    Shapes: x N × F, hx N × hidden → N × hidden
    PyTorch: torch.nn.RNNCell
    """

    synonyms = ("recurrent", "elman", "step", "state")

    nonlinearity: str = param("tanh", "The activation.", choices=("tanh", "relu"), advanced=True)


class GRUCell(_Cell):
    """One step of a gated recurrent layer.

    $h' = (1 - z) · n + z · h$ with an update gate $z$ and a new state $n$; without `hx` it starts from zeros. With z =
    1 it remembers what it had.

    Example (hidden_size = 1, bias = no; weights = 1): x = [[1]] → [[0.205]], for (1 − σ(1)) · tanh(1) = 0.205.
    Shapes: x N × F, hx N × hidden → N × hidden
    PyTorch: torch.nn.GRUCell
    """

    synonyms = ("recurrent", "gated", "step", "state")


class LSTMCell(_Cell):
    """One step of a recurrent layer with a cell that gates fill, keep and read.

    $c' = f · c + i · g$ and $h' = o · tanh(c')$; without `hx` and `cx` it starts from zeros. With the forget gate at 1
    and the input gate at 0 it keeps its cell.

    Example (hidden_size = 1, bias = no; weights = 1): x = [[1]] → h = [[0.370]], c = [[0.557]], for σ(1) · tanh(1) =
    0.557 and σ(1) · tanh(0.557) = 0.370.
    Shapes: x N × F, hx and cx N × hidden → h and c N × hidden
    PyTorch: torch.nn.LSTMCell
    """

    synonyms = ("recurrent", "long short-term memory", "step", "state")

    def outputs(self) -> tuple[str, ...]:
        return ("h", "c")

    def call(self, x: Float, hx: Float | None = None, cx: Float | None = None) -> Call:
        width = _row(x, "x")
        self._remembered(hx, "hx")
        self._remembered(cx, "cx")
        return module(_STEPS + "LSTMCell", picks=((0,), (1,)), input_size=width, **self.values)


class TransformerEncoder(Node):
    """Several transformer blocks, one after the other.

    $x_{k+1} = block_k(x_k)$, where $block(x) = norm(y + W_2 act(W_1 y))$ with $y = norm(x + attention(x))$.
    `num_layers` times self-attention and a small network, each with a shortcut and a norm. It does not know the order
    of the steps: add positions to its input. 12 layers of 768 features and 12 heads are BERT's.

    Example (num_layers = 1, in use; weights = 0, layers.0.norm1.weight = [1, 1], layers.0.norm2.weight = [1, 1]): [[[1,
    3]]] → [[[-1, 1]]], for with all other weights 0 only the shortcuts and the norms are left.
    Shapes: N × L × E → the same
    PyTorch: torch.nn.TransformerEncoder
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("transformer", "bert", "stack", "self-attention")

    nhead: int = param(1, "Number of attention heads; it has to divide the features.", min=1, max=4096, row="heads")
    num_layers: int = param(2, "Number of blocks.", min=1, max=256, row="blocks")
    dim_feedforward: int = param(128, "Width of the small networks.", min=1, row="width")
    dropout: float = param(0.1, "Dropout inside the blocks.", min=0.0, max=1.0)
    activation: str = param("relu", "Activation of the small networks.", choices=("relu", "gelu"))
    norm_first: bool = param(False, "Normalise before attention and network instead of after.", advanced=True)
    is_causal: bool = param(False, "Hide the future: no step looks at a later one.", row="causal")

    def call(self, x: Float, mask: Mask | None = None, src_key_padding_mask: Mask | None = None) -> Call:
        features = _sequence(x, "x")
        divides(features, self.nhead, "a number of features", "x")
        _padding(src_key_padding_mask, x, "src_key_padding_mask")
        _pairs(mask, x, x, "mask")
        return module(_STEPS + "TransformerEncoder", d_model=features, **self.values)


class Bilinear(Node):
    """A weighted sum of all products of the features of two inputs.

    $y_k = a^T W_k b + c_k$: it learns which pairs belong together.

    Example (out_features = 1; weight = [[[1]]], bias = [0]): a = [[3]], b = [[4]] → [[12]]
    Shapes: a N × F, b N × K → N × out_features
    PyTorch: torch.nn.Bilinear
    """

    category = "Layers"
    group = "Dense"
    synonyms = ("pairs", "interaction", "tensor layer")

    out_features: int = param(16, "Number of outputs.", min=1, row="features", axis=-1)
    bias: bool = param(True, "Learn an offset for every output.")

    def call(self, a: Float, b: Float) -> Call:
        weighable(a, "a")
        weighable(b, "b")
        if a.shape[:-1] != b.shape[:-1] or a.rank < 2:
            raise Misfit("rows that go with those of its first input", port="b", axes="N × K",
                         hint="All axes but the last have to be the same.")
        return module("torch.nn.Bilinear", in1_features=a.size(-1), in2_features=b.size(-1),
                      out_features=self.out_features, bias=self.bias)


class TransformerDecoderLayer(Node):
    """One block of a transformer decoder: attention to itself, attention to a memory, a small network.

    $y = norm(x + attention(x))$, $z = norm(y + attention(y, memory))$, then $norm(z + W_2 act(W_1 z))$. As
    TransformerEncoderLayer with a second attention in between, whose keys and values come from `memory`: what an
    encoder has made of another sequence. A mask of yes above the diagonal hides the future.

    Example (in use; weights = 0, norm1.weight = [1, 1], norm2.weight = [1, 1], norm3.weight = [1, 1]): tgt = [[[1,
    3]]], memory = [[[5, 6]]] → [[[-1, 1]]], for with all other weights 0 only the shortcuts and the norms are left.
    Shapes: tgt N × L × E, memory N × S × E → N × L × E
    PyTorch: torch.nn.TransformerDecoderLayer
    """

    category = "Layers"
    group = "Attention"
    synonyms = ("transformer", "decoder", "cross attention", "block")

    nhead: int = param(1, "Number of attention heads; it has to divide the features.", min=1, max=4096, row="heads")
    dim_feedforward: int = param(128, "Width of the small network.", min=1, row="width")
    dropout: float = param(0.1, "Dropout inside the block.", min=0.0, max=1.0)
    activation: str = param("relu", "Activation of the small network.", choices=("relu", "gelu"))
    norm_first: bool = param(False, "Normalise before attention and network instead of after.", advanced=True)
    is_causal: bool = param(False, "Hide the future: no step looks at a later one.", row="causal")

    def call(
        self, tgt: Float, memory: Float, tgt_mask: Mask | None = None, tgt_key_padding_mask: Mask | None = None,
        memory_key_padding_mask: Mask | None = None, memory_mask: Mask | None = None,
    ) -> Call:
        features = _sequence(tgt, "tgt")
        if _sequence(memory, "memory") != features:
            raise Misfit(f"{features} features, as the other input has", port="memory", axes=f"N × S × {features}",
                         hint="A Linear makes them the same.")
        divides(features, self.nhead, "a number of features", "tgt")
        _padding(tgt_key_padding_mask, tgt, "tgt_key_padding_mask")
        _padding(memory_key_padding_mask, memory, "memory_key_padding_mask")
        _pairs(tgt_mask, tgt, tgt, "tgt_mask")
        _pairs(memory_mask, tgt, memory, "memory_mask")
        target = _CAUSAL + "CausalDecoderLayer" if self.is_causal else "torch.nn.TransformerDecoderLayer"
        given = {name: one for name, one in self.values.items() if name != "is_causal"}
        return module(target, d_model=features, **given, batch_first=True)
