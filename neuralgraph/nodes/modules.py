"""Where values enter a graph by name, and where they leave it."""

from __future__ import annotations

from neuralgraph.spec import Call, Node, Spec, module, param, source
from neuralgraph.spec.tensor import BATCH


class Input(Node):
    """A named input: its values are given when the graph is run, or by the module around it.

    In a script: `ng.train(g, data={"input_1": X})`, with the samples in the first axis. `shape` is the shape of one
    sample; the batch axis comes in front of it by itself.

    Example (shape = (2,)): [[1, 2], [3, 4]] → [[1, 2], [3, 4]], what is given.
    Shapes: → N × shape
    PyTorch: an argument of forward()
    """

    category = "Modules"
    role = "source"
    synonyms = ("placeholder", "argument", "feed", "entry")

    shape: tuple[int, ...] = param((1,), "Shape of one sample, without the batch axis.", min=1, row="shape")
    dtype: str = param("float32", "float32 for numbers, int64 for classes.", choices=("float32", "int64"), row="dtype")
    classes: int | None = param(None, "How many classes there are, where it holds class numbers.", min=1)

    def call(self) -> Call:
        return source()

    def spec(self) -> Spec:
        """Shape and dtype of what it stands for."""
        return Spec((BATCH, *self.shape), self.dtype, self.classes if self.dtype == "int64" else None)


class Output(Node):
    """A named output: what the network predicts.

    Predictions, exports and the module around it take the value that is wired here, under the name of this node. Its
    input passes unchanged.

    Example: [[1, -2]] → [[1, -2]]
    Shapes: any → the same
    PyTorch: what forward() returns
    """

    category = "Modules"
    role = "output"
    synonyms = ("prediction", "result", "return", "exit")

    def call(self, x: Spec) -> Call:
        return module("torch.nn.Identity")
