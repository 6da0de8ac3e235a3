"""Well-known networks drawn with modules have the published sizes and compute what the same network written by hand
computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import drawn_networks as drawn
import numpy as np
import psutil
import pytest
import torch
import written_networks as written
from torch import Tensor, nn

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode

PUBLISHED: dict[str, tuple[Callable[[], ng.Graph], int]] = {
    "resnet18": (drawn.resnet18, 11_689_512),
    "vgg16": (drawn.vgg16, 138_357_544),
    "mobilenet_v2": (drawn.mobilenet_v2, 3_504_872),
    "unet": (drawn.unet, 31_030_658),
    "the encoder of BERT base": (drawn.encoder, 85_054_464),
    "the medium LSTM of Zaremba": (drawn.language_model, 19_775_200 + 2 * 4 * 650),
}
"""torchvision's figures; Ronneberger et al. with 1 channel in and 2 out; BERT without embeddings and pooler; the 19.8 M
of Zaremba et al., where torch has a second offset for each gate."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_are_the_published_ones_and_nothing_is_allocated_to_know_them(name: str) -> None:
    build, wanted = PUBLISHED[name]
    ng.check(drawn.unet(16, 1))  # torch is there
    g, process = build(), psutil.Process()
    before = process.memory_info().rss
    # whether a batch of it fits is a question of this computer
    assert [one for one in ng.check(g) if one.code not in ("no_loss", "budget_exceeded")] == []
    table = ng.summary(g)
    assert table.parameters == sum(row.parameters for row in table.rows) == wanted
    assert process.memory_info().rss - before < 40e6, "the weights of VGG-16 alone are 553 MB"


def with_figures(network: nn.Module, seed: int = 0) -> nn.Module:
    """In eval mode, with running means and variances, factors and offsets that are not those of the start."""
    generator = torch.Generator().manual_seed(seed)
    for one in network.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.running_mean.uniform_(-0.3, 0.3, generator=generator)
            one.running_var.uniform_(0.5, 2.0, generator=generator)
        if isinstance(one, (nn.BatchNorm2d, nn.LayerNorm)):
            one.weight.data.uniform_(0.5, 1.5, generator=generator)
            one.bias.data.uniform_(-0.3, 0.3, generator=generator)
    return network.eval()


def images(channels: int, size: int) -> Tensor:
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(5))


PAIRS: dict[str, tuple[Callable[[], ng.Graph], Callable[[], nn.Module], Callable[[], Tensor]]] = {
    "resnet18": (lambda: drawn.resnet18(64), written.ResNet18, lambda: images(3, 64)),
    # the convolutions of the real one; its first Linear has 103 M weights, so the head is narrower
    "vgg16": (lambda: drawn.vgg16(32, 64, 10), lambda: written.VGG16(64, 10), lambda: images(3, 32)),
    "mobilenet_v2": (lambda: drawn.mobilenet_v2(64), written.MobileNetV2, lambda: images(3, 64)),
    "unet": (lambda: drawn.unet(32, 16), lambda: written.UNet(16), lambda: images(1, 32)),
    "encoder": (lambda: drawn.encoder(10, 48, 4, 96), lambda: written.Encoder(48, 4, 96, 12),
                lambda: torch.randn(3, 10, 48, generator=torch.Generator().manual_seed(5))),
}


@pytest.mark.parametrize("name", PAIRS)
def test_it_computes_what_the_hand_written_one_computes(name: str) -> None:
    draw, write, values = PAIRS[name]
    torch.manual_seed(0)
    program, network, x = ng.compile(draw()), with_figures(write()), values()
    state = network.state_dict()
    assert set(program.state_dict()) == set(state)
    program.load_state_dict(state)
    with torch.no_grad():
        wanted = network(x)
    assert wanted.std() > 1e-3
    assert torch.allclose(program.predict(x=x), wanted, rtol=1e-4, atol=1e-5 * float(wanted.abs().max()))


def test_the_language_model_computes_what_torch_computes() -> None:
    torch.manual_seed(0)
    program, network = ng.compile(drawn.language_model(50, 12, 9)), written.LanguageModel(50, 12).eval()
    names = {f"lstm{layer + 1}.cell.{part}.{kind}": f"lstm.{kind}_{part}_l{layer}"
             for layer in (0, 1) for part in ("ih", "hh") for kind in ("weight", "bias")}
    state = network.state_dict()
    program.load_state_dict({name: state[names.get(name, name)] for name in program.state_dict()})
    tokens = torch.randint(50, (4, 9), generator=torch.Generator().manual_seed(5))
    assert torch.allclose(program.predict(tokens=tokens), network(tokens).detach(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "unet", "encoder"])
def test_a_gradient_reaches_every_weight(name: str) -> None:
    draw, _, values = PAIRS[name]
    program = ng.compile(draw())
    found = program.module(values())
    found[next(iter(found))].square().mean().backward()
    assert [key for key, one in program.root.named_parameters() if one.grad is None or not one.grad.any()] == []


def test_a_drawn_network_trains() -> None:
    g = drawn.unet(16, 4)
    g.add("MSELoss", g["head"], g.add("Input", shape=(2, 16, 16), id="target"), id="loss")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 1, 16, 16)).astype("float32")
    run = ng.train(g, data={"x": x, "target": np.concatenate((x, -x), 1)}, epochs=6, lr=0.01, batch_size=4)
    assert run.history["loss"][-1] < 0.9 * run.history["loss"][0]


def test_one_edit_inside_a_block_changes_every_copy_of_it() -> None:
    from neuralgraph.graph.module_edits import Within

    g = drawn.resnet18(64)
    block = g.session.graph.modules["Basic block"]
    wider = block.nodes["conv2"]
    before = ng.summary(g).parameters
    edit = ChangeNode(replace(wider, params=wider.params.having(bias=True)))
    g.session.edit(Within("Basic block", edit))
    assert ng.summary(g).parameters == before + 2 * 64 + 128 + 256 + 512
    g.session.undo()
    assert ng.summary(g).parameters == before
