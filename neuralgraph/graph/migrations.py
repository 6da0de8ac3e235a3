"""Old file formats, brought up to date one number at a time, so that every file ever written opens for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neuralgraph.errors import DocumentError

NEWEST = 1
"""The format this version writes."""

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: Mapping[int, Step] = {}
"""By the format it starts from: a function that returns the content of the next format."""


def migrate(
    content: dict[str, Any], *, newest: int = NEWEST, steps: Mapping[int, Step] = STEPS,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`content` in the newest format, and a note for the user where something was brought up to date."""
    number = content.get("format")
    if number is None:
        raise DocumentError('It has no "format" number, so it is not a NeuralGraph document.')
    oldest = min((newest, *steps))
    if isinstance(number, bool) or not isinstance(number, int) or number < oldest:
        raise DocumentError(f'"format" should be a whole number up to {newest}, not {str(number)[:40]!r}.')
    if number > newest:
        raise DocumentError(
            f"It was written by a newer version of NeuralGraph (format {number}); this one reads formats up to "
            f"{newest}. Update NeuralGraph to open it.")
    first = number
    while number < newest:
        content = {**steps[number](content), "format": number + 1}
        number += 1
    return content, (f"The file had format {first}; saving it writes format {newest}.",) if first < newest else ()
