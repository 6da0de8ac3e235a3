"""Recurrent layers and cells: every gate is a sum of its own, and the state is put together from them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from neuralgraph.explain.apart.cells.asked import Asked
from neuralgraph.explain.apart.terms import Spot, Term, Terms

LAYERS, CELLS = {"RNN", "LSTM", "GRU"}, {"RNNCell": "RNN", "LSTMCell": "LSTM", "GRUCell": "GRU"}
GATES = {"RNN": ("h",), "LSTM": ("i", "f", "g", "o"), "GRU": ("r", "z", "n")}
SAYS = {
    "LSTM": "What is forgotten (f), written (i times g) and read out (o): three gates and a new thought.",
    "GRU": "How much of the past is kept (z), and how much of it goes into what is new (r).",
}


@dataclass(frozen=True, eq=False)
class _Moment:
    """One time step of one layer: what comes in, the states before, and where all of it lies."""

    x: Tensor
    h: Tensor
    c: Tensor
    port: str
    x_spot: Spot
    h_spot: Spot
    ending: str
    unit: int


def sequences(asked: Asked) -> Terms | None:
    """The gates behind a number; None for other nodes."""
    type = asked.kind.type
    if type not in LAYERS and type not in CELLS:
        return None
    family = CELLS.get(type, type)
    moment = _in_cell(asked) if type in CELLS else _in_layer(asked, family)
    if family == "RNN":
        return _plain(asked, moment)
    parts = {name: _gate(asked, moment, family, name) for name in GATES[family] if name != "n"}
    if family == "GRU":
        parts |= {"n_x": _gate(asked, moment, family, "n", "ih"), "n_h": _gate(asked, moment, family, "n", "hh"),
                  "h": _before(asked, moment, "h", moment.h)}
    else:
        parts["c"] = _before(asked, moment, "c", moment.c)
        if asked.output in ("c", "c_n"):
            del parts["o"]
    return Terms(asked.node, type, asked.output, asked.index, asked.value, "gates", SAYS[family], parts=parts)


def _plain(asked: Asked, moment: _Moment) -> Terms:
    gate = _gate(asked, moment, "RNN", "h")
    then = str(getattr(asked.kind, "nonlinearity", "tanh"))
    says = f"Input and the state before, each times its weights, added; {then} of that."
    return Terms(asked.node, asked.kind.type, asked.output, asked.index, asked.value, "sum", says, gate.terms,
                 gate.bias, gate.bias_name, then)


def _gate(asked: Asked, moment: _Moment, family: str, name: str, only: str = "") -> Terms:
    """One row of the weights: of input and state, or of `only` one of them ("ih" or "hh")."""
    row = GATES[family].index(name) * len(moment.h) + moment.unit
    terms, bias, names = [], 0.0, []
    for which, vector, port, spot in (("ih", moment.x, moment.port, moment.x_spot),
                                      ("hh", moment.h, "", moment.h_spot)):
        if only not in ("", which):
            continue
        own = f"weight_{which}{moment.ending}"
        weight = asked.weights[own]
        label = "" if which == "ih" else "the state before"
        for at, value in enumerate(vector.tolist()):
            w = float(weight[row, at])
            terms.append(Term(port, (*spot, at), value, asked.names[own], (row, at), w, value * w, label))
        offset = asked.weights.get(f"bias_{which}{moment.ending}")
        if offset is not None:
            bias += float(offset[row])
            names.append(asked.names[f"bias_{which}{moment.ending}"])
    then = "" if only or family == "RNN" else "tanh" if name == "g" else "sigmoid"
    made = Terms(asked.node, asked.kind.type, name, (moment.unit,), 0.0, "sum", f"The gate {name}.", tuple(terms), bias,
                 " + ".join(names), then)
    return _valued(made)


def _before(asked: Asked, moment: _Moment, name: str, state: Tensor) -> Terms:
    value = float(state[moment.unit])
    term = Term("", (*moment.h_spot, moment.unit), value, "", (), 1.0, value, "the state before")
    return Terms(asked.node, asked.kind.type, name, (moment.unit,), value, "sum", "The state before.", (term,))


def _valued(one: Terms) -> Terms:
    from dataclasses import replace

    return replace(one, value=one.total)


def _in_cell(asked: Asked) -> _Moment:
    ports = list(asked.inputs)
    n, unit = asked.index
    size = len(asked.weights["weight_hh"][0])
    states = [asked.inputs[port][n] for port in ports[1:]] + [torch.zeros(size, dtype=torch.float64)] * 2
    return _Moment(asked.inputs[ports[0]][n], states[0], states[1], ports[0], (n,), (n,), "", unit)


def _in_layer(asked: Asked, family: str) -> _Moment:
    """Run it up to the time step that is asked about."""
    module, (port, x) = asked.module, next(iter(asked.inputs.items()))
    assert module is not None
    size, both = int(module.hidden_size), bool(module.bidirectional)  # type: ignore[arg-type]
    layers = int(module.num_layers)  # type: ignore[arg-type]
    if asked.output == "output":
        n, time, place = asked.index
        layer, way, unit = layers - 1, place // size, place % size
    else:
        number, n, unit = asked.index
        layer, way = divmod(number, 1 + both)
        time = 0 if way else x.shape[1] - 1
    given = x[n]
    for at in range(layer + 1):
        runs = [_run(asked, family, given, f"_l{at}{'_reverse' if back else ''}", bool(back))
                for back in range(1 + both)]
        if at == layer:
            states, memories = runs[way]
            step = time + (1 if way else -1)
            inside = 0 <= step < len(given)
            zero = torch.zeros(size, dtype=torch.float64)
            return _Moment(given[time], states[step] if inside else zero, memories[step] if inside else zero,
                           port if not at else "", (n, time), (step,), f"_l{at}{'_reverse' if way else ''}", unit)
        given = torch.cat([states for states, _ in runs], dim=1)
    raise AssertionError("a layer is always found")


def _run(asked: Asked, family: str, x: Tensor, ending: str, back: bool) -> tuple[Tensor, Tensor]:
    """The states of one layer in one direction, by time."""
    w, u = asked.weights[f"weight_ih{ending}"], asked.weights[f"weight_hh{ending}"]
    b, d = (asked.weights.get(f"bias_{one}{ending}", torch.zeros(len(w), dtype=torch.float64)) for one in ("ih", "hh"))
    h = c = torch.zeros(u.shape[1], dtype=torch.float64)
    states, memories = torch.zeros(len(x), len(h)).double(), torch.zeros(len(x), len(h)).double()
    with torch.no_grad():
        for time in (reversed(range(len(x))) if back else range(len(x))):
            one, two = w @ x[time] + b, u @ h + d
            if family == "LSTM":
                i, f, g, o = (one + two).chunk(4)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
            elif family == "GRU":
                (r, z, n), (r2, z2, n2) = one.chunk(3), two.chunk(3)
                keep = (z + z2).sigmoid()
                h = (1 - keep) * (n + (r + r2).sigmoid() * n2).tanh() + keep * h
            else:
                h = (one + two).tanh() if getattr(asked.kind, "nonlinearity", "tanh") == "tanh" else (one + two).relu()
            states[time], memories[time] = h, c
    return states, memories
