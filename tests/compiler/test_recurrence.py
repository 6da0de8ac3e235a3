"""A drawn cell run over the time axis: equal to torch's layers, in both directions, with masks, cut gradients, states
of every kind; and what is wrong with it said at its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_cells import F, H, L, N, errors, first, gru, lstm, masked, net, rnn, sequences
from torch import Tensor, nn

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.graph.edits import ChangeNode

CELLS: dict[str, tuple[Callable[..., ng.Graph], type[nn.RNNBase]]] = {
    "RNN": (rnn, nn.RNN), "GRU": (gru, nn.GRU), "LSTM": (lstm, nn.LSTM)}
LAYERS = sorted(CELLS)


def same_weights(program: Program, layer: nn.RNNBase) -> None:
    own = dict(layer.named_parameters())
    ways = {"cell": "", "back": "_reverse"} if layer.bidirectional else {"cell": ""}
    program.load_state_dict({
        f"r.{way}.{part}.{kind}": own[f"{kind}_{part}_l0{suffix}"].detach()
        for way, suffix in ways.items() for part in ("ih", "hh") for kind in ("weight", "bias")})


def call(program: Program, **inputs: Tensor) -> dict[str, Tensor]:
    """The outputs with a gradient, without `r.` before their names."""
    found = program.module(*(inputs[key] for key in program.module_inputs))
    return {name.rpartition(".")[2]: one for name, one in found.items()}


def close(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-6)


def layer_of(name: str, **options: bool) -> nn.RNNBase:
    torch.manual_seed(1)
    return CELLS[name][1](F, H, batch_first=True, **options)


# -- equal to torch -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_a_drawn_cell_equals_the_layer_of_torch(name: str) -> None:
    program, layer = ng.compile(net(CELLS[name][0]())), layer_of(name)
    same_weights(program, layer)
    x, twin = sequences().requires_grad_(), sequences().requires_grad_()
    found = call(program, s=x)
    output, final = layer(twin)
    assert close(found["y"], output)
    finals = final if isinstance(final, tuple) else (final,)
    for state, wanted in zip("hc", finals, strict=False):
        assert close(found[f"{state}_n"], wanted[0])
    weigh = torch.linspace(-1, 1, output.numel()).view_as(output)
    ((found["y"] * weigh).sum() + sum(found[f"{state}_n"].sum() for state in "hc"[: len(finals)])).backward()
    ((output * weigh).sum() + sum(one.sum() for one in finals)).backward()
    assert close(x.grad, twin.grad)
    own = dict(program.root.named_parameters())
    for part in ("ih", "hh"):
        for kind in ("weight", "bias"):
            assert torch.allclose(
                own[f"r.cell.{part}.{kind}"].grad, getattr(layer, f"{kind}_{part}_l0").grad, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_both_directions_equal_the_bidirectional_layer(name: str) -> None:
    program, layer = ng.compile(net(CELLS[name][0](), direction="both")), layer_of(name, bidirectional=True)
    same_weights(program, layer)
    found, (output, final) = call(program, s=sequences()), layer(sequences())
    h = final[0] if isinstance(final, tuple) else final
    assert close(found["y"], output)
    assert close(found["h_n"], torch.cat((h[0], h[1]), dim=-1))


def test_backward_reads_from_the_end() -> None:
    g = net(gru(), direction="backward")
    program, layer = ng.compile(g), layer_of("GRU")
    same_weights(program, layer)
    found, (output, final) = call(program, s=sequences()), layer(sequences().flip(1))
    assert close(found["y"], output.flip(1))
    assert close(found["h_n"], final[0])


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_the_last_output_is_that_of_the_last_step_it_reads(direction: str) -> None:
    whole, last = (ng.compile(net(lstm(), direction=direction, output=way)) for way in ("sequence", "last"))
    last.load_state_dict(whole.state_dict())
    every, one = call(whole, s=sequences())["y"], call(last, s=sequences())["y"]
    there, again = every[:, -1], every[:, 0]
    if direction == "both":
        assert torch.equal(one, torch.cat((there[:, :H], again[:, H:]), dim=-1))
    else:
        assert torch.equal(one, there if direction == "forward" else again)


# -- states ---------------------------------------------------------------------------------------------------------


def test_wired_states_are_where_it_starts() -> None:
    g = net(lstm(initial="wired"), h=first("h"), c=first("c"))
    assert g.session.ports_of("r")[0] == ["x", "h", "c", "mask"]
    program, layer = ng.compile(g), layer_of("LSTM")
    same_weights(program, layer)
    h, c = (one.requires_grad_() for one in torch.randn(2, N, H, generator=torch.Generator().manual_seed(2)))
    found = call(program, s=sequences(), h0=h, c0=c)
    output, _ = layer(sequences(), (h[None], c[None]))
    assert close(found["y"], output)
    mine = torch.autograd.grad(found["y"].square().sum(), (h, c))
    theirs = torch.autograd.grad(output.square().sum(), (h, c))
    assert all(close(a, b) for a, b in zip(mine, theirs, strict=True))


def test_a_learned_start_has_the_gradient_of_the_start() -> None:
    program, layer = ng.compile(net(rnn(initial="learned"))), layer_of("RNN")
    own = program.state_dict()
    assert own["r.h_0"].shape == (H,)
    start = torch.linspace(-0.5, 0.5, H)
    weights = {f"r.cell.{part}.{kind}": getattr(layer, f"{kind}_{part}_l0").detach()
               for part in ("ih", "hh") for kind in ("weight", "bias")}
    program.load_state_dict({**weights, "r.h_0": start})
    found = call(program, s=sequences())["y"]
    wanted = start.clone().requires_grad_()
    output, _ = layer(sequences(), wanted.expand(1, N, H))
    assert close(found, output)
    found.square().sum().backward()
    output.square().sum().backward()
    assert torch.allclose(dict(program.root.named_parameters())["r.h_0"].grad, wanted.grad, rtol=1e-6, atol=1e-5)


def test_both_directions_learn_a_start_each_and_it_is_counted() -> None:
    g = net(rnn(initial="learned"), direction="both")
    own = ng.compile(g).state_dict()
    assert {name for name in own if "h_0" in name} == {"r.h_0", "r.h_0_back"}
    assert sum(one.numel() for one in own.values()) == ng.summary(g).parameters == 2 * (F * H + H + H * H + H + H)


def test_a_cell_without_weights_follows_the_dtype_of_its_sequence() -> None:
    g = ng.Graph()
    h = g.add("State", id="h", shape=(F,))
    total = g.add("Add", g.add("Input", id="x", shape=(F,)), h)
    g.add("NextState", total)
    g.add("Output", total, id="y")
    program = ng.compile(net(g))
    assert close(call(program, s=sequences())["y"], sequences().cumsum(1))
    assert call(program, s=sequences().double())["y"].dtype == torch.float64


# -- lengths --------------------------------------------------------------------------------------------------------

LENGTHS = (7, 1, 4, 0)


@pytest.mark.parametrize("output", ["sequence", "last"])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_a_mask_is_as_if_each_sequence_were_run_alone(direction: str, output: str) -> None:
    with_mask = ng.compile(net(lstm(), direction=direction, output=output, mask=masked))
    x = sequences()
    mask = torch.tensor([[float(at < length) for at in range(L)] for length in LENGTHS])
    found = call(with_mask, s=x, m=mask)
    for row, length in enumerate(LENGTHS):
        if not length:
            assert not found["y"][row].any()
            assert not found["h_n"][row].any()
            continue
        alone = ng.compile(net(lstm(), shape=(length, F), direction=direction, output=output))
        alone.load_state_dict(with_mask.state_dict())
        wanted = call(alone, s=x[row : row + 1, :length])
        for name in ("h_n", "c_n"):
            assert close(found[name][row], wanted[name][0])
        if output == "last":
            assert close(found["y"][row], wanted["y"][0])
        else:
            assert close(found["y"][row, :length], wanted["y"][0])
            assert not found["y"][row, length:].any(), "nothing where there is no step"


def test_what_only_fills_up_has_no_gradient() -> None:
    program = ng.compile(net(gru(), mask=masked))
    mask = torch.tensor([[float(at < length) for at in range(L)] for length in LENGTHS])
    x = sequences().requires_grad_()
    found = call(program, s=x, m=mask)
    (found["y"].sum() + found["h_n"].sum()).backward()
    there = mask.bool()
    assert (x.grad[there] != 0).any()
    assert not x.grad[~there].any()


def by_hand(layer: nn.RNNBase, x: Tensor, every: int, backwards: bool = False) -> Tensor:
    h, found = torch.zeros(len(x), H), []
    for count, at in enumerate(reversed(range(L)) if backwards else range(L)):
        h = h.detach() if count and count % every == 0 else h
        h = torch.tanh(nn.functional.linear(x[:, at], layer.weight_ih_l0, layer.bias_ih_l0)
                       + nn.functional.linear(h, layer.weight_hh_l0, layer.bias_hh_l0))
        found.append(h)
    return torch.stack(found[::-1] if backwards else found, dim=1)


@pytest.mark.parametrize("every", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_truncate_cuts_the_gradient_every_few_steps(every: int, direction: str) -> None:
    program, layer = ng.compile(net(rnn(), truncate=every, direction=direction)), layer_of("RNN")
    same_weights(program, layer)
    x, twin = sequences().requires_grad_(), sequences().requires_grad_()
    weigh = torch.arange(1.0, L + 1)[:, None]
    found, wanted = call(program, s=x)["y"], by_hand(layer, twin, every, direction == "backward")
    assert close(found, wanted)
    (found * weigh).sum().backward()
    (wanted * weigh).sum().backward()
    assert torch.allclose(x.grad, twin.grad, rtol=1e-6, atol=1e-5)
    own = dict(program.root.named_parameters())["r.cell.hh.weight"].grad
    assert torch.allclose(own, layer.weight_hh_l0.grad, rtol=1e-6, atol=1e-5)


# -- what is inside -------------------------------------------------------------------------------------------------


def nested() -> ng.Graph:
    gate = ng.Graph()
    a, b = gate.add("Input", id="a", shape=(F,)), gate.add("Input", id="b", shape=(H,))
    total = gate.add("Add", gate.add("Linear", a, out_features=H, id="ih"),
                     gate.add("Linear", b, out_features=H, id="hh"))
    gate.add("Output", gate.add("Tanh", total), id="y")
    g = ng.Graph()
    g.define("Gate", gate)
    x, h = g.add("Input", id="x", shape=(F,)), g.add("State", id="h", shape=(H,))
    after = g.add("Module", x, h, definition="Gate", id="gate")
    g.add("NextState", after)
    g.add("Output", after, id="y")
    return g


def test_a_module_inside_the_cell() -> None:
    g, layer = net(nested()), layer_of("RNN")
    program = ng.compile(g)
    program.load_state_dict({f"r.cell.gate.{part}.{kind}": getattr(layer, f"{kind}_{part}_l0").detach()
                             for part in ("ih", "hh") for kind in ("weight", "bias")})
    assert close(call(program, s=sequences())["y"], layer(sequences())[0])
    assert ng.shapes(g)["r/gate/ih"]["out"].shape == ("N", H)
    assert ng.shapes(g)["r/gate"]["y"].shape == ("N", H)


def test_a_recurrent_inside_the_cell_of_another() -> None:
    outer = ng.Graph()
    outer.define("Inner", rnn())
    words, h = outer.add("Input", id="x", shape=(2, F)), outer.add("State", id="h", shape=(H,))
    read = outer.add("Recurrent", words, definition="Inner", output="last", id="read")
    after = outer.add("Add", read["y"], h)
    outer.add("NextState", after)
    outer.add("Output", after, id="y")
    g = net(outer, shape=(L, 2, F))
    assert errors(g) == []
    assert ng.shapes(g)["r/read/ih"]["out"].shape == ("N", H)
    program, x = ng.compile(g), torch.randn(N, L, 2, F)
    layer = layer_of("RNN")
    program.load_state_dict({f"r.cell.read.cell.{part}.{kind}": getattr(layer, f"{kind}_{part}_l0").detach()
                             for part in ("ih", "hh") for kind in ("weight", "bias")})
    steps = layer(x.reshape(N * L, 2, F))[0][:, -1].view(N, L, H)
    assert torch.allclose(call(program, s=x)["y"], steps.cumsum(1), atol=1e-5)


def test_typed_in_frozen_and_started_inside() -> None:
    cell = rnn()
    cell.set_weights("ih", bias=[1.0, 2.0, 3.0, 4.0, 5.0])
    cell.set_initial("hh", weight="constant", weight_value=0.25)
    cell.session.edit(ChangeNode(replace(cell.session.graph.nodes["ih"], frozen=True)))
    program = ng.compile(net(cell, direction="both"))
    own = program.state_dict()
    for way in ("cell", "back"):
        assert own[f"r.{way}.ih.bias"].tolist() == [1, 2, 3, 4, 5]
        assert (own[f"r.{way}.hh.weight"] == 0.25).all()
    learning = {name for name, one in program.root.named_parameters() if one.requires_grad}
    assert learning == {f"r.{way}.hh.{kind}" for way in ("cell", "back") for kind in ("weight", "bias")}
    assert not torch.equal(own["r.cell.ih.weight"], own["r.back.ih.weight"]), "each direction starts by itself"


def test_parameters_that_are_set_from_outside() -> None:
    g = ng.Graph()
    x = g.add("Input", id="s", shape=(L, F))
    width = ["ih.out_features", "hh.out_features", "h.shape"]
    g.define("Cell", rnn(), expose={"hidden": width, "bias": ["ih.bias", "hh.bias"]})
    g.add("Recurrent", x, definition="Cell", id="r", hidden=9, bias=False)
    g.add("Recurrent", x, definition="Cell", id="q")
    assert errors(g) == []
    assert ng.shapes(g)["r"]["y"].shape == ("N", L, 9)
    assert ng.shapes(g)["r/h"]["out"].shape == ("N", 9)
    assert ng.shapes(g)["q"]["y"].shape == ("N", L, H), "what is drawn inside, where nothing is said outside"
    assert set(ng.compile(g).state_dict()) >= {"r.cell.ih.weight", "q.cell.ih.bias"}
    assert "r.cell.ih.bias" not in ng.compile(g).state_dict()
    found = ng.compile(g).predict(s=sequences())
    assert {name: one.shape[-1] for name, one in found.items()} == {"r.y": 9, "r.h_n": 9, "q.y": H, "q.h_n": H}


def test_weights_shared_between_two() -> None:
    g = net(gru())
    g.add("Recurrent", g["s"], definition="Cell", id="q")
    before = ng.summary(g).parameters
    g.session.edit(ChangeNode(replace(g.session.graph.nodes["q"], shares="r")))
    assert errors(g) == []
    assert ng.summary(g).parameters * 2 == before
    found = ng.compile(g).predict(s=sequences())
    assert torch.equal(found["q.y"], found["r.y"])


def test_every_wire_inside_has_a_shape_and_costs_are_counted() -> None:
    g = net(lstm())
    found = ng.shapes(g)
    assert found["r"]["y"].shape == ("N", L, H)
    assert found["r"]["h_n"].shape == found["r"]["c_n"].shape == ("N", H)
    inside = g.session.graph.modules["Cell"].nodes
    assert {f"r/{id}" for id, one in inside.items() if one.type not in ("NextState", "Output")} <= set(found)
    assert found["r/ih"]["out"].shape == ("N", 4 * H)
    assert found["r/split_1"]["out_3"].shape == found["r/x"]["out"].shape[:1] + (H,)
    assert ng.summary(g).parameters == sum(one.numel() for one in layer_of("LSTM").parameters())


def test_a_mask_changes_no_count_of_operations() -> None:
    with_mask, without = ({row.id: row.flops for row in ng.summary(g).rows}["r"]
                          for g in (net(rnn(), mask=masked), net(rnn())))
    assert with_mask == without == 2 * L * (F * H + H * H)


def test_what_leads_nowhere_inside_is_not_counted() -> None:
    cell = rnn()
    cell.add("Linear", cell["after"], out_features=100, id="spare")
    g = net(cell)
    assert sum(one.numel() for one in ng.compile(g).state_dict().values()) == ng.summary(g).parameters


# -- training -------------------------------------------------------------------------------------------------------


def trainable() -> ng.Graph:
    g = net(lstm(initial="learned"), output="last")
    logits = g.add("Linear", g["r"]["y"], out_features=1, id="head")
    g.add("MSELoss", logits, g.add("Input", shape=(1,), id="target"), id="loss")
    return g


def data() -> dict[str, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(64, L, F)).astype("float32")
    return {"s": x, "target": x.sum((1, 2))[:, None] / 4}


def test_training_learns_and_repeats_bit_for_bit(tmp_path: Path) -> None:
    runs = [ng.train(trainable(), data=data(), epochs=12, batch_size=16, lr=0.03, seed=3) for _ in range(2)]
    assert runs[0].history == runs[1].history
    assert runs[0].history["loss"][-1] < 0.5 * runs[0].history["loss"][0]
    own, other = (run.program.state_dict() for run in runs)
    assert all(torch.equal(one, other[name]) for name, one in own.items())
    assert own["r.h_0"].any(), "the start has learnt"
    path = tmp_path / "weights.safetensors"
    ng.save_weights(runs[0], path)
    program, x = ng.compile(trainable(), seed=9), torch.from_numpy(data()["s"])
    assert not torch.equal(program.predict(s=x), runs[0].program.predict(s=x))
    program.load_weights(path)
    assert torch.equal(program.predict(s=x), runs[0].program.predict(s=x))


def test_a_document_with_a_recurrent_opens_again(tmp_path: Path) -> None:
    g = trainable()
    ng.save(g, tmp_path / "net.ngraph")
    again = ng.load(tmp_path / "net.ngraph")
    program, other = ng.compile(g), ng.compile(again)
    assert torch.equal(program.predict(s=sequences()), other.predict(s=sequences()))


def test_the_weights_inside_can_be_looked_at() -> None:
    g = net(lstm())
    g.session.program = ng.compile(g)
    seen = g.session.see("r/ih")
    assert seen is not None
    assert seen.reading.weights["weight"].shape[1] == F
    assert g.session.see("r/nobody") is None
