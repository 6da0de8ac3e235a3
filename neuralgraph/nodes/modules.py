"""Where values enter a graph by name, where they leave it, and copies of a module that is drawn once."""

from __future__ import annotations

from neuralgraph.spec import Call, Drawn, Misfit, Node, Spec, module, param, source
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
    door = "in"
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
    door = "out"
    synonyms = ("prediction", "result", "return", "exit")

    def call(self, x: Spec) -> Call:
        return module("torch.nn.Identity")


class Module(Drawn):
    """A copy of a module: a piece of network that is drawn once and used many times.

    Select nodes and press Ctrl+G to make one; Enter goes inside. All copies are linked: an edit of one is an edit of
    all. Each has weights of its own, unless it shares them (S). With `repeat` the copy runs that many times in a row,
    and every turn takes what the turn before gave: its first outputs go into the first inputs; further inputs get the
    same value each time.

    Shapes: as its inside says; to be repeated, outputs must have the shapes of the inputs they go into
    PyTorch: a class of your own, derived from torch.nn.Module
    """

    synonyms = ("block", "subgraph", "group", "function", "repeat", "component", "reuse", "cell")

    repeat: int = param(1, "How often it runs, each time on what it gave before.", min=1, max=1000, row="repeat")
    tied: bool = param(False, "All turns use the weights of the first one.", advanced=True)

    def call(self, *values: Spec) -> Call:
        raise Misfit("a module definition to stand for", hint="Choose one, or delete it.")
