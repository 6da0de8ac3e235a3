"""What made one number: inputs times weights, and how they were put together. Plain numbers, nothing live."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

How = Literal["sum", "switch", "share", "function", "slopes", "gates", "whole"]
Spot = tuple[int, ...]
SHOWN = 6
"""So many terms are written out in a formula."""
APPLIED: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh, "relu": lambda x: max(x, 0.0), "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "ln": math.log,
    "": lambda x: x,
}


@dataclass(frozen=True, slots=True)
class Term:
    """One product: the number `x` at `spot` of input `port` ("" where none takes part), times `w`.

    `weight` names what `w` is taken from, a weight of the node or another input, and `at` is its place there; both are
    empty where `w` is a fixed factor or a slope. `label` says what a pair cannot: «padding», «head 2, step 5».
    """

    port: str
    spot: Spot
    x: float
    weight: str
    at: Spot
    w: float
    product: float
    label: str = ""


@dataclass(frozen=True, eq=False)
class Columns:
    """A convolution as one product of matrices: `weights` (filters × window) times `windows` (window × places).

    The cell is row `row` of the one and column `column` of the other; `note` says what was done before.
    """

    weights: NDArray[Any]
    windows: NDArray[Any]
    row: int
    column: int
    note: str = ""


@dataclass(frozen=True, eq=False)
class Terms:
    """How the number `value` at `index` of an output came about.

    `how` says what the terms do: "sum" with the `bias`; "switch": the largest (or another one) passes; "share": the
    first is divided by the sum of all; "function": of the numbers `x` alone; "slopes": no sum, but a derivative by each
    input, with the `bias` as what is left over; "gates": see `parts`; "whole": no cells stand behind it one by one.
    `then` is applied at the end. Computed in float64.
    """

    node: str
    type: str
    output: str
    index: Spot
    value: float
    how: How
    says: str
    terms: tuple[Term, ...] = ()
    bias: float = 0.0
    bias_name: str = ""
    then: str = ""
    parts: Mapping[str, Terms] = field(default_factory=dict)
    columns: Columns | None = None
    alone: float | None = None
    """What a "function" gives of these numbers alone."""

    @property
    def total(self) -> float:
        """What the terms make: the value, found from them alone. NaN where there is no such thing."""
        match self.how:
            case "sum" | "switch" | "slopes":
                return APPLIED[self.then](math.fsum([*(one.product for one in self.terms), self.bias]))
            case "share":
                return APPLIED[self.then](self.terms[0].product / math.fsum(one.product for one in self.terms))
            case "function":
                return self.alone if self.alone is not None else math.nan
            case "gates":
                return gated(self.type, {name: one.total for name, one in self.parts.items()})
        return math.nan

    def csv(self) -> str:
        """A row for every term, the offset and the value."""
        from neuralgraph.explain.apart.tables import terms_table

        return terms_table(self)

    @property
    def formula(self) -> str:
        """The present numbers, in the signs of the help pages; "" where there is nothing to write."""
        return written(self)


def gated(type: str, parts: Mapping[str, float]) -> float:
    """The new state of a cell with gates; `c` and `h` are the states before."""
    if "GRU" in type:
        new = math.tanh(parts["n_x"] + parts["r"] * parts["n_h"])
        return (1 - parts["z"]) * new + parts["z"] * parts["h"]
    memory = parts["f"] * parts["c"] + parts["i"] * parts["g"]
    return parts["o"] * math.tanh(memory) if "o" in parts else memory


def written(one: Terms) -> str:
    """A formula with numbers."""
    end = f"= {figure(one.value)}"
    match one.how:
        case "sum" | "switch" if one.terms:
            shown = [term for term in one.terms if term.product or one.how == "switch"] or list(one.terms)
            if one.how == "switch":
                inside = ", ".join(figure(term.x) for term in shown[:12]) + (", …" if len(shown) > 12 else "")
                return f"max({inside}) {end}"
            parts = [_product(term) for term in shown[:SHOWN]] + (["…"] if len(shown) > SHOWN else [])
            if one.bias_name:
                parts.append(figure(one.bias, inside=True))
            text = " + ".join(parts)
            return f"{one.then}({text}) {end}" if one.then else f"{text} {end}"
        case "share":
            below = [figure(term.product, inside=True) for term in one.terms[:SHOWN]]
            text = f"{figure(one.terms[0].product)} / ({' + '.join(below)}{' + …' if len(one.terms) > SHOWN else ''})"
            return f"{one.then}({text}) {end}" if one.then else f"{text} {end}"
        case "function" if one.terms:
            return f"{_applied(one)} {end}"
        case "gates" if "GRU" in one.type:
            p = {name: figure(part.value, inside=True) for name, part in one.parts.items()}
            return f"(1 − {p['z']}) · tanh({p['n_x']} + {p['r']} · {p['n_h']}) + {p['z']} · {p['h']} {end}"
        case "gates":
            p = {name: figure(part.value, inside=True) for name, part in one.parts.items()}
            inner = f"{p['f']} · {p['c']} + {p['i']} · {p['g']}"
            return f"{p['o']} · tanh({inner}) {end}" if "o" in p else f"{inner} {end}"
    return ""


_WRITTEN = {
    "Add": "{} + {}", "Sub": "{} − {}", "Div": "{} / {}", "Neg": "−{}", "Square": "{}^2", "Sqrt": "√{}",
    "Exp": "e^{{{}}}", "Sigmoid": "1 / (1 + e^{{−{}}})", "Tanh": "tanh({})", "ReLU": "max(0, {})", "Sin": "sin({})",
    "Cos": "cos({})", "Log": "ln({})", "Reciprocal": "1 / {}", "Abs": "|{}|", "Maximum": "max({}, {})",
    "Minimum": "min({}, {})",
    "Greater": "{} > {}", "Less": "{} < {}",
}  # fmt: skip
"""Functions as they are written; the others by their names."""


def _applied(one: Terms) -> str:
    pattern = _WRITTEN.get(one.type, "")
    if pattern.replace("{{", "").count("{}") == len(one.terms):
        return pattern.format(*(figure(term.x, inside=True) for term in one.terms))
    return f"{word(one.type)}({', '.join(figure(term.x) for term in one.terms)})"


def _product(term: Term) -> str:
    if term.w == 1.0 and not term.weight:
        return figure(term.x, inside=True)
    return f"{figure(term.x, inside=True)} · {figure(term.w, inside=True)}"


def word(name: str) -> str:
    """A node type as a word that formulas can hold: letters only."""
    return "".join(one for one in name if one.isalpha())


def figure(value: float, *, inside: bool = False) -> str:
    """A number in about four figures for a formula; `inside` puts a negative one in brackets."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "∞" if value > 0 else "(−∞)" if inside else "−∞"
    text = f"{value:.4g}"
    if "e" in text:
        mantissa, _, power = text.partition("e")
        text = f"{mantissa} · 10^{{{int(power)}}}"
    text = text.replace("-", "−")
    return f"({text})" if inside and value < 0 else text
