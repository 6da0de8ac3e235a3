"""What can be done on the canvas without a mouse: one table for keys, menus and the palette of commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEasingCurve, Qt, QVariantAnimation
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph import wiring
from neuralgraph.graph.document import Frame, Note
from neuralgraph.graph.edits import ChangeNode, Group, Move, PutFrame, PutNote
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.layout import align, tidy
from neuralgraph.tokens import GRID, HEADER, TIDY
from neuralgraph.ui.canvas import beads, module_commands, transform_commands, wire_menu
from neuralgraph.ui.canvas.gestures.board import do

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.gestures.hands import Hands

PADDING = 24.0


@dataclass(frozen=True, slots=True)
class CanvasAction:
    """One command: `run(hands)` does it. `keys` are `QKeySequence` texts; `menu` groups it in the context menu."""

    id: str
    label: str
    keys: tuple[str, ...]
    run: Callable[[Hands], None]
    icon: str = ""
    menu: int = 0
    """Group in the context menu; 0 keeps it out."""


def add(hands: Hands) -> None:
    hands.quick_add()


def delete(hands: Hands) -> None:
    board = hands.board
    ids = board.selection()
    if ids and not board.selected_wires() and all(beads.passes(board, one) for one in ids):
        beads.take(board, ids)
    else:
        do(hands.board, wiring.delete(board.session.graph, ids, board.selected_wires()))


def bend(hands: Hands) -> None:
    """A bead in every selected wire."""
    for end in hands.board.selected_wires():
        beads.put(hands.board, end)


def delete_and_join(hands: Hands) -> None:
    session = hands.board.session
    do(hands.board, wiring.heal(session.graph, session.catalog, hands.board.selection()))


def wire(hands: Hands) -> None:
    """Two nodes are wired from left to right; for one there is a menu of what it can feed."""
    board = hands.board
    ids = sorted((id for id in board.selection() if id in board.session.graph.nodes),
                 key=lambda id: board.box(id).left())
    if len(ids) == 2:
        wire_menu.lay(board, ids[0], ids[1])
    elif len(ids) == 1:
        wire_menu.open_menu(board, ids[0])
    else:
        board.say("Select one or two nodes to wire them.")


def share_weights(hands: Hands) -> None:
    """Several nodes use the weights of the first, or each its own again."""
    from neuralgraph.ui.canvas.sharing import share

    share(hands.board)


def duplicate(hands: Hands) -> None:
    made = wiring.duplicate(hands.board.session.graph, hands.board.selection(), 4 * GRID, 4 * GRID)
    if made is not None and do(hands.board, made[0]):
        hands.board.select(made[1].values())


def copy(hands: Hands) -> bool:
    """Readable JSON text on the clipboard; whether there was something."""
    import neuralgraph.graph.fragment as fragment

    ids = hands.board.selection()
    if not ids:
        return False
    QGuiApplication.clipboard().setText(fragment.copy(hands.board.session.graph, ids))
    hands.board.say(f"{len(ids)} copied")
    return True


def cut(hands: Hands) -> None:
    if copy(hands):
        delete(hands)


def paste(hands: Hands) -> None:
    import neuralgraph.graph.fragment as fragment

    board, place = hands.board, hands.here().place
    graph = board.session.graph
    at = (float(round(place.x() / GRID) * GRID), float(round(place.y() / GRID) * GRID))
    try:
        edit = fragment.paste(QGuiApplication.clipboard().text(), graph, at)
    except NeuralGraphError as error:
        board.say(str(error))
        return
    if do(hands.board, edit[0] if isinstance(edit, tuple) else edit):
        after = board.session.graph
        board.select(id for home, old in ((after.nodes, graph.nodes), (after.notes, graph.notes),
                                          (after.frames, graph.frames)) for id in home if id not in old)


def select_all(hands: Hands) -> None:
    graph = hands.board.session.graph
    hands.board.select((*graph.nodes, *graph.notes, *graph.frames), graph.edges)


def clear_selection(hands: Hands) -> None:
    if not hands.cancel():
        hands.board.select(())


def select_reach(hands: Hands, *, forward: bool) -> None:
    graph = hands.board.session.graph
    found = wiring.reach(graph, hands.board.selection(), forward=forward)
    hands.board.select(found)
    hands.board.say(f"{len(found)} selected")


def walk(hands: Hands, direction: str) -> None:
    """Go to the neighbour node and bring it into sight."""
    board = hands.board
    graph = board.session.graph
    chosen = [id for id in board.selection() if id in graph.nodes]
    found = wiring.neighbour(graph, chosen[-1], direction) if chosen else next(iter(graph.nodes), None)
    if found is not None:
        board.select((found,))
        board.view.ensureVisible(board.box(found), 40, 40)
        board.say(f"{graph.nodes[found].type} {graph.nodes[found].name}")


def nudge(hands: Hands, dx: int, dy: int) -> None:
    """Move the selection by one step of the grid; steps in a row are one undo step."""
    graph, ids = hands.board.session.graph, hands.board.selection()
    places = tuple((id, one.x + dx * GRID, one.y + dy * GRID) for id in ids
                   if (one := graph.nodes.get(id) or graph.notes.get(id) or graph.frames.get(id)) is not None)
    if places:
        hands.board.session.edit(Move(places), merge=("nudge", ids))


def up(hands: Hands, dx: int, dy: int) -> None:
    """Ctrl+Up moves what is selected; with nothing in the hand it leaves the module."""
    if hands.board.selection():
        nudge(hands, dx, dy)
    else:
        module_commands.leave(hands)


def tidy_up(hands: Hands) -> None:
    """Lay out the selected nodes, or all, at the visible width."""
    board = hands.board
    graph = board.session.graph
    ids = [id for id in board.selection() if id in graph.nodes]
    ids = ids if len(ids) > 1 else list(graph.nodes)
    if not ids:
        return
    boxes = {id: board.box(id) for id in ids}
    at = (min(b.x() for b in boxes.values()), min(b.y() for b in boxes.values()))
    view = board.view
    width = view.viewport().width() / max(view.transform().m11(), 0.6) - 2 * 40
    sizes = {id: (b.width(), b.height()) for id, b in boxes.items()}
    places = tidy(sizes, [(e.source, e.target) for e in graph.edges.values()], width=max(width, 480), at=at, order=ids)
    move_to(hands, places, "Tidy")


def align_to(hands: Hands, how: str) -> None:
    board = hands.board
    boxes = {id: (b.x(), b.y(), b.width(), b.height()) for id in board.selection() if (b := board.box(id))}
    places = {id: (float(round(x / GRID) * GRID), float(round(y / GRID) * GRID))
              for id, (x, y) in align(boxes, how).items()}
    move_to(hands, places, "Align" if how not in "HV" else "Distribute")


def move_to(hands: Hands, places: dict[str, tuple[float, float]], label: str) -> None:
    """Move items to places as one step; they glide there."""
    board = hands.board
    graph = board.session.graph
    old = {id: (one.x, one.y) for id in places
           if (one := graph.nodes.get(id) or graph.notes.get(id) or graph.frames.get(id)) is not None}
    moved = tuple((id, *places[id]) for id in old if places[id] != old[id])
    if not moved:
        board.say("Everything is in its place already.")
        return
    board.session.edit(Group(label, (Move(moved),)))
    board.say(label)
    if not board.still:
        glide(hands, {id: (old[id][0] - x, old[id][1] - y) for id, x, y in moved})


def glide(hands: Hands, offsets: dict[str, tuple[float, float]]) -> None:
    """Show items away from their places, nearer and nearer, for 320 ms. Any edit meanwhile ends it."""
    board = hands.board
    graph = board.session.graph
    motion = QVariantAnimation(hands)
    motion.setDuration(TIDY)
    motion.setStartValue(1.0)
    motion.setEndValue(0.0)
    motion.setEasingCurve(QEasingCurve.Type.OutCubic)

    def step(share: float) -> None:
        if board.session.graph is not graph:
            motion.stop()
            board.shift({})
            return
        board.shift({id: (dx * share, dy * share) for id, (dx, dy) in offsets.items()} if share else {})

    motion.valueChanged.connect(step)
    motion.finished.connect(lambda: board.shift({}))
    motion.start(QVariantAnimation.DeletionPolicy.DeleteWhenStopped)


def frame(hands: Hands) -> None:
    """A frame around the selection, ready for its title."""
    board = hands.board
    boxes = [board.box(id) for id in board.selection()]
    if not boxes:
        board.say("Select what the frame shall hold first.")
        return
    area = boxes[0]
    for box in boxes[1:]:
        area = area.united(box)
    area = area.adjusted(-PADDING, -PADDING - HEADER / 2, PADDING, PADDING)
    x, y = (float(area.x() // GRID * GRID), float(area.y() // GRID * GRID))
    id = fresh(board.session.graph, "frame")
    width, height = (float(-(-v // GRID) * GRID) for v in (area.right() - x, area.bottom() - y))
    board.session.edit(PutFrame(Frame(id, "", x, y, width, height), "Add frame"))
    board.select((id,))
    hands.edit_text(id)


def note(hands: Hands) -> None:
    """A note at the cursor, ready for its text."""
    board, place = hands.board, hands.here().place
    id = fresh(board.session.graph, "note")
    x, y = (float(round(v / GRID) * GRID) for v in (place.x(), place.y()))
    board.session.edit(PutNote(Note(id, "", x, y), "Add note"))
    board.select((id,))
    hands.edit_text(id)


def rename(hands: Hands) -> None:
    selected = hands.board.selection()
    if len(selected) == 1:
        hands.edit_text(selected[0])
    else:
        hands.board.say("Select one node to rename it.")


def bypass(hands: Hands) -> None:
    """Let the inputs of the selected nodes pass through, or no longer; says why not where they cannot."""
    session = hands.board.session
    graph, found = session.graph, session.analysis
    ids = [id for id in hands.board.selection() if id in graph.nodes]
    on = not all(graph.nodes[id].bypassed for id in ids)
    for id in ids if on else ():
        specs, inputs = (found.specs, found.inputs) if found else (wiring.NOTHING, wiring.NOTHING)
        if why := wiring.bypass_refusal(graph, session.catalog, id, specs, inputs):
            hands.board.say(why)
            return
    _flag(hands, ids, "bypassed", on, "Bypass" if on else "No longer bypass")


def freeze(hands: Hands) -> None:
    """Keep the weights of the selected nodes as they are, or let them learn again."""
    graph = hands.board.session.graph
    ids = [id for id in hands.board.selection() if id in graph.nodes]
    on = not all(graph.nodes[id].frozen for id in ids)
    _flag(hands, ids, "frozen", on, "Freeze" if on else "Unfreeze")


def show_all(hands: Hands) -> None:
    hands.board.show_all()


def show_selection(hands: Hands) -> None:
    hands.board.show_items(hands.board.selection()) if hands.board.selection() else hands.board.show_all()


def find(hands: Hands, text: str) -> list[str]:
    """Select and show the nodes whose id, title, type or note holds `text`; their ids."""
    graph, wanted = hands.board.session.graph, text.casefold().strip()
    found = [id for id, one in graph.nodes.items()
             if wanted and any(wanted in word.casefold() for word in (id, one.title, one.type, one.note))]
    if found:
        hands.board.select(found)
        hands.board.show_items(found)
    return found


def _flag(hands: Hands, ids: Iterable[str], name: Literal["bypassed", "frozen"], on: bool, verb: str) -> None:
    nodes = [hands.board.session.graph.nodes[id] for id in ids]
    changed = [replace(one, bypassed=on) if name == "bypassed" else replace(one, frozen=on) for one in nodes]
    changes = [ChangeNode(new, f"{verb} {new.id}") for new, old in zip(changed, nodes, strict=True) if new != old]
    if changes:
        do(hands.board, changes[0] if len(changes) == 1 else Group(f"{verb} {len(changes)} nodes", tuple(changes)))


def _copy(hands: Hands) -> None:
    copy(hands)


_SIDES = {"L": "left edges", "R": "right edges", "T": "top edges", "B": "bottom edges", "C": "centres across",
          "M": "middles"}
_STEPS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}

CANVAS_ACTIONS: tuple[CanvasAction, ...] = (
    CanvasAction("canvas.add", "Add node…", ("Tab", "Shift+A", "/"), add, "magnify", 1),
    CanvasAction("canvas.cut", "Cut", ("Ctrl+X",), cut, "", 2),
    CanvasAction("canvas.copy", "Copy", ("Ctrl+C",), _copy, "content-copy", 2),
    CanvasAction("canvas.paste", "Paste", ("Ctrl+V",), paste, "content-paste", 2),
    CanvasAction("canvas.duplicate", "Duplicate", ("Ctrl+D",), duplicate, "", 2),
    CanvasAction("canvas.delete", "Delete", ("Delete", "Backspace"), delete, "", 3),
    CanvasAction("canvas.delete_join", "Delete and join", ("Ctrl+Delete",), delete_and_join, "", 3),
    CanvasAction("canvas.rename", "Rename", ("F2",), rename, "", 4),
    CanvasAction("canvas.share", "Share weights", ("S",), share_weights, "", 4),
    CanvasAction("canvas.wire", "Wire to…", ("W",), wire, "", 3),
    CanvasAction("canvas.bend", "Bend the wire", (), bend, "", 3),
    CanvasAction("canvas.bypass", "Bypass", ("B",), bypass, "debug-step-over", 4),
    CanvasAction("canvas.freeze", "Freeze", ("Shift+B",), freeze, "snowflake", 4),
    CanvasAction("canvas.group", "Make module", ("Ctrl+G",), module_commands.group, "package-variant-closed", 4),
    CanvasAction("canvas.enter", "Go inside", ("Alt+Down",), module_commands.enter, "", 4),
    CanvasAction("canvas.leave", "Leave module", ("Alt+Up",), module_commands.leave),
    CanvasAction("canvas.dissolve", "Take apart", ("Ctrl+Shift+G",), module_commands.ungroup, "", 4),
    CanvasAction("canvas.unroll", "Unroll over time", (), module_commands.unroll),
    CanvasAction("canvas.convolve", "Linear layers to convolutions", (), transform_commands.to_convolutions),
    CanvasAction("canvas.collapse", "Collapse linear layers", (), transform_commands.collapse),
    CanvasAction("canvas.expand", "Expand into elements", (), transform_commands.expand),
    CanvasAction("canvas.unique", "Make unique", (), module_commands.unique),
    CanvasAction("canvas.keep", "Keep in my modules", (), module_commands.keep),
    CanvasAction("canvas.frame", "Frame around selection", ("C",), frame, "vector-square", 5),
    CanvasAction("canvas.note", "Note", ("N",), note, "note-outline", 5),
    CanvasAction("canvas.tidy", "Tidy", ("Ctrl+Shift+L",), tidy_up, "sitemap-outline", 5),
    CanvasAction("canvas.upstream", "Select upstream", ("Alt+U",), partial(select_reach, forward=False), "", 6),
    CanvasAction("canvas.downstream", "Select downstream", ("Alt+D",), partial(select_reach, forward=True), "", 6),
    CanvasAction("canvas.select_all", "Select all", ("Ctrl+A",), select_all, "", 6),
    CanvasAction("canvas.clear", "Select nothing", ("Esc",), clear_selection),
    CanvasAction("canvas.show_all", "Show everything", ("Home",), show_all, "fit-to-screen-outline"),
    CanvasAction("canvas.show_selection", "Show the selection", ("F", "."), show_selection),
    *(CanvasAction(f"canvas.align_{k.lower()}", f"Align {what}", (f"Alt+A, {k}",), partial(align_to, how=k))
      for k, what in _SIDES.items()),
    CanvasAction("canvas.distribute_h", "Distribute across", ("Alt+A, H",), partial(align_to, how="H")),
    CanvasAction("canvas.distribute_v", "Distribute down", ("Alt+A, V",), partial(align_to, how="V")),
    *(CanvasAction(f"canvas.walk_{k.lower()}", f"Go {k.lower()}", (k,), partial(walk, direction=k.lower()))
      for k in _STEPS),
    *(CanvasAction(f"canvas.move_{k.lower()}", f"Move {k.lower()}", (f"Ctrl+{k}",), partial(
        nudge if k != "Up" else up, dx=dx, dy=dy)) for k, (dx, dy) in _STEPS.items()),
)
"""Every command of the canvas with its default keys."""

_BY_KEY = {QKeySequence(key).toString(): one for one in CANVAS_ACTIONS for key in one.keys}


def pressed(event: QKeyEvent, chord: str) -> tuple[CanvasAction | None, str]:
    """The command of a key, or the beginning of a chord; `chord` is what was begun before."""
    if event.key() in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
        return None, chord
    keypad = event.keyCombination().keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier
    text = QKeySequence(int(keypad.value) | event.key()).toString()
    if event.text() in (".", "/"):
        text = event.text()
    if chord:
        return _BY_KEY.get(QKeySequence(f"{chord}, {text.rpartition('+')[2]}").toString()), ""
    if text in _BY_KEY:
        return _BY_KEY[text], ""
    return None, text if any(one.startswith(f"{text}, ") for one in _BY_KEY) else ""
