"""A compiled document: programs for training, for inference and for looking inside, all on the same weights."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn

from neuralgraph.compiler.build import Writer, build_root, construct, dotted, mangled, part, seed_of, source_key
from neuralgraph.compiler.infer import Inference
from neuralgraph.compiler.matching import Match, match
from neuralgraph.compiler.turns import seeded
from neuralgraph.errors import GraphError, RunError, WeightsMismatch
from neuralgraph.graph.document import Graph
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Node
from neuralgraph.validation.lens import digraph, upstream


class Program:
    """What `compile_graph` returns.

    `module` computes the outputs from the sources it needs (`module_inputs`, in order, also by keyword). `training`
    takes `training_inputs` in order and gives `(total, losses, metric inputs)`. Weights are named `<node id>.<name>`.
    """

    def __init__(self, graph: Graph, inference: Inference, *, seed: int = 0, device: str = "cpu") -> None:
        self.document = graph
        self.graph = inference.graph
        """The document with every module laid out: what is computed, by paths."""
        self.inference = inference
        self.seed = seed
        self.device = device
        self.dtype = torch.float32
        """That of weights and floating inputs; float64 after training in that precision."""
        self.checkpoint: Any = None
        """Where the last run on this program stood when it ended."""
        self._lens = digraph(self.graph)
        self._sources = {
            key: (id, output)
            for id, node in self._of_role("source")
            for output in node.outputs()
            for key in (source_key(node, id, output),)
        }
        self.inputs = tuple(self._sources)
        self.sources = {key: (id, output, self.node(id)) for key, (id, output) in self._sources.items()}
        self.losses = tuple(id for id, _ in self._of_role("loss") if id in inference.calls)
        self.shares = {id: float(getattr(inference.nodes[id], "weight", 1.0)) for id in self.losses}
        self._metrics = tuple(id for id, _ in self._of_role("metric") if id in inference.calls)
        self.root = build_root(inference, seed)
        self.root.to(device)
        self.fitted = tuple(id for id in inference.order if hasattr(self.part(id), "fit"))
        self._owners = {dotted(id): id for id in inference.calls}
        self._trainings: dict[tuple[str, ...], fx.GraphModule] = {}
        self._traces: dict[frozenset[str], tuple[fx.GraphModule, tuple[str, ...]]] = {}
        self.metrics: dict[str, nn.Module] = {
            id: construct(inference.calls[id], seed_of(seed, id)).to(device) for id in self._metrics
        }
        self.module, self.module_inputs = self._inference_module()

    def _of_role(self, role: str) -> list[tuple[str, Node]]:
        found = ((id, self.inference.nodes[id]) for id in self.inference.order)
        return [(id, node) for id, node in found if isinstance(node, Node) and node.role == role]

    # -- training ---------------------------------------------------------------------------------------------------

    @property
    def training(self) -> fx.GraphModule:
        """All losses and all metric inputs: `forward(*tensors) -> (total, losses, metric inputs)`."""
        return self.training_for(self.losses)

    @property
    def training_inputs(self) -> tuple[str, ...]:
        """What `training` takes, in order."""
        return self.needed((*self.losses, *self._metrics))

    def training_for(self, losses: Sequence[str]) -> fx.GraphModule:
        """The program of one plan step, which learns from some of the losses. Takes the same inputs as `training`."""
        chosen = tuple(losses)
        if not chosen:
            raise GraphError("There is nothing to learn from: the graph has no loss. Add one and wire it.")
        if chosen not in self._trainings:
            self._trainings[chosen] = self._training_module(chosen)
        return self._trainings[chosen]

    def _training_module(self, losses: tuple[str, ...]) -> fx.GraphModule:
        writer = self._writer(self.training_inputs)
        writer.write(self.path((*losses, *self._metrics)))
        found = {id: writer.values[id, "loss"] for id in losses}
        watched = tuple(tuple(writer.inputs(id, self.node(id))[0]) for id in self._metrics)
        return writer.finish((writer.total(found, self.shares), tuple(found.values()), watched), "Training")

    # -- inference --------------------------------------------------------------------------------------------------

    @property
    def outputs(self) -> dict[str, tuple[str, str]]:
        """What `module` returns: name → (node, output).

        The Output nodes; else what losses and metrics look at; else the ends.
        """
        wires = self.inference.wires
        known = self.inference.specs
        named = {id: (id, "out") for id, _ in self._of_role("output") if id in known}
        if named:
            return named
        judged: dict[str, tuple[str, str]] = {}
        for id in (*self.losses, *self._metrics):
            edge = arguments(self.node(id), wires[id])[0][0][1]
            if edge is not None:
                judged[self.output_name(edge.source, edge.output)] = edge.start
        if judged:
            return judged
        ends = [id for id in self.inference.order if id in known and not any(self.graph.out_of(id))]
        return {self.output_name(id, output): (id, output) for id in ends for output in known[id]}

    def _inference_module(self) -> tuple[fx.GraphModule, tuple[str, ...]]:
        wanted = self.outputs
        keys = self.needed([id for id, _ in wanted.values()])
        writer = self._writer(keys)
        writer.write(self.path([id for id, _ in wanted.values()]))
        return writer.finish({name: writer.values[start] for name, start in wanted.items()}, "Network"), keys

    def predict(self, **arrays: Any) -> Any:
        """The outputs for these inputs, in eval mode, without a gradient; changes nothing, the random state included.

        Nodes that draw random numbers draw those of the program's seed: the same inputs give the same outputs.
        Inputs by port name (`x=…`) or by source key with `_` for `.` (`dataset_1_x=…`); arrays or tensors, rows first.
        One output comes alone, several as a dictionary.
        """
        given = [self.tensor(key, self._find(key, arrays)) for key in self.module_inputs]
        with seeded(self.seed), self.quiet(), torch.no_grad():
            result: dict[str, Tensor] = self.module(*given)
        return next(iter(result.values())) if len(result) == 1 else result

    def _find(self, key: str, arrays: Mapping[str, Any]) -> Any:
        id, output = self._sources[key]
        for name in (key, mangled(key).replace(".", "_"), id, output):
            if name in arrays:
                return arrays[name]
        raise RunError(f"The input {key!r} is missing. Give {', '.join(repr(k) for k in self.module_inputs)}.")

    def tensor(self, key: str, raw: Any) -> Tensor:
        """An input as a tensor of its spec's dtype on the device."""
        id, output = self._sources[key]
        spec = self.inference.specs[id].get(output)
        tensor = torch.as_tensor(raw)
        wanted = getattr(torch, spec.dtype) if spec is not None else tensor.dtype
        return tensor.to(device=self.device, dtype=self.dtype if wanted.is_floating_point else wanted)

    # -- looking inside ---------------------------------------------------------------------------------------------

    def trace(
        self, tensors: Mapping[str, Tensor], nodes: Iterable[str] | None = None, *, grad: bool = False
    ) -> dict[str, Tensor]:
        """The value of every output (or of some nodes) by `id`, or `id.output` where there are several.

        Runs in the mode that the modules are in; wrap in `quiet()` for eval mode. With `grad`, keeps the tape.
        """
        copies = self.inference.flat.copies
        wanted = frozenset(nodes) if nodes is not None else frozenset((*self.inference.specs, *copies))
        if wanted not in self._traces:
            self._traces[wanted] = self._trace_module(wanted)
        program, keys = self._traces[wanted]
        with torch.set_grad_enabled(grad):
            result: dict[str, Tensor] = program(*(tensors[key] for key in keys))
        return result

    def _trace_module(self, wanted: frozenset[str]) -> tuple[fx.GraphModule, tuple[str, ...]]:
        flat = self.inference.flat
        doors = {path: flat.doors(path) for path in flat.copies if path in wanted}
        beads = {bead for some in doors.values() for bead in some.values()}
        ids = [id for id in self.inference.order if (id in wanted or id in beads) and id in self.inference.specs]
        keys = self.needed(ids)
        writer = self._writer(keys)
        writer.write(self.path(ids))
        result = {
            self.output_name(id, output): writer.values[id, output]
            for id in ids
            for output in self.inference.specs[id]
            if (id, output) in writer.values and id in wanted
        }
        result |= {
            path if len(some) == 1 else f"{path}.{output}": writer.values[bead, "out"]
            for path, some in doors.items()
            for output, bead in some.items()
            if (bead, "out") in writer.values
        }
        return writer.finish(result, "Trace"), keys

    def quiet(self) -> Quiet:
        """A context in eval mode that gives every module its mode back."""
        return Quiet(self.root)

    # -- what may change while learning ------------------------------------------------------------------------------

    def live(self, id: str, name: str) -> float | None:
        """The present value of a parameter that may be changed while learning; None where the node has none such."""
        node = self.inference.nodes.get(id)
        if not isinstance(node, Node) or name not in node.params or not node.params[name].live:
            return None
        if id in self.shares and name == "weight":
            return self.shares[id]
        found = getattr(self.part(id), name, None)
        return float(found) if isinstance(found, (int, float)) else None

    def change(self, id: str, name: str, value: float) -> None:
        """Change such a parameter: what `training_for` gives afterwards goes by it. `ParameterError` for a wrong value.

        The document stays as it is.
        """
        checked = self.node(id).params[name].check(value)
        if id in self.shares and name == "weight":
            self.shares[id] = checked
            self._trainings.clear()
        else:
            setattr(self.part(id), name, checked)

    # -- weights ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """Every weight and buffer by name: `linear_1.weight`."""
        return dict(self.root.state_dict())

    def load_state_dict(self, state: Mapping[str, Any], *, only_matching: bool = False) -> Match:
        """Copy weights in; a `WeightsMismatch` says what does not fit, and then nothing was copied.

        `only_matching` takes the nodes whose every tensor fits and leaves the others as they are.
        """
        own = self.root.state_dict()
        given = {name: torch.as_tensor(one) for name, one in state.items()}
        found = match(own, given, self.owner)
        if not found.whole and not (only_matching and found.fits):
            raise WeightsMismatch(found.refusal(), fits=found.fits, sentences=found.sentences)
        taken = set(found.fits)
        with torch.no_grad():
            for name, one in own.items():
                if self.owner(name) in taken:
                    one.copy_(given[name])
        return found

    def load_weights(self, path: str | Path, *, only_matching: bool = False) -> Match:
        """Read a `.safetensors` file, or the tensors of a `.pt` file; as `load_state_dict`."""
        from neuralgraph.compiler.weights import read_weights

        return self.load_state_dict(read_weights(Path(path)), only_matching=only_matching)

    def reset(self) -> None:
        """Back to the initial weights of the same seed."""
        fresh = build_root(self.inference, self.seed)
        self.load_state_dict(fresh.state_dict())

    def copied(self) -> Program:
        """The same on weights of its own: what is done to either leaves the other as it is."""
        made = copy.copy(self)
        made.root, made.metrics = copy.deepcopy((self.root, self.metrics))
        made.shares, made._trainings, made._traces = dict(self.shares), {}, {}
        made.module, made.module_inputs = made._inference_module()
        return made

    # -- parts ------------------------------------------------------------------------------------------------------

    def owner(self, tensor: str) -> str:
        """The path of the node that a weight or a value belongs to: `block_1/7/linear_2` of its `….weight`."""
        name = tensor
        while name not in self._owners and "." in name:
            name = name.rpartition(".")[0]
        return self._owners.get(name, tensor.partition(".")[0])

    def part(self, id: str) -> nn.Module | None:
        """The submodule of a node, or the room of a module; None where it has none."""
        found = part(self.root, id)
        if found is None:  # inside a node that runs a module by itself, its own submodule stands between
            loop = next((one for one in self.inference.within if id.startswith(f"{one}/")), None)
            found = part(self.root, f"{loop}/cell/{id.removeprefix(f'{loop}/')}") if loop is not None else None
        return found

    def node(self, id: str) -> Node:
        node = self.inference.nodes[id]
        assert isinstance(node, Node)
        return node

    def holds(self, id: str) -> bool:
        """There is a node or a module of that path."""
        return id in self.graph.nodes or id in self.inference.flat.copies or self.part(id) is not None

    def outputs_of(self, id: str) -> tuple[str, ...]:
        """The outputs of a node, or of a module; none where nothing is known of it."""
        flat = self.inference.flat
        return tuple(flat.doors(id)) if id in flat.copies else tuple(self.inference.specs.get(id, ()))

    def path(self, ids: Iterable[str]) -> list[str]:
        copies = self.inference.flat.copies
        ends = [bead for id in ids for bead in (self.inference.flat.doors(id).values() if id in copies else (id,))]
        needed = upstream(self._lens, ends)
        return [id for id in self.inference.order if id in needed]

    def needed(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The keys of the source outputs that these nodes depend on."""
        path = set(self.path(ids))
        used = {edge.start for edge in self.graph.edges.values() if edge.target in path} | {
            (id, output) for id in ids for output in self.inference.specs.get(id, {})
        }
        return tuple(key for key, start in self._sources.items() if start in used)

    def _writer(self, keys: Iterable[str]) -> Writer:
        writer = Writer(self.inference, self.root)
        writer.placeholders((key, *self._sources[key]) for key in keys)
        return writer

    def output_name(self, id: str, output: str) -> str:
        """What a trace calls it: `id`, or `id.output` where there are several."""
        return id if len(self.node(id).outputs()) == 1 else f"{id}.{output}"


class Quiet:
    """Eval mode for a while; afterwards every module is in the mode it was in."""

    def __init__(self, root: nn.Module) -> None:
        self._root = root

    def __enter__(self) -> None:
        self._modes = [(module, module.training) for module in self._root.modules()]
        self._root.eval()

    def __exit__(self, *_: object) -> None:
        for module, training in self._modes:
            module.training = training
