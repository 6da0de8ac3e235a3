"""Every command of the window, once: menus, shortcuts, the key sheet and the command palette are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Context = Literal["window", "canvas"]
MENUS = ("File", "Edit", "View", "Canvas", "Train", "Help")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done. `method` is `part.method` of the window; keys of context `canvas` act only there."""

    id: str
    menu: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    method: str = ""
    context: Context = "window"
    checkable: bool = False
    rule: bool = False
    """A line above it in the menu."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """What a hand does on the canvas without a command; for the key sheet only."""

    text: str
    keys: str


def _file() -> tuple[Command, ...]:
    return (
        Command("new", "File", "New", ("Ctrl+N",), "file-plus-outline", "documents.new"),
        Command("open", "File", "Open…", ("Ctrl+O",), "folder-open-outline", "documents.ask_open"),
        Command("save", "File", "Save", ("Ctrl+S",), "content-save-outline", "documents.save", rule=True),
        Command("save_as", "File", "Save as…", ("Ctrl+Shift+S",), "", "documents.save_as"),
        Command("export_png", "File", "Export picture as PNG…", (), "image-outline", "documents.export_png", rule=True),
        Command("export_svg", "File", "Export drawing as SVG…", (), "", "documents.export_svg"),
        Command("export_python", "File", "Export Python…", (), "language-python", "documents.export_python"),
        Command("welcome", "File", "Welcome screen", (), "home-outline", "window.show_welcome", rule=True),
        Command("close", "File", "Close window", ("Ctrl+W",), "", "window.close"),
        Command("quit", "File", "Quit", ("Ctrl+Q",), "", "window.quit"),
    )


def _edit() -> tuple[Command, ...]:
    return (
        Command("undo", "Edit", "Undo", ("Ctrl+Z",), "undo", "editing.undo"),
        Command("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "editing.redo"),
        Command("history", "Edit", "History", (), "history", "window.show_history"),
        Command("cut", "Edit", "Cut", ("Ctrl+X",), "content-cut", "canvas.cut", "canvas", rule=True),
        Command("copy", "Edit", "Copy", ("Ctrl+C",), "content-copy", "canvas.copy", "canvas"),
        Command("paste", "Edit", "Paste", ("Ctrl+V",), "content-paste", "canvas.paste", "canvas"),
        Command("duplicate", "Edit", "Duplicate", ("Ctrl+D",), "", "canvas.duplicate", "canvas"),
        Command("delete", "Edit", "Delete", ("Delete", "Backspace"), "delete-outline", "canvas.delete", "canvas"),
        Command("heal", "Edit", "Delete and heal the wire", ("Ctrl+Delete", "Ctrl+Backspace"), "",
                "canvas.delete_and_heal", "canvas"),
        Command("select_all", "Edit", "Select all", ("Ctrl+A",), "", "canvas.select_all", "canvas", rule=True),
        Command("upstream", "Edit", "Select upstream", ("Alt+U",), "", "canvas.select_upstream", "canvas"),
        Command("downstream", "Edit", "Select downstream", ("Alt+D",), "", "canvas.select_downstream", "canvas"),
        Command("find", "Edit", "Find node…", ("Ctrl+F",), "magnify", "window.find"),
        Command("rename", "Edit", "Rename", ("F2",), "", "editing.rename", rule=True),
        Command("palette", "Edit", "All commands…", ("Ctrl+Shift+P",), "console-line", "window.show_commands"),
    )


def _view() -> tuple[Command, ...]:
    return (
        Command("light", "View", "Light", (), "weather-sunny", "window.light", checkable=True),
        Command("dark", "View", "Dark", (), "weather-night", "window.dark", checkable=True),
        Command("system", "View", "Like the system", (), "theme-light-dark", "window.system", checkable=True),
        Command("larger", "View", "Larger text", ("Ctrl+Shift++",), "", "window.larger", rule=True),
        Command("smaller", "View", "Smaller text", ("Ctrl+Shift+-",), "", "window.smaller"),
        Command("left", "View", "Node palette", ("Ctrl+Alt+1",), "", "docks.toggle_left", checkable=True, rule=True),
        Command("right", "View", "Properties", ("Ctrl+Alt+2",), "", "docks.toggle_right", checkable=True),
        Command("bottom", "View", "Bottom panel", ("Ctrl+Alt+3",), "", "docks.toggle_bottom", checkable=True),
        Command("unlock", "View", "Move panels", (), "", "docks.toggle_locked", checkable=True),
        Command("next_panel", "View", "Next panel", ("F6",), "", "window.next_panel", rule=True),
        Command("reset_layout", "View", "Reset layout", (), "", "docks.reset"),
    )


def _canvas() -> tuple[Command, ...]:
    return (
        Command("add", "Canvas", "Add node…", ("Tab", "Shift+A", "/"), "plus", "canvas.quick_add", "canvas"),
        Command("frame", "Canvas", "Frame the selection", ("C",), "vector-square", "canvas.add_frame", "canvas"),
        Command("note", "Canvas", "Note", ("N",), "note-outline", "canvas.add_note", "canvas"),
        Command("bypass", "Canvas", "Bypass", ("B",), "debug-step-over", "editing.bypass", "canvas", rule=True),
        Command("freeze", "Canvas", "Freeze", ("Shift+B",), "snowflake", "editing.freeze", "canvas"),
        Command("fit", "Canvas", "Show everything", ("Home",), "fit-to-screen-outline", "canvas.show_all", "canvas",
                rule=True),
        Command("fit_selection", "Canvas", "Show the selection", ("F", "."), "", "canvas.show_selection", "canvas"),
        Command("zoom_100", "Canvas", "Zoom 100 %", ("Ctrl+0",), "", "canvas.zoom_reset"),
        Command("zoom_in", "Canvas", "Zoom in", ("Ctrl++", "Ctrl+="), "", "canvas.zoom_in"),
        Command("zoom_out", "Canvas", "Zoom out", ("Ctrl+-",), "", "canvas.zoom_out"),
        Command("tidy", "Canvas", "Tidy", ("Ctrl+Shift+L",), "sitemap-outline", "canvas.tidy", rule=True),
        Command("align_left", "Canvas", "Align left", ("Alt+A, L",), "", "canvas.align_left", "canvas"),
        Command("align_right", "Canvas", "Align right", ("Alt+A, R",), "", "canvas.align_right", "canvas"),
        Command("align_top", "Canvas", "Align top", ("Alt+A, T",), "", "canvas.align_top", "canvas"),
        Command("align_bottom", "Canvas", "Align bottom", ("Alt+A, B",), "", "canvas.align_bottom", "canvas"),
        Command("align_centre", "Canvas", "Align centres", ("Alt+A, C",), "", "canvas.align_centre", "canvas"),
        Command("align_middle", "Canvas", "Align middles", ("Alt+A, M",), "", "canvas.align_middle", "canvas"),
        Command("distribute_h", "Canvas", "Distribute across", ("Alt+A, H",), "", "canvas.distribute_h", "canvas"),
        Command("distribute_v", "Canvas", "Distribute down", ("Alt+A, V",), "", "canvas.distribute_v", "canvas"),
    )


def _train() -> tuple[Command, ...]:
    return (
        Command("train", "Train", "Train / Pause", ("Ctrl+Return", "Ctrl+Enter"), "play", "training.toggle"),
        Command("one_batch", "Train", "One batch", ("Ctrl+.",), "skip-next", "training.one_batch"),
        Command("one_epoch", "Train", "One epoch", ("Ctrl+Shift+.", "Ctrl+>"), "", "training.one_epoch"),
        Command("stop", "Train", "Stop", ("Ctrl+Alt+Return", "Ctrl+Alt+Enter"), "stop", "training.stop"),
        Command("reset", "Train", "Reset to the same initial weights", (), "restart", "training.reset", rule=True),
        Command("dice", "Train", "New seed", (), "dice-5-outline", "training.roll"),
        Command("rate", "Train", "Change the rate…", (), "", "training.ask_rate", rule=True),
        Command("plan", "Train", "Plan", (), "tune-variant", "window.show_plan"),
        Command("save_weights", "Train", "Save weights…", (), "content-save-outline", "training.save_weights",
                rule=True),
    )


def _help() -> tuple[Command, ...]:
    return (
        Command("help", "Help", "About this node", ("F1",), "help-circle-outline", "window.help"),
        Command("keys", "Help", "Keys", ("?",), "keyboard-outline", "window.show_keys"),
        Command("about", "Help", "About NeuralGraph", (), "", "window.about", rule=True),
    )


COMMANDS: tuple[Command, ...] = (*_file(), *_edit(), *_view(), *_canvas(), *_train(), *_help())

GESTURES: tuple[Gesture, ...] = (
    Gesture("Pan", "Middle button, Space + drag"),
    Gesture("Zoom", "Wheel, Ctrl + wheel, pinch"),
    Gesture("Add to the selection", "Ctrl or Shift + click"),
    Gesture("Connect", "Drag from port to port or node"),
    Gesture("Add and wire a node", "Drop a wire on the empty canvas"),
    Gesture("Put into a wire", "Drop a node on the wire"),
    Gesture("Cut wires", "Ctrl + right drag"),
    Gesture("Duplicate", "Alt + drag"),
    Gesture("Go to the neighbour", "Arrow keys"),
    Gesture("Move the selection", "Ctrl + arrow keys"),
)
