"""`neuralgraph [FILE]` opens the window; `neuralgraph COMMAND …` works without one."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

COMMANDS = frozenset(("check", "train", "predict", "summary", "export", "nodes", "examples", "import", "inspect",
                      "step", "runs", "fetch", "tune", "data"))
HELP = frozenset(("--help", "-h", "--version", "--paths"))

LIBRARIES = {
    "libEGL": ("libegl1", "mesa-libEGL"), "libGL": ("libgl1", "mesa-libGL"),
    "libxkbcommon-x11": ("libxkbcommon-x11-0", "libxkbcommon-x11"), "libxkbcommon": ("libxkbcommon0", "libxkbcommon"),
    "libfontconfig": ("libfontconfig1", "fontconfig"), "libdbus": ("libdbus-1-3", "dbus-libs"),
    "libglib": ("libglib2.0-0", "glib2"), "libxcb-cursor": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm": ("libxcb-icccm4", "xcb-util-wm"), "libxcb-image": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape": ("libxcb-shape0", "libxcb"), "libxcb-xkb": ("libxcb-xkb1", "libxcb"),
    "libxcb": ("libxcb1", "libxcb"), "libX11": ("libx11-6", "libX11"),
}
"""System libraries that Qt needs: the packages of Debian and Fedora that bring them."""

PLUGIN = ("libxcb-cursor", "libxkbcommon-x11", "libxcb-icccm", "libxcb-image", "libxcb-keysyms",
          "libxcb-render-util", "libxcb-shape", "libxcb-xkb")
"""What Qt's X11 plugin loads beyond Qt itself."""


def main(arguments: list[str] | None = None) -> int:
    """Window or command; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    warnings.filterwarnings("ignore", "Image size .* could be decompression bomb")  # it is refused, with its name
    if words and (words[0] in COMMANDS or words[0] in HELP):
        from neuralgraph.cli import main as command

        return command(words)
    if (words and words[0].startswith("-")) or len(words) > 1:
        _say(f"neuralgraph: {' '.join(words)!r} is neither a command nor one file. Try: neuralgraph --help")
        return 2
    file = Path(words[0]) if words else None
    if file is not None and not file.exists():
        _say(f"neuralgraph: there is no file {file}, and no command of that name. Try: neuralgraph --help")
        return 2
    return window(file)


def window(file: Path | None) -> int:
    """Open the window; 1 where Qt cannot start on this computer, with the reason and the remedy."""
    try:
        missing = plugin_trouble()
        if missing:
            _say(missing)
            return 1
        from neuralgraph.ui.app import run
    except ImportError as error:
        said = library_trouble(str(error))
        if not said:
            raise
        _say(said)
        return 1
    return run(file)


def library_trouble(message: str) -> str:
    """What an `ImportError` of Qt means, and the package that helps; "" where it is something else."""
    for name, (debian, fedora) in LIBRARIES.items():
        if f"{name}." in message or f"{name}-" in message:
            return _remedy(f"Qt cannot start: the system library {name} is missing.", [debian], [fedora])
    if "PySide6" in message:
        return "Qt for Python is not installed here. Try: pip install PySide6-Essentials"
    return ""


def plugin_trouble() -> str:
    """Why Qt's plugin for X11 would fail: it ends the process where libraries or the display are missing."""
    import os

    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] not in (
            "", "xcb", "wayland"):
        return ""
    display, wayland = os.environ.get("DISPLAY"), os.environ.get("WAYLAND_DISPLAY")
    if not display and not wayland:
        return ("There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
                "On a computer with a desktop, start it from a terminal there. Commands work without a screen: "
                "neuralgraph --help")
    if wayland and not display:
        return ""
    missing = [name for name in PLUGIN if not _loads(name)]
    if not missing or wayland:
        return ""
    return _remedy(f"Qt cannot open a window: the system needs {', '.join(missing)}.",
                   [LIBRARIES[one][0] for one in missing], [LIBRARIES[one][1] for one in missing])


def _loads(name: str) -> bool:
    """Whether the dynamic linker finds a library."""
    import ctypes

    numbers = {"libxcb-icccm": 4, "libxcb-keysyms": 1, "libxcb-xkb": 1}
    try:
        ctypes.CDLL(f"{name}.so.{numbers.get(name, 0)}")
    except OSError:
        return False
    return True


def _remedy(what: str, debian: list[str], fedora: list[str]) -> str:
    return (f"{what}\n  Debian, Ubuntu:  sudo apt install {' '.join(debian)}\n"
            f"  Fedora:          sudo dnf install {' '.join(dict.fromkeys(fedora))}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
