"""Data sets of openml.org by name: fetched by scikit-learn once somebody asks, then read from the user's cache folder.

What is kept is a table and a list of its columns; reading it needs no network and no scikit-learn.
"""

from __future__ import annotations

import json
import re
import tempfile
import urllib.request
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from neuralgraph import places
from neuralgraph.data.coded import Wanted, coded
from neuralgraph.data.columns import listed
from neuralgraph.data.delivery import Delivery
from neuralgraph.data.tabular import MOST, Table, read_table
from neuralgraph.data.transport import Download, Refused, watched
from neuralgraph.errors import DataError, DocumentError, NetworkError
from neuralgraph.graph.save import write_checked
from neuralgraph.spec.columns import KINDS, Column, wishes

NAME = re.compile(r"[\w()+-][\w.()+-]{0,99}")
MOST_ABOUT = 1 << 24
Given = dict[str, Any]
"""The parameters of the node."""


def kept(name: str, version: int) -> Path:
    """Where the table lies once it is fetched; a `DataError` where no data set can have that name."""
    if not name:
        raise DataError("No data set is named yet. Type the name that it has on openml.org, such as credit-g.")
    if not NAME.fullmatch(name):
        raise DataError(f"{name[:60]!r} is no name that a data set of openml.org has: letters, digits and ._-()+.")
    return places.cache() / "openml" / f"{name.lower()}.v{version or 'newest'}.csv"


def needed(given: Given) -> Path:
    """The table that the node reads; `NetworkError` where it has to be fetched first."""
    path = kept(given["name"], given["version"])
    if not path.is_file() or not path.with_suffix(".json").is_file():
        raise NetworkError(f"{given['name']} has not been fetched from openml.org yet. Nothing is fetched before you "
                           "ask for it; after that it is kept on this computer and read without the network.")
    return path


def read_openml(given: Given) -> Delivery:
    """x and y as the node's parameters say; without a target, what OpenML says is to be predicted."""
    table, wanted, notes = _opened(given)
    found = coded(table, wanted)
    return replace(found, notes=(*notes, *found.notes))


def columns_in_openml(given: Given) -> tuple[Column, ...]:
    """The columns, for a form."""
    table, wanted, _ = _opened(given)
    chosen = wishes(given["columns"])
    return tuple(replace(one, wish=chosen.get(one.name, ("auto", "auto"))[1])
                 for one in listed(table, wanted.target, wanted.wishes))


def _opened(given: Given) -> tuple[Table, Wanted, tuple[str, ...]]:
    path = needed(given)
    about = _about(path.with_suffix(".json"))
    table = read_table(path, "yes", "comma", 2, "utf-8", "point")
    chosen = wishes(given["columns"])
    merged = dict(chosen)
    named = given["target"] or any(role == "target" for role, _ in chosen.values())
    for name, kind in about["kinds"].items():
        role, own = chosen.get(name, ("auto", "auto"))
        role = "target" if not named and role == "auto" and name in about["target"] else role
        merged[name] = role, kind if own == "auto" else own
    wanted = Wanted(given["target"] or "-1", merged, given["task"], given["missing"], given["mark"])
    return table, wanted, tuple(about["notes"])


def _about(path: Path) -> dict[str, Any]:
    """What was noted when the table was fetched; a `DataError` where the file is not as it was written."""
    try:
        if path.stat().st_size > MOST_ABOUT:
            raise ValueError("it is too large")
        found = json.loads(path.read_bytes())
        kinds = found["kinds"]
        lists = [found["target"], found["notes"], list(kinds), list(kinds.values())]
        if not all(isinstance(one, str) for some in lists for one in some) or set(kinds.values()) - set(KINDS):
            raise ValueError("it holds something else")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"{path.name} in the cache folder is damaged ({str(error)[:80]}). Fetch the data set again.",
                        file=str(path)) from None
    return {"kinds": dict(kinds), "target": list(found["target"]), "notes": list(found["notes"])}


# -- fetching ---------------------------------------------------------------------------------------------------------


def fetch(name: str, version: int, download: Download, *handlers: urllib.request.BaseHandler) -> str:
    """Fetch a data set and keep it; what was fetched, in a sentence. `DataError` says why it could not be.

    `version` 0 is the one that OpenML gives first among the active ones. At most `MOST_BYTES` come over the network.
    """
    path = kept(name, version)
    try:
        with tempfile.TemporaryDirectory(prefix="neuralgraph-") as folder, warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            with watched(download, *handlers):
                from sklearn.datasets import fetch_openml

                found = fetch_openml(name, version=version or "active", data_home=folder, as_frame=True, n_retries=1,
                                     delay=0.5)
            return _keep(path, name, found, [str(one.message).partition("\n")[0][:300] for one in said
                                             if "redownloading" not in str(one.message)])
    except DataError:
        raise
    except Refused as error:
        raise DataError(f"{name}: {error.reason}") from None
    except HTTPError as error:
        error.close()
        raise DataError(f"OpenML answers {name} with the error {error.code} ({error.reason}). Try again "
                        "later.") from None
    except (URLError, OSError) as error:
        raise DataError(
            f"openml.org cannot be reached ({str(getattr(error, 'reason', error))[:100]}). Check the connection. What "
            "was fetched before is read without it.") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, MemoryError, ImportError) as error:
        raise DataError(_why(name, version, str(error))) from None


def _why(name: str, version: int, said: str) -> str:
    if "not found" in said or said.startswith("No active dataset"):
        return f"openml.org has no data set {name!r}" + (f" with version {version}" if version else "") + \
            ". Look for its name there; capitals do not matter."
    if "parse" in said.lower() and "sparse" in said.lower():
        return f"{name} is stored sparsely on openml.org, which is not read. Choose another version."
    return f"What openml.org sent for {name} cannot be read: {said[:160]}"


def _keep(path: Path, name: str, found: Any, warned: list[str]) -> str:
    """Write the table and what is known of it, all or nothing each; the list of columns comes last."""
    frame, details = found.frame, found.details
    if len(frame) > MOST["rows"] or frame.shape[1] > MOST["columns"] or frame.size > MOST["cells"]:
        raise DataError(f"{name} has {len(frame):,} rows of {frame.shape[1]:,} columns; at most {MOST['cells']:,} "
                        "cells are read.")
    version = str(details.get("version", "?"))
    kinds = {str(column): "category" if str(kind) == "category" else "auto" for column, kind in frame.dtypes.items()}
    licence = str(details.get("licence", "not told"))[:200]
    notes = [f"{name} version {version} from {found.url}, licence: {licence}.", *dict.fromkeys(warned)]
    about = {"target": [str(one) for one in found.target_names], "kinds": kinds, "notes": notes}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_checked(path, frame.to_csv(index=False).encode())
        write_checked(path.with_suffix(".json"), json.dumps(about, ensure_ascii=False).encode())
    except (OSError, DocumentError) as error:
        raise DataError(f"{name} came, but could not be kept in {path.parent}: {error}") from None
    return f"{name} version {version}: {len(frame):,} rows of {frame.shape[1]:,} columns from openml.org."
