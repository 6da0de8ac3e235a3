"""Against torch's own sample inputs: every module that has a node, on every combination of arguments it holds."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest
import torch
from torch import nn

pytest.importorskip("expecttest", reason="torch's sample inputs need expecttest")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import module_db

from neuralgraph.compiler.infer import infer
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import Memo
from neuralgraph.errors import ParameterError
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Misfit, Spec

MADE = {"TransformerEncoder", "LSTMCell", "FractionalMaxPool2d", "CTCLoss"}
"""Made from other arguments, or at random: compared in the harness over the catalogue."""
INFERRED = {"in_features", "in_channels", "num_features", "input_size", "d_model", "embed_dim", "in1_features",
            "in2_features", "normalized_shape", "num_channels", "batch_first", "device", "dtype", "inplace", "kdim",
            "vdim", "num_parameters", "size_average", "reduce"}
"""Constructor arguments that a node takes from its wires, or that do not change the numbers."""


def cases() -> list[Any]:
    found = []
    for info in module_db:
        name = info.module_cls.__name__
        if name in CATALOG and name not in MADE:
            found.append(pytest.param(info, id=name))
    return found


def given(module: type[nn.Module], args: Any, kwargs: Any) -> dict[str, Any]:
    """The constructor arguments by name, defaults left out."""
    signature = inspect.signature(module.__init__)
    bound = signature.bind(None, *args, **kwargs)
    bound.apply_defaults()
    known = {name: value for name, value in bound.arguments.items() if name not in ("self", "kwargs", "args")}
    return known | bound.arguments.get("kwargs", {})


def usual(module: type[nn.Module], name: str) -> Any:
    """What torch takes where nothing is given."""
    found = inspect.signature(module.__init__).parameters.get(name)
    return found.default if found is not None else inspect.Parameter.empty


def said(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments that a node calls otherwise."""
    found = dict(arguments)
    shape = found.get("normalized_shape")
    if name == "LayerNorm" and isinstance(shape, list | tuple):
        found["axes_joined"] = len(shape)
    if name == "RMSNorm" and (found.get("eps") is None or len(shape or ()) > 1):
        found["no such"] = True
    if name == "PReLU" and found.pop("num_parameters", 1) > 1:
        found["each"] = True
    if "Pad" in name and isinstance(found.get("padding"), tuple):
        found["edges"], found["padding"] = found["padding"], 0
    if name.startswith("InstanceNorm") and not found.get("track_running_stats"):
        found.pop("momentum", None)
    return found


def node_of(module: type[nn.Module], arguments: dict[str, Any]) -> Any:
    """The node with these arguments; None where they cannot be said with it."""
    name = module.__name__
    kind, params = CATALOG[name], {}
    for key, value in said(name, arguments).items():
        if key in kind.params and (value is not None or kind.params[key].optional):
            params[key] = value
        elif key not in INFERRED and value is not None and value != usual(module, key):
            return None
    try:
        return kind(**params)
    except ParameterError:
        return None


def computed(node: Any, tensors: list[torch.Tensor], oracle: nn.Module) -> list[torch.Tensor] | None:
    """What the node makes of these tensors with the oracle's weights; None where it refuses them, in words."""
    names = [port.name for port in node.ports][: len(tensors)]
    nodes = {"it": Placed("it", node.type, FrozenDict(node.values))}
    edges, sources = {}, {}
    for name, tensor in zip(names, tensors, strict=True):
        nodes[f"in_{name}"] = Placed(f"in_{name}", "Input")
        edges["it", name] = Edge(f"in_{name}", "out", "it", name)
        shape = tuple("N" if at == 0 else size for at, size in enumerate(tensor.shape))
        classes = int(tensor.max()) + 1 if tensor.dtype == torch.int64 and tensor.numel() else None
        sources[f"in_{name}"] = {"out": Spec(shape, str(tensor.dtype).removeprefix("torch."), classes)}
    inference = infer(Graph(nodes, edges), CATALOG, sources, Memo())
    if inference.problems:
        assert all(one.message and "Traceback" not in one.message for one in inference.problems)
        return None
    program = Program(Graph(nodes, edges), inference, seed=0)
    mine = program.root.get_submodule("it") if hasattr(program.root, "it") else None
    if mine is not None:
        mine.load_state_dict(oracle.state_dict())
    program.root.train(oracle.training)
    torch.manual_seed(0)
    values = program.trace({f"in_{name}": one for name, one in zip(names, tensors, strict=True)}, ["it"])
    return list(values.values())


def flat(value: Any) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else [leaf for one in value for leaf in flat(one)]


def one(name: str, module: type[nn.Module], sample: Any, training: bool) -> bool:
    """Compares one sample; False where the node cannot say it."""
    arguments = given(module, sample.constructor_input.args, sample.constructor_input.kwargs)
    node = node_of(module, arguments)
    tensors = [one for one in sample.forward_input.args if isinstance(one, torch.Tensor)]
    if node is None or len(tensors) != len(sample.forward_input.args) or sample.forward_input.kwargs:
        return False
    if len(tensors) > len(node.ports) or any(one.dim() == 0 for one in tensors):
        return False
    oracle = module(*sample.constructor_input.args, **sample.constructor_input.kwargs).train(training)
    if getattr(oracle, "batch_first", True) is False:
        return False
    try:
        torch.manual_seed(0)
        expected = flat(oracle(*tensors))
    except RuntimeError:
        return False
    try:
        got = computed(node, tensors, oracle)
    except Misfit:
        return False
    if got is None:
        return False
    assert len(got) <= len(expected)
    for mine, theirs in zip(got, expected, strict=False):
        assert mine.shape == theirs.shape and mine.dtype == theirs.dtype
        assert torch.equal(mine, theirs) or torch.allclose(mine, theirs, rtol=1e-6, atol=1e-7, equal_nan=True)
    return True


@pytest.mark.parametrize("info", cases())
@pytest.mark.filterwarnings("ignore")
def test_a_node_is_its_module_on_torchs_own_samples(info: Any) -> None:
    name = info.module_cls.__name__
    compared = 0
    for training in (True, False):
        torch.manual_seed(1)
        samples = info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False,
                                          training=training)
        compared += sum(one(name, info.module_cls, sample, training) for sample in samples)
    if not compared:
        pytest.skip(f"{name}: none of torch's samples can be said with wires")


def test_nearly_every_module_has_a_node() -> None:
    names = {info.module_cls.__name__ for info in module_db}
    missing = {name for name in names if name not in CATALOG}
    lazy = {name for name in names if name.startswith("Lazy")}
    share = len(names - lazy - missing) / len(names - lazy)
    print(f"\n{len(names - missing)} of {len(names)} modules have a node; {share:.1%} without the lazy ones")
    assert share >= 0.95


def test_every_module_of_torch_has_a_node_or_a_word_about_what_to_take() -> None:
    kinds = {name for name, one in vars(nn).items() if inspect.isclass(one) and issubclass(one, nn.Module)}
    silent = {name for name in kinds if name not in CATALOG and not CATALOG.why_not(name)}
    assert not silent, silent
    assert not set(CATALOG.left_out) & set(CATALOG), "it is there after all"
    assert "Softmax with dim = 1" in CATALOG.why_not("nn.softmax2d") and not CATALOG.why_not("Linear")
