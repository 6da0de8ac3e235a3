"""Recurrent layers step by step: gates and states recomputed from the weights, and gradients back through time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from neuralgraph.compiler.blocks.recurrence import Recurrence
from neuralgraph.compiler.program import Program
from neuralgraph.explain.slopes import backwards
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
LSTM_GATES = ("input gate", "forget gate", "candidate", "output gate")
GRU_GATES = ("reset gate", "update gate", "candidate")
GATES = ("Sigmoid", "Hardsigmoid", "Tanh", "Softsign", "Hardtanh")
"""Activations in a drawn cell that are worth seeing over time."""


@dataclass(eq=False)
class Track:
    """One direction of one layer: what each step computed, by name, in the order of the data, each (N, units).

    `states` names those that go on to the next step.
    """

    layer: int
    backward: bool
    steps: dict[str, list[Tensor]] = field(default_factory=dict)
    states: tuple[str, ...] = ("h",)

    def name(self, layers: int, directions: int) -> str:
        """«layer 2, backwards», as far as there are several."""
        words = ([f"layer {self.layer + 1}"] if layers > 1 else []) + (
            ["backwards" if self.backward else "forwards"] if directions > 1 else [])
        return ", ".join(words)


def unrolled(module: nn.RNNBase, x: Tensor) -> tuple[Tensor, tuple[Track, ...]]:
    """What RNN, LSTM and GRU give for sequences (N, steps, features) from zero states, and how they got there."""
    tracks = []
    for layer in range(module.num_layers):
        ends = []
        for backward in (False, True) if module.bidirectional else (False,):
            track = _layer(module, x, layer, backward)
            tracks.append(track)
            ends.append(torch.stack(track.steps["h"], dim=1))
        x = torch.cat(ends, dim=2)
    return x, tuple(tracks)


def _layer(module: nn.RNNBase, x: Tensor, layer: int, backward: bool) -> Track:
    end = f"_l{layer}" + ("_reverse" if backward else "")
    w, u = getattr(module, f"weight_ih{end}"), getattr(module, f"weight_hh{end}")
    b, c = (getattr(module, f"bias_{side}{end}") if module.bias else None for side in ("ih", "hh"))
    lstm = module.mode == "LSTM"
    track = Track(layer, backward, states=("h", "c") if lstm else ("h",))
    h = x.new_zeros(x.shape[0], module.hidden_size)
    cell = torch.zeros_like(h)
    order = reversed(range(x.shape[1])) if backward else range(x.shape[1])
    found: list[dict[str, Tensor]] = []
    for step in order:
        own, past = nn.functional.linear(x[:, step], w, b), nn.functional.linear(h, u, c)
        now = _step(module.mode, own, past, h, cell)
        h, cell = now["h"], now.get("c", cell)
        found.append(now)
    for now in reversed(found) if backward else found:
        for name, value in now.items():
            track.steps.setdefault(name, []).append(value)
    return track


def _step(mode: str, own: Tensor, past: Tensor, h: Tensor, cell: Tensor) -> dict[str, Tensor]:
    match mode:
        case "LSTM":
            i, f, g, o = (own + past).chunk(4, dim=1)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            cell = f * cell + i * g
            return {**dict(zip(LSTM_GATES, (i, f, g, o), strict=True)), "c": cell, "h": o * cell.tanh()}
        case "GRU":
            (r, z, n), (past_r, past_z, past_n) = own.chunk(3, dim=1), past.chunk(3, dim=1)
            r, z = (r + past_r).sigmoid(), (z + past_z).sigmoid()
            n = (n + r * past_n).tanh()
            return {**dict(zip(GRU_GATES, (r, z, n), strict=True)), "h": (1 - z) * n + z * h}
        case "RNN_RELU":
            return {"h": (own + past).relu()}
    return {"h": (own + past).tanh()}


def one_step(module: nn.RNNCellBase, given: Mapping[str, Tensor]) -> Track:
    """What RNNCell, LSTMCell and GRUCell compute from `x`, and `hx` and `cx` where they are given."""
    x = given["x"]
    h = given.get("hx", x.new_zeros(len(x), module.hidden_size))
    lstm = isinstance(module, nn.LSTMCell)
    mode = "LSTM" if lstm else "GRU" if isinstance(module, nn.GRUCell) else \
        f"RNN_{getattr(module, 'nonlinearity', 'tanh').upper()}"
    own = nn.functional.linear(x, module.weight_ih, module.bias_ih if module.bias else None)
    past = nn.functional.linear(h, module.weight_hh, module.bias_hh if module.bias else None)
    now = _step(mode, own, past, h, given.get("cx", torch.zeros_like(h)))
    return Track(0, False, {name: [one] for name, one in now.items()}, ("h", "c") if lstm else ("h",))


def drawn_tracks(program: Program, node: str, given: Mapping[str, Array]) -> tuple[Track, ...]:
    """What a drawn cell computed at every step of these rows: its gates by their ids, and its states."""
    module = program.part(node)
    assert isinstance(module, Recurrence)
    cells = [("", module.cell), ("_back", getattr(module, "back", None))]
    calls: dict[str, list[tuple[Tensor, ...]]] = {}
    hooks = [one.register_forward_pre_hook(_kept(calls.setdefault(suffix, [])))
             for suffix, one in cells if one is not None]
    try:
        with undisturbed(program.device, program.seed), program.quiet():
            program.trace({key: program.tensor(key, value) for key, value in given.items()}, (node,))
    finally:
        for hook in hooks:
            hook.remove()
    names = tuple(name for name, _, _ in module.states)
    inside = program.inference.within[node]
    known = {id for id, one in inside.graph.nodes.items() if one.type in GATES}
    tracks = []
    with undisturbed(program.device, program.seed), program.quiet(), torch.no_grad():
        for suffix, cell in cells:
            if cell is None or not calls[suffix]:
                continue
            backward = suffix == "_back" or module.direction == "backward"
            track = Track(0, backward, states=names)
            for args in reversed(calls[suffix]) if backward else calls[suffix]:
                for name, value in _inside(cell, args, known, names).items():
                    track.steps.setdefault(name, []).append(value)
            tracks.append(track)
    return tuple(tracks)


def _kept(calls: list[tuple[Tensor, ...]]) -> Any:
    def keep(_: nn.Module, args: tuple[Tensor, ...]) -> None:
        calls.append(tuple(one.detach() if isinstance(one, Tensor) else one for one in args))
    return keep


def _inside(cell: nn.Module, args: tuple[Tensor, ...], known: set[str], states: tuple[str, ...]) -> dict[str, Tensor]:
    """What some nodes of a drawn cell give for one step, and its next states: its graph, node by node."""
    assert isinstance(cell, fx.GraphModule)
    values, found, coming = dict[fx.Node, Any](), dict[str, Tensor](), iter(args)
    after: dict[str, Tensor] = {}
    for one in cell.graph.nodes:
        given = fx.node.map_arg(one.args, values.__getitem__)
        named = fx.node.map_arg(one.kwargs, values.__getitem__)
        match one.op:
            case "placeholder":
                values[one] = next(coming)
                continue
            case "output":
                after = dict(zip(states, given[0][len(given[0]) - len(states):], strict=True)) if states else {}
                continue
            case "get_attr":
                values[one] = cell.get_parameter(one.target)
            case "call_module":
                values[one] = cell.get_submodule(one.target)(*given, **named)
            case "call_method":
                values[one] = getattr(given[0], one.target)(*given[1:], **named)
            case _:
                values[one] = one.target(*given, **named)
        if (id := one.meta.get("id", "")) in known and isinstance(values[one], Tensor):
            found[id] = values[one]
    return {**found, **after}


# -- gradients back through time ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Lag:
    """How far the error of the last step reaches back: `norms[k]` is the length of d loss / d state k steps before."""

    name: str
    norms: tuple[float, ...]


def lags(program: Program, node: str, given: Mapping[str, Array], losses: tuple[str, ...]) -> tuple[Lag, ...]:
    """Of every state of a recurrent node, for rows by source key. The error counts that is made at the last step.

    The last step is the one that a direction reads last. Lag 0 is the state after it.
    """
    module = program.part(node)
    with undisturbed(program.device, program.seed), program.quiet(), backwards(program):
        tensors = {key: program.tensor(key, value) for key, value in given.items()}
        if isinstance(module, Recurrence):
            return _drawn_lags(program, module, node, tensors, losses)
        assert isinstance(module, nn.RNNBase)
        return _known_lags(program, module, node, tensors, losses)


def _total(program: Program, found: Mapping[str, Tensor], losses: tuple[str, ...]) -> Tensor:
    return torch.stack([found[id].reshape(()) * program.shares[id] for id in losses]).sum()


def _known_lags(program: Program, module: nn.RNNBase, node: str, tensors: Mapping[str, Tensor],
                losses: tuple[str, ...]) -> tuple[Lag, ...]:
    edge = program.inference.wires[node]["x"]
    found = program.trace(tensors, [*losses, node, edge.source], grad=True)
    outputs = [found[f"{node}.{name}"] for name in program.node(node).outputs()]
    seeds = _seeds(_total(program, found, losses), outputs)
    with torch.enable_grad():
        _, tracks = unrolled(module, found[program.output_name(edge.source, edge.output)].detach())
        ways = 2 if module.bidirectional else 1
        tops = tracks[-ways:]
        ends = [torch.stack([_last(one, name) for one in tracks]) for name in tracks[0].states]
        goal = sum(((one * seed).sum() for one, seed in zip(ends, seeds[1:], strict=False)), torch.zeros(()))
        at_end = [_at_end(one, seeds[0], number) for number, one in enumerate(tops)]
        goal = goal + sum((one.steps["h"][0 if one.backward else -1] * seed).sum()
                          for one, seed in zip(tops, at_end, strict=True))
        return tuple(_lag(goal, track, name, track.name(module.num_layers, ways))
                     for track in tracks for name in track.states)


def _seeds(total: Tensor, outputs: list[Tensor]) -> list[Tensor]:
    if not total.requires_grad:
        return [torch.zeros_like(one) for one in outputs]
    held = [one for one in outputs if one.requires_grad]
    slopes = torch.autograd.grad(total, held, allow_unused=True, retain_graph=True)
    grads = dict(zip(map(id, held), slopes, strict=True))
    return [torch.zeros_like(one) if (grad := grads.get(id(one))) is None else grad for one in outputs]


def _at_end(track: Track, seed: Tensor, number: int) -> Tensor:
    """The gradient of what a direction gives at the step that it reads last: (N, hidden)."""
    size = track.steps["h"][0].shape[1]
    return seed[:, 0 if track.backward else -1, number * size:(number + 1) * size]


def _last(track: Track, name: str) -> Tensor:
    return track.steps[name][0 if track.backward else -1]


def _lag(goal: Tensor, track: Track, name: str, which: str) -> Lag:
    steps = track.steps[name][::1 if track.backward else -1]
    grads = torch.autograd.grad(goal, steps, allow_unused=True, retain_graph=True) if goal.requires_grad else \
        [None] * len(steps)
    words = f"{name}, {which}" if which else name
    return Lag(words, tuple(float(one.double().norm()) if one is not None else 0.0 for one in grads))


def _drawn_lags(program: Program, module: Recurrence, node: str, tensors: Mapping[str, Tensor],
                losses: tuple[str, ...]) -> tuple[Lag, ...]:
    after: dict[str, list[tuple[Tensor, ...]]] = {}
    cells = [("", module.cell), ("_back", getattr(module, "back", None))]
    count = len(module.states)
    hooks = [one.register_forward_hook(_results(after.setdefault(suffix, []), count))
             for suffix, one in cells if one is not None]
    outputs, apart = list[Tensor](), list[Tensor]()
    hooks.append(module.register_forward_hook(_cut(outputs, apart)))
    try:
        found = program.trace(tensors, [*losses, node], grad=True)
    finally:
        for hook in hooks:
            hook.remove()
    seeds = _seeds(_total(program, found, losses), apart)
    kept = len(outputs) - count
    masked = [seed if module.last or number >= kept or seed.ndim < 3 else _only_last(seed, module, after)
              for number, seed in enumerate(seeds)]
    goal = sum(((one * seed).sum() for one, seed in zip(outputs, masked, strict=True)), torch.zeros(()))
    lags = []
    for suffix, _ in cells:
        for number, (name, _, _) in enumerate(module.states):
            steps = [one[number] for one in reversed(after.get(suffix, []))]
            if not steps:
                continue
            grads = torch.autograd.grad(goal, steps, allow_unused=True, retain_graph=True)
            words = name + (", backwards" if suffix else ", forwards" if len(after) > 1 else "")
            lags.append(Lag(words, tuple(float(one.double().norm()) if one is not None else 0.0 for one in grads)))
    return tuple(lags)


def _cut(outputs: list[Tensor], apart: list[Tensor]) -> Any:
    """What follows sees copies of the outputs: a state that is an output too, or lies behind one, counts once."""
    def cut(_: nn.Module, args: tuple[Any, ...], result: Tensor | tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
        outputs.extend(result if isinstance(result, tuple) else (result,))
        apart.extend(one.detach().requires_grad_(one.is_floating_point()) for one in outputs)
        return tuple(apart) if isinstance(result, tuple) else apart[0]
    return cut


def _results(after: list[tuple[Tensor, ...]], count: int) -> Any:
    def keep(_: nn.Module, args: tuple[Any, ...], result: tuple[Tensor, ...]) -> None:
        after.append(tuple(result[len(result) - count:]))
    return keep


def _only_last(seed: Tensor, module: Recurrence, after: Mapping[str, Any]) -> Tensor:
    """Without the errors of other steps: of each direction the step counts that it reads last."""
    kept = torch.zeros_like(seed)
    half = seed.shape[-1] // 2 if len(after) > 1 else seed.shape[-1]
    forward = module.direction != "backward"
    kept[:, -1 if forward else 0, ..., :half] = seed[:, -1 if forward else 0, ..., :half]
    if len(after) > 1:
        kept[:, 0, ..., half:] = seed[:, 0, ..., half:]
    return kept
