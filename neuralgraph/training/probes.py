"""What an inspector sees of a node at a batch edge: numpy copies, nothing changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.blocks.fitted import measured
from neuralgraph.training.control import ACTIVATIONS, GRADIENTS, WEIGHTS, Probe
from neuralgraph.training.events import Reading
from neuralgraph.training.randomness import undisturbed


def read(program: Any, probe: Probe, step: int) -> Reading:
    """Weights, or what was measured, and gradients of the node by name; its activations for the sample by output."""
    owner = program.graph.nodes[probe.node].shares or probe.node if probe.node in program.graph.nodes else probe.node
    module = program.part(owner)
    named = dict(module.named_parameters()) if module is not None else {}
    more = measured(module)
    weights = {name: copy(one) for name, one in {**named, **more}.items()} if WEIGHTS in probe.what else {}
    gradients = (
        {name: copy(one.grad) for name, one in named.items() if one.grad is not None} if GRADIENTS in probe.what else {}
    )
    note, activations = "", {}
    if ACTIVATIONS in probe.what and probe.sample is not None and program.outputs_of(probe.node):
        try:
            activations = activation(program, probe)
        except (KeyError, RuntimeError) as error:
            note = f"No activations: {error}"
    return Reading(probe.node, step, weights, gradients, activations, note, frozenset(more))


def activation(program: Any, probe: Probe) -> dict[str, NDArray[Any]]:
    """The outputs of the node for the sample, in eval mode; random state and buffers stay as they were."""
    tensors = {key: program.tensor(key, value) for key, value in (probe.sample or {}).items()}
    with undisturbed(program.device, program.seed), program.quiet():
        values = program.trace(tensors, (probe.node,))
    outputs = program.outputs_of(probe.node)
    return {
        output: copy(values[name])
        for output in outputs
        if (name := probe.node if len(outputs) == 1 else f"{probe.node}.{output}") in values
    }


def copy(tensor: torch.Tensor) -> NDArray[Any]:
    """A numpy copy on the processor."""
    return np.array(tensor.detach().resolve_neg().cpu().numpy())  # numpy knows no sign that is only noted down
