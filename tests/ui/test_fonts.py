"""Text in the window: wrapped and elided to the room there is."""

from __future__ import annotations

from neuralgraph.ui import fonts


def test_wrapping_keeps_every_word_and_the_room(qapp: object) -> None:
    text = "Put a Flatten between them, or let it work on the last axis with any_rank, whichever you meant."
    lines = fonts.wrapped(text, 180, 13)
    assert " ".join(lines) == text and len(lines) > 2
    assert all(fonts.width(line, 13) <= 180 for line in lines)
    assert fonts.wrapped("Donaudampfschifffahrtsgesellschaft ahoi", 40, 13)[0].startswith("Donau")
    assert fonts.wrapped("short", 180, 13) == ("short",)
