"""Recipes: the learning rules of the books as plans, made for the graph that is there.

A recipe is one undoable edit: stages and steps that name the losses and nodes of this graph, and the settings of nodes
that the rule asks for. Where a graph has nothing for it to work on, it says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from neuralgraph.errors import GraphError
from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import ChangeNode, Edit, Group, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import Optimizer, Plan, Schedule, Stage, Step, Stop
from neuralgraph.graph.reading import node_in
from neuralgraph.spec import Catalog, Node
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.lens import digraph, order, upstream

MACHINES = ("RBM", "BoltzmannMachine", "DeepBoltzmannMachine")
ENERGY = "EnergyLoss"


class _Graph:
    """What recipes ask of a document."""

    def __init__(self, known: Analysis, catalog: Catalog) -> None:
        self.known, self.graph, self.plan = known, known.graph, known.graph.plan
        self._lens = digraph(self.graph)
        found = ((id, node_in(self.graph, id, catalog)) for id in order(self._lens))
        self.nodes: dict[str, Node] = {id: node for id, node in found if node is not None}
        self.learning = {id.partition("/")[0] for id, one in known.figures.items() if one.parameters}

    def of_type(self, *types: str) -> list[str]:
        return [id for id, node in self.nodes.items() if node.type in types]

    @property
    def losses(self) -> list[str]:
        """From those that few layers lead to up to those that many do."""
        return sorted((id for id, node in self.nodes.items() if node.role == "loss"),
                      key=lambda one: len(self.learners(one)))

    def learners(self, loss: str) -> tuple[str, ...]:
        """The nodes with weights that a loss depends on, those whose weights others share in their place."""
        above = upstream(self._lens, (loss,))
        found = (self.graph.nodes[id].shares or id for id in self.nodes if id in above)
        return tuple(dict.fromkeys(id for id in found if id in self.learning))

    def losses_of(self, ids: Iterable[str], *types: str) -> list[str]:
        """Losses of these types that depend on one of the nodes."""
        wanted = set(ids)
        return [loss for loss in self.losses if self.nodes[loss].type in types and wanted & set(self.learners(loss))]

    def setting(self, ids: Iterable[str], **params: object) -> list[Edit]:
        """What gives these nodes these parameters, where they have them and they say something else."""
        edits: list[Edit] = []
        for id in ids:
            given = {name: value for name, value in params.items() if getattr(self.nodes[id], name, value) != value}
            if given:
                placed = self.graph.nodes[id]
                edits.append(ChangeNode(replace(placed, params=placed.params.having(**given)), f"Set {id}"))
        return edits

    def at(self, id: str, port: str) -> Placed | None:
        """The node at an input."""
        edge = self.graph.edges.get((id, port))
        return self.graph.nodes.get(edge.source) if edge is not None else None


Made = tuple[Plan, list[Edit]]
"""The plan of a recipe, and what else is set."""


def _one(plan: Plan, step: Step, **settings: object) -> Plan:
    """The plan with this one step, for as many epochs as its first stage has."""
    stage = Stage(plan.stages[0].epochs, (step,))
    return replace(plan, stages=(stage,), **{"full_batch": False, **settings})  # type: ignore[arg-type]


def _perceptron(on: _Graph) -> Made:
    losses = on.of_type("PerceptronLoss")
    if not losses:
        raise GraphError("The perceptron rule learns from a PerceptronLoss, and there is none. Put one behind the "
                         "Linear whose sign is the answer.")
    learners = tuple(dict.fromkeys(id for loss in losses for id in on.learners(loss)))
    zeros = FrozenDict({"weight": "zeros", "bias": "zeros"})
    edits: list[Edit] = [ChangeNode(replace(placed, initialiser=zeros), f"Start {id} from zero") for id in learners
                         if not (placed := on.graph.nodes[id]).weights and placed.initialiser != zeros]
    mistakes = on.of_type("Mistakes")
    stop = Stop(figure=mistakes[0], better="lower", target=0.0) if mistakes else on.plan.stop
    step = Step(tuple(losses), learners, Optimizer("SGD", 1.0))
    return _one(on.plan, step, batch_size=1, shuffle=False, validation=0.0, stop=stop), edits


def _hebb(on: _Graph) -> Made:
    memories = on.of_type("Hopfield")
    losses = on.losses_of(memories, ENERGY)
    if not losses:
        raise GraphError("Hebb's rule learns from the energy of patterns: wire energy_in of a Hopfield to an "
                         "EnergyLoss.")
    sizes = [spec.shape[-1] for id in memories for spec in on.known.inputs.get(id, {}).values()]
    units = next((one for one in sizes if isinstance(one, int)), 100)
    plan = _one(on.plan, Step(tuple(losses), tuple(memories), Optimizer("SGD", 1 / units)), full_batch=True,
                validation=0.0)
    return replace(plan, stages=(replace(plan.stages[0], epochs=1),)), on.setting(losses, reduction="sum")


def _dreaming(on: _Graph, kinds: tuple[str, ...], phase: str, rate: float) -> Made:
    machines = on.of_type(*kinds)
    losses = on.losses_of(machines, ENERGY)
    if not losses:
        raise GraphError(f"It learns from what a machine dreams: wire energy and energy_sample of {kinds[0]} to input "
                         "and target of an EnergyLoss.")
    step = Step(tuple(losses), tuple(machines), Optimizer("SGD", rate))
    return _one(on.plan, step, batch_size=20), on.setting(machines, phase=phase)


def _contrastive(on: _Graph) -> Made:
    return _dreaming(on, ("RBM",), "data", 0.1)


def _persistent(on: _Graph) -> Made:
    return _dreaming(on, MACHINES, "particles", 0.05)


def _greedy(on: _Graph) -> Made:
    learnt: set[str] = set()
    stages: list[Stage] = []
    for loss in on.losses:
        fresh = tuple(id for id in on.learners(loss) if id not in learnt)
        learnt |= set(fresh)
        if fresh:
            optimizer = Optimizer("SGD", 0.1) if on.nodes[loss].type == ENERGY else Optimizer()
            stages.append(Stage(on.plan.stages[0].epochs, (Step((loss,), fresh, optimizer),)))
    if len(stages) < 2:
        raise GraphError("Layer by layer needs at least two losses, each with layers of its own before it: an "
                         "EnergyLoss at every RBM of a stack, a loss at the end of every part.")
    return replace(on.plan, stages=tuple(stages), batch_size=20, full_batch=False), []


def _adversaries(on: _Graph) -> Made:
    losses = {loss: set(on.learners(loss)) for loss in on.losses}
    common = set.intersection(*losses.values()) if losses else set()
    real = [loss for loss, mine in losses.items() if mine == common]
    made = [loss for loss in losses if loss not in real]
    wanted = {_meaning(on.at(loss, "target")) for loss in real}
    fools = [loss for loss in made if _meaning(on.at(loss, "target")) in wanted]
    rest = tuple(dict.fromkeys(id for loss in made for id in on.learners(loss) if id not in common))
    if not common or not fools or len(fools) == len(made) or not rest:
        raise GraphError(
            "Taking turns needs three losses: one that tells real rows, one that tells made ones, and one where made "
            "rows should pass for real, with the same target as the first. The judge shares its weights in all three.")
    judge = Step(tuple(loss for loss in losses if loss not in fools), tuple(id for id in on.nodes if id in common))
    maker = Step(tuple(fools), rest)
    plan = _one(on.plan, judge, batch_size=128, validation=0.0)
    return replace(plan, stages=(replace(plan.stages[0], steps=(judge, maker)),)), []


def _meaning(target: Placed | None) -> object:
    """Two targets that say the same have the same: a node of that kind with these numbers."""
    return None if target is None else (target.type, tuple(sorted((key, repr(one)) for key, one in target.params.items(
    ))))


def _competitive(on: _Graph) -> Made:
    layers = on.of_type("Competitive")
    losses = on.losses_of(layers, ENERGY)
    if not losses:
        raise GraphError("Competition learns from the distance to the nearest unit: wire error of a Competitive to an "
                         "EnergyLoss.")
    epochs = on.plan.stages[0].epochs
    fall = Schedule("LinearLR", FrozenDict({"start_factor": 1.0, "end_factor": 0.01, "total_iters": max(epochs, 1)}))
    step = Step(tuple(losses), tuple(layers), Optimizer("SGD", 0.1), schedule=fall)
    return _one(on.plan, step, batch_size=1), on.setting(losses, reduction="sum")


def _seeds(on: _Graph) -> Made:
    return replace(on.plan, search=FrozenDict({**on.plan.search, "seed": "0..19"})), []


@dataclass(frozen=True, slots=True)
class Recipe:
    """What it does, in a sentence, and how it is made for a graph."""

    doc: str
    make: Callable[[_Graph], Made]


RECIPES: Mapping[str, Recipe] = {
    "Perceptron rule": Recipe("Rosenblatt: from zero, row after row in the given order, with a rate of 1, until an "
                              "epoch goes without a mistake", _perceptron),
    "Hebb": Recipe("One pass over all patterns: each adds its products to the couplings", _hebb),
    "Contrastive divergence (CD-k)": Recipe("RBMs: what the data pull down, k steps from the data push up",
                                            _contrastive),
    "Persistent particles (PCD)": Recipe("Boltzmann machines: the dreams go on from step to step", _persistent),
    "Layer by layer (greedy)": Recipe("A stage for every loss, which teaches the layers that no stage before it taught",
                                      _greedy),
    "Adversaries in turn (GAN)": Recipe("Every batch teaches the judge, then the maker", _adversaries),
    "Competitive": Recipe("Row after row, with a rate that falls to a hundredth: the nearest unit moves", _competitive),
    "Several seeds": Recipe("Marks the seed for Train → Search: the same plan with seeds from 0 to 19", _seeds),
}
"""By name, in the order of the menu."""


def recipe(known: Analysis, catalog: Catalog, name: str) -> Edit:
    """The edit that sets the plan, and what the rule asks of nodes; a `GraphError` says what the graph lacks."""
    if name not in RECIPES:
        raise GraphError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    plan, edits = RECIPES[name].make(_Graph(known, catalog))
    return Group(f"Recipe {name}", (*edits, SetPlan(plan, f"Recipe {name}")))
