"""Help pages, taken apart: every formula is read whole, every link leads to a page of torch's documentation."""

from __future__ import annotations

import re
from functools import reduce

import pytest
import torch

from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Node
from neuralgraph.spec.formula import (
    Box,
    Fraction,
    Group,
    Misread,
    Root,
    Row,
    Scripts,
    Text,
    is_flat,
    read_formula,
    signed,
)
from neuralgraph.spec.help import help_of, read_help

NO_PAGE = {"Standardize", "Slice", "Input", "Output", "Module", "State", "NextState", "Recurrent", "Accuracy",
           "GaussianNoise", "RBM", "Maxout", "HMM", "EnergyLoss", "Mistakes",
           *(name for name, one in CATALOG.items() if one.category == "Data")}
"""What torch has no page of: an expression, or data."""

every = pytest.mark.parametrize("kind", CATALOG.values(), ids=lambda one: one.__name__)


def texts(box: Box) -> list[Text]:
    match box:
        case Text():
            return [box]
        case Row(items):
            return [one for item in items for one in texts(item)]
        case Group(_, inside, _) | Root(inside):
            return texts(inside)
        case Fraction(top, bottom):
            return texts(top) + texts(bottom)
        case Scripts(base, sub, sup, _):
            return [one for part in (base, sub, sup) if part is not None for one in texts(part)]


def drawn(box: Box) -> str:
    """A formula with everything that the boxes say."""
    match box:
        case Text(text, style):
            return f"/{text}/" if style == "letter" else text
        case Row(items):
            return " ".join(drawn(one) for one in signed(items))
        case Group(left, inside, right):
            return left + drawn(inside) + right
        case Fraction(top, bottom):
            return f"<{drawn(top)} over {drawn(bottom)}>"
        case Root(inside):
            return f"root<{drawn(inside)}>"
        case Scripts(base, sub, sup, limits):
            below = f"{'__' if limits else '_'}<{drawn(sub)}>" if sub else ""
            return drawn(base) + below + (f"^<{drawn(sup)}>" if sup else "")


@every
def test_every_formula_is_read_whole(kind: type[Node]) -> None:
    found = help_of(kind)
    assert all(paragraph.count("$") % 2 == 0 for paragraph in found.body)
    assert "$" not in found.summary + found.shapes + found.outputs
    for formula in found.formulas:
        for one in texts(read_formula(formula)):
            assert not set(one.text) & set("\\{}^$"), formula
            assert "_" not in one.text or re.fullmatch(r"[A-Za-z]{2,}(_[A-Za-z]{2,})+", one.text), formula


@pytest.mark.parametrize(("formula", "said"), [
    ("x_i^2", "/x/_</i/>^<2>"),
    ("a_{ij}", "/a/_</i/ /j/>"),
    ("x / (1 + e^{-x})", "</x/ over 1 + /e/^<− /x/>>"),
    ("a + b · c / d", "/a/ + </b/ · /c/ over /d/>"),
    ("sin x / cos x", "<sin /x/ over cos /x/>"),
    ("Q K^T / √d", "</Q/ /K/^</T/> over root</d/>>"),
    ("√(2/π)", "root<<2 over /π/>>"),
    ("Σ A^k / k!", "∑ </A/^</k/> over /k/ !>"),
    ("e^{x_i} / Σ_j e^{x_j}", "</e/^</x/_</i/>> over ∑__</j/> /e/^</x/_</j/>>>"),
    ("(Σ x^p)^{1/p}", "(∑ /x/^</p/>)^<1 / /p/>"),
    ("(1/n) Σ x", "<1 over /n/> ∑ /x/"),
    ("f(x/2)", "/f/ (</x/ over 2>)"),
    ("max_k x_k", "max__</k/> /x/_</k/>"),
    ("max(x, min_val)", "max (/x/ , min_val)"),
    ("∫_0^x e^{-t²} dt", "∫_<0>^</x/> /e/^<− /t/^<2>> /dt/"),
    ("∂C / ∂w_{jk} = δ", "<∂ /C/ over ∂ /w/_</j/ /k/>> = /δ/"),
    ("|a - b|", "|/a/ − /b/|"), ("⌊x⌋ ⊙ h'", "⌊/x/⌋ ⊙ /h/ ′"), ("-x = -1", "− /x/ = − 1"),
])  # fmt: skip
def test_how_formulas_are_read(formula: str, said: str) -> None:
    assert drawn(read_formula(formula)) == said


@pytest.mark.parametrize("formula", ["\\frac{1}{2}", "(x", "x)", "x_", "/ 2", "{x", "a / ", "x ^", "ü%"])
def test_what_cannot_be_read_is_refused(formula: str) -> None:
    with pytest.raises(Misread):
        read_formula(formula)


def test_a_line_is_enough_where_nothing_stands_above_another() -> None:
    assert is_flat(read_formula("f(x) = max(0, x_i) + e^x"))
    assert not any(is_flat(read_formula(one)) for one in ("1/x", "√x", "Σ_i x", "x_i^2"))


@every
def test_a_link_leads_to_what_torch_has(kind: type[Node]) -> None:
    found = help_of(kind)
    assert (found.url == "") == (kind.__name__ in NO_PAGE)
    if found.url:
        assert re.fullmatch(r"https://docs\.pytorch\.org/docs/stable/generated/torch(\.\w+)+\.html", found.url)
        assert reduce(getattr, found.url.rpartition("/")[2].removesuffix(".html").split(".")[1:], torch) is not None


def test_the_parts_of_a_page() -> None:
    found = read_help("""Does it.

    $y = x$, for `k`. More
    words.

    And more.

    Example: [[1]] → [[1]], for it
    does nothing.
    Example (k = 2): [[1]] → [[2]]
    Shapes: N → N;
    N × F → N
    PyTorch: torch.nn.functional.relu(x)
    """.replace("\n    ", "\n"))
    assert found.summary == "Does it."
    assert found.body == ("$y = x$, for `k`. More words.", "And more.")
    assert found.formulas == ("y = x",)
    assert [one.text for one in found.examples] == ["[[1]] → [[1]]", "[[1]] → [[2]]"]
    assert (found.examples[0].remark, found.examples[1].settings_text) == ("for it does nothing.", "k = 2")
    assert found.shapes == "N → N; N × F → N"
    assert found.url == "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html"
    assert help_of(CATALOG["Linear"]).url == "https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html"
    assert help_of(CATALOG["Parameter"]).url.endswith("/torch.nn.parameter.Parameter.html")
