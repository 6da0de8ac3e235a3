"""Time as a module that runs over an axis: states, what they become, and the node that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from neuralgraph.nodes.demands import weighable
from neuralgraph.spec import (
    Call,
    Door,
    Drawn,
    Inside,
    Interface,
    Misfit,
    Network,
    Node,
    Port,
    Spec,
    function,
    module,
    param,
    source,
)
from neuralgraph.spec.drawn import state_name
from neuralgraph.spec.tensor import BATCH

RECURRENCE = "neuralgraph.compiler.blocks.recurrence.Recurrence"
LONGEST = 100_000
"""The most steps that a sequence may have."""


class State(Node):
    """What a recurrent module remembers: at each step it gives what NextState was wired to one step before.

    It stands inside a module that a Recurrent runs; NextState with the same name says what it becomes. At the first
    step it is zero, or numbers that are learned, or a value that is wired into the Recurrent from outside.

    Shapes: → N × shape
    PyTorch: an argument of forward(), such as h_0 of torch.nn.RNN
    """

    category = "Modules"
    role = "source"
    door = "in"
    synonyms = ("memory", "hidden", "carry", "feedback", "delay", "previous")

    state: str = param("h", "Its name; the NextState of the same name says what it becomes.", row="state")
    shape: tuple[int, ...] = param((32,), "Shape for one sample, without the batch axis.", min=1, row="shape")
    initial: str = param(
        "zero", "What it is at the first step.", choices=("zero", "learned", "wired"), row="start")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        state_name(self.state)

    def door_name(self, id: str) -> str:
        return self.state

    def call(self) -> Call:
        return source()

    def spec(self) -> Spec:
        """Shape of what it remembers."""
        return Spec((BATCH, *self.shape))


class NextState(Node):
    """What a state becomes: the State of the same name gives this value at the next step.

    Example: [[1, -2]] → [[1, -2]], what the state gives at the next step.

    Shapes: N × shape of the State → the same
    PyTorch: what forward() returns beside its output, such as h_n of torch.nn.RNN
    """

    category = "Modules"
    role = "output"
    door = "out"
    synonyms = ("memory", "hidden", "carry", "feedback", "update", "delay")

    state: str = param("h", "The name of the State that it sets.", row="state")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        state_name(self.state)

    def door_name(self, id: str) -> str:
        return f"{self.state}_n"

    def call(self, x: Spec) -> Call:
        return module("torch.nn.Identity")


class Zeros(Node):
    """Zeros for every sample of its input: where a memory starts that was laid out by hand.

    It takes only the number of samples from its input, nothing of its values.

    Example (shape = (2,)): [[5], [6]] → [[0, 0], [0, 0]]

    Shapes: N × … → N × shape
    PyTorch: torch.zeros
    """

    category = "Modules"
    synonyms = ("zero state", "initial state", "empty", "start")

    shape: tuple[int, ...] = param((32,), "Shape for one sample, without the batch axis.", min=1, row="shape")

    def call(self, x: Spec) -> Call:
        if not x.batched:
            raise Misfit("the batch as its first axis", hint="Wire a value that has one row for each sample.")
        return function("neuralgraph.compiler.blocks.values.zeros", shape=self.shape)


class Recurrent(Drawn):
    """Runs a module over the time axis: an RNN, LSTM or GRU of your own drawing.

    The module takes one step: its Inputs get step $t$ of the sequences, its States what was remembered at $t - 1$.
    Every Output is collected over all steps, or taken at the last one. `mask` (N × L, true where there is a step) is
    for sequences of different length: where it is false, states stay and outputs are 0. A module without an Input lives
    by itself, `free_steps` steps from the State that is wired in: to a fixed point, in a circle, or in chaos.

    Shapes: N × L × F → N × L × F′ for every Output (N × F′ of the last step), N × shape for every final state
    PyTorch: a loop over x[:, t] with a module of your own
    """

    synonyms = ("rnn", "scan", "loop", "time", "unroll", "sequence", "recurrence", "custom cell")
    runs = True

    direction: str = param(
        "forward", "Which end it begins at; both have weights of their own and lie side by side on the last axis.",
        choices=("forward", "backward", "both"), row="reads")
    output: str = param("sequence", "Every step, or only the last one.", choices=("sequence", "last"), row="gives")
    truncate: int = param(
        0, "Gradients go back at most so many steps (truncated backpropagation through time); 0 is all.",
        min=0, max=LONGEST, advanced=True)
    free_steps: int = param(
        0, "How long a module without an Input runs by itself; with one, the sequence says it.", min=0, max=LONGEST,
        advanced=True)

    @classmethod
    def ports_of(cls, interface: Interface) -> tuple[Port, ...]:
        wired = [door for door in _states(interface) if _start(door) == "wired"]
        names = [door.name for door in (*_inputs(interface), *wired)]
        # an Input of its own that is called mask takes the place of ours
        return (*map(Port, names), *(() if "mask" in names else (Port("mask", optional=True, letter="B"),)))

    def call(self, *values: Spec, mask: Spec | None = None) -> Call:
        """The loop as one module of ours, which holds the drawn one; a `Misfit` where sequences do not fit."""
        interface = self.interface
        if interface is None or interface.inside is None:
            raise Misfit("a module to run over time", port="definition", hint="Choose one in its properties.")
        inputs, states = _inputs(interface), _states(interface)
        _lives(self.free_steps, inputs, states)
        if _runs_itself(interface):
            raise Misfit("a module that does not run itself", port="definition",
                         hint=f"Take the copy of {interface.name} out of its own inside, or choose another module.")
        inside, states = _told(interface, self.values, states)
        entries = [(door.id, _step(spec, door.name)) for door, spec in zip(inputs, values, strict=False)]
        lengths = {spec.shape[1] for spec in values[: len(inputs)]}
        if len(lengths) > 1:
            raise Misfit("sequences of one length", port=inputs[1].name, hint="Pad or slice them to one length.")
        given = dict(zip((one.name for one in states if _start(one) == "wired"), values[len(inputs):], strict=False))
        for door in states:
            _fits(door, given.get(door.name))
            entries.append((door.id, _spec(door)))
        _masks(mask, values[0].shape[:2] if inputs else (values[0].shape[0], self.free_steps))
        updates = {door.name: door.id for door in interface.exits if isinstance(door.inside, NextState)}
        outputs = tuple(door.id for door in interface.exits if not isinstance(door.inside, NextState))
        follow = tuple(updates.get(f"{door.name}_n", "") for door in states)
        network = Network(inside, tuple(entries), (*outputs, *follow), interface.name)
        starts = tuple((door.name, _start(door), _spec(door).shape[1:]) for door in states)
        count = len(outputs) + len(states)
        free: dict[str, Any] = {} if inputs else {"steps": self.free_steps}
        return module(
            RECURRENCE, picks=None if count == 1 else tuple((at,) for at in range(count)), cell=network,
            back=network if self.direction == "both" else None, inputs=len(inputs), states=starts,
            direction=self.direction, last=self.output == "last", truncate=self.truncate,
            **free)

    @classmethod
    def outputs_of(cls, interface: Interface) -> tuple[str, ...]:
        outputs = [door.name for door in interface.exits if not isinstance(door.inside, NextState)]
        return (*outputs, *(f"{door.name}_n" for door in _states(interface)))


def _runs_itself(interface: Interface) -> bool:
    """The definition lies somewhere in itself: running it would have no end."""
    assert interface.inside is not None
    table = interface.inside.graph.modules
    seen: set[str] = set()
    todo = [interface.inside.graph]
    while todo:
        used = {str(one.params.get("definition", "")) for one in todo.pop().nodes.values()}
        if interface.name in used:
            return True
        fresh = {name for name in used if name in table} - seen
        seen |= fresh
        todo += [table[name] for name in fresh]
    return False


def _told(interface: Interface, values: Mapping[str, Any], states: list[Door]) -> tuple[Inside, list[Door]]:
    """The inside and its states with the parameters that are set from outside, where they say something else."""
    assert interface.inside is not None
    graph = interface.inside.graph
    told: dict[str, dict[str, Any]] = {}
    for one in interface.exposed:
        if one.name in Recurrent.params or values[one.name] == one.default:
            continue
        for id, _, name in (target.rpartition(".") for target in graph.exposed[one.name]):
            if id in graph.nodes:
                told.setdefault(id, {}).update(_set(graph.nodes[id].type, name, values[one.name]))
    if not told:
        return interface.inside, states
    nodes = {id: replace(one, params=one.params.having(**told[id])) if id in told else one
             for id, one in graph.nodes.items()}
    text = f"{interface.inside.text} {sorted((id, sorted(some.items())) for id, some in told.items())!r}"
    inside = Inside(text, graph.having(nodes=nodes), interface.inside.catalog)
    return inside, [replace(door, inside=type(door.inside)(**{**door.inside.values, **told[door.id]}))
                    if door.id in told else door for door in states]


def _set(kind: str, name: str, value: Any) -> dict[str, Any]:
    """What a value from outside sets. Of a State only the shape: a width, as layers have it, is its only axis."""
    if kind != State.__name__:
        return {name: value}
    return {"shape": (value,) if isinstance(value, int) else value} if name == "shape" else {}


def _inputs(interface: Interface) -> list[Door]:
    return [door for door in interface.entries if not isinstance(door.inside, State)]


def _states(interface: Interface) -> list[Door]:
    return [door for door in interface.entries if isinstance(door.inside, State)]


def _start(door: Door) -> str:
    return str(getattr(door.inside, "initial", ""))


def _spec(door: Door) -> Spec:
    assert isinstance(door.inside, State)
    return door.inside.spec()


def _step(x: Spec, port: str) -> Spec:
    """One step of a sequence."""
    if not x.batched or x.rank < 2 or not isinstance(x.shape[1], int):
        raise Misfit("sequences", port=port, axes="N × L × features", hint="Give it steps on axis 1.")
    return Spec((x.shape[0], *x.shape[2:]), x.dtype, x.classes)


def _lives(steps: int, inputs: list[Door], states: list[Door]) -> None:
    """A sequence says how long it runs; or it runs by itself, for so many steps from a state that is wired in."""
    if inputs and steps:
        raise Misfit("no free steps for a module with an Input", port="definition",
                     hint="The sequence says how long it runs: set free steps to 0, or take the Input out.")
    if inputs:
        return
    if not steps:
        raise Misfit("a module with an Input, which gets the sequence", port="definition",
                     hint="Enter it and add an Input. To let it run by itself, say for how many steps.")
    if not any(_start(door) == "wired" for door in states):
        raise Misfit("a State whose start is wired, to run by itself", port="definition",
                     hint="Enter it and set the start of a State to wired: what is wired in says where it begins, and "
                          "for how many samples.")


def _masks(mask: Spec | None, wanted: tuple[int | str, ...]) -> None:
    if mask is None:
        return
    if mask.shape != wanted:
        raise Misfit("a mask with one entry for each step", port="mask", axes=f"N × {wanted[1]}",
                     hint="Yes marks a step that is there, no one that only fills up.")
    if mask.dtype != "bool":
        raise Misfit(f"a mask of yes and no, not {mask.dtype}", port="mask", axes="bool", insert="Cast",
                     params={"dtype": "bool"}, hint="Cast turns numbers into yes and no: 0 is no.")


def _fits(door: Door, given: Spec | None) -> None:
    if given is None:
        return
    weighable(given, door.name)
    if given.shape != _spec(door).shape:
        raise Misfit(f"a first value of {door.name} of the shape {_spec(door)}", port=door.name,
                     axes=str(_spec(door)), hint=f"Set the shape of the State {door.name}, or what is wired here.")
