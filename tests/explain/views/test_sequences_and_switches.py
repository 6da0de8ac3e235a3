"""Gates, gradients back through time, attention and pooling switches against torch by hand."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuralgraph as ng
from neuralgraph.compiler.program import Program
from neuralgraph.explain.attending import attended, attentions, scaled_dot
from neuralgraph.explain.unrolled import lags, unrolled
from neuralgraph.explain.views.pooling import switches
from neuralgraph.explain.views.recurrence import tracks_of
from neuralgraph.explain.views.view import At
from neuralgraph.figures.shown import Board, Curves, Grid
from neuralgraph.resources import examples
from neuralgraph.session import Session


def sequences() -> tuple[ng.Graph, Any]:
    g = ng.Graph()
    data = g.add("Dataset", name="digits", id="data")
    return g, g.add("Squeeze", data["x"], dim=1, id="rows")


def at(g: ng.Graph, program: Program, node: str, **more: int) -> At:
    return At(program, g.session._rows(program), node, **more)  # type: ignore[arg-type]


@lru_cache(maxsize=4)
def opened(name: str) -> Session:
    session = Session.open(examples() / f"{name}.ngraph")
    session.program = session.compile()
    return session


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "RELU"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (3, False), (2, True)])
def test_what_is_recomputed_step_by_step_is_what_the_layer_gives(kind: str, layers: int, both: bool) -> None:
    torch.manual_seed(1)
    made = nn.RNN if kind == "RELU" else getattr(nn, kind)
    more = {"nonlinearity": "relu"} if kind == "RELU" else {}
    module = made(5, 7, layers, batch_first=True, bidirectional=both, bias=layers != 3, **more)
    x = torch.randn(4, 9, 5)
    with torch.no_grad():
        output, states = module(x)
        found, tracks = unrolled(module, x)
    h = states[0] if kind == "LSTM" else states
    torch.testing.assert_close(found, output, atol=1e-6, rtol=1e-5)
    for number, track in enumerate(tracks):
        torch.testing.assert_close(track.steps["h"][0 if track.backward else -1], h[number], atol=1e-6, rtol=1e-5)
        if kind == "LSTM":
            torch.testing.assert_close(track.steps["c"][0 if track.backward else -1], states[1][number], atol=1e-6,
                                       rtol=1e-5)


def test_gates_are_shown_for_the_sample_in_the_order_of_the_data() -> None:
    g, rows = sequences()
    g.add("LSTM", rows, hidden_size=6, bidirectional=True, num_layers=2, id="lstm")
    program = ng.compile(g)
    shown = g.session.view("gates", "lstm", {"which": "layer 1, backwards"}, place=9, program=program)
    assert isinstance(shown, Board) and "from the end" in shown.parts[-1].note
    gates, rest = shown.parts
    assert isinstance(gates, Grid) and gates.tile_names == ("input gate", "forget gate", "output gate")
    assert isinstance(rest, Grid) and rest.tile_names == ("candidate", "c", "h")
    module = program.part("lstm")
    assert isinstance(module, nn.LSTM)
    cell = nn.LSTMCell(8, 6)
    cell.load_state_dict({name: getattr(module, f"{name}_l0_reverse") for name in cell.state_dict()})
    x = torch.tensor(g.session._rows(program).arrays["data.x"][9, 0])  # type: ignore[union-attr]
    h = c = torch.zeros(1, 6)
    with torch.no_grad():
        for step in reversed(range(8)):
            raw = x[step:step + 1] @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh
            np.testing.assert_allclose(gates.values[1, :, step], raw[0, 6:12].sigmoid(), atol=1e-6)
            h, c = cell(x[step:step + 1], (h, c))
            np.testing.assert_allclose(rest.values[1, :, step], c[0], atol=1e-6)
            np.testing.assert_allclose(rest.values[2, :, step], h[0], atol=1e-6)
    curves = g.session.view("gates", "lstm", {"show": "curves"}, place=9, program=program)
    assert isinstance(curves, Curves) and [one.name for one in curves.curves][:2] == ["input gate", "forget gate"]


@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell", "RNNCell"])
def test_gates_of_a_single_step(kind: str) -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris", id="data")
    state = g.add("Linear", data["x"], out_features=3, id="state")
    g.add(kind, data["x"], hx=state, hidden_size=3, id="cell")
    program = ng.compile(g)
    one = at(g, program, "cell", place=70)
    (track,) = tracks_of(one, one.sample)
    np.testing.assert_allclose(track.steps["h"][0], next(iter(one.outputs.values())), atol=1e-6)
    if kind == "LSTMCell":
        np.testing.assert_allclose(track.steps["c"][0], one.outputs["c"], atol=1e-6)
    assert g.session.view("gates", "cell", program=program) is not None


def test_gates_of_a_drawn_cell_are_those_of_its_nodes() -> None:
    session = opened("digits-lstm")
    assert session.program is not None
    (track,) = tracks_of(At(session.program, session._rows(session.program), "lstm", place=3),
                         At(session.program, session._rows(session.program), "lstm", place=3).sample)
    one = {name: torch.stack(value)[:, 0].numpy() for name, value in track.steps.items()}
    assert set(one) == {"fill_gate", "keep_gate", "new_gate", "read_gate", "shown", "h", "c"}
    c = np.zeros(one["c"].shape[1])
    for step in range(8):
        c = one["keep_gate"][step] * c + one["fill_gate"][step] * one["new_gate"][step]
        np.testing.assert_allclose(one["c"][step], c, atol=1e-5)
        np.testing.assert_allclose(one["h"][step], one["read_gate"][step] * np.tanh(c), atol=1e-5)
    given = session.view("activations", "lstm", place=3)
    np.testing.assert_allclose(given.values.reshape(-1), one["h"][-1], atol=1e-6)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_the_gradient_of_the_last_step_by_lag_is_that_of_cells_by_hand(kind: str) -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="digits", id="data")
    layer = g.add(kind, g.add("Squeeze", data["x"], dim=1), hidden_size=5, id="layer")
    end = g.add("Linear", g.add("Mean", layer["output"], dim=(1,)), out_features=10, id="logits")
    g.add("CrossEntropyLoss", end, data["y"], id="loss")
    program = ng.compile(g)
    rows = g.session._rows(program)
    assert rows is not None
    given = {key: np.array(one[:6]) for key, one in rows.arrays.items()}
    found = {one.name: one.norms for one in lags(program, "layer", given, ("loss",))}
    module, linear = program.part("layer"), program.part("logits")
    cell = getattr(nn, f"{kind}Cell")(8, 5)
    cell.load_state_dict({name: getattr(module, f"{name}_l0") for name in cell.state_dict()})
    x, state, states = torch.tensor(given["data.x"])[:, 0], None, []
    for step in range(8):
        state = cell(x[:, step], state)
        states.append(state if kind == "LSTM" else (state,))
    before = torch.stack([one[0] for one in states[:-1]]).detach()  # their errors do not count
    mean = (before.sum(dim=0) + states[-1][0]) / 8
    loss = nn.functional.cross_entropy(linear(mean), torch.tensor(given["data.y"]).reshape(-1))  # type: ignore[misc]
    for number, name in enumerate(("h", "c") if kind == "LSTM" else ("h",)):
        grads = torch.autograd.grad(loss, [one[number] for one in reversed(states)], retain_graph=True)
        np.testing.assert_allclose(found[name], [float(one.norm()) for one in grads], rtol=1e-4)
    assert all(one.grad is None for one in program.root.parameters())


def test_the_gradient_back_through_a_drawn_cell() -> None:
    session = opened("digits-lstm")
    program = session.program
    assert program is not None
    rows = session._rows(program)
    assert rows is not None
    given = {key: np.array(one[:4]) for key, one in rows.arrays.items()}
    found = {one.name: one.norms for one in lags(program, "lstm", given, ("loss",))}
    recurrence = program.part("lstm")
    cell = recurrence.cell  # type: ignore[union-attr]
    x, states, kept = torch.tensor(given["data.x"])[:, 0], recurrence.first(torch.zeros(4, 8, 8), [], ""), []  # type: ignore[union-attr,operator]
    for step in range(8):
        out, *states = cell(x[:, step], *states)
        kept.append(states)
    y = torch.tensor(given["data.y"]).reshape(-1)
    loss = nn.functional.cross_entropy(program.part("logits")(out), y)  # type: ignore[misc]
    for number, (name, _, _) in enumerate(recurrence.states):  # type: ignore[union-attr,arg-type]
        grads = torch.autograd.grad(loss, [one[number] for one in reversed(kept)], retain_graph=True)
        np.testing.assert_allclose(found[name], [float(one.norm()) for one in grads], rtol=1e-4)
    shown = session.view("gradient-over-time", "lstm")
    assert isinstance(shown, Curves) and shown.log_y and "a step on average" in shown.note


def test_a_stacked_layer_that_reads_both_ways_has_a_curve_for_each() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="digits", id="data")
    layer = g.add("GRU", g.add("Squeeze", data["x"], dim=1), hidden_size=5, num_layers=2, bidirectional=True, id="gru")
    end = g.add("Linear", g.add("Flatten", layer["output"]), out_features=10, id="logits")
    g.add("CrossEntropyLoss", end, data["y"], id="loss")
    program = ng.compile(g)
    shown = g.session.view("gradient-over-time", "gru", program=program)
    assert isinstance(shown, Curves)
    assert [one.name for one in shown.curves] == [f"h, layer {n}, {way}" for n in (1, 2) for way in
                                                  ("forwards", "backwards")]
    assert all(len(one.y) == 8 for one in shown.curves)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_that_of_torch_head_by_head(causal: bool) -> None:
    g, rows = sequences()
    rows = g.add("Linear", rows, out_features=12, id="wide")
    g.add("MultiheadAttention", rows, rows, rows, num_heads=3, is_causal=causal, id="attention")
    program = ng.compile(g)
    one = at(g, program, "attention", place=4)
    (weights,) = attended(program, "attention", one.sample).values()
    assert weights.shape == (1, 3, 8, 8)
    np.testing.assert_allclose(weights.mean(axis=1), one.outputs["weights"], atol=1e-6)
    module, x = program.part("attention"), torch.tensor(one.values(one.sample, ("wide",))["wide"]["out"])
    assert isinstance(module, nn.MultiheadAttention)
    q, k = (nn.functional.linear(x[0], module.in_proj_weight[n * 12:n * 12 + 12],
                                 module.in_proj_bias[n * 12:n * 12 + 12]).reshape(8, 3, 4).transpose(0, 1)
            for n in (0, 1))
    scores = (q @ k.transpose(1, 2) / 2).detach()
    if causal:
        scores = scores.masked_fill(torch.ones(8, 8).triu(1).bool(), -torch.inf)
    np.testing.assert_allclose(weights[0], scores.softmax(dim=2), atol=1e-6)
    head = g.session.view("attention", "attention", {"head": "2"}, place=4, program=program)
    np.testing.assert_allclose(head.values, weights[0, 1], atol=1e-7)  # type: ignore[union-attr]
    mean = g.session.view("attention", "attention", {"head": "mean"}, place=4, program=program)
    np.testing.assert_allclose(mean.values, weights[0].mean(axis=0), atol=1e-7)  # type: ignore[union-attr]


@pytest.mark.parametrize("first", [False, True])
def test_attention_inside_a_ready_made_block(first: bool) -> None:
    g, rows = sequences()
    g.add("TransformerEncoderLayer", rows, nhead=2, dim_feedforward=9, norm_first=first, id="block")
    program = ng.compile(g)
    one = at(g, program, "block", place=2)
    quick = torch.backends.mha.get_fastpath_enabled()
    found = attended(program, "block", one.sample)
    assert torch.backends.mha.get_fastpath_enabled() == quick
    block = program.part("block")
    assert isinstance(block, nn.TransformerEncoderLayer) and not block.self_attn._forward_pre_hooks
    x = torch.tensor(one.values(one.sample, ("rows",))["rows"]["out"])
    x = block.norm1(x) if first else x
    with torch.no_grad():
        block.eval()
        _, want = block.self_attn(x, x, x, average_attn_weights=False)
    np.testing.assert_allclose(found["self_attn"], want, atol=1e-6)
    shown = g.session.view("attention", "block", place=2, program=program)
    assert isinstance(shown, Board) and shown.parts[1].values.shape == (2, 8, 8)  # type: ignore[attr-defined]


def test_every_attention_of_a_module_and_of_a_decoder_can_be_chosen() -> None:
    session = opened("digits-transformer")
    assert session.program is not None
    names = attentions(session.program, "encoder")
    assert len(names) == 3
    whole = session.view("attention", "encoder", {"which": names[1], "head": "mean"})
    alone = session.view("attention", "encoder/1/attention/attention", {"head": "mean"})
    np.testing.assert_allclose(whole.values, alone.values, atol=1e-6)  # type: ignore[union-attr]
    g, rows = sequences()
    g.add("TransformerDecoder", rows, rows, nhead=2, num_layers=1, dim_feedforward=5, is_causal=True, id="decoder")
    program = ng.compile(g)
    found = attended(program, "decoder", at(g, program, "decoder").sample)
    assert set(found) == {"layers.0.self_attn", "layers.0.multihead_attn"}
    assert (np.triu(found["layers.0.self_attn"][0, 0], 1) == 0).all()
    assert (found["layers.0.multihead_attn"] > 0).all()


@pytest.mark.parametrize(("causal", "scale"), [(False, None), (True, None), (False, 0.3)])
def test_attention_without_weights(causal: bool, scale: float | None) -> None:
    q, k, v = (torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(n)) for n in range(3))
    weights = scaled_dot(q.numpy(), k.numpy(), None, scale, causal=causal)
    want = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)
    np.testing.assert_allclose(weights @ v.numpy(), want, atol=1e-5)
    mask = torch.rand(5, 5, generator=torch.Generator().manual_seed(9)) < 0.7
    mask[:, 0] = True
    want = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    np.testing.assert_allclose(scaled_dot(q.numpy(), k.numpy(), mask.numpy(), None, causal=False) @ v.numpy(), want,
                               atol=1e-5)
    g, rows = sequences()
    g.add("ScaledDotProductAttention", rows, rows, rows, is_causal=causal, scale=scale, id="attention")
    program = ng.compile(g)
    shown = g.session.view("attention", "attention", place=1, program=program)
    x = torch.tensor(g.session._rows(program).arrays["data.x"][1, 0])  # type: ignore[union-attr]
    scores = x @ x.T * (scale or 8**-0.5)
    if causal:
        scores = scores.masked_fill(torch.ones(8, 8).triu(1).bool(), -torch.inf)
    np.testing.assert_allclose(shown.values, scores.softmax(dim=1), atol=1e-6)  # type: ignore[union-attr]


def test_attention_has_the_words_of_the_sample(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_text("a good film,yes\na bad film,no\n" * 6, "utf-8")
    g = ng.Graph()
    text = g.add("TextFile", path=str(tmp_path / "film.txt"), length=3, id="text")
    x = g.add("Embedding", text["x"], num_embeddings=8, embedding_dim=4)
    g.add("MultiheadAttention", x, x, x, id="attention")
    shown = g.session.view("attention", "attention", program=ng.compile(g))
    assert isinstance(shown, Grid) and shown.row_names == shown.column_names == ("a", "good", "film")


def test_the_cell_that_wins_is_the_largest_of_its_window() -> None:
    session = opened("digits-cnn")
    assert session.program is not None
    given, won, out = switches(At(session.program, session._rows(session.program), "max_pool2d_1", place=6))
    for channel, row, column in np.ndindex(out.shape):
        window = given[channel, 2 * row:2 * row + 2, 2 * column:2 * column + 2]
        at = divmod(int(won[channel, row, column]), given.shape[2])
        assert given[channel][at] == window.max() == out[channel, row, column]
        assert (at[0] // 2, at[1] // 2) == (row, column)
    shown = session.view("switches", "max_pool2d_1", {"channel": 5}, place=6)
    assert isinstance(shown, Board) and isinstance(shown.parts[0], Grid)
    np.testing.assert_array_equal(shown.parts[0].values, given[5])
    assert set(shown.parts[0].marked) == {divmod(int(one), 8) for one in won[5].ravel()}
    np.testing.assert_array_equal(shown.parts[1].values, out[5])  # type: ignore[attr-defined]


@pytest.mark.parametrize(("type", "shape", "options"), [
    ("MaxPool1d", (3, 12), {}), ("MaxPool3d", (2, 4, 6, 6), {}), ("AdaptiveMaxPool2d", (2, 7, 7), {"output_size": 3}),
    ("MaxPool2d", (2, 60, 60), {"stride": 1, "return_indices": True})])
def test_every_max_pooling_has_winners(type: str, shape: tuple[int, ...], options: dict[str, object]) -> None:
    g = ng.Graph()
    g.add(type, g.add("Noise", shape=shape, id="noise"), id="pool", **options)
    program = ng.compile(g)
    given, won, out = switches(at(g, program, "pool"))
    flat = given.reshape(len(given), -1)
    for channel in range(len(given)):
        np.testing.assert_array_equal(flat[channel][won[channel].ravel()], out[channel].ravel())
    for more in ({}, {"channel": 9, "depth": 1}):
        shown = g.session.view("switches", "pool", more, program=program)
        assert isinstance(shown, Board) and len(shown.parts) == 2


def test_switches_of_constants_need_no_data() -> None:
    """C02 of the reference: the largest of every 2 × 2 are 6, 8, 3 and 4, where they stand."""
    shown = opened("19-convolution").view("switches", "largest")
    assert isinstance(shown, Board) and isinstance(shown.parts[0], Grid) and isinstance(shown.parts[1], Grid)
    assert shown.parts[1].values.tolist() == [[6, 8], [3, 4]]
    assert shown.parts[0].marked == ((1, 1), (1, 3), (2, 0), (3, 3))
