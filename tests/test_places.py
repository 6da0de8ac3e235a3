"""Where the program keeps things: in this user's folders, never beside the code or a document."""

from __future__ import annotations

from pathlib import Path

from neuralgraph import places


def test_every_place_is_listed_and_lies_in_the_users_folders() -> None:
    home = Path.home()
    found = places.listed()
    assert set(found) == {name for name, one in vars(places).items() if callable(one) and not name.startswith("_")
                          and getattr(one, "__module__", "") == places.__name__} - {"listed"}
    assert all(path.is_relative_to(home) for path in found.values()), found
    assert len(set(found.values())) == len(found)


def test_asking_for_a_place_makes_nothing() -> None:
    before = {path: path.exists() for path in places.listed().values()}
    assert {path: path.exists() for path in places.listed().values()} == before
