"""The file format as pydantic models: what a document holds, said once, for reading and for the published schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

from neuralgraph.graph.ids import LONGEST, refusal
from neuralgraph.graph.limits import LIMITS


def _possible_id(name: str) -> str:
    if reason := refusal(name):
        raise ValueError(f"cannot be an id: {reason}")
    return name


def _only_numbers(value: Any) -> Any:
    todo, total = [value], 0
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo.extend(one)
        elif isinstance(one, bool) or not isinstance(one, (int, float)):
            raise ValueError(f"should hold only numbers, not {str(one)[:40]!r}")
        else:
            total += 1
    if total > LIMITS["weights"].most:
        raise ValueError(f"holds {total:,} numbers; a document may hold at most {LIMITS['weights']}")
    return value


Id = Annotated[str, Field(max_length=LONGEST), AfterValidator(_possible_id)]
Name = Annotated[str, Field(min_length=1, max_length=LIMITS["name"].most)]
Title = Annotated[str, Field(max_length=LIMITS["title"].most)]
Text = Annotated[str, Field(max_length=LIMITS["text"].most)]
Values = dict[Name, Any]
Searched = Annotated[dict[Name, Text], Field(
    max_length=1000, description="What a search may try, by parameter: «16..256:log», «Adam|SGD».")]
Tensor = Annotated[Any, AfterValidator(_only_numbers), Field(description="A number, or nested lists of numbers.")]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
AtLeastOne = Annotated[int, Field(ge=1, le=2**31 - 1)]
Whole = Annotated[int, Field(ge=-(2**63), le=2**64 - 1)]
Few = Annotated[list[str], Field(max_length=LIMITS["nodes"].most)]


class Strict(BaseModel):
    """Nothing is guessed: `"3"` is not 3, and a key that the format does not know is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class NodeEntry(Strict):
    """A node. A type that this version does not know is kept as it is, and so are parameters that do not fit."""

    id: Id
    type: Name
    params: Values = {}
    x: FiniteFloat = 0.0
    y: FiniteFloat = 0.0
    title: Title = ""
    note: Text = ""
    frozen: bool = False
    bypassed: bool = False
    shares: Id | None = Field(default=None, description="The node whose weights it uses.")
    initialiser: Values = {}
    weights: dict[Name, Tensor] = Field(default={}, description="Typed-in weights by parameter name.")
    learning: Values = Field(default={}, description="`rate`, times that of the plan, `l1` and `l2` of its weights.")
    search: Searched = {}


class EdgeEntry(Strict):
    """A wire from an output of one node to an input of another. An input takes one wire."""

    source: Id
    output: Name
    target: Id
    input: Name


class NoteEntry(Strict):
    """A slip of paper on the canvas."""

    id: Id
    text: Text = ""
    x: FiniteFloat = 0.0
    y: FiniteFloat = 0.0
    width: FiniteFloat = 184.0
    height: FiniteFloat = 96.0


class FrameEntry(Strict):
    """A titled rectangle behind nodes."""

    id: Id
    title: Title = ""
    x: FiniteFloat = 0.0
    y: FiniteFloat = 0.0
    width: FiniteFloat = 320.0
    height: FiniteFloat = 200.0
    category: Title = ""


class OptimizerEntry(Strict):
    """A torch optimiser by name, with its rate and further options."""

    name: Name = "Adam"
    lr: FiniteFloat = 1e-3
    options: Values = {}


class ScheduleEntry(Strict):
    """A torch schedule of the rate by name, or "none"; in the first `warmup` steps the rate rises to it."""

    name: Name = "none"
    options: Values = {}
    warmup: Count = 0
    by: Literal["usual", "epoch", "step"] = "usual"


class StopEntry(Strict):
    """When a run ends before its last epoch, and whether it gives back the weights of the best one."""

    figure: Title = ""
    better: Literal["auto", "lower", "higher"] = "auto"
    patience: Count | None = None
    min_delta: FiniteFloat = Field(default=0.0, ge=0)
    target: FiniteFloat | None = None
    seconds: FiniteFloat | None = None
    best: bool = False


class StepEntry(Strict):
    """One kind of update: which losses, which nodes (ids or patterns with `*`), by which optimiser."""

    losses: Few = ["*"]
    nodes: Few = ["*"]
    optimizer: OptimizerEntry = OptimizerEntry()
    l1: FiniteFloat = 0.0
    clip: FiniteFloat | None = None
    every: AtLeastOne = 1
    schedule: ScheduleEntry = ScheduleEntry()
    clip_value: FiniteFloat | None = None
    accumulate: AtLeastOne = 1


class StageEntry(Strict):
    """So many epochs of these steps."""

    epochs: Count = 10
    steps: list[StepEntry] = Field(default=[StepEntry()], min_length=1, max_length=LIMITS["stages"].most)


class PlanEntry(Strict):
    """How the graph learns. `validation` and `test` are a fraction (below 1) or a number of rows."""

    stages: list[StageEntry] = Field(default=[StageEntry()], min_length=1, max_length=LIMITS["stages"].most)
    batch_size: AtLeastOne = 32
    shuffle: bool = True
    seed: Whole = 0
    validation: FiniteFloat = Field(default=0.2, ge=0)
    test: FiniteFloat = Field(default=0.0, ge=0)
    split: Literal["random", "stratified", "grouped", "ordered"] = "random"
    precision: Literal["float32", "float64", "bfloat16", "float16"] = "float32"
    full_batch: bool = Field(default=False, description="All rows at once.")
    ema: FiniteFloat | None = Field(default=None, description="Decay of the mean of the weights.")
    stop: StopEntry = StopEntry()
    memory_format: Literal["contiguous", "channels_last"] = Field(
        default="contiguous", description="How images lie in memory while learning.")
    search: Searched = {}


class GraphEntry(Strict):
    """The content of a document, and of a module definition inside it."""

    title: Title = ""
    about: Text = ""
    nodes: list[NodeEntry] = Field(default=[], max_length=LIMITS["nodes"].most)
    edges: list[EdgeEntry] = Field(default=[], max_length=LIMITS["edges"].most)
    notes: list[NoteEntry] = Field(default=[], max_length=LIMITS["notes"].most)
    frames: list[FrameEntry] = Field(default=[], max_length=LIMITS["frames"].most)
    modules: dict[Name, GraphEntry] = Field(default={}, max_length=LIMITS["modules"].most)
    exposed: dict[Name, Annotated[list[Name], Field(max_length=1000)]] = Field(
        default={}, max_length=1000,
        description="In a definition: parameters shown outside, and the «node.parameter»s that each sets.")
    plan: PlanEntry = PlanEntry()
    counters: dict[Name, Count] = Field(default={}, description="The highest number given out, by word.")


class FileEntry(GraphEntry):
    """A NeuralGraph document (.ngraph), format 1."""

    format: Literal[1]


class OutsideEntry(EdgeEntry):
    """A wire that enters a fragment from a node outside it, whose type is `type`."""

    type: Name


class FragmentEntry(Strict):
    """A piece of a document as text: what the clipboard carries."""

    fragment: Literal[1]
    nodes: list[NodeEntry] = Field(default=[], max_length=LIMITS["nodes"].most)
    edges: list[EdgeEntry] = Field(default=[], max_length=LIMITS["edges"].most)
    outside: list[OutsideEntry] = Field(default=[], max_length=LIMITS["edges"].most)
    notes: list[NoteEntry] = Field(default=[], max_length=LIMITS["notes"].most)
    frames: list[FrameEntry] = Field(default=[], max_length=LIMITS["frames"].most)
    modules: dict[Name, GraphEntry] = Field(
        default={}, max_length=LIMITS["modules"].most, description="The definitions that its nodes are copies of.")


def published() -> dict[str, Any]:
    """The JSON Schema of format 1, as it stands in `resources/ngraph-format-1.schema.json`."""
    schema = FileEntry.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
