"""What a node type *is*: parameters, ports, the torch call behind it, shapes and dtypes on wires, the catalogue."""

from neuralgraph.spec.call import Call, Symbol, function, module, source
from neuralgraph.spec.catalog import Catalog
from neuralgraph.spec.drawn import Door, Drawn, Inside, Interface, Network
from neuralgraph.spec.node import Node, Port, Role
from neuralgraph.spec.param import Columns, Numbers, Param, Points, Size, param
from neuralgraph.spec.remark import Remark
from neuralgraph.spec.tensor import Float, Integer, Mask, Misfit, Scalar, Spec

__all__ = [
    "Call",
    "Catalog",
    "Columns",
    "Door",
    "Drawn",
    "Float",
    "Inside",
    "Integer",
    "Interface",
    "Mask",
    "Misfit",
    "Network",
    "Node",
    "Numbers",
    "Param",
    "Points",
    "Port",
    "Remark",
    "Role",
    "Scalar",
    "Size",
    "Spec",
    "Symbol",
    "function",
    "module",
    "param",
    "source",
]
