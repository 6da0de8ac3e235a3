"""Commands of the Train menu that ask for a number first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from neuralgraph.ui.workbench import Workbench


class AskedNumbers:
    """A learning rate; how many epochs more."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    def rate(self) -> QDialog:
        """Change the learning rate of the plan, and with it that of a run under way."""
        from neuralgraph.ui.dialogs import ask_number

        bench = self.bench
        now = bench.session.graph.plan.optimizer.lr
        dialog = ask_number(bench.window, bench.theme, "Learning rate", now, self._change_rate)
        dialog.open()
        return dialog

    def _change_rate(self, value: float) -> None:
        from neuralgraph.graph.edits import SetPlan
        from neuralgraph.ui.panels.plan_form import changed

        session = self.bench.session
        session.edit(SetPlan(changed(session.graph.plan, "lr", value), "Change learning rate"))

    def epochs(self) -> QDialog:
        """Learn so many more and stand still; beyond the end of the plan where it has ended."""
        from neuralgraph.ui.dialogs import ask_number

        bench = self.bench
        dialog = ask_number(bench.window, bench.theme, "More epochs", bench.session.graph.plan.epochs,
                            bench.training.more_epochs, whole="Train")
        dialog.open()
        return dialog
