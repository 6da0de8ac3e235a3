"""How losses join what their samples cost: as a mean of all numbers, as a sum, or summed within each sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from node_examples import ORACLES

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.source import to_python
from neuralgraph.nodes import CATALOG
from tests.test_every_node import alone, tensors

LOSSES = [name for name, kind in CATALOG.items() if kind.role == "loss"]


def loss(name: str, reduction: str, batch: int = 5) -> tuple[Program, Any]:
    given = replace(ORACLES[name], params={**ORACLES[name].params, "reduction": reduction})
    graph, inference = alone(CATALOG[name], given)
    assert not inference.problems
    program = Program(graph, inference, seed=1)
    return program, program.trace(tensors(given, batch), ["it"])["it"]


@pytest.mark.parametrize("name", [one for one in LOSSES if one != "EnergyLoss"])
def test_per_sample_is_the_sum_over_the_samples_by_their_number(name: str) -> None:
    assert torch.allclose(loss(name, "per sample")[1], loss(name, "sum")[1] / 5)


def test_energies_are_joined_each_by_itself() -> None:
    """6 numbers a row at the input, 2 at the target."""
    given = tensors(ORACLES["EnergyLoss"], 5)
    rows, dreams = given["in_input"], given["in_target"]
    assert torch.allclose(loss("EnergyLoss", "per sample")[1], (rows.sum() - dreams.sum()) / 5)
    assert torch.allclose(loss("EnergyLoss", "sum")[1], rows.sum() - dreams.sum())


@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "EnergyLoss", "PerceptronLoss"])
def test_its_python_computes_the_same(name: str) -> None:
    program, wanted = loss(name, "per sample")
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(to_python(program), "exported.py", "exec"), space)
    given = list(tensors(ORACLES[name], 5).values())
    assert torch.equal(space["Network"]().objective(*given), wanted * program.shares["it"])
