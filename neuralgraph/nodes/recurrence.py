"""Time as a module that runs over an axis: states, what they become, and the node that runs it."""

from __future__ import annotations

from typing import Any

from neuralgraph.spec import (
    Call,
    Door,
    Drawn,
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
    for sequences of different length: where it is false, states stay and outputs are 0.

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

    @classmethod
    def ports_of(cls, interface: Interface) -> tuple[Port, ...]:
        wired = [door for door in _states(interface) if _start(door) == "wired"]
        return (*(Port(door.name) for door in (*_inputs(interface), *wired)), Port("mask", optional=True, letter="B"))

    def call(self, *values: Spec, mask: Spec | None = None) -> Call:
        """The loop as one module of ours, which holds the drawn one; a `Misfit` where sequences do not fit."""
        interface = self.interface
        if interface is None or interface.inside is None:
            raise Misfit("a module to run over time", hint="Choose one in its properties.")
        inputs, states = _inputs(interface), _states(interface)
        if not inputs:
            raise Misfit("a module with an Input, which gets the sequence", hint="Enter it and add an Input.")
        entries = [(door.id, _step(spec, door.name)) for door, spec in zip(inputs, values, strict=False)]
        lengths = {spec.shape[1] for spec in values[: len(inputs)]}
        if len(lengths) > 1:
            raise Misfit("sequences of one length", port=inputs[1].name, hint="Pad or slice them to one length.")
        given = dict(zip((one.name for one in states if _start(one) == "wired"), values[len(inputs):], strict=False))
        for door in states:
            _fits(door, given.get(door.name))
            entries.append((door.id, _spec(door)))
        if mask is not None and (mask.rank != 2 or mask.shape[1] not in lengths):
            raise Misfit("a mask with one number for each step", port="mask", axes="N × L")
        updates = {door.name: door.id for door in interface.exits if isinstance(door.inside, NextState)}
        outputs = tuple(door.id for door in interface.exits if not isinstance(door.inside, NextState))
        follow = tuple(updates.get(f"{door.name}_n", "") for door in states)
        if "" in follow:
            lonely = states[follow.index("")].name
            raise Misfit(f"a NextState for its state {lonely}", hint="Enter it, add a NextState of that name, wire it.")
        network = Network(interface.inside, tuple(entries), (*outputs, *follow))
        starts = tuple((door.name, _start(door), _spec(door).shape[1:]) for door in states)
        count = len(outputs) + len(states)
        return module(
            RECURRENCE, picks=None if count == 1 else tuple((at,) for at in range(count)), cell=network,
            back=network if self.direction == "both" else None, inputs=len(inputs), states=starts,
            direction=self.direction, last=self.output == "last", truncate=self.truncate)

    @classmethod
    def outputs_of(cls, interface: Interface) -> tuple[str, ...]:
        outputs = [door.name for door in interface.exits if not isinstance(door.inside, NextState)]
        return (*outputs, *(f"{door.name}_n" for door in _states(interface)))


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


def _fits(door: Door, given: Spec | None) -> None:
    if given is not None and given.shape != _spec(door).shape:
        raise Misfit(f"a first value of {door.name} of the shape {_spec(door)}", port=door.name,
                     axes=str(_spec(door)), hint=f"Set the shape of the State {door.name}, or what is wired here.")
