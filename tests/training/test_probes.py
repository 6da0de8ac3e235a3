"""What an inspector reads of a node."""

from __future__ import annotations

import numpy as np

from neuralgraph.compiler.program import Program
from neuralgraph.nodes import CATALOG
from neuralgraph.training.control import Probe
from neuralgraph.training.probes import read
from tests.node_examples import ORACLES
from tests.test_every_node import alone, tensors


def test_a_value_whose_sign_torch_has_only_noted_down_is_read() -> None:
    given = ORACLES["IFFT"]
    program = Program(*alone(CATALOG["IFFT"], given), seed=1)
    sample = tensors(given, 1)
    found = read(program, Probe("it", {key: one.numpy() for key, one in sample.items()}), 0)
    assert not found.note and len(found.activations) == 2
    for name, value in program.trace(sample, ("it",)).items():
        np.testing.assert_array_equal(found.activations[name.removeprefix("it.")], value.resolve_neg().numpy())
