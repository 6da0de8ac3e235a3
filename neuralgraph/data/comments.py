"""Made-up reviews and comments: short texts as numbers of words, drawn from a seed, with an order that matters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified, sealed
from neuralgraph.data.tokens import PADDING, UNKNOWN
from neuralgraph.spec import Spec

GOOD = ("good", "great", "lovely", "funny", "brilliant", "charming", "moving", "clever", "warm", "superb")
BAD = ("bad", "dull", "boring", "awful", "clumsy", "stale", "empty", "tired", "messy", "weak")
NOT = ("not", "never", "hardly")
PLAIN = tuple("the a film story plot actor scene and then it was with music end this whole cast very some of in to is "
              "on week seen people time two hour".split())
TOXIC = {"insult": ("fool", "idiot", "clown", "loser"), "threat": ("hurt", "crush", "punish", "regret"),
         "rude": ("damn", "crap", "bloody", "hell")}
WORDS = (PADDING, UNKNOWN, *sorted({*GOOD, *BAD, *NOT, *PLAIN, *(word for kind in TOXIC.values() for word in kind)}))
PLACE = {word: at for at, word in enumerate(WORDS)}
LENGTH = 20
Rng = np.random.Generator


def sentiment(samples: int, noise: float, seed: int, *, as_number: bool = False) -> Delivery:
    """Reviews with three words of praise or blame; one after «not» means its opposite, and the most decide.

    A share `noise` of the labels is wrong.
    """
    rng = np.random.default_rng(seed)
    x, labels = np.zeros((samples, LENGTH), np.int64), np.zeros(samples, np.int64)
    for row in range(samples):
        praise, turned = rng.random(3) < 0.5, rng.random(3) < 0.2
        said = [_turned(rng, GOOD if good else BAD, bool(no)) for good, no in zip(praise, turned, strict=True)]
        x[row] = _numbers(rng, said)
        labels[row] = (praise ^ turned).sum() > 1
    labels ^= rng.random(samples) < noise
    found = classified(x.astype(np.float32), labels, ("negative", "positive"), label="sentiment", as_number=as_number)
    return _worded(found, x)


def toxicity(samples: int, noise: float, seed: int) -> Delivery:
    """Comments with three labels at once, as yes (1) or no (0): each has words of its own, but not after «not»."""
    rng = np.random.default_rng(seed)
    x, y = np.zeros((samples, LENGTH), np.int64), np.zeros((samples, len(TOXIC)), np.float32)
    for row in range(samples):
        there, turned = rng.random(len(TOXIC)) < 0.45, rng.random(len(TOXIC)) < 0.2
        said = [_turned(rng, words, bool(no))
                for words, one, no in zip(TOXIC.values(), there, turned, strict=True) if one]
        x[row] = _numbers(rng, said)
        y[row] = there & ~turned
    y = np.abs(y - (rng.random(y.shape) < noise))
    specs = {"y": Spec(("N", len(TOXIC)), "float32", None, ", ".join(TOXIC))}
    return _worded(Delivery(specs, {"y": y}, samples), x)


def _turned(rng: Rng, words: tuple[str, ...], no: bool) -> list[str]:
    word = str(rng.choice(words))
    return [str(rng.choice(NOT)), word] if no else [word]


def _numbers(rng: Rng, said: list[list[str]]) -> Array:
    """The words in any order among plain ones, never two turns in one place; the rest is padding."""
    rng.shuffle(said)
    plain = [str(one) for one in rng.choice(PLAIN, int(rng.integers(6, LENGTH - 5)))]
    for at, part in zip(sorted(rng.choice(len(plain), len(said), replace=False))[::-1], said, strict=True):
        plain[at:at] = part
    numbers = [PLACE[word] for word in plain][:LENGTH]
    return np.array(numbers + [0] * (LENGTH - len(numbers)))


def _worded(found: Delivery, x: Array) -> Delivery:
    specs = {"x": Spec(("N", LENGTH), "int64", len(WORDS), "tokens"), "y": found.specs["y"]}
    return sealed(replace(found, specs=specs, arrays={"x": x, "y": found.arrays["y"]}, tokens=WORDS))
