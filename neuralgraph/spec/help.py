"""The help of a node type, taken apart: its docstring is the one place where it is written."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from neuralgraph.spec.example import Example, read_example
from neuralgraph.spec.node import Node

DOCS = "https://docs.pytorch.org/docs/stable/generated/"
MOVED = {"torch.nn.Parameter": "torch.nn.parameter.Parameter"}
"""Names whose page has another name."""

FORMULA = re.compile(r"\$([^$]+)\$")
_FIELD = re.compile(r"(?=^(?:Example[ :]|Shapes:|Outputs:|PyTorch:))", re.M)
_TARGET = re.compile(r"torch(?:\.\w+)+")


@dataclass(frozen=True, slots=True)
class Help:
    """The parts of a help page. `body` holds paragraphs with `$formulas$`, `` `names` `` and **bold** words."""

    summary: str
    body: tuple[str, ...]
    examples: tuple[Example, ...]
    shapes: str
    outputs: str
    pytorch: str

    @property
    def formulas(self) -> tuple[str, ...]:
        """What stands between dollar signs, in order."""
        return tuple(one for paragraph in self.body for one in FORMULA.findall(paragraph))

    @property
    def target(self) -> str:
        """The name in torch that its PyTorch line begins with; "" where that is only an expression."""
        found = _TARGET.match(self.pytorch)
        return found[0] if found else ""

    @property
    def url(self) -> str:
        """PyTorch's page about it; "" where there is none."""
        return f"{DOCS}{MOVED.get(self.target, self.target)}.html" if self.target else ""


def help_of(kind: type[Node]) -> Help:
    """The parts of a node type's docstring."""
    return read_help(inspect.getdoc(kind) or "")


def read_help(text: str) -> Help:
    """Summary, paragraphs, then the lines that begin with Example, Shapes, Outputs and PyTorch."""
    prose, *fields = _FIELD.split(text)
    summary, *body = (_joined(one) for one in prose.strip().split("\n\n"))
    named: dict[str, str] = {}
    examples = []
    for one in fields:
        line = _joined(one)
        if line.startswith("Example"):
            examples.append(read_example(line))
        else:
            name, _, rest = line.partition(":")
            named[name] = rest.strip()
    return Help(summary, tuple(body), tuple(examples), named.get("Shapes", ""), named.get("Outputs", ""),
                named.get("PyTorch", ""))


def _joined(text: str) -> str:
    return " ".join(text.split())
