"""Node types whose inside is drawn: a module definition of the document says what their ports and parameters are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from neuralgraph.errors import ParameterError
from neuralgraph.spec.node import Node, Port
from neuralgraph.spec.param import Param, param
from neuralgraph.spec.tensor import Spec


@dataclass(frozen=True, slots=True)
class Door:
    """Where a value goes through the wall of a module: the port `name` outside is the node `id` inside.

    `label` is the title that the author gave it. `inside` is that node.
    """

    name: str
    id: str
    inside: Node
    label: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A flattened definition as a value: `text` says all that it computes, and is what it is compared by."""

    text: str
    graph: Any = field(compare=False)
    catalog: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class Interface:
    """What a definition shows to the outside; `inside` only where the node runs the definition by itself."""

    name: str
    entries: tuple[Door, ...] = ()
    exits: tuple[Door, ...] = ()
    exposed: tuple[Param, ...] = ()
    inside: Inside | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A drawn network as a value in a `Call`: what is inside, and the spec of every entry by node id.

    `name` is that of its definition, for what there is to say about it.
    """

    inside: Inside
    entries: tuple[tuple[str, Spec], ...]
    exits: tuple[str, ...]
    name: str = ""


class Drawn(Node):
    """A node whose inside is the definition of that name."""

    category = "Modules"
    interface: ClassVar[Interface | None] = None
    runs: ClassVar[bool] = False
    """It runs the definition itself, as often as it takes; else its inside is laid out in its place."""

    definition: str = param("", "The module definition that it is a copy of.")

    @classmethod
    def ports_of(cls, interface: Interface) -> tuple[Port, ...]:
        """The inputs that a definition gives it."""
        return tuple(Port(door.name) for door in interface.entries)

    @classmethod
    def outputs_of(cls, interface: Interface) -> tuple[str, ...]:
        """The outputs that a definition gives it."""
        return tuple(door.name for door in interface.exits)

    def outputs(self) -> tuple[str, ...]:
        return self.outputs_of(self.interface) if self.interface is not None else ()


RESERVED = frozenset(dir(Drawn)) | {"port", "many"}


@lru_cache(maxsize=256)
def fitted(kind: type[Drawn], interface: Interface) -> type[Drawn]:
    """`kind` with the ports, outputs and parameters of a definition: a node type of its own."""
    own: dict[str, Any] = {
        "__doc__": kind.__doc__, "__module__": kind.__module__, "__qualname__": kind.__qualname__,
        "interface": interface, "ports": kind.ports_of(interface),
    }
    made: type[Drawn] = type(kind.__name__, (kind,), own)
    made.params = {**kind.params, **{one.name: one for one in interface.exposed if one.name not in kind.params}}
    return made


def exposable(name: str) -> str:
    """Why a parameter cannot be shown outside under this name; "" where it can."""
    if not name.isidentifier() or name in RESERVED or name.startswith("_"):
        return f"{name!r} cannot be the name of a parameter: it is a word that modules use themselves."
    return ""


def state_name(value: str) -> str:
    """A checked name of a state: it becomes a port and part of names in code."""
    if not value.isidentifier() or value.startswith("_") or value in RESERVED:
        raise ParameterError(
            f"state expects a name of letters, digits and _, such as h, not {value!r}.", parameter="state")
    return value
