"""Against torch's own sample inputs: every node that is one function of torch, alone in a graph.

Forwards and backwards. What a node cannot say with its wires and parameters is left out, by rule and not by choice.
"""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import pytest
import torch
from node_examples import ORACLES
from torch.overrides import get_testing_overrides

from neuralgraph.compiler.infer import infer
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import Memo
from neuralgraph.errors import ParameterError
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Node, Spec
from tests import op_words as words

pytest.importorskip("expecttest", reason="torch's sample inputs need expecttest")

LOOKED, TRIED, TAKEN = 120, 15, 5
"""So many samples of an operator are looked at; of those that a node can say so many are tried, evenly chosen, until so
many were taken."""

@cache
def database() -> dict[str, Any]:
    """torch's operators by name; reading them takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    plain = {one.name: one for one in reversed(op_db)}  # of variants the first
    aliases = {alias.name: one for one in op_db for alias in one.aliases}
    return aliases | plain | {f"{one.name}/{one.variant_test_name}": one for one in op_db}


def target(kind: type[Node]) -> str:
    """The function that a node calls; "" where it is a module, or no call at all."""
    given = ORACLES.get(kind.__name__)
    if given is None or kind.role == "source":
        return ""
    call = kind(**given.params).call(*given.inputs.values())
    return call.target if call.kind == "function" or kind.__name__ in words.OPERATORS else ""


FUNCTIONS = {kind: found for kind in CATALOG.values() if (found := target(kind))}


def operator(kind: type[Node]) -> Any:
    """torch's entry for it; None where there is none."""
    name = FUNCTIONS[kind].removeprefix("torch.").removeprefix("Tensor.")
    return database().get(words.OPERATORS.get(kind.__name__, name))


@dataclass(frozen=True, eq=False)
class Case:
    """One sample said with a node. Inputs by port: torch's tensor, and which half of it where it is complex."""

    node: Node
    inputs: dict[str, tuple[torch.Tensor, int]]
    sample: Any

    def tensors(self) -> dict[str, torch.Tensor]:
        """Fresh inputs, each a leaf where torch's has a gradient."""
        found = {}
        for port, (one, half) in self.inputs.items():
            fresh = torch.view_as_real(one.detach())[..., half] if one.is_complex() else one.detach()
            found[port] = fresh.clone().requires_grad_(one.requires_grad)
        return found


def tensors(value: Any) -> bool:
    return isinstance(value, torch.Tensor) or (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(one, torch.Tensor) for one in value))


def signature(name: str, op: Any) -> inspect.Signature | None:
    known = words.SIGNATURES.get(name, get_testing_overrides().get(op))
    try:
        return inspect.signature(known if known is not None else op)
    except ValueError:
        return None


def said(kind: type[Node], op: Any, sample: Any) -> Case | None:
    """The sample as node and inputs; None where the node has no words for it."""
    form = signature(kind.__name__, op.op)
    if form is None:
        return None
    try:
        bound = form.bind(sample.input, *sample.args, **sample.kwargs)
    except TypeError:
        return None
    bound.apply_defaults()
    given = words.reworded(kind.__name__, bound.arguments)
    if given is None:
        return None
    inputs: list[tuple[str, torch.Tensor]] = []
    params: dict[str, Any] = {}
    for name, value in given.items():
        if tensors(value):
            inputs += [(name, value)] if isinstance(value, torch.Tensor) else [(name, one) for one in value]
        elif not put(kind, name, value, params) and not unimportant(form, name, value):
            return None
    try:
        node = kind(**params)
    except ParameterError:
        return None
    ports = ported(node, inputs)
    return Case(node, ports, sample) if ports and all(one.numel() for one, _ in ports.values()) else None


def unimportant(form: inspect.Signature, name: str, value: Any) -> bool:
    """An argument that a node need not say: torch's own choice, or one that changes nothing."""
    usual = form.parameters[name].default if name in form.parameters else None
    return name in words.SILENT or value is None or (name in form.parameters and value in (usual, (), {}))


def put(kind: type[Node], name: str, value: Any, params: dict[str, Any]) -> bool:
    """Set the parameter that stands for an argument; False where there is none."""
    name = words.CALLED.get(kind.__name__, {}).get(name, name)
    one = kind.params.get(name)
    if one is None:
        return False
    if one.kind == "ints":
        value = () if value is None else (value,) if isinstance(value, int) else tuple(value)
    elif isinstance(value, list | torch.Size):
        value = tuple(value)
    elif isinstance(value, torch.dtype):
        value = str(value).removeprefix("torch.")
    elif one.kind == "choice" and isinstance(value, int | float):
        value = str(value)
    params[name] = value  # None, too, is refused where it means «all axes» and the node takes one
    return True


def ported(node: Node, inputs: list[tuple[str, torch.Tensor]]) -> dict[str, tuple[torch.Tensor, int]] | None:
    """Tensors by port: by name where a port is called so, else in order; complex ones on two ports."""
    halves = [(name, one, half) for name, one in inputs for half in (range(2) if one.is_complex() else range(1))]
    if any(port.many for port in node.ports):
        return {f"xs_{number}": (one, half) for number, (_, one, half) in enumerate(halves)}
    called = {name for name, _ in inputs}
    names, found = {port.name for port in node.ports}, {}
    free = [port.name for port in node.ports if port.name not in called]
    for name, one, half in halves:
        if name not in names or name in found:
            if not free:
                return None
            name = free.pop(0)
        found[name] = (one, half)
    return found if {port.name for port in node.ports if not port.optional} <= set(found) else None


def program(case: Case) -> Program | None:
    """The node alone in a graph, with a batch in front where it can be one; None where it refuses, in words."""
    inputs = case.tensors()
    leading = {one.shape[0] if one.dim() else None for one in inputs.values()}
    alike = len(leading) == 1 and None not in leading and case.node.type not in words.UNBATCHED
    for batched in (True, False) if alike else (False,):
        nodes = {"it": Placed("it", case.node.type, FrozenDict(case.node.values))}
        edges, sources = {}, {}
        for port, one in inputs.items():
            nodes[f"in_{port}"] = Placed(f"in_{port}", "Input")
            edges["it", port] = Edge(f"in_{port}", "out", "it", port)
            sizes = tuple(one.shape)
            classes = int(one.max()) + 1 if one.dtype == torch.int64 and one.numel() else None
            sources[f"in_{port}"] = {"out": Spec(("N", *sizes[1:]) if batched else sizes,
                                                 str(one.dtype).removeprefix("torch."), classes)}
        graph = Graph(nodes, edges)
        inference = infer(graph, CATALOG, sources, Memo())
        if not inference.problems and "it" in inference.calls:
            return Program(graph, inference, seed=0)
        assert all(one.message.endswith(".") and "Traceback" not in one.message for one in inference.problems)
    return None


@cache
def cases(kind: type[Node]) -> list[tuple[Case, Program]]:
    """The samples that a node can say, evenly chosen among those that are looked at."""
    op = operator(kind)
    if op is None:
        return []
    wanted = torch.complex64 if kind.__name__ in words.COMPLEX else torch.float32
    dtype = wanted if wanted in op.dtypes else next(iter(op.dtypes))
    grad = op.supports_autograd and (dtype.is_floating_point or dtype.is_complex)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = list(islice(op.sample_inputs("cpu", dtype, requires_grad=grad), LOOKED))
        sayable = [case for sample in samples if (case := said(kind, op, sample)) is not None]
        tried = sorted(range(len(sayable)), key=lambda number: (number % max(1, len(sayable) // TAKEN), number))[:TRIED]
        taken = ((sayable[number], program(sayable[number])) for number in tried)
        return list(islice(((case, made) for case, made in taken if made is not None), TAKEN))


def flat(value: Any) -> list[torch.Tensor]:
    """Tensors one by one, complex ones as their two parts."""
    if isinstance(value, torch.Tensor):
        return [value.real, value.imag] if value.is_complex() else [value]
    return [leaf for one in value for leaf in flat(one)]


def close(mine: torch.Tensor | None, theirs: torch.Tensor | None) -> bool:
    if mine is None or theirs is None:
        return all(one is None or not one.count_nonzero() for one in (mine, theirs))
    return mine.shape == theirs.shape and mine.dtype == theirs.dtype and torch.allclose(
        mine, theirs, rtol=1e-5, atol=1e-6, equal_nan=True)


def renewed(value: Any, leaves: dict[tuple[int, int], torch.Tensor]) -> Any:
    """Arguments with every tensor that has a gradient as a leaf of its own; complex ones made of two."""
    if isinstance(value, torch.Tensor):
        parts = torch.view_as_real(value.detach()).unbind(-1) if value.is_complex() else (value.detach(),)
        fresh = [one.clone().requires_grad_(value.requires_grad) for one in parts]
        leaves.update({(id(value), half): one for half, one in enumerate(fresh)})
        return torch.complex(*fresh) if value.is_complex() else fresh[0]
    if isinstance(value, list | tuple):
        return type(value)(renewed(one, leaves) for one in value)
    return value


def slopes(outputs: list[torch.Tensor], leaves: list[torch.Tensor]) -> list[torch.Tensor | None]:
    """The gradients of all outputs that have one, weighed by numbers that are the same every time."""
    judged = [one for one in outputs if one.requires_grad]
    if not judged or not leaves:
        return [None] * len(leaves)
    draw = torch.Generator().manual_seed(0)
    weights = [torch.rand(one.shape, generator=draw) for one in judged]
    return list(torch.autograd.grad(judged, leaves, weights, allow_unused=True))


def compare(op: Any, case: Case, made: Program) -> None:
    leaves: dict[tuple[int, int], torch.Tensor] = {}
    sample, mine = case.sample, case.tensors()
    given = [renewed(one, leaves) for one in (sample.input, list(sample.args))]
    named = {name: renewed(one, leaves) for name, one in sample.kwargs.items()}
    torch.manual_seed(42)  # torch's own random operators set it so
    expected = [words.expected(case.node.type, one) for one in flat(op(given[0], *given[1], **named))]
    torch.manual_seed(42)
    grad = any(one.requires_grad for one in mine.values())
    got = list(made.trace({f"in_{port}": one for port, one in mine.items()}, ["it"], grad=grad).values())
    assert len(got) == len(expected)
    assert all(close(one, two) for one, two in zip(got, expected, strict=True)), case
    ports = [port for port, one in mine.items() if one.requires_grad]
    found = slopes(got, [mine[port] for port in ports])
    wanted = slopes(expected, [leaves[id(case.inputs[port][0]), case.inputs[port][1]] for port in ports])
    assert all(close(one, two) for one, two in zip(found, wanted, strict=True)), case


@pytest.mark.parametrize("kind", FUNCTIONS, ids=lambda one: one.__name__)
@pytest.mark.filterwarnings("ignore")
def test_a_node_is_its_function_on_torchs_own_samples(kind: type[Node]) -> None:
    op, name = operator(kind), kind.__name__
    if op is None:
        pytest.skip(f"{name}: torch has no samples of {FUNCTIONS[kind]}")
    found = cases(kind)
    assert bool(found) != (name in words.UNSAID), f"{name}: {len(found)} samples can be said"
    for case, made in found:
        compare(op, case, made)


def test_nearly_every_function_is_compared() -> None:
    known = [kind for kind in FUNCTIONS if operator(kind) is not None]
    counts = {kind.__name__: len(cases(kind)) for kind in known}
    compared = sum(bool(one) for one in counts.values())
    print(f"\n{len(known)} of {len(FUNCTIONS)} function nodes have an operator with samples; "
          f"{compared} compared on {sum(counts.values())} samples")
    assert len(known) / len(FUNCTIONS) >= 0.95
    assert compared / len(known) >= 0.95
    assert sum(counts.values()) >= 650


@pytest.mark.parametrize(("right", "wrong"), [("Sin", "Cos"), ("ReLU", "GELU"), ("MSELoss", "L1Loss")])
def test_the_comparison_can_fail(right: str, wrong: str) -> None:
    case, _ = cases(CATALOG[right])[-1]
    mixed = Case(CATALOG[wrong](), case.inputs, case.sample)
    made = program(mixed)
    assert made is not None
    with pytest.raises(AssertionError):
        compare(operator(CATALOG[right]), mixed, made)


def test_a_wrong_gradient_alone_is_found() -> None:
    case, _ = cases(CATALOG["Abs"])[-1]
    stopped = Case(CATALOG["Detach"](), case.inputs, case.sample)
    made = program(stopped)
    assert made is not None
    with pytest.raises(AssertionError):
        compare(lambda x: x * 1.0, stopped, made)
