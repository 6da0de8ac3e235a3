"""The folders of this user: where the program keeps what it remembers, outside every document.

All of them come from platformdirs and none is made before something is written there. `neuralgraph --paths` lists them.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("NeuralGraph", appauthor=False)


def settings() -> Path:
    """The file with the user's settings; `NEURALGRAPH_SETTINGS` names another one (shared machines, tests)."""
    told = os.environ.get("NEURALGRAPH_SETTINGS", "")
    return Path(told) if told else Path(_DIRS.user_config_dir) / "settings.json"


def journals() -> Path:
    """Edits that are not saved yet, one folder a window: what recovery reads after a crash."""
    return Path(_DIRS.user_state_dir) / "journals"


def claims() -> Path:
    """Which window has which document open."""
    return Path(_DIRS.user_state_dir) / "claims"


def reports() -> Path:
    """What was noted when the program ended by accident."""
    return Path(_DIRS.user_state_dir) / "reports"


def versions() -> Path:
    """Earlier saves of every document."""
    return Path(_DIRS.user_data_dir) / "versions"


def modules() -> Path:
    """The modules of the user's own library."""
    return Path(_DIRS.user_data_dir) / "modules"


def runs() -> Path:
    """The run store: a database of all runs that were kept, with their weights beside it."""
    return Path(_DIRS.user_data_dir) / "runs"


def searches() -> Path:
    """What was searched: a database of all trials, whose runs are in the run store."""
    return Path(_DIRS.user_data_dir) / "searches"


def weights() -> Path:
    """The weights of the last run of every document."""
    return Path(_DIRS.user_state_dir) / "weights"


def cache() -> Path:
    """Pictures and other things that can be made again."""
    return Path(_DIRS.user_cache_dir)


def listed() -> dict[str, Path]:
    """Every place by its name, in the order in which they are shown."""
    return {
        "settings": settings(), "journals": journals(), "claims": claims(), "reports": reports(),
        "versions": versions(), "modules": modules(), "runs": runs(), "searches": searches(),
        "weights": weights(), "cache": cache(),
    }  # fmt: skip
