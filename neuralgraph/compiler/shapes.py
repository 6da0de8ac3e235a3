"""Shapes and dtypes on every wire, found by running each node's own torch call without data.

No shape formulas of our own: the call runs on the meta device, at two batch sizes, so that the batch axis is found
wherever it ends up. Results are remembered by (node value, input specs): an edit re-infers only what is downstream.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from neuralgraph.compiler.resolve import resolve, value
from neuralgraph.spec import Call, Misfit, Node, Spec
from neuralgraph.validation.problem import Problem

BATCHES = (6, 10)
"""Two batch sizes that differ by more than one and share a factor with nothing common."""
_RECURRENT = frozenset({"torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"})
LARGEST_BYTES = 2**62


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one node gives for inputs of certain specs, or why it does not."""

    call: Call | None = None
    specs: tuple[Spec, ...] = ()
    parameters: int = 0
    parameter_bytes: int = 0
    activation_bytes: int = 0
    """Of its outputs, for one sample."""
    misfit: Misfit | None = None
    error: str = ""
    problems: tuple[Problem, ...] = ()
    """What is wrong inside, of a node that runs a drawn module."""

    @property
    def wrong(self) -> bool:
        return self.misfit is not None or bool(self.error) or bool(self.problems)


class Unsound(Exception):
    """A drawn module that cannot run: what is wrong inside, by the ids there."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems[0].message if problems else "it waits for something inside")
        self.problems = problems


class Memo:
    """Remembers outcomes by node value and input specs; forgets everything when it is full.

    Reading and writing a plain dict needs no lock: two threads that meet compute the same value twice.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._known: dict[tuple[Node, tuple[Spec, ...], tuple[tuple[str, Spec], ...]], Outcome] = {}
        self._most = most

    def outcome(self, node: Node, inputs: tuple[Spec, ...], optional: tuple[tuple[str, Spec], ...]) -> Outcome:
        """What the node gives for these inputs."""
        key = (node, inputs, optional)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= self._most:
                self._known.clear()
            found = self._known[key] = run(node, inputs, optional)
        return found


def run(node: Node, inputs: tuple[Spec, ...], optional: tuple[tuple[str, Spec], ...] = ()) -> Outcome:
    """Ask the node for its call and run it on meta tensors."""
    try:
        call = node.call(*inputs, **dict(optional))
    except Misfit as misfit:
        return Outcome(misfit=misfit)
    try:
        return _on_meta(call, inputs, dict(optional))
    except Misfit as misfit:
        return Outcome(call, misfit=misfit)
    except Unsound as unsound:
        return Outcome(call, problems=unsound.problems)
    except Exception as error:  # torch raises anything here; its sentence goes to the user
        return Outcome(call, error=plain(error))


def plain(error: Exception) -> str:
    """The first sentence of a torch error without the noise around it."""
    text = str(error).strip().partition("\n")[0].strip()
    return (text or type(error).__name__)[:240]


def _on_meta(call: Call, inputs: tuple[Spec, ...], optional: dict[str, Spec]) -> Outcome:
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(_device(call))
        target, parameters, weight_bytes = _prepare(call)
        runs = [
            _apply(
                call,
                target,
                [_empty(spec, size) for spec in inputs],
                {name: _empty(spec, size) for name, spec in optional.items()},
            )
            for size in BATCHES
        ]
    labels = _labels(call, inputs)
    specs = tuple(_spec(a, b, labels) for a, b in zip(*runs, strict=True))
    grown = sum(b.numel() * b.element_size() - a.numel() * a.element_size() for a, b in zip(*runs, strict=True))
    return Outcome(call, specs, parameters, weight_bytes, grown // (BATCHES[1] - BATCHES[0]))


def _device(call: Call) -> AbstractContextManager[Any]:
    # on meta torch unrolls a recurrent layer step by step (54–87 ms); fake tensors take 1–2 ms
    return FakeTensorMode() if call.target in _RECURRENT else torch.device("meta")


def _prepare(call: Call) -> tuple[Any, int, int]:
    target = resolve(call.target)
    if call.kind != "module":
        return target, 0, 0
    built = target(**{name: value(raw) for name, raw in call.kwargs})
    tensors = list(built.parameters())
    count = sum(one.numel() for one in tensors)
    return built, count, sum(one.numel() * one.element_size() for one in tensors)


def _apply(call: Call, target: Any, inputs: list[Any], optional: dict[str, Any]) -> list[torch.Tensor]:
    result = invoke(call, target, inputs, optional)
    outputs = [pick(result, path) for path in call.picks] if call.picks else [result]
    wrong = next((one for one in outputs if not isinstance(one, torch.Tensor)), None)
    if wrong is not None:
        raise TypeError(f"{call.target} gave {type(wrong).__name__}, not a tensor")
    return outputs


def invoke(call: Call, target: Any, inputs: list[Any], optional: dict[str, Any]) -> Any:
    """Run a resolved target the way its `Call` says."""
    args = [tuple(inputs)] if call.pack else inputs
    extra = call.extra if call.kind == "module" else call.kwargs
    return target(*args, **{name: value(raw) for name, raw in extra}, **optional)


def pick(result: Any, path: tuple[int, ...]) -> Any:
    """The item of a nested result."""
    for index in path:
        result = result[index]
    return result


def concrete(size: int | str, batch: int) -> int:
    """A size with the batch axis filled in: "N" → batch, "4N" → 4 · batch."""
    return size if isinstance(size, int) else int(size[:-1] or 1) * batch


def _empty(spec: Spec, batch: int) -> torch.Tensor:
    sizes = [concrete(size, batch) for size in spec.shape]
    total = 1
    for size in sizes:
        total *= max(size, 1)
    if total * 8 > LARGEST_BYTES:
        raise OverflowError(f"a tensor of {spec} is larger than any memory")
    return torch.empty(sizes, dtype=getattr(torch, spec.dtype))


def _spec(a: torch.Tensor, b: torch.Tensor, classes: int | None) -> Spec:
    shape = tuple(_axis(x, y) for x, y in zip(a.shape, b.shape, strict=True))
    dtype = str(a.dtype).removeprefix("torch.")
    return Spec(shape, dtype, classes if dtype == "int64" else None)


def _axis(x: int, y: int) -> int | str:
    if x == y:
        return int(x)
    times, rest = divmod(y - x, BATCHES[1] - BATCHES[0])
    if rest or times * BATCHES[0] != x:
        raise Misfit("an operation whose sizes grow in step with the batch")
    return "N" if times == 1 else f"{times}N"


def _labels(call: Call, inputs: tuple[Spec, ...]) -> int | None:
    """Class labels stay class labels through anything that only reshapes them."""
    return inputs[0].classes if len(inputs) == 1 and call.kind == "function" else None
