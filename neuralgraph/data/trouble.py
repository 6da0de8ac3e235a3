"""A data node that cannot be read, as a problem with a place and a way out."""

from __future__ import annotations

from dataclasses import replace

from neuralgraph.errors import DataError, NetworkError, OutsideError
from neuralgraph.spec import Node
from neuralgraph.validation.problem import Fix, Problem


def problem_of(id: str, node: Node, error: DataError) -> Problem:
    """What a `DataError` of the node `id` means in the drawing."""
    paths = [name for name, one in node.params.items() if one.kind == "file"]
    path = str(node.values[paths[0]]) if paths else ""
    locate = Fix("Locate…", ask="locate", node=id, path=path)
    if isinstance(error, OutsideError):
        return Problem(
            "outside", "error", f"{id}: {error}", id, None, f"{node.type} reads outside its folder",
            "Allow it if you know this file and trust this document; it is remembered for this computer.",
            fixes=(Fix("Allow reading", ask="allow", node=id, path=path), locate))
    if isinstance(error, NetworkError):
        return Problem(
            "network", "error", f"{id}: {error}", id, None, f"{node.type} is not fetched yet",
            "The name goes to openml.org, nothing else.",
            fixes=(Fix("Fetch from openml.org", ask="download", node=id),))
    hint = "Choose a file or folder that is there." if paths else "Change its parameters."
    return Problem("data", "error", f"{id}: {error}", id, None, f"{node.type} has no data", hint,
                   fixes=(locate,) if paths else ())


def start_problem(id: str, path: str, error: DataError) -> Problem:
    """What a `DataError` means for a node whose weights start from the file `path`."""
    locate = Fix("Locate…", ask="locate", node=id, path=path)
    if isinstance(error, OutsideError):
        return Problem(
            "outside", "error", f"{id}: {error}", id, None, "Its weights lie outside its folder",
            "Allow it if you know this file and trust this document; it is remembered for this computer.",
            fixes=(Fix("Allow reading", ask="allow", node=id, path=path), locate))
    return Problem("initial", "error", f"{id}: {error}", id, None, "Its weights cannot start from this file",
                   "Choose another file, or another way to start.", fixes=(locate,))


def absent(id: str, node: Node, error: DataError, *, rows: bool) -> Problem:
    """The data of a trained model that are not here; it predicts all the same. `rows`: theirs came with the model."""
    found = problem_of(id, node, error)
    message = (f"{id}: its file is not here; the rows that came with the model stand in. {error}" if rows else
               f"{id}: its data are not here, so the model predicts but cannot learn more. {error}")
    return replace(found, code="absent", severity="note", message=message, title="Its data are not here")
