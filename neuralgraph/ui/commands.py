"""Every command of the window, once: menus, shortcuts, the key sheet and the command palette are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neuralgraph.ui.canvas.canvas_commands import CANVAS_ACTIONS

Context = Literal["window", "canvas"]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done. `method` is `part.method` of the window, or `canvas:` with a row of its table.

    Keys of context `canvas` act only while it has the focus.
    """

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
        Command("earlier", "File", "Earlier versions…", (), "history", "keeping.earlier"),
        Command("recover", "File", "Recover unsaved work…", (), "lifebuoy", "keeping.recover"),
        Command("export_png", "File", "Export picture as PNG…", (), "image-outline", "documents.export_png", rule=True),
        Command("export_svg", "File", "Export drawing as SVG…", (), "", "documents.export_svg"),
        Command("export_python", "File", "Export Python…", (), "language-python", "documents.export_python"),
        Command("export_model", "File", "Export trained model…", (), "package-variant-closed",
                "documents.export_model"),
        Command("welcome", "File", "Welcome screen", (), "home-outline", "window.show_welcome", rule=True),
        Command("close", "File", "Close", ("Ctrl+W",), "", "window.close"),
        Command("quit", "File", "Quit", ("Ctrl+Q",), "", "window.quit"),
    )


def _edit() -> tuple[Command, ...]:
    return (
        Command("undo", "Edit", "Undo", ("Ctrl+Z",), "undo", "editing.undo"),
        Command("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "editing.redo"),
        Command("history", "Edit", "History", (), "history", "window.show_history"),
        *_of_canvas("Edit", "cut", "copy", "paste", "duplicate", "delete", "delete_join", first_rule=True),
        *_of_canvas("Edit", "select_all", "upstream", "downstream", first_rule=True),
        Command("find", "Edit", "Find node…", ("Ctrl+F",), "magnify", "window.find_node"),
        *_of_canvas("Edit", "rename", first_rule=True),
        Command("preferences", "Edit", "Preferences…", ("Ctrl+,",), "cog-outline", "window.show_preferences"),
        Command("palette", "Edit", "All commands…", ("Ctrl+Shift+P",), "console-line", "window.show_commands"),
    )


def _view() -> tuple[Command, ...]:
    return (
        Command("light", "View", "Light", (), "weather-sunny", "window.light", checkable=True),
        Command("dark", "View", "Dark", (), "weather-night", "window.dark", checkable=True),
        Command("system", "View", "Like the system", (), "theme-light-dark", "window.system", checkable=True),
        Command("larger", "View", "Larger text", ("Ctrl+Shift++", "Ctrl+Alt+="), "", "window.larger", rule=True),
        Command("smaller", "View", "Smaller text", ("Ctrl+Shift+-", "Ctrl+Alt+-"), "", "window.smaller"),
        Command("left", "View", "Node palette", ("Ctrl+Alt+1",), "", "docks.toggle_left", checkable=True, rule=True),
        Command("right", "View", "Properties", ("Ctrl+Alt+2",), "", "docks.toggle_right", checkable=True),
        Command("bottom", "View", "Bottom panel", ("Ctrl+Alt+3",), "", "docks.toggle_bottom", checkable=True),
        Command("lesson", "View", "Lesson", ("Ctrl+Alt+L",), "", "guide.toggle", checkable=True),
        Command("unlock", "View", "Move panels", (), "", "docks.toggle_locked", checkable=True),
        *_previews(),
        Command("present", "View", "Presenter mode", ("Ctrl+Alt+P",), "presentation", "presenter.toggle",
                checkable=True, rule=True),
        Command("next_panel", "View", "Next panel", ("F6",), "", "window.next_panel", rule=True),
        Command("next_document", "View", "Next document", ("Ctrl+Tab", "Ctrl+PgDown"), "", "window.next_document",
                rule=True),
        Command("previous_document", "View", "Previous document", ("Ctrl+Shift+Tab", "Ctrl+PgUp"), "",
                "window.previous_document"),
        Command("reset_layout", "View", "Reset layout", (), "", "docks.reset"),
    )


def _previews() -> tuple[Command, ...]:
    return (
        Command("previews_cards", "View", "Previews in cards", (), "", "previewing.cards", checkable=True, rule=True),
        Command("previews_off", "View", "On wires: nothing", (), "", "previewing.off", checkable=True),
        Command("previews_values", "View", "On wires: values", (), "", "previewing.values", checkable=True),
        Command("previews_weights", "View", "On wires: weights", (), "", "previewing.weights", checkable=True),
        Command("previews_gradients", "View", "On wires: gradients", (), "", "previewing.gradients", checkable=True),
    )


def _canvas() -> tuple[Command, ...]:
    return (
        *_of_canvas("Canvas", "add", "wire", "bend", "frame", "note"),
        *_of_canvas("Canvas", "bypass", "freeze", "share", first_rule=True),
        *_of_canvas("Canvas", "group", "enter", "leave", "dissolve", "unroll", "unique", "keep", first_rule=True),
        *_of_canvas("Canvas", "convolve", "collapse", "expand", first_rule=True),
        Command("minterms", "Canvas", "Build the minterm net", (), "", "views.minterms"),
        *_of_canvas("Canvas", "show_all", "show_selection", first_rule=True),
        Command("zoom_100", "Canvas", "Zoom 100 %", ("Ctrl+0",), "", "canvas.zoom_reset"),
        Command("zoom_in", "Canvas", "Zoom in", ("Ctrl++", "Ctrl+="), "magnify-plus-outline", "canvas.zoom_in"),
        Command("zoom_out", "Canvas", "Zoom out", ("Ctrl+-",), "magnify-minus-outline", "canvas.zoom_out"),
        *_of_canvas("Canvas", "tidy", first_rule=True),
        *_of_canvas("Canvas", *(f"align_{side}" for side in "lrtbcm"), "distribute_h", "distribute_v",
                    first_rule=True),
        *_of_canvas("", "clear", *(f"{verb}_{way}" for verb in ("walk", "move")
                                   for way in ("left", "right", "up", "down"))),
    )


def _of_canvas(menu: str, *names: str, first_rule: bool = False) -> tuple[Command, ...]:
    """Rows of the canvas's own table, put into a menu ("" = keys only)."""
    table = {one.id: one for one in CANVAS_ACTIONS}
    found = [table[f"canvas.{name}"] for name in names]
    return tuple(
        Command(one.id, menu, one.label, one.keys, one.icon, f"canvas:{one.id}", "canvas",
                rule=first_rule and index == 0)
        for index, one in enumerate(found))


def _train() -> tuple[Command, ...]:
    return (
        Command("train", "Train", "Train / Pause", ("Ctrl+Return", "Ctrl+Enter"), "play", "training.toggle"),
        Command("one_batch", "Train", "One batch", ("Ctrl+.",), "skip-next", "training.one_batch"),
        Command("one_epoch", "Train", "One epoch", ("Ctrl+Shift+.",), "", "training.one_epoch"),
        Command("more_epochs", "Train", "More epochs…", (), "", "asked.epochs"),
        Command("stop", "Train", "Stop", ("Ctrl+Alt+Return", "Ctrl+Alt+Enter"), "stop", "training.stop"),
        Command("reset", "Train", "Reset to the same initial weights", (), "restart", "training.reset", rule=True),
        Command("dice", "Train", "New seed", (), "dice-5-outline", "training.roll"),
        Command("rate", "Train", "Change the learning rate…", (), "", "asked.rate", rule=True),
        Command("plan", "Train", "Plan", (), "tune-variant", "window.show_plan"),
        Command("twin", "Train", "Train with a twin…", (), "compare-horizontal", "twins.show"),
        Command("search", "Train", "Search…", (), "magnify", "searching.show"),
        Command("step_apart", "Train", "Take a step apart", ("Ctrl+Alt+.",), "shoe-print", "views.step"),
        Command("try", "Train", "Try it", ("Ctrl+T",), "gesture-tap-button", "views.try_it"),
        *_time(),
        Command("load_weights", "Train", "Load weights…", (), "", "documents.load_weights", rule=True),
        Command("save_weights", "Train", "Save weights…", (), "content-save-outline", "training.save_weights"),
    )


def _time() -> tuple[Command, ...]:
    return (
        Command("time_play", "Train", "Play the run as a film", ("Ctrl+Alt+F",), "movie-open-outline", "time.play",
                rule=True),
        Command("time_first", "Train", "Show its first step", ("Alt+Home",), "", "time.first"),
        Command("time_back", "Train", "Show one step earlier", ("Alt+Left",), "", "time.one_back"),
        Command("time_on", "Train", "Show one step later", ("Alt+Right",), "", "time.one_on"),
        Command("time_now", "Train", "Back to now", ("Alt+End",), "skip-forward", "time.back"),
        Command("time_branch", "Train", "Train on from the step that is shown", (), "source-branch", "time.train_on"),
        Command("time_save", "Train", "Save the weights of the step that is shown…", (), "", "time.save"),
    )


def _runs() -> tuple[Command, ...]:
    return (
        Command("runs", "Runs", "Kept runs", ("Ctrl+Alt+4",), "history", "runs.show"),
        Command("runs_follow", "Runs", "Follow…", (), "access-point", "runs.follow"),
        Command("runs_unfollow", "Runs", "Stop following", (), "", "runs.unfollow"),
        Command("runs_details", "Runs", "Details", (), "information-outline", "run.details", rule=True),
        Command("runs_copy", "Runs", "Copy the row", (), "content-copy", "run.copy"),
        Command("runs_go_on", "Runs", "Go on where it was", (), "play", "run.go_on", rule=True),
        Command("runs_weights", "Runs", "Take its weights", (), "download", "run.take_last"),
        Command("runs_best", "Runs", "Take its best weights", (), "", "run.take_best"),
        Command("runs_as_it_was", "Runs", "Open as it was, with its weights", (), "folder-open-outline",
                "run.as_it_was"),
        Command("runs_steps", "Runs", "Wind it back in this document", (), "movie-open-outline", "run.steps"),
        Command("runs_pin", "Runs", "Show as a ghost curve", (), "ghost-outline", "run.pin", rule=True),
        Command("runs_compare", "Runs", "Compare 2 to 4 runs", (), "compare-horizontal", "run.compare"),
        Command("runs_rename", "Runs", "Rename run…", (), "", "run.rename", rule=True),
        Command("runs_note", "Runs", "Write a note on it…", (), "note-outline", "run.note"),
        Command("runs_keep", "Runs", "Keep for good", (), "pin-outline", "run.keep"),
        Command("runs_csv", "Runs", "Export its numbers as CSV…", (), "export", "run.export_csv", rule=True),
        Command("runs_tensorboard", "Runs", "Export a TensorBoard log…", (), "", "run.export_tensorboard"),
        Command("runs_delete", "Runs", "Delete run…", (), "delete-outline", "run.delete", rule=True),
    )


def _help() -> tuple[Command, ...]:
    return (
        Command("help", "Help", "About this node", ("F1",), "help-circle-outline", "window.help"),
        Command("keys", "Help", "Keys", ("?",), "keyboard-outline", "window.show_keys"),
        Command("reports", "Help", "Crash reports…", (), "", "window.show_reports"),
        Command("about", "Help", "About NeuralGraph", (), "", "window.about", rule=True),
    )


COMMANDS: tuple[Command, ...] = (*_file(), *_edit(), *_view(), *_canvas(), *_train(), *_runs(), *_help())

GESTURES: tuple[Gesture, ...] = (
    Gesture("Pan", "Middle button, Space + drag"),
    Gesture("Zoom", "Wheel, Ctrl + wheel, pinch"),
    Gesture("Add to the selection", "Ctrl or Shift + click"),
    Gesture("Connect", "Drag from port to port or node"),
    Gesture("Add and wire a node", "Drop a wire on the empty canvas"),
    Gesture("Put into a wire", "Drop a node on the wire"),
    Gesture("Bend a wire", "Double-click it"),
    Gesture("Go inside a module", "Enter, or double-click it"),
    Gesture("Cut wires", "Ctrl + right drag"),
    Gesture("Duplicate", "Alt + drag"),
    Gesture("Go to the neighbour", "Arrow keys"),
    Gesture("Move the selection", "Ctrl + arrow keys"),
)
