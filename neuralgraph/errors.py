"""Every exception the package raises on purpose.

    NeuralGraphError
    ├── ParameterError      a parameter has a value its node type does not take
    ├── UnknownNodeError    no node type, node or port of that name
    ├── EditError           an edit does not fit the document it is applied to
    ├── DocumentError       a file cannot be read or written; what was open is untouched
    │   └── ChangedOutside  another program has written the file since it was read
    ├── GraphError          the graph has problems that stop it from compiling; carries them
    ├── DataError           a data source is missing or broken; names file, row and column
    │   ├── OutsideError    a document would read outside its own folder, and nobody has agreed yet
    │   └── NetworkError    data would have to come over the network, and nobody has asked for that
    └── RunError            a run failed or a weights file is damaged
        └── WeightsMismatch weights belong to another graph; names the nodes that match all the same

What a user does to a *drawing* is never an exception: it is a `neuralgraph.validation.Problem`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class NeuralGraphError(Exception):
    """Root of the tree. The message is one or two plain sentences: what, where, expected, received, next step."""


class ParameterError(NeuralGraphError):
    """A parameter has a value that its node type does not take."""

    def __init__(self, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownNodeError(NeuralGraphError):
    """No node type, node or port has that name."""


class EditError(NeuralGraphError):
    """An edit does not fit the document it is applied to."""


class DocumentError(NeuralGraphError):
    """A document cannot be read or written. What is open, and what is on disk, is untouched.

    `findings` lists what is wrong, one sentence each; `repairable` says that `loads(…, repair=True)` would open it.
    """

    def __init__(self, message: str, *, findings: Sequence[str] = (), repairable: bool = False) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        self.repairable = repairable


class ChangedOutside(DocumentError):
    """The file on disk is not the one that was read or written here; nothing was written over it."""


class GraphError(NeuralGraphError):
    """The graph has problems that stop it from compiling."""

    def __init__(self, message: str, problems: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class DataError(NeuralGraphError):
    """A data source is missing or broken.

    `file`, `row` (1 = first line of the file) and `column` say where, as far as it is known.
    """

    def __init__(self, message: str, *, file: str = "", row: int | None = None, column: str = "") -> None:
        super().__init__(message)
        self.file = file
        self.row = row
        self.column = column


class OutsideError(DataError):
    """A document would read outside its own folder, and nobody has agreed to that yet."""


class NetworkError(DataError):
    """Data would have to come over the network first, and nobody has asked for that yet."""


class RunError(NeuralGraphError):
    """A run failed, or a weights file does not fit the graph."""


class WeightsMismatch(RunError):
    """Weights do not fit the graph; nothing was copied. `fits` are the nodes that match, `sentences` the others."""

    def __init__(self, message: str, *, fits: Sequence[str] = (), sentences: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.fits = tuple(fits)
        self.sentences = tuple(sentences)
