"""What comes out by chance: the final figures of runs that differ in their seed alone."""

from __future__ import annotations

import numpy as np

from neuralgraph.errors import RunError
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Shown, Strips
from neuralgraph.spec import param

HOW = ("Train the drawing with several seeds: the recipe «Several seeds» and Train → Search in the window, or "
       "`neuralgraph train FILE --seeds 5`.")


class OverSeeds(View):
    """What a training gives with other seeds, which draw other weights, another split and another order of the rows.

    Every dot is a run. A strip says how far a figure is a matter of luck: compare two networks by their medians, and
    only where the strips hardly overlap. A dot far away from the others is a start that got stuck.
    """

    title = "Over seeds"
    scope = "network"
    group = "Answers"
    icon = "dice-multiple"
    costly = True
    of: str = param("", "Only figures with these letters in their name, such as accuracy.")

    @classmethod
    def fits(cls, at: At) -> str:
        try:
            return "" if at.sown is not None and at.sown.some else "There are no two runs of this document yet."
        except RunError as error:  # the run store cannot be read
            return str(error)

    def look(self, at: At) -> Shown:
        found = at.sown.found() if at.sown is not None else None
        if found is None:
            raise RunError(f"No two runs of this drawing differ in their seed alone. {HOW}")
        every = list(dict.fromkeys(name for one in found.finals for name in one))
        names = [name for name in every if self.of.lower() in name.lower()]
        if not names:
            raise RunError(f"No figure has {self.of!r} in its name. There are: {', '.join(every)}.")
        names.sort(key=lambda name: not name.startswith(("val_", "test_")))
        values = np.array([[one.get(name, np.nan) for name in names] for one in found.finals], float)
        early = len({*found.reasons}) > 1
        return Strips(values, tuple(names), tuple(f"seed {seed}" for seed in found.seeds),
                      title=f"{len(found.seeds)} runs that differ in their seed alone",
                      note="The long line is the median, the short ones are the least and the greatest."
                           + (" The runs ended for different reasons." if early else ""))


SERIES = (OverSeeds,)
