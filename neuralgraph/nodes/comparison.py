"""Questions with the answer yes or no, and what is made of the answers."""

from __future__ import annotations

from typing import ClassVar

from neuralgraph.nodes.demands import broadcast
from neuralgraph.spec import Call, Mask, Misfit, Node, Spec, function, param


class _Compare(Node):
    """A question about two values, number by number; sizes of 1 are stretched."""

    category = "Maths"
    group = "Comparison"
    target: ClassVar[str] = ""

    def call(self, a: Spec, b: Spec) -> Call:
        broadcast(a, b)
        return function(self.target)


class Greater(_Compare):
    """Is the first value larger? Yes or no, number by number.

    $a > b$. Answers have no slope: nothing is learnt through them.

    Example: a = [[3, 2, 1]], b = [[2, 2, 2]] → [[yes, no, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.gt
    """

    synonyms = ("larger than", ">", "gt", "compare")
    target = "torch.gt"


class GreaterEqual(_Compare):
    """Is the first value at least as large? Yes or no, number by number.

    $a ≥ b$.

    Example: a = [[3, 2, 1]], b = [[2, 2, 2]] → [[yes, yes, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.ge
    """

    synonyms = ("at least", ">=", "ge", "compare")
    target = "torch.ge"


class Less(_Compare):
    """Is the first value smaller? Yes or no, number by number.

    $a < b$.

    Example: a = [[3, 2, 1]], b = [[2, 2, 2]] → [[no, no, yes]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.lt
    """

    synonyms = ("smaller than", "<", "lt", "compare")
    target = "torch.lt"


class LessEqual(_Compare):
    """Is the first value at most as large? Yes or no, number by number.

    $a ≤ b$.

    Example: a = [[3, 2, 1]], b = [[2, 2, 2]] → [[no, yes, yes]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.le
    """

    synonyms = ("at most", "<=", "le", "compare")
    target = "torch.le"


class Equal(_Compare):
    """Are both values the same? Yes or no, number by number.

    $a = b$. Decimal numbers that were computed differ easily in the last digit.

    Example: a = [[3, 2, 1]], b = [[2, 2, 2]] → [[no, yes, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.eq
    """

    synonyms = ("same", "==", "eq", "compare")
    target = "torch.eq"


class NotEqual(_Compare):
    """Are both values different? Yes or no, number by number.

    $a ≠ b$: where a padding number is not, for instance.

    Example: a = [[3, 2, 1]], b = [[2, 2, 2]] → [[yes, no, yes]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.ne
    """

    synonyms = ("different", "!=", "ne", "compare")
    target = "torch.ne"


class _Logic(Node):
    """Two answers joined."""

    category = "Maths"
    group = "Comparison"
    target: ClassVar[str] = ""

    def call(self, a: Mask, b: Mask) -> Call:
        broadcast(a, b)
        return function(self.target)


class LogicalAnd(_Logic):
    """Yes where both answers are yes.

    $a ∧ b$. Numbers count as yes where they are not 0.

    Example: a = [[yes, yes, no]], b = [[yes, no, no]] → [[yes, no, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.logical_and
    """

    synonyms = ("and", "both", "gate", "&")
    target = "torch.logical_and"


class LogicalOr(_Logic):
    """Yes where at least one answer is yes.

    $a ∨ b$. Numbers count as yes where they are not 0.

    Example: a = [[yes, yes, no]], b = [[yes, no, no]] → [[yes, yes, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.logical_or
    """

    synonyms = ("or", "either", "gate", "|")
    target = "torch.logical_or"


class LogicalXor(_Logic):
    """Yes where exactly one answer is yes.

    $a ⊕ b$. The question that one layer cannot learn.

    Example: a = [[yes, yes, no]], b = [[yes, no, no]] → [[no, yes, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.logical_xor
    """

    synonyms = ("xor", "exclusive or", "gate")
    target = "torch.logical_xor"


class LogicalNot(Node):
    """Turns yes into no and no into yes.

    $¬x$. Numbers count as yes where they are not 0.

    Example: [[yes, no]] → [[no, yes]]
    Shapes: any → the same (bool)
    PyTorch: torch.logical_not
    """

    category = "Maths"
    group = "Comparison"
    synonyms = ("not", "invert", "gate")

    def call(self, x: Mask) -> Call:
        return function("torch.logical_not")


class Where(Node):
    """Takes the first value where the answer is yes, the second where it is no.

    $y = a$ where `condition` is yes, else $y = b$. The gradient goes to the value that was taken.

    Example: condition = [[yes, no]], a = [[1, 2]], b = [[8, 9]] → [[1, 9]]
    Shapes: condition, a and b of one shape → the same
    PyTorch: torch.where
    """

    category = "Maths"
    group = "Comparison"
    synonyms = ("if", "choose", "select", "switch", "mask")

    def call(self, condition: Mask, a: Spec, b: Spec) -> Call:
        if condition.dtype != "bool":
            raise Misfit("yes or no", port="condition", axes="bool", insert="Cast", params={"dtype": "bool"},
                         hint="Cast makes yes of every number but 0; or wire a comparison here.")
        broadcast(a, b)
        broadcast(condition, a)
        broadcast(condition, b)
        return function("torch.where")


class IsFinite(Node):
    """Is this a number that can be computed with? No for infinity and «not a number».

    $|x| < ∞$.

    Example: [[1, ∞, nan]] → [[yes, no, no]]
    Shapes: any → the same (bool)
    PyTorch: torch.isfinite
    """

    category = "Maths"
    group = "Comparison"
    synonyms = ("nan", "infinite", "check")

    def call(self, x: Spec) -> Call:
        return function("torch.isfinite")


class IsClose(_Compare):
    """Are both values nearly the same? Yes or no, number by number.

    $|a - b| ≤ atol + rtol · |b|$: what Equal should ask where decimal numbers were computed.

    Example (atol = 0.1): a = [[1, 1]], b = [[1.05, 2]] → [[yes, no]]
    Shapes: a and b of one shape → the same (bool)
    PyTorch: torch.isclose
    """

    synonyms = ("nearly equal", "approximately", "tolerance", "≈")

    rtol: float = param(1e-5, "Difference allowed, as a share of the second value.", min=0.0, max=1e6, row="relative")
    atol: float = param(1e-8, "Difference allowed in any case.", min=0.0, max=1e6, row="absolute")

    def call(self, a: Spec, b: Spec) -> Call:
        broadcast(a, b)
        if a.dtype != b.dtype:
            raise Misfit(f"{a.dtype} like its first input", port="b", axes=a.dtype, insert="Cast",
                         params={"dtype": a.dtype}, hint="Cast makes both the same.")
        return function("torch.isclose", rtol=self.rtol, atol=self.atol)


class _Is(Node):
    category = "Maths"
    group = "Comparison"

    def call(self, x: Spec) -> Call:
        return function(f"torch.{self.type.lower()}")


class IsNan(_Is):
    """Is this «not a number»? Yes or no, number by number.

    $x ≠ x$. Nothing else differs from itself. What 0/0 or the logarithm of a negative number gives, and what spreads
    from there through everything behind it.

    Example: [[1, nan, ∞]] → [[no, yes, no]]
    Shapes: any → the same (bool)
    PyTorch: torch.isnan
    """

    synonyms = ("not a number", "missing", "check")


class IsInf(_Is):
    """Is this infinite? Yes or no, number by number.

    $|x| = ∞$. What an overflow leaves, or a division by 0.

    Example: [[1, nan, ∞]] → [[no, no, yes]]
    Shapes: any → the same (bool)
    PyTorch: torch.isinf
    """

    synonyms = ("infinite", "overflow", "check")
