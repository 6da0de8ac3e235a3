"""The moment of a run that is shown, in its plots: a vertical, the numbers there, a new run that goes on from it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from neuralgraph.ui.panels.plots_export import Exported
from neuralgraph.ui.panels.plots_run import RunCurves


class Momentary(Exported):
    """Plots that can be wound back."""

    run: RunCurves
    moment: int | None = None
    """The step that is shown of the run; None: what is now."""

    @abstractmethod
    def refresh(self, sides: Iterable[str] = ("left", "right")) -> None:
        """Draw what is there."""

    @abstractmethod
    def pin_run(self, run: RunCurves) -> None:
        """Put the curves of another run behind the present ones."""

    def show_moment(self, step: int | None) -> None:
        """Mark a step, and say the numbers there; None: those of now."""
        if step != self.moment:
            self.moment = step
            self.refresh()

    def branch(self, step: int) -> None:
        """A new run goes on from there: what was drawn stays behind it."""
        before = self.run
        before.over, before.name = True, before.name or "before"
        self.run = before.until(step)
        self.pin_run(before)

    def _cursor(self) -> float | None:
        return self.run.stands(self.moment, self.axis) if self.moment is not None and not self.run.empty else None
