"""Ready modules compute what their names promise: equal to torch's own layers and to the published formulas."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import neuralgraph as ng
from neuralgraph.compiler.program import Program

N, L, E, H = 3, 7, 8, 5


def compiled(name: str, *shapes: tuple[int, ...], kind: str = "Module", **params: object) -> Program:
    g = ng.Graph()
    inputs = [g.add("Input", id=f"in{number}", shape=shape) for number, shape in enumerate(shapes)]
    g.add(kind, *inputs, definition=name, id="m", **params)
    return ng.compile(g)


def values(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(N, *shape, generator=torch.Generator().manual_seed(seed))


def test_the_lstm_cell_is_torchs_lstm() -> None:
    program = compiled("LSTM cell", (L, E), kind="Recurrent", hidden=H)
    layer = nn.LSTM(E, H, batch_first=True)
    own = program.state_dict()
    gates = ("fill", "keep", "new", "read")  # the order in which torch keeps them: i, f, g, o
    weights = [own[f"m.cell.{gate}.weight"] for gate in gates]
    layer.load_state_dict({
        "weight_ih_l0": torch.cat([one[:, :E] for one in weights]),
        "weight_hh_l0": torch.cat([one[:, E:] for one in weights]),
        "bias_ih_l0": torch.cat([own[f"m.cell.{gate}.bias"] for gate in gates]), "bias_hh_l0": torch.zeros(4 * H)})
    found, (output, (h, c)) = program.predict(in0=values(L, E)), layer(values(L, E))
    for name, wanted in (("m.y", output), ("m.h_n", h[0]), ("m.c_n", c[0])):
        assert torch.allclose(found[name], wanted, atol=1e-6)


def test_the_gru_cell_is_torchs_gru() -> None:
    program = compiled("GRU cell", (L, E), kind="Recurrent", hidden=H)
    layer = nn.GRU(E, H, batch_first=True)
    own = {name.removeprefix("m.cell."): one for name, one in program.state_dict().items()}
    gates = [own["reset.weight"], own["update.weight"]]
    layer.load_state_dict({
        "weight_ih_l0": torch.cat([*(one[:, :E] for one in gates), own["new_x.weight"]]),
        "weight_hh_l0": torch.cat([*(one[:, E:] for one in gates), own["new_h.weight"]]),
        "bias_ih_l0": torch.cat([own["reset.bias"], own["update.bias"], own["new_x.bias"]]),
        "bias_hh_l0": torch.cat([torch.zeros(2 * H), own["new_h.bias"]])})
    found, (output, h) = program.predict(in0=values(L, E)), layer(values(L, E))
    assert torch.allclose(found["m.y"], output, atol=1e-6)
    assert torch.allclose(found["m.h_n"], h[0], atol=1e-6)


def loaded(layer: nn.Module, program: Program, names: dict[str, str]) -> nn.Module:
    own = program.state_dict()
    layer.load_state_dict({f"{theirs}.{name.removeprefix(f'm.{ours}.')}": one for ours, theirs in names.items()
                           for name, one in own.items() if name.startswith(f"m.{ours}.")})
    assert sum(one.numel() for one in layer.state_dict().values()) == sum(one.numel() for one in own.values())
    return layer.eval()


def test_the_encoder_layer_is_torchs() -> None:
    program = compiled("Transformer encoder layer", (L, E), heads=2, hidden=12, width=E)
    layer = loaded(
        nn.TransformerEncoderLayer(E, 2, 12, activation="gelu", batch_first=True, norm_first=True), program,
        {"attention.norm": "norm1", "attention.attention": "self_attn", "norm": "norm2", "network.widen": "linear1",
         "network.narrow": "linear2"})
    with torch.no_grad():
        assert torch.allclose(program.predict(in0=values(L, E)), layer(values(L, E)), atol=1e-5)


def test_the_decoder_layer_is_torchs_with_its_causal_mask() -> None:
    program = compiled("Transformer decoder layer", (L, E), (4, E), heads=2, hidden=12, width=E)
    layer = loaded(
        nn.TransformerDecoderLayer(E, 2, 12, activation="gelu", batch_first=True, norm_first=True), program,
        {"norm1": "norm1", "own": "self_attn", "norm2": "norm2", "across": "multihead_attn", "norm3": "norm3",
         "network.widen": "linear1", "network.narrow": "linear2"})
    x, memory = values(L, E), values(4, E, seed=1)
    mask = torch.ones(L, L, dtype=torch.bool).triu(1)
    with torch.no_grad():
        wanted = layer(x, memory, tgt_mask=mask)
    assert torch.allclose(program.predict(in0=x, in1=memory), wanted, atol=1e-5)


def test_no_step_sees_its_future_through_the_decoder_layer() -> None:
    program = compiled("Transformer decoder layer", (L, E), (4, E), heads=2, hidden=12, width=E, repeat=2)
    x, memory = values(L, E), values(4, E, seed=1)
    later = x.clone()
    later[:, 4:] += 1
    before, after = (program.predict(in0=one, in1=memory) for one in (x, later))
    assert torch.allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert not torch.allclose(before[:, 4:], after[:, 4:], atol=1e-2)


def test_positions_are_those_of_the_paper() -> None:
    found = compiled("Positional encoding", (50, 6)).predict(in0=torch.zeros(2, 50, 6))
    angle = torch.arange(50.0)[:, None] / 10_000 ** (torch.arange(0, 6, 2) / 6)
    wanted = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)
    assert torch.allclose(found, wanted.expand(2, -1, -1), atol=1e-5)
    x = values(50, 6)
    assert torch.allclose(compiled("Positional encoding", (50, 6)).predict(in0=x), x + wanted, atol=1e-5)


def test_delay_taps_put_the_past_beside_the_present() -> None:
    found = compiled("Delay taps", (5, 2), memory=(2, 2)).predict(in0=values(5, 2))
    padded = nn.functional.pad(values(5, 2), (0, 0, 2, 0))
    wanted = torch.cat([padded[:, 2 - delay : 7 - delay] for delay in range(3)], dim=-1)
    assert torch.equal(found, wanted)


def test_maxout_is_the_largest_of_its_pieces_and_can_be_abs() -> None:
    program = compiled("Maxout", (1,), features=1)
    program.load_state_dict({f"m.piece{piece}.{name}": torch.full((1, 1) if name == "weight" else (1,), number)
                             for piece, number in ((1, 1.0), (2, -1.0), (3, 0.0)) for name in ("weight", "bias")}
                            | {f"m.piece{piece}.bias": torch.zeros(1) for piece in (1, 2, 3)})
    x = values(1)
    assert torch.equal(program.predict(in0=x), x.abs())


def test_squeeze_excite_weighs_channels() -> None:
    program, x = compiled("Squeeze-excite", (8, 5, 5), channels=8, hidden=3), values(8, 5, 5)
    own = {name.removeprefix("m."): one for name, one in program.state_dict().items()}
    hidden = torch.relu(nn.functional.linear(x.mean((2, 3)), own["narrow.weight"][:, :, 0, 0], own["narrow.bias"]))
    share = torch.sigmoid(nn.functional.linear(hidden, own["widen.weight"][:, :, 0, 0], own["widen.bias"]))
    assert torch.allclose(program.predict(in0=x), x * share[:, :, None, None], atol=1e-6)
