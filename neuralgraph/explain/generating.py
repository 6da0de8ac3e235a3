"""Text that a network writes: one token after the other, each drawn from what the network expects there."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.data.cards import Card
from neuralgraph.data.preparing import vocabulary
from neuralgraph.data.tokens import pieces
from neuralgraph.errors import DataError, RunError
from neuralgraph.explain.predicting import main_key
from neuralgraph.training.randomness import undisturbed

MOST = 1_000_000
HOTTEST = 100.0
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%’'”")
_NO_SPACE_AFTER = frozenset("([{“")


class Writer:
    """Writes on from a prompt. The same prompt, temperature and seed write the same.

    It always looks at the last tokens, as many as a sample of the data has. What was written so far is in `numbers`.
    """

    def __init__(
        self, program: Program, card: Card, prompt: str = "", *, temperature: float = 1.0, seed: int = 0
    ) -> None:
        if card.form != "running":
            raise RunError("Only a network that was taught to tell the next token of a text can write. This one's data "
                           "is of another kind: a TextFile with task = next is needed.")
        if not 0.0 <= temperature <= HOTTEST:
            raise RunError(f"The temperature is a number from 0 (always the likeliest) to {HOTTEST:g}, not "
                           f"{temperature:g}.")
        self.program, self.card, self.temperature = program, card, temperature
        self.length = int(card.specs["x"].shape[1])
        self._key = main_key(program)
        self._drawn = torch.Generator().manual_seed(seed)
        self.numbers = self._read(prompt)
        self._axis = self._place()
        bytewise = card.settings.get("tokens") == "bytes"
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace") if bytewise else None
        self._last = self.card.tokens[self.numbers[-1]] if prompt else ""

    def write(self, count: int) -> Iterator[str]:
        """`count` more tokens as text, one at a time."""
        if not 0 < count <= MOST:
            raise RunError(f"The number of tokens to write is from 1 to {MOST:,}, not {count:,}.")
        for _ in range(count):
            number = self._next()
            self.numbers = [*self.numbers[-self.length:], number]
            yield self._said(number)

    def _read(self, prompt: str) -> list[int]:
        """The numbers of the prompt; without one, a line begins."""
        words, one = vocabulary(self.card), self.card.settings
        cut = pieces(prompt, str(one.get("tokens", "characters")), bool(one.get("lower")))
        if not isinstance(cut, bytes) and not self.card.special:
            strange = list(dict.fromkeys(piece for piece in cut if piece not in words.place))
            if strange:
                raise DataError(f"The text that it learned from has no {', '.join(map(repr, strange[:8]))}. Leave "
                                f"{'them' if len(strange) > 1 else 'it'} out of the prompt.")
        found = [int(number) for number in words.numbers(cut)]
        if found:
            return found
        start = ord("\n") + 2 * self.card.special if one.get("tokens") == "bytes" else words.place.get("\n")
        return [start if start is not None else min(2 * self.card.special, len(self.card.tokens) - 1)]

    def _place(self) -> int:
        """The axis of the output on which the tokens lie."""
        node, output = next(iter(self.program.outputs.values()))
        shape = self.program.inference.specs[node][output].shape
        size = len(self.card.tokens)
        self._flat = len(shape) == 2
        if len(shape) in (2, 3) and shape[1] == size:
            return 1
        if len(shape) == 3 and shape[2] == size:
            return 2
        raise RunError(f"{node} gives {' × '.join(map(str, shape))}; a score for each of {size:,} tokens was expected. "
                       "Let the network end in as many outputs as the vocabulary has.")

    def _scores(self) -> Tensor:
        """What the network gives for the token that comes next."""
        seen = self.numbers[-self.length:]
        x = np.full((1, self.length), self.numbers[0], np.int64)
        if self._flat:
            x[0, -len(seen):] = seen
        else:  # what stands behind the last token cannot be seen from it
            x[0, :len(seen)] = seen
        name = self._key.replace(".", "_").replace("/", "__")
        with undisturbed(self.program.device, self.program.seed):
            result = self.program.predict(**{name: x})
        value: Tensor = (next(iter(result.values())) if isinstance(result, dict) else result).float().cpu()[0]
        if value.ndim == 1:
            return value
        return value[:, len(seen) - 1] if self._axis == 1 else value[len(seen) - 1]

    def _next(self) -> int:
        scores = self._scores().double()
        if self.card.special:
            scores[:2] = -torch.inf  # filling and the unknown are no words
        if not torch.isfinite(scores).any() or torch.isnan(scores).any():
            raise RunError("The network gives numbers that are not finite. Train it afresh with a smaller learning "
                           "rate.")
        if not self.temperature:
            return int(scores.argmax())
        chances = torch.softmax((scores - scores.max()) / self.temperature, dim=0)
        return int(torch.multinomial(chances, 1, generator=self._drawn))

    def _said(self, number: int) -> str:
        """A token as it follows on what was written before."""
        if self._decoder is not None:
            return self._decoder.decode(bytes([number - 2 * self.card.special]))
        token, last = self.card.tokens[number], self._last
        self._last = token
        if self.card.settings.get("tokens") != "words" or not last:
            return token
        close = token[0] in _NO_SPACE_BEFORE or last[-1] in _NO_SPACE_AFTER
        return token if close else f" {token}"
