"""What other devices lack is not asked of them: a stand-in for MPS, which has no float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.compiler.blocks.fitted import exact
from neuralgraph.compiler.turns import seeded
from neuralgraph.data.feed import make_feed
from neuralgraph.errors import DataError
from neuralgraph.graph.plan import Plan
from neuralgraph.training import distributed
from neuralgraph.training.company import ALONE
from neuralgraph.training.faults import explained
from neuralgraph.training.measuring import slopes
from neuralgraph.training.tally import Tally


class Mps(torch.Tensor):
    """Numbers that say they lie on an MPS device, and refuse what it refuses."""

    @classmethod
    def __torch_function__(cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "__get__" and func == torch.Tensor.device.__get__:
            return torch.device("mps")
        if name == "double" or any(one is torch.float64 for one in (*args, *kwargs.values())):
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support it.")
        if name == "cpu":
            with torch._C.DisableTorchFunctionSubclass():
                return args[0].as_subclass(torch.Tensor)
        return super().__torch_function__(func, types, args, kwargs)


def mps(*numbers: float) -> Mps:
    return torch.tensor(numbers).as_subclass(Mps)


def test_the_stand_in_refuses_what_mps_refuses() -> None:
    one = mps(1.0, 2.0)
    assert one.device.type == "mps" and type(one.cpu()) is torch.Tensor
    for wrong in (one.double, lambda: one.to(torch.float64), lambda: one.to("cpu", torch.float64)):
        with pytest.raises(TypeError, match="float64"):
            wrong()


class Learner:
    losses = ("loss",)


def test_losses_are_told() -> None:
    tally = Tally([Learner()], {"loss": 1.0}, ALONE)  # type: ignore[list-item]
    tally.begin((torch.zeros(2, 1),))
    tally.hear(0, mps(0.25)[0], ())
    assert tally.tell(np.array([2.0])).losses.tolist() == [0.25]


def test_gradients_are_measured_and_blocks_are_fitted() -> None:
    class Program:
        class graph:  # noqa: N801
            nodes: dict[str, Any] = {}

        class inference:  # noqa: N801
            order = ("linear_1",)

        def owner(self, name: str) -> str:
            return "linear_1"

    weight = mps(3.0, 4.0).reshape(1, 2)
    weight.grad = mps(3.0, 4.0).reshape(1, 2)
    (found,) = slopes(Program(), [("linear_1.weight", weight)])
    assert found.gradient == pytest.approx((25 / 2) ** 0.5)
    assert exact(mps(1.0, 2.0)).dtype == torch.float64


def test_float64_on_mps_is_refused_in_words() -> None:
    with pytest.raises(DataError, match=r"float64, which MPS does not have\. Choose float32"):
        make_feed({"x": np.zeros((4, 1), np.float32)}, Plan(precision="float64"), device="mps")


def test_an_operation_that_mps_lacks_is_named_with_what_helps() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(2,), id="x")
    g.add("Output", x)
    error = NotImplementedError("The operator 'aten::_ctc_loss' is not currently implemented for the MPS device. If "
                                "you want this op to be considered for addition please comment on …")
    failed = explained(error, ng.compile(g), 0, 3)
    assert failed.message == "The run stopped: torch's «_ctc_loss» is not there on MPS."
    assert "PYTORCH_ENABLE_MPS_FALLBACK=1" in failed.hint and "device cpu" in failed.hint


@pytest.mark.parametrize(("cuda", "nccl", "backend"), [
    (False, False, "gloo"), (True, True, "cpu:gloo,cuda:nccl"), (True, False, "gloo")])
def test_gpus_talk_through_nccl_where_torch_has_it(monkeypatch: pytest.MonkeyPatch, cuda: bool, nccl: bool,
                                                   backend: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(distributed.dist, "is_nccl_available", lambda: nccl)
    assert distributed.backend_here() == backend


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_a_seed_inside_leaves_the_random_numbers_of_cuda_alone() -> None:
    torch.rand(1, device="cuda")
    before = torch.cuda.get_rng_state()
    with seeded(5):
        torch.rand(9, device="cuda")
    assert torch.equal(before, torch.cuda.get_rng_state())
