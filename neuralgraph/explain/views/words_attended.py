"""Which words of a text an attention looks at most: the text itself, shaded."""

from __future__ import annotations

import numpy as np

from neuralgraph.explain.views.attention import Attention, weights_of
from neuralgraph.explain.views.inside import asked, words
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.view import At
from neuralgraph.figures.shown import Bars, Board, Shown, Words
from neuralgraph.figures.words import spelled

LISTED = 12


class WordsAttended(Attention):
    """The words of the sample, each as strongly coloured as it is looked at: the mean over all words that ask.

    Below, the words that get the most, in shares of what an even hand would give: 1 is an even share, 3 is three times
    as much. Attention spreads: even where it helps, most of it lies on words that do not matter.
    """

    title = "Words attended to"
    icon = "format-color-highlight"

    @classmethod
    def fits(cls, at: At) -> str:
        why = super().fits(at)
        if why:
            return why
        return "" if at.rows is not None and at.rows.tokens else "The data are no text, so there are no words to shade."

    def look(self, at: At) -> Shown:
        found = weights_of(at)
        name = asked(self.which, found)
        weights = found[name][0].reshape(-1, *found[name].shape[-2:]).astype(float)
        heads = len(weights)
        one = int(self.head) - 1 if self.head.isdecimal() and 0 < int(self.head) <= heads else None
        mean = weights.mean(axis=0) if one is None else weights[one]
        spoken = words(at, mean.shape[1]) or tuple(str(n + 1) for n in range(mean.shape[1]))
        meant = _meant(at, mean.shape[1])
        asking = mean[meant] if len(meant) == len(mean) and meant.any() else mean
        share = asking.mean(axis=0) * mean.shape[1]
        kept = np.flatnonzero(meant) if meant.any() else np.arange(len(share))
        most = kept[np.argsort(-share[kept], kind="stable")[:LISTED]]
        lost = float(share[~meant].sum() / len(share)) if meant.any() else 0.0
        which = f"Of head {one + 1}." if one is not None else f"The mean of {heads} heads." if heads > 1 else ""
        note = joined(which, f"An even share is {1 / len(share):.1%}; «{spoken[most[0]]}» gets "
                      f"{spelled(float(share[most[0]]))} times that.",
                      f"{lost:.0%} goes to the filling at the end." if lost > 0.005 else "")
        text = Words(tuple(spoken[n] for n in kept), share[kept], title="The stronger a word, the more it is looked at")
        bars = Bars(share[most], tuple(spoken[n] for n in most), y_label="times an even share", signed=False,
                    lines=((1.0, "an even share"),), title="The most looked at", note=note)
        return Board((text, bars), across=1, shares=(1.0, 1.4))


def _meant(at: At, length: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The places that hold words, and no filling: whole numbers above 0."""
    for key, value in at.sample.items():
        if key.endswith(".x") and value.shape == (1, length) and value.dtype.kind in "iu":
            return np.asarray(value[0] != 0)
    return np.ones(length, bool)
