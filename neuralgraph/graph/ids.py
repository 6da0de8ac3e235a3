"""Short, stable, valid Python identifiers for what is in a document; never used twice."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Mapping

from neuralgraph.graph.document import Graph

MODULE_ATTRIBUTES = frozenset(
    "training forward children modules parameters buffers apply cuda cpu to type float double half bfloat16 train eval "
    "state_dict load_state_dict register_buffer register_parameter register_module add_module get_submodule "
    "get_parameter get_buffer zero_grad share_memory extra_repr compile ipu xpu mtia to_empty requires_grad_ "
    "named_parameters named_buffers named_children named_modules get_extra_state set_extra_state set_submodule "
    "call_super_init dump_patches code graph print_readable recompile add_submodule delete_submodule "
    "delete_all_unused_submodules torch math self inputs".split()
)
"""Names that a node cannot have because `nn.Module`, `fx.GraphModule` or exported code has them."""

LONGEST = 64


def stem(type_name: str) -> str:
    """`Conv2d` → `conv2d`, `CrossEntropyLoss` → `cross_entropy_loss`, `ReLU` → `relu`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", type_name)
    return re.sub(r"\W", "_", words).lower().strip("_") or "node"


def refusal(name: str) -> str:
    """Why `name` cannot be an id; "" where it can."""
    if not name.isidentifier() or not name.isascii():
        return "an id holds letters, digits and _, and starts with a letter"
    if name.startswith("_") or "__" in name:
        return "an id neither starts with _ nor holds __"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name} is a word of Python"
    if name in MODULE_ATTRIBUTES:
        return f"torch modules already use the name {name}"
    if name.startswith(("val_", "test_")):
        return "val_… and test_… name the validation and test figures of a run"
    if len(name) > LONGEST:
        return f"an id has at most {LONGEST} characters"
    return ""


def fresh(graph: Graph, type_name: str, taken: Mapping[str, object] | None = None) -> str:
    """The next unused id for a node of this type, a note or a frame: `linear_3`."""
    word = stem(type_name)
    number = graph.counters.get(word, 0) + 1
    while _used(graph, f"{word}_{number}") or f"{word}_{number}" in (taken or {}):
        number += 1
    return f"{word}_{number}"


def fresh_name(wanted: str, taken: Container[str], gap: str = "_") -> str:
    """`wanted`, or it with the first number that makes it a new name: `width_2`, with another `gap` «Module 2»."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}{gap}{number}"
    return name


def counted(counters: Mapping[str, int], name: str) -> Mapping[str, int]:
    """`counters` after `name` was given out."""
    word, number = numbered(name)
    if counters.get(word, 0) >= number:
        return counters
    return {**counters, word: number}


def numbered(name: str) -> tuple[str, int]:
    """The word and the number of an id: `linear_3` → `("linear", 3)`; number 0 where it has none."""
    match = re.fullmatch(r"(.+)_([0-9]{1,9})", name)
    return (match[1], int(match[2])) if match else (name, 0)


def _used(graph: Graph, name: str) -> bool:
    return name in graph.nodes or name in graph.notes or name in graph.frames
