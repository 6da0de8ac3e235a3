"""From the wanted column of the truth table that is shown to a network that computes it, as one undoable step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph.errors import NeuralGraphError
from neuralgraph.figures.painting import pen_of
from neuralgraph.graph.wiring import Refusal
from neuralgraph.minterm_nets import minterms

if TYPE_CHECKING:
    from neuralgraph.ui.panels.views_panel import ViewsPanel
    from neuralgraph.ui.workbench import Workbench

TABLE = "truth-table"
ASK = "Say what is wanted first: click the rows of the last column of the truth table."


def build(bench: Workbench) -> None:
    """Build it beside what is there and select its end; what is missing is said."""
    panel: ViewsPanel = bench.docks.open_tab("views")  # type: ignore[assignment]
    card = next((one for one in panel.cards if one.view == TABLE), None)
    if card is None:
        panel.show_view(TABLE)
        bench.say("info", ASK, "")
        return
    pen = pen_of(card.pad.shown)
    if pen is None or set(pen.text) - set(pen.signs):
        bench.say("info", ASK, "")
        return
    session, options = bench.session, card.options.get(TABLE, {})
    bits = session.bits(options, card.node)
    if bits is None or bits.node not in session.graph.nodes:
        bench.say("warning", "The minterm net cannot be built: what goes into the table is not in the document itself "
                  "but in a module, or no longer there.", "")
        return
    try:
        found = minterms(session.graph, (bits.node, bits.output), len(bits.names), bits.low,
                         [one == "1" for one in pen.text])
        if isinstance(found, Refusal):
            bench.say("warning", found.message, "")
            return
        session.edit(found[0])
    except NeuralGraphError as error:
        bench.say("warning", str(error), "")
        return
    options = {name: one for name, one in options.items() if name not in ("answer", "unit")}
    card.options[TABLE] = {**options, "wanted": pen.text}  # of the node that is selected now
    bench.rooms.reveal(found[1][-1])
