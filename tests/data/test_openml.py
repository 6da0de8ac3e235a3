"""Data sets of openml.org: asked for, fetched once, bounded, given up, read without the network afterwards."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.data import transport
from neuralgraph.data.openml import fetch, kept
from neuralgraph.data.sources import deliver
from neuralgraph.data.transport import Download
from neuralgraph.errors import DataError, NetworkError
from neuralgraph.nodes import CATALOG
from tests.data.openml_fake import ARFF, FakeOpenML, answers


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("neuralgraph.places.cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def get(fake: FakeOpenML, name: str = "tiny", version: int = 0, download: Download | None = None) -> str:
    return fetch(name, version, download or Download(), fake)


def test_nothing_is_fetched_before_somebody_asks() -> None:
    g = ng.Graph()
    data = g.add("OpenML", name="tiny")
    (problem,) = g.session.analyse().problems_of(data.id)
    assert "Nothing is fetched before you ask" in problem.message
    assert [(fix.label, fix.ask, fix.node) for fix in problem.fixes] == [("Fetch from openml.org", "download", data.id)]
    with pytest.raises(NetworkError):
        deliver(CATALOG["OpenML"](name="tiny"))


def test_it_is_fetched_once_and_then_read_without_the_network(own_cache: Path) -> None:
    fake, download = FakeOpenML(), Download()
    said = get(fake, download=download)
    assert said == "tiny version 3: 4 rows of 3 columns from openml.org."
    assert download.bytes >= len(ARFF)
    assert all(one.startswith(("https://www.openml.org/", "https://data.openml.org/")) for one in fake.asked)
    found = deliver(CATALOG["OpenML"](name="Tiny", missing="mean"))
    assert found.class_names == ("no", "yes") and found.arrays["y"].tolist() == [1, 0, 1, 0]
    assert found.feature_names == ("size", "kind = 1", "kind = 2", "kind = 3"), "OpenML knows that these are no numbers"
    assert found.notes[0] == "tiny version 3 from https://www.openml.org/d/7, licence: CC0."
    assert sorted(one.name for one in (own_cache / "openml").iterdir()) == ["tiny.vnewest.csv", "tiny.vnewest.json"]


def test_roles_and_targets_can_be_chosen_otherwise() -> None:
    get(FakeOpenML())
    found = deliver(CATALOG["OpenML"](name="tiny", target="size", missing="mean"))
    assert found.rows == 3 and found.arrays["y"].tolist() == [[1.5], [2.5], [4.5]]
    other = deliver(CATALOG["OpenML"](name="tiny", columns=(("kind", "target", "auto"), ("size", "left out", "auto"))))
    assert other.class_names == ("1", "2", "3") and other.feature_names == ("answer = no", "answer = yes")
    g = ng.Graph()
    data = g.add("OpenML", name="tiny", missing="mean")
    assert [(one.name, one.role, one.kind, one.wish) for one in g.session.analyse().columns[data.id]] == [
        ("size", "input", "number", "auto"), ("kind", "input", "category", "auto"),
        ("answer", "target", "category", "auto")]


def test_another_version_is_another_file() -> None:
    get(FakeOpenML(), version=3)
    with pytest.raises(NetworkError):
        deliver(CATALOG["OpenML"](name="tiny", missing="mean"))
    assert deliver(CATALOG["OpenML"](name="tiny", version=3, missing="mean")).rows == 4


@pytest.mark.parametrize(("fake", "words"), [
    (FakeOpenML(down="Name or service not known"), r"cannot be reached \(Name or service not known\). Check the conn"),
    (FakeOpenML(code=503), r"error 503 \(as told\). Try again"),
    (FakeOpenML({}), "has no data set 'tiny'"),
    (FakeOpenML(encoding="gzip"), "packed bytes that nobody asked for"),
    (FakeOpenML({**answers(), "json/data/7": {"data_set_description": {}}}), "cannot be read"),
    (FakeOpenML({**answers(), "tiny.arff": ARFF.replace("1.5", "9.5")}), "md5 checksum"),
    (FakeOpenML({**answers(), "tiny.arff": "https://example.org/tiny.arff"}), "sends on to example.org"),
    (FakeOpenML(answers(url="https://openml.org.example.com/tiny.arff")), "sends on to openml.org.example.com"),
    (FakeOpenML(answers(url="file:///etc/passwd")), "sends on to file:///etc/passwd"),
], ids=["offline", "error", "absent", "packed", "odd", "changed", "sent on", "elsewhere", "file"])  # fmt: skip
def test_what_goes_wrong_is_said_and_nothing_is_kept(fake: FakeOpenML, words: str, own_cache: Path) -> None:
    with pytest.raises(DataError, match=words):
        get(fake)
    assert not list(own_cache.rglob("*.csv"))
    assert urllib.request._opener is None, "the usual way is restored"  # type: ignore[attr-defined]


def test_a_data_set_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 1_500)
    with pytest.raises(DataError, match="larger than 1,500 bytes"):
        get(FakeOpenML(answers(ARFF + "1.5,1,yes\n" * 10_000)))
    assert not own_cache.exists()


def test_it_can_be_given_up_at_any_moment(own_cache: Path) -> None:
    class Impatient(FakeOpenML):
        def https_open(self, request: urllib.request.Request) -> object:
            if request.full_url.endswith(".arff"):
                download.cancelled = True
            return super().https_open(request)

    download = Download()
    with pytest.raises(DataError, match="given up"):
        get(Impatient(), download=download)
    assert not own_cache.exists()
    with pytest.raises(DataError, match="given up"):
        get(fake := FakeOpenML(), download=Download(cancelled=True))
    assert fake.asked == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".hidden", "a b", "a?b", "a\nb", "x" * 101])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="is no name that a data set"):
        kept(name, 0)
    with pytest.raises(DataError, match="No data set is named yet"):
        kept("", 0)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kinds": [], "target": [], "notes": []}', "[" * 100_000,
                                  json.dumps({"kinds": {"a": "picture"}, "target": [], "notes": []})], ids=range(6))
def test_a_damaged_cache_is_named(text: str) -> None:
    get(FakeOpenML())
    kept("tiny", 0).with_suffix(".json").write_text(text)
    with pytest.raises(DataError, match="in the cache folder is damaged"):
        deliver(CATALOG["OpenML"](name="tiny"))


def test_a_session_fetches_for_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeOpenML()
    real = urllib.request.build_opener
    monkeypatch.setattr(urllib.request, "build_opener", lambda *handlers: real(*handlers, fake))
    g = ng.Graph()
    node = g.add("OpenML", name="tiny", missing="skip rows")
    assert "4 rows" in g.session.fetch(g.session.node(node.id))
    assert not g.session.analyse().errors
    with pytest.raises(DataError, match="Dataset reads nothing over the network"):
        g.session.fetch(CATALOG["Dataset"]())
