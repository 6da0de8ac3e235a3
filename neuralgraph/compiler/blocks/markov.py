"""Hidden Markov models: what may be known of a hidden state from what was seen so far."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class HMM(nn.Module):
    """Forward filter. `start` (states), `transition` (from × to), `emission` (states × symbols) hold scores.

    The softmax of a row of scores is its probabilities, so that the logarithm of a probability is its score.
    """

    def __init__(self, states: int, symbols: int) -> None:
        super().__init__()
        self.start_weight = nn.Parameter(0.1 * torch.randn(states))
        self.transition_weight = nn.Parameter(0.1 * torch.randn(states, states))
        self.emission_weight = nn.Parameter(0.1 * torch.randn(states, symbols))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Beliefs after every symbol, N × L × states, and −log of the probability of all symbols, N."""
        emission = torch.softmax(self.emission_weight, -1).mT[x]
        transition = torch.softmax(self.transition_weight, -1)
        belief = torch.softmax(self.start_weight, -1).expand(len(x), -1)
        found, surprise = [], []
        for at in range(x.shape[1]):
            belief = (belief @ transition if at else belief) * emission[:, at]
            total = belief.sum(-1, keepdim=True)
            belief = belief / total
            found.append(belief)
            surprise.append(-total[:, 0].log())
        return torch.stack(found, 1), torch.stack(surprise, 1).sum(1)
