"""A run that fails says where and why, and gives back weights that work."""

from __future__ import annotations

import numpy as np
import torch

import neuralgraph as ng
from neuralgraph.training.events import Failed, Paused


def failing(lr: float, log: bool) -> tuple[ng.Graph, Failed]:
    g = ng.Graph()
    x = g.add("Input", shape=(3,), id="x")
    y = g.add("Input", shape=(2,), id="y")
    h = g.add("Linear", x, out_features=2, id="first")
    h = g.add("Log", h, id="bad") if log else h
    g.add("MSELoss", g.add("Linear", h, out_features=2, id="last"), y, id="error")
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(size=(64, 3)).astype(np.float32), "y": rng.normal(size=(64, 2)).astype(np.float32)}
    events = list(ng.fit(g, data=arrays, lr=lr, optimizer="SGD", epochs=50, validation=0))
    assert isinstance(events[-1], Failed)
    return g, events[-1]


def test_the_node_that_cannot_take_its_input_is_named() -> None:
    g, failed = failing(1e-3, log=True)
    assert failed.node == "bad"
    assert "output of bad" in failed.message
    assert g.session.program is not None
    assert all(torch.isfinite(one).all() for one in g.session.program.state_dict().values())


def test_a_rate_that_is_too_high_is_named_and_the_weights_go_back() -> None:
    g, failed = failing(1e6, log=False)
    assert failed.node in ("first", "last")
    assert "rate of 100000" in failed.hint
    assert g.session.program is not None
    assert all(torch.isfinite(one).all() for one in g.session.program.state_dict().values())


def test_a_gradient_that_is_no_number_is_found_behind_a_finite_loss() -> None:
    """The root is 0 at 0, and infinitely steep there: the loss is a number, the weights after the step are none."""
    g = ng.Graph()
    x, y = g.add("Input", shape=(3,), id="x"), g.add("Input", shape=(2,), id="y")
    h = g.add("Pow", g.add("Linear", x, out_features=2, bias=False, id="first"), power=2.0)
    g.add("MSELoss", g.add("Linear", g.add("Pow", h, power=0.5, id="root"), out_features=2, id="last"), y, id="loss")
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(size=(64, 3)).astype(np.float32), "y": rng.normal(size=(64, 2)).astype(np.float32)}
    arrays["x"][::2] = 0
    for batch_size, epochs in ((32, 3), (64, 3), (64, 1)):  # noticed in the next batch, the next epoch, at the end
        failed = list(ng.fit(g, data=arrays, epochs=epochs, batch_size=batch_size, validation=0))[-1]
        assert isinstance(failed, Failed) and failed.node == "root"
        assert failed.message.startswith("At step 1 the gradient through root")
        assert g.session.program is not None
        assert all(torch.isfinite(one).all() for one in g.session.program.state_dict().values())


def test_stopping_right_behind_a_spoilt_step_says_so_and_keeps_nothing_of_it() -> None:
    g = ng.Graph()
    x, y = g.add("Input", shape=(2,), id="x"), g.add("Input", shape=(1,), id="y")
    h = g.add("Pow", g.add("Linear", x, out_features=1, bias=False, id="lin"), power=0.5, id="root")
    g.add("MSELoss", h, y, id="loss")
    arrays = {"x": np.zeros((8, 2), np.float32), "y": np.ones((8, 1), np.float32)}
    control = g.session.control()
    control.one_batch()
    told = []
    for event in ng.fit(g, data=arrays, control=control, validation=0):
        told.append(event)
        if isinstance(event, Paused):
            control.stop()
    assert isinstance(told[-1], Failed) and told[-1].node == "root"
    assert g.session.program is not None
    assert all(torch.isfinite(one).all() for one in g.session.program.state_dict().values())
    g.session.program.root.lin.weight.data.fill_(float("nan"))
    assert g.session.run is not None and g.session.run.checkpoint is not None
    g.session.run.checkpoint = None  # without the last good snapshot it goes on from the weights there are
    events = list(g.session.train(data=arrays, fresh=False))
    assert isinstance(events[-1], Failed) and "not all numbers" in events[-1].message
