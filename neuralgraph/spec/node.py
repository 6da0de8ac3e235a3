"""The base class of every node type."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from neuralgraph.errors import ParameterError
from neuralgraph.spec.call import Call
from neuralgraph.spec.param import Param, gather, meant
from neuralgraph.spec.remark import Remark
from neuralgraph.spec.tensor import Spec

Role = Literal["source", "transform", "loss", "metric", "output"]


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a node type. `many` stands for `name_0, name_1, …`; `letter` is "?" where any dtype fits."""

    name: str
    optional: bool = False
    many: bool = False
    letter: str = "?"


class Node:
    """A node type: one class. Its docstring is its help, its `param`s its form, the arguments of `call` its ports.

    An instance is a type with checked parameter values: frozen, compared and hashed by value.
    """

    category: ClassVar[str] = "Layers"
    group: ClassVar[str] = ""
    """Its sub-heading in the palette, in a category of many types."""
    role: ClassVar[Role] = "transform"
    synonyms: ClassVar[tuple[str, ...]] = ()
    formerly: ClassVar[tuple[str, ...]] = ()
    passes: ClassVar[bool] = False
    """Nothing is computed: what comes in goes out. The canvas draws it as a bead on its wire."""
    door: ClassVar[Literal["", "in", "out"]] = ""
    """Inside a module definition: where a value comes in, or goes out, under the name of this node."""
    by_rows: ClassVar[bool] = True
    """A loss or metric puts row beside row of its inputs, so that all must have as many."""
    axes: ClassVar[int] = 0
    """How many axes a `Size` parameter stands for («3 × 3» for 2)."""

    params: ClassVar[dict[str, Param]] = {}
    ports: ClassVar[tuple[Port, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.params = gather(cls)
        if "call" in vars(cls):
            cls.ports = _ports(cls)

    def __init__(self, **values: Any) -> None:
        unknown = [name for name in values if name not in self.params]
        if unknown:
            known = ", ".join(self.params) or "none"
            raise ParameterError(f"{self.type} has no parameter {unknown[0]!r}. It has: {known}.", parameter=unknown[0])
        checked = {name: one.check(values.get(name, one.default)) for name, one in self.params.items()}
        self.__dict__.update(checked)
        # repr tells 1 from 1.0 and True, which compare equal but compute differently
        self.__dict__["key"] = (type(self), repr(checked))

    key: Any
    """What it is compared by: the class and the parameter values."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a node is frozen; make another {self.type}")

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.key == other.key

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.type}({values})"

    @property
    def type(self) -> str:
        return type(self).__name__

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter with its value."""
        return {name: getattr(self, name) for name in self.params}

    def outputs(self) -> tuple[str, ...]:
        """The names of its outputs."""
        return ("out",)

    def door_name(self, id: str) -> str:
        """What the port outside is called, where this node with that id is a door."""
        return id

    def call(self, *args: Any, **kwargs: Any) -> Call:
        """The torch call for inputs of these shapes; a `Misfit` where they do not fit."""
        raise NotImplementedError

    def remarks(self, *inputs: Spec) -> tuple[Remark, ...]:
        """What there is to know about inputs that it takes: becomes a note at the node. Given in the order of ports."""
        return ()

    @classmethod
    def summary(cls) -> str:
        """The first line of its help."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def _ports(cls: type[Node]) -> tuple[Port, ...]:
    found = []
    for name, argument in list(inspect.signature(cls.call).parameters.items())[1:]:
        letter = _letter(meant(argument.annotation, cls.call.__module__))
        many = argument.kind is inspect.Parameter.VAR_POSITIONAL
        found.append(Port(name, argument.default is None, many, letter))
    return tuple(found)


def _letter(hint: Any) -> str:
    for one in (hint, *typing.get_args(hint)):
        letter = getattr(one, "__metadata__", ("",))[0]
        if letter:
            return str(letter)
    return "?"
