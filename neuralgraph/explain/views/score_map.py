"""A convolutional network on a picture wider than those it learned from: a score for each class at each place."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.errors import RunError
from neuralgraph.explain.views.inside import kind_of, some_rows, specs
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.lined import Lined
from neuralgraph.figures.shown import Board, Grid, Pictures, Shown
from neuralgraph.spec import param

Array = NDArray[Any]
WIDEST = 12


class ScoreMap(View):
    """A fully convolutional network on several pictures side by side, all at once: which class it sees at each place.

    «Linear layers to convolutions» (in the menu Canvas) makes one of a network that ends in Linear layers. The same
    window of weights slides over the strip, and answers at every stop; between two pictures it sees half of each, and
    wavers. That is how characters were found in lines of writing (LeCun and others, Gradient-based learning applied to
    document recognition, 1998).
    """

    group = "Regions"
    icon = "map-search-outline"
    count: int = param(5, "How many pictures stand side by side, from the sample in sight on.", min=1, max=WIDEST)
    gap: int = param(0, "Empty columns between them.", min=0, max=64)

    @classmethod
    def fits(cls, at: At) -> str:
        node, found = kind_of(at), next(iter(specs(at).values()), None)
        names = at.rows.names if at.rows is not None else ()
        if node is None or found is None or found.rank != 4 or not names or found.shape[1] != len(names):
            return "It gives no map of scores. Turn the Linear layers at the end into convolutions first."
        keys = at.program.needed((at.node,))
        picture = at.rows is not None and len(keys) == 1 and at.rows.arrays[keys[0]].ndim == 4
        return "" if picture and node.role != "source" else "It does not look at pictures of one source."

    def look(self, at: At) -> Shown:
        assert at.rows is not None
        key = at.program.needed((at.node,))[0]
        order = np.asarray(some_rows(at, 10_000))
        first = int(np.flatnonzero(order == at.row)[0]) if (order == at.row).any() else 0
        chosen = order[[(first + n) % len(order) for n in range(min(self.count, len(order)))]]
        images = np.asarray(at.rows.arrays[key][chosen])
        blank = np.full((*images.shape[1:3], self.gap), images.min(), images.dtype)
        pieces = [piece for image in images for piece in (image, blank)][:-1] if self.gap else list(images)
        strip = np.concatenate(pieces, axis=-1)
        try:
            scores = next(iter(at.values({key: strip[None]}, [at.node])[at.node].values()))[0]
        except RuntimeError:
            raise RunError("A node on the way needs pictures of the size that it learned from, so that no wider one "
                           "can be looked at.") from None
        chances = torch.softmax(torch.as_tensor(scores.astype(float)), 0).numpy()
        best = chances.max(axis=1).argmax(axis=0) if chances.shape[1] > 1 else chances[:, 0].argmax(axis=0)
        target = at.rows.target
        truth = " ".join(at.rows.names[int(one)] for one in np.ravel(np.asarray(target)[chosen])) \
            if target is not None else ""
        shown = strip[0][None] if len(strip) == 1 else np.moveaxis(strip, 0, -1)[None] if len(strip) == 3 else \
            strip.mean(axis=0)[None]
        top = Pictures(shown, across=1, title=f"The strip: {truth}" if truth else "The strip")
        read = " ".join(at.rows.names[int(one)] for one in best)
        note = f"Read from left to right, the likeliest at each place: {read}."
        if chances.shape[1] == 1:  # each place stands below the middle of what the network sees there
            scores = Grid(chances[:, 0], "viridis", (0.0, 1.0), row_names=at.rows.names, x_label="place",
                          bar="probability")
            alone = next(iter(specs(at).values())).shape[-1]
            sees = window(images.shape[-1], alone if isinstance(alone, int) else 1, strip.shape[-1], chances.shape[2])
            return Lined((top, scores), sees=sees, note=note,
                         title=f"How likely each class is at each of {chances.shape[2]} places")
        tiles = Grid(chances, "viridis", (0.0, 1.0), tile_names=at.rows.names, note=note, bar="probability",
                     title=f"How likely each class is at each of {chances.shape[1]} × {chances.shape[2]} places")
        return Board((top, tiles), across=1, shares=(1.0, 2.0))


def window(picture: int, alone: int, strip: int, places: int) -> float:
    """How many columns are seen at each place: one picture gives `alone` places, the strip gives `places`."""
    stride = (strip - picture) / (places - alone) if places > alone else picture / alone
    return picture - (alone - 1) * stride
